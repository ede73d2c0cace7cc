// `report`: what became of a campaign, as table, JSON, CSV, workbook or page.
import { extname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { AppError } from '../../domain/errors.ts'
import { parseId } from '../../domain/ids.ts'
import { type MessageStatus, messageStatuses } from '../../domain/message-status.ts'
import { nobodyGotText } from '../../engine/report/reach-words.ts'
import { pauseText } from '../../engine/report/reasons.ts'
import { type Report, reportOf } from '../../engine/report/report.ts'
import { reportPage } from '../../engine/report/report-page.ts'
import { type ReportTable, reportTable } from '../../engine/report/report-rows.ts'
import { checkNewFile } from '../../runtime/csv-file.ts'
import { oneOf, text } from '../arguments.ts'
import { writePieces, writeTable } from '../export-file.ts'
import { action, type Host } from '../host.ts'
import type { Output } from '../output.ts'
import { waitLine } from '../wait-words.ts'

const WATCH_MS = 1000

const formats = ['table', 'json', 'csv', 'html', 'xlsx'] as const

interface Flags {
  run?: string
  format?: (typeof formats)[number]
  output?: string
  force?: boolean
  watch?: boolean
}

export function addReport(program: Command): void {
  program
    .command('report')
    .argument('<campaign>', 'name or id')
    .option('--run <run>', 'only this run', text)
    .option('--format <format>', 'table (default), json, csv, html, or xlsx with --output', oneOf(formats))
    .option(
      '-o, --output <file>',
      'file instead of standard output; its ending (.csv, .xlsx, .html) is the format',
      text,
    )
    .option('--force', 'overwrite the file')
    .option('--watch', 'show it again every second')
    .action(action(runReport))
}

async function runReport(host: Host, name: string, flags: Flags): Promise<void> {
  const asked = formatOf(flags)
  const format = host.output.isJson && flags.output === undefined ? 'json' : asked
  if (flags.output !== undefined) checkNewFile(flags.output, flags.force)
  const options = flags.run === undefined ? {} : { runId: parseId('run', flags.run) }
  await host.withApp(async (app) => {
    if (isFile(format)) return writeFile(host, await reportTable(app.ctx, name, options), { ...flags, format })
    const read = () => reportOf(app.ctx, name, options)
    if (!flags.watch) return print(host, await read(), format)
    await host.untilStopped(async () => {
      while (!host.signal.aborted) {
        const report = await read()
        if (process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H')
        print(host, report, format)
        if (report.campaign.status === 'finished' || report.campaign.status === 'cancelled') return
        await sleep(WATCH_MS, undefined, { signal: host.signal }).catch(() => {})
      }
    })
  })
}

type Format = (typeof formats)[number]
type FileFormat = 'csv' | 'html' | 'xlsx'

function isFile(format: Format): format is FileFormat {
  return ['csv', 'html', 'xlsx'].includes(format)
}

/** By the ending of the file where none is named. Throws AppError usage.invalid_value. */
function formatOf({ format, output }: Flags): Format {
  const ending = output === undefined ? undefined : extname(output).slice(1).toLowerCase()
  const found = format ?? (ending === undefined ? 'table' : formats.find((known) => known === ending && isFile(known)))
  if (found === undefined || (output !== undefined && !isFile(found)))
    throw new AppError('usage.invalid_value', `${output} is no name of a report`, {
      hint: 'Name it .csv, .xlsx or .html, or choose the form with --format.',
    })
  if (found === 'xlsx' && output === undefined)
    throw new AppError('usage.invalid_value', 'a workbook needs a file', { hint: 'Name it with --output report.xlsx.' })
  return found
}

async function writeFile(
  host: Host,
  table: ReportTable,
  { format, output: path, force }: Flags & { format: FileFormat },
): Promise<void> {
  if (format === 'html') await writePieces(reportPage(table), { path, isForced: force })
  else await writeTable(table, { path, isForced: force, isWorkbook: format === 'xlsx' })
  if (path !== undefined) host.output.result({ file: path }, () => host.output.line(`Written to ${path}.`))
}

function print({ output }: Host, report: Report, format: Format): void {
  if (format === 'json') output.json(report)
  else showReport(output, report)
}

export function showReport(output: Output, report: Report): void {
  const { campaign, totals } = report
  output.line(
    `${output.colors.bold(campaign.name)} (${campaign.id}): ${campaign.status}${campaign.pauseReason === null ? '' : `, ${pauseText(campaign.pauseReason, campaign.pauseDetail)}`}`,
  )
  for (const run of report.runs.slice(0, 20)) showRun(output, run)
  if (report.runCount > 20) output.line(`… and ${report.runCount - 20} earlier runs`)
  if (report.runs.length === 0) output.line('No run yet.')
  const next = report.waitingFor.find(({ reason }) => reason === 'next_run')
  if (next?.until != null) output.line(`The next run begins ${next.until}.`)
  if (report.runs.length > 1) {
    output.line(output.colors.bold('All runs'))
    showCounts(output, totals)
  }
}

function showRun(output: Output, run: Report['runs'][number]): void {
  output.line()
  output.line(
    `${output.colors.bold(run.run)} ${run.occurrence}: ${run.status}${run.reason === null ? '' : ` (${run.reason})`}`,
  )
  if (run.reachedNobody) output.line(output.colors.yellow(nobodyGotText(run)))
  for (const warning of run.warnings) output.line(output.colors.yellow(warning))
  if (run.status !== 'missed' && run.status !== 'skipped') showCounts(output, run)
  for (const wait of run.waitingFor) output.line(waitLine(wait))
  if (run.lateDelivered > 0) output.line(`${run.lateDelivered} were delivered after their validity`)
}

function showCounts(output: Output, counts: Report['totals']): void {
  const reasons = (by: Record<string, number>) =>
    Object.entries(by)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(', ')
  const { skippedBy: skipped, failedBy: failed, unknownBy: unknown } = counts
  const whyOf: Partial<Record<MessageStatus, Record<string, number>>> = { skipped, failed, unknown }
  const rows = messageStatuses
    .filter((status) => counts.byStatus[status] > 0)
    .map((status) => [status, counts.byStatus[status], reasons(whyOf[status] ?? {})])
  const sum = Object.values(counts.byStatus).reduce((total, count) => total + count, 0)
  output.table(
    ['status', 'messages', 'why'],
    [
      ...rows,
      ['audience', counts.audience, sum === counts.audience ? 'the books balance' : `the books do not balance: ${sum}`],
    ],
    '',
  )
}
