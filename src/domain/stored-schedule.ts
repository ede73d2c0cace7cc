// What a schedule must be before it is stored, beyond what an older one may be that is stored already.
import { isWrittenDuration } from './duration.ts'
import { AppError } from './errors.ts'
import { parseWrittenTime } from './instant.ts'
import { readPart, type ScheduleDefinition } from './schedule.ts'
import { checkTimeZone } from './zone-name.ts'

/**
 * The schedule with its zones under their present names. Throws AppError date.*, zone.unknown, schedule.invalid; its details name the part
 * as `pointer`.
 */
export function storedSchedule(given: ScheduleDefinition): ScheduleDefinition {
  const { at, every, timeZone, fallbackTimeZone, catchUp } = given
  if (at !== undefined) readPart('at', () => checkHasTime(at))
  if (every !== undefined && /\s/.test(every)) readPart('every', () => refuseBlank(every))
  if (catchUp !== undefined) readPart('catchUp', () => checkDuration(catchUp))
  const stored = { ...given }
  if (timeZone !== undefined && timeZone !== 'recipient')
    stored.timeZone = readPart('timeZone', () => checkTimeZone(timeZone))
  if (fallbackTimeZone !== undefined)
    stored.fallbackTimeZone = readPart('fallbackTimeZone', () => checkTimeZone(fallbackTimeZone))
  return stored
}

function checkDuration(text: string): void {
  if (isWrittenDuration(text)) return
  throw new AppError('schedule.invalid', `"${text}" is not a duration of more than nothing`, {
    hint: 'Write a whole number with s, m, h, d or w, without a blank: 90m.',
  })
}

function refuseBlank(text: string): never {
  throw new AppError('schedule.invalid', `"${text}" is no interval`, { hint: 'Write it without a blank: 30m, 6h, 1d.' })
}

/** A day is no moment to send at: midnight is hardly meant. */
function checkHasTime(at: string): void {
  if (parseWrittenTime(at).hasTime) return
  throw new AppError('date.time_missing', `"${at}" is a day without a time`, {
    hint: `Write when on that day, for example ${at.trim().slice(0, 10)}T09:00.`,
  })
}
