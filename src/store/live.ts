// What a live page asks once a second: the newest calls and the last due instant. Each answer reads a bounded number
// of rows, whatever the size of the campaign.
import type { ReadTx } from './database.ts'

/** Attempts looked at: some seconds of a fast sender, few enough to be asked every second. */
const ATTEMPTS_LOOKED_AT = 2_000

/** How many of the newest calls belong to a campaign, and when the first of them began, in microseconds. */
export async function recentStarts(
  tx: ReadTx,
  campaignId: number,
  between: { fromUs: number; throughUs: number },
): Promise<{ starts: number; firstUs: number }> {
  const row = await tx.get<{ starts: number; firstUs: number | null }>(
    // CROSS, so that the calls lead: else SQLite reads every message of the campaign.
    `SELECT count(*) AS starts, min(a.start_at_us) AS firstUs
     FROM (SELECT message_id, start_at_us, outcome FROM attempts ORDER BY id DESC LIMIT ?) a
     CROSS JOIN messages m ON m.id = a.message_id CROSS JOIN runs r ON r.id = m.run_id
     WHERE r.campaign_id = ? AND r.kind = 'scheduled' AND a.start_at_us >= ? AND a.start_at_us <= ?
       AND coalesce(a.outcome, '') <> 'not_started'`,
    [ATTEMPTS_LOOKED_AT, campaignId, between.fromUs, between.throughUs],
  )
  return { starts: row?.starts ?? 0, firstUs: row?.firstUs ?? 0 }
}

/** When the last pending message of a run is looked at; null when none is pending. */
export async function lastDueAt(tx: ReadTx, runId: number): Promise<number | null> {
  const row = await tx.get<{ at: number | null }>(
    `SELECT max(due_at) AS at FROM messages WHERE run_id = ? AND status = 'pending'`,
    [runId],
  )
  return row?.at ?? null
}
