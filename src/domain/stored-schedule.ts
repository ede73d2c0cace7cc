// What a schedule must be before it is stored, beyond what an older one may be that is stored already.
import { AppError } from './errors.ts'
import { parseWrittenTime } from './instant.ts'
import { readPart, type ScheduleDefinition } from './schedule.ts'
import { checkTimeZone } from './zone-name.ts'

/**
 * The schedule with its zones under their present names. Throws AppError date.*, zone.unknown; its details name the part
 * as `pointer`.
 */
export function storedSchedule(given: ScheduleDefinition): ScheduleDefinition {
  const { at, timeZone, fallbackTimeZone } = given
  if (at !== undefined) readPart('at', () => checkHasTime(at))
  const stored = { ...given }
  if (timeZone !== undefined && timeZone !== 'recipient')
    stored.timeZone = readPart('timeZone', () => checkTimeZone(timeZone))
  if (fallbackTimeZone !== undefined)
    stored.fallbackTimeZone = readPart('fallbackTimeZone', () => checkTimeZone(fallbackTimeZone))
  return stored
}

/** A day is no moment to send at: midnight is hardly meant. */
function checkHasTime(at: string): void {
  if (parseWrittenTime(at).hasTime) return
  throw new AppError('date.time_missing', `"${at}" is a day without a time`, {
    hint: `Write when on that day, for example ${at.trim().slice(0, 10)}T09:00.`,
  })
}
