// `suppress`: phones that must not be messaged, with reason and evidence.
import type { Command } from 'commander'
import {
  type SuppressionReason,
  type SuppressionScope,
  suppressionReasons,
  suppressionScopes,
} from '../../domain/suppression.ts'
import {
  addSuppression,
  importSuppressions,
  removeSuppression,
  showSuppressions,
} from '../../engine/contacts/suppressions.ts'
import { oneOf, text, wholeNumber } from '../arguments.ts'
import { country } from '../country-argument.ts'
import { action } from '../host.ts'

interface AddFlags {
  scope?: SuppressionScope
  reason?: SuppressionReason
  evidence?: string
  defaultCountry?: string
}

export function addSuppress(program: Command): void {
  const group = program.command('suppress').description('Numbers that must not be messaged.')
  const scope = ['--scope <scope>', 'all (default) or marketing', oneOf(suppressionScopes)] as const
  const reason = [
    '--reason <reason>',
    `why: ${suppressionReasons.join(', ')} (default blocked)`,
    oneOf(suppressionReasons),
  ] as const
  group
    .command('add')
    .argument('<phone>', 'phone with +')
    .option(...scope)
    .option(...reason)
    .option('--evidence <text>', 'where it comes from', text)
    .description('Suppress a number and stop what waits for it.')
    .action(
      action(async (host, phone: string, flags: AddFlags) => {
        const added = await host.withApp((app) => addSuppression(app.ctx, phone, flags))
        host.output.result(added, () =>
          host.output.line(`${added.phone} is suppressed (${added.scope}); ${added.stopped} waiting messages stopped.`),
        )
      }),
    )
  group
    .command('remove')
    .argument('<phone>', 'phone with +')
    .option(...scope)
    .description('Lift a suppression: only with the consent of the person.')
    .action(
      action(async (host, phone: string, flags: { scope?: SuppressionScope }) => {
        const removed = await host.withApp((app) => removeSuppression(app.ctx, phone, flags.scope))
        host.output.result(removed, () => host.output.line(`${removed.phone} may be messaged again.`))
      }),
    )
  group
    .command('list')
    .option('--phone <phone>', 'only this number', text)
    .option('--limit <n>', 'at most so many (default 1000)', wholeNumber(1, 100_000))
    .description('All suppressions.')
    .action(
      action(async (host, flags: { phone?: string; limit?: number }) => {
        const all = await host.withApp((app) =>
          showSuppressions(app.ctx, {
            limit: flags.limit ?? 1000,
            ...(flags.phone && { phone: flags.phone }),
          }),
        )
        host.output.result(all, () =>
          host.output.table(
            ['phone', 'scope', 'reason', 'since', 'evidence'],
            all.map((row) => [row.phone, row.scope, row.reason, row.since, row.evidence]),
            'Nobody is suppressed.',
          ),
        )
      }),
    )
  group
    .command('import')
    .argument('<file>', 'one number a line, or a CSV whose first column is the number')
    .option(...scope)
    .option(...reason)
    .option('--default-country <code>', 'country of numbers without calling code', country)
    .description('Suppress many numbers.')
    .action(
      action(async (host, file: string, flags: AddFlags) => {
        const result = await host.withApp((app) => importSuppressions(app.ctx, { path: file }, flags))
        host.output.result(result, () => {
          host.output.line(
            `${result.rows} numbers: ${result.added} added, ${result.known} known, ${result.rejectedLines} rejected.`,
          )
          for (const { line, code, detail } of result.rejected.slice(0, 20))
            host.output.line(`line ${line}: ${detail} (${code})`)
        })
      }),
    )
}
