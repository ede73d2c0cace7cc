// Messages that wait for a date, made due again when what held them is gone: the next claim asks every rule anew, so that
// nothing is sent earlier than the rules allow. All that wait for one reason, after a change of the limits; or those of one
// person, when a place in the caps became free or the person wrote.
import type { WaitReason } from '../domain/message-status.ts'
import type { CountChanges } from './counts.ts'
import type { WriteTx } from './database.ts'

/** Where a walk through the pending messages of a run has come to. */
export interface PendingMark {
  runId: number
  dueAt: number
  scheduledAt: number
  id: number
}

/**
 * Makes what waits for one reason, among a slice of the messages behind the mark, due at an instant. Returns the new mark;
 * undefined at the end of the run. Each is met once, also when it is deferred anew meanwhile.
 */
export async function redatePending(
  tx: WriteTx,
  after: PendingMark,
  { waitReason, dueAt, limit }: { waitReason: WaitReason; dueAt: number; limit: number },
  counts: CountChanges,
): Promise<PendingMark | undefined> {
  const rows = await tx.all<PendingMark & { waitReason: WaitReason | null }>(
    // In the order of the index messages_pending.
    `SELECT id, run_id AS runId, due_at AS dueAt, scheduled_at AS scheduledAt, wait_reason AS waitReason FROM messages
     WHERE run_id = ? AND status = 'pending' AND (due_at, scheduled_at, id) > (?, ?, ?)
     ORDER BY due_at, scheduled_at, id LIMIT ?`,
    [after.runId, after.dueAt, after.scheduledAt, after.id, limit],
  )
  const found = rows.filter((row) => row.waitReason === waitReason).map((row) => ({ ...row, dueAt, waitReason }))
  await redate(tx, found, counts)
  return rows.length < limit ? undefined : rows.at(-1)
}

/** Whose waits are looked at again, and from when on: each from its planned instant where no other is named. */
interface PersonWaits {
  contactId: number
  reasons: readonly WaitReason[]
  /** Only at this sender. */
  senderId?: number
  dueAt?: number | undefined
}

/**
 * Pending messages are in open runs only, and those are few: one look into the index of each. CROSS, so that the runs lead:
 * else SQLite reads every pending message.
 */
export async function redateOf(tx: WriteTx, waits: PersonWaits, counts: CountChanges): Promise<void> {
  const { contactId, reasons, senderId, dueAt } = waits
  const rows = await tx.all<Redated & { due: number }>(
    `SELECT m.id, m.run_id AS runId, m.wait_reason AS waitReason, m.due_at AS due, coalesce(?, m.scheduled_at) AS dueAt
     FROM runs r CROSS JOIN messages m ON m.run_id = r.id
     WHERE m.contact_id = ? AND r.status IN ('planning', 'sending') AND m.status = 'pending' AND r.sender_id = coalesce(?, r.sender_id)
       AND m.wait_reason IN (${reasons.map(() => '?').join(', ')})`,
    [dueAt ?? null, contactId, senderId ?? null, ...reasons],
  )
  await redate(
    tx,
    rows.filter((row) => row.dueAt < row.due),
    counts,
  )
}

/** Those of some people who have a message waiting for a reason. */
export async function listWaitingOf(tx: WriteTx, contactIds: readonly number[], reason: WaitReason): Promise<number[]> {
  if (contactIds.length === 0) return []
  const rows = await tx.all<{ id: number }>(
    `SELECT DISTINCT m.contact_id AS id FROM runs r CROSS JOIN messages m ON m.run_id = r.id
     WHERE m.contact_id IN (SELECT value FROM ${tx.sql.numbers} n) AND r.status IN ('planning', 'sending') AND m.status = 'pending'
       AND m.wait_reason = ? ORDER BY 1`,
    [JSON.stringify(contactIds), reason],
  )
  return rows.map(({ id }) => id)
}

/** People whose zone is another now are asked anew about its quiet hours. A planned instant stays what it is. */
export async function redateAfterZone(tx: WriteTx, contactIds: readonly number[], counts: CountChanges): Promise<void> {
  const isAnyOpen = await tx.get(`SELECT 1 FROM runs WHERE status IN ('planning', 'sending') LIMIT 1`)
  if (isAnyOpen === undefined) return
  for (const contactId of contactIds) await redateOf(tx, { contactId, reasons: ['quiet_hours'] }, counts)
}

interface Redated {
  id: number
  runId: number
  waitReason: WaitReason
  dueAt: number
}

async function redate(tx: WriteTx, messages: readonly Redated[], counts: CountChanges): Promise<void> {
  await tx.runEach(
    `UPDATE messages SET due_at = ?, wait_reason = NULL, detail = NULL WHERE id = ? AND status = 'pending'`,
    messages.map(({ dueAt, id }) => [dueAt, id]),
  )
  for (const { runId, waitReason } of messages) counts.move(runId, ['pending', waitReason], ['pending', null])
}
