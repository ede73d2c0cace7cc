// `unlock`: clears what a wrong clock left in the future, and lets a file send that is not the one used last.
import type { Command } from 'commander'
import { type HeldFile, showHeldFile, unlock } from '../../engine/service/unlock.ts'
import { action, type Host } from '../host.ts'

export function addUnlock(program: Command): void {
  program
    .command('unlock')
    .option('--yes', 'let a held database send without asking')
    .action(
      action(async (host, flags: { yes?: boolean }) => {
        const { held, unlocked } = await host.withApp(async (app) => {
          const held = await showHeldFile(app.ctx)
          if (held !== undefined) await confirmUnlock(host, held, flags.yes ?? false)
          return { held, unlocked: await unlock(app.ctx) }
        })
        host.output.result({ ...unlocked, held: held ?? null }, () => {
          host.output.table(
            ['cleared', 'what', 'was'],
            unlocked.cleared.map(({ what, field, at }) => [what, field, at]),
            'Nothing to clear: no time is later than it can be.',
          )
          if (unlocked.epoch !== null) host.output.line(`Sending goes on, under epoch ${unlocked.epoch}.`)
        })
      }),
    )
}

async function confirmUnlock(host: Host, held: HeldFile, isAnswered: boolean): Promise<void> {
  const { lastSent, campaigns } = held
  const last =
    lastSent === null
      ? 'This file has sent nothing yet.'
      : `This file sent last at ${lastSent.at}: ${lastSent.message} of campaign "${lastSent.campaign}" by ${lastSent.sender}.`
  host.output.warn(`${last} Whatever was sent later would be sent again.`)
  for (const { name, status, pending } of campaigns)
    host.output.warn(`campaign "${name}" is ${status}, with ${pending} messages that wait`)
  await host.confirm('Was nothing sent since then? Let this file send', isAnswered)
}
