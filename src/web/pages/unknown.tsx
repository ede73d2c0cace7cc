// Messages that were handed over without an answer: who they are for, and what a person who looked at the provider's
// side knows about them. Most settle themselves, by a callback or a question to the provider.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import { AppError } from '../../domain/errors.ts'
import type { Resolution } from '../../domain/message-status.ts'
import { getUnknown, resolveUnknown, showUnknown, type UnknownView } from '../../engine/report/unknown.ts'
import {
  type LargestUnknown,
  type ManyUnknown,
  resolveManyUnknown,
  showLargestUnknown,
  showManyUnknown,
} from '../../engine/report/unknown-many.ts'
import { acts } from '../acts.ts'
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
import { asks, type Question } from '../question.tsx'
import { resendWords, settleManyWords } from '../question-words.tsx'
import { reasonText } from '../words.ts'

const PAGE_SIZE = 50
/** Campaigns and reasons to settle at once: the largest groups first. */
const GROUPS_SHOWN = 20

/** What is done, and what is said of it afterwards. */
const resolutions: Record<Resolution, { label: string; done: string }> = {
  accepted: { label: 'It was taken', done: 'counts as taken by the provider' },
  failed: { label: 'It was not', done: 'counts as failed' },
  resend: { label: 'Send it again', done: 'is sent again' },
}

export function unknownPages({ ctx }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages.get('/unknown', opens('read'), async (c) => {
    const { campaign, after } = c.req.query()
    const found = await showUnknown(ctx, campaign, { afterId: after, limit: PAGE_SIZE + 1 })
    const many = await showLargestUnknown(ctx, { campaign }, GROUPS_SHOWN)
    return unknownPage(c, formatFor(c), { found, many })
  })
  asks(pages, '/unknown/settle', {
    right: 'send',
    ask: async (c, { campaign, reason, as }) => {
      const resolution = readResolution(as)
      const meant = await readMeant(ctx, { campaign, reason }, resolution)
      return settleQuestion(formatFor(c), { meant, resolution, campaign, reason })
    },
    act: async (c, { as, campaign, reason, count }) => {
      const settling = { as: readResolution(as), count: Number(count) }
      const { settled, ended } = await resolveManyUnknown(ctx, { campaign, reason }, settling)
      const left = ended === 0 ? '' : ` ${ended} stay unknown: their campaign was ended.`
      return redirectWithNote(c, '/unknown', `${settled} settled.${left}`)
    },
  })
  asks(pages, '/unknown/:message/resend', {
    right: 'send',
    ask: async (c, { campaign }) => ({
      ...resendWords(await getUnknown(ctx, c.req.param('message') ?? '')),
      back: backTo(campaign),
      fields: campaign === undefined ? {} : { campaign },
    }),
    act: (c, { campaign }) => settle(c, 'resend', campaign),
  })
  pages.post('/unknown/:message', opens('send'), acts('saves'), async (c) => {
    const { as, campaign } = await readForm(c)
    if (as === 'accepted' || as === 'failed') return settle(c, as, campaign)
    return c.redirect(backTo(campaign), 303)
  })

  async function settle(c: PageContext, resolution: Resolution, campaign: string | undefined) {
    const { id } = await resolveUnknown(ctx, c.req.param('message') ?? '', resolution)
    return redirectWithNote(c, backTo(campaign), `${id} ${resolutions[resolution].done}.`)
  }
  return pages
}

function backTo(campaign: string | undefined): string {
  return campaign === undefined ? '/unknown' : `/unknown?campaign=${encodeURIComponent(campaign)}`
}

/** Throws AppError request.invalid. */
function readResolution(as: string | undefined): Resolution {
  const found = Object.keys(resolutions).find((known): known is Resolution => known === as)
  if (found === undefined) throw new AppError('request.invalid', 'choose what became of the messages')
  return found
}

function unknownPage(c: PageContext, format: Format, { found, many }: { found: UnknownView[]; many: LargestUnknown }) {
  const shown = found.slice(0, PAGE_SIZE)
  const maySettle = mayDo(principalOf(c), 'send')
  return renderPage(
    c,
    { title: 'Unconfirmed messages' },
    <>
      <p>
        They were handed to the provider, and the connection broke before it said whether it took them. They usually
        settle by themselves within minutes, as soon as a status comes. Nothing is sent again by itself. Look up the
        others at the provider.
      </p>
      {maySettle && shown.length > 0 && (
        <p class="warning">If you send one again that was taken after all, the person gets it twice.</p>
      )}
      {maySettle && many.count > 1 && <SettleMany format={format} many={many} />}
      <Table
        caption="Unconfirmed messages, oldest first"
        head={['Phone', 'Campaign', 'Handed over', 'Why', 'Settle it', '']}
        rows={shown.map((message) => [
          <a href={`/contacts?search=${encodeURIComponent(message.phone)}`}>{message.phone}</a>,
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
function SettleMany({ format, many: { groups, largest } }: { format: Format; many: LargestUnknown }) {
  const left = groups - largest.length
  return (
    <>
      <Table
        caption="Settle many at once"
        head={['Campaign', 'Why', 'Messages', 'Settle all of them']}
        rows={largest.map(({ campaign, reason, count }) => [
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
      {left > 0 && (
        <p class="soft">
          {format.counted(left, 'smaller group', 'smaller groups')} more. They appear once these are settled.
        </p>
      )}
    </>
  )
}

/** What is settled, and how many of it can be sent again where that is asked for. */
interface Meant {
  count: number
  largest: LargestUnknown['largest']
  canBeResent: number
}

/** Only what is sent again is counted one by one: how much of it is no longer valid is in no counter. */
async function readMeant(
  ctx: PageFacts['ctx'],
  many: Pick<ManyUnknown, 'campaign' | 'reason'>,
  resolution: Resolution,
): Promise<Meant> {
  if (resolution !== 'resend') return { ...(await showLargestUnknown(ctx, many, GROUPS_SHOWN)), canBeResent: 0 }
  const { count, groups, canBeResent } = await showManyUnknown(ctx, many)
  return { count, largest: groups.sort((one, other) => other.count - one.count).slice(0, GROUPS_SHOWN), canBeResent }
}

interface Settling {
  meant: Meant
  resolution: Resolution
  campaign: string | undefined
  reason: string | undefined
}

/** What will happen, before it does; the number goes along, so that not one more is settled. */
function settleQuestion(format: Format, { meant, resolution, campaign, reason }: Settling): Question {
  return {
    title: 'Settle many messages',
    says: [
      settleManyWords[resolution](meant),
      ...meant.largest.map((group) => (
        <>
          <bdi>{group.campaign}</bdi>: {format.counted(group.count, 'message', 'messages')}, {reasonText(group.reason)}
        </>
      )),
    ],
    yes: `${resolutions[resolution].label}: ${format.number(meant.count)}`,
    back: '/unknown',
    fields: {
      as: resolution,
      count: String(meant.count),
      ...(campaign !== undefined && { campaign }),
      ...(reason !== undefined && { reason }),
    },
    isHarmless: resolution !== 'resend',
  }
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
  const query = campaign === undefined ? '' : `?campaign=${encodeURIComponent(campaign)}`
  return (
    <form method="post" action={`/unknown/${id}`} class="in-row">
      <FormToken c={c} />
      {campaign !== undefined && <input type="hidden" name="campaign" value={campaign} />}
      {(['accepted', 'failed'] as const).map((as) => (
        <button class="second small" type="submit" name="as" value={as}>
          {resolutions[as].label}
          <span class="unseen">: {phone}</span>
        </button>
      ))}
      <a href={`/unknown/${id}/resend${query}`}>
        {resolutions.resend.label} …<span class="unseen">: {phone}</span>
      </a>
    </form>
  )
}
