// `suppress`: phones that must not be messaged, with reason and evidence.
import type { Command } from 'commander'
import { counted } from '../../domain/plural.ts'
import {
  type SuppressionReason,
  type SuppressionScope,
  suppressionReasons,
  suppressionScopes,
} from '../../domain/suppression.ts'
import {
  addSuppression,
  exportSuppressions,
  importSuppressions,
  removeSuppression,
  showSuppressions,
} from '../../engine/contacts/suppressions.ts'
import { checkNewFile } from '../../runtime/csv-file.ts'
import { fileName, oneOf, text, wholeNumber } from '../arguments.ts'
import { country } from '../country-argument.ts'
import { outputHelp, writeTable } from '../export-file.ts'
import { action } from '../host.ts'

interface AddFlags {
  scope?: SuppressionScope
  reason?: SuppressionReason
  evidence?: string
  defaultCountry?: string
}

interface ExportFlags {
  scope?: SuppressionScope
  reason?: SuppressionReason
  output?: string
  raw?: boolean
  force?: boolean
}

export function addSuppress(program: Command): void {
  const group = program.command('suppress')
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
    .option('--phone <phone>', 'only this number, or those that begin with these digits', text)
    .option('--limit <n>', 'at most this many (default 1000)', wholeNumber(1, 100_000))
    .description('Suppressions, newest first. For all of them as a file: suppress export.')
    .action(
      action(async (host, flags: { phone?: string; limit?: number }) => {
        const limit = flags.limit ?? 1000
        const found = await host.withApp((app) =>
          showSuppressions(app.ctx, { limit: limit + 1, ...(flags.phone && { phone: flags.phone }) }),
        )
        const all = found.slice(0, limit)
        if (found.length > limit) host.output.note('There are more: raise --limit, or see herald suppress export.')
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
    .command('export')
    .option(scope[0], 'only all, or only marketing', scope[2])
    .option('--reason <reason>', `only ${suppressionReasons.join(', ')}`, oneOf(suppressionReasons))
    .option('-o, --output <file>', outputHelp, text)
    .option('--raw', 'phones with +, cells as they are: for programs')
    .option('--force', 'overwrite the file')
    .description('Every suppressed number with scope, reason and evidence, as CSV or XLSX.')
    .action(
      action(async (host, { output: path, force, raw, ...filter }: ExportFlags) => {
        if (path !== undefined) checkNewFile(path, force)
        await host.withApp(async (app) => {
          const table = exportSuppressions(app.ctx, { ...filter, isRaw: raw ?? false })
          const lines = await writeTable(table, { path, isForced: force, isRaw: raw })
          if (path !== undefined)
            host.output.result({ file: path, lines }, () =>
              host.output.line(`${counted(lines, 'suppression', 'suppressions')} written to ${path}.`),
            )
        })
      }),
    )
  group
    .command('import')
    .argument('<file>', 'one number a line, or a CSV or XLSX whose first column is the number', fileName)
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
