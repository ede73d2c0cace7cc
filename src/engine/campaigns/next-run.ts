// When the next run of a campaign begins, as its schedule says. Reads only.
import { parseCampaign } from '../../domain/campaign.ts'
import type { CampaignStatus } from '../../domain/campaign-status.ts'
import { countsFrom } from '../../domain/lateness.ts'
import { LAST_AT, occurrencesAfter, type Schedule } from '../../domain/schedule.ts'
import { type CampaignRow, getRevision } from '../../store/campaigns.ts'
import type { ReadTx } from '../../store/database.ts'
import { isUnreadable } from './unreadable-campaign.ts'

/** What has ended keeps its schedule and starts nothing. */
const mayRunAgain: readonly CampaignStatus[] = ['scheduled', 'running', 'paused']

/** Null when no run is to come. */
export function nextRunOf(row: CampaignRow, schedule: Schedule): number | null {
  if (row.nextTickAt === null || !mayRunAgain.includes(row.status)) return null
  const [next] = occurrencesAfter(schedule, Math.min(row.decidedUntil, LAST_AT), 1, row.launchedAt ?? 0)
  return next === undefined ? null : countsFrom(next.at, row.committedAt)
}

/** The same, with the schedule as it is stored; null also when that cannot be read. */
export async function findNextRun(tx: ReadTx, row: CampaignRow, defaultZone: string): Promise<number | null> {
  if (row.nextTickAt === null) return null
  const { definition } = await getRevision(tx, row.revisionId ?? 0)
  try {
    return nextRunOf(row, parseCampaign(definition, defaultZone).schedule)
  } catch (error) {
    if (!isUnreadable(error)) throw error
    return null
  }
}
