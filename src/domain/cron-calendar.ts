// When a checked pattern fires on a clock without changes: the days of its calendar, each with the same times of day.
// Arithmetic only, a microsecond or so a firing: every campaign that is shown or ticked asks.
import { remembered } from './remembered.ts'
import { DAY_MS, HOUR_MS, type LocalMs, MINUTE_MS } from './time-zone.ts'

const monthNames = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ')
const weekdayNames = 'SUN MON TUE WED THU FRI SAT'.split(' ')

/** What fires at all does so again within these years: the fifth Monday of a February is 40 years away at most. */
const YEARS_MAX = 41
const YEAR_LAST = 9999
/** The first of January 1970. */
const THURSDAY = 4

interface Calendar {
  /** From midnight on, in order. */
  times: number[]
  /** 1 for January. */
  months: ReadonlySet<number>
  isDay(day: Day): boolean
}

interface Day {
  /** 1 for the first of the month. */
  date: number
  dates: number
  /** 0 for Sunday. */
  weekday: number
}

/** Local times at which a pattern (five fields in upper case, checked by parseCron) fires after `after`, oldest first. */
export function localFirings(text: string, after: LocalMs, count: number): LocalMs[] {
  const { times, months, isDay } = readPattern(text)
  const found: LocalMs[] = []
  const start = new Date(after)
  let date = start.getUTCDate()
  let lastYear = start.getUTCFullYear() + YEARS_MAX
  for (
    let year = start.getUTCFullYear(), month = start.getUTCMonth();
    year <= Math.min(lastYear, YEAR_LAST);
    date = 1
  ) {
    const midnight = Date.UTC(year, month, 1)
    const dates = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
    for (; months.has(month + 1) && date <= dates; date++) {
      const day = midnight + (date - 1) * DAY_MS
      if (!isDay({ date, dates, weekday: (((day / DAY_MS + THURSDAY) % 7) + 7) % 7 })) continue
      for (const time of times) if (day + time > after && found.push(day + time) === count) return found
      lastYear = year + YEARS_MAX
    }
    month = (month + 1) % 12
    if (month === 0) year++
  }
  return found
}

/** When a pattern fires on a day on which it does, from midnight on, in order. */
export function timesOfDay(text: string): number[] {
  return readPattern(text).times
}

/** Campaigns share a few thousand patterns, and each is asked for by every page that shows one of them. */
const readPattern = remembered(calendarOf, { most: 2_000, longest: 100 })

function calendarOf(text: string): Calendar {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = text.split(' ')
  const minutes = valuesOf(minute, 0, 59)
  const times = valuesOf(hour, 0, 23).flatMap((h) => minutes.map((m) => h * HOUR_MS + m * MINUTE_MS))
  return { times, months: new Set(valuesOf(month, 1, 12, monthNames)), isDay: dayRule(day, weekday) }
}

/** Either fits where both are set. */
function dayRule(day: string, weekday: string): Calendar['isDay'] {
  const parts = day.split(',')
  const dates = new Set(valuesOf(parts.filter((part) => part !== 'L').join(','), 1, 31))
  const hasLast = parts.includes('L')
  const isDate = ({ date, dates: last }: Day) => dates.has(date) || (hasLast && date === last)
  if (weekday === '*') return isDate
  const isWeekday = weekdayRule(weekday)
  return day === '*' ? isWeekday : (of) => isDate(of) || isWeekday(of)
}

/** `MON#2` is the second Monday of the month. */
function weekdayRule(field: string): Calendar['isDay'] {
  const parts = field.split(',')
  const plain = new Set(weekdaysOf(parts.filter((part) => !part.includes('#')).join(',')))
  const nth = parts
    .filter((part) => part.includes('#'))
    .map((part) => [weekdaysOf(part.slice(0, -2))[0], Number(part.at(-1))])
  return ({ date, weekday }) =>
    plain.has(weekday) || nth.some(([name, week]) => name === weekday && week === Math.ceil(date / 7))
}

/** Sunday is 0, at the end of a range also 7. */
function weekdaysOf(field: string): number[] {
  return valuesOf(field.replace(/-SUN/g, '-7'), 0, 7, weekdayNames).map((value) => value % 7)
}

/** The values that a field names, in order; none for an empty one. `names` are those of `min` and what follows. */
function valuesOf(field: string, min: number, max: number, names: readonly string[] = []): number[] {
  const numberOf = (text: string) => (names.includes(text) ? names.indexOf(text) + min : Number(text))
  const values = new Set<number>()
  for (const part of field.split(',').filter((text) => text !== '')) {
    const [range = '', step = '1'] = part.split('/')
    const [from = '', to = from] = range.split('-')
    const [first, last] = range === '*' ? [min, max] : [numberOf(from), numberOf(to)]
    for (let value = first; value <= last; value += Number(step)) values.add(value)
  }
  return [...values].sort((a, b) => a - b)
}
