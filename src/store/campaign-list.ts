// Campaigns as lists show them: a page of ids by key, then everything that is shown of them in a fixed number of statements,
// however long the page is.
import type { CampaignStatus } from '../domain/campaign-status.ts'
import type { UseCase } from '../domain/suppression.ts'
import type { CampaignRow } from './campaigns.ts'
import type { ReadTx } from './database.ts'

export interface CampaignPage {
  /** Behind the campaign of this id in the order. */
  after?: number | undefined
  status?: CampaignStatus | undefined
  order?: 'newest' | 'oldest' | 'name'
  limit: number
}

/** What comes behind a campaign in an order, each by an index. */
const orders = {
  newest: { behind: 'c.id < ?', by: 'c.id DESC' },
  oldest: { behind: 'c.id > ?', by: 'c.id' },
  name: { behind: 'c.name > (SELECT name FROM campaigns WHERE id = ?)', by: 'c.name' },
} as const

/** By key: a page stays right while campaigns are added. With their tags as JSON. */
export async function listCampaignPage(
  tx: ReadTx,
  { after, status, order = 'newest', limit }: CampaignPage,
): Promise<{ id: number; name: string; tags: string }[]> {
  const { behind, by } = orders[order]
  const conditions = [...(status === undefined ? [] : ['c.status = ?']), ...(after === undefined ? [] : [behind])]
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  return tx.all(
    // CROSS: the order of the campaigns leads.
    `SELECT c.id, c.name, r.tags FROM campaigns c CROSS JOIN campaign_revisions r ON r.id = c.revision_id ${where} ORDER BY ${by} LIMIT ?`,
    [...(status === undefined ? [] : [status]), ...(after === undefined ? [] : [after]), limit],
  )
}

export interface ListedRow
  extends Pick<
    CampaignRow,
    | 'id'
    | 'name'
    | 'status'
    | 'priority'
    | 'pauseReason'
    | 'revisionId'
    | 'senderId'
    | 'nextTickAt'
    | 'decidedUntil'
    | 'launchedAt'
    | 'committedAt'
  > {
  /** JSON, as stored. */
  pauseDetail: string | null
  sender: string
  useCase: UseCase
  /** JSON, as stored. */
  tags: string
  revision: number
  /** JSON of the schedule, in recipients' zones only, and only while a run may come. */
  ownClocks: string | null
}

/** In the order of the ids. */
export async function listCampaignRows(tx: ReadTx, ids: readonly number[]): Promise<ListedRow[]> {
  const rows = await tx.all<ListedRow>(
    `SELECT c.id, c.name, c.status, c.priority, c.pause_reason AS pauseReason, c.pause_detail AS pauseDetail, c.sender_id AS senderId,
       c.revision_id AS revisionId,
       c.next_tick_at AS nextTickAt, c.decided_until AS decidedUntil, c.launched_at AS launchedAt, c.committed_at AS committedAt,
       s.name AS sender, r.use_case AS useCase, r.tags, r.number AS revision,
       CASE WHEN c.next_tick_at IS NOT NULL AND ${tx.sql.jsonPart('r.definition', ['schedule', 'timeZone'])} = '"recipient"'
         THEN ${tx.sql.jsonPart('r.definition', ['schedule'])} END AS ownClocks
     FROM campaigns c JOIN campaign_revisions r ON r.id = c.revision_id JOIN senders s ON s.id = c.sender_id
     WHERE c.id IN (SELECT value FROM ${tx.sql.numbers} n)`,
    [JSON.stringify(ids)],
  )
  const places = new Map(ids.map((id, place) => [id, place]))
  return rows.sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0))
}

/** Definitions by campaign, as stored: JSON; none for one that is no JSON. */
export async function listDefinitions(tx: ReadTx, ids: readonly number[]): Promise<Map<number, string>> {
  const rows = await tx.all<{ id: number; definition: string }>(
    `SELECT c.id, r.definition FROM campaigns c JOIN campaign_revisions r ON r.id = c.revision_id AND ${tx.sql.isJson('r.definition')}
     WHERE c.id IN (SELECT value FROM ${tx.sql.numbers} n)`,
    [JSON.stringify(ids)],
  )
  return new Map(rows.map(({ id, definition }) => [id, definition]))
}

/** Messages that wait in the runs of each campaign, by the counts; none for one that is left out. */
export async function countPlannedOf(tx: ReadTx, ids: readonly number[]): Promise<Map<number, number>> {
  const rows = await tx.all<{ id: number; count: number }>(
    `SELECT r.campaign_id AS id, sum(n.count) AS count FROM runs r JOIN run_counts n ON n.run_id = r.id AND n.status = 'pending'
     WHERE r.campaign_id IN (SELECT value FROM ${tx.sql.numbers} n) AND r.status IN ('planning', 'sending') AND r.kind = 'scheduled'
     GROUP BY r.campaign_id`,
    [JSON.stringify(ids)],
  )
  return new Map(rows.map(({ id, count }) => [id, count]))
}

/** Those of the campaigns of which a message was handed over, or may have been; tests are apart. */
export async function listHandedOver(tx: ReadTx, ids: readonly number[]): Promise<Set<number>> {
  const rows = await tx.all<{ id: number }>(
    // The newest run first: a look ends with the first message.
    `SELECT value AS id FROM ${tx.sql.numbers} n WHERE EXISTS (
       SELECT 1 FROM runs r JOIN run_counts k ON k.run_id = r.id AND k.count > 0
       WHERE r.campaign_id = value AND r.kind = 'scheduled' AND k.status IN ('accepted', 'sent', 'delivered', 'read', 'unknown'))`,
    [JSON.stringify(ids)],
  )
  return new Set(rows.map(({ id }) => id))
}

/** Lists that campaigns which have not ended name in their audiences, with the campaigns. */
export async function listNamedLists(tx: ReadTx): Promise<(Pick<CampaignRow, 'name' | 'status'> & { list: string })[]> {
  return tx.all(
    ['lists', 'exclude']
      .map(
        (part) => `SELECT c.id, c.name, c.status, l.value AS list
     FROM campaigns c JOIN campaign_revisions r ON r.id = c.revision_id, ${tx.sql.jsonTexts('r.definition', ['audience', part])} l
     WHERE c.status NOT IN ('finished', 'cancelled', 'archived')`,
      )
      .join(' UNION ALL ')
      .concat(' ORDER BY 1 DESC'),
  )
}

/** Runs of the campaigns that are being planned or sent, tests included. */
export async function listOpenRunIds(
  tx: ReadTx,
  ids: readonly number[],
): Promise<{ id: number; campaignId: number }[]> {
  return tx.all(
    `SELECT id, campaign_id AS campaignId FROM runs
     WHERE campaign_id IN (SELECT value FROM ${tx.sql.numbers} n) AND status IN ('planning', 'sending')`,
    [JSON.stringify(ids)],
  )
}
