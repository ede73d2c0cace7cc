// Rows by which a transaction decides are locked before they are read: nobody else changes them until it has committed. On
// SQLite a transaction that writes holds everything already; elsewhere they are taken.
import type { WriteTx } from './database.ts'
import type { LockedKind } from './lock-order.ts'

/** For the functions that have the name of a kind: `lockSender`, `lockCampaign` … */
export async function lockRows(tx: WriteTx, kind: LockedKind, ids: Iterable<number>): Promise<void> {
  const rising = [...new Set(ids)].sort((a, b) => a - b)
  if (rising.length > 0) await tx.lock(kind, rising)
}
