// `report`: what became of a campaign, as table, JSON, CSV or page.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { parseId } from '../../domain/ids.ts'
import { type MessageStatus, messageStatuses } from '../../domain/message-status.ts'
import { nobodyGotText } from '../../engine/report/reach-words.ts'
import { pauseText } from '../../engine/report/reasons.ts'
import { type Report, reportOf } from '../../engine/report/report.ts'
import { reportCsv, reportHtml } from '../../engine/report/report-formats.ts'
import { oneOf, text } from '../arguments.ts'
import { action, type Host } from '../host.ts'
import type { Output } from '../output.ts'
import { waitLine } from '../wait-words.ts'

const WATCH_MS = 1000

interface Flags {
  run?: string
  format?: 'table' | 'json' | 'csv' | 'html'
  watch?: boolean
}

export function addReport(program: Command): void {
  program
    .command('report')
    .argument('<campaign>', 'name or id')
    .option('--run <run>', 'only this run', text)
    .option('--format <format>', 'table (default), json, csv or html', oneOf(['table', 'json', 'csv', 'html']))
    .option('--watch', 'show it again every second')
    .description('What became of every message of a campaign; the numbers add up to the audience.')
    .action(action(runReport))
}

async function runReport(host: Host, name: string, flags: Flags): Promise<void> {
  await host.withApp(async (app) => {
    const isWhole = flags.format === 'csv' || flags.format === 'html'
    const ofRun = flags.run === undefined ? {} : { runId: parseId('run', flags.run) }
    const read = () => reportOf(app.ctx, name, { ...ofRun, isWhole })
    if (!flags.watch) return print(host, await read(), flags.format)
    await host.untilStopped(async () => {
      while (!host.signal.aborted) {
        const report = await read()
        if (process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H')
        print(host, report, flags.format)
        if (report.campaign.status === 'finished' || report.campaign.status === 'cancelled') return
        await sleep(WATCH_MS, undefined, { signal: host.signal }).catch(() => {})
      }
    })
  })
}

function print({ output }: Host, report: Report, format: Flags['format'] = 'table'): void {
  if (output.isJson || format === 'json') output.json(report)
  else if (format === 'csv') process.stdout.write(reportCsv(report))
  else if (format === 'html') process.stdout.write(reportHtml(report))
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
