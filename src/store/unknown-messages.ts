// Messages whose outcome nobody knows: handed over, and no answer came.
import type { ReadTx } from './database.ts'
import type { Param } from './sql-dialect.ts'

/** A message whose outcome nobody knows, with its last attempt. */
export interface UnknownMessage {
  id: number
  runId: number
  campaignId: number
  campaign: string
  revisionId: number
  senderId: number
  contactId: number
  phone: string
  reason: string
  detail: string | null
  attemptId: number
  trackingId: string | null
  startedAt: number
  expiresAt: number
}

/** Which unknown messages are meant; all without any of it. */
export interface UnknownChoice {
  campaignId?: number | undefined
  runId?: number | undefined
  senderId?: number | undefined
  reason?: string | undefined
}

/** Of a message, its run and what belongs to both. */
export const unknownColumns = `m.id, m.run_id AS runId, r.campaign_id AS campaignId, c.name AS campaign, m.revision_id AS revisionId, r.sender_id AS senderId,
  m.contact_id AS contactId, k.phone, m.reason, m.detail, m.attempt_id AS attemptId, a.tracking_id AS trackingId,
  a.start_at_us / 1000 AS startedAt, m.expires_at AS expiresAt`
export const unknownJoins = `JOIN campaigns c ON c.id = r.campaign_id JOIN contacts k ON k.id = m.contact_id JOIN attempts a ON a.id = m.attempt_id`

/** A place in the order of the walk through unknown messages: run by run, in each by id. */
export interface UnknownPlace {
  runId: number
  id: number
}

/** Where a walk begins. */
export const UNKNOWN_START: UnknownPlace = { runId: 0, id: 0 }

/** Where a page goes on behind a message, whatever became of it. */
export async function placeOfMessage(tx: ReadTx, id: number): Promise<UnknownPlace> {
  const seen = await tx.get<{ runId: number }>('SELECT run_id AS runId FROM messages WHERE id = ?', [id])
  return seen === undefined ? UNKNOWN_START : { runId: seen.runId, id }
}

interface UnknownSlice {
  after: UnknownPlace
  /** Messages looked at. */
  limit: number
}

/** What a walk looks at next, by the index of unknown messages alone. */
interface SliceParts {
  /** All behind the place, in the order of the walk when it is sorted by its first two columns. */
  sql: string
  params: Param[]
}

/** Where one campaign is asked for, its runs lead: among a million of others its own are few. */
function restSql({ campaignId, runId }: UnknownChoice, after: UnknownPlace): SliceParts {
  const facts = 'm.id, m.reason, m.expires_at AS expiresAt'
  const messages = 'messages m INDEXED BY messages_unknown'
  const rest = `SELECT m.run_id AS runId, ${facts} FROM ${messages} WHERE m.status = 'unknown' AND m.run_id = ? AND m.id > ?`
  if (runId !== undefined) return { sql: rest, params: [runId, after.runId === runId ? after.id : 0] }
  const others =
    campaignId === undefined
      ? `SELECT m.run_id AS runId, ${facts} FROM ${messages} WHERE m.status = 'unknown' AND m.run_id > ?`
      : `SELECT r.id AS runId, ${facts} FROM runs r INDEXED BY runs_newest CROSS JOIN ${messages} ON m.run_id = r.id AND m.status = 'unknown'
         WHERE r.id > ? AND r.campaign_id = ?`
  const params = [after.runId, after.id, after.runId, ...(campaignId === undefined ? [] : [campaignId])]
  return { sql: `${rest} UNION ALL ${others}`, params }
}

/** A statement that names `slice`. */
function sliceSql(choice: UnknownChoice, { after, limit }: UnknownSlice): SliceParts {
  const { sql, params } = restSql(choice, after)
  return { sql: `WITH slice AS MATERIALIZED (${sql} ORDER BY 1, 2 LIMIT ?)`, params: [...params, limit] }
}

/** Of the messages of a slice those that are meant. */
function choiceSql({ campaignId, senderId, reason }: UnknownChoice): { sql: string; params: Param[] } {
  const rules: [sql: string, param: Param | undefined][] = [
    ['r.campaign_id = ?', campaignId],
    ['r.sender_id = ?', senderId],
    ['s.reason = ?', reason],
  ]
  const given = rules.filter((rule): rule is [string, Param] => rule[1] !== undefined)
  return { sql: ['TRUE', ...given.map(([sql]) => sql)].join(' AND '), params: given.map(([, param]) => param) }
}

/** Where a slice ends; undefined for the last one. */
export async function endOfSlice(
  tx: ReadTx,
  choice: UnknownChoice,
  { after, limit }: UnknownSlice,
): Promise<UnknownPlace | undefined> {
  const { sql, params } = restSql(choice, after)
  return tx.get<UnknownPlace>(`SELECT runId, id FROM (${sql} ORDER BY 1, 2 LIMIT 1 OFFSET ?) last`, [
    ...params,
    limit - 1,
  ])
}

/** The messages of a slice that are meant, run by run, the oldest first in each. */
export async function listUnknown(tx: ReadTx, choice: UnknownChoice, slice: UnknownSlice): Promise<UnknownMessage[]> {
  const { sql, params } = sliceSql(choice, slice)
  const rule = choiceSql(choice)
  return tx.all<UnknownMessage>(
    `${sql} SELECT ${unknownColumns} FROM slice s CROSS JOIN runs r ON r.id = s.runId CROSS JOIN messages m ON m.id = s.id ${unknownJoins}
     WHERE ${rule.sql} ORDER BY s.runId, s.id`,
    [...params, ...rule.params],
  )
}

/** Undefined also for one that is settled. */
export async function findUnknown(tx: ReadTx, id: number): Promise<UnknownMessage | undefined> {
  return tx.get<UnknownMessage>(
    `SELECT ${unknownColumns} FROM messages m JOIN runs r ON r.id = m.run_id ${unknownJoins} WHERE m.id = ? AND m.status = 'unknown'`,
    [id],
  )
}

/** Unknown messages of one campaign for one reason. */
export interface UnknownGroup {
  campaignId: number
  reason: string
  count: number
  /** Of what can be sent again after the end of its campaign too: tests. */
  tests: number
  /** Past their validity: sent again they would reach nobody. */
  expired: number
}

/** The groups of a slice. */
export async function groupUnknown(
  tx: ReadTx,
  choice: UnknownChoice,
  slice: UnknownSlice & { now: number },
): Promise<UnknownGroup[]> {
  const { sql, params } = sliceSql(choice, slice)
  const rule = choiceSql(choice)
  return tx.all<UnknownGroup>(
    `${sql} SELECT r.campaign_id AS campaignId, s.reason, count(*) AS count, count(*) FILTER (WHERE r.kind = 'test') AS tests,
       count(*) FILTER (WHERE s.expiresAt <= ?) AS expired
     FROM slice s CROSS JOIN runs r ON r.id = s.runId WHERE ${rule.sql} GROUP BY 1, 2`,
    [...params, slice.now, ...rule.params],
  )
}

/** Ids of the messages of a slice that are meant. */
export async function listUnknownIds(tx: ReadTx, choice: UnknownChoice, slice: UnknownSlice): Promise<number[]> {
  const { sql, params } = sliceSql(choice, slice)
  const rule = choiceSql(choice)
  const rows = await tx.all<{ id: number }>(
    `${sql} SELECT s.id FROM slice s CROSS JOIN runs r ON r.id = s.runId WHERE ${rule.sql} ORDER BY s.id`,
    [...params, ...rule.params],
  )
  return rows.map(({ id }) => id)
}

export interface LargestGroup {
  campaign: string
  reason: string
  count: number
}

/** Of all groups, by the counters: how many there are, how many messages they have, and the largest of them. */
export async function largestUnknown(
  tx: ReadTx,
  { campaignId, reason, limit }: Pick<UnknownChoice, 'campaignId' | 'reason'> & { limit: number },
): Promise<{ count: number; groups: number; largest: LargestGroup[] }> {
  const ofCampaign = campaignId === undefined ? '' : 'AND campaign_id = ?'
  const forReason = reason === undefined ? '' : 'AND reason = ?'
  const groups = `SELECT campaign_id, reason, sum(count) AS count FROM campaign_counts INDEXED BY campaign_counts_unknown
     WHERE status = 'unknown' AND count > 0 ${ofCampaign} ${forReason} GROUP BY campaign_id, reason`
  const params = [campaignId, reason].filter((param) => param !== undefined)
  const sums = await tx.get<{ count: number | null; groups: number }>(
    `SELECT sum(count) AS count, count(*) AS groups FROM (${groups}) g`,
    params,
  )
  const largest = await tx.all<LargestGroup>(
    `SELECT c.name AS campaign, g.reason, g.count FROM (${groups} ORDER BY 3 DESC LIMIT ?) g JOIN campaigns c ON c.id = g.campaign_id
     ORDER BY g.count DESC, c.id`,
    [...params, limit],
  )
  return { count: sums?.count ?? 0, groups: sums?.groups ?? 0, largest }
}
