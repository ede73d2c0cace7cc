// Occurrences that are due → runs, each exactly once.
// Reads campaigns whose next tick has come; writes runs (UNIQUE campaign + occurrence key) and how far the schedule is
// decided. Safe to kill: an occurrence without a run is found by the next tick, one with a run is never made again.
import { listActiveCampaigns, listDueCampaigns } from '../../store/campaigns.ts'
import { type Decided, decideBlock, scheduleNow } from '../campaigns/occurrences.ts'
import { isUnreadable, pauseUnreadable } from '../campaigns/unreadable-campaign.ts'
import type { Context } from '../context.ts'
import { eachAlone } from '../duties/each-alone.ts'

export type TickResult = Decided

export interface TickOptions {
  /** Looks at every campaign whose schedule may have something to come, whatever says when to look. */
  isEvery?: boolean
  signal?: AbortSignal
}

/** Decides everything that is due, each campaign alone; a long downtime in blocks, in turns with the other campaigns. */
export async function tickAll(ctx: Context, { isEvery = false, signal }: TickOptions = {}): Promise<TickResult> {
  const total: TickResult = { started: 0, missed: 0, skipped: 0 }
  let hasMore = true
  for (let isAny = isEvery; hasMore && !signal?.aborted; isAny = false) {
    hasMore = false
    const now = scheduleNow(ctx)
    const due = await ctx.db.read((tx) => (isAny ? listActiveCampaigns(tx) : listDueCampaigns(tx, now)))
    await eachAlone(ctx, { work: 'schedule', items: due, idOf: (id) => id, isAll: true, signal }, async (id) => {
      if (await tickBlock(ctx, id, total)) hasMore = true
      return true
    })
    await new Promise((resolve) => setImmediate(resolve))
  }
  return total
}

/** Decides the due occurrences of one campaign. */
export async function tickCampaign(ctx: Context, campaignId: number, signal?: AbortSignal): Promise<TickResult> {
  const total: TickResult = { started: 0, missed: 0, skipped: 0 }
  while ((await tickBlock(ctx, campaignId, total)) && !signal?.aborted)
    await new Promise((resolve) => setImmediate(resolve))
  return total
}

/** Decides one block of what is due; true when more of it is due. */
async function tickBlock(ctx: Context, campaignId: number, total: TickResult): Promise<boolean> {
  try {
    const { started, missed, skipped, hasMore } = await decideBlock(ctx, campaignId, scheduleNow(ctx))
    total.started += started
    total.missed += missed
    total.skipped += skipped
    return hasMore
  } catch (error) {
    if (!isUnreadable(error)) throw error
    await pauseUnreadable(ctx, campaignId, error)
    return false
  }
}
