// What a sender is at: the messages of its runs at work, its newest calls, the people of its last 24 hours.
import type { AttemptOutcome } from '../domain/send-result.ts'
import type { ReadTx } from './database.ts'

/** Messages that wait and that are on the wire, over all runs at work; none for a sender that is left out. */
export async function senderQueues(
  tx: ReadTx,
  senderIds: readonly number[],
): Promise<Map<number, { waiting: number; onTheWire: number }>> {
  const rows = await tx.all<{ senderId: number; waiting: number; onTheWire: number }>(
    `SELECT r.sender_id AS senderId, sum(CASE WHEN k.status = 'pending' THEN k.count ELSE 0 END) AS waiting,
            sum(CASE WHEN k.status = 'sending' THEN k.count ELSE 0 END) AS onTheWire
     FROM runs r JOIN run_counts k ON k.run_id = r.id
     WHERE r.sender_id IN (SELECT value FROM ${tx.sql.numbers} n) AND r.status IN ('planning', 'sending') GROUP BY r.sender_id`,
    [JSON.stringify(senderIds)],
  )
  return new Map(rows.map(({ senderId, ...queue }) => [senderId, queue]))
}

/** People who were written to since an instant, for each sender; counted no further than `atMost`. */
export async function countPeopleAtMost(
  tx: ReadTx,
  senderIds: readonly number[],
  { since, atMost }: { since: number; atMost: number },
): Promise<Map<number, number>> {
  const rows = await tx.all<{ senderId: number; count: number }>(
    `SELECT s.value AS senderId, (SELECT count(*) FROM (
       SELECT 1 FROM contact_senders WHERE sender_id = s.value AND last_claim_at > ? LIMIT ?) p) AS count FROM ${tx.sql.numbers} s`,
    [since, atMost, JSON.stringify(senderIds)],
  )
  return new Map(rows.map(({ senderId, count }) => [senderId, count]))
}

/** Newest attempts looked at, whosever they are: a bounded look, whatever the size of the table. */
const ATTEMPTS_LOOKED_AT = 2_000

export interface RecentCall {
  senderId: number
  startAtUs: number
  outcome: AttemptOutcome | null
  httpStatus: number | null
  providerCode: string | null
  providerText: string | null
}

/** The newest calls of some senders since an instant, newest first. */
export function recentCalls(tx: ReadTx, senderIds: readonly number[], since: number): Promise<RecentCall[]> {
  return tx.all<RecentCall>(
    `SELECT sender_id AS senderId, start_at_us AS startAtUs, outcome, http_status AS httpStatus, provider_code AS providerCode,
            provider_text AS providerText
     FROM (SELECT * FROM attempts ORDER BY id DESC LIMIT ?) newest WHERE sender_id IN (SELECT value FROM ${tx.sql.numbers} n) AND start_at_us >= ?
       AND coalesce(outcome, '') <> 'not_started'`,
    [ATTEMPTS_LOOKED_AT, JSON.stringify(senderIds), since * 1000],
  )
}

/** People who were written to since an instant, a slice in the order of their last message; undefined behind them. */
export async function peopleSlice(
  tx: ReadTx,
  slice: { senderId: number; after: number; limit: number },
): Promise<{ count: number; through: number } | undefined> {
  const { senderId, after, limit } = slice
  const last = await tx.get<{ at: number | null }>(
    `SELECT max(at) AS at FROM (SELECT last_claim_at AS at FROM contact_senders WHERE sender_id = ? AND last_claim_at > ?
                                ORDER BY last_claim_at LIMIT ?) s`,
    [senderId, after, limit],
  )
  if (last?.at == null) return undefined
  // One claim gives many the same instant: all of them belong to the slice.
  const row = await tx.get<{ count: number }>(
    'SELECT count(*) AS count FROM contact_senders WHERE sender_id = ? AND last_claim_at > ? AND last_claim_at <= ?',
    [senderId, after, last.at],
  )
  return { count: row?.count ?? 0, through: last.at }
}

/** Fewer answers say nothing about the next thousand. */
const LATENCIES_MIN = 20
const LATENCIES_MAX = 200

/** What a call of a sender takes, in the middle of its newest answered ones; undefined while there are few. */
export async function readLatencyMs(tx: ReadTx, senderId: number): Promise<number | undefined> {
  const rows = await tx.all<{ ms: number }>(
    `SELECT ended_at - start_at_us / 1000 AS ms FROM (SELECT * FROM attempts ORDER BY id DESC LIMIT ?) newest
     WHERE sender_id = ? AND outcome = 'accepted' AND ended_at IS NOT NULL LIMIT ?`,
    [ATTEMPTS_LOOKED_AT, senderId, LATENCIES_MAX],
  )
  if (rows.length < LATENCIES_MIN) return undefined
  const sorted = rows.map(({ ms }) => ms).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

/** Senders whose provider called back, as far as callbacks are kept. */
export async function listCalledBack(tx: ReadTx, ids: readonly number[]): Promise<Set<number>> {
  const rows = await tx.all<{ id: number }>(
    `SELECT value AS id FROM ${tx.sql.numbers} n WHERE EXISTS (SELECT 1 FROM webhook_events w WHERE w.sender_id = value)`,
    [JSON.stringify(ids)],
  )
  return new Set(rows.map(({ id }) => id))
}
