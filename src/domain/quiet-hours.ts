// Hours of the recipient's day in which nothing is sent. A predicate on the wall clock, and the first instant at
// which it is false; start inclusive, end exclusive, over midnight when the start is later than the end.
import { z } from 'zod'
import { AppError } from './errors.ts'
import {
  clocksOf,
  DAY_MS,
  type LocalMs,
  localTime,
  minuteOfDay,
  offsetChanges,
  resolveLocal,
  startOfLocalDay,
  weekdayOf,
} from './time-zone.ts'

export const weekdayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** Quiet hours as settings and campaigns write them. */
export const quietHoursSchema = z.strictObject({
  from: z.string().max(5),
  to: z.string().max(5),
  /** Weekdays that are quiet from midnight to midnight. */
  allDay: z.array(z.enum(weekdayNames)).max(7).optional(),
  action: z.enum(['defer', 'skip']).optional(),
})
export type QuietHoursDefinition = z.infer<typeof quietHoursSchema>

export interface QuietHours {
  /** Minutes since local midnight. */
  fromMinute: number
  toMinute: number
  /** Weekdays, 0 for Sunday. */
  allDay: readonly number[]
  action: 'defer' | 'skip'
}

/** A search that finds nothing ends here. Longest quiet time: six whole days, and the clocks skip the free hour of the seventh. */
const SEARCH_DAYS = 16
/** The same for policies without whole days, which are free every day. */
const SEARCH_DAYS_DAILY = 9

/** Reads quiet hours. Throws AppError quiet_hours.invalid. */
export function parseQuietHours(definition: QuietHoursDefinition): QuietHours {
  const fromMinute = minuteIn(definition.from)
  const toMinute = minuteIn(definition.to)
  if (fromMinute === toMinute)
    throw invalid(
      `${definition.from}–${definition.to} can mean always or never`,
      'Choose other times, or switch quiet hours off.',
    )
  const allDay = [...new Set((definition.allDay ?? []).map((name) => weekdayNames.indexOf(name)))]
  if (allDay.length === 7) throw invalid('every day of the week is quiet', 'Leave at least one day.')
  return { fromMinute, toMinute, allDay, action: definition.action ?? 'defer' }
}

function minuteIn(text: string): number {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text)
  const hour = Number(match?.[1])
  const minute = Number(match?.[2])
  if (match === null || hour > 23 || minute > 59)
    throw invalid(`"${text}" is no time of day`, 'Write hours and minutes: 21:00.')
  return hour * 60 + minute
}

function invalid(message: string, hint: string): AppError {
  return new AppError('quiet_hours.invalid', `quiet hours: ${message}`, { hint })
}

/** Whether a wall clock shows a quiet time. */
export function isQuiet(local: LocalMs, policy: QuietHours): boolean {
  if (policy.allDay.includes(weekdayOf(local))) return true
  const minute = minuteOfDay(local)
  return policy.fromMinute < policy.toMinute
    ? minute >= policy.fromMinute && minute < policy.toMinute
    : minute >= policy.fromMinute || minute < policy.toMinute
}

/**
 * The first instant from `at` on that is not quiet, in a zone or, for a country with several clocks, in all of them.
 * Undefined when their free hours never meet.
 */
export function nextAllowedAt(zone: string, at: number, policy: QuietHours): number | undefined {
  const clocks = clocksOf(zone)
  const isFree = (instant: number) => clocks.every((clock) => !isQuiet(localTime(clock, instant), policy))
  if (isFree(at)) return at
  const candidates = clocks.flatMap((clock) => endsOfQuiet(clock, at, policy))
  return candidates.sort((a, b) => a - b).find((instant) => instant > at && isFree(instant))
}

/** Instants at which one clock may leave a quiet time: the end of the window, midnights, and its own jumps. */
function endsOfQuiet(zone: string, at: number, policy: QuietHours): number[] {
  const days = policy.allDay.length > 0 ? SEARCH_DAYS : SEARCH_DAYS_DAILY
  const ends = offsetChanges(zone, at, at + days * DAY_MS)
  const today = startOfLocalDay(localTime(zone, at))
  for (let day = -1; day <= days; day++) {
    const midnight = today + day * DAY_MS
    for (const local of policy.allDay.length > 0
      ? [midnight, midnight + policy.toMinute * 60_000]
      : [midnight + policy.toMinute * 60_000]) {
      const resolved = resolveLocal(zone, local)
      ends.push(resolved.at)
      if (resolved.kind === 'overlap') ends.push(resolved.secondAt)
    }
  }
  return ends
}
