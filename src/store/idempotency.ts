// Answers that were given to requests with an Idempotency-Key.
import type { ReadTx, WriteTx } from './database.ts'

export interface RememberedRequest {
  /** Of method, address and JSON; behind a colon that of the file, when one came and was read to its end. */
  requestSha256: string
  /** Null while the first one is being served. */
  status: number | null
  body: string | null
  nodeId: number
  createdAt: number
}

export function findRequest(tx: ReadTx, key: string): Promise<RememberedRequest | undefined> {
  return tx.get<RememberedRequest>(
    `SELECT request_sha256 AS requestSha256, status, body, node_id AS nodeId, created_at AS createdAt
     FROM idempotency_keys WHERE key = ?`,
    [key],
  )
}

/** Returns false when the key stands already. */
export async function beginRequest(
  tx: WriteTx,
  request: { key: string; requestSha256: string; nodeId: number; createdAt: number },
): Promise<boolean> {
  const changes = await tx.run(
    `INSERT INTO idempotency_keys (key, request_sha256, node_id, created_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (key) DO NOTHING`,
    [request.key, request.requestSha256, request.nodeId, request.createdAt],
  )
  return changes === 1
}

export async function endRequest(
  tx: WriteTx,
  key: string,
  { status, body, fileSha256 }: { status: number; body: string; fileSha256: string | null },
): Promise<void> {
  const file = fileSha256 === null ? '' : `:${fileSha256}`
  await tx.run(`UPDATE idempotency_keys SET status = ?, body = ?, request_sha256 = request_sha256 || ? WHERE key = ?`, [
    status,
    body,
    file,
    key,
  ])
}

/** The request came to nothing: the key may be used again. */
export async function forgetRequest(tx: WriteTx, key: string): Promise<void> {
  await tx.run(`DELETE FROM idempotency_keys WHERE key = ?`, [key])
}

export async function deleteOldRequests(tx: WriteTx, before: number): Promise<void> {
  await tx.run(`DELETE FROM idempotency_keys WHERE created_at < ?`, [before])
}

/** Forgets the oldest answered ones of a caller, by how their keys begin. */
export async function keepNewestRequests(tx: WriteTx, caller: string, max: number): Promise<void> {
  const bounds = [caller, `${caller}\u{10ffff}`]
  const counted = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM idempotency_keys WHERE key >= ? AND key < ?`,
    bounds,
  )
  if ((counted?.count ?? 0) <= max) return
  await tx.run(
    `DELETE FROM idempotency_keys WHERE key IN (
       SELECT key FROM idempotency_keys WHERE key >= ? AND key < ? AND status IS NOT NULL ORDER BY created_at LIMIT ?)`,
    // A tenth at once: not a sort of all of them for each request.
    [...bounds, Math.ceil(max / 10)],
  )
}
