// Work that one node at a time does: who is at it, and how far it has come. A node that is gone leaves its duties to
// the next process that looks.
import type { DutyWork, OrderedWork, StandingWork } from '../domain/trouble.ts'
import type { ReadTx, WriteTx } from './database.ts'
import type { duties } from './schema.ts'

export type Duty = typeof duties.$inferSelect

export interface DutyKey<Work = DutyWork> {
  work: Work
  subjectId: number
}

interface DutyRow extends Omit<Duty, 'mark'> {
  mark: string | null
}

const columns = 'work, subject_id AS subjectId, node_id AS nodeId, mark'
const where = 'work = ? AND subject_id = ?'

function dutyOf(row: DutyRow): Duty {
  return { ...row, mark: row.mark === null ? null : (JSON.parse(row.mark) as unknown) }
}

export async function findDuty(tx: ReadTx, { work, subjectId }: DutyKey): Promise<Duty | undefined> {
  const row = await tx.get<DutyRow>(`SELECT ${columns} FROM duties WHERE ${where}`, [work, subjectId])
  return row === undefined ? undefined : dutyOf(row)
}

export async function listOrders(tx: ReadTx, work: OrderedWork): Promise<Duty[]> {
  const rows = await tx.all<DutyRow>(`SELECT ${columns} FROM duties WHERE work = ? ORDER BY subject_id`, [work])
  return rows.map(dutyOf)
}

/**
 * Orders it, for a node that begins at once. Ordered anew it is nobody's: who carries the older order out can write
 * nothing more of it.
 */
export async function orderDuty(
  tx: WriteTx,
  { work, subjectId }: DutyKey<OrderedWork>,
  { nodeId, mark }: { nodeId: number; mark: unknown },
): Promise<void> {
  await tx.run(
    `INSERT INTO duties (work, subject_id, node_id, mark) VALUES (?, ?, ?, ?)
     ON CONFLICT (work, subject_id) DO UPDATE SET node_id = NULL, mark = excluded.mark`,
    [work, subjectId, nodeId, JSON.stringify(mark)],
  )
}

/** Nodes between which a duty changes hands. */
export interface Hands {
  from: number | null
  to: number
}

/** Takes a duty that `from` held, and that exists or comes to exist by it. Undefined when another process was faster. */
export async function takeDuty(
  tx: WriteTx,
  { work, subjectId }: DutyKey<StandingWork>,
  nodes: Hands,
): Promise<Duty | undefined> {
  const row = await tx.get<DutyRow>(
    `INSERT INTO duties (work, subject_id, node_id) VALUES (?, ?, ?)
     ON CONFLICT (work, subject_id) DO UPDATE SET node_id = excluded.node_id WHERE duties.node_id IS NOT DISTINCT FROM ?
     RETURNING ${columns}`,
    [work, subjectId, nodes.to, nodes.from],
  )
  return row === undefined ? undefined : dutyOf(row)
}

/** Takes an order that `from` held. Undefined when another process was faster, or has carried it out. */
export async function takeOrder(
  tx: WriteTx,
  { work, subjectId }: DutyKey<OrderedWork>,
  nodes: Hands,
): Promise<Duty | undefined> {
  const row = await tx.get<DutyRow>(
    `UPDATE duties SET node_id = ? WHERE ${where} AND node_id IS NOT DISTINCT FROM ? RETURNING ${columns}`,
    [nodes.to, work, subjectId, nodes.from],
  )
  return row === undefined ? undefined : dutyOf(row)
}

/** Whether it is still this node's: asked in each transaction that writes what comes of it. */
export async function holdsDuty(tx: ReadTx, { work, subjectId }: DutyKey, nodeId: number): Promise<boolean> {
  return (await tx.get(`SELECT 1 FROM duties WHERE ${where} AND node_id = ?`, [work, subjectId, nodeId])) !== undefined
}

/** False when it is another node's by now. */
export async function markDuty(tx: WriteTx, key: DutyKey, nodeId: number, mark: unknown): Promise<boolean> {
  const { work, subjectId } = key
  const changes = await tx.run(`UPDATE duties SET mark = ? WHERE ${where} AND node_id = ?`, [
    JSON.stringify(mark),
    work,
    subjectId,
    nodeId,
  ])
  return changes === 1
}

/** Nobody is at it any more; it stays for the next time. */
export async function releaseDuty(tx: WriteTx, { work, subjectId }: DutyKey, nodeId: number): Promise<void> {
  await tx.run(`UPDATE duties SET node_id = NULL WHERE ${where} AND node_id = ?`, [work, subjectId, nodeId])
}

/** It is done for good. */
export async function endDuty(tx: WriteTx, { work, subjectId }: DutyKey, nodeId: number): Promise<void> {
  await tx.run(`DELETE FROM duties WHERE ${where} AND node_id = ?`, [work, subjectId, nodeId])
}
