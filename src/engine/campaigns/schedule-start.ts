// Where a schedule begins when a launch or an edit accepts it, with the limits of past and future checked.
import { lastOf, startMark } from '../../domain/due-occurrences.ts'
import { AppError } from '../../domain/errors.ts'
import { checkHorizon, checkPast, HORIZON_MS } from '../../domain/horizon.ts'
import { formatInstant, formatLocal } from '../../domain/instant.ts'
import { counted } from '../../domain/plural.ts'
import { dueInZone, type Occurrence, occurrencesAfter, planAt, type Schedule } from '../../domain/schedule.ts'
import { DAY_MS } from '../../domain/time-zone.ts'

export interface ScheduleStart {
  /** Occurrences up to here count as decided. */
  decidedUntil: number
  nextTickAt: number
}

export interface StartOptions {
  launchedAt: number
  committedAt: number
  /** Stored zones of the audience, and how many people of each would get it. */
  zones: readonly string[]
  people: ReadonlyMap<string, number>
  isSendNow: boolean
}

/** Throws AppError schedule.in_the_past, schedule.too_far. */
export function startSchedule(schedule: Schedule, options: StartOptions): ScheduleStart {
  const { launchedAt, committedAt, zones } = options
  const { timing } = schedule
  if (timing.kind === 'once') checkOnce(schedule, timing, options)
  const decidedUntil = startMark(schedule, { launchedAt, committedAt }, zones)
  const [next] = occurrencesAfter(schedule, decidedUntil, 1, launchedAt)
  if (next === undefined)
    throw new AppError('schedule.in_the_past', 'the schedule has no time left', {
      hint: 'Choose a later end (`until`).',
    })
  return { decidedUntil, nextTickAt: Math.max(committedAt, planAt(schedule, next)) }
}

function checkOnce(schedule: Schedule, occurrence: Occurrence, options: StartOptions): void {
  const { committedAt, zones, people, isSendNow } = options
  if (!schedule.isRecipientLocal) {
    checkPast(occurrence.at, committedAt, isSendNow)
    return checkHorizon({ scheduledAt: occurrence.at, launchedAt: committedAt })
  }
  // `zonePassed` says what becomes of people whose time was over within the last day.
  const lastAt = lastOf(schedule, occurrence, zones)
  checkPast(lastAt, committedAt, isSendNow || lastAt > committedAt - DAY_MS)
  checkZoneHorizon(occurrence, people, schedule.zone, committedAt)
}

/** Refuses a launch when people in far zones would come out of the 35 days, with their number (HZ-05). */
function checkZoneHorizon(
  occurrence: Occurrence,
  zones: ReadonlyMap<string, number>,
  fallbackZone: string,
  launchedAt: number,
): void {
  const limit = launchedAt + HORIZON_MS
  let outside = 0
  let latestLocal = Number.POSITIVE_INFINITY
  for (const [zone, count] of zones) {
    const dueAt = dueInZone(zone === '' ? fallbackZone : zone, occurrence.local)
    if (dueAt > limit) outside += count
    latestLocal = Math.min(latestLocal, occurrence.local + (limit - dueAt))
  }
  if (outside === 0) return
  const latest = formatLocal(Math.floor(latestLocal / 60_000) * 60_000)
  throw new AppError(
    'schedule.too_far',
    `${counted(outside, 'person', 'people')} would get the message more than 35 days after the launch`,
    {
      hint: `The latest possible local time for everybody is ${latest}.`,
      details: { people: outside, latest, limit: formatInstant(limit) },
    },
  )
}
