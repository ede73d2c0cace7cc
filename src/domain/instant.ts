// Dates and times as people write them in files and on the command line. A time without offset and without zone
// is refused: nobody can say when it is. A date without a time is a whole day: as an end it goes through its last
// millisecond, as a start it begins with its first.
import { AppError } from './errors.ts'
import { DAY_MS, type LocalMs, localTime, resolveLocal } from './time-zone.ts'

export interface WrittenTime {
  /** What the text shows on a clock; midnight for a date without a time. */
  local: LocalMs
  /** False for a date alone. */
  hasTime: boolean
  /** The instant, when the text carries an offset or Z. */
  at: number | undefined
}

const form = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d*)?)?)?(Z|[+-]\d{2}:?\d{2})?$/i
/** Years outside are typing mistakes or seconds taken for milliseconds. */
const YEAR_MIN = 2000
const YEAR_MAX = 2100

/** Reads `2026-12-01`, `2026-12-01T09:00`, with or without offset. Throws AppError date.*. */
export function parseWrittenTime(text: string): WrittenTime {
  const match = form.exec(text.trim())
  if (match === null) throw dateError(text)
  const [, year = '', month = '', day = '', hour, minute = '0', second = '0', fraction = '0', offset] = match
  const [y, mo, d, h, mi, s] = [year, month, day, hour ?? '0', minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (s === 60)
    throw new AppError('date.leap_second', `"${text}" names second 60`, {
      hint: `Write ${text.replace(':60', ':59')}.`,
    })
  if (y < YEAR_MIN || y > YEAR_MAX)
    throw new AppError('date.out_of_range', `"${text}" is in the year ${y}, allowed are ${YEAR_MIN} to ${YEAR_MAX}`)
  const local = Date.UTC(y, mo - 1, d, h, mi, s, Number(fraction.padEnd(3, '0')))
  const back = new Date(local)
  if (back.getUTCMonth() !== mo - 1 || back.getUTCDate() !== d || h > 23 || mi > 59) throw dateError(text)
  return { local, hasTime: hour !== undefined, at: offset === undefined ? undefined : local - offsetOf(offset, text) }
}

function dateError(text: string): AppError {
  if (text.trim() === '')
    return new AppError('date.invalid', 'the time is missing', { hint: 'Write 2026-12-01T09:00.' })
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text
  if (/^\d{9,}$/.test(text.trim()))
    return new AppError('date.out_of_range', `"${shown}" is a number, not a date`, {
      hint: 'Write 2026-12-01T09:00.',
    })
  if (/^[+-]?\d{5,}-\d{2}-\d{2}/.test(text.trim()))
    return new AppError('date.out_of_range', `"${shown}" is not in the years ${YEAR_MIN} to ${YEAR_MAX}`)
  // 12/11/2026 has two readings; 26-01-01 has one and lacks its century.
  if (/^\d{1,2}(?:[./]\d{1,2}[./]\d{2,4}|-\d{1,2}-\d{4})/.test(text.trim()) || /[a-z]{3,}/i.test(text))
    return new AppError('date.ambiguous', `"${shown}" can be read in several ways`, {
      hint: 'Write 2026-12-01T09:00.',
    })
  return new AppError('date.invalid', `"${shown}" is no date`, {
    hint: 'Write 2026-12-01T09:00, with month 01–12 and a day that the month has.',
  })
}

function offsetOf(text: string, whole: string): number {
  if (text.toUpperCase() === 'Z') return 0
  const digits = text.replace(':', '')
  const hours = Number(digits.slice(1, 3))
  const minutes = Number(digits.slice(3, 5))
  if (hours > 14 || minutes > 59) throw dateError(whole)
  return (digits.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

/** What a date without a time means: the first or the last millisecond of its day. */
export type DayEdge = 'start' | 'end'

export interface ResolvedTime {
  at: number
  /** What was understood, for the person who wrote it: `2027-06-02 (through 23:59:59.999 Europe/Berlin, …Z)`. */
  understood: string
  warning?: string
}

/**
 * The instant of a written date or time. Without offset it is a wall time of `zone`: one that the clock skips is refused
 * with the times beside it, one that it shows twice takes the first pass and warns (DS-09, DS-10). Throws AppError date.*.
 */
export function resolveWrittenTime(text: string, zone: string | undefined, edge: DayEdge): ResolvedTime {
  const written = parseWrittenTime(text)
  if (written.at === undefined && zone === undefined)
    throw new AppError('date.zone_missing', `"${text}" has no offset and no time zone`, {
      hint: 'Add timeZone: Europe/Berlin, or write the offset: 2026-12-01T09:00+01:00.',
    })
  const resolved = written.hasTime ? resolveTime(text, written, zone ?? 'UTC') : { at: edgeOfDay(written, zone, edge) }
  return { ...resolved, understood: understoodAs(text, written, { at: resolved.at, zone, edge }) }
}

/** A day may begin later than midnight, where the clocks skip it. */
function edgeOfDay({ local, at }: WrittenTime, zone: string | undefined, edge: DayEdge): number {
  const startOf = (day: LocalMs) => (at === undefined ? resolveLocal(zone ?? 'UTC', day).at : day - local + at)
  return edge === 'start' ? startOf(local) : startOf(local + DAY_MS) - 1
}

function resolveTime(text: string, written: WrittenTime, zone: string): { at: number; warning?: string } {
  if (written.at !== undefined) return { at: written.at }
  const resolved = resolveLocal(zone, written.local)
  if (resolved.kind === 'gap')
    throw new AppError('date.nonexistent_local_time', `${text} does not exist in ${zone}: the clocks skip it`, {
      hint: `Take ${formatLocal(localTime(zone, resolved.at - 60_000))} or ${formatLocal(localTime(zone, resolved.at))}.`,
      details: {
        before: formatLocal(localTime(zone, resolved.at - 60_000)),
        after: formatLocal(localTime(zone, resolved.at)),
      },
    })
  if (resolved.kind === 'exact') return { at: resolved.at }
  return {
    at: resolved.at,
    warning: `${text} happens twice in ${zone}; the first is taken (${formatInstant(resolved.at)}), the second would be ${formatInstant(resolved.secondAt)}`,
  }
}

interface Understanding {
  at: number
  zone: string | undefined
  edge: DayEdge
}

function understoodAs(text: string, written: WrittenTime, { at, zone = 'UTC', edge }: Understanding): string {
  const clock = written.at === undefined ? localTime(zone, at) : at + written.local - written.at
  const day = `${edge === 'end' ? 'through' : 'from'} ${formatLocal(clock).slice(11)}`
  const parts = [written.hasTime ? '' : day, written.at === undefined ? zone : ''].filter((part) => part !== '')
  return `${text.trim()} (${[parts.join(' '), formatInstant(at)].filter((part) => part !== '').join(', ')})`
}

/** ISO-8601 in UTC without needless milliseconds: the form of every instant at an edge. */
export function formatInstant(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z')
}

/** `2026-11-01T01:30`, with seconds only when there are any. */
export function formatLocal(local: LocalMs): string {
  const text = new Date(local).toISOString()
  return text.endsWith(':00.000Z') ? text.slice(0, 16) : text.replace(/(?:\.000)?Z$/, '')
}
