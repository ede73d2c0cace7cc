// `why`: the ordered checks that decide about one person, with their numbers.
import type { Command } from 'commander'
import { whyFor } from '../../engine/report/why.ts'
import { action } from '../host.ts'

export function addWhy(program: Command): void {
  program
    .command('why')
    .argument('<campaign>', 'name or id')
    .argument('<phone>', 'phone with +')
    .action(
      action(async (host, name: string, phone: string) => {
        const why = await host.withApp((app) => whyFor(app.ctx, name, phone))
        const { output } = host
        const marks = {
          pass: output.colors.green('✓'),
          wait: output.colors.yellow('…'),
          stop: output.colors.red('✗'),
          info: ' ',
        }
        output.result(why, () => {
          output.line(
            `${output.colors.bold(why.phone)} in "${why.campaign}": ${output.colors.bold(why.decision)}${why.message === null ? '' : ` (${why.message})`}`,
          )
          for (const { check, result, detail, until } of why.checks)
            output.line(
              `${marks[result]} ${check.padEnd(14)} ${detail}${until === undefined ? '' : `, until ${until}`}`,
            )
        })
      }),
    )
}
