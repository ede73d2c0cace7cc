// The first page: what is at work, what waits for somebody, what to do next.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import { type CampaignView, showCampaigns } from '../../engine/campaign-view.ts'
import { showLists } from '../../engine/lists.ts'
import { showSenders } from '../../engine/senders.ts'
import { Badge, Table } from '../elements/table.tsx'
import { formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import { opens, type PageEnv, type PageFacts, principalOf } from '../page.ts'

/** Campaigns shown; the others stand on their own page. */
const SHOWN = 10

export function overviewPages({ ctx }: PageFacts): Hono<PageEnv> {
  return new Hono<PageEnv>().get('/', opens('read'), async (c) => {
    const format = formatFor(c, ctx.config.timeZone)
    const [campaigns, lists, senders] = await Promise.all([showCampaigns(ctx), showLists(ctx), showSenders(ctx)])
    const people = lists.reduce((sum, { contacts }) => sum + contacts, 0)
    const mayEdit = mayDo(principalOf(c), 'edit')
    const paused = senders.filter(({ status }) => status === 'paused')
    return renderPage(
      c,
      {
        title: 'Overview',
        actions: mayEdit && (
          <>
            <a class="button second" href="/import">
              Import a CSV
            </a>
            <a class="button" href="/campaigns/new">
              New campaign
            </a>
          </>
        ),
      },
      <>
        {paused.map(({ name, pauseReason, pauseDetail }) => (
          <p class="warning">
            The sender <a href={`/senders/${encodeURIComponent(name)}`}>{name}</a> is paused ({pauseReason}
            {pauseDetail === null ? '' : `: ${pauseDetail}`}): nothing of it is sent.
          </p>
        ))}
        <div class="grid">
          <Figure
            label="campaigns at work"
            value={format.number(campaigns.filter(isAtWork).length)}
            href="/campaigns"
          />
          <Figure label="people in lists" value={format.number(people)} href="/lists" />
          <Figure label="senders" value={format.number(senders.length)} href="/senders" />
        </div>
        <h2>Campaigns</h2>
        <Table
          caption="Campaigns, newest first"
          head={['name', 'status', 'sender', 'next run']}
          rows={campaigns
            .slice(0, SHOWN)
            .map((campaign) => [
              <a href={`/campaigns/${campaign.id}`}>{campaign.name}</a>,
              <Badge status={campaign.status} />,
              campaign.sender,
              format.instant(campaign.nextRunAt),
            ])}
          empty={
            people === 0 ? (
              <>
                Nothing here yet. Begin with <a href="/import">a CSV of your contacts</a>.
              </>
            ) : (
              <>
                Your contacts are here. Now <a href="/campaigns/new">write a campaign</a>.
              </>
            )
          }
        />
      </>,
    )
  })
}

function isAtWork({ status }: CampaignView): boolean {
  return status === 'running' || status === 'scheduled'
}

function Figure({ label, value, href }: { label: string; value: string; href: string }) {
  return (
    <div class="card">
      <span class="number-big">{value}</span>
      <a href={href}>{label}</a>
    </div>
  )
}
