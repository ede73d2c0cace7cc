// Decides what is due of one campaign's schedule, and writes it: runs for what starts, runs without messages for what
// does not, and how far the schedule is decided. Called by the tick, at the end of a pause and before an edit, always in
// the transaction of the caller.
import { isDeepStrictEqual } from 'node:util'
import { type Campaign, parseCampaign } from '../../domain/campaign.ts'
import type { CampaignStatus } from '../../domain/campaign-status.ts'
import {
  type DueDecision,
  decideDue,
  latestDecided,
  type OccurrenceDecision,
  type ScheduleState,
  startMark,
} from '../../domain/due-occurrences.ts'
import { formatDuration } from '../../domain/duration.ts'
import { ORDINARY_LATENESS_MS } from '../../domain/lateness.ts'
import { latestPast } from '../../domain/possible-instant.ts'
import {
  type CampaignRow,
  getCampaign,
  getRevision,
  lockCampaign,
  moveCampaignIf,
  setTick,
} from '../../store/campaigns.ts'
import type { ReadTx, WriteTx } from '../../store/database.ts'
import { countOverlapped, dropIdleAhead, findLatestOccurrence, insertRunIfNew, type NewRun } from '../../store/runs.ts'
import type { Context } from '../context.ts'
import { finishCampaignIfDone } from './finish.ts'

export interface Decided {
  started: number
  missed: number
  skipped: number
}

export interface DecideOptions {
  now: number
  /** What a pause still holds is let go. */
  letsGo?: 'resume' | 'edit' | undefined
}

const nothing: Decided & { hasMore: boolean } = { started: 0, missed: 0, skipped: 0, hasMore: false }

/** Decides what is due of a campaign but for its last block, in transactions of its own. */
export async function decideBacklog(ctx: Context, idOrName: string | number): Promise<void> {
  for (let hasMore = true; hasMore; ) {
    const now = scheduleNow(ctx)
    const seen = await ctx.db.read((tx) => readSeen(ctx, tx, idOrName, now))
    const due = seen && decideDue({ ...seen, now })
    hasMore = seen !== undefined && due?.hasMore === true && (await writeIfAsSeen(ctx, { seen, due, now })).hasMore
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Decides one block of what is due, in a transaction that only writes it: when occurrences are is found before. */
export async function decideBlock(ctx: Context, id: number, now: number): Promise<Decided & { hasMore: boolean }> {
  const seen = await ctx.db.read((tx) => readSeen(ctx, tx, id, now))
  if (seen === undefined) return nothing
  return writeIfAsSeen(ctx, { seen, due: decideDue({ ...seen, now }), now })
}

/** A campaign as a decision was taken on it. */
interface Seen {
  row: CampaignRow
  campaign: Campaign
  schedule: Campaign['schedule']
  validityMs: number
  state: ScheduleState
}

async function readSeen(ctx: Context, tx: ReadTx, idOrName: string | number, now: number): Promise<Seen | undefined> {
  const row = await getCampaign(tx, idOrName)
  const campaign = await readIfActive(ctx, tx, row)
  if (campaign === undefined) return undefined
  const { schedule, validityMs } = campaign
  return { row, campaign, schedule, validityMs, state: await readState(tx, row, campaign, now) }
}

function isAsSeen(seen: Seen, { revisionId, status, senderId }: CampaignRow, state: ScheduleState): boolean {
  const { row } = seen
  const isSame = row.revisionId === revisionId && row.status === status && row.senderId === senderId
  return isSame && isDeepStrictEqual(seen.state, state)
}

interface SeenDecision {
  seen: Seen
  due: DueDecision
  now: number
}

/** Nothing is written for a campaign that has changed since: it is looked at again. */
async function writeIfAsSeen(ctx: Context, { seen, due, now }: SeenDecision): Promise<Decided & { hasMore: boolean }> {
  return ctx.db.write(async (tx) => {
    const row = await lockCampaign(tx, seen.row.id)
    const state = await readState(tx, row, seen.campaign, now)
    if (!isAsSeen(seen, row, state)) return { ...nothing, hasMore: true }
    return writeDue(tx, row, { campaign: seen.campaign, state, due, now })
  })
}

/** The campaign as it is written, if its schedule may have something to come. Throws what its definition is refused for. */
export async function readIfActive(ctx: Context, tx: ReadTx, row: CampaignRow): Promise<Campaign | undefined> {
  if (row.launchedAt === null || !activeStatuses.includes(row.status)) return undefined
  const { definition } = await getRevision(tx, row.revisionId ?? 0)
  return parseCampaign(definition, ctx.config.timeZone)
}

const activeStatuses: readonly CampaignStatus[] = ['scheduled', 'running', 'paused']

/** A program that is ahead of a wall clock that was set back must not start what is not due yet. */
export function scheduleNow({ clock }: Pick<Context, 'clock'>): number {
  return Math.min(clock.now(), clock.wall())
}

/** Decides one block of what is due; `hasMore` when another one is due already. Moves `row` along. */
export async function decideOccurrences(
  tx: WriteTx,
  row: CampaignRow,
  campaign: Campaign,
  { now, letsGo }: DecideOptions,
): Promise<Decided & { hasMore: boolean }> {
  const { schedule, validityMs } = campaign
  const state = await readState(tx, row, campaign, now)
  const due = decideDue({ schedule, validityMs, state, now, letsGo })
  return writeDue(tx, row, { campaign, state, due, now, letsGo })
}

interface DueWrite {
  campaign: Campaign
  state: ScheduleState
  due: DueDecision
  now: number
  letsGo?: DecideOptions['letsGo']
}

async function writeDue(
  tx: WriteTx,
  row: CampaignRow,
  { campaign, state, due, now, letsGo }: DueWrite,
): Promise<Decided & { hasMore: boolean }> {
  const result = { started: 0, missed: 0, skipped: 0, hasMore: due.hasMore }
  for (const decision of due.decided) {
    const outcome = await write(tx, row, decision, { campaign, now })
    if (outcome !== undefined) result[outcome]++
  }
  await writeMarks(tx, row, { ...due, decidedUntil: due.decided.at(-1)?.occurrence.at ?? state.decidedUntil }, result)
  if (row.nextTickAt === null && letsGo !== 'edit') await finishCampaignIfDone(tx, row.id)
  return result
}

/** Where a schedule stands in the database. */
type StoredMarks = Pick<CampaignRow, 'id' | 'decidedUntil' | 'committedAt' | 'launchedAt'>

/** Up to where a schedule is decided, as far as that can be true: a clock that ran ahead has decided nothing. */
export async function readDecidedUntil(
  tx: ReadTx,
  { id, decidedUntil, committedAt, launchedAt }: StoredMarks,
  schedule: Campaign['schedule'],
  now: number,
): Promise<number> {
  const latest = latestDecided(schedule, now)
  if (decidedUntil <= latest) return decidedUntil
  return Math.max(
    startMark(schedule, { launchedAt: launchedAt ?? 0, committedAt }),
    (await findLatestOccurrence(tx, id, latest)) ?? Number.NEGATIVE_INFINITY,
  )
}

/** How far the schedule has come. */
export async function readState(
  tx: ReadTx,
  row: CampaignRow,
  { schedule }: Campaign,
  now: number,
): Promise<ScheduleState> {
  const { committedAt, runsStarted } = row
  return {
    launchedAt: row.launchedAt ?? 0,
    committedAt,
    decidedUntil: await readDecidedUntil(tx, row, schedule, now),
    runsStarted,
    pausedAt: row.status === 'paused' ? (row.pausedAt ?? now) : null,
    unfinished: await countOverlapped(tx, row.id),
  }
}

async function writeMarks(
  tx: WriteTx,
  row: CampaignRow,
  { decidedUntil, nextTickAt }: Pick<DueDecision, 'nextTickAt'> & { decidedUntil: number },
  { started }: Decided,
): Promise<void> {
  const marks = { decidedUntil, nextTickAt, runsStarted: row.runsStarted + started }
  const isSame = started === 0 && row.decidedUntil === decidedUntil && row.nextTickAt === nextTickAt
  Object.assign(row, marks)
  if (!isSame) await setTick(tx, row.id, marks)
}

/** Undefined when the occurrence has a run already. */
async function write(
  tx: WriteTx,
  row: CampaignRow,
  decision: OccurrenceDecision,
  { campaign, now }: { campaign: Campaign; now: number },
): Promise<keyof Decided | undefined> {
  const { occurrence } = decision
  const run: Omit<NewRun, 'status' | 'reason' | 'warnings' | 'pausedFrom'> = {
    campaignId: row.id,
    revisionId: row.revisionId ?? 0,
    senderId: row.senderId,
    kind: 'scheduled',
    occurrenceKey: occurrence.key,
    occurrenceAt: occurrence.at,
    occurrenceLocal: occurrence.local,
    committedAt: row.committedAt,
  }
  if (decision.act !== 'run') {
    const { act: status, reason } = decision
    const isNew = await insertRun(tx, { ...run, status, reason, pausedFrom: null, warnings: [] }, now)
    return isNew ? status : undefined
  }
  const { pausedFrom, asOf } = decision
  const warnings = warningsOf(decision, row, campaign)
  const isNew = await insertRun(tx, { ...run, status: 'planning', reason: null, pausedFrom, warnings }, now, asOf)
  if (!isNew) return undefined
  if (row.status === 'scheduled' && (await moveCampaignIf(tx, row.id, 'scheduled', 'running', await tx.now())))
    row.status = 'running'
  return 'started'
}

/** What a clock that ran ahead decided to leave out gives way. */
async function insertRun(tx: WriteTx, run: NewRun, now: number, createdAt = now): Promise<boolean> {
  if ((await insertRunIfNew(tx, run, createdAt)) !== undefined) return true
  if (!(await dropIdleAhead(tx, run, latestPast(now)))) return false
  return (await insertRunIfNew(tx, run, createdAt)) !== undefined
}

function warningsOf(
  { occurrence: { at }, lateMs }: Extract<OccurrenceDecision, { act: 'run' }>,
  { committedAt }: CampaignRow,
  { schedule }: Campaign,
): string[] {
  if (lateMs <= ORDINARY_LATENESS_MS) return []
  const isPast = at < committedAt && (schedule.timing.kind === 'once' || schedule.timing.kind === 'launch')
  if (isPast) return [`was_past: launched ${formatDuration(committedAt - at)} after its time`]
  return [`late: started ${formatDuration(lateMs)} after its time`]
}
