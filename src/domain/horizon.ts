// How far from its launch a message may be planned, into the future and into the past.
import { AppError } from './errors.ts'
import { formatInstant } from './instant.ts'
import { counted } from './plural.ts'
import { DAY_MS, HOUR_MS } from './time-zone.ts'

/** `scheduled_at − launched_at` may not be longer (providers reject what is farther). Exact elapsed time. */
export const HORIZON_MS = 35 * DAY_MS
/** A start time that far in the past counts as now; further back is a mistake (HZ-10, HZ-11). */
export const PAST_TOLERANCE_MS = 10 * 60_000

export interface HorizonCheck {
  scheduledAt: number
  launchedAt: number
}

/** Refuses a message planned more than 35 days after its launch; exactly 35 days are allowed (HZ-01, HZ-02). */
export function checkHorizon({ scheduledAt, launchedAt }: HorizonCheck): void {
  if (scheduledAt - launchedAt <= HORIZON_MS) return
  const latest = formatInstant(launchedAt + HORIZON_MS)
  throw new AppError('schedule.too_far', `${formatInstant(scheduledAt)} is more than 35 days ahead`, {
    hint: `The latest possible time is ${latest}.`,
    details: { latest },
  })
}

/** What a launch makes of a start time in the past: now, within the tolerance or when asked; else a refusal. */
export function checkPast(at: number, now: number, isSendNow: boolean): { wasPast: boolean } {
  if (at >= now) return { wasPast: false }
  if (isSendNow || now - at <= PAST_TOLERANCE_MS) return { wasPast: true }
  throw new AppError('schedule.in_the_past', `${formatInstant(at)} was ${spanText(now - at)} ago`, {
    hint: 'Choose a later time, or launch with --now.',
  })
}

function spanText(ms: number): string {
  if (ms >= DAY_MS) return counted(Math.floor(ms / DAY_MS), 'day', 'days')
  if (ms >= HOUR_MS) return counted(Math.floor(ms / HOUR_MS), 'hour', 'hours')
  return counted(Math.floor(ms / 60_000), 'minute', 'minutes')
}
