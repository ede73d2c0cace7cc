// Instants of messages, slice by slice in the order of contacts: what a chart over time is made of.
import type { ReadTx } from './database.ts'

export interface MessageInstants {
  contactId: number
  acceptedAt: number | null
  deliveredAt: number | null
  readAt: number | null
  failedAt: number | null
}

export async function listInstants(
  tx: ReadTx,
  runId: number,
  after: number,
  limit: number,
): Promise<MessageInstants[]> {
  return tx.all<MessageInstants>(
    `SELECT contact_id AS contactId, accepted_at AS acceptedAt, delivered_at AS deliveredAt, read_at AS readAt, failed_at AS failedAt
     FROM messages WHERE run_id = ? AND contact_id > ? ORDER BY contact_id LIMIT ?`,
    [runId, after, limit],
  )
}

/** The contact that stands so many messages further on in a run; undefined beyond its end. */
export async function skipInstants(
  tx: ReadTx,
  runId: number,
  after: number,
  count: number,
): Promise<number | undefined> {
  const row = await tx.get<{ id: number }>(
    'SELECT contact_id AS id FROM messages WHERE run_id = ? AND contact_id > ? ORDER BY contact_id LIMIT 1 OFFSET ?',
    [runId, after, count - 1],
  )
  return row?.id
}
