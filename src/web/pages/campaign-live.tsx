// A campaign at work. The server draws the whole page at any moment; with scripts the same numbers then count on by
// themselves, once a second.

import { Hono } from 'hono'
import type { Child } from 'hono/jsx'
import { messageStatuses } from '../../domain/message-status.ts'
import { type CampaignView, showCampaign } from '../../engine/campaigns/campaign-view.ts'
import { readResumeFacts } from '../../engine/campaigns/resume-facts.ts'
import { type LiveReport, liveReportOf } from '../../engine/report/live-report.ts'
import { inPageWords } from '../definition-words.ts'
import { CampaignTabs, nextRunWords, RunControls, StatusBadge } from '../elements/campaign-parts.tsx'
import { Troubles } from '../elements/troubles.tsx'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import { opens, type PageContext, type PageEnv, type PageFacts, principalOf } from '../page.ts'
import { reasonText, statusWords, waitReasonsShown } from '../words.ts'

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
  const done = audience - byStatus.pending - byStatus.sending
  return (
    <>
      <progress max={Math.max(audience, 1)} value={done} aria-label="Messages done" />
      <p>
        <strong data-live="done">{format.number(done)}</strong> of{' '}
        <strong data-live="audience">{format.number(audience)}</strong> done ·{' '}
        <strong data-live="rate">{format.number(report.ratePerSecond)}</strong> a second
        <span data-live="end">{report.doneAt !== null && ` · done about ${format.instantText(report.doneAt)}`}</span>
      </p>
      <dl class="live-numbers">
        {messageStatuses.map((status) => (
          <div>
            <dt>
              {status === 'unknown' ? (
                <a href={`/unknown?campaign=${report.campaign.id}`}>{statusWords[status]}</a>
              ) : (
                statusWords[status]
              )}
            </dt>
            <dd data-live={status}>{format.number(byStatus[status])}</dd>
          </div>
        ))}
      </dl>
    </>
  )
}

/** Every reason has its row from the start; those that nobody waits for are hidden. */
function Waits({ report, format }: Props) {
  const waits = new Map(report.waitingFor.map((wait) => [wait.reason, wait]))
  return (
    <section class="scroll" tabindex={0} aria-label="What it waits for" data-waits hidden={waits.size === 0}>
      <table class="rows">
        <caption class="unseen">What it waits for</caption>
        <thead>
          <tr>
            <th scope="col" class="number">
              People
            </th>
            <th scope="col">who</th>
            <th scope="col">the first of them until</th>
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
                <td data-label="who">{reasonText(reason)}</td>
                <td data-label="until" data-live={`until:${reason}`}>
                  {format.instant(wait?.until ?? null)}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}
