// What became of a campaign: funnel, over time, by reason and code in words, run by run; printable.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import type { CampaignStatus } from '../../domain/campaign-status.ts'
import { parseId } from '../../domain/ids.ts'
import { messageStatuses } from '../../domain/message-status.ts'
import { handedOver, type RunSum, reasonRows, runSums } from '../../domain/report.ts'
import { partsOf } from '../../domain/results.ts'
import { exportMessages } from '../../engine/report/export.ts'
import { nobodyGotText } from '../../engine/report/reach-words.ts'
import { explainFailure } from '../../engine/report/reasons.ts'
import { type Report, reportOf } from '../../engine/report/report.ts'
import { downloadTable, type ExportFormat, exportFormats } from '../../runtime/download.ts'
import { inPageWords } from '../definition-words.ts'
import { type Bar, Bars, CampaignTabs, StatusBadge } from '../elements/campaign-parts.tsx'
import { Select } from '../elements/form.tsx'
import { Legend, StackedBar } from '../elements/stacked-bar.tsx'
import { Badge, Facts, Table } from '../elements/table.tsx'
import { Waits } from '../elements/waits.tsx'
import { WhyForm } from '../elements/why-form.tsx'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import { noErrors, opens, type PageContext, type PageEnv, type PageFacts, principalOf } from '../page.ts'
import { chartWords, reportHeadline } from '../report-words.ts'
import { notSentText, resultPartWords, runReasonText, runSumWords, statusWords } from '../words.ts'

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
      const { headers, body } = downloadTable(table, { name: table.name, format })
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
          ...(run === undefined ? [] : [['Run', occurrenceOf(report, format)] as const]),
        ]}
      />
      {counted !== totals.audience && (
        <p class="error whole" role="alert">
          {format.number(counted)} messages are counted, and {format.number(totals.audience)} were planned. Ask an
          administrator to run a check of the database.
        </p>
      )}
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
          <p class="headline">
            <strong>{reportHeadline(partsOf(totals.byStatus), format)}</strong>
          </p>
          <StackedBar parts={partsOf(totals.byStatus)} />
          <Legend parts={partsOf(totals.byStatus)} format={format} />
          <h2>Results</h2>
          <Bars format={format} whole={totals.audience} bars={funnelOf(report)} />
          {totals.byStatus.unknown > 0 && (
            <p class="warning">
              {format.counted(totals.byStatus.unknown, 'message is', 'messages are')} unconfirmed: the connection broke
              before the provider answered. <a href={`/unknown?campaign=${id}`}>See them, and settle what you know.</a>
            </p>
          )}
          <h2>Over time</h2>
          <div
            class="chart"
            data-chart={`/api/v1/campaigns/${id}/timeline${query}`}
            data-zone={format.timeZone}
            data-locale={format.locale}
            data-note="chart-note"
            data-labels={JSON.stringify(chartWords)}
          />
          <p class="soft" id="chart-note">
            <noscript>The chart needs scripts; the runs below say the same in numbers.</noscript>
          </p>
          <h2>Not delivered, and why</h2>
          <Reasons id={id} run={run} totals={totals} format={format} />
        </>
      )}
      <Runs report={report} run={run} format={format} />
      {mayDo(principalOf(c), 'export') && <ExportForm id={id} run={run} />}
      <section class="unprinted">
        <h2>Why, for one person</h2>
        <WhyForm id={id} phone="" errors={noErrors} />
      </section>
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
    { label: 'Audience', count: audience },
    { label: 'Accepted', count: accepted + sent + delivered + read, part: 'sent' },
    { label: 'Sent', count: sent + delivered + read, part: 'sent' },
    { label: 'Delivered', count: delivered + read, part: 'delivered' },
    { label: 'Read', count: read, part: 'read' },
    { label: resultPartWords.waiting, count: pending + sending, part: 'waiting' },
    { label: 'Failed', count: failed, part: 'failed' },
    { label: resultPartWords.unknown, count: unknown, part: 'unknown' },
    { label: 'Skipped by a rule', count: skipped, part: 'notSent' },
    { label: 'Expired', count: expired, part: 'notSent' },
    { label: 'Cancelled', count: cancelled, part: 'notSent' },
  ]
  return bars.filter(({ count }, index) => index < 5 || count > 0)
}

interface ReasonsProps {
  id: string
  run: string | undefined
  totals: Report['totals']
  format: Format
}

function Reasons({ id, run, totals, format }: ReasonsProps) {
  const rows = reasonRows(totals)
  const sum = rows.reduce((all, { count }) => all + count, 0)
  return (
    <Table
      caption="Messages that were not delivered, by reason"
      head={['Messages', 'Status', 'Why', <span class="unseen">Who</span>]}
      numbers={[0]}
      rows={rows.map(({ status, reason, count }) => [
        format.number(count),
        <Badge status={status} />,
        status === 'failed' ? <FailureText code={reason} /> : notSentText(status, reason),
        <a href={`/campaigns/${id}/people?${new URLSearchParams({ status, reason, ...(run && { run }) })}`}>
          People<span class="unseen"> of this row</span>
        </a>,
      ])}
      {...(rows.length > 1 && { total: [format.number(sum), 'in all', '', ''] })}
      empty="Nothing failed, and no rule left anyone out."
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
    <section class="unprinted">
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
    </section>
  )
}
