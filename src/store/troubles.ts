// What nodes fail at: the work for one sender, campaign, run … Every process can read it.
import type { TroubleWork } from '../domain/trouble.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'
import type { troubles } from './schema.ts'

export type Trouble = typeof troubles.$inferSelect

const columns = `work, subject_id AS subjectId, node_id AS nodeId, code, message, hint, since, tries, next_try_at AS nextTryAt`

/** All of them, the oldest first. */
export function listTroubles(tx: ReadTx): Promise<Trouble[]> {
  return tx.all<Trouble>(`SELECT ${columns} FROM troubles ORDER BY since, work, subject_id, node_id`)
}

/** What goes wrong at some subjects of some kinds of work, the oldest first. */
export function listTroublesOf(
  tx: ReadTx,
  works: readonly TroubleWork[],
  subjectIds: readonly number[],
): Promise<Trouble[]> {
  return tx.all<Trouble>(
    `SELECT ${columns} FROM troubles
     WHERE work IN (SELECT value FROM ${tx.sql.texts} w) AND subject_id IN (SELECT value FROM ${tx.sql.numbers} n)
     ORDER BY since, work, subject_id, node_id`,
    [JSON.stringify(works), JSON.stringify(subjectIds)],
  )
}

/** Those of a node at one kind of work. */
export function listTroublesAt(tx: ReadTx, work: TroubleWork, nodeId: number): Promise<Trouble[]> {
  return tx.all<Trouble>(`SELECT ${columns} FROM troubles WHERE work = ? AND node_id = ?`, [work, nodeId])
}

/** Messages of a run that are due and cannot be claimed, and when the first of them is tried again. */
export async function findClaimTroubles(
  tx: ReadTx,
  runId: number,
): Promise<{ count: number; nextTryAt: number | null }> {
  const row = await tx.get<{ count: number; nextTryAt: number | null }>(
    // Troubles are few: they lead.
    `SELECT count(DISTINCT m.id) AS count, min(t.next_try_at) AS nextTryAt FROM troubles t CROSS JOIN messages m ON m.id = t.subject_id
     WHERE t.work = 'claim' AND m.run_id = ? AND m.status = 'pending'`,
    [runId],
  )
  return row ?? { count: 0, nextTryAt: null }
}

/** A trouble keeps the instant since which it lasts. */
export async function noteTrouble(tx: WriteTx, trouble: Trouble): Promise<void> {
  const { work, subjectId, nodeId, code, message, hint, since, tries, nextTryAt } = trouble
  await tx.run(
    `INSERT INTO troubles (work, subject_id, node_id, code, message, hint, since, tries, next_try_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (work, subject_id, node_id) DO UPDATE SET code = excluded.code, message = excluded.message,
       hint = excluded.hint, tries = excluded.tries, next_try_at = excluded.next_try_at`,
    [work, subjectId, nodeId, code, message, hint, since, tries, nextTryAt],
  )
}

export async function endTrouble(
  tx: WriteTx,
  { work, subjectId, nodeId }: Pick<Trouble, 'work' | 'subjectId' | 'nodeId'>,
): Promise<void> {
  await tx.run(`DELETE FROM troubles WHERE work = ? AND subject_id = ? AND node_id = ?`, [work, subjectId, nodeId])
}

/**
 * What stopped nodes failed at, which those that run meet themselves, if it is still there; and messages that are out of
 * trouble: no longer due, or no longer on the wire.
 */
export async function endTroublesGone(tx: WriteTx, now: Present): Promise<void> {
  await tx.run(`DELETE FROM troubles WHERE node_id NOT IN (SELECT id FROM nodes WHERE stopped_at IS NULL)`)
  await tx.run(
    `DELETE FROM troubles WHERE work = 'claim'
       AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = subject_id AND m.status = 'pending' AND m.due_at <= ?)`,
    [now],
  )
  await tx.run(
    `DELETE FROM troubles WHERE work = 'result'
       AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = subject_id AND m.status = 'sending')`,
  )
}
