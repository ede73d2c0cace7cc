// How many messages of a run, and of a campaign, have a status. Written as sums in the transaction that moved the messages,
// for a run one row per node so that nodes do not wait for each other; never by triggers, so that a row changed by hand shows
// in verify.

import { resultChange } from '../domain/failed-share.ts'
import type { MessageStatus } from '../domain/message-status.ts'
import type { CountRow } from '../domain/report.ts'
import type { ReadTx, WriteTx } from './database.ts'
import { brakeByResults, type ResultNote } from './last-results.ts'
import { closedReasons, noteUnknown } from './proof-runs.ts'

/** Under which what no node holds is counted. */
export const NO_NODE = 0

/** Changes of one transaction, summed before they are written. */
export class CountChanges {
  readonly #sums = new Map<string, number>()
  #results: ResultNote[] = []

  add(runId: number, status: MessageStatus, reason: string | null, change: number): void {
    const key = `${runId}\t${status}\t${reason ?? ''}`
    this.#sums.set(key, (this.#sums.get(key) ?? 0) + change)
  }

  move(runId: number, from: [MessageStatus, string | null], to: [MessageStatus, string | null]): void {
    this.add(runId, from[0], from[1], -1)
    this.add(runId, to[0], to[1], 1)
  }

  /** Runs of the messages that were moved since the last write. */
  runIds(): number[] {
    return [...new Set([...this.#sums.keys()].map((key) => Number(key.slice(0, key.indexOf('\t')))))]
  }

  /** A message whose attempt came to a result, or to another one than was known. */
  result(from: MessageStatus, to: MessageStatus, of: Omit<ResultNote, 'change'>): void {
    const change = resultChange(from, to)
    if (change.results !== 0 || change.failed !== 0) this.#results.push({ ...of, change })
  }

  /** Returns the campaigns that are paused because too many of their messages failed. */
  async write(tx: WriteTx, nodeId: number): Promise<number[]> {
    const rows = [...this.#sums].filter(([, change]) => change !== 0)
    await tx.runEach(
      `INSERT INTO run_counts (run_id, status, reason, node_id, count) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (run_id, status, reason, node_id) DO UPDATE SET count = run_counts.count + excluded.count`,
      rows.map(([key, change]) => {
        const [runId, status = '', reason = ''] = key.split('\t')
        return [Number(runId), status, reason, nodeId, change]
      }),
    )
    await tx.runEach(
      `INSERT INTO campaign_counts (campaign_id, kind, status, reason, count)
       SELECT campaign_id, kind, ?, ?, ? FROM runs WHERE id = ?
       ON CONFLICT (campaign_id, kind, status, reason) DO UPDATE SET count = campaign_counts.count + excluded.count`,
      rows.map(([key, change]) => {
        const [runId, status = '', reason = ''] = key.split('\t')
        return [status, reason, change, Number(runId)]
      }),
    )
    await noteUnknown(tx, [...new Set(rows.filter(([, change]) => change > 0).flatMap(([key]) => runToProve(key)))])
    this.#sums.clear()
    const results = this.#results
    this.#results = []
    return brakeByResults(tx, results)
  }
}

/** The run of a counter whose messages wait for proof. */
function runToProve(key: string): number[] {
  const [runId, status, reason = ''] = key.split('\t')
  return status === 'unknown' && !closedReasons.includes(reason) ? [Number(runId)] : []
}

/** Whether any message of a campaign was handed over, or may have been; tests are apart. */
export async function hasHandedOver(tx: ReadTx, campaignId: number): Promise<boolean> {
  const row = await tx.get<{ count: number | null }>(
    `SELECT sum(count) AS count FROM campaign_counts
     WHERE campaign_id = ? AND kind = 'scheduled' AND status IN ('accepted', 'sent', 'delivered', 'read', 'unknown')`,
    [campaignId],
  )
  return (row?.count ?? 0) > 0
}

/** The counters of a campaign, with its tests or without: a few rows, however many runs it has. */
export async function listCountsOfCampaign(
  tx: ReadTx,
  campaignId: number,
  { withTests = false }: { withTests?: boolean } = {},
): Promise<CountRow[]> {
  return tx.all(
    `SELECT status, reason, sum(count) AS count FROM campaign_counts
     WHERE campaign_id = ? AND kind IN ('scheduled', ?) GROUP BY status, reason`,
    [campaignId, withTests ? 'test' : 'scheduled'],
  )
}

/** The counters of some campaigns, without their tests: a few rows for each, however many messages it has. */
export async function listCountsOfCampaigns(tx: ReadTx, ids: readonly number[]): Promise<Map<number, CountRow[]>> {
  const rows = await tx.all<CountRow & { id: number }>(
    `SELECT campaign_id AS id, status, '' AS reason, sum(count) AS count FROM campaign_counts
     WHERE campaign_id IN (SELECT value FROM ${tx.sql.numbers} n) AND kind = 'scheduled' GROUP BY campaign_id, status`,
    [JSON.stringify(ids)],
  )
  const byCampaign = new Map<number, CountRow[]>(ids.map((id) => [id, []]))
  for (const { id, ...row } of rows) byCampaign.get(id)?.push(row)
  return byCampaign
}

/** The counters of all campaigns anew, from those of their runs. */
export async function recountCampaigns(tx: WriteTx): Promise<void> {
  await tx.run('DELETE FROM campaign_counts')
  await tx.run(
    `INSERT INTO campaign_counts (campaign_id, kind, status, reason, count)
     SELECT r.campaign_id, r.kind, k.status, k.reason, sum(k.count) FROM run_counts k JOIN runs r ON r.id = k.run_id GROUP BY 1, 2, 3, 4`,
  )
}

/** The counters of some runs, by run. */
export async function listCountsOfRuns(tx: ReadTx, runIds: readonly number[]): Promise<Map<number, CountRow[]>> {
  const rows = await tx.all<CountRow & { runId: number }>(
    `SELECT run_id AS runId, status, reason, sum(count) AS count FROM run_counts
     WHERE run_id IN (SELECT value FROM ${tx.sql.numbers} n) GROUP BY run_id, status, reason`,
    [JSON.stringify(runIds)],
  )
  const byRun = new Map<number, CountRow[]>(runIds.map((id) => [id, []]))
  for (const { runId, ...row } of rows) byRun.get(runId)?.push(row)
  return byRun
}

/** The counters of one run. */
export async function listCountsOfRun(tx: ReadTx, runId: number): Promise<CountRow[]> {
  return tx.all('SELECT status, reason, sum(count) AS count FROM run_counts WHERE run_id = ? GROUP BY status, reason', [
    runId,
  ])
}
