// The list of senders: how each fares, a page at a time.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import { parseId } from '../../domain/ids.ts'
import { providerTitle } from '../../engine/senders/remote-sender.ts'
import { type SenderHealth, sendersHealth } from '../../engine/senders/sender-health.ts'
import { pageSenders } from '../../engine/senders/sender-list.ts'
import type { SenderView } from '../../engine/senders/senders.ts'
import { Fresh, FreshLink } from '../elements/fresh.tsx'
import { MoreLink } from '../elements/more-link.tsx'
import { Badge, Table } from '../elements/table.tsx'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import { opens, type PageContext, type PageEnv, type PageFacts, principalOf } from '../page.ts'
import { dailyUse, heldBack } from '../sender-words.ts'

const SENDERS_SHOWN = 50

export function senderListPages({ ctx }: PageFacts): Hono<PageEnv> {
  return new Hono<PageEnv>().get('/senders', opens('read'), async (c) => {
    const found = await pageSenders(ctx, { after: c.req.query('after'), limit: SENDERS_SHOWN })
    const shown = found.slice(0, SENDERS_SHOWN)
    const healths = await sendersHealth(
      ctx,
      shown.map(({ id }) => parseId('sender', id)),
    )
    const next = found.length > SENDERS_SHOWN ? shown.at(-1)?.name : undefined
    return listPage(c, { senders: pairs(shown, healths), next, format: formatFor(c) })
  })
}

function pairs(senders: SenderView[], healths: ReadonlyMap<number, SenderHealth>): [SenderView, SenderHealth][] {
  return senders.flatMap((sender) => {
    const health = healths.get(parseId('sender', sender.id))
    return health === undefined ? [] : [[sender, health] as [SenderView, SenderHealth]]
  })
}

interface Listed {
  senders: [SenderView, SenderHealth][]
  /** The name behind which the next page begins. */
  next: string | undefined
  format: Format
}

function listPage(c: PageContext, { senders, next, format }: Listed) {
  const { pathname, search } = new URL(c.req.url)
  const here = `${pathname}${search}`
  const mayAdd = mayDo(principalOf(c), 'administer')
  return renderPage(
    c,
    {
      title: 'Senders',
      actions: mayAdd && (
        <a class="button" href="/senders/new">
          Add a sender
        </a>
      ),
    },
    <>
      <Fresh id="senders" from={here}>
        <Table
          caption="Senders by name"
          head={['Name', 'Provider', 'Status', 'Rate', 'Limit', 'Queued', 'Sending', 'People in 24 h', 'Held back']}
          numbers={[3, 4, 5, 6, 7]}
          rows={senders.map(([sender, health]) => [
            <a href={`/senders/${sender.id}`}>
              <bdi>{sender.name}</bdi>
            </a>,
            providerTitle(sender.provider),
            <Badge status={sender.status} />,
            `${format.number(health.ratePerSecond)}/s`,
            `${format.number(sender.ratePerSecond)}/s`,
            format.number(health.waiting),
            format.number(health.onTheWire),
            dailyUse(sender, health, format),
            heldBack(sender, health, format),
          ])}
          empty={
            mayAdd ? (
              <>
                Nothing can be sent yet. <a href="/senders/new">Add a sender.</a>
              </>
            ) : (
              'Nothing can be sent yet. An administrator can add a sender.'
            )
          }
        />
      </Fresh>
      <FreshLink from={here} />
      <MoreLink c={c} name="after" value={next} />
    </>,
  )
}
