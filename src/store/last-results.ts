// The last results of a run, where its campaign wants to be paused by the share of failures among them. Counted, and
// decided, in the transaction that moves the messages, whichever process it is.
import {
  addResults,
  emptyWindow,
  type FailedShareDetail,
  failsTooOften,
  type ResultCount,
  type ResultWindow,
  shareOf,
} from '../domain/failed-share.ts'
import { pauseCampaign } from './campaigns.ts'
import type { WriteTx } from './database.ts'

/** A message that came to a result, or to another one. */
export interface ResultNote {
  runId: number
  attemptId: number
  change: ResultCount
}

/** Codes named when a campaign is paused. */
const CODES_NAMED = 3

interface Braked {
  runId: number
  campaignId: number
  shareMax: number
  /** Attempts up to here were looked at by an operator. */
  after: number
  window: string
}

/** Returns the campaigns that it paused. */
export async function brakeByResults(tx: WriteTx, notes: readonly ResultNote[]): Promise<number[]> {
  const runIds = [...new Set(notes.map(({ runId }) => runId))]
  if (runIds.length === 0) return []
  const runs = await tx.all<Braked>(
    `SELECT r.id AS runId, r.campaign_id AS campaignId, c.pause_when_failed AS shareMax, c.breaker_after AS after, r.last_results AS window
     FROM runs r JOIN campaigns c ON c.id = r.campaign_id
     WHERE c.pause_when_failed IS NOT NULL AND r.kind = 'scheduled' AND r.id IN (${runIds.map(() => '?').join(', ')})`,
    runIds,
  )
  const paused: number[] = []
  for (const run of runs)
    if (
      await countResults(
        tx,
        run,
        notes.filter(({ runId, attemptId }) => runId === run.runId && attemptId > run.after),
      )
    )
      paused.push(run.campaignId)
  return paused
}

async function countResults(tx: WriteTx, run: Braked, notes: readonly ResultNote[]): Promise<boolean> {
  let window = run.window === '' ? emptyWindow : (JSON.parse(run.window) as ResultWindow)
  let tripped: ResultWindow | undefined
  for (const { change } of notes) {
    window = addResults(window, change)
    if (failsTooOften(window, run.shareMax)) tripped ??= window
  }
  await tx.run('UPDATE runs SET last_results = ? WHERE id = ?', [JSON.stringify(window), run.runId])
  if (tripped === undefined) return false
  const codes = await frequentCodes(tx, run.runId)
  const detail: FailedShareDetail = { ...shareOf(tripped), shareMax: run.shareMax, codes }
  return pauseCampaign(tx, run.campaignId, 'failed_share', { ...detail }, await tx.now())
}

/** What the messages of a run fail for most. */
function frequentCodes(tx: WriteTx, runId: number): Promise<{ code: string; count: number }[]> {
  return tx.all(
    `SELECT reason AS code, sum(count) AS count FROM run_counts WHERE run_id = ? AND status = 'failed'
     GROUP BY reason HAVING sum(count) > 0 ORDER BY 2 DESC, 1 LIMIT ?`,
    [runId, CODES_NAMED],
  )
}
