// Messages that the provider took and said nothing more about, found by walking through the attempts in order.
import type { MessageStatus } from '../domain/message-status.ts'
import type { ReadTx } from './database.ts'

export interface SilentMessage {
  attemptId: number
  messageId: number
  senderId: number
  trackingId: string | null
  phone: string
  status: MessageStatus
  startedAt: number
  /** When we last heard of it. */
  newsAt: number
}

/** The last of so many attempts after one that began by an instant; undefined when there is none. */
export async function lastAttemptOf(
  tx: ReadTx,
  after: number,
  { startedBy, limit }: { startedBy: number; limit: number },
): Promise<number | undefined> {
  // Attempts are numbered in the order in which they are made: the primary key is the walk.
  const row = await tx.get<{ id: number | null }>(
    `SELECT max(id) AS id FROM (SELECT id, start_at_us FROM attempts WHERE id > ? ORDER BY id LIMIT ?) a WHERE start_at_us <= ?`,
    [after, limit, startedBy * 1000],
  )
  return row?.id ?? undefined
}

/** Messages of a sender whose last attempt is in the range, and which are still on their way. */
export async function listSilent(
  tx: ReadTx,
  range: { after: number; through: number },
  senderId: number,
): Promise<SilentMessage[]> {
  return tx.all<SilentMessage>(
    `SELECT a.id AS attemptId, m.id AS messageId, a.sender_id AS senderId, a.tracking_id AS trackingId, k.phone, m.status,
            a.start_at_us / 1000 AS startedAt, coalesce(m.sent_at, m.accepted_at, a.start_at_us / 1000) AS newsAt
     FROM attempts a JOIN messages m ON m.id = a.message_id AND m.attempt_id = a.id JOIN contacts k ON k.id = m.contact_id
     WHERE a.id > ? AND a.id <= ? AND m.status IN ('accepted', 'sent') AND a.sender_id = ?
     ORDER BY a.id`,
    [range.after, range.through, senderId],
  )
}
