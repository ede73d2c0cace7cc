// The first look at an installation, bounded whatever its size: counts, and the few campaigns that matter now.
import type { CampaignStatus } from '../../domain/campaign-status.ts'
import { countCampaigns, countLists, listLastMoved, listNextScheduled } from '../../store/overview.ts'
import { countOpenReplies } from '../../store/replies.ts'
import { countSenders } from '../../store/senders.ts'
import { type ListedCampaign, viewListed } from '../campaigns/campaign-list.ts'
import type { Context } from '../context.ts'

export interface Overview {
  /** How many have a status; a status that none has is left out. */
  campaigns: Partial<Record<CampaignStatus, number>>
  lists: number
  senders: number
  /** Replies that wait to be settled; no more than one above OPEN_REPLIES_SHOWN are counted. */
  openReplies: number
  /** Running and paused ones, the one that moved last first. */
  atWork: ListedCampaign[]
  /** Scheduled ones, the next first. */
  next: ListedCampaign[]
  /** The latest first. */
  finished: ListedCampaign[]
}

export const OPEN_REPLIES_SHOWN = 999

/** Campaigns shown of each kind. */
const SHOWN = { atWork: 10, next: 5, finished: 5 }

export async function overviewOf(ctx: Context): Promise<Overview> {
  return ctx.db.read(async (tx) => {
    return {
      campaigns: await countCampaigns(tx),
      lists: await countLists(tx),
      senders: await countSenders(tx),
      openReplies: await countOpenReplies(tx, OPEN_REPLIES_SHOWN + 1),
      atWork: await viewListed(ctx, tx, await listLastMoved(tx, ['running', 'paused'], SHOWN.atWork)),
      next: await viewListed(ctx, tx, await listNextScheduled(tx, SHOWN.next)),
      finished: await viewListed(ctx, tx, await listLastMoved(tx, ['finished'], SHOWN.finished)),
    }
  })
}
