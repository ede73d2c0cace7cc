// What fires when: the runs that schedules bring within some days, over all campaigns. Reads only; a schedule at a time, so that
// others get their turn.
import { parseCampaign } from '../../domain/campaign.ts'
import { formatId } from '../../domain/ids.ts'
import { formatInstant, formatLocal } from '../../domain/instant.ts'
import { countsFrom } from '../../domain/lateness.ts'
import { occurrencesAfter } from '../../domain/schedule.ts'
import { DAY_MS } from '../../domain/time-zone.ts'
import { type CampaignRow, getRevision, listNextTicks } from '../../store/campaigns.ts'
import type { Context } from '../context.ts'
import { isUnreadable } from './unreadable-campaign.ts'

export interface UpcomingRun {
  campaign: string
  campaignId: string
  status: CampaignRow['status']
  sender: string
  /** When it begins; in recipients' zones when the schedule's own zone shows the time. */
  at: string
  /** In recipients' zones: what the clock of each recipient shows then. */
  local: string | null
}

export interface UpcomingRuns {
  items: UpcomingRun[]
  /** More fires in these days than is listed. */
  isCut: boolean
}

/** Campaigns whose schedules are asked, those that come next first. */
const CAMPAIGNS_MAX = 100

/** Oldest first. A campaign that is paused fires nothing until it is resumed; it is listed with its status. */
export async function upcomingRuns(
  ctx: Context,
  { days, limit }: { days: number; limit: number },
): Promise<UpcomingRuns> {
  const now = ctx.clock.now()
  const until = now + days * DAY_MS
  const rows = await ctx.db.read((tx) => listNextTicks(tx, { until, limit: CAMPAIGNS_MAX }))
  const found: UpcomingRun[] = []
  for (const row of rows) {
    // Later ones of this campaign and all of those behind it come after what is full already.
    found.push(...(await firingsOf(ctx, row, { now, until, limit: limit + 1 })))
    await new Promise((resolve) => setImmediate(resolve))
  }
  found.sort((a, b) => a.at.localeCompare(b.at))
  return { items: found.slice(0, limit), isCut: found.length > limit || rows.length === CAMPAIGNS_MAX }
}

interface Span {
  now: number
  until: number
  limit: number
}

type NextTick = Awaited<ReturnType<typeof listNextTicks>>[number]

async function firingsOf(ctx: Context, row: NextTick, { now, until, limit }: Span): Promise<UpcomingRun[]> {
  const view = { campaign: row.name, campaignId: formatId('campaign', row.id), status: row.status, sender: row.sender }
  try {
    const { definition } = await ctx.db.read((tx) => getRevision(tx, row.revisionId ?? 0))
    const { schedule } = parseCampaign(definition, ctx.config.timeZone)
    const left = Math.min(limit, (schedule.maxRuns ?? Number.POSITIVE_INFINITY) - row.runsStarted)
    return occurrencesAfter(schedule, Math.max(row.decidedUntil, now - 1), Math.max(left, 0), row.launchedAt ?? 0)
      .filter(({ at }) => at <= until)
      .map(({ at, local }) => ({
        ...view,
        at: formatInstant(countsFrom(at, row.committedAt)),
        local: schedule.isRecipientLocal ? formatLocal(local) : null,
      }))
  } catch (error) {
    if (!isUnreadable(error)) throw error
    return []
  }
}
