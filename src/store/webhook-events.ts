// Callbacks as received. Stored before they are answered, applied afterwards, kept for a while.
import type { Present, ReadTx, WriteTx } from './database.ts'
import { LIMIT } from './sql-dialect.ts'

export interface WebhookEvent {
  id: number
  senderId: number
  receivedAt: number
  body: string
  tries: number
}

export interface NewWebhookEvent {
  senderId: number
  receivedAt: number
  bodySha256: string
  body: string
}

/** Stores callbacks; the same body again is the same event. Returns how many were new. */
export async function insertWebhookEvents(tx: WriteTx, events: readonly NewWebhookEvent[]): Promise<number> {
  const changes = await tx.runEach(
    `INSERT INTO webhook_events (sender_id, received_at, body_sha256, body, next_try_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (sender_id, body_sha256) DO NOTHING`,
    events.map((event) => [event.senderId, event.receivedAt, event.bodySha256, event.body, event.receivedAt]),
  )
  return changes.reduce((sum, change) => sum + change, 0)
}

interface DueSearch {
  now: number
  /** At most so many events. */
  limit: number
  /** Bytes of bodies after which no further event is read; the first is read whatever its length. */
  bytesMax: number
  waitingSenders: readonly number[]
}

/** Events that are to be applied, oldest first; not those of senders that have to wait. */
export async function listDueEvents(
  tx: ReadTx,
  { now, limit, bytesMax, waitingSenders }: DueSearch,
): Promise<WebhookEvent[]> {
  // The length of a text is in the head of its row: no body is read for it.
  const due = await tx.all<{ id: number; bytes: number }>(
    `SELECT id, octet_length(body) AS bytes FROM webhook_events
     WHERE next_try_at IS NOT NULL AND next_try_at <= ? ${notOf(waitingSenders)} ORDER BY next_try_at, id ${LIMIT}`,
    [now, ...waitingSenders, limit],
  )
  let bytesBefore = 0
  const ids: number[] = []
  for (const { id, bytes } of due) {
    if (bytesBefore < bytesMax) ids.push(id)
    bytesBefore += bytes
  }
  if (ids.length === 0) return []
  return tx.all<WebhookEvent>(
    `SELECT id, sender_id AS senderId, received_at AS receivedAt, body, tries FROM webhook_events
     WHERE id IN (${ids.map(() => '?').join()}) ORDER BY next_try_at, id`,
    ids,
  )
}

export async function nextEventAt(tx: ReadTx, waitingSenders: readonly number[]): Promise<number | null> {
  const row = await tx.get<{ at: number | null }>(
    `SELECT min(next_try_at) AS at FROM webhook_events WHERE next_try_at IS NOT NULL ${notOf(waitingSenders)}`,
    waitingSenders,
  )
  return row?.at ?? null
}

function notOf(senderIds: readonly number[]): string {
  return senderIds.length === 0 ? '' : `AND sender_id NOT IN (${senderIds.map(() => '?').join()})`
}

export interface EventMark {
  id: number
  /** Null when nothing is left to do. */
  nextTryAt: number | null
  error: string | null
}

export async function markEvents(tx: WriteTx, marks: readonly EventMark[], now: Present): Promise<void> {
  await tx.runEach(
    `UPDATE webhook_events SET applied_at = ?, next_try_at = ?, tries = tries + 1, apply_error = ? WHERE id = ?`,
    marks.map(({ id, nextTryAt, error }) => [nextTryAt === null ? now : null, nextTryAt, error, id]),
  )
}

/** What is left of callbacks that spoke of an erased person: the same body again is still the same event. */
export async function emptyEvents(tx: WriteTx, ids: readonly number[]): Promise<void> {
  await tx.runEach(
    `UPDATE webhook_events SET body = '' WHERE id = ?`,
    ids.map((id) => [id]),
  )
}

/** Bodies hold personal data: gone after the retention, a slice at a time. */
export async function deleteOldEvents(tx: WriteTx, before: number, limit: number): Promise<number> {
  return tx.run(
    `DELETE FROM webhook_events WHERE id IN (SELECT id FROM webhook_events WHERE received_at < ? AND next_try_at IS NULL LIMIT ?)`,
    [before, limit],
  )
}
