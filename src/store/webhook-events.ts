// Callbacks as received. Stored before they are answered, applied afterwards, kept for a while.
import type { Present, ReadTx, WriteTx } from './database.ts'
import { LIMIT } from './sql-dialect.ts'

export interface WebhookEvent {
  id: number
  /** Who applies it; null while nobody does. */
  nodeId: number | null
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
  /** Nodes that apply the events they took, as long as their leases run. */
  busyNodes: readonly number[]
}

/** Events that are to be applied, oldest first; not those of senders that have to wait, nor what other nodes are at. */
export async function listDueEvents(tx: ReadTx, { now, limit, bytesMax, ...left }: DueSearch): Promise<WebhookEvent[]> {
  const free = freeOf(left)
  // The length of a text is in the head of its row: no body is read for it.
  const due = await tx.all<{ id: number; bytes: number }>(
    `SELECT id, octet_length(body) AS bytes FROM webhook_events
     WHERE next_try_at IS NOT NULL AND next_try_at <= ? ${free.sql} ORDER BY next_try_at, id ${LIMIT}`,
    [now, ...free.params, limit],
  )
  let bytesBefore = 0
  const ids: number[] = []
  for (const { id, bytes } of due) {
    if (bytesBefore < bytesMax) ids.push(id)
    bytesBefore += bytes
  }
  if (ids.length === 0) return []
  return tx.all<WebhookEvent>(
    `SELECT id, node_id AS nodeId, sender_id AS senderId, received_at AS receivedAt, body, tries FROM webhook_events
     WHERE id IN (${ids.map(() => '?').join()}) ORDER BY next_try_at, id`,
    ids,
  )
}

export async function nextEventAt(tx: ReadTx, left: LeftAlone): Promise<number | null> {
  const free = freeOf(left)
  const row = await tx.get<{ at: number | null }>(
    `SELECT min(next_try_at) AS at FROM webhook_events WHERE next_try_at IS NOT NULL ${free.sql}`,
    free.params,
  )
  return row?.at ?? null
}

type LeftAlone = Pick<DueSearch, 'waitingSenders' | 'busyNodes'>

function freeOf({ waitingSenders, busyNodes }: LeftAlone): { sql: string; params: number[] } {
  const places = (ids: readonly number[]) => ids.map(() => '?').join()
  const sql = [
    ...(waitingSenders.length === 0 ? [] : [`AND sender_id NOT IN (${places(waitingSenders)})`]),
    ...(busyNodes.length === 0 ? [] : [`AND (node_id IS NULL OR node_id NOT IN (${places(busyNodes)}))`]),
  ]
  return { sql: sql.join(' '), params: [...waitingSenders, ...busyNodes] }
}

/** Nodes that have taken events. */
export async function listEventNodes(tx: ReadTx): Promise<number[]> {
  const rows = await tx.all<{ nodeId: number }>(
    `SELECT DISTINCT node_id AS nodeId FROM webhook_events WHERE node_id IS NOT NULL`,
  )
  return rows.map(({ nodeId }) => nodeId)
}

/** Takes events from those that had them, or from nobody, as it was seen. Returns those that no other node took faster. */
export async function takeEvents<Event extends Pick<WebhookEvent, 'id' | 'nodeId'>>(
  tx: WriteTx,
  events: readonly Event[],
  nodeId: number,
): Promise<Event[]> {
  const changes = await tx.runEach(
    `UPDATE webhook_events SET node_id = ? WHERE id = ? AND node_id IS NOT DISTINCT FROM ? AND next_try_at IS NOT NULL`,
    events.map((event) => [nodeId, event.id, event.nodeId]),
  )
  return events.filter((_, index) => changes[index] === 1)
}

/** Those that are still this node's: asked in each transaction that writes what comes of them. */
export async function listHeldEvents(tx: ReadTx, ids: Iterable<number>, nodeId: number): Promise<Set<number>> {
  const held = new Set<number>()
  for (const id of new Set(ids)) {
    const row = await tx.get(`SELECT 1 FROM webhook_events WHERE id = ? AND node_id = ?`, [id, nodeId])
    if (row !== undefined) held.add(id)
  }
  return held
}

/** Gives events back that cannot be applied here now. */
export async function releaseEvents(tx: WriteTx, ids: readonly number[], nodeId: number): Promise<void> {
  await tx.runEach(
    `UPDATE webhook_events SET node_id = NULL WHERE id = ? AND node_id = ?`,
    ids.map((id) => [id, nodeId]),
  )
}

export interface EventMark {
  id: number
  /** Null when nothing is left to do. */
  nextTryAt: number | null
  error: string | null
}

/** With the mark they are nobody's. */
export async function markEvents(tx: WriteTx, marks: readonly EventMark[], now: Present): Promise<void> {
  await tx.runEach(
    `UPDATE webhook_events SET applied_at = ?, next_try_at = ?, node_id = NULL, tries = tries + 1, apply_error = ? WHERE id = ?`,
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
