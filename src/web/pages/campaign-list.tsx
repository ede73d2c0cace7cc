// All campaigns with their results: search, filters, order, and the most common actions in each row.
import { Hono } from 'hono'
import { mayDo, type Principal } from '../../domain/access.ts'
import { type CampaignStatus, campaignStatuses } from '../../domain/campaign-status.ts'
import { partsOfResults } from '../../domain/results.ts'
import {
  type CampaignOrder,
  campaignOrders,
  type ListedCampaign,
  pageCampaigns,
} from '../../engine/campaigns/campaign-list.ts'
import { nextRunWords, placeOf, StatusBadge } from '../elements/campaign-parts.tsx'
import { FormToken } from '../elements/form.tsx'
import { StackedBar } from '../elements/stacked-bar.tsx'
import { Table } from '../elements/table.tsx'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import { opens, type PageContext, type PageEnv, type PageFacts, principalOf } from '../page.ts'
import { campaignOrderWords, campaignStatusWords } from '../words.ts'

const PAGE_SIZE = 50
/** The form that the buttons in the rows submit: one token for all of them. */
const ROW_ACTS = 'row-acts'

export function campaignListPages({ ctx }: PageFacts): Hono<PageEnv> {
  return new Hono<PageEnv>().get('/campaigns', opens('read'), async (c) => {
    const asked = readAsked(c)
    const found = await pageCampaigns(ctx, { ...asked, beforeId: c.req.query('before'), limit: PAGE_SIZE })
    return listPage(c, { found, asked, format: formatFor(c) })
  })
}

interface Asked {
  status: CampaignStatus | undefined
  q: string | undefined
  tag: string | undefined
  order: CampaignOrder
}

function readAsked(c: PageContext): Asked {
  return {
    status: campaignStatuses.find((name) => name === c.req.query('status')),
    q: c.req.query('q')?.trim().slice(0, 200) || undefined,
    tag: c.req.query('tag')?.trim().slice(0, 50) || undefined,
    order: campaignOrders.find((name) => name === c.req.query('sort')) ?? 'newest',
  }
}

/** The address of the list with some filters changed. */
function addressOf({ status, q, tag, order }: Asked, change: Partial<Asked & { before: string }> = {}): string {
  const { before, ...other } = change
  const next = { status, q, tag, order, ...other }
  const query = new URLSearchParams({
    ...(next.q && { q: next.q }),
    ...(next.status && { status: next.status }),
    ...(next.tag && { tag: next.tag }),
    ...(next.order !== 'newest' && { sort: next.order }),
    ...(before !== undefined && { before }),
  })
  return query.size === 0 ? '/campaigns' : `/campaigns?${query}`
}

interface Listed {
  found: ListedCampaign[]
  asked: Asked
  format: Format
}

function listPage(c: PageContext, { found, asked, format }: Listed) {
  const shown = found.slice(0, PAGE_SIZE)
  const last = shown.at(-1)
  const principal = principalOf(c)
  const mayEdit = mayDo(principal, 'edit')
  return renderPage(
    c,
    {
      title: 'Campaigns',
      actions: mayEdit && (
        <a class="button" href="/campaigns/new">
          New campaign
        </a>
      ),
    },
    <>
      <Chips asked={asked} />
      <SearchAndOrder asked={asked} />
      {mayEdit && shown.length > 0 && (
        <form method="post" id={ROW_ACTS}>
          <FormToken c={c} />
        </form>
      )}
      <Table
        caption="Campaigns"
        head={['Name', 'Status', 'Audience', 'Delivered', 'Read', 'Failed', 'Next run', <Actions />]}
        numbers={[2, 3, 4, 5]}
        rows={shown.map((campaign) => rowOf(campaign, { asked, principal, format }))}
        empty={<Nothing asked={asked} mayEdit={mayEdit} />}
      />
      {found.length > PAGE_SIZE && last !== undefined && (
        <p class="look-foot">
          <a href={addressOf(asked, { before: last.id })}>More campaigns</a>
        </p>
      )}
    </>,
  )
}

function Actions() {
  return <span class="unseen">What to do</span>
}

function Chips({ asked }: { asked: Asked }) {
  return (
    <nav aria-label="Status">
      <ul class="chips">
        {[undefined, ...campaignStatuses].map((status) => (
          <li>
            <a
              class="chip"
              href={addressOf(asked, { status })}
              {...(asked.status === status && { 'aria-current': 'true' as const })}
            >
              {status === undefined ? 'All' : campaignStatusWords[status]}
            </a>
          </li>
        ))}
        {asked.tag !== undefined && (
          <li>
            <a class="chip" href={addressOf(asked, { tag: undefined })} aria-current="true">
              <bdi>#{asked.tag}</bdi> ×<span class="unseen"> Remove this filter</span>
            </a>
          </li>
        )}
      </ul>
    </nav>
  )
}

function SearchAndOrder({ asked }: { asked: Asked }) {
  const { q, status, tag, order } = asked
  return (
    <search>
      <form method="get" class="find">
        {status !== undefined && <input type="hidden" name="status" value={status} />}
        {tag !== undefined && <input type="hidden" name="tag" value={tag} />}
        <div class="field">
          <label for="q">Search</label>
          <input id="q" name="q" type="search" value={q ?? ''} placeholder="A part of the name" maxlength={200} />
        </div>
        <div class="field">
          <label for="sort">Sort</label>
          <select id="sort" name="sort">
            {campaignOrders.map((name) => (
              <option value={name} selected={name === order}>
                {campaignOrderWords[name]}
              </option>
            ))}
          </select>
        </div>
        <button type="submit" class="second">
          Search
        </button>
      </form>
    </search>
  )
}

interface RowFacts {
  asked: Asked
  principal: Principal
  format: Format
}

function rowOf(campaign: ListedCampaign, { asked, principal, format }: RowFacts) {
  const { id, name, tags, results } = campaign
  const { audience, delivered, read, failed } = results
  const share = (count: number) => (audience === 0 ? '' : format.share(count / audience))
  return [
    <div>
      <a href={placeOf(campaign)}>
        <bdi>{name}</bdi>
      </a>
      {tags.length > 0 && (
        <div class="small-print">
          {tags.map((tag) => (
            <>
              <a href={addressOf(asked, { tag })}>
                <bdi>#{tag}</bdi>
              </a>{' '}
            </>
          ))}
        </div>
      )}
    </div>,
    <StatusBadge campaign={campaign} />,
    audience === 0 ? '' : format.number(audience),
    audience === 0 ? (
      ''
    ) : (
      <div>
        {share(delivered)}
        <StackedBar parts={partsOfResults(results)} isSmall />
      </div>
    ),
    share(read),
    failed === 0 ? '' : format.number(failed),
    campaign.nextRunAt === null ? '' : nextRunWords(campaign, format),
    <RowActs id={id} name={name} status={campaign.status} principal={principal} />,
  ]
}

/** The most common actions for a campaign of this status. */
function RowActs({
  id,
  name,
  status,
  principal,
}: Pick<ListedCampaign, 'id' | 'name' | 'status'> & Pick<RowFacts, 'principal'>) {
  const of = <span class="unseen"> {name}</span>
  const button = (act: string, words: string) => (
    <button class="plain" type="submit" form={ROW_ACTS} formaction={`/campaigns/${id}/${act}`}>
      {words}
      {of}
    </button>
  )
  return (
    <div class="in-row">
      {status !== 'draft' && (
        <a href={`/campaigns/${id}/report`}>
          Report
          {of}
        </a>
      )}
      {['scheduled', 'running'].includes(status) && mayDo(principal, 'send') && button('pause', 'Pause')}
      {mayDo(principal, 'edit') && button('clone', 'Duplicate')}
    </div>
  )
}

function Nothing({ asked, mayEdit }: { asked: Asked; mayEdit: boolean }) {
  const { status, q, tag } = asked
  if (status !== undefined || q !== undefined || tag !== undefined)
    return (
      <>
        No campaign matches. <a href="/campaigns">Show all campaigns.</a>
      </>
    )
  if (!mayEdit) return <>No campaign yet.</>
  return (
    <>
      No campaign yet. <a href="/campaigns/new">Write the first one.</a>
    </>
  )
}
