// Attempts: one call each, stored before it began. They say which message a tracking id or a reference means.
import type { AttemptOutcome } from '../domain/send-result.ts'
import type { ReadTx, WriteTx } from './database.ts'

export interface Attempt {
  id: number
  messageId: number
  nodeId: number
  senderId: number
  startAtUs: number
  endedAt: number | null
  outcome: AttemptOutcome | null
  httpStatus: number | null
  providerCode: string | null
  providerText: string | null
  trackingId: string | null
  providerAt: string | null
}

const columns = `a.id, a.message_id AS messageId, a.node_id AS nodeId, a.sender_id AS senderId, a.start_at_us AS startAtUs, a.ended_at AS endedAt,
  a.outcome, a.http_status AS httpStatus, a.provider_code AS providerCode, a.provider_text AS providerText, a.tracking_id AS trackingId, a.provider_at AS providerAt`

export async function findAttempt(tx: ReadTx, id: number): Promise<Attempt | undefined> {
  return tx.get<Attempt>(`SELECT ${columns} FROM attempts a WHERE a.id = ?`, [id])
}

export async function findAttemptByTrackingId(
  tx: ReadTx,
  account: string,
  trackingId: string,
): Promise<Attempt | undefined> {
  return tx.get<Attempt>(`SELECT ${columns} FROM attempts a WHERE a.account = ? AND a.tracking_id = ?`, [
    account,
    trackingId,
  ])
}

export async function listAttempts(tx: ReadTx, messageId: number): Promise<Attempt[]> {
  return tx.all<Attempt>(`SELECT ${columns} FROM attempts a WHERE a.message_id = ? ORDER BY a.id`, [messageId])
}

/** Those of some attempts that have ended. */
export async function listEnded(tx: ReadTx, ids: Iterable<number>): Promise<Set<number>> {
  const ended = new Set<number>()
  for (const id of ids)
    if ((await tx.get('SELECT 1 FROM attempts WHERE id = ? AND ended_at IS NOT NULL', [id])) !== undefined)
      ended.add(id)
  return ended
}

/** A callback told the tracking id of an attempt whose answer was lost; of an erased person's attempt none is kept. */
export async function setTrackingId(tx: WriteTx, attempt: Attempt, account: string, trackingId: string): Promise<void> {
  if (attempt.trackingId !== null) return
  await tx.run(
    `UPDATE attempts SET tracking_id = ? WHERE id = ? AND tracking_id IS NULL
       AND NOT EXISTS (SELECT 1 FROM attempts o WHERE o.account = ? AND o.tracking_id = ?)
       AND NOT EXISTS (SELECT 1 FROM messages m JOIN contacts c ON c.id = m.contact_id WHERE m.id = ? AND c.erased_at IS NOT NULL)`,
    [trackingId, attempt.id, account, trackingId, attempt.messageId],
  )
}

/** A message that a node has claimed and not recorded, with its attempt. */
export interface HeldMessage {
  messageId: number
  attemptId: number
  runId: number
  campaignId: number
  senderId: number
  account: string
}

/** What a node holds, in the order of messages. */
export async function listHeldMessages(
  tx: ReadTx,
  nodeId: number,
  after: number,
  limit: number,
): Promise<HeldMessage[]> {
  return tx.all<HeldMessage>(
    `SELECT m.id AS messageId, m.attempt_id AS attemptId, m.run_id AS runId, r.campaign_id AS campaignId, a.sender_id AS senderId, a.account
     FROM messages m JOIN runs r ON r.id = m.run_id JOIN attempts a ON a.id = m.attempt_id
     WHERE m.node_id = ? AND m.status = 'sending' AND m.id > ? ORDER BY m.id LIMIT ?`,
    [nodeId, after, limit],
  )
}

/** An accepted attempt turned out not delivered for now. Returns how many cool-offs the message had before. */
export async function noteCoolOff(tx: WriteTx, attempt: Attempt): Promise<number> {
  const row = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM attempts WHERE message_id = ? AND outcome = 'cool_off'`,
    [attempt.messageId],
  )
  await tx.run(`UPDATE attempts SET outcome = 'cool_off' WHERE id = ?`, [attempt.id])
  return row?.count ?? 0
}
