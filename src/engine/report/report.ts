// The report of a campaign: every run, every status, and why people wait. Reads only; never fixes.
import { findIdIn, formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import { type CountRow, handedOver, noCounts, type StatusCounts, type Tally, tally } from '../../domain/report.ts'
import { type CampaignRow, getCampaign, listRevisionNumbers } from '../../store/campaigns.ts'
import { listCountsOfRuns, sumRuns } from '../../store/counts.ts'
import type { ReadTx } from '../../store/database.ts'
import { listRunIdsOf, listRunPage, listRunsById, type RunRow } from '../../store/runs.ts'
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
  /** The newest ones; all of them only where a file is made. */
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
  /** Every run, for a file; else the newest, and those before them only in the totals. */
  isWhole?: boolean
}

/** Runs that a report describes one by one. */
const RUNS_DESCRIBED = 100
/** Runs added up in one read, some ten milliseconds: a schedule leaves a hundred thousand in a year. */
const RUNS_SLICE = 500

export async function reportOf(ctx: Context, idOrName: string, options: ReportOptions = {}): Promise<Report> {
  const parts = new ReportParts(ctx, options)
  const { campaign, ids } = await ctx.db.read(async (tx) => {
    const row = await getCampaign(tx, idOrName)
    const all = await listRunIdsOf(tx, row.id)
    const found = { campaign: row, ids: options.runId === undefined ? all : all.filter((id) => id === options.runId) }
    // The same snapshot, as far as it goes in one read.
    await parts.add(tx, row, found.ids.slice(0, RUNS_SLICE))
    return found
  })
  for (let from = RUNS_SLICE; from < ids.length; from += RUNS_SLICE) {
    await new Promise((resolve) => setImmediate(resolve))
    await ctx.db.read((tx) => parts.add(tx, campaign, ids.slice(from, from + RUNS_SLICE)))
  }
  return parts.reportOf(campaign)
}

/** A report that is put together slice by slice; each run is read whole, so that its numbers add up. */
class ReportParts {
  readonly #ctx: Context
  readonly #described: number
  readonly #runs: RunReport[] = []
  readonly #waits: Wait[] = []
  readonly #counts: CountRow[] = []
  #runCount = 0
  #audience = 0

  constructor(ctx: Context, { isWhole }: ReportOptions) {
    this.#ctx = ctx
    this.#described = isWhole ? Number.POSITIVE_INFINITY : RUNS_DESCRIBED
  }

  async add(tx: ReadTx, campaign: CampaignRow, ids: readonly number[]): Promise<void> {
    const { runs, audience, counts } = await sumRuns(tx, ids)
    this.#runCount += runs
    this.#audience += audience
    this.#counts.push(...counts)
    const left = Math.max(0, this.#described - this.#runs.length)
    // What is at work waits for something, however old it is.
    const rows = await listRunsById(tx, ids, left === 0)
    for (const [place, { report, waits }] of (await reportRuns(this.#ctx, tx, campaign, rows)).entries()) {
      this.#waits.push(...waits)
      if (place < left) this.#runs.push(report)
    }
  }

  reportOf(campaign: CampaignRow): Report {
    const { byStatus, skippedBy, failedBy, unknownBy } = tally(this.#counts)
    return {
      campaign: {
        id: formatId('campaign', campaign.id),
        name: campaign.name,
        status: campaign.status,
        pauseReason: campaign.pauseReason,
        pauseDetail: campaign.pauseDetail,
      },
      waitingFor: waitsOfCampaign(campaign, this.#waits),
      runs: this.#runs.sort((one, other) => Date.parse(other.occurrenceAt) - Date.parse(one.occurrenceAt)),
      runCount: this.#runCount,
      totals: { audience: this.#audience, byStatus, skippedBy, failedBy, unknownBy },
    }
  }
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
    const rows = await listRunPage(tx, campaign.id, { before, limit: query.limit + 1 })
    return (await reportRuns(ctx, tx, campaign, rows)).map(({ report }) => report)
  })
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

/** An unknown message may have reached somebody. */
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
