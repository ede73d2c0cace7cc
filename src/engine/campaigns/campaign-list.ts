// Campaigns as lists show them: by the command line, pages and API. A page takes a fixed number of statements, and asks no
// schedule but those in recipients' zones. Reads only.
import type { CampaignDefinition } from '../../domain/campaign.ts'
import type { CampaignStatus } from '../../domain/campaign-status.ts'
import { findIdIn, formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import { nameKey, tagName } from '../../domain/name.ts'
import { tally } from '../../domain/report.ts'
import { type Results, resultsOf } from '../../domain/results.ts'
import { parseSchedule, type Schedule } from '../../domain/schedule.ts'
import type { UseCase } from '../../domain/suppression.ts'
import {
  countPlannedOf,
  type ListedRow,
  listCampaignPage,
  listCampaignRows,
  listDefinitions,
  listHandedOver,
  listOpenRunIds,
} from '../../store/campaign-list.ts'
import { listCountsOfCampaigns } from '../../store/counts.ts'
import type { ReadTx } from '../../store/database.ts'
import type { Context } from '../context.ts'
import { type TroubleView, troublesOfMany } from '../duties/show-troubles.ts'
import { type CampaignView, shownCampaign, versionOfCampaign } from './campaign-view.ts'
import { nextRunOf } from './next-run.ts'
import { isUnreadable } from './unreadable-campaign.ts'

/** A campaign without its definition, and without what only the definition tells. */
export type ListedCampaign = Omit<CampaignView, 'definition' | 'warnings' | 'understood'> & Listed

export type WholeCampaign = CampaignView & Listed

interface Listed {
  useCase: UseCase
  tags: string[]
  /** What came of its messages so far, from counters that are kept. */
  results: Results
}

export const campaignOrders = ['newest', 'oldest', 'name'] as const
export type CampaignOrder = (typeof campaignOrders)[number]

export interface CampaignQuery {
  /** Behind this one in the order: the last id of the page before. */
  beforeId?: string | undefined
  status?: CampaignStatus | undefined
  /** A part of the name. */
  q?: string | undefined
  /** One that it has. */
  tag?: string | undefined
  order?: CampaignOrder | undefined
  limit: number
}

/** Campaigns read in one transaction: some ten milliseconds in recipients' zones, less in one zone. */
const BLOCK = 128

/** A page of campaigns in their order; one more than `limit` when another page follows. */
export async function pageCampaigns(ctx: Context, query: CampaignQuery): Promise<ListedCampaign[]> {
  return readPage(ctx, query, (tx, ids) => viewListed(ctx, tx, ids))
}

/** The same with their definitions, for programs: one that is read the first time takes a tenth of a millisecond more. */
export async function pageWholeCampaigns(ctx: Context, query: CampaignQuery): Promise<WholeCampaign[]> {
  return readPage(ctx, query, async (tx, ids) => {
    const definitions = await listDefinitions(tx, ids)
    const listed = await viewListed(ctx, tx, ids)
    return listed.map((campaign) => {
      const text = definitions.get(findIdIn('campaign', campaign.id) ?? 0) ?? '{}'
      const definition = JSON.parse(text) as CampaignDefinition
      return { ...campaign, definition, ...saidOf(text, definition, ctx.config.timeZone) }
    })
  })
}

type Said = Pick<CampaignView, 'warnings' | 'understood'>

/** What definitions say of themselves, by zone and text: programs ask for the same thousand again and again. */
const said = new Map<string, Said>()
const SAID_MAX = 2_000
/** A longer definition is read each time, so that what is remembered stays within some megabytes. */
const SAID_TEXT_MAX = 2_000

function saidOf(text: string, definition: CampaignDefinition, timeZone: string): Said {
  const key = `${timeZone} ${text}`
  const known = said.get(key)
  if (known !== undefined) return known
  const { warnings, understood } = shownCampaign(definition, timeZone)
  const found = { warnings, understood: understood.map((time) => time.text) }
  if (text.length > SAID_TEXT_MAX) return found
  if (said.size >= SAID_MAX) said.clear()
  said.set(key, found)
  return found
}

async function readPage<T>(
  ctx: Context,
  query: CampaignQuery,
  view: (tx: ReadTx, ids: readonly number[]) => Promise<T[]>,
): Promise<T[]> {
  const ids = await findIds(ctx, query)
  const views: T[] = []
  for (let from = 0; from < ids.length; from += BLOCK) {
    views.push(...(await ctx.db.read((tx) => view(tx, ids.slice(from, from + BLOCK)))))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return views
}

/** Names looked at in one read, some three milliseconds. */
const NAMES = 2_000

/** Of a page, and of the next campaign. Names and tags are compared in turns, in the order, until the page is full. */
async function findIds(ctx: Context, query: CampaignQuery): Promise<number[]> {
  const { beforeId, status, limit, order = 'newest' } = query
  const isWanted = wantedBy(query)
  const slice = isWanted === undefined ? limit + 1 : NAMES
  const ids: number[] = []
  let after = beforeId === undefined ? undefined : findIdIn('campaign', beforeId)
  for (;;) {
    const read = await ctx.db.read((tx) => listCampaignPage(tx, { after, status, order, limit: slice }))
    for (const one of read) if (isWanted === undefined || isWanted(one)) ids.push(one.id)
    after = read.at(-1)?.id
    if (ids.length > limit || read.length < slice) return ids.slice(0, limit + 1)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Undefined when all are. */
function wantedBy({ q, tag }: CampaignQuery): ((one: { name: string; tags: string }) => boolean) | undefined {
  const key = q === undefined ? '' : nameKey(q)
  const wantedTag = tag === undefined ? '' : tagName(tag)
  if (key === '' && wantedTag === '') return undefined
  return ({ name, tags }) =>
    (key === '' || nameKey(name).includes(key)) &&
    (wantedTag === '' || (JSON.parse(tags) as string[]).some((one) => tagName(one) === wantedTag))
}

/** In the order of the ids. */
export async function viewListed(
  { config }: Pick<Context, 'config'>,
  tx: ReadTx,
  ids: readonly number[],
): Promise<ListedCampaign[]> {
  const rows = await listCampaignRows(tx, ids)
  const planned = await countPlannedOf(tx, ids)
  const counts = await listCountsOfCampaigns(tx, ids)
  const finished = rows.filter(({ status }) => status === 'finished').map(({ id }) => id)
  const handedOver = await listHandedOver(tx, finished)
  const troubles = await troublesOfPage(tx, rows)
  return rows.map((row) => ({
    id: formatId('campaign', row.id),
    name: row.name,
    status: row.status,
    useCase: row.useCase,
    tags: JSON.parse(row.tags) as string[],
    results: resultsOf(tally(counts.get(row.id) ?? []).byStatus),
    sender: row.sender,
    priority: row.priority,
    pauseReason: row.pauseReason,
    pauseDetail: row.pauseDetail === null ? null : JSON.parse(row.pauseDetail),
    launchedAt: row.launchedAt === null ? null : formatInstant(row.launchedAt),
    ...nextRunOf(row, scheduleOfOwnClocks(row, config.timeZone)),
    reachedNobody: row.status === 'finished' && !handedOver.has(row.id),
    planned: planned.get(row.id) ?? 0,
    revision: row.revision,
    troubles: troubles(row),
    version: versionOfCampaign(row),
  }))
}

/** Undefined in one zone, and for one that cannot be read. */
function scheduleOfOwnClocks({ ownClocks }: ListedRow, timeZone: string): Schedule | undefined {
  if (ownClocks === null) return undefined
  try {
    return parseSchedule(JSON.parse(ownClocks) as CampaignDefinition['schedule'], timeZone)
  } catch (error) {
    if (!isUnreadable(error)) throw error
    return undefined
  }
}

async function troublesOfPage(tx: ReadTx, rows: readonly ListedRow[]): Promise<(row: ListedRow) => TroubleView[]> {
  const ids = rows.map(({ id }) => id)
  const runs = await listOpenRunIds(tx, ids)
  const ofCampaigns = await troublesOfMany(tx, 'campaign', ids)
  const ofSenders = await troublesOfMany(tx, 'sender', [...new Set(rows.map(({ senderId }) => senderId))])
  const ofRuns = new Map<number, TroubleView[]>()
  const found = await troublesOfMany(
    tx,
    'run',
    runs.map(({ id }) => id),
  )
  for (const { id, campaignId } of runs)
    if (found.has(id)) ofRuns.set(campaignId, [...(ofRuns.get(campaignId) ?? []), ...(found.get(id) ?? [])])
  return ({ id, senderId }) => [
    ...(ofCampaigns.get(id) ?? []),
    ...(ofSenders.get(senderId) ?? []),
    ...(ofRuns.get(id) ?? []),
  ]
}
