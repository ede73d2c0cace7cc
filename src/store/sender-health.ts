// What a sender is at: the messages of its runs at work, its newest calls, the people of its last 24 hours.
import type { AttemptOutcome } from '../domain/send-result.ts'
import type { ReadTx } from './database.ts'

/** Messages that wait and that are on the wire, over all runs at work. */
export async function senderQueue(tx: ReadTx, senderId: number): Promise<{ waiting: number; onTheWire: number }> {
  const row = await tx.get<{ waiting: number | null; onTheWire: number | null }>(
    `SELECT sum(CASE WHEN k.status = 'pending' THEN k.count ELSE 0 END) AS waiting,
            sum(CASE WHEN k.status = 'sending' THEN k.count ELSE 0 END) AS onTheWire
     FROM runs r JOIN run_counts k ON k.run_id = r.id
     WHERE r.sender_id = ? AND r.status IN ('planning', 'sending')`,
    [senderId],
  )
  return { waiting: row?.waiting ?? 0, onTheWire: row?.onTheWire ?? 0 }
}

/** Newest attempts looked at, whosever they are: a bounded look, whatever the size of the table. */
const ATTEMPTS_LOOKED_AT = 2_000

export interface RecentCall {
  startAtUs: number
  outcome: AttemptOutcome | null
  httpStatus: number | null
  providerCode: string | null
  providerText: string | null
}

/** The newest calls of a sender since an instant, newest first. */
export function recentCalls(tx: ReadTx, senderId: number, since: number): Promise<RecentCall[]> {
  return tx.all<RecentCall>(
    `SELECT start_at_us AS startAtUs, outcome, http_status AS httpStatus, provider_code AS providerCode,
            provider_text AS providerText
     FROM (SELECT * FROM attempts ORDER BY id DESC LIMIT ?) WHERE sender_id = ? AND start_at_us >= ?
       AND coalesce(outcome, '') <> 'not_started'`,
    [ATTEMPTS_LOOKED_AT, senderId, since * 1000],
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
    `SELECT ended_at - start_at_us / 1000 AS ms FROM (SELECT * FROM attempts ORDER BY id DESC LIMIT ?)
     WHERE sender_id = ? AND outcome = 'accepted' AND ended_at IS NOT NULL LIMIT ?`,
    [ATTEMPTS_LOOKED_AT, senderId, LATENCIES_MAX],
  )
  if (rows.length < LATENCIES_MIN) return undefined
  const sorted = rows.map(({ ms }) => ms).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}
