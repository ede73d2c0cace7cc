// Five-field cron patterns: our grammar, so that a mistake is named with its place. When they fire on a clock without changes is
// arithmetic (cron-calendar.ts); croner finds the passes of open hours in a zone.

import { Cron } from 'croner'
import { localFirings, timesOfDay } from './cron-calendar.ts'
import { AppError, type ErrorCode, nearestWord } from './errors.ts'
import { counted } from './plural.ts'
import { remembered } from './remembered.ts'
import { DAY_MS, fixedOffsetMs } from './time-zone.ts'

/** Shortest time between two firings of a campaign. */
export const FIRING_INTERVAL_MIN_MS = 5 * 60_000
const PATTERN_LENGTH_MAX = 200
/** Firings looked at to find the shortest interval: covers a year of daily lists. */
const FIRINGS_PROBED = 400

interface FieldRule {
  name: string
  min: number
  max: number
  names?: Record<string, number>
}

const months = Object.fromEntries(
  'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ').map((name, i) => [name, i + 1]),
)
const weekdays = Object.fromEntries('SUN MON TUE WED THU FRI SAT'.split(' ').map((name, i) => [name, i]))

const fieldRules: FieldRule[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: months },
  { name: 'weekday', min: 0, max: 7, names: weekdays },
]

export interface CronPattern {
  /** The five fields with single spaces, letters upper case. */
  text: string
  /** No wildcard and no step in hour and minute: the pattern names times of day. */
  isFixedTime: boolean
  /** What people should know about the pattern before they rely on it. */
  notes: string[]
}

/** Names of patterns that are common elsewhere. */
const namedPatterns: Record<string, string> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * SUN',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
}

/** The five fields of a named pattern such as @daily, in any case; any other text as it is. */
export function namedFields(written: string): string {
  const name = written.trim().toLowerCase()
  return (Object.hasOwn(namedPatterns, name) && namedPatterns[name]) || written
}

function checkName(written: string): void {
  const name = written.toLowerCase()
  if (!name.startsWith('@')) return
  throw new AppError('cron.unknown_name', `cron pattern "${shorten(written)}" ${nameProblem(name)}`, {
    hint: `Use one of ${Object.keys(namedPatterns).join(', ')}, or write minute hour day month weekday.`,
  })
}

function nameProblem(name: string): string {
  if (name.startsWith('@reboot')) return 'names no time: campaigns do not depend on when a machine starts'
  if (name.startsWith('@every')) return 'is an interval: write it as `every`, for example `every: 6h`'
  const nearest = nearestWord(name, Object.keys(namedPatterns))
  return nearest === undefined ? 'is an unknown name' : `is an unknown name; did you mean ${nearest}?`
}

/** Reads a pattern. Throws AppError cron.*. Campaigns share a few thousand, and pages read them again and again. */
export const parseCron = remembered(readCron, { most: 2_000, longest: 100 })

function readCron(written: string): CronPattern {
  if (written.length > PATTERN_LENGTH_MAX)
    throw cronError('cron.syntax', written, `is ${written.length} characters long`)
  if (/[\n\r]/.test(written)) throw cronError('cron.syntax', written, 'has more than one line')
  const source = namedFields(written).trim()
  checkName(source)
  const words = [...source.matchAll(/[^ \t]+/g)]
  const fields = words.map(([field]) => field)
  if (fields.length !== 5) throw fieldCountError(source, fields.length)
  for (const [index, rule] of fieldRules.entries())
    checkField({ source, start: words[index]?.index ?? 0 }, fields[index] ?? '', rule)
  const text = fields.join(' ').toUpperCase()
  const isFixedTime = !/[*/]/.test(`${fields[0]}${fields[1]}`)
  lookAtFirings(source, text)
  return { text, isFixedTime, notes: notesOf(fields) }
}

/** A field of a pattern: where it begins, for the caret under a mistake. */
interface FieldPlace {
  source: string
  start: number
}

function fieldCountError(source: string, count: number): AppError {
  const more = count > 5 ? '; seconds and years are not supported' : ''
  return cronError('cron.field_count', source, `has ${count} fields, need 5: minute hour day month weekday${more}`)
}

function checkField(place: FieldPlace, field: string, rule: FieldRule): void {
  for (const part of field.split(',')) {
    if (part === '') throw partError('cron.syntax', place, `has an empty place in the list of its ${rule.name}`, field)
    checkPart(place, part.toUpperCase(), rule)
  }
}

const partForm = /^(?:\*|(\d{1,4}|[A-Z]{3})(?:-(\d{1,4}|[A-Z]{3}))?)(?:\/(\d{1,4}))?$/
/** 0x10 and 1e1 are numbers that cron does not read, not fields with a letter of some other dialect. */
const otherNotation = /^\d+[A-Z]\d+$/

function checkPart(place: FieldPlace, part: string, rule: FieldRule): void {
  if (part === 'L' && rule.name === 'day') return
  const nth = /^([A-Z]{3}|[0-7])#([1-5])$/.exec(part)
  if (nth !== null && rule.name === 'weekday') {
    readValue(place, nth[1] ?? '', rule)
    return
  }
  const match = partForm.exec(part)
  if (match === null) {
    const letters = /[A-Z]+/.exec(part)?.[0]
    const isName = letters !== undefined && rule.names !== undefined && letters in rule.names
    if (letters !== undefined && !isName && !otherNotation.test(part))
      throw partError('cron.letter', place, `has "${letters}" in its ${rule.name}`, part)
    throw partError('cron.syntax', place, `has "${part}" in its ${rule.name}`, part)
  }
  const [, from, to, step] = match
  checkRange(place, part, rule, { from, to })
  if (step !== undefined) checkStep(place, part, rule, { from, to, step })
}

interface RangeText {
  from: string | undefined
  to: string | undefined
}

function checkRange(place: FieldPlace, part: string, rule: FieldRule, { from, to }: RangeText): void {
  const first = from === undefined ? undefined : readValue(place, from, rule)
  const read = to === undefined ? undefined : readValue(place, to, rule)
  // A week may end on a Sunday that is written as its name.
  const last = rule.name === 'weekday' && to === 'SUN' ? 7 : read
  if (first === undefined || last === undefined || last >= first) return
  throw partError('cron.bad_range', place, `has the ${rule.name} range "${part}", which runs backwards`, part)
}

function checkStep(
  place: FieldPlace,
  part: string,
  rule: FieldRule,
  { from, to, step }: RangeText & { step: string },
): void {
  if (Number(step) === 0 || Number(step) > rule.max)
    throw partError('cron.bad_range', place, `has the step ${step} in its ${rule.name}`, part)
  if (from === undefined || to !== undefined) return
  const advice = `write ${from}-${rule.max}/${step}`
  throw partError('cron.bad_range', place, `has a step after the single ${rule.name} "${part}"; ${advice}`, part)
}

function readValue(place: FieldPlace, text: string, rule: FieldRule): number {
  const named = rule.names?.[text]
  if (named !== undefined) return named
  if (!/^\d+$/.test(text)) throw partError('cron.letter', place, `has "${text}" in its ${rule.name}`, text)
  const value = Number(text)
  if (value < rule.min || value > rule.max)
    throw partError(
      'cron.out_of_range',
      place,
      `has the ${rule.name} ${value}, allowed are ${rule.min}–${rule.max}`,
      text,
    )
  return value
}

function lookAtFirings(source: string, text: string): void {
  // The pattern repeats within the 28 years of the calendar; where it starts does not matter.
  const start = Date.UTC(2026, 0, 1)
  const [first] = localFirings(text, start, 1)
  if (first === undefined) throw cronError('cron.never', source, neverReason(text))
  // A day tells the gaps within a day. Only a gap over midnight depends on which days follow each other: most patterns
  // have none that is too short.
  const day = timesOfDay(text)
  const overnight = (day[0] ?? 0) + DAY_MS - (day.at(-1) ?? 0)
  checkGaps(source, overnight < FIRING_INTERVAL_MIN_MS ? localFirings(text, start, FIRINGS_PROBED) : day)
}

function checkGaps(source: string, firings: readonly number[]): void {
  for (let i = 1; i < firings.length; i++) {
    const gapMs = (firings[i] ?? 0) - (firings[i - 1] ?? 0)
    if (gapMs < FIRING_INTERVAL_MIN_MS)
      throw cronError(
        'cron.too_frequent',
        source,
        `fires ${counted(gapMs / 60_000, 'minute', 'minutes')} apart, shortest allowed is 5 minutes`,
      )
  }
}

function neverReason(text: string): string {
  const [, , day, month] = text.split(' ')
  return `never fires: day ${day} does not exist in month ${month}`
}

/** Every real pass of a pattern in a zone, after an instant. */
export function zonedFirings(text: string, zone: string, after: number, count: number): number[] {
  const ahead = fixedOffsetMs(zone)
  if (ahead === undefined) return runsOf(text, zone, after, count)
  return localFirings(text, after + ahead, count).map((local) => local - ahead)
}

function runsOf(text: string, zone: string, after: number, count: number): number[] {
  // `no-wildcard` makes lists of hours fixed times too: croner's default skips 02:30 of `30 2,14 * * *` in a gap.
  const cron = new Cron(text, { timezone: zone, mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true })
  return cron.nextRuns(count, new Date(after)).map((date) => date.getTime())
}

function notesOf(fields: string[]): string[] {
  const [, , day = '*', month = '*', weekday = '*'] = fields
  const notes: string[] = []
  if (day !== '*' && weekday !== '*') notes.push('day and weekday are both set: the pattern fires when either fits')
  const days = day.split(',').map(Number)
  if (month === '*' && days.includes(31))
    notes.push('day 31 exists in 7 months of 12; L means the last day of every month')
  else if (month === '*' && days.includes(30))
    notes.push('day 30 exists in 11 months of 12; L means the last day of every month')
  else if (month === '*' && days.includes(29))
    notes.push('day 29 exists in February of leap years only; L means the last day of every month')
  if (month === '2' && days.includes(29)) notes.push('29 February exists in leap years only')
  return notes
}

function cronError(code: ErrorCode, source: string, problem: string, details?: Record<string, unknown>): AppError {
  return new AppError(code, `cron pattern "${shorten(source)}" ${problem}`, {
    hint: 'Write minute hour day month weekday, for example "0 9 * * MON".',
    ...(details && { details }),
  })
}

function partError(code: ErrorCode, { source, start }: FieldPlace, problem: string, part: string): AppError {
  const at = source.toUpperCase().indexOf(part.toUpperCase(), start)
  return cronError(code, source, problem, { pattern: shorten(source), caret: `${' '.repeat(Math.max(at, start))}^` })
}

function shorten(source: string): string {
  return source.length > 60 ? `${source.slice(0, 60)}…` : source
}
