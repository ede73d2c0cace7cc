// What fires when: the runs that schedules bring within some days, over all campaigns. Reads only; a schedule at a time, so that
// others get their turn.
import { parseCampaign } from '../../domain/campaign.ts'
import { formatId } from '../../domain/ids.ts'
import { formatInstant, formatLocal } from '../../domain/instant.ts'
import { countsFrom } from '../../domain/lateness.ts'
import { type Occurrence, occurrencesAfter, type Schedule } from '../../domain/schedule.ts'
import { DAY_MS } from '../../domain/time-zone.ts'
import { listDefinitions } from '../../store/campaign-list.ts'
import { type CampaignRow, listNextTicks } from '../../store/campaigns.ts'
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

/** Campaigns whose schedules are asked, those that come next first: each takes nearly a millisecond. */
const CAMPAIGNS_MAX = 50
/** More than are listed: in recipients' zones the next look comes before the time itself. */
const CAMPAIGNS_MIN = 20

/** Oldest first. A campaign that is paused fires nothing until it is resumed; it is listed with its status. */
export async function upcomingRuns(
  ctx: Context,
  { days, limit }: { days: number; limit: number },
): Promise<UpcomingRuns> {
  const now = ctx.clock.now()
  const until = now + days * DAY_MS
  const asked = Math.min(Math.max(limit, CAMPAIGNS_MIN), CAMPAIGNS_MAX)
  const { rows, definitions } = await ctx.db.read(async (tx) => {
    const rows = await listNextTicks(tx, { until, limit: asked })
    const ids = rows.map(({ id }) => id)
    return { rows, definitions: await listDefinitions(tx, ids) }
  })
  const found: UpcomingRun[] = []
  for (const row of rows) {
    // All of those behind it come later than what is full already.
    if (isFull(found, limit, row.nextTickAt)) break
    const schedule = scheduleOf(definitions.get(row.id), ctx.config.timeZone)
    if (schedule !== undefined) found.push(...firingsOf(row, schedule, { now, until, limit: limit + 1 }))
    found.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
    found.length = Math.min(found.length, limit + 1)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { items: found.slice(0, limit), isCut: found.length > limit || rows.length === asked }
}

function isFull(found: readonly UpcomingRun[], limit: number, nextTickAt: number): boolean {
  const last = found[limit]
  return last !== undefined && Date.parse(last.at) <= nextTickAt
}

interface Span {
  now: number
  until: number
  limit: number
}

type NextTick = Awaited<ReturnType<typeof listNextTicks>>[number]

/** Undefined where the definition cannot be read. */
function scheduleOf(definition: string | undefined, timeZone: string): Schedule | undefined {
  if (definition === undefined) return undefined
  try {
    return parseCampaign(JSON.parse(definition), timeZone).schedule
  } catch (error) {
    if (!isUnreadable(error)) throw error
    return undefined
  }
}

function firingsOf(row: NextTick, schedule: Schedule, { now, until, limit }: Span): UpcomingRun[] {
  const left = Math.min(limit, (schedule.maxRuns ?? Number.POSITIVE_INFINITY) - row.runsStarted)
  return occurrencesUntil(schedule, {
    until,
    limit: left,
    after: Math.max(row.decidedUntil, now - 1),
    launchedAt: row.launchedAt ?? 0,
  }).map(({ at, local }) => ({
    campaign: row.name,
    campaignId: formatId('campaign', row.id),
    status: row.status,
    sender: row.sender,
    at: formatInstant(countsFrom(at, row.committedAt)),
    local: schedule.isRecipientLocal ? formatLocal(local) : null,
  }))
}

/** Asked for so many at once: a schedule that fires once a month is not asked for years. */
const CHUNK = 8

function occurrencesUntil(
  schedule: Schedule,
  { after, until, limit, launchedAt }: { after: number; until: number; limit: number; launchedAt: number },
): Occurrence[] {
  const found: Occurrence[] = []
  for (let from = after; found.length < limit; ) {
    const next = occurrencesAfter(schedule, from, CHUNK, launchedAt)
    found.push(...next.filter(({ at }) => at <= until))
    const last = next.at(-1)
    if (last === undefined || next.length < CHUNK || last.at > until) break
    from = last.at
  }
  return found.slice(0, Math.max(limit, 0))
}
