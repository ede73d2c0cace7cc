// What the pages of one campaign share: their tabs, the buttons for what may be done now, and bars that compare numbers.
import type { Child } from 'hono/jsx'
import { mayDo, type Principal } from '../../domain/access.ts'
import type { FailedShareDetail } from '../../domain/failed-share.ts'
import type { ResultPart } from '../../domain/results.ts'
import type { CampaignView } from '../../engine/campaigns/campaign-view.ts'
import type { NextRun } from '../../engine/campaigns/next-run.ts'
import type { ResumeFacts } from '../../engine/campaigns/resume-facts.ts'
import { explainFailure } from '../../engine/report/reasons.ts'
import { campaignPauseText } from '../../engine/service/pause-words.ts'
import type { Format } from '../format.ts'
import type { PageContext } from '../page.ts'
import { acknowledgement } from '../words.ts'
import { Check, FormToken } from './form.tsx'
import { Badge } from './table.tsx'

const tabs = [
  ['', 'Campaign'],
  ['/review', 'Review'],
  ['/live', 'Live'],
  ['/report', 'Report'],
] as const

export function CampaignTabs({ id, status, here }: { id: string; status: string; here: (typeof tabs)[number][0] }) {
  const hidden = status === 'draft' ? ['/live', '/report'] : ['/review']
  return (
    <nav aria-label="Campaign">
      <ul class="tabs">
        {tabs
          .filter(([path]) => !hidden.includes(path))
          .map(([path, title]) => (
            <li>
              <a href={`/campaigns/${id}${path}`} {...(path === here && { 'aria-current': 'page' as const })}>
                {title}
              </a>
            </li>
          ))}
      </ul>
    </nav>
  )
}

/** A form of one button. */
export function ActButton(props: { c: PageContext; id: string; act: string; children: Child; kind?: string }) {
  const { c, id, act, children, kind } = props
  return (
    <form method="post" action={`/campaigns/${id}/${act}`}>
      <FormToken c={c} />
      <button type="submit" class={kind}>
        {children}
      </button>
    </form>
  )
}

interface ControlProps {
  c: PageContext
  campaign: Pick<CampaignView, 'id' | 'name' | 'status' | 'pauseReason' | 'pauseDetail'>
  principal: Principal
  format: Format
  resume: ResumeFacts | undefined
}

/** A finished campaign that reached nobody does not look like a success. */
export function StatusBadge({ campaign }: { campaign: Pick<CampaignView, 'status' | 'reachedNobody'> }) {
  const { status, reachedNobody } = campaign
  return reachedNobody ? <Badge status="failed" label={`${status}: nobody got it`} /> : <Badge status={status} />
}

/** In recipients' zones the time that each of their clocks shows. */
export function nextRunWords({ nextRunAt, nextRunLocal }: NextRun, format: Format): Child {
  return nextRunLocal === null ? format.instant(nextRunAt) : format.occurrence(`${nextRunLocal}@recipient`)
}

/** The page of a campaign that is looked at first. */
export function placeOf({ id, status }: Pick<CampaignView, 'id' | 'status'>): string {
  if (status === 'finished') return `/campaigns/${id}/report`
  return status === 'running' || status === 'paused' ? `/campaigns/${id}/live` : `/campaigns/${id}`
}

/** Pause, resume and cancel, each saying what it does before it does it. */
export function RunControls({ c, campaign, principal, format, resume }: ControlProps) {
  const { id, status } = campaign
  if (!mayDo(principal, 'send') || !['scheduled', 'running', 'paused'].includes(status)) return null
  return (
    <div class="card controls">
      {status === 'paused' ? (
        <ResumeForm {...{ c, campaign, format, resume }} />
      ) : (
        <ActButton c={c} id={id} act="pause">
          Pause
        </ActButton>
      )}
      <details>
        <summary>Cancel for good …</summary>
        <form method="post" action={`/campaigns/${id}/cancel`}>
          <FormToken c={c} />
          <p>
            What waits is not sent and the campaign cannot be resumed. What is on the wire finishes. You can copy it for
            the people that are left.
          </p>
          <Check name="sure" label="Yes, cancel it" required />
          <button type="submit" class="danger">
            Cancel the campaign
          </button>
        </form>
      </details>
    </div>
  )
}

function ResumeForm({ c, campaign, format, resume }: Omit<ControlProps, 'principal'>) {
  const { id, pauseReason, pauseDetail } = campaign
  const willExpire = resume?.willExpire ?? 0
  return (
    <form method="post" action={`/campaigns/${id}/resume`}>
      <FormToken c={c} />
      {pauseReason !== null && pauseReason !== 'operator' && (
        <div class="warning">
          <p>It was paused by itself: {campaignPauseText(pauseReason)}.</p>
          {pauseReason === 'failed_share' ? (
            <FailedShare detail={pauseDetail as FailedShareDetail | null} format={format} />
          ) : (
            <PauseDetail detail={pauseDetail} />
          )}
        </div>
      )}
      <p>
        {willExpire > 0
          ? `${format.counted(willExpire, 'message is', 'messages are')} too late to be worth sending now and will not be sent.`
          : 'Nothing has become too late: everything that waits will be sent.'}
      </p>
      {resume !== undefined && resume.plannedBefore > 0 && (
        <p class="warning">
          {format.counted(resume.plannedBefore, 'message was planned', 'messages were planned')} before the last edit
          and will say what the campaign said then. The edit holds for what is planned from now on.
        </p>
      )}
      {resume?.needsAcknowledgement === true && (
        <Check name="acknowledge" label={acknowledgement(pauseReason)} required />
      )}
      <button type="submit">Resume</button>
    </form>
  )
}

/** How many failed, and what most of them failed for. */
function FailedShare({ detail, format }: { detail: FailedShareDetail | null; format: Format }) {
  if (detail === null) return null
  const { failed, results, share, shareMax, codes } = detail
  return (
    <>
      <p>
        {format.number(failed)} of the last {format.counted(results, 'result', 'results')} failed (
        {format.percent(share)}). It pauses at {format.percent(shareMax)}. Most frequent in this run:
      </p>
      <ul>
        {codes.map(({ code, count }) => (
          <li>
            {format.counted(count, 'message', 'messages')}: {explainFailure(code)} <code>{code}</code>
          </li>
        ))}
      </ul>
    </>
  )
}

/** What the provider said: what to do first, its own words and code behind. */
function PauseDetail({ detail }: { detail: ControlProps['campaign']['pauseDetail'] }) {
  const said = (key: string) => (typeof detail?.[key] === 'string' ? String(detail[key]) : '')
  if (detail === null) return null
  return (
    <>
      {said('advice') !== '' && <p>{said('advice')}</p>}
      <p class="small-print">
        <bdi>{said('text')}</bdi> <code>{said('code')}</code>
      </p>
    </>
  )
}

export interface Bar {
  label: Child
  count: number
  isBad?: boolean
  /** What it is a part of: its colour is that of the other bars of the page. */
  part?: ResultPart
}

/** Numbers as bars of one scale. */
export function Bars({ bars, whole, format }: { bars: readonly Bar[]; whole: number; format: Format }) {
  return (
    <dl class="bars">
      {bars.map(({ label, count, isBad, part }) => (
        <>
          <dt>{label}</dt>
          <dd>
            <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
              <rect class="bar-back" width="100" height="10" rx="1" />
              <rect
                class={part === undefined ? (isBad === true ? 'bar-fill bad' : 'bar-fill') : `part-${part}`}
                width={String(whole === 0 ? 0 : Math.round((count / whole) * 1000) / 10)}
                height="10"
                rx="1"
              />
            </svg>
          </dd>
          <dd class="number">
            {format.number(count)} <span class="soft">{whole === 0 ? '' : format.percent(count / whole)}</span>
          </dd>
        </>
      ))}
    </dl>
  )
}
