// Occurrences that are due → runs, each exactly once.
// Reads campaigns whose next tick has come; writes runs (UNIQUE campaign + occurrence key) and how far the schedule is
// decided. Safe to kill: an occurrence without a run is found by the next tick, one with a run is never made again.
import { type Campaign, parseCampaign } from '../../domain/campaign.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { RunReason } from '../../domain/run-status.ts'
import {
  decideMisfires,
  isRecurring,
  type Occurrence,
  ORDINARY_LATENESS_MS,
  occurrencesAfter,
  planAt,
  RECIPIENT_LEAD_MS,
} from '../../domain/schedule.ts'
import {
  type CampaignRow,
  getCampaign,
  getRevision,
  listDueCampaigns,
  moveCampaignIf,
  setTick,
} from '../../store/campaigns.ts'
import type { WriteTx } from '../../store/database.ts'
import { countUnfinishedRuns, insertRunIfNew } from '../../store/runs.ts'
import { finishCampaignIfDone } from '../campaigns/finish.ts'
import { isUnreadable, pauseUnreadable } from '../campaigns/unreadable-campaign.ts'
import type { Context } from '../context.ts'
import { eachAlone } from '../duties/each-alone.ts'

/** Occurrences decided in one transaction; a long downtime takes several. */
const OCCURRENCES_MAX = 200

export interface TickResult {
  started: number
  missed: number
  skipped: number
}

/** Decides everything that is due, each campaign alone. */
export async function tickAll(ctx: Context): Promise<TickResult> {
  const total: TickResult = { started: 0, missed: 0, skipped: 0 }
  const due = await ctx.db.read((tx) => listDueCampaigns(tx, scheduleNow(ctx)))
  await eachAlone(ctx, { work: 'schedule', items: due, idOf: (id) => id, isAll: true }, async (id) => {
    const { started, missed, skipped } = await tickReadable(ctx, id)
    total.started += started
    total.missed += missed
    total.skipped += skipped
    return true
  })
  return total
}

async function tickReadable(ctx: Context, campaignId: number): Promise<TickResult> {
  try {
    return await tickCampaign(ctx, campaignId)
  } catch (error) {
    if (!isUnreadable(error)) throw error
    await pauseUnreadable(ctx, campaignId, error)
    return { started: 0, missed: 0, skipped: 0 }
  }
}

/** A program that is ahead of a wall clock that was set back must not start what is not due yet. */
function scheduleNow({ clock }: Context): number {
  return Math.min(clock.now(), clock.wall())
}

/** Decides the due occurrences of one campaign. */
export async function tickCampaign(ctx: Context, campaignId: number): Promise<TickResult> {
  const now = scheduleNow(ctx)
  return ctx.db.write(async (tx) => {
    const row = await getCampaign(tx, campaignId)
    const result: TickResult = { started: 0, missed: 0, skipped: 0 }
    if (row.launchedAt === null || !['scheduled', 'running', 'paused'].includes(row.status)) return result
    const revision = await getRevision(tx, row.revisionId ?? 0)
    const campaign = parseCampaign(revision.definition, ctx.config.timeZone)
    const tick = new CampaignTick(tx, row, campaign, now)
    return tick.run(result)
  })
}

class CampaignTick {
  readonly #tx: WriteTx
  readonly #row: CampaignRow
  readonly #campaign: Campaign
  readonly #now: number
  #runsStarted: number

  constructor(tx: WriteTx, row: CampaignRow, campaign: Campaign, now: number) {
    this.#tx = tx
    this.#row = row
    this.#campaign = campaign
    this.#now = now
    this.#runsStarted = row.runsStarted
  }

  async run(result: TickResult): Promise<TickResult> {
    const { schedule, validityMs } = this.#campaign
    const upcoming = occurrencesAfter(schedule, this.#row.decidedUntil, OCCURRENCES_MAX, this.#row.launchedAt ?? 0)
    const due = upcoming.filter((occurrence) => planAt(schedule, occurrence) <= this.#now)
    let decidedUntil = this.#row.decidedUntil
    for (const { occurrence, act } of decideMisfires(due, this.#now, schedule, validityMs)) {
      if (this.#isExhausted()) break
      const outcome =
        act === 'miss'
          ? await this.#insertIdle(occurrence, 'missed', this.#missReason())
          : await this.#start(occurrence)
      result[outcome]++
      decidedUntil = occurrence.at
    }
    const next = this.#isExhausted()
      ? undefined
      : occurrencesAfter(schedule, decidedUntil, 1, this.#row.launchedAt ?? 0)[0]
    const nextTickAt = next === undefined ? null : planAt(schedule, next)
    await setTick(this.#tx, this.#row.id, { decidedUntil, nextTickAt, runsStarted: this.#runsStarted })
    if (next === undefined) await finishCampaignIfDone(this.#tx, this.#row.id, this.#now)
    return result
  }

  #isExhausted(): boolean {
    const { maxRuns } = this.#campaign.schedule
    return maxRuns !== undefined && this.#runsStarted >= maxRuns
  }

  #missReason(): RunReason {
    return this.#campaign.schedule.missed === 'none' ? 'policy' : 'downtime'
  }

  async #start(occurrence: Occurrence): Promise<keyof TickResult> {
    if (this.#row.status === 'paused') return this.#insertIdle(occurrence, 'skipped', 'paused')
    if (this.#isWorthless(occurrence)) return this.#insertIdle(occurrence, 'missed', 'expired')
    const unfinished = await countUnfinishedRuns(this.#tx, this.#row.id)
    const { overlap } = this.#campaign.schedule
    if ((overlap === 'skip' && unfinished > 0) || (overlap === 'queue' && unfinished > 1))
      return this.#insertIdle(occurrence, 'skipped', 'overlap')
    const runId = await insertRunIfNew(
      this.#tx,
      {
        ...this.#newRun(occurrence),
        status: 'planning',
        reason: null,
        warnings: this.#warningsOf(occurrence),
      },
      this.#now,
    )
    if (runId === undefined) return 'skipped'
    this.#runsStarted++
    if (
      this.#row.status === 'scheduled' &&
      (await moveCampaignIf(this.#tx, this.#row.id, 'scheduled', 'running', this.#now))
    )
      this.#row.status = 'running'
    return 'started'
  }

  /** Its messages would be expired before the first could go. */
  #isWorthless(occurrence: Occurrence): boolean {
    const latest = this.#campaign.schedule.isRecipientLocal ? occurrence.at + RECIPIENT_LEAD_MS : occurrence.at
    return latest + this.#campaign.validityMs <= this.#now
  }

  #warningsOf(occurrence: Occurrence): string[] {
    const lateMs = this.#now - occurrence.at
    if (lateMs <= ORDINARY_LATENESS_MS) return []
    if (!isRecurring(this.#campaign.schedule) && this.#row.launchedAt !== null && occurrence.at < this.#row.launchedAt)
      return [`was_past: launched ${formatDuration(this.#row.launchedAt - occurrence.at)} after its time`]
    return [`late: started ${formatDuration(lateMs)} after its time`]
  }

  /** An occurrence that starts nothing is a run without messages. */
  async #insertIdle(
    occurrence: Occurrence,
    status: 'missed' | 'skipped',
    reason: RunReason,
  ): Promise<keyof TickResult> {
    await insertRunIfNew(this.#tx, { ...this.#newRun(occurrence), status, reason, warnings: [] }, this.#now)
    return status
  }

  #newRun(occurrence: Occurrence) {
    return {
      campaignId: this.#row.id,
      revisionId: this.#row.revisionId ?? 0,
      senderId: this.#row.senderId,
      kind: 'scheduled' as const,
      occurrenceKey: occurrence.key,
      occurrenceAt: occurrence.at,
      occurrenceLocal: occurrence.local,
    }
  }
}
