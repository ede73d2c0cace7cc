// A campaign at work. The server draws the whole page at any moment; with scripts the same numbers then count on by
// themselves, once a second.

import { Hono } from 'hono'
import type { Child } from 'hono/jsx'
import { partStatuses, partsOf } from '../../domain/results.ts'
import { type CampaignView, showCampaign } from '../../engine/campaigns/campaign-view.ts'
import { readResumeFacts } from '../../engine/campaigns/resume-facts.ts'
import { type LiveReport, liveReportOf } from '../../engine/report/live-report.ts'
import { inPageWords } from '../definition-words.ts'
import { CampaignTabs, nextRunWords, RunControls, StatusBadge } from '../elements/campaign-parts.tsx'
import { Legend, StackedBar } from '../elements/stacked-bar.tsx'
import { Troubles } from '../elements/troubles.tsx'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import { opens, type PageContext, type PageEnv, type PageFacts, principalOf } from '../page.ts'
import { filled, liveTemplates } from '../report-words.ts'
import { reasonText, waitReasonsShown } from '../words.ts'

/** Without scripts the page loads itself again after so long, until it is held. */
const RELOAD_S = 5

export function campaignLivePages({ ctx }: PageFacts): Hono<PageEnv> {
  return new Hono<PageEnv>().get('/campaigns/:id/live', opens('read'), async (c) => {
    const campaign = await showCampaign(ctx, c.req.param('id'))
    const report = await liveReportOf(ctx, campaign.id)
    const resume = campaign.status === 'paused' ? await readResumeFacts(ctx, campaign.id) : undefined
    const format = formatFor(c)
    const { id, status } = campaign
    const isMoving = status === 'scheduled' || status === 'running'
    const isHeld = c.req.query('still') !== undefined
    return renderPage(
      c,
      { title: campaign.name, scripts: ['campaigns.js'], ...(isMoving && !isHeld && { reloadSeconds: RELOAD_S }) },
      <>
        <CampaignTabs id={id} status={status} here="/live" />
        <div
          data-live-source={`/api/v1/campaigns/${id}/live`}
          data-locale={format.locale}
          data-zone={format.timeZone}
          data-status={status}
          data-words={JSON.stringify(liveTemplates)}
          data-parts={JSON.stringify(partStatuses)}
          {...(isMoving && { 'data-moving': '' })}
        >
          <p>
            <StatusBadge campaign={campaign} /> <span class="soft" data-live="state" />{' '}
            <a href={`/campaigns/${id}/live`} data-live-ended hidden>
              Load the page again
            </a>
          </p>
          <noscript>
            <p class="soft">
              {isMoving && !isHeld ? (
                <>
                  This page loads itself again every {RELOAD_S} seconds.{' '}
                  <a href={`/campaigns/${id}/live?still=yes`}>Hold it still</a>
                </>
              ) : (
                <a href={`/campaigns/${id}/live`}>Load the newest numbers</a>
              )}
            </p>
          </noscript>
          {report.runs.length === 0 && <NoRun c={c} campaign={campaign} format={format} />}
          {report.runs.map(({ occurrence, warnings }) =>
            warnings.map((warning) => (
              <p class="warning">
                Run of {format.occurrence(occurrence)}: <bdi>{format.inText(inPageWords(warning))}</bdi>
              </p>
            )),
          )}
          <Troubles troubles={campaign.troubles} format={format} />
          <div id="live-numbers">
            <Progress report={report} format={format} />
            <Waits report={report} format={format} />
          </div>
        </div>
        <RunControls {...{ c, campaign, principal: principalOf(c), format, resume }} />
        <p>
          <a href={`/campaigns/${id}/report`}>See the report</a>
        </p>
      </>,
    )
  })
}

function NoRun({ c, campaign, format }: { c: PageContext; campaign: CampaignView; format: Format }) {
  return <p class="empty">{whenItBegins(campaign, c.get('hold') !== undefined, format)}</p>
}

function whenItBegins(campaign: CampaignView, isHeld: boolean, format: Format): Child {
  const { status, nextRunAt } = campaign
  if (status === 'cancelled' || status === 'archived') return 'No run has begun, and none will.'
  if (status === 'paused') return 'No run has begun, and none does until the campaign is resumed.'
  if (isHeld) return 'No run begins while sending is held.'
  if (nextRunAt === null) return 'No run has begun yet; it begins within seconds.'
  return <>The next run begins {nextRunWords(campaign, format)}.</>
}

interface Props {
  report: LiveReport
  format: Format
}

function Progress({ report, format }: Props) {
  const { audience, byStatus } = report.totals
  const parts = partsOf(byStatus)
  const done = audience - parts.waiting
  return (
    <>
      <p class="live-line">
        <span class="number-big">
          <span data-live="done">{format.number(done)}</span> of{' '}
          <span data-live="audience">{format.number(audience)}</span>
        </span>{' '}
        <span data-live="pace">{paceText(report, format)}</span>
      </p>
      <StackedBar parts={parts} />
      <Legend parts={parts} format={format} />
      <p class="unseen" role="status" aria-live="polite" data-live="said">
        {saidText(report, format)}
      </p>
      <p data-unknown hidden={byStatus.unknown === 0}>
        <a href={`/unknown?campaign=${report.campaign.id}`}>See the unconfirmed messages</a>
      </p>
    </>
  )
}

/** How fast it goes, how long the rest takes, and what waits for a later time. */
function paceText({ ratePerSecond, mainDoneAt, later }: LiveReport, format: Format): string {
  const rest = mainDoneAt === null ? [] : [filled('left', { time: format.duration(leftMs(mainDoneAt)) })]
  const rate = ratePerSecond === 0 ? [] : [filled('rate', { rate: format.number(ratePerSecond) })]
  const waits =
    later === null
      ? []
      : [filled('later', { count: format.number(later.count), time: format.instantText(later.firstAt) })]
  return [...rate, ...rest, ...waits].join(' · ')
}

function saidText({ totals: { audience, byStatus } }: LiveReport, format: Format): string {
  const done = audience - byStatus.pending - byStatus.sending
  return filled('said', {
    done: format.number(done),
    audience: format.number(audience),
    failed: format.number(byStatus.failed),
  })
}

function leftMs(at: string): number {
  return Math.max(1_000, Date.parse(at) - Date.now())
}

/** Every reason has its row from the start; those that nobody waits for are hidden. */
function Waits({ report, format }: Props) {
  const waits = new Map(report.waitingFor.map((wait) => [wait.reason, wait]))
  return (
    <section data-waits hidden={waits.size === 0}>
      <h2>Waiting</h2>
      <section class="scroll" tabindex={0} aria-label="What it waits for">
        <table class="rows">
          <caption class="unseen">What it waits for</caption>
          <thead>
            <tr>
              <th scope="col" class="number">
                People
              </th>
              <th scope="col">Who</th>
              <th scope="col">Until (earliest)</th>
            </tr>
          </thead>
          <tbody>
            {waitReasonsShown.map((reason) => {
              const wait = waits.get(reason)
              return (
                <tr data-wait={reason} hidden={wait === undefined}>
                  <td class="number" data-label="People" data-live={`wait:${reason}`}>
                    {wait === undefined ? '' : wait.count === 0 ? '—' : format.number(wait.count)}
                  </td>
                  <td data-label="Who">{reasonText(reason)}</td>
                  <td data-label="Until (earliest)" data-live={`until:${reason}`}>
                    {format.instant(wait?.until ?? null)}
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </section>
    </section>
  )
}
