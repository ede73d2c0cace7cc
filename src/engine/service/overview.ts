// The first look at an installation, bounded whatever its size: counts, and the few campaigns that matter now.
import type { CampaignStatus } from '../../domain/campaign-status.ts'
import { countCampaigns, countLists, hasProvider, listLastMoved } from '../../store/overview.ts'
import { countOpenReplies } from '../../store/replies.ts'
import { countSenders } from '../../store/senders.ts'
import { type ListedCampaign, viewListed } from '../campaigns/campaign-list.ts'
import { type UpcomingRuns, upcomingRuns } from '../campaigns/upcoming.ts'
import type { Context } from '../context.ts'

export interface Overview {
  /** How many have a status; a status that none has is left out. */
  campaigns: Partial<Record<CampaignStatus, number>>
  lists: number
  senders: number
  /** A sender that reaches people: the sandbox sends nothing. */
  hasProvider: boolean
  /** A campaign was launched once. */
  hasLaunched: boolean
  /** Replies that wait to be settled; no more than one above OPEN_REPLIES_SHOWN are counted. */
  openReplies: number
  /** Running and paused ones, the one that moved last first. */
  atWork: ListedCampaign[]
  /** What schedules bring in the next seven days. */
  upcoming: UpcomingRuns
  /** The latest first. */
  finished: ListedCampaign[]
}

export const OPEN_REPLIES_SHOWN = 999

/** Campaigns shown of each kind. */
const SHOWN = { atWork: 10, upcoming: 8, finished: 5 }
const UPCOMING_DAYS = 7

export async function overviewOf(ctx: Context): Promise<Overview> {
  const upcoming = await upcomingRuns(ctx, { days: UPCOMING_DAYS, limit: SHOWN.upcoming })
  return ctx.db.read(async (tx) => {
    const campaigns = await countCampaigns(tx)
    return {
      campaigns,
      lists: await countLists(tx),
      senders: await countSenders(tx),
      hasProvider: await hasProvider(tx),
      hasLaunched: Object.entries(campaigns).some(([status, count]) => count > 0 && !notLaunched.includes(status)),
      openReplies: await countOpenReplies(tx, OPEN_REPLIES_SHOWN + 1),
      atWork: await viewListed(ctx, tx, await listLastMoved(tx, ['running', 'paused'], SHOWN.atWork)),
      upcoming,
      finished: await viewListed(ctx, tx, await listLastMoved(tx, ['finished'], SHOWN.finished)),
    }
  })
}

/** A draft that was archived is no launch either, and one more look at the first steps does no harm. */
const notLaunched: readonly string[] = ['draft', 'archived']
