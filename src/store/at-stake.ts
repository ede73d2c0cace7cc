// What waits or is at work that an act of an operator would touch: sums of counters of open runs, never of messages.
import type { WaitReason } from '../domain/message-status.ts'
import type { ReadTx } from './database.ts'

/** Pending messages that wait for a rule, in runs at work. CROSS, so that those lead: they are few among all runs. */
export async function countWaitingFor(tx: ReadTx, reason: WaitReason): Promise<number> {
  const row = await tx.get<{ count: number | null }>(
    `SELECT sum(k.count) AS count FROM runs r CROSS JOIN run_counts k ON k.run_id = r.id
     WHERE r.status IN ('planning', 'sending') AND k.status = 'pending' AND k.reason = ?`,
    [reason],
  )
  return row?.count ?? 0
}

/** Campaigns of a sender that send, or will. */
export async function countCampaignsAtWork(tx: ReadTx, senderId: number): Promise<number> {
  const row = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM campaigns WHERE sender_id = ? AND status IN ('scheduled', 'running')`,
    [senderId],
  )
  return row?.count ?? 0
}
