// The numbers of a campaign at work: statuses, rate, when it will be done and what it waits for. Bounded in what it
// reads, because it is asked every second. Reads only.
import { formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import { type CampaignRow, getCampaign } from '../../store/campaigns.ts'
import type { ReadTx } from '../../store/database.ts'
import { lastDueAt, recentStarts } from '../../store/live.ts'
import { listRunPage, type RunRow } from '../../store/runs.ts'
import type { Context } from '../context.ts'
import { type Report, type RunReport, reportRuns, shownWait, totalsOf, type Waiting } from './report.ts'
import { mergeWaits, type Wait } from './waits.ts'

/** Calls of the last seconds make the rate. */
const RATE_WINDOW_MS = 10_000
/** Runs looked at; older ones that still wait stand in the report. */
const RUNS_MAX = 5

export interface LiveReport {
  campaign: Report['campaign'] & { pauseDetail: Record<string, unknown> | null }
  /** The runs at work, or the newest one. */
  runs: RunReport[]
  totals: Report['totals']
  waitingFor: Waiting[]
  /** Calls begun a second, over the last ten seconds. */
  ratePerSecond: number
  /** When the last message will have left; null when nobody can say, or nothing is left. */
  doneAt: string | null
  /** When what may go now will have left, without those who wait for a time of their own; null as above. */
  mainDoneAt: string | null
  /** Messages that wait for a time further away than the rest takes, and when the first of them can go. */
  later: { count: number; firstAt: string } | null
}

export async function liveReportOf(ctx: Context, idOrName: string): Promise<LiveReport> {
  return ctx.db.read(async (tx) => {
    const now = ctx.clock.now()
    const campaign = await getCampaign(tx, idOrName)
    const shown = atWork(await listRunPage(tx, campaign.id, { limit: RUNS_MAX }))
    const found = await reportRuns(ctx, tx, campaign, shown)
    const runs = found.map(({ report }) => report)
    const waits = found.flatMap((run) => run.waits)
    const totals = totalsOf(runs)
    const ratePerSecond = await rateOf(tx, campaign, now)
    const later = laterOf(waits, now)
    const facts = { campaign, runs: shown, pending: totals.byStatus.pending, ratePerSecond, now }
    const { id, name, status, pauseReason, pauseDetail } = campaign
    return {
      campaign: { id: formatId('campaign', id), name, status, pauseReason, pauseDetail },
      runs,
      totals,
      waitingFor: mergeWaits(waits).map(shownWait),
      ratePerSecond,
      doneAt: await doneAt(tx, facts),
      mainDoneAt: mainDoneAt({ ...facts, pending: facts.pending - (later?.count ?? 0) }),
      later: later && { count: later.count, firstAt: formatInstant(later.firstAt) },
    }
  })
}

function atWork(runs: RunRow[]): RunRow[] {
  const open = runs.filter((run) => run.status === 'planning' || run.status === 'sending')
  return open.length > 0 ? open : runs.slice(0, 1)
}

async function rateOf(tx: ReadTx, campaign: CampaignRow, now: number): Promise<number> {
  if (campaign.status !== 'running') return 0
  // A claim writes its starts a moment ahead: those still to come are no part of the rate.
  const between = { fromUs: (now - RATE_WINDOW_MS) * 1000, throughUs: now * 1000 }
  const { starts, firstUs } = await recentStarts(tx, campaign.id, between)
  if (starts < 2) return 0
  const spanMs = Math.max(now - firstUs / 1000, 1)
  return Math.round(((starts - 1) / spanMs) * 10_000) / 10
}

interface DoneFacts {
  campaign: CampaignRow
  runs: RunRow[]
  pending: number
  ratePerSecond: number
  now: number
}

/** What waits so long is told apart: it is no part of how long the rest takes. */
const LATER_MS = 10 * 60_000

function laterOf(waits: readonly Wait[], now: number): { count: number; firstAt: number } | null {
  const far = waits.filter(({ count, until }) => count > 0 && until !== null && until > now + LATER_MS)
  const count = far.reduce((sum, wait) => sum + wait.count, 0)
  return count === 0 ? null : { count, firstAt: Math.min(...far.map(({ until }) => until ?? 0)) }
}

/** At the present rate; null where nothing goes. */
function mainDoneAt({ campaign, runs, pending, ratePerSecond, now }: DoneFacts): string | null {
  if (campaign.status !== 'running' || pending <= 0 || ratePerSecond === 0) return null
  if (runs.some((run) => run.status === 'planning')) return null
  return formatInstant(Math.ceil((now + (pending / ratePerSecond) * 1000) / 1000) * 1000)
}

/** What waits for its time goes at its time; everything else goes at the present rate. */
async function doneAt(tx: ReadTx, facts: DoneFacts): Promise<string | null> {
  const { campaign, runs, pending, ratePerSecond, now } = facts
  if (campaign.status !== 'running' || pending === 0 || runs.some((run) => run.status === 'planning')) return null
  let last = 0
  for (const run of runs) last = Math.max(last, (await lastDueAt(tx, run.id)) ?? 0)
  if (last <= now && ratePerSecond === 0) return null
  const atRate = ratePerSecond === 0 ? 0 : now + (pending / ratePerSecond) * 1000
  return formatInstant(Math.ceil(Math.max(last, atRate) / 1000) * 1000)
}
