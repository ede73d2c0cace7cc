// What nodes fail at: the work for one sender, campaign, run … Every process can read it.
import type { ErrorCode } from '../domain/errors.ts'
import type { TroubleWork } from '../domain/trouble.ts'
import type { ReadTx, WriteTx } from './database.ts'
import type { troubles } from './schema.ts'

export type Trouble = typeof troubles.$inferSelect

const columns = `work, subject_id AS subjectId, node_id AS nodeId, code, message, hint, since, tries, next_try_at AS nextTryAt`

/** All of them, the oldest first. */
export function listTroubles(tx: ReadTx): Promise<Trouble[]> {
  return tx.all<Trouble>(`SELECT ${columns} FROM troubles ORDER BY since, work, subject_id, node_id`)
}

/** Those of a node at one kind of work. */
export function listTroublesAt(tx: ReadTx, work: TroubleWork, nodeId: number): Promise<Trouble[]> {
  return tx.all<Trouble>(`SELECT ${columns} FROM troubles WHERE work = ? AND node_id = ?`, [work, nodeId])
}

export interface NewTrouble {
  work: TroubleWork
  subjectId: number
  nodeId: number
  code: ErrorCode
  message: string
  hint: string | null
  tries: number
  nextTryAt: number
}

/** A trouble keeps the instant since which it lasts. */
export async function noteTrouble(tx: WriteTx, trouble: NewTrouble, now: number): Promise<void> {
  const { work, subjectId, nodeId, code, message, hint, tries, nextTryAt } = trouble
  await tx.run(
    `INSERT INTO troubles (work, subject_id, node_id, code, message, hint, since, tries, next_try_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (work, subject_id, node_id) DO UPDATE SET code = excluded.code, message = excluded.message,
       hint = excluded.hint, tries = excluded.tries, next_try_at = excluded.next_try_at`,
    [work, subjectId, nodeId, code, message, hint, now, tries, nextTryAt],
  )
}

export async function endTrouble(
  tx: WriteTx,
  { work, subjectId, nodeId }: Pick<Trouble, 'work' | 'subjectId' | 'nodeId'>,
): Promise<void> {
  await tx.run(`DELETE FROM troubles WHERE work = ? AND subject_id = ? AND node_id = ?`, [work, subjectId, nodeId])
}

/** What stopped nodes failed at: those that run meet it themselves, if it is still there. */
export async function endTroublesOfStopped(tx: WriteTx): Promise<void> {
  await tx.run(`DELETE FROM troubles WHERE node_id NOT IN (SELECT id FROM nodes WHERE stopped_at IS NULL)`)
}
