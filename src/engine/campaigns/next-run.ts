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

/** When the next run is planned, by the schedule as it is stored: in recipients' zones long before its time elsewhere. */
export async function findNextPlan(tx: ReadTx, row: CampaignRow, defaultZone: string): Promise<number | null> {
  if (row.nextTickAt === null) return null
  const { definition } = await getRevision(tx, row.revisionId ?? 0)
  try {
    const { schedule } = parseCampaign(definition, defaultZone)
    const nextRunAt = nextRunOf(row, schedule)
    return nextRunAt === null || !schedule.isRecipientLocal ? nextRunAt : row.nextTickAt
  } catch (error) {
    if (!isUnreadable(error)) throw error
    return null
  }
}
