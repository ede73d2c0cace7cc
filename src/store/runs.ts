// Runs: the stored execution of one occurrence. UNIQUE(campaign, occurrence key) starts each exactly once.

import { and, desc, eq, inArray, type SQL, sql } from 'drizzle-orm'
import { AppError } from '../domain/errors.ts'
import { isSameOccurrence, timeOfKey } from '../domain/occurrence-key.ts'
import type { RunReason, RunStatus } from '../domain/run-status.ts'
import { moveCampaignIf } from './campaigns.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'
import { keptQuery } from './kept-query.ts'
import { lockRows } from './locks.ts'
import { runs } from './schema.ts'

export type RunRow = typeof runs.$inferSelect

/** As the partial index says it: a status alone does not bring SQLite to it, and every run would be read. */
export function isOpenRun(run: string): string {
  return `${run}.status IN ('planning', 'sending')`
}

/** Whether a run is in recipients' zones, by the name of its occurrence. */
export function inRecipientZones(run: string): string {
  return `${run}.occurrence_key LIKE '%@recipient'`
}

export interface NewRun {
  campaignId: number
  revisionId: number
  senderId: number
  kind: 'scheduled' | 'test'
  occurrenceKey: string
  occurrenceAt: number
  occurrenceLocal: number
  committedAt: number
  pausedFrom: number | null
  status: RunStatus
  reason: RunReason | null
  warnings: string[]
}

/** Inserts the run of an occurrence; undefined when the occurrence has one already. */
export async function insertRunIfNew(tx: WriteTx, run: NewRun, createdAt: number): Promise<number | undefined> {
  if (await hasOccurrence(tx, run)) return undefined
  const row = await tx.get<{ id: number }>(
    `INSERT INTO runs (campaign_id, revision_id, sender_id, kind, occurrence_key, occurrence_at, occurrence_local, committed_at, paused_from, status, reason, warnings, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (campaign_id, occurrence_key) DO NOTHING RETURNING id`,
    [
      run.campaignId,
      run.revisionId,
      run.senderId,
      run.kind,
      run.occurrenceKey,
      run.occurrenceAt,
      run.occurrenceLocal,
      run.committedAt,
      run.pausedFrom,
      run.status,
      run.reason,
      JSON.stringify(run.warnings),
      createdAt,
    ],
  )
  return row?.id
}

/** Its zone may have had another name when the occurrence ran: a campaign or the installation was changed since. */
async function hasOccurrence(tx: WriteTx, { campaignId, occurrenceKey }: NewRun): Promise<boolean> {
  const time = timeOfKey(occurrenceKey)
  if (time === undefined) return false
  const rows = await tx.all<{ key: string }>(
    `SELECT occurrence_key AS key FROM runs WHERE campaign_id = ? AND occurrence_key >= ? AND occurrence_key < ?`,
    [campaignId, time, `${time}\uffff`],
  )
  return rows.some(({ key }) => isSameOccurrence(key, occurrenceKey))
}

const runById = keptQuery((orm) =>
  orm
    .select()
    .from(runs)
    .where(eq(runs.id, sql.placeholder('id'))),
)

export async function getRun(tx: ReadTx, id: number): Promise<RunRow> {
  const [run] = await runById(tx, { id })
  if (run === undefined) throw new AppError('run.not_found', `there is no run ${id}`, { hint: 'See herald report.' })
  return run
}

/** Runs with their campaigns, which may end with them: all campaigns first. */
export async function lockRuns(tx: WriteTx, ids: Iterable<number>): Promise<RunRow[]> {
  const found: RunRow[] = []
  for (const id of new Set(ids)) found.push(await getRun(tx, id))
  const campaignIds = found.map(({ campaignId }) => campaignId)
  await lockRows(tx, 'campaign', campaignIds)
  const runIds = found.map(({ id }) => id)
  await lockRows(tx, 'run', runIds)
  return found
}

/** Ids of the runs of a campaign that are no tests, newest first: by an index that holds all of it. */
export async function listRunIdsOf(
  tx: ReadTx,
  campaignId: number,
  { before = Number.MAX_SAFE_INTEGER, limit }: RunPage,
): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(
    `SELECT id FROM runs INDEXED BY runs_newest WHERE campaign_id = ? AND id < ? AND kind = 'scheduled' ORDER BY id DESC LIMIT ?`,
    [campaignId, before, limit],
  )
  return rows.map(({ id }) => id)
}

export interface RunPage {
  /** Only runs with a smaller id. */
  before?: number | undefined
  limit: number
}

/** Ids of the runs of a campaign that are no tests, behind one, the oldest first. */
export async function listRunIdsToExport(
  tx: ReadTx,
  campaignId: number,
  { after, limit }: { after: number; limit: number },
): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(
    `SELECT id FROM runs INDEXED BY runs_newest WHERE campaign_id = ? AND id > ? AND kind = 'scheduled' ORDER BY id LIMIT ?`,
    [campaignId, after, limit],
  )
  return rows.map(({ id }) => id)
}

/** How many runs of a campaign are no tests, and the people of their audiences: by an index that holds both. */
export async function sumRuns(tx: ReadTx, campaignId: number): Promise<{ runs: number; audience: number }> {
  const row = await tx.get<{ runs: number; audience: number | null }>(
    `SELECT count(*) AS runs, sum(audience_count) AS audience FROM runs INDEXED BY runs_newest WHERE campaign_id = ? AND kind = 'scheduled'`,
    [campaignId],
  )
  return { runs: row?.runs ?? 0, audience: row?.audience ?? 0 }
}

/** Those of the runs that are no tests, newest first. */
export async function listRunsById(tx: ReadTx, ids: readonly number[]): Promise<RunRow[]> {
  if (ids.length === 0) return []
  return tx.orm
    .select()
    .from(runs)
    .where(and(inArray(runs.id, [...ids]), eq(runs.kind, 'scheduled')))
    .orderBy(desc(runs.id))
}

/** Runs of a campaign that are no tests, newest first. */
export async function listRunPage(tx: ReadTx, campaignId: number, page: RunPage): Promise<RunRow[]> {
  return listRunsById(tx, await listRunIdsOf(tx, campaignId, page))
}

const openRuns = (ofSender?: SQL) =>
  keptQuery((orm) =>
    orm
      .select()
      .from(runs)
      .where(and(sql`runs.status IN ('planning', 'sending')`, eq(runs.status, sql.placeholder('status')), ofSender))
      .orderBy(runs.occurrenceAt, runs.id),
  )
const allOpenRuns = openRuns()
const openRunsOfSender = openRuns(eq(runs.senderId, sql.placeholder('senderId')))

/** Runs that still have work: to be planned or to be sent; those of a sender where it is named. */
export async function listOpenRuns(tx: ReadTx, status: 'planning' | 'sending', senderId?: number): Promise<RunRow[]> {
  return senderId === undefined ? allOpenRuns(tx, { status }) : openRunsOfSender(tx, { status, senderId })
}

/** The first run behind one that is being planned or sent. */
export async function nextOpenRun(tx: ReadTx, afterId: number): Promise<number | undefined> {
  const row = await tx.get<{ id: number | null }>(
    // By the index of open runs, not through all ids behind.
    `SELECT min(id) AS id FROM runs WHERE ${isOpenRun('runs')} AND +id > ?`,
    [afterId],
  )
  return row?.id ?? undefined
}

/** Whether a message of a run may get another attempt: nothing is sent for a campaign that was ended for good. */
export async function canSendAgain(tx: ReadTx, runId: number): Promise<boolean> {
  const row = await tx.get(
    `SELECT 1 FROM runs r JOIN campaigns c ON c.id = r.campaign_id
     WHERE r.id = ? AND (r.kind = 'test' OR c.status NOT IN ('cancelled', 'archived'))`,
    [runId],
  )
  return row !== undefined
}

/** Runs of a campaign that are being planned or sent. */
export async function countUnfinishedRuns(tx: ReadTx, campaignId: number): Promise<number> {
  const row = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM runs WHERE campaign_id = ? AND kind = 'scheduled' AND status IN ('planning', 'sending')`,
    [campaignId],
  )
  return row?.count ?? 0
}

/** Runs at work that one in a single zone would overlap; those in recipients' zones overlap person by person. */
export async function countOverlapped(tx: ReadTx, campaignId: number): Promise<number> {
  const row = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM runs WHERE campaign_id = ? AND kind = 'scheduled' AND status IN ('planning', 'sending')
       AND NOT ${inRecipientZones('runs')}`,
    [campaignId],
  )
  return row?.count ?? 0
}

/** The newest occurrence up to an instant that has a run. */
export async function findLatestOccurrence(tx: ReadTx, campaignId: number, until: number): Promise<number | undefined> {
  const row = await tx.get<{ at: number | null }>(
    `SELECT max(occurrence_at) AS at FROM runs WHERE campaign_id = ? AND kind = 'scheduled' AND occurrence_at <= ?`,
    [campaignId, until],
  )
  return row?.at ?? undefined
}

export async function findOccurrence(
  tx: ReadTx,
  campaignId: number,
  occurrenceKey: string,
): Promise<{ id: number } | undefined> {
  return tx.get<{ id: number }>(`SELECT id FROM runs WHERE campaign_id = ? AND occurrence_key = ?`, [
    campaignId,
    occurrenceKey,
  ])
}

/** Takes away a run that started nothing. Returns whether it did. */
export async function dropIdle(tx: WriteTx, { id }: { id: number }): Promise<boolean> {
  return (await tx.run(`DELETE FROM runs WHERE id = ? AND status IN ('missed', 'skipped')`, [id])) > 0
}

/** Takes away the run of an occurrence that started nothing, if a clock that ran ahead decided so before its time. */
export async function dropIdleAhead(
  tx: WriteTx,
  { campaignId, occurrenceKey }: Pick<NewRun, 'campaignId' | 'occurrenceKey'>,
  latest: number,
): Promise<boolean> {
  const dropped = await tx.run(
    `DELETE FROM runs WHERE campaign_id = ? AND occurrence_key = ? AND status IN ('missed', 'skipped') AND created_at > ?`,
    [campaignId, occurrenceKey, latest],
  )
  return dropped > 0
}

/** Whether an earlier run of the campaign in one zone still has work: a queued one waits for it. */
export async function hasEarlierOpenRun(tx: ReadTx, run: RunRow): Promise<boolean> {
  const row = await tx.get(
    // By the index of statuses: open runs are few, earlier ones can be a hundred thousand.
    `SELECT 1 FROM runs INDEXED BY runs_campaign WHERE campaign_id = ? AND kind = 'scheduled' AND status IN ('planning', 'sending') AND id < ?
       AND NOT ${inRecipientZones('runs')} LIMIT 1`,
    [run.campaignId, run.id],
  )
  return row !== undefined
}

/** Occurrences after an instant that a pause covered. */
export async function countSkippedSince(tx: ReadTx, campaignId: number, since: number): Promise<number> {
  const row = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM runs WHERE campaign_id = ? AND status = 'skipped' AND reason = 'paused' AND created_at >= ?`,
    [campaignId, since],
  )
  return row?.count ?? 0
}

/** Whether an earlier run of the campaign is still to be planned. */
export async function hasEarlierPlanning(tx: ReadTx, run: RunRow): Promise<boolean> {
  const row = await tx.get(
    `SELECT 1 FROM runs INDEXED BY runs_campaign WHERE campaign_id = ? AND kind = 'scheduled' AND status = 'planning' AND id < ? LIMIT 1`,
    [run.campaignId, run.id],
  )
  return row !== undefined
}

/** What a move writes beside the status. A run that goes on after its end keeps the instant at which it began. */
const stamps: Partial<Record<RunStatus, string>> = {
  sending: ', planned_at = coalesce(planned_at, ?), finished_at = NULL',
  finished: ', finished_at = ?',
  cancelled: ', finished_at = ?',
}

/** Moves a run if it still has the status that the caller saw. */
export async function moveRunIf(
  tx: WriteTx,
  id: number,
  from: RunStatus,
  to: RunStatus,
  now: Present,
): Promise<boolean> {
  const stamp = stamps[to]
  const changes = await tx.run(`UPDATE runs SET status = ?${stamp ?? ''} WHERE id = ? AND status = ?`, [
    to,
    ...(stamp === undefined ? [] : [now]),
    id,
    from,
  ])
  return changes === 1
}

/** A message of a finished run got another attempt: run and campaign go on. */
export async function reopenIfFinished(tx: WriteTx, runId: number, now: Present): Promise<void> {
  if (!(await moveRunIf(tx, runId, 'finished', 'sending', now))) return
  const { campaignId } = await getRun(tx, runId)
  await moveCampaignIf(tx, campaignId, 'finished', 'running', now)
}

export async function addRunWarning(tx: WriteTx, run: RunRow, warning: string): Promise<void> {
  if (run.warnings.includes(warning)) return
  await tx.orm
    .update(runs)
    .set({ warnings: [...run.warnings, warning] })
    .where(eq(runs.id, run.id))
}

/** Messages of a run that are pending or sending, by the counts. */
export async function countOpen(tx: ReadTx, runId: number): Promise<number> {
  const row = await tx.get<{ open: number | null }>(
    `SELECT sum(count) AS open FROM run_counts WHERE run_id = ? AND status IN ('pending', 'sending')`,
    [runId],
  )
  return row?.open ?? 0
}

/** Those of some runs that have nothing pending and nothing on the wire. */
export async function listDone(tx: ReadTx, runIds: Iterable<number>): Promise<number[]> {
  const ids = [...new Set(runIds)]
  if (ids.length === 0) return []
  const open = await tx.all<{ id: number }>(
    `SELECT run_id AS id FROM run_counts WHERE run_id IN (SELECT value FROM ${tx.sql.numbers} n) AND status IN ('pending', 'sending')
     GROUP BY run_id HAVING sum(count) > 0`,
    [JSON.stringify(ids)],
  )
  const isOpen = new Set(open.map(({ id }) => id))
  return ids.filter((id) => !isOpen.has(id))
}

/** sending → finished when nothing is pending and nothing on the wire. Returns whether it moved. */
export async function finishRunIfDone(tx: WriteTx, runId: number, now: Present): Promise<boolean> {
  if ((await countOpen(tx, runId)) > 0) return false
  return moveRunIf(tx, runId, 'sending', 'finished', now)
}

/** Runs of a campaign that are being planned or sent, tests included; those that are sent come first, the oldest first. */
export async function listOpenRunsOf(tx: ReadTx, campaignId: number): Promise<RunRow[]> {
  return tx.orm
    .select()
    .from(runs)
    .where(and(eq(runs.campaignId, campaignId), inArray(runs.status, ['planning', 'sending'])))
    .orderBy(desc(runs.status), runs.occurrenceAt, runs.id)
}

/** Test messages are apart: they may be sent of a campaign that has ended. */
export async function hasOpenRun(tx: ReadTx, campaignId: number): Promise<boolean> {
  const row = await tx.get(
    `SELECT 1 FROM runs WHERE campaign_id = ? AND kind = 'scheduled' AND status IN ('planning', 'sending') LIMIT 1`,
    [campaignId],
  )
  return row !== undefined
}

/** Campaigns that were ended for good and have runs that go on. */
export async function listCampaignsToEnd(tx: ReadTx): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(
    // Runs at work lead: campaigns that have ended are many.
    `SELECT DISTINCT c.id FROM runs r INDEXED BY runs_open CROSS JOIN campaigns c ON c.id = r.campaign_id
     WHERE r.kind = 'scheduled' AND r.status IN ('planning', 'sending') AND c.status IN ('cancelled', 'archived') ORDER BY c.id`,
  )
  return rows.map(({ id }) => id)
}

/** Ids of all runs, tests included; of one campaign when it is named. */
export async function listAllRunIds(tx: ReadTx, campaignId?: number): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(
    `SELECT id FROM runs ${campaignId === undefined ? '' : 'WHERE campaign_id = ?'} ORDER BY id`,
    campaignId === undefined ? [] : [campaignId],
  )
  return rows.map((row) => row.id)
}
