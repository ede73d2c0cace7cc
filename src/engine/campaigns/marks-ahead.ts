// Marks of schedules that a clock which ran ahead has left: found for doctor, and set right by unlock.
// Reads campaigns, their newest revisions and runs; writes the marks. Safe to kill: each campaign is a transaction.
import type { CampaignDefinition } from '../../domain/campaign.ts'
import { spanOf } from '../../domain/due-occurrences.ts'
import { latestPast } from '../../domain/possible-instant.ts'
import { occurrencesAfter, parseSchedule, type Schedule, scheduleSchema } from '../../domain/schedule.ts'
import { listSchedules, lockCampaign, type ScheduleRow, setTick } from '../../store/campaigns.ts'
import type { ReadTx } from '../../store/database.ts'
import type { Context, OnProgress } from '../context.ts'
import { readDecidedUntil, scheduleNow } from './occurrences.ts'
import { isUnreadable } from './unreadable-campaign.ts'

export interface MarkAhead {
  campaignId: number
  name: string
  /** Up to where occurrences count as decided, or when the schedule is looked at next. */
  field: 'schedule' | 'next run'
  /** Null for a schedule that is not looked at again although an occurrence is left. */
  at: number | null
  /** Up to where they are decided. */
  decidedUntil: number
}

/** Campaigns read in one transaction, some ten milliseconds. */
const BLOCK = 200

/** What comes before such a mark would be lost or late. */
export async function listMarksAhead(ctx: Context, onProgress?: OnProgress): Promise<MarkAhead[]> {
  const found: MarkAhead[] = []
  let done = 0
  for (let after = 0; ; ) {
    const { rows, marks } = await ctx.db.read(async (tx) => {
      const read = await listSchedules(tx, after, BLOCK)
      const ahead: MarkAhead[] = []
      for (const row of read) ahead.push(...(await marksAheadOf(ctx, tx, row)))
      return { rows: read, marks: ahead }
    })
    found.push(...marks)
    done += rows.length
    onProgress?.({ done, what: 'schedules' })
    const last = rows.at(-1)
    if (last === undefined || rows.length < BLOCK) return found
    after = last.id
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Sets the marks to what is true, so that the next tick goes on from there. */
export async function fixMarks(ctx: Context, marks: readonly MarkAhead[]): Promise<void> {
  for (const { campaignId } of marks)
    await ctx.db.write(async (tx) => {
      await lockCampaign(tx, campaignId)
      const [row] = await listSchedules(tx, campaignId - 1, 1)
      if (row?.id !== campaignId) return
      for (const { decidedUntil } of await marksAheadOf(ctx, tx, row))
        await setTick(tx, campaignId, { decidedUntil, nextTickAt: scheduleNow(ctx), runsStarted: row.runsStarted })
    })
}

/** None or one. */
async function marksAheadOf(ctx: Context, tx: ReadTx, row: ScheduleRow): Promise<MarkAhead[]> {
  const schedule = readIfReadable(row, ctx.config.timeZone)
  if (schedule === undefined) return []
  const now = scheduleNow(ctx)
  const decidedUntil = await readDecidedUntil(tx, row, schedule, now)
  const mark = { campaignId: row.id, name: row.name, decidedUntil }
  if (decidedUntil !== row.decidedUntil) return [{ ...mark, field: 'schedule', at: row.decidedUntil }]
  const { maxRuns } = schedule
  if (maxRuns !== undefined && row.runsStarted >= maxRuns) return []
  const [next] = occurrencesAfter(schedule, decidedUntil, 1, row.launchedAt)
  if (next === undefined) return []
  const latest = latestPast(Math.max(now, spanOf(schedule, next).last))
  if (row.nextTickAt !== null && row.nextTickAt <= latest) return []
  return [{ ...mark, field: 'next run', at: row.nextTickAt }]
}

/** One that cannot be read is named and paused elsewhere. */
function readIfReadable({ schedule }: ScheduleRow, timeZone: string): Schedule | undefined {
  const read = scheduleSchema.optional().safeParse(schedule === null ? undefined : JSON.parse(schedule))
  if (!read.success) return undefined
  try {
    return parseSchedule(read.data as CampaignDefinition['schedule'], timeZone)
  } catch (error) {
    if (isUnreadable(error)) return undefined
    throw error
  }
}
