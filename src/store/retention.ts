// What is kept for a while only, and forgotten in slices.
import type { ReadTx, WriteTx } from './database.ts'

/** Lines of old imports that were rejected. Returns how many went. */
export async function deleteOldRejects(tx: WriteTx, before: number, limit: number): Promise<number> {
  return tx.run(
    `DELETE FROM rejects WHERE (import_id, line) IN
       (SELECT r.import_id, r.line FROM imports i JOIN rejects r ON r.import_id = i.id WHERE i.created_at < ? LIMIT ?)`,
    [before, limit],
  )
}

/** A run that has ended, in the order in which runs ended. */
export interface EndedRun {
  finishedAt: number
  id: number
}

/** The next run that ended before an instant. */
export async function findRunEndedBefore(tx: ReadTx, before: number, after: EndedRun): Promise<EndedRun | undefined> {
  return tx.get<EndedRun>(
    `SELECT finished_at AS finishedAt, id FROM runs
     WHERE finished_at < ? AND (finished_at, id) > (?, ?) ORDER BY finished_at, id LIMIT 1`,
    [before, after.finishedAt, after.id],
  )
}

/** Forgets what the next messages of a run said to each person. Returns the last contact looked at, undefined behind all. */
export async function forgetVariables(
  tx: WriteTx,
  runId: number,
  after: number,
  limit: number,
): Promise<number | undefined> {
  const last = await tx.get<{ id: number | null }>(
    `SELECT max(contact_id) AS id FROM (SELECT contact_id FROM messages WHERE run_id = ? AND contact_id > ? ORDER BY contact_id LIMIT ?) s`,
    [runId, after, limit],
  )
  if (last?.id == null) return undefined
  await tx.run(
    `UPDATE messages SET variables = NULL
     WHERE run_id = ? AND contact_id > ? AND contact_id <= ? AND variables IS NOT NULL`,
    [runId, after, last.id],
  )
  return last.id
}
