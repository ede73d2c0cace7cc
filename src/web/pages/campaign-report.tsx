// What became of a campaign: funnel, over time, by reason and code in words, run by run; printable.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import type { CampaignStatus } from '../../domain/campaign-status.ts'
import { parseId } from '../../domain/ids.ts'
import { messageStatuses } from '../../domain/message-status.ts'
import { handedOver, type RunSum, reasonRows, runSums } from '../../domain/report.ts'
import { exportMessages } from '../../engine/report/export.ts'
import { nobodyGotText } from '../../engine/report/reach-words.ts'
import { explainFailure } from '../../engine/report/reasons.ts'
import { type Report, reportOf } from '../../engine/report/report.ts'
import { downloadTable, type ExportFormat, exportFormats } from '../../runtime/download.ts'
import { inPageWords } from '../definition-words.ts'
import { type Bar, Bars, CampaignTabs, StatusBadge } from '../elements/campaign-parts.tsx'
import { Select } from '../elements/form.tsx'
import { Badge, Facts, Table } from '../elements/table.tsx'
import { Waits } from '../elements/waits.tsx'
import { WhyForm } from '../elements/why-form.tsx'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import { noErrors, opens, type PageContext, type PageEnv, type PageFacts, principalOf } from '../page.ts'
import { notSentText, runReasonText, runSumWords, statusWords } from '../words.ts'

export function campaignReportPages({ ctx }: PageFacts): Hono<PageEnv> {
  return new Hono<PageEnv>()
    .get('/campaigns/:id/report', opens('read'), async (c) => {
      const run = c.req.query('run')
      const report = await reportOf(ctx, c.req.param('id'), run ? { runId: parseId('run', run) } : {})
      return reportPage(c, { report, run })
    })
    .get('/campaigns/:id/export', opens('export'), async (c) => {
      const status = messageStatuses.find((name) => name === c.req.query('status'))
      const format = exportFormats.find((name) => name === c.req.query('format')) ?? 'csv'
      const run = c.req.query('run')
      const table = await exportMessages(ctx, c.req.param('id'), {
        ...(status !== undefined && { statuses: [status] }),
        ...(run && { runId: parseId('run', run) }),
      })
      const { headers, body } = downloadTable(table, { name: 'messages', format })
      return c.body(body, 200, headers)
    })
}

const formatWords: Record<ExportFormat, string> = { csv: 'CSV', xlsx: 'Excel' }

interface Reported {
  report: Report
  run: string | undefined
}

function reportPage(c: PageContext, { report, run }: Reported) {
  const format = formatFor(c)
  const { campaign, totals } = report
  const { id } = campaign
  const [newest] = report.runs
  const query = run === undefined ? '' : `?run=${encodeURIComponent(run)}`
  const counted = Object.values(totals.byStatus).reduce((sum, count) => sum + count, 0)
  return renderPage(
    c,
    {
      title: campaign.name,
      scripts: ['uplot.js', 'campaigns.js'],
      styles: ['uplot.css'],
      actions: (
        <button type="button" class="second" data-print hidden>
          Print
        </button>
      ),
    },
    <>
      <CampaignTabs id={id} status={campaign.status} here="/report" />
      <Facts
        facts={[
          [
            'Status',
            <StatusBadge campaign={{ ...campaign, reachedNobody: run === undefined && hasReachedNobody(report) }} />,
          ],
          ['Audience', format.number(totals.audience)],
          [
            'Books',
            counted === totals.audience ? 'they balance' : `they do not balance: ${format.number(counted)} counted`,
          ],
          ['Shown', run === undefined ? 'all runs' : `the run of ${occurrenceOf(report, format)}`],
        ]}
      />
      {newest?.reachedNobody && (
        <p class="warning">
          Last run: <bdi>{format.inText(nobodyGotText(newest))}</bdi>.
        </p>
      )}
      <Waits waits={report.waitingFor} format={format} />
      {totals.audience === 0 ? (
        <p class="empty">{nothingText(campaign.status)}</p>
      ) : (
        <>
          <h2>How far it came</h2>
          <Bars format={format} whole={totals.audience} bars={funnelOf(report)} />
          {totals.byStatus.unknown > 0 && (
            <p class="warning">
              The line broke before the provider answered for {format.number(totals.byStatus.unknown)}.{' '}
              <a href={`/unknown?campaign=${id}`}>See them, and settle what you know.</a>
            </p>
          )}
          <h2>Over time</h2>
          <div
            class="chart"
            data-chart={`/api/v1/campaigns/${id}/timeline${query}`}
            data-zone={format.timeZone}
            data-locale={format.locale}
            data-note="chart-note"
          />
          <p class="soft" id="chart-note">
            <noscript>The chart needs scripts; the runs below say the same in numbers.</noscript>
          </p>
          <h2>Not sent, and why</h2>
          <Reasons totals={totals} format={format} />
        </>
      )}
      <Runs report={report} run={run} format={format} />
      {mayDo(principalOf(c), 'export') && <ExportForm id={id} run={run} />}
      <h2>Why, for one person</h2>
      <WhyForm id={id} phone="" errors={noErrors} />
    </>,
  )
}

function nothingText(status: CampaignStatus): string {
  const isOver = status === 'finished' || status === 'cancelled' || status === 'archived'
  return isOver ? 'Nothing was sent.' : 'Nothing was sent yet. The numbers come with the first run.'
}

/** It is over, and nothing of it may have reached anybody. */
function hasReachedNobody({ campaign: { status }, totals: { byStatus } }: Report): boolean {
  return status === 'finished' && handedOver(byStatus) + byStatus.unknown === 0
}

/** Of the one run that is shown. */
function occurrenceOf({ runs: [run] }: Report, format: Format): string {
  return run === undefined ? '—' : format.occurrence(run.occurrence)
}

function funnelOf({ totals: { audience, byStatus } }: Report): Bar[] {
  const { accepted, sent, delivered, read, failed, unknown, skipped, expired, cancelled, pending, sending } = byStatus
  const bars: Bar[] = [
    { label: 'audience', count: audience },
    { label: 'taken by the provider', count: accepted + sent + delivered + read },
    { label: 'sent', count: sent + delivered + read },
    { label: 'delivered', count: delivered + read },
    { label: 'read', count: read },
    { label: 'wait or on the wire', count: pending + sending },
    { label: statusWords.failed, count: failed, isBad: true },
    { label: statusWords.unknown, count: unknown, isBad: true },
    { label: statusWords.skipped, count: skipped, isBad: true },
    { label: statusWords.expired, count: expired, isBad: true },
    { label: statusWords.cancelled, count: cancelled, isBad: true },
  ]
  return bars.filter(({ count }, index) => index < 5 || count > 0)
}

function Reasons({ totals, format }: { totals: Report['totals']; format: Format }) {
  const rows = reasonRows(totals)
  const sum = rows.reduce((all, { count }) => all + count, 0)
  return (
    <Table
      caption="Messages that were not sent, by reason"
      head={['Messages', 'Status', 'Why']}
      numbers={[0]}
      rows={rows.map(({ status, reason, count }) => [
        format.number(count),
        <Badge status={status} />,
        status === 'failed' ? <FailureText code={reason} /> : notSentText(status, reason),
      ])}
      {...(rows.length > 1 && { total: [format.number(sum), 'in all', ''] })}
      empty="Nobody was skipped and nothing failed."
    />
  )
}

function FailureText({ code }: { code: string }) {
  return (
    <div>
      {explainFailure(code) ?? 'Only the provider knows: the export has its own words.'}{' '}
      <span class="small-print">
        code <code>{code}</code>
      </span>
    </div>
  )
}

function Runs({ report, run: only, format }: { report: Report; run: string | undefined; format: Format }) {
  const { runs, campaign } = report
  const query = only === undefined ? '' : `run=${encodeURIComponent(only)}&`
  return (
    <>
      <h2>Runs</h2>
      <Table
        caption="Runs, newest first"
        head={['Run', 'Status', 'Audience', ...Object.values(runSumWords), 'Read', 'Began', 'Ended']}
        numbers={[2, 3, 4, 5, 6, 7, 8, 9]}
        rows={runs.map((run) => [
          <a href={`/campaigns/${campaign.id}/report?run=${run.run}`}>{format.occurrence(run.occurrence)}</a>,
          <RunStatus run={run} format={format} />,
          format.number(run.audience),
          ...numbersOf(run, format),
          format.number(run.byStatus.read),
          format.instant(run.startedAt),
          format.instant(run.finishedAt),
        ])}
        empty="No run yet."
      />
      {report.runCount > runs.length && (
        <p class="soft">
          The newest {format.number(runs.length)} of {format.number(report.runCount)} runs; the files have all of them.
        </p>
      )}
      {report.runCount > 0 && (
        <p>
          {exportFormats.map((name) => (
            <>
              <a class="button second" href={`/api/v1/campaigns/${campaign.id}/report?${query}format=${name}`} download>
                Runs as {formatWords[name]}
              </a>{' '}
            </>
          ))}
        </p>
      )}
    </>
  )
}

/** They add up to the audience. */
function numbersOf({ byStatus }: Report['runs'][number], format: Format): string[] {
  const sums = runSums(byStatus)
  return (Object.keys(runSumWords) as RunSum[]).map((sum) => format.number(sums[sum]))
}

/** A run that started nothing says why. */
function RunStatus({ run, format }: { run: Report['runs'][number]; format: Format }) {
  const { status, reason, warnings, reachedNobody } = run
  const texts = [
    ...(reason === null ? [] : [runReasonText(reason)]),
    ...(reachedNobody && reason === null ? [nobodyGotText(run)] : []),
    ...warnings.map(inPageWords),
  ]
  return (
    <div>
      <Badge status={status} />
      {texts.map((text) => (
        <div class="small-print">
          <bdi>{format.inText(text)}</bdi>
        </div>
      ))}
    </div>
  )
}

function ExportForm({ id, run }: { id: string; run: string | undefined }) {
  return (
    <>
      <h2>Export</h2>
      <form method="get" action={`/campaigns/${id}/export`} class="filters">
        {run !== undefined && <input type="hidden" name="run" value={run} />}
        <Select
          name="status"
          label="Messages"
          options={[['', 'all'], ...messageStatuses.map((name) => [name, statusWords[name]] as const)]}
        />
        <button type="submit" class="second" name="format" value="csv">
          Download as CSV
        </button>
        <button type="submit" class="second" name="format" value="xlsx">
          Download as Excel
        </button>
      </form>
    </>
  )
}
