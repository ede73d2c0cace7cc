// Marks of schedules that a clock which ran ahead has left: found for doctor, and set right by unlock.
// Reads campaigns, their newest revisions and runs; writes the marks. Safe to kill: each campaign is a transaction.
import type { Campaign } from '../../domain/campaign.ts'
import { spanOf } from '../../domain/due-occurrences.ts'
import { latestPast } from '../../domain/possible-instant.ts'
import { occurrencesAfter } from '../../domain/schedule.ts'
import { type CampaignRow, getCampaign, listActiveCampaigns, setTick } from '../../store/campaigns.ts'
import type { ReadTx } from '../../store/database.ts'
import type { Context } from '../context.ts'
import { readIfActive, readState, scheduleNow } from './occurrences.ts'
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

/** What comes before such a mark would be lost or late. */
export async function listMarksAhead(ctx: Context): Promise<MarkAhead[]> {
  const found: MarkAhead[] = []
  for (const id of await ctx.db.read(listActiveCampaigns)) {
    const mark = await ctx.db.read((tx) => findMarkAhead(ctx, tx, id))
    if (mark !== undefined) found.push(mark)
  }
  return found
}

/** Sets the marks to what is true, so that the next tick goes on from there. */
export async function fixMarks(ctx: Context, marks: readonly MarkAhead[]): Promise<void> {
  for (const { campaignId } of marks)
    await ctx.db.write(async (tx) => {
      const mark = await findMarkAhead(ctx, tx, campaignId)
      if (mark === undefined) return
      const { runsStarted } = await getCampaign(tx, campaignId)
      await setTick(tx, campaignId, { decidedUntil: mark.decidedUntil, nextTickAt: scheduleNow(ctx), runsStarted })
    })
}

async function findMarkAhead(ctx: Context, tx: ReadTx, id: number): Promise<MarkAhead | undefined> {
  const row = await getCampaign(tx, id)
  const campaign = await readIfReadable(ctx, tx, row)
  if (campaign === undefined) return undefined
  const { schedule } = campaign
  const now = scheduleNow(ctx)
  const { decidedUntil, launchedAt } = await readState(tx, row, campaign, now)
  const mark = { campaignId: id, name: row.name, decidedUntil }
  if (decidedUntil !== row.decidedUntil) return { ...mark, field: 'schedule', at: row.decidedUntil }
  const { maxRuns } = schedule
  if (maxRuns !== undefined && row.runsStarted >= maxRuns) return undefined
  const [next] = occurrencesAfter(schedule, decidedUntil, 1, launchedAt)
  if (next === undefined) return undefined
  const latest = latestPast(Math.max(now, spanOf(schedule, next).last))
  if (row.nextTickAt !== null && row.nextTickAt <= latest) return undefined
  return { ...mark, field: 'next run', at: row.nextTickAt }
}

/** One that cannot be read is named and paused elsewhere. */
async function readIfReadable(ctx: Context, tx: ReadTx, row: CampaignRow): Promise<Campaign | undefined> {
  try {
    return await readIfActive(ctx, tx, row)
  } catch (error) {
    if (isUnreadable(error)) return undefined
    throw error
  }
}
