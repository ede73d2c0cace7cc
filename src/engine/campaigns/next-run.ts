// When the next run of a campaign begins: by the stored next tick, and in recipients' zones by its schedule. Reads only.
import type { CampaignStatus } from '../../domain/campaign-status.ts'
import { spanOf } from '../../domain/due-occurrences.ts'
import { formatInstant, formatLocal } from '../../domain/instant.ts'
import { countsFrom } from '../../domain/lateness.ts'
import { LAST_AT, occurrencesAfter, type Schedule } from '../../domain/schedule.ts'
import type { CampaignRow } from '../../store/campaigns.ts'

/** The part of a campaign that tells how far its schedule has come. */
export type Marks = Pick<CampaignRow, 'status' | 'nextTickAt' | 'decidedUntil' | 'launchedAt' | 'committedAt'>

export interface NextRun {
  /** Null when no run is to come. In recipients' zones when the first clock of the world shows the time. */
  nextRunAt: string | null
  /** In recipients' zones what the clock of each of them shows then; null in one zone. */
  nextRunLocal: string | null
}

export const noNextRun: NextRun = { nextRunAt: null, nextRunLocal: null }

/** What has ended keeps its schedule and starts nothing. */
const mayRunAgain: readonly CampaignStatus[] = ['scheduled', 'running', 'paused']

/**
 * When the next run is planned: in one zone when it begins, in recipients' zones before its time comes anywhere. No
 * schedule is asked, so that a page of campaigns costs no firings.
 */
export function nextPlanOf({ status, nextTickAt, committedAt }: Marks): number | null {
  return nextTickAt === null || !mayRunAgain.includes(status) ? null : countsFrom(nextTickAt, committedAt)
}

/** `schedule` is asked only in recipients' zones; undefined for one zone, and for one that cannot be read. */
export function nextRunOf(marks: Marks, schedule: Schedule | undefined): NextRun {
  const planAt = nextPlanOf(marks)
  if (planAt === null) return noNextRun
  if (schedule?.isRecipientLocal !== true) return { nextRunAt: formatInstant(planAt), nextRunLocal: null }
  const { decidedUntil, launchedAt, committedAt } = marks
  const [next] = occurrencesAfter(schedule, Math.min(decidedUntil, LAST_AT), 1, launchedAt ?? 0)
  if (next === undefined) return noNextRun
  const firstAt = countsFrom(spanOf(schedule, next).first, committedAt)
  return { nextRunAt: formatInstant(firstAt), nextRunLocal: formatLocal(next.local) }
}
