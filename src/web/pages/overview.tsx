// The first page: what is at work, what comes next, what is done, what waits for a person.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import { type CampaignStatus, campaignStatuses } from '../../domain/campaign-status.ts'
import type { ListedCampaign } from '../../engine/campaigns/campaign-list.ts'
import { OPEN_REPLIES_SHOWN, type Overview, overviewOf } from '../../engine/service/overview.ts'
import { nextRunWords, StatusBadge } from '../elements/campaign-parts.tsx'
import { NeedsYou } from '../elements/needs-you.tsx'
import { Table } from '../elements/table.tsx'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import { opens, type PageEnv, type PageFacts, principalOf } from '../page.ts'

export function overviewPages({ ctx }: PageFacts): Hono<PageEnv> {
  return new Hono<PageEnv>().get('/', opens('read'), async (c) => {
    const format = formatFor(c)
    const overview = await overviewOf(ctx)
    const { campaigns, lists, senders, openReplies, atWork, next, finished } = overview
    const mayEdit = mayDo(principalOf(c), 'edit')
    const isEmpty = Object.keys(campaigns).length === 0
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
        <NeedsYou needs={c.get('needs') ?? []} format={format} />
        <ul class="buckets">
          {campaignStatuses
            .filter((status) => (campaigns[status] ?? 0) > 0 || status === 'running')
            .map((status) => (
              <Figure
                label={figureWords[status]}
                value={format.number(campaigns[status] ?? 0)}
                href={`/campaigns?status=${status}`}
              />
            ))}
          <Figure label={lists === 1 ? 'list' : 'lists'} value={format.number(lists)} href="/lists" />
          <Figure label={senders === 1 ? 'sender' : 'senders'} value={format.number(senders)} href="/senders" />
          {openReplies > 0 && (
            <Figure
              label={openReplies === 1 ? 'reply to settle' : 'replies to settle'}
              value={openReplies > OPEN_REPLIES_SHOWN ? `${OPEN_REPLIES_SHOWN}+` : format.number(openReplies)}
              href="/replies"
            />
          )}
        </ul>
        {isEmpty && <Nothing hasLists={lists > 0} mayEdit={mayEdit} />}
        <Some title="At work" campaigns={atWork} format={format} />
        <Some title="Next" campaigns={next} format={format} />
        <Some title="Finished last" campaigns={finished} format={format} />
        {!isEmpty && (
          <p>
            <a href="/campaigns">All campaigns</a>
          </p>
        )}
      </>,
    )
  })
}

const figureWords: Record<CampaignStatus, string> = {
  draft: 'in draft',
  scheduled: 'scheduled',
  running: 'running',
  paused: 'paused',
  finished: 'finished',
  cancelled: 'cancelled',
  archived: 'archived',
}

function Nothing({ hasLists, mayEdit }: { hasLists: boolean; mayEdit: boolean }) {
  if (!mayEdit) return <p class="empty">No campaign was written yet.</p>
  return (
    <p class="empty">
      {hasLists ? (
        <>
          Your contacts are here. Now <a href="/campaigns/new">write a campaign</a>.
        </>
      ) : (
        <>
          Nothing here yet. Begin with <a href="/import">a CSV of your contacts</a>.
        </>
      )}
    </p>
  )
}

interface SomeProps {
  title: string
  campaigns: Overview['atWork']
  format: Format
}

/** A few campaigns; nothing at all where there are none. */
function Some({ title, campaigns, format }: SomeProps) {
  if (campaigns.length === 0) return <></>
  return (
    <>
      <h2>{title}</h2>
      <Table
        caption={`Campaigns: ${title.toLowerCase()}`}
        head={['name', 'status', 'sender', 'launched', 'next run']}
        rows={campaigns.map((campaign) => [
          <a href={placeOf(campaign)}>
            <bdi>{campaign.name}</bdi>
          </a>,
          <StatusBadge campaign={campaign} />,
          <bdi>{campaign.sender}</bdi>,
          format.instant(campaign.launchedAt),
          nextRunWords(campaign, format),
        ])}
        empty=""
      />
    </>
  )
}

/** The page of a campaign that is looked at first. */
function placeOf({ id, status }: ListedCampaign): string {
  if (status === 'scheduled') return `/campaigns/${id}`
  return status === 'finished' ? `/campaigns/${id}/report` : `/campaigns/${id}/live`
}

function Figure({ label, value, href }: { label: string; value: string; href: string }) {
  return (
    <li class="bucket">
      <span class="number-big">{value}</span>
      <a href={href}>{label}</a>
    </li>
  )
}
