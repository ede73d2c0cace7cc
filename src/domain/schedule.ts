// When a campaign runs: at once, once, by cron or by interval; in one zone or in each recipient's own.
// Wall times are stored with their zone and become instants only here.
import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { type CronPattern, FIRING_INTERVAL_MIN_MS, parseCron, zonedFirings } from './cron.ts'
import { localFirings } from './cron-calendar.ts'
import { durationMs } from './duration.ts'
import { AppError } from './errors.ts'
import { formatInstant, formatLocal, parseWrittenTime } from './instant.ts'
import { clocksOf, DAY_MS, HOUR_MS, isTimeZone, type LocalMs, localTime, resolveLocal } from './time-zone.ts'
import { noteTime, onClock, onEachClock, readTime, type ScheduleNotes, type UnderstoodTime } from './understood-time.ts'
import { checkTimeZone, fixedZoneWarning } from './zone-name.ts'

/** Kiritimati is 25 hours ahead of Pago Pago: a run in recipients' zones is planned before the first of them. */
export const RECIPIENT_LEAD_MS = 26 * HOUR_MS
const OWN_CLOCK = 'but it goes by the clock of each recipient (`timeZone: recipient`)'

const duration = z.string().refine((text) => durationMs(text) !== undefined, 'is no duration such as 36h, 90m, 2d')

export const scheduleSchema = z.strictObject({
  at: z.string().max(64).optional(),
  cron: z.string().max(10_000).optional(),
  every: z.string().max(32).optional(),
  from: z.string().max(64).optional(),
  timeZone: z.string().max(64).optional(),
  fallbackTimeZone: z.string().max(64).optional(),
  until: z.string().max(64).optional(),
  maxRuns: z.int().min(1).max(100_000).optional(),
  missed: z.enum(['latest', 'none', 'all']).optional(),
  catchUp: duration.optional(),
  overlap: z.enum(['skip', 'queue', 'allow']).optional(),
  zonePassed: z.enum(['now', 'skip', 'nextDay']).optional(),
})
export type ScheduleDefinition = z.infer<typeof scheduleSchema>

interface Every {
  count: number
  unit: 'minutes' | 'hours' | 'days' | 'weeks' | 'months' | 'years'
}

/** A schedule that was read and checked. */
export interface Schedule {
  timing:
    | { kind: 'launch' }
    | { kind: 'once'; at: number; local: LocalMs; key: string }
    | { kind: 'cron'; pattern: CronPattern }
    | { kind: 'every'; every: Every; from: LocalMs }
  /** The zone of wall times; for `recipient` the one of contacts whose zone nobody knows. */
  zone: string
  isRecipientLocal: boolean
  /** Inclusive. */
  until: number | undefined
  maxRuns: number | undefined
  missed: 'latest' | 'none' | 'all'
  catchUpMs: number
  overlap: 'skip' | 'queue' | 'allow'
  /** For people whose time had passed at the launch; a schedule that recurs leaves such people to their next time. */
  zonePassed: 'now' | 'skip' | 'nextDay'
  warnings: string[]
  /** Its times as written, with the instants that they are. */
  understood: UnderstoodTime[]
}

/** One instant that a schedule yields. */
export interface Occurrence {
  at: number
  /** Nominal local time and zone for fixed times, the UTC instant for everything else: unique within a campaign. */
  key: string
  /** What the clock shows, for schedules in recipients' zones. */
  local: LocalMs
}

/**
 * Reads a schedule; `defaultZone` is the installation's. Throws AppError schedule.*, cron.*, date.*, zone.*; its details
 * name the part that it is about as `pointer`.
 */
export function parseSchedule(definition: ScheduleDefinition | undefined, defaultZone: string): Schedule {
  const given = definition ?? {}
  checkShape(given)
  const isRecipientLocal = given.timeZone === 'recipient'
  const namedZone = isRecipientLocal ? given.fallbackTimeZone : given.timeZone
  const zone = readPart(isRecipientLocal ? 'fallbackTimeZone' : 'timeZone', () => knownZone(namedZone ?? defaultZone))
  const notes: ScheduleNotes = { warnings: [], understood: [] }
  const zoneWarning = given.timeZone === undefined ? undefined : fixedZoneWarning(zone)
  if (zoneWarning !== undefined) notes.warnings.push(zoneWarning)
  const timing = readTiming(given, zone, isRecipientLocal, notes)
  return {
    timing,
    zone,
    isRecipientLocal,
    until: readPart('until', () =>
      given.until === undefined ? undefined : readTime('until', given.until, zone, notes).at,
    ),
    maxRuns: given.maxRuns,
    missed: given.missed ?? 'latest',
    catchUpMs: durationMs(given.catchUp ?? '1h') ?? HOUR_MS,
    overlap: given.overlap ?? 'skip',
    zonePassed: given.zonePassed ?? (given.at === undefined ? 'skip' : 'now'),
    ...notes,
  }
}

/** A stored name stays as it is, whatever it is called today: the keys of the occurrences hold it. */
function knownZone(zone: string): string {
  return isTimeZone(zone) ? zone : checkTimeZone(zone)
}

/** A refusal of a part says which one it is. */
export function readPart<T>(key: keyof ScheduleDefinition, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { code, message, hint, details } = error
    throw new AppError(code, message, {
      ...(hint && { hint }),
      details: { ...details, pointer: `/${key}` },
      cause: error,
    })
  }
}

function checkShape(given: ScheduleDefinition): void {
  const named = (['at', 'cron', 'every'] as const).filter((key) => given[key] !== undefined)
  if (named.length > 1)
    throw new AppError('schedule.conflict', `schedule names ${named.join(' and ')}`, {
      hint: 'Keep one of at, cron and every.',
    })
  const isRecurring = given.cron !== undefined || given.every !== undefined
  const onlyRecurring = (['until', 'maxRuns', 'overlap'] as const).filter((key) => given[key] !== undefined)
  if (!isRecurring && onlyRecurring.length > 0)
    throw new AppError('schedule.conflict', `schedule has ${onlyRecurring.join(', ')} but does not recur`, {
      hint: 'Add cron or every, or leave these out.',
      details: { pointer: `/${onlyRecurring[0]}` },
    })
  if (given.every !== undefined && given.from === undefined)
    throw new AppError('schedule.invalid', 'an interval needs its first time (`from`)', {
      hint: 'Name it, such as 2026-12-01T09:00.',
      details: { pointer: '/from' },
    })
  if (given.from !== undefined && given.every === undefined)
    throw new AppError('schedule.conflict', 'schedule has from but no every', { details: { pointer: '/from' } })
  const isRecipient = given.timeZone === 'recipient'
  for (const key of ['fallbackTimeZone', 'zonePassed'] as const)
    if (given[key] !== undefined && !isRecipient)
      throw new AppError('schedule.conflict', `schedule has ${key} but timeZone is not recipient`, {
        details: { pointer: `/${key}` },
      })
  if (isRecipient && named.length === 0)
    throw new AppError('schedule.conflict', 'schedule has timeZone: recipient but no time', {
      hint: 'Add at, cron or every.',
      details: { pointer: '/timeZone' },
    })
}

function readTiming(
  given: ScheduleDefinition,
  zone: string,
  isRecipientLocal: boolean,
  notes: ScheduleNotes,
): Schedule['timing'] {
  const { at, cron, every, from = '' } = given
  if (at !== undefined) return readPart('at', () => readOnce(given, zone, isRecipientLocal, notes))
  if (cron !== undefined) return readPart('cron', () => readCron(cron, isRecipientLocal, notes.warnings))
  if (every !== undefined)
    return {
      kind: 'every',
      every: readPart('every', () => readEvery(every, isRecipientLocal)),
      from: readPart('from', () => readFirst(from, zone, isRecipientLocal, notes)),
    }
  return { kind: 'launch' }
}

function readOnce(
  given: ScheduleDefinition,
  zone: string,
  isRecipientLocal: boolean,
  notes: ScheduleNotes,
): Schedule['timing'] {
  const text = given.at ?? ''
  const written = parseWrittenTime(text)
  if (isRecipientLocal) {
    if (written.at !== undefined)
      throw new AppError('schedule.conflict', `"${text}" has an offset, ${OWN_CLOCK}`, {
        hint: "Write the time of the recipients' clocks without offset.",
      })
    noteTime(notes, 'at', onEachClock(text))
    return {
      kind: 'once',
      at: resolveLocal(zone, written.local).at,
      local: written.local,
      key: `${formatLocal(written.local)}@recipient`,
    }
  }
  const { at } = readTime('at', text, given.timeZone, notes)
  const local = localTime(zone, at)
  const isInstant = written.at !== undefined && given.timeZone === undefined
  return { kind: 'once', at, local, key: isInstant ? formatInstant(at) : `${formatLocal(local)}@${zone}` }
}

function readCron(text: string, isRecipientLocal: boolean, warnings: string[]): Schedule['timing'] {
  const pattern = parseCron(text)
  if (isRecipientLocal && !pattern.isFixedTime)
    throw new AppError('schedule.needs_fixed_time', `cron pattern "${text}" names no times of day, ${OWN_CLOCK}`, {
      hint: 'Name hours and minutes: "0 9 * * MON".',
    })
  warnings.push(...pattern.notes)
  return { kind: 'cron', pattern }
}

const everyUnits: Record<string, Every['unit']> = {
  m: 'minutes',
  h: 'hours',
  d: 'days',
  w: 'weeks',
  mo: 'months',
  y: 'years',
}

function readEvery(text: string, isRecipientLocal: boolean): Every {
  const match = /^([1-9]\d{0,3})\s?(mo|m|h|d|w|y)$/.exec(text.trim())
  if (match === null)
    throw new AppError('schedule.invalid', `"${text}" is no interval`, {
      hint: 'Write 30m, 6h, 1d, 2w, 6mo or 1y.',
    })
  const every: Every = { count: Number(match[1]), unit: everyUnits[match[2] ?? ''] ?? 'days' }
  const isElapsed = every.unit === 'minutes' || every.unit === 'hours'
  if (every.unit === 'minutes' && every.count * 60_000 < FIRING_INTERVAL_MIN_MS)
    throw new AppError('schedule.too_frequent', `every ${text} is shorter than 5 minutes`)
  if (isRecipientLocal && isElapsed)
    throw new AppError('schedule.needs_fixed_time', `"${text}" names no time of day, ${OWN_CLOCK}`)
  return every
}

function readFirst(text: string, zone: string, isRecipientLocal: boolean, notes: ScheduleNotes): LocalMs {
  const written = parseWrittenTime(text)
  if (written.at !== undefined && isRecipientLocal)
    throw new AppError('schedule.conflict', `"${text}" has an offset, ${OWN_CLOCK}`)
  if (written.at !== undefined) return localTime(zone, readTime('from', text, zone, notes).at)
  noteTime(notes, 'from', isRecipientLocal ? onEachClock(text) : onClock(text, written, zone))
  return written.local
}

export function isRecurring(schedule: Schedule): boolean {
  return schedule.timing.kind === 'cron' || schedule.timing.kind === 'every'
}

/**
 * Occurrences after `after` (exclusive), oldest first, at most `count`; `launchedAt` is the only one of a campaign
 * that starts when launched.
 */
export function occurrencesAfter(schedule: Schedule, after: number, count: number, launchedAt = 0): Occurrence[] {
  return rawOccurrences(schedule, after, count, launchedAt).filter(
    (occurrence) => schedule.until === undefined || occurrence.at <= schedule.until,
  )
}

function rawOccurrences(schedule: Schedule, after: number, count: number, launchedAt: number): Occurrence[] {
  const { timing } = schedule
  switch (timing.kind) {
    case 'launch':
      return launchedAt > after
        ? [{ at: launchedAt, key: formatInstant(launchedAt), local: localTime(schedule.zone, launchedAt) }]
        : []
    case 'once':
      return timing.at > after ? [{ at: timing.at, key: timing.key, local: timing.local }] : []
    case 'every':
      return intervalOccurrences(schedule, timing.every, timing.from, after, count)
    case 'cron':
      return timing.pattern.isFixedTime
        ? fixedOccurrences(schedule, timing.pattern.text, after, count)
        : zonedFirings(timing.pattern.text, schedule.zone, after, count).map((at) =>
            instantOccurrence(schedule.zone, at),
          )
  }
}

function instantOccurrence(zone: string, at: number): Occurrence {
  return { at, key: formatInstant(at), local: localTime(zone, at) }
}

/** Firings found at once besides those that are asked for: a day before them has one or two, as a rule. */
const BEFORE_MAX = 2

/** Times of day: firings of a clock without changes, each brought to its instant. One that does not exist runs right
 *  after the gap, one that happens twice at its first pass (semantics 6). */
function fixedOccurrences(schedule: Schedule, text: string, after: number, count: number): Occurrence[] {
  const found: Occurrence[] = []
  // A wall time maps at most a day away from itself; starting that much earlier misses nothing.
  let cursor = localTime(schedule.zone, after) - DAY_MS
  while (found.length < count) {
    const locals = localFirings(text, cursor, count - found.length + BEFORE_MAX)
    for (const local of locals) {
      if (found.length === count) break
      const { at } = resolveLocal(schedule.zone, local)
      if (at > after) found.push({ at, key: keyOf(schedule, local), local })
    }
    const last = locals.at(-1)
    if (last === undefined) break
    cursor = last
  }
  return found
}

function keyOf(schedule: Schedule, local: LocalMs): string {
  return `${formatLocal(local)}@${schedule.isRecipientLocal ? 'recipient' : schedule.zone}`
}

/** Nothing is planned later: years of four digits end here. */
export const LAST_AT = Date.UTC(9999, 11, 31)

function intervalOccurrences(
  schedule: Schedule,
  every: Every,
  from: LocalMs,
  after: number,
  count: number,
): Occurrence[] {
  const found: Occurrence[] = []
  for (let n = firstStep(schedule, every, from, after); found.length < count; n++) {
    const occurrence = intervalOccurrence(schedule, every, from, n)
    if (occurrence.at > LAST_AT) break
    if (occurrence.at > after) found.push(occurrence)
  }
  return found
}

const longestUnitMs = {
  minutes: 60_000,
  hours: HOUR_MS,
  days: 25 * HOUR_MS,
  weeks: 7 * DAY_MS + HOUR_MS,
  months: 31 * DAY_MS + HOUR_MS,
  years: 366 * DAY_MS + HOUR_MS,
}

/** A step not later than the first one after `after`, so that old anchors cost nothing. */
function firstStep(schedule: Schedule, every: Every, from: LocalMs, after: number): number {
  const anchor = resolveLocal(schedule.zone, from).at
  return Math.max(0, Math.floor((after - anchor) / (every.count * longestUnitMs[every.unit])) - 1)
}

/** The n-th step is counted from the anchor, never from the last run: a missed one shifts nothing (RC-20). */
function intervalOccurrence(schedule: Schedule, every: Every, from: LocalMs, n: number): Occurrence {
  if (every.unit === 'minutes' || every.unit === 'hours') {
    const stepMs = every.count * longestUnitMs[every.unit]
    return instantOccurrence(schedule.zone, resolveLocal(schedule.zone, from).at + n * stepMs)
  }
  const local = addCalendar(from, { [every.unit]: n * every.count })
  const { at } = resolveLocal(schedule.zone, local)
  return { at, key: schedule.isRecipientLocal ? keyOf(schedule, local) : formatInstant(at), local }
}

function addCalendar(
  local: LocalMs,
  step: { days?: number; weeks?: number; months?: number; years?: number },
): LocalMs {
  return Temporal.Instant.fromEpochMilliseconds(local).toZonedDateTimeISO('UTC').add(step).epochMilliseconds
}

/** When a local time comes in a contact's zone; for a country with several clocks the last of them, so that nobody
 *  is written to before it. */
export function dueInZone(zone: string, local: LocalMs): number {
  const instants = clocksOf(zone).map((clock) => resolveLocal(clock, local).at)
  return Math.max(...instants)
}

/** When a run of this occurrence is planned. */
export function planAt(schedule: Schedule, occurrence: Occurrence): number {
  return schedule.isRecipientLocal ? occurrence.at - RECIPIENT_LEAD_MS : occurrence.at
}

/** What is special about one firing in a zone, for the preview. */
export function noteOf(schedule: Schedule, occurrence: Occurrence): string | undefined {
  const resolved = resolveLocal(schedule.zone, occurrence.local)
  const wanted = formatLocal(occurrence.local).slice(11)
  if (resolved.kind === 'gap' && resolved.at === occurrence.at)
    return `${wanted} does not exist on this day (clocks change): ${formatLocal(localTime(schedule.zone, occurrence.at)).slice(11)} instead`
  if (resolved.kind === 'overlap')
    return occurrence.at === resolved.at
      ? `${wanted} happens twice on this day (clocks change): this is the first`
      : `${wanted} happens twice on this day (clocks change): this is the second`
  return undefined
}
