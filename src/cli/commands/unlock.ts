// `unlock`: clears what a wrong clock left in the future.
import type { Command } from 'commander'
import { unlock } from '../../engine/service/unlock.ts'
import { action } from '../host.ts'

export function addUnlock(program: Command): void {
  program
    .command('unlock')
    .description(
      'Clear times that a wrong clock left in the future, and show them. Set the clock of this machine first.',
    )
    .action(
      action(async (host) => {
        const unlocked = await host.withApp((app) => unlock(app.ctx))
        host.output.result(unlocked, () =>
          host.output.table(
            ['cleared', 'what', 'was'],
            unlocked.cleared.map(({ what, field, at }) => [what, field, at]),
            'Nothing to clear: no time is later than it can be.',
          ),
        )
      }),
    )
}
