// A new schedule for a campaign that was launched: what is due is decided by the old one first, then the new one counts from
// the edit as it would from a launch. All of it in the transaction of the edit.
import type { Campaign } from '../../domain/campaign.ts'
import { AppError } from '../../domain/errors.ts'
import { counted } from '../../domain/plural.ts'
import type { Occurrence } from '../../domain/schedule.ts'
import { type CampaignRow, setSchedule } from '../../store/campaigns.ts'
import type { WriteTx } from '../../store/database.ts'
import { dropIdle, findOccurrence } from '../../store/runs.ts'
import { finishCampaignIfDone } from './finish.ts'
import { startSchedule } from './schedule-start.ts'

export interface RescheduleOptions {
  now: number
  /** Stored zones of the audience, with their people. */
  people: ReadonlyMap<string, number>
  isSendNow: boolean
}

/** Returns what should be known about it. Throws AppError schedule.in_the_past, schedule.too_far. */
export async function reschedule(
  tx: WriteTx,
  row: CampaignRow,
  campaign: Campaign,
  options: RescheduleOptions,
): Promise<string[]> {
  const { now } = options
  const { maxRuns } = campaign.schedule
  const isExhausted = maxRuns !== undefined && row.runsStarted >= maxRuns
  const isOver = isExhausted || (await hasRun(tx, row, campaign, options))
  const start = isOver ? { decidedUntil: now, nextTickAt: null } : startOf(row, campaign, options)
  await setSchedule(tx, row.id, { committedAt: now, ...start })
  if (start.nextTickAt === null) await finishCampaignIfDone(tx, row.id)
  if (!isExhausted) return []
  return [`${counted(row.runsStarted, 'run has', 'runs have')} started already: no further one will start`]
}

/** A single time that has had its run has no other; one that started nothing gives way when it is to be sent now. */
async function hasRun(
  tx: WriteTx,
  row: CampaignRow,
  { schedule: { timing } }: Campaign,
  { isSendNow }: RescheduleOptions,
): Promise<boolean> {
  if (timing.kind === 'launch') return row.runsStarted > 0
  if (timing.kind !== 'once') return false
  const run = await findOccurrence(tx, row.id, (timing satisfies Occurrence).key)
  if (run === undefined) return false
  return !(isSendNow && (await dropIdle(tx, run)))
}

function startOf({ launchedAt }: CampaignRow, { schedule }: Campaign, options: RescheduleOptions) {
  const { now, people, isSendNow } = options
  if (schedule.timing.kind === 'launch' && !isSendNow)
    throw new AppError('schedule.in_the_past', 'the campaign is launched: without a time it would be sent at once', {
      hint: 'Name a time, or save it with --now.',
    })
  return startSchedule(schedule, {
    launchedAt: launchedAt ?? now,
    committedAt: now,
    zones: [...people.keys()],
    people,
    isSendNow,
  })
}
