// Rows by which a transaction decides are locked before they are read: nobody else changes them until it has committed. On
// SQLite a transaction that writes holds everything already; elsewhere they are taken.
import type { WriteTx } from './database.ts'
import type { LockedKind } from './lock-order.ts'

/** For the functions that have the name of a kind: `lockSender`, `lockCampaign` … */
export async function lockRows(tx: WriteTx, kind: LockedKind, ids: Iterable<number>): Promise<void> {
  const inOrder = rising(ids)
  if (inOrder.length > 0) await tx.lock(kind, inOrder)
}

/** Those of some people whom no other transaction holds; they are held from now on. */
export function lockFreeContacts(tx: WriteTx, ids: Iterable<number>): Promise<Set<number>> {
  return tx.lockFree('contact', rising(ids))
}

/** The people of some messages, where others write meanwhile: what becomes of them is decided by what is stored of them. */
export async function lockContactsOf(tx: WriteTx, messageIds: readonly number[]): Promise<void> {
  if (!tx.isBeside || messageIds.length === 0) return
  const rows = await tx.all<{ id: number }>(
    `SELECT contact_id AS id FROM messages WHERE id IN (SELECT value FROM ${tx.sql.numbers} n)`,
    [JSON.stringify(messageIds)],
  )
  await lockRows(
    tx,
    'contact',
    rows.map(({ id }) => id),
  )
}

function rising(ids: Iterable<number>): number[] {
  return [...new Set(ids)].sort((a, b) => a - b)
}
