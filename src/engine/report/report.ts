// The report of a campaign: every run, every status, and why people wait. Reads only; never fixes.
import { findIdIn, formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import { type CountRow, handedOver, noCounts, type StatusCounts, type Tally, tally } from '../../domain/report.ts'
import { type CampaignRow, getCampaign, listRevisionNumbers } from '../../store/campaigns.ts'
import { listCountsOfCampaign, listCountsOfRuns } from '../../store/counts.ts'
import type { ReadTx } from '../../store/database.ts'
import { listOpenRunsOf, listRunPage, listRunsById, type RunRow, sumRuns } from '../../store/runs.ts'
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
  /** The newest ones. */
  runs: RunReport[]
  /** How many there are, with those that only the totals have. */
  runCount: number
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

/** Runs that a report describes one by one; those before them are in the totals, which are kept and not added up. */
const RUNS_DESCRIBED = 100
/** Runs whose waits are asked for in one read, some ten milliseconds. */
const WAITS_SLICE = 20

export async function reportOf(ctx: Context, idOrName: string, options: ReportOptions = {}): Promise<Report> {
  const { campaign, found, sums, older } = await ctx.db.read(async (tx) => {
    const row = await getCampaign(tx, idOrName)
    const runs = await describedRuns(tx, row.id, options)
    const shown = new Set(runs.map(({ id }) => id))
    return {
      campaign: row,
      found: await reportRuns(ctx, tx, row, runs),
      sums: options.runId === undefined ? await sumsOfCampaign(tx, row.id) : await sumsOfRuns(tx, runs),
      // What is at work waits for something, however old it is.
      older: options.runId === undefined ? await olderOpenRuns(tx, row.id, shown) : [],
    }
  })
  const waits = [...found.flatMap((run) => run.waits), ...(await waitsOfRuns(ctx, campaign, older))]
  const { byStatus, skippedBy, failedBy, unknownBy } = tally(sums.counts)
  const runs = found.map(({ report }) => report)
  return {
    campaign: {
      id: formatId('campaign', campaign.id),
      name: campaign.name,
      status: campaign.status,
      pauseReason: campaign.pauseReason,
      pauseDetail: campaign.pauseDetail,
    },
    waitingFor: waitsOfCampaign(campaign, waits),
    runs: runs.sort((one, other) => Date.parse(other.occurrenceAt) - Date.parse(one.occurrenceAt)),
    runCount: sums.runs,
    totals: { audience: sums.audience, byStatus, skippedBy, failedBy, unknownBy },
  }
}

async function describedRuns(tx: ReadTx, campaignId: number, { runId }: ReportOptions): Promise<RunRow[]> {
  if (runId === undefined) return listRunPage(tx, campaignId, { limit: RUNS_DESCRIBED })
  return (await listRunsById(tx, [runId])).filter((run) => run.campaignId === campaignId)
}

interface Sums {
  runs: number
  audience: number
  counts: CountRow[]
}

async function sumsOfCampaign(tx: ReadTx, campaignId: number): Promise<Sums> {
  return { ...(await sumRuns(tx, campaignId)), counts: await listCountsOfCampaign(tx, campaignId) }
}

async function sumsOfRuns(tx: ReadTx, runs: readonly RunRow[]): Promise<Sums> {
  const counts = await listCountsOfRuns(
    tx,
    runs.map(({ id }) => id),
  )
  const audience = runs.reduce((sum, run) => sum + run.audienceCount, 0)
  return { runs: runs.length, audience, counts: [...counts.values()].flat() }
}

async function olderOpenRuns(tx: ReadTx, campaignId: number, shown: ReadonlySet<number>): Promise<number[]> {
  const open = await listOpenRunsOf(tx, campaignId)
  return open.map(({ id }) => id).filter((id) => !shown.has(id))
}

async function waitsOfRuns(ctx: Context, campaign: CampaignRow, ids: readonly number[]): Promise<Wait[]> {
  const waits: Wait[] = []
  for (let from = 0; from < ids.length; from += WAITS_SLICE) {
    await new Promise((resolve) => setImmediate(resolve))
    const slice = await ctx.db.read(async (tx) =>
      reportRuns(ctx, tx, campaign, await listRunsById(tx, ids.slice(from, from + WAITS_SLICE))),
    )
    waits.push(...slice.flatMap((run) => run.waits))
  }
  return waits
}

export interface RunQuery {
  /** Older than this one: the last id of the page before. */
  beforeId?: string | undefined
  limit: number
}

/** A page of runs, newest first; one more than `limit` when another page follows. */
export async function pageRuns(ctx: Context, idOrName: string, query: RunQuery): Promise<RunReport[]> {
  const found: RunReport[] = []
  const wanted = query.limit + 1
  for (let before = query.beforeId === undefined ? undefined : findIdIn('run', query.beforeId); ; ) {
    const limit = Math.min(RUNS_DESCRIBED, wanted - found.length)
    const page = { before, limit }
    const slice = await ctx.db.read(async (tx) => {
      const campaign = await getCampaign(tx, idOrName)
      return reportRuns(ctx, tx, campaign, await listRunPage(tx, campaign.id, page))
    })
    found.push(...slice.map(({ report }) => report))
    const last = found.at(-1)
    if (last === undefined || slice.length < limit || found.length === wanted) return found
    before = findIdIn('run', last.run)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

interface RunWithWaits {
  report: RunReport
  waits: Wait[]
}

/** Some runs of a campaign with their counters; what they wait for is asked only of those at work. */
export async function reportRuns(
  ctx: Context,
  tx: ReadTx,
  campaign: CampaignRow,
  runs: readonly RunRow[],
): Promise<RunWithWaits[]> {
  const ids = runs.map(({ id }) => id)
  const counts = await listCountsOfRuns(tx, ids)
  const revisions = await listRevisionNumbers(tx, [...new Set(runs.map(({ revisionId }) => revisionId))])
  const found: RunWithWaits[] = []
  for (const run of runs) {
    const own = tally(counts.get(run.id) ?? [])
    const waits = await waitsOf(tx, { campaign, run, own, now: ctx.clock.now(), defaultZone: ctx.config.timeZone })
    found.push({ waits, report: reportOfRun(run, { own, waits, revision: revisions.get(run.revisionId) ?? 0 }) })
  }
  return found
}

interface RunFacts {
  /** Its counters. */
  own: Tally
  waits: readonly Wait[]
  revision: number
}

function reportOfRun(run: RunRow, { own, waits, revision }: RunFacts): RunReport {
  const { byStatus, skippedBy, failedBy, unknownBy, lateDelivered } = own
  return {
    run: formatId('run', run.id),
    occurrence: run.occurrenceKey,
    status: run.status,
    reason: run.reason,
    revision,
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
}

/** An unknown message may have reached its recipient. */
function hasReachedNobody({ status }: RunRow, byStatus: StatusCounts): boolean {
  return ['finished', 'missed', 'skipped'].includes(status) && handedOver(byStatus) + byStatus.unknown === 0
}

export function shownWait({ reason, count, until }: Wait): Waiting {
  return { reason, count, until: until === null ? null : formatInstant(until) }
}

/** The waits of all runs, and for the next run of the schedule when nothing else is left to happen before it. */
function waitsOfCampaign(campaign: CampaignRow, ofRuns: readonly Wait[]): Waiting[] {
  const waits = mergeWaits(ofRuns)
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
