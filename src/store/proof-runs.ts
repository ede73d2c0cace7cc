// Runs with messages for which proof is sought, by their sender: a mark of the run, set with the move that makes a message
// unknown and taken away when none is left. Without it each sender reads the unknown messages of all of them.
import { PROOF_EXPIRED_REASON, RESTORED_REASON } from '../domain/message-status.ts'
import type { ReadTx, WriteTx } from './database.ts'
import { type UnknownMessage, type UnknownPlace, unknownColumns, unknownJoins } from './unknown-messages.ts'

/** Nobody is asked about such messages any more. */
export const closedReasons: readonly string[] = [PROOF_EXPIRED_REASON, RESTORED_REASON]

/** Of a message `m`. */
export const isSought = `m.status = 'unknown' AND m.reason NOT IN ('${closedReasons.join("', '")}')`

/** Called for every move to unknown, in its transaction. */
export async function noteUnknown(tx: WriteTx, runIds: readonly number[]): Promise<void> {
  await tx.runEach(
    'UPDATE runs SET seeks_proof = 1 WHERE id = ? AND seeks_proof = 0',
    runIds.map((id) => [id]),
  )
}

/** The marks anew, from the messages: after a restore that wrote them without their moves. */
export async function markSought(tx: WriteTx): Promise<void> {
  const sought = `SELECT DISTINCT run_id FROM messages m INDEXED BY messages_unknown WHERE ${isSought}`
  const mark = `CASE WHEN id IN (${sought}) THEN 1 ELSE 0 END`
  await tx.run(`UPDATE runs SET seeks_proof = ${mark} WHERE seeks_proof <> ${mark}`)
}

/** Senders of messages for which proof is still sought: one step of the index for each, however many messages they have. */
export async function listSendersToProve(tx: ReadTx): Promise<number[]> {
  const next = 'SELECT min(sender_id) FROM runs INDEXED BY runs_proof WHERE seeks_proof = 1'
  const rows = await tx.all<{ id: number }>(
    `WITH RECURSIVE s(id) AS (${next} UNION ALL SELECT (${next} AND sender_id > s.id) FROM s WHERE s.id IS NOT NULL)
     SELECT id FROM s WHERE id IS NOT NULL`,
  )
  return rows.map(({ id }) => id)
}

interface SenderPage {
  senderId: number
  after: UnknownPlace
  limit: number
}

/** Messages of a sender for which proof is still sought, run by run, the oldest first in each. */
export async function listUnproved(tx: ReadTx, { senderId, after, limit }: SenderPage): Promise<UnknownMessage[]> {
  return tx.all<UnknownMessage>(
    `SELECT ${unknownColumns} FROM runs r INDEXED BY runs_proof
     CROSS JOIN messages m INDEXED BY messages_unknown ON m.run_id = r.id AND m.id > CASE WHEN r.id = ? THEN ? ELSE 0 END AND ${isSought} ${unknownJoins}
     WHERE r.seeks_proof = 1 AND r.sender_id = ? AND r.id >= ? ORDER BY r.id, m.id LIMIT ?`,
    [after.runId, after.id, senderId, after.runId, limit],
  )
}

/** Runs looked at in one transaction. */
const RUNS_AT_ONCE = 500

/** Takes the mark from some runs of a sender that have no such message any more. */
export async function forgetProved(tx: WriteTx, senderId: number): Promise<void> {
  await tx.run(
    `UPDATE runs SET seeks_proof = 0 WHERE id IN (
       SELECT r.id FROM runs r INDEXED BY runs_proof WHERE r.seeks_proof = 1 AND r.sender_id = ?
         AND NOT EXISTS (SELECT 1 FROM messages m INDEXED BY messages_unknown WHERE m.run_id = r.id AND ${isSought}) LIMIT ?)`,
    [senderId, RUNS_AT_ONCE],
  )
}
