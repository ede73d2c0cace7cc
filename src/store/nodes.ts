// The running processes. Each holds a lock on a file and a lease in the database; what a lost node held is unknown.
import { and, eq, inArray, isNotNull, isNull, lt } from 'drizzle-orm'
import { possibleLease, possiblePast } from '../domain/possible-instant.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'
import { keptQuery } from './kept-query.ts'
import { nodes } from './schema.ts'

export type Node = typeof nodes.$inferSelect

/** A node says that it lives every five seconds; after fifteen without a word its lease is over. */
export const HEARTBEAT_MS = 5_000
export const LEASE_MS = 15_000

export interface NewNode {
  host: string
  pid: number
  appVersion: string
}

export async function insertNode(tx: WriteTx, node: NewNode, now: Present): Promise<number> {
  return tx.insert(
    `INSERT INTO nodes (host, pid, app_version, started_at, heartbeat_at, lease_until) VALUES (?, ?, ?, ?, ?, ?)`,
    [node.host, node.pid, node.appVersion, now, now, now + LEASE_MS],
  )
}

/** False when the lease was over: the node must stop and start under a new id. */
export async function renewLease(tx: WriteTx, nodeId: number, now: Present): Promise<boolean> {
  const changes = await tx.run(
    `UPDATE nodes SET heartbeat_at = ?, lease_until = ? WHERE id = ? AND stopped_at IS NULL AND lease_until > ?`,
    [now, now + LEASE_MS, nodeId, now],
  )
  return changes === 1
}

export async function stopNode(tx: WriteTx, nodeId: number, now: Present): Promise<void> {
  await tx.run(`UPDATE nodes SET stopped_at = ? WHERE id = ? AND stopped_at IS NULL`, [now, nodeId])
}

const runningNodes = keptQuery((orm) => orm.select().from(nodes).where(isNull(nodes.stoppedAt)))

export async function listRunningNodes(tx: ReadTx): Promise<Node[]> {
  return runningNodes(tx)
}

/** Nodes that have stopped and still hold messages: what could not be recorded. */
export async function listHoldingNodes(tx: ReadTx): Promise<Node[]> {
  const holding = await tx.all<{ nodeId: number }>(
    `SELECT DISTINCT node_id AS nodeId FROM messages WHERE status = 'sending'`,
  )
  const ids = holding.map(({ nodeId }) => nodeId)
  return tx.orm
    .select()
    .from(nodes)
    .where(and(isNotNull(nodes.stoppedAt), inArray(nodes.id, ids)))
}

/** Nodes whose lease was over longer ago than any call can last. */
export async function listExpiredNodes(tx: ReadTx, now: number, deadlineMs: number): Promise<Node[]> {
  return tx.orm
    .select()
    .from(nodes)
    .where(and(isNull(nodes.stoppedAt), lt(nodes.leaseUntil, now - deadlineMs)))
}

export async function findNode(tx: ReadTx, id: number): Promise<Node | undefined> {
  const [node] = await tx.orm.select().from(nodes).where(eq(nodes.id, id))
  return node
}

/** Nodes that did not say that they stopped, and whose last sign of life or whose lease is later than it can be. */
export async function listNodesAhead(tx: ReadTx, now: number): Promise<Node[]> {
  return (await listRunningNodes(tx)).filter(
    ({ heartbeatAt, leaseUntil }) =>
      possiblePast(heartbeatAt, now) === null || possibleLease(leaseUntil, now, LEASE_MS) === null,
  )
}

/** Their leases end now, as if they were silent from here on. */
export async function endLease(tx: WriteTx, nodeId: number, now: Present): Promise<void> {
  await tx.run(`UPDATE nodes SET heartbeat_at = ?, lease_until = ? WHERE id = ? AND stopped_at IS NULL`, [
    now,
    now,
    nodeId,
  ])
}

export async function listLivingNodes(tx: ReadTx, now: number): Promise<Node[]> {
  const running = await listRunningNodes(tx)
  return running.filter(({ leaseUntil }) => (possibleLease(leaseUntil, now, LEASE_MS) ?? 0) > now)
}
