// The first page: what needs a person, what is running, what is due in the next days, and the latest results.
import { Hono } from 'hono'
import type { Child } from 'hono/jsx'
import { mayDo } from '../../domain/access.ts'
import { campaignStatuses } from '../../domain/campaign-status.ts'
import { partsOfResults } from '../../domain/results.ts'
import { OPEN_REPLIES_SHOWN, type Overview, overviewOf } from '../../engine/service/overview.ts'
import { placeOf, StatusBadge } from '../elements/campaign-parts.tsx'
import { NeedsYou } from '../elements/needs-you.tsx'
import { StackedBar } from '../elements/stacked-bar.tsx'
import { Table } from '../elements/table.tsx'
import { UpcomingTable } from '../elements/upcoming.tsx'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import { opens, type PageEnv, type PageFacts, principalOf } from '../page.ts'
import { campaignStatusWords, firstStepWords } from '../words.ts'

export function overviewPages({ ctx }: PageFacts): Hono<PageEnv> {
  return new Hono<PageEnv>().get('/', opens('read'), async (c) => {
    const format = formatFor(c)
    const overview = await overviewOf(ctx)
    const mayEdit = mayDo(principalOf(c), 'edit')
    return renderPage(
      c,
      {
        title: 'Overview',
        actions: mayEdit && (
          <a class="button" href="/campaigns/new">
            New campaign
          </a>
        ),
      },
      <>
        <NeedsYou needs={c.get('needs') ?? []} format={format} />
        {!overview.hasLaunched && <FirstSteps overview={overview} mayEdit={mayEdit} />}
        <Now overview={overview} format={format} />
        <Next overview={overview} format={format} />
        <LastResults overview={overview} format={format} />
        <Counts overview={overview} format={format} />
      </>,
    )
  })
}

interface Props {
  overview: Overview
  format: Format
}

/** What to set up before the first campaign; each step shows when it is done. */
function FirstSteps({ overview, mayEdit }: { overview: Overview; mayEdit: boolean }) {
  const { lists, hasProvider, campaigns } = overview
  const isWritten = Object.values(campaigns).some((count) => count > 0)
  const steps: readonly [keyof typeof firstStepWords, string, boolean][] = [
    ['people', '/import', lists > 0],
    ['number', '/senders/new', hasProvider],
    ['campaign', '/campaigns/new', isWritten],
  ]
  return (
    <section class="card" aria-labelledby="first-steps">
      <h2 id="first-steps">First steps</h2>
      <ol class="first-steps">
        {steps.map(([step, href, isDone]) => {
          const { title, help } = firstStepWords[step]
          return (
            <li>
              {mayEdit && !isDone ? <a href={href}>{title}</a> : title} {isDone && <span class="done">✓ Done</span>}
              <p class="help">{help}</p>
            </li>
          )
        })}
      </ol>
    </section>
  )
}

/** A part of the page; left out when empty. */
function Part({ title, isEmpty, children }: { title: string; isEmpty: boolean; children?: Child }) {
  if (isEmpty) return null
  return (
    <>
      <h2>{title}</h2>
      {children}
    </>
  )
}

function Now({ overview: { atWork }, format }: Props) {
  return (
    <Part title="Now" isEmpty={atWork.length === 0}>
      <ul class="now">
        {atWork.map((campaign) => {
          const { audience, waiting } = campaign.results
          return (
            <li class="card">
              <p>
                <a href={placeOf(campaign)}>
                  <bdi>{campaign.name}</bdi>
                </a>{' '}
                <StatusBadge campaign={campaign} />
              </p>
              {audience > 0 && (
                <>
                  <StackedBar parts={partsOfResults(campaign.results)} />
                  <p class="small-print">
                    {format.number(audience - waiting)} of {format.number(audience)}
                  </p>
                </>
              )}
            </li>
          )
        })}
      </ul>
    </Part>
  )
}

function Next({ overview: { upcoming }, format }: Props) {
  return (
    <Part title="Next seven days" isEmpty={upcoming.items.length === 0}>
      <UpcomingTable upcoming={upcoming} format={format} />
      <p>
        <a href="/calendar">Calendar</a>
      </p>
    </Part>
  )
}

function LastResults({ overview: { finished }, format }: Props) {
  return (
    <Part title="Last results" isEmpty={finished.length === 0}>
      <Table
        caption="Campaigns that finished last"
        head={['Name', 'Status', 'Audience', 'Delivered', 'Read', 'Failed']}
        numbers={[2, 3, 4, 5]}
        rows={finished.map((campaign) => {
          const { audience, delivered, read, failed } = campaign.results
          const share = (count: number) => (audience === 0 ? '' : format.share(count / audience))
          return [
            <a href={placeOf(campaign)}>
              <bdi>{campaign.name}</bdi>
            </a>,
            <StatusBadge campaign={campaign} />,
            format.number(audience),
            share(delivered),
            share(read),
            format.number(failed),
          ]
        })}
        empty=""
      />
    </Part>
  )
}

/** Links to everything, with counts. */
function Counts({ overview: { campaigns, lists, senders, openReplies }, format }: Props) {
  const replies = openReplies > OPEN_REPLIES_SHOWN ? `${OPEN_REPLIES_SHOWN}+` : format.number(openReplies)
  return (
    <ul class="chips counts">
      {campaignStatuses
        .filter((status) => (campaigns[status] ?? 0) > 0)
        .map((status) => (
          <li>
            <a class="chip" href={`/campaigns?status=${status}`}>
              {campaignStatusWords[status]} <strong>{format.number(campaigns[status] ?? 0)}</strong>
            </a>
          </li>
        ))}
      <li>
        <a class="chip" href="/lists">
          {lists === 1 ? 'List' : 'Lists'} <strong>{format.number(lists)}</strong>
        </a>
      </li>
      <li>
        <a class="chip" href="/senders">
          {senders === 1 ? 'Sender' : 'Senders'} <strong>{format.number(senders)}</strong>
        </a>
      </li>
      {openReplies > 0 && (
        <li>
          <a class="chip" href="/replies">
            {openReplies === 1 ? 'Reply to settle' : 'Replies to settle'} <strong>{replies}</strong>
          </a>
        </li>
      )}
    </ul>
  )
}
