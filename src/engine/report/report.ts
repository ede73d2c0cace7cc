// The report of a campaign: every run, every status, and why people wait. Reads only; never fixes.
import { findIdIn, formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import { handedOver, noCounts, type StatusCounts, type Tally, tally } from '../../domain/report.ts'
import { type CampaignRow, getCampaign, getRevision } from '../../store/campaigns.ts'
import { listCounts, listCountsOfRun } from '../../store/counts.ts'
import type { ReadTx } from '../../store/database.ts'
import { listRunPage, listRuns, type RunRow } from '../../store/runs.ts'
import { nextPlanOf } from '../campaigns/next-run.ts'
import type { Context } from '../context.ts'
import { mergeWaits, type Wait, waitsOf } from './waits.ts'

export interface RunReport {
  run: string
  occurrence: string
  status: RunRow['status']
  reason: string | null
  revision: number
  audience: number
  byStatus: StatusCounts
  skippedBy: Record<string, number>
  failedBy: Record<string, number>
  unknownBy: Record<string, number>
  waitingFor: Waiting[]
  lateDelivered: number
  warnings: string[]
  /** It has ended, and not one message was handed over. */
  reachedNobody: boolean
  occurrenceAt: string
  startedAt: string | null
  finishedAt: string | null
}

export interface Waiting {
  /** A gate: why they wait. */
  reason: string
  /** Messages; none of a run that is not planned yet. */
  count: number
  /** When the first of them is looked at again; null when nobody can say, or it is their turn within a minute. */
  until: string | null
}

export interface Report {
  campaign: {
    id: string
    name: string
    status: CampaignRow['status']
    pauseReason: string | null
    pauseDetail: Record<string, unknown> | null
  }
  /** What its runs wait for, gate by gate, and when its next run begins. */
  waitingFor: Waiting[]
  runs: RunReport[]
  totals: {
    audience: number
    byStatus: StatusCounts
    skippedBy: Record<string, number>
    failedBy: Record<string, number>
    unknownBy: Record<string, number>
  }
}

export interface ReportOptions {
  /** Only this run. */
  runId?: number
}

export async function reportOf(ctx: Context, idOrName: string, options: ReportOptions = {}): Promise<Report> {
  return ctx.db.read(async (tx) => {
    const campaign = await getCampaign(tx, idOrName)
    const runs = (await listRuns(tx, campaign.id)).filter((run) => isAsked(run, options))
    const counts = groupByRun(await listCounts(tx, campaign.id))
    const found: RunWithWaits[] = []
    for (const run of runs)
      found.push(await reportRun(ctx, tx, { campaign, run, own: tally(counts.get(run.id) ?? []) }))
    const reports = found.map(({ report }) => report)
    return {
      campaign: {
        id: formatId('campaign', campaign.id),
        name: campaign.name,
        status: campaign.status,
        pauseReason: campaign.pauseReason,
        pauseDetail: campaign.pauseDetail,
      },
      waitingFor: waitsOfCampaign(campaign, found),
      runs: reports,
      totals: totalsOf(reports),
    }
  })
}

export interface RunQuery {
  /** Older than this one: the last id of the page before. */
  beforeId?: string | undefined
  limit: number
}

/** A page of runs, newest first; one more than `limit` when another page follows. */
export async function pageRuns(ctx: Context, idOrName: string, query: RunQuery): Promise<RunReport[]> {
  const before = query.beforeId === undefined ? undefined : findIdIn('run', query.beforeId)
  return ctx.db.read(async (tx) => {
    const campaign = await getCampaign(tx, idOrName)
    const reports: RunReport[] = []
    for (const run of await listRunPage(tx, campaign.id, { before, limit: query.limit + 1 })) {
      const own = tally(await listCountsOfRun(tx, run.id))
      reports.push((await reportRun(ctx, tx, { campaign, run, own })).report)
    }
    return reports
  })
}

function groupByRun<Row extends { runId: number }>(rows: readonly Row[]): Map<number, Row[]> {
  const groups = new Map<number, Row[]>()
  for (const row of rows) {
    const group = groups.get(row.runId)
    if (group === undefined) groups.set(row.runId, [row])
    else group.push(row)
  }
  return groups
}

function isAsked(run: RunRow, { runId }: ReportOptions): boolean {
  return runId === undefined || run.id === runId
}

interface RunInCampaign {
  campaign: CampaignRow
  run: RunRow
  /** Its counters. */
  own: Tally
}

interface RunWithWaits {
  report: RunReport
  waits: Wait[]
}

/** One run with its counters. */
export async function reportRun(
  ctx: Context,
  tx: ReadTx,
  { campaign, run, own }: RunInCampaign,
): Promise<RunWithWaits> {
  const { byStatus, skippedBy, failedBy, unknownBy, lateDelivered } = own
  const waits = await waitsOf(tx, { campaign, run, own, now: ctx.clock.now(), defaultZone: ctx.config.timeZone })
  const report = {
    run: formatId('run', run.id),
    occurrence: run.occurrenceKey,
    status: run.status,
    reason: run.reason,
    revision: (await getRevision(tx, run.revisionId)).number,
    audience: run.audienceCount,
    byStatus,
    skippedBy,
    failedBy,
    unknownBy,
    waitingFor: waits.map(shownWait),
    lateDelivered,
    warnings: run.warnings,
    reachedNobody: hasReachedNobody(run, byStatus),
    occurrenceAt: formatInstant(run.occurrenceAt),
    startedAt: run.plannedAt === null ? null : formatInstant(run.plannedAt),
    finishedAt: run.finishedAt === null ? null : formatInstant(run.finishedAt),
  }
  return { report, waits }
}

/** An unknown message may have reached somebody. */
function hasReachedNobody({ status }: RunRow, byStatus: StatusCounts): boolean {
  return ['finished', 'missed', 'skipped'].includes(status) && handedOver(byStatus) + byStatus.unknown === 0
}

export function shownWait({ reason, count, until }: Wait): Waiting {
  return { reason, count, until: until === null ? null : formatInstant(until) }
}

/** The waits of all runs, and for the next run of the schedule when nothing else is left to happen before it. */
function waitsOfCampaign(campaign: CampaignRow, runs: readonly RunWithWaits[]): Waiting[] {
  const waits = mergeWaits(runs.flatMap((run) => run.waits))
  const planAt = nextPlanOf(campaign)
  if (planAt !== null) waits.push(waitForNext(campaign, planAt))
  return mergeWaits(waits).map(shownWait)
}

function waitForNext({ status }: CampaignRow, nextRunAt: number): Wait {
  if (status === 'paused') return { reason: 'campaign_paused', count: 0, until: null, opensAt: null }
  return { reason: 'next_run', count: 0, until: nextRunAt, opensAt: nextRunAt }
}

export function totalsOf(runs: RunReport[]): Report['totals'] {
  const totals: Report['totals'] = { audience: 0, byStatus: noCounts(), skippedBy: {}, failedBy: {}, unknownBy: {} }
  for (const run of runs) {
    totals.audience += run.audience
    for (const [status, count] of Object.entries(run.byStatus)) totals.byStatus[status as keyof StatusCounts] += count
    addAll(totals.skippedBy, run.skippedBy)
    addAll(totals.failedBy, run.failedBy)
    addAll(totals.unknownBy, run.unknownBy)
  }
  return totals
}

function addAll(sum: Record<string, number>, part: Record<string, number>): void {
  for (const [key, count] of Object.entries(part)) sum[key] = (sum[key] ?? 0) + count
}
