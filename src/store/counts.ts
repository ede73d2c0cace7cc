// How many messages of a run have a status. Written as sums in the transaction that moved the messages, one row per
// node so that nodes do not wait for each other; never by triggers, so that a row changed by hand shows in verify.
import type { MessageStatus } from '../domain/message-status.ts'
import type { CountRow } from '../domain/report.ts'
import type { ReadTx, WriteTx } from './database.ts'

/** Changes of one transaction, summed before they are written. */
export class CountChanges {
  readonly #sums = new Map<string, number>()

  add(runId: number, status: MessageStatus, reason: string | null, change: number): void {
    const key = `${runId}\t${status}\t${reason ?? ''}`
    this.#sums.set(key, (this.#sums.get(key) ?? 0) + change)
  }

  move(runId: number, from: [MessageStatus, string | null], to: [MessageStatus, string | null]): void {
    this.add(runId, from[0], from[1], -1)
    this.add(runId, to[0], to[1], 1)
  }

  async write(tx: WriteTx, nodeId: number): Promise<void> {
    const rows = [...this.#sums].filter(([, change]) => change !== 0)
    await tx.runEach(
      `INSERT INTO run_counts (run_id, status, reason, node_id, count) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (run_id, status, reason, node_id) DO UPDATE SET count = count + excluded.count`,
      rows.map(([key, change]) => {
        const [runId, status = '', reason = ''] = key.split('\t')
        return [Number(runId), status, reason, nodeId, change]
      }),
    )
    this.#sums.clear()
  }
}

export async function listCounts(tx: ReadTx, runId: number): Promise<CountRow[]> {
  return tx.all<CountRow>(
    `SELECT status, reason, sum(count) AS count FROM run_counts WHERE run_id = ? GROUP BY status, reason`,
    [runId],
  )
}

/** The same numbers from the messages themselves: what verify holds against the counts. */
export async function recount(tx: ReadTx, runId: number): Promise<CountRow[]> {
  return tx.all<CountRow>(
    `SELECT status, coalesce(reason, '') AS reason, count(*) AS count FROM messages WHERE run_id = ? GROUP BY 1, 2`,
    [runId],
  )
}
