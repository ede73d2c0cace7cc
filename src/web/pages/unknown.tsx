// Messages that were handed over without an answer: who they are for, and what somebody who looked at the provider's
// side knows about them. Most settle themselves, by a callback or a question to the provider.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import type { Resolution } from '../../domain/message-status.ts'
import { resolveUnknown, showUnknown, type UnknownView } from '../../engine/report/unknown.ts'
import { type ManyView, resolveManyUnknown, showManyUnknown } from '../../engine/report/unknown-many.ts'
import { FormToken } from '../elements/form.tsx'
import { MoreLink } from '../elements/more-link.tsx'
import { Table } from '../elements/table.tsx'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import {
  opens,
  type PageContext,
  type PageEnv,
  type PageFacts,
  principalOf,
  readForm,
  redirectWithNote,
} from '../page.ts'
import { reasonText } from '../words.ts'

const PAGE_SIZE = 100

/** What is done, and what is said of it afterwards. */
const resolutions: Record<Resolution, { label: string; done: string }> = {
  accepted: { label: 'It was taken', done: 'counts as taken by the provider' },
  failed: { label: 'It was not', done: 'counts as failed' },
  resend: { label: 'Send it again', done: 'is sent again' },
}

/** The same of many, before it is done. */
const manyWords: Record<Resolution, (view: ManyView) => string> = {
  accepted: ({ count }) => `${count} will count as taken by the provider. Nothing is sent.`,
  failed: ({ count }) => `${count} will count as failed. Nothing is sent.`,
  resend: ({ count, canBeResent }) =>
    `${canBeResent} of ${count} will be sent again, and people may get the message twice. The others are no longer valid, or their campaign was ended.`,
}

export function unknownPages({ ctx }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages.get('/unknown', opens('read'), async (c) => {
    const { campaign, after } = c.req.query()
    const found = await showUnknown(ctx, campaign, { afterId: after, limit: PAGE_SIZE + 1 })
    const view = await showManyUnknown(ctx, { campaign })
    return unknownPage(c, formatFor(c, ctx.config.timeZone), { found, view })
  })
  pages.get('/unknown/settle', opens('send'), async (c) => {
    const { campaign, reason, as } = c.req.query()
    const view = await showManyUnknown(ctx, { campaign, reason })
    const resolution = resolutionOf(as)
    if (resolution === undefined || view.count === 0) return c.redirect('/unknown', 303)
    return settlePage(c, formatFor(c, ctx.config.timeZone), { view, resolution, campaign, reason })
  })
  pages.post('/unknown/settle', opens('send'), async (c) => {
    const { as, campaign, reason, count } = await readForm(c)
    const resolution = resolutionOf(as)
    if (resolution === undefined) return c.redirect('/unknown', 303)
    const { settled, ended } = await resolveManyUnknown(
      ctx,
      { campaign, reason },
      { as: resolution, count: Number(count) },
    )
    const left = ended === 0 ? '' : ` ${ended} stay unknown: their campaign was ended.`
    return redirectWithNote(c, '/unknown', `${settled} settled.${left}`)
  })
  pages.post('/unknown/:message', opens('send'), async (c) => {
    const { as, campaign } = await readForm(c)
    const resolution = resolutionOf(as)
    const back = campaign === undefined ? '/unknown' : `/unknown?campaign=${encodeURIComponent(campaign)}`
    if (resolution === undefined) return c.redirect(back, 303)
    const { id } = await resolveUnknown(ctx, c.req.param('message'), resolution)
    return redirectWithNote(c, back, `${id} ${resolutions[resolution].done}.`)
  })
  return pages
}

function resolutionOf(as: string | undefined): Resolution | undefined {
  return Object.keys(resolutions).find((known): known is Resolution => known === as)
}

function unknownPage(c: PageContext, format: Format, { found, view }: { found: UnknownView[]; view: ManyView }) {
  const shown = found.slice(0, PAGE_SIZE)
  const maySettle = mayDo(principalOf(c), 'send')
  return renderPage(
    c,
    { title: 'Messages without an answer' },
    <>
      <p>
        They were handed to the provider, and the line broke before it said whether it took them. Nothing of them is
        sent again by itself. Most settle as soon as a status comes; look up the others at the provider.
      </p>
      {maySettle && shown.length > 0 && (
        <p class="warning">If you send one again that was taken after all, the person gets it twice.</p>
      )}
      {maySettle && view.count > 1 && <SettleMany format={format} view={view} />}
      <Table
        caption="Messages without an answer, oldest first"
        head={['phone', 'campaign', 'handed over', 'why', 'settle it', '']}
        rows={shown.map((message) => [
          <a href={`/contacts?phone=${encodeURIComponent(message.phone)}`}>{message.phone}</a>,
          <bdi>{message.campaign}</bdi>,
          format.instant(message.since),
          <Why message={message} />,
          maySettle && <SettleForm c={c} id={message.id} phone={message.phone} />,
          <code>{message.id}</code>,
        ])}
        empty="None: the provider answered for every message."
      />
      <MoreLink c={c} name="after" value={found.length > PAGE_SIZE ? shown.at(-1)?.id : undefined} />
    </>,
  )
}

/** One row for each campaign and reason: after a restore there can be thousands. */
function SettleMany({ format, view }: { format: Format; view: ManyView }) {
  return (
    <Table
      caption="Settle many at once"
      head={['campaign', 'why', 'messages', 'settle all of them']}
      rows={view.groups.map(({ campaign, reason, count }) => [
        <bdi>{campaign}</bdi>,
        reasonText(reason),
        format.number(count),
        <form method="get" action="/unknown/settle" class="in-row">
          <input type="hidden" name="campaign" value={campaign} />
          <input type="hidden" name="reason" value={reason} />
          {Object.entries(resolutions).map(([as, { label }]) => (
            <button class="second small" type="submit" name="as" value={as}>
              {label}
              <span class="unseen">: {campaign}</span>
            </button>
          ))}
        </form>,
      ])}
      empty=""
    />
  )
}

interface Settling {
  view: ManyView
  resolution: Resolution
  campaign: string | undefined
  reason: string | undefined
}

/** What will happen, before it does. */
function settlePage(c: PageContext, format: Format, { view, resolution, campaign, reason }: Settling) {
  return renderPage(
    c,
    { title: 'Settle many messages' },
    <>
      <p class={resolution === 'resend' ? 'warning' : undefined}>{manyWords[resolution](view)}</p>
      <Table
        caption="What is settled"
        head={['campaign', 'why', 'messages']}
        rows={view.groups.map((group) => [
          <bdi>{group.campaign}</bdi>,
          reasonText(group.reason),
          format.number(group.count),
        ])}
        empty=""
      />
      <form method="post" action="/unknown/settle">
        <FormToken c={c} />
        <input type="hidden" name="as" value={resolution} />
        <input type="hidden" name="count" value={view.count} />
        {campaign !== undefined && <input type="hidden" name="campaign" value={campaign} />}
        {reason !== undefined && <input type="hidden" name="reason" value={reason} />}
        <button type="submit">
          {resolutions[resolution].label}: {format.number(view.count)}
        </button>{' '}
        <a href="/unknown">Back</a>
      </form>
    </>,
  )
}

function Why({ message: { reason, detail, trackingId } }: { message: UnknownView }) {
  return (
    <>
      {reasonText(reason)}
      {detail !== null && detail !== reason && (
        <span class="soft">
          {' '}
          (<bdi>{detail}</bdi>)
        </span>
      )}
      {trackingId !== null && (
        <span class="soft">
          {' '}
          tracking id <code>{trackingId}</code>
        </span>
      )}
    </>
  )
}

function SettleForm({ c, id, phone }: { c: PageContext; id: string; phone: string }) {
  const campaign = c.req.query('campaign')
  return (
    <form method="post" action={`/unknown/${id}`} class="in-row">
      <FormToken c={c} />
      {campaign !== undefined && <input type="hidden" name="campaign" value={campaign} />}
      {Object.entries(resolutions).map(([as, { label }]) => (
        <button class="second small" type="submit" name="as" value={as}>
          {label}
          <span class="unseen">: {phone}</span>
        </button>
      ))}
    </form>
  )
}
