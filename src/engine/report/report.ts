// The report of a campaign: every run, every status, and why people wait. Reads only; never fixes.
import { findIdIn, formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import { possibleHold } from '../../domain/possible-instant.ts'
import { handedOver, noCounts, type StatusCounts, type Tally, tally } from '../../domain/report.ts'
import { type CampaignRow, getCampaign, getRevision } from '../../store/campaigns.ts'
import { listCounts, listCountsOfRun } from '../../store/counts.ts'
import type { ReadTx } from '../../store/database.ts'
import { listWaitEnds } from '../../store/messages.ts'
import { listRunPage, listRuns, type RunRow } from '../../store/runs.ts'
import { getSender } from '../../store/senders.ts'
import { findSetting } from '../../store/settings.ts'
import type { Context } from '../context.ts'
import { findSendingTrouble } from '../duties/show-troubles.ts'

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
  reason: string
  count: number
  /** When the first of them is looked at again; null when nobody can say. */
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
    const reports: RunReport[] = []
    for (const run of runs) {
      const own = tally(counts.get(run.id) ?? [])
      reports.push(await reportRun(tx, campaign, run, own, ctx.clock.now()))
    }
    return {
      campaign: {
        id: formatId('campaign', campaign.id),
        name: campaign.name,
        status: campaign.status,
        pauseReason: campaign.pauseReason,
        pauseDetail: campaign.pauseDetail,
      },
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
    for (const run of await listRunPage(tx, campaign.id, { before, limit: query.limit + 1 }))
      reports.push(await reportRun(tx, campaign, run, tally(await listCountsOfRun(tx, run.id)), ctx.clock.now()))
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

/** One run with its counters. */
export async function reportRun(
  tx: ReadTx,
  campaign: CampaignRow,
  run: RunRow,
  own: Tally,
  now: number,
): Promise<RunReport> {
  const { byStatus, skippedBy, failedBy, unknownBy, lateDelivered } = own
  return {
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
    waitingFor: byStatus.pending > 0 ? await waitingFor(tx, campaign, run, own, now) : [],
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

/** A message's own reason stands on its row; what keeps everybody waiting is read from the gates. */
async function waitingFor(
  tx: ReadTx,
  campaign: CampaignRow,
  run: RunRow,
  { waitingBy }: Tally,
  now: number,
): Promise<Waiting[]> {
  const ends = await listWaitEnds(tx, run.id)
  const gate = await gateOf(tx, campaign, run, now)
  const waits = new Map<string, Waiting>()
  for (const [reason, count] of Object.entries(waitingBy)) {
    const until = ends.get(reason)
    // What has waited long enough waits for the sender like everybody else.
    const isOver = reason === '' || (until !== undefined && until <= now)
    const wait = isOver
      ? { ...gate, count }
      : { reason, count, until: until === undefined ? null : formatInstant(until) }
    const known = waits.get(wait.reason)
    waits.set(wait.reason, known === undefined ? wait : { ...known, count: known.count + count })
  }
  return [...waits.values()]
}

async function gateOf(
  tx: ReadTx,
  campaign: CampaignRow,
  run: RunRow,
  now: number,
): Promise<{ reason: string; until: string | null }> {
  if ((await findSetting(tx, 'hold')) !== undefined) return { reason: 'database_held', until: null }
  const sender = await getSender(tx, run.senderId)
  if (campaign.status === 'paused') return { reason: 'campaign_paused', until: null }
  if (sender.status === 'paused') return { reason: 'sender_paused', until: null }
  const trouble = await findSendingTrouble(tx, sender.id)
  if (trouble !== undefined) return { reason: 'sender_failing', until: trouble.nextTryAt }
  const holdUntil = possibleHold(sender.holdUntil, now)
  if (holdUntil !== null && holdUntil > now) return { reason: 'rate_limit', until: formatInstant(holdUntil) }
  if (sender.dailyLimit !== null && sender.dailyUsed >= sender.dailyLimit) return { reason: 'daily_limit', until: null }
  return { reason: 'rate_limit', until: null }
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
