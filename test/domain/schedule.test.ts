// When a campaign runs: what is refused, which instants a schedule yields, what is missed and how far ahead it may be.
import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { checkHorizon, checkPast, HORIZON_MS, PAST_TOLERANCE_MS } from '../../src/domain/horizon.ts'
import { formatInstant } from '../../src/domain/instant.ts'
import {
  dueInZone,
  isRecurring,
  noteOf,
  occurrencesAfter,
  parseSchedule,
  planAt,
  RECIPIENT_LEAD_MS,
  type ScheduleDefinition,
} from '../../src/domain/schedule.ts'
import { storedSchedule } from '../../src/domain/stored-schedule.ts'
import { DAY_MS, HOUR_MS, resolveLocal } from '../../src/domain/time-zone.ts'

function refusal(read: () => unknown): AppError {
  try {
    read()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('was not refused')
}

function codeOf(definition: ScheduleDefinition): string {
  return refusal(() => parseSchedule(definition, 'Europe/Berlin')).code
}

/** Occurrences of a schedule after an instant, as text. */
function occurrences(definition: ScheduleDefinition, after: string, count: number) {
  return occurrencesAfter(parseSchedule(definition, 'UTC'), Date.parse(after), count).map(({ at, key }) => [
    formatInstant(at),
    key,
  ])
}

function instants(definition: ScheduleDefinition, after: string, count: number): (string | undefined)[] {
  return occurrences(definition, after, count).map(([at]) => at)
}

describe('a schedule that is refused', () => {
  it.each<[string, ScheduleDefinition, string]>([
    ['bad input 91: with at and cron', { at: '2027-06-01T09:00Z', cron: '0 9 * * *' }, 'schedule.conflict'],
    ['bad input 91: with cron and every', { cron: '0 9 * * *', every: '1d', from: '2027-06-01' }, 'schedule.conflict'],
    ['with every and no start', { every: '1d' }, 'schedule.invalid'],
    ['with a start and no every', { from: '2027-06-01T09:00Z' }, 'schedule.conflict'],
    ['with an end and no recurrence', { at: '2027-06-01T09:00Z', until: '2027-07-01' }, 'schedule.conflict'],
    ['with a number of runs and no recurrence', { maxRuns: 3 }, 'schedule.conflict'],
    ['with an overlap and no recurrence', { overlap: 'allow' }, 'schedule.conflict'],
    ["in recipients' zones without a time", { timeZone: 'recipient' }, 'schedule.conflict'],
    ['with a fallback zone for one zone', { at: '2027-06-01T09:00', fallbackTimeZone: 'UTC' }, 'schedule.conflict'],
    ['with a rule for passed zones and one zone', { at: '2027-06-01T09:00Z', zonePassed: 'skip' }, 'schedule.conflict'],
    ["in recipients' zones with an offset", { at: '2027-06-01T09:00Z', timeZone: 'recipient' }, 'schedule.conflict'],
    [
      "in recipients' zones with an offset of its start",
      { every: '1d', from: '2027-06-01T09:00Z', timeZone: 'recipient' },
      'schedule.conflict',
    ],
    [
      "in recipients' zones with open minutes",
      { cron: '*/30 * * * *', timeZone: 'recipient' },
      'schedule.needs_fixed_time',
    ],
    [
      "in recipients' zones every six hours",
      { every: '6h', from: '2027-06-01', timeZone: 'recipient' },
      'schedule.needs_fixed_time',
    ],
    ['of an interval in words', { every: 'daily', from: '2027-06-01' }, 'schedule.invalid'],
    ['of no interval', { every: '0d', from: '2027-06-01' }, 'schedule.invalid'],
    ['of a fractional interval', { every: '1.5d', from: '2027-06-01' }, 'schedule.invalid'],
    ['of an unknown zone', { cron: '0 9 * * *', timeZone: 'Mars/Phobos' }, 'zone.unknown'],
    [
      'of an unknown fallback zone',
      { at: '2027-06-01', timeZone: 'recipient', fallbackTimeZone: 'Mars' },
      'zone.unknown',
    ],
    ['HZ-13 with a time that has neither offset nor zone', { at: '2027-06-01T09:00' }, 'date.zone_missing'],
    ['RC-18 of an interval below five minutes', { every: '4m', from: '2027-06-01' }, 'schedule.too_frequent'],
    ['RC-18 of a pattern below five minutes', { cron: '*/4 * * * *' }, 'cron.too_frequent'],
    ['bad input 105: of four fields', { cron: '* * * *' }, 'cron.field_count'],
    ['bad input 113: that never fires', { cron: '0 0 30 2 *' }, 'cron.never'],
    ['bad input 121: on a day that no month has', { at: '2026-02-30', timeZone: 'UTC' }, 'date.invalid'],
    ['bad input 122: in a gap', { at: '2026-03-29T02:30', timeZone: 'Europe/Berlin' }, 'date.nonexistent_local_time'],
    ['bad input 125: at a leap second', { at: '2026-12-31T23:59:60Z' }, 'date.leap_second'],
    ['bad input 126: in words', { at: 'tomorrow' }, 'date.ambiguous'],
    ['bad input 127: in the year 9999', { at: '9999-01-01T00:00Z' }, 'date.out_of_range'],
    ['with an end that is no date', { cron: '0 9 * * *', until: 'never' }, 'date.ambiguous'],
  ])('%s', (_name, definition, code) => {
    expect(codeOf(definition)).toBe(code)
  })

  it('DS-09 names the times beside the gap', () => {
    const error = refusal(() => parseSchedule({ at: '2027-03-28T02:30', timeZone: 'Europe/Berlin' }, 'UTC'))
    expect(error.code).toBe('date.nonexistent_local_time')
    expect(error.hint).toMatch(/01:59.*03:00/)
  })
})

describe('a schedule for once', () => {
  it('DS-10 takes the first pass of a time that comes twice, and warns of the second', () => {
    const schedule = parseSchedule({ at: '2027-10-31T02:30', timeZone: 'Europe/Berlin' }, 'UTC')
    expect(schedule.timing).toMatchObject({ at: Date.parse('2027-10-31T00:30:00Z') })
    expect(schedule.warnings).toEqual([expect.stringContaining('2027-10-31T01:30:00Z')])
  })

  it('has one occurrence, named by its wall time or by its instant', () => {
    expect(occurrences({ at: '2027-06-01T09:00', timeZone: 'Europe/Berlin' }, '2027-01-01T00:00:00Z', 5)).toEqual([
      ['2027-06-01T07:00:00Z', '2027-06-01T09:00@Europe/Berlin'],
    ])
    expect(occurrences({ at: '2027-06-01T09:00+05:30' }, '2027-01-01T00:00:00Z', 5)).toEqual([
      ['2027-06-01T03:30:00Z', '2027-06-01T03:30:00Z'],
    ])
    expect(occurrences({ at: '2027-06-01T09:00', timeZone: 'Europe/Berlin' }, '2027-06-01T07:00:00Z', 5)).toEqual([])
  })

  it('is the launch when it names no time', () => {
    const schedule = parseSchedule(undefined, 'Europe/Berlin')
    const launchedAt = Date.parse('2027-06-01T09:00:00Z')
    expect(occurrencesAfter(schedule, 0, 3, launchedAt)).toEqual([
      { at: launchedAt, key: '2027-06-01T09:00:00Z', local: launchedAt + 2 * HOUR_MS },
    ])
    expect(occurrencesAfter(schedule, launchedAt, 3, launchedAt)).toEqual([])
    expect(isRecurring(schedule)).toBe(false)
  })

  it('has defaults for all that it does not say', () => {
    expect(parseSchedule({}, 'Europe/Berlin')).toMatchObject({
      zone: 'Europe/Berlin',
      isRecipientLocal: false,
      missed: 'latest',
      catchUpMs: HOUR_MS,
      overlap: 'skip',
      zonePassed: 'skip',
      warnings: [],
    })
  })
})

describe('a recurring schedule', () => {
  it('is named by its wall time for times of day and by its instant for the rest', () => {
    expect(occurrences({ cron: '30 1 * * *', timeZone: 'America/New_York' }, '2027-11-07T00:00:00Z', 1)).toEqual([
      ['2027-11-07T05:30:00Z', '2027-11-07T01:30@America/New_York'],
    ])
    expect(occurrences({ cron: '30 * * * *', timeZone: 'America/New_York' }, '2027-11-07T05:00:00Z', 2)).toEqual([
      ['2027-11-07T05:30:00Z', '2027-11-07T05:30:00Z'],
      ['2027-11-07T06:30:00Z', '2027-11-07T06:30:00Z'],
    ])
    expect(occurrences({ every: '1d', from: '2027-06-01T09:00' }, '2027-06-01T00:00:00Z', 1)).toEqual([
      ['2027-06-01T09:00:00Z', '2027-06-01T09:00:00Z'],
    ])
  })

  it('RC-14 includes a firing at exactly its end', () => {
    const definition = { cron: '0 9 * * *', timeZone: 'Europe/Berlin' }
    const until = (text: string) => instants({ ...definition, until: text }, '2027-06-01T00:00:00Z', 10)
    expect(until('2027-06-02T09:00')).toEqual(['2027-06-01T07:00:00Z', '2027-06-02T07:00:00Z'])
    expect(until('2027-06-02T08:59:59')).toEqual(['2027-06-01T07:00:00Z'])
    expect(until('2027-06-02T07:00Z')).toHaveLength(2)
  })

  it('RC-20 of every two weeks counts from its start and shifts for nothing', () => {
    const definition = { every: '2w', from: '2027-01-05T09:00', timeZone: 'Europe/Berlin' }
    expect(instants(definition, '2027-03-01T00:00:00Z', 4)).toEqual([
      '2027-03-02T08:00:00Z',
      '2027-03-16T08:00:00Z',
      '2027-03-30T07:00:00Z',
      '2027-04-13T07:00:00Z',
    ])
    expect(instants(definition, '2027-03-16T08:00:00Z', 1)).toEqual(['2027-03-30T07:00:00Z'])
    expect(instants(definition, '2027-03-29T23:00:00Z', 1)).toEqual(['2027-03-30T07:00:00Z'])
  })

  it('RC-20 of six months counts from its start, and keeps its day of the month', () => {
    const definition = { every: '6mo', from: '2027-08-31T09:00', timeZone: 'UTC' }
    expect(instants(definition, '2027-01-01T00:00:00Z', 4)).toEqual([
      '2027-08-31T09:00:00Z',
      '2028-02-29T09:00:00Z',
      '2028-08-31T09:00:00Z',
      '2029-02-28T09:00:00Z',
    ])
    expect(instants({ every: '1y', from: '2028-02-29T09:00', timeZone: 'UTC' }, '2029-01-01T00:00:00Z', 4)).toEqual([
      '2029-02-28T09:00:00Z',
      '2030-02-28T09:00:00Z',
      '2031-02-28T09:00:00Z',
      '2032-02-29T09:00:00Z',
    ])
  })

  it('of hours counts elapsed time over a change of the clocks', () => {
    const definition = { every: '6h', from: '2027-03-13T21:00', timeZone: 'America/New_York' }
    expect(instants(definition, '2027-03-14T00:00:00Z', 3)).toEqual([
      '2027-03-14T02:00:00Z',
      '2027-03-14T08:00:00Z',
      '2027-03-14T14:00:00Z',
    ])
  })

  it('finds its place at once, however long ago it began', () => {
    expect(instants({ every: '5m', from: '2000-01-01T00:00' }, '2027-06-01T10:01:00Z', 2)).toEqual([
      '2027-06-01T10:05:00Z',
      '2027-06-01T10:10:00Z',
    ])
    expect(instants({ every: '1d', from: '2000-01-01T09:00' }, '2099-06-01T10:00:00Z', 1)).toEqual([
      '2099-06-02T09:00:00Z',
    ])
  })

  it('ends with the years of four digits', () => {
    const yearly = instants({ every: '9999y', from: '2026-01-01T00:00' }, '2025-01-01T00:00:00Z', 100)
    expect(yearly).toEqual(['2026-01-01T00:00:00Z'])
    expect(instants({ every: '2000y', from: '2026-01-01T00:00' }, '2025-01-01T00:00:00Z', 100)).toHaveLength(4)
  })

  it('DS-11 of every Monday at eight stays at eight in Berlin', () => {
    const definition = { every: '1w', from: '2027-01-04T08:00', timeZone: 'Europe/Berlin' }
    const hours = instants(definition, '2027-01-01T00:00:00Z', 52).map((at) => at?.slice(11, 16))
    expect(new Set(hours)).toEqual(new Set(['07:00', '06:00']))
  })

  it('says what is special about a firing', () => {
    const schedule = parseSchedule({ cron: '30 1 * * *', timeZone: 'America/New_York' }, 'UTC')
    const [twice, plain] = occurrencesAfter(schedule, Date.parse('2027-11-07T00:00:00Z'), 2)
    expect(noteOf(schedule, twice!)).toBe('01:30 happens twice on this day (clocks change): this is the first')
    expect(noteOf(schedule, plain!)).toBeUndefined()
    const hourly = parseSchedule({ cron: '30 * * * *', timeZone: 'America/New_York' }, 'UTC')
    const [, second] = occurrencesAfter(hourly, Date.parse('2027-11-07T05:00:00Z'), 2)
    expect(noteOf(hourly, second!)).toContain('this is the second')
  })
})

describe("a schedule in recipients' zones", () => {
  const schedule = parseSchedule({ at: '2027-06-01T09:00', timeZone: 'recipient' }, 'Europe/Berlin')
  const [occurrence] = occurrencesAfter(schedule, 0, 1)

  it('DS-14 begins in Kiritimati and ends in Pago Pago', () => {
    const local = Date.parse('2027-06-01T09:00:00Z')
    expect(occurrence?.key).toBe('2027-06-01T09:00@recipient')
    expect(occurrence?.local).toBe(local)
    const dueIn = (zone: string) => formatInstant(dueInZone(zone, local))
    expect(dueIn('Pacific/Kiritimati')).toBe('2027-05-31T19:00:00Z')
    expect(dueIn('Pacific/Pago_Pago')).toBe('2027-06-01T20:00:00Z')
    const all = Intl.supportedValuesOf('timeZone').map((zone) => dueInZone(zone, local))
    expect(formatInstant(Math.min(...all))).toBe('2027-05-31T19:00:00Z')
    expect(formatInstant(Math.max(...all))).toBe('2027-06-01T20:00:00Z')
  })

  it('DS-14 is planned at least 26 hours before its nominal instant, and before the first recipient', () => {
    expect(RECIPIENT_LEAD_MS).toBe(26 * HOUR_MS)
    for (const zone of ['Pacific/Pago_Pago', 'UTC', 'Pacific/Kiritimati']) {
      const own = { ...schedule, zone }
      const nominal = { ...occurrence!, at: resolveLocal(zone, occurrence!.local).at }
      expect(planAt(own, nominal)).toBe(nominal.at - 26 * HOUR_MS)
      expect(planAt(own, nominal)).toBeLessThan(Date.parse('2027-05-31T19:00:00Z'))
    }
    expect(planAt(parseSchedule({ cron: '0 9 * * *' }, 'UTC'), occurrence!)).toBe(occurrence?.at)
  })

  it('is due in the last zone of a country with several, so that nobody is early', () => {
    const local = Date.parse('2027-06-01T09:00:00Z')
    expect(formatInstant(dueInZone('country:BR', local))).toBe('2027-06-01T14:00:00Z')
  })

  it('goes after a gap and at the first of two passes, and is never refused', () => {
    const gap = Date.parse('2027-03-28T02:30:00Z')
    expect(formatInstant(dueInZone('Europe/Berlin', gap))).toBe('2027-03-28T01:00:00Z')
    const twice = Date.parse('2027-10-31T02:30:00Z')
    expect(formatInstant(dueInZone('Europe/Berlin', twice))).toBe('2027-10-31T00:30:00Z')
    const inGap = parseSchedule({ at: '2027-03-28T02:30', timeZone: 'recipient' }, 'Europe/Berlin')
    expect(inGap.timing).toMatchObject({ at: Date.parse('2027-03-28T01:00:00Z') })
  })

  it('may recur', () => {
    const daily = { cron: '0 9 * * *', timeZone: 'recipient', fallbackTimeZone: 'Europe/Berlin' }
    expect(occurrences(daily, '2027-06-01T00:00:00Z', 2)).toEqual([
      ['2027-06-01T07:00:00Z', '2027-06-01T09:00@recipient'],
      ['2027-06-02T07:00:00Z', '2027-06-02T09:00@recipient'],
    ])
    const weekly = { every: '1w', from: '2027-06-01T09:00', timeZone: 'recipient' }
    expect(occurrences(weekly, '2027-06-01T00:00:00Z', 1)).toEqual([
      ['2027-06-01T09:00:00Z', '2027-06-01T09:00@recipient'],
    ])
  })
})

describe('the 35 days', () => {
  const launchedAt = Date.parse('2027-06-01T10:00:00.000Z')
  const isAllowed = (scheduledAt: number, from = launchedAt) => {
    try {
      checkHorizon({ scheduledAt, launchedAt: from })
      return true
    } catch (error) {
      expect(error).toMatchObject({ code: 'schedule.too_far' })
      return false
    }
  }

  it('HZ-01 allow exactly 35 days', () => {
    expect(HORIZON_MS).toBe(35 * 86_400_000)
    expect(isAllowed(launchedAt + 35 * DAY_MS)).toBe(true)
  })

  it('HZ-02 refuse a millisecond more, and name the latest instant', () => {
    const error = refusal(() => checkHorizon({ scheduledAt: launchedAt + 35 * DAY_MS + 1, launchedAt }))
    expect(error.code).toBe('schedule.too_far')
    expect(error.details).toEqual({ latest: '2027-07-06T10:00:00Z' })
    expect(error.hint).toContain('2027-07-06T10:00:00Z')
  })

  const newYork = (local: string) => resolveLocal('America/New_York', Date.parse(`${local}:00Z`)).at

  it('HZ-03 are elapsed time: an hour less from nine to nine when the clocks go forward', () => {
    const [from, to] = [newYork('2027-02-10T09:00'), newYork('2027-03-17T09:00')]
    expect(to - from).toBe(34 * DAY_MS + 23 * HOUR_MS)
    expect(isAllowed(to, from)).toBe(true)
  })

  it('HZ-04 are elapsed time: an hour more from nine to nine when the clocks go back', () => {
    const [from, to] = [newYork('2027-10-06T09:00'), newYork('2027-11-10T09:00')]
    expect(to - from).toBe(35 * DAY_MS + HOUR_MS)
    expect(isAllowed(to, from)).toBe(false)
  })
})

describe('a time in the past', () => {
  const now = Date.parse('2027-06-01T10:00:00Z')

  it('HZ-10 of up to ten minutes counts as now, and is marked', () => {
    expect(checkPast(now - PAST_TOLERANCE_MS, now, false)).toEqual({ wasPast: true })
    expect(checkPast(now - 1, now, false)).toEqual({ wasPast: true })
    expect(checkPast(now, now, false)).toEqual({ wasPast: false })
    expect(checkPast(now + 3 * 60_000, now, false)).toEqual({ wasPast: false })
  })

  it('HZ-11 of more than ten minutes is refused unless sending now is asked for', () => {
    const error = refusal(() => checkPast(now - PAST_TOLERANCE_MS - 1, now, false))
    expect(error.code).toBe('schedule.in_the_past')
    expect(error.message).toContain('10 minutes ago')
    expect(checkPast(now - PAST_TOLERANCE_MS - 1, now, true)).toEqual({ wasPast: true })
  })

  it('bad input 90: says how many days ago it was', () => {
    expect(refusal(() => checkPast(now - 322 * DAY_MS, now, false)).message).toContain('322 days ago')
  })
})

const zones = [
  'UTC',
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'Africa/Cairo',
  'America/Havana',
  'Asia/Kolkata',
]
const crons = [
  '30 2 * * *',
  '0 9 * * MON-FRI',
  '15,45 2 * * *',
  '0 0,12 1,L * *',
  '0 * * * *',
  '*/30 1-3 * * *',
  '0 9 29 2 *',
  '45 1 * MAR,APR,OCT,NOV SUN',
]
const definitions: fc.Arbitrary<ScheduleDefinition> = fc.oneof(
  fc.record({ cron: fc.constantFrom(...crons), timeZone: fc.constantFrom(...zones) }),
  fc.record({
    every: fc.constantFrom('5m', '45m', '1h', '7h', '1d', '3d', '2w', '1mo', '5mo', '1y'),
    from: fc.constantFrom(
      '2020-02-29T02:30',
      '2027-01-31T01:45',
      '2027-03-14T02:15',
      '2027-11-07T01:30',
      '2026-12-31T23:59',
    ),
    timeZone: fc.constantFrom(...zones),
  }),
)
const parsed = new Map<string, ReturnType<typeof parseSchedule>>()
/** Reading a pattern looks at hundreds of its firings; each schedule is read once. */
function scheduleOf(definition: ScheduleDefinition) {
  const key = JSON.stringify(definition)
  const known = parsed.get(key) ?? parseSchedule(definition, 'UTC')
  parsed.set(key, known)
  return known
}
/** Around the changes of the clocks in 2027, to the minute or not. */
const afters = fc
  .tuple(
    fc.constantFrom(
      '2027-03-14',
      '2027-11-07',
      '2027-03-28',
      '2027-10-31',
      '2027-04-04',
      '2027-10-03',
      '2027-04-30',
      '2028-02-29',
    ),
    fc.integer({ min: -2 * DAY_MS, max: 2 * DAY_MS }),
    fc.boolean(),
  )
  .map(([date, ms, isWhole]) => Date.parse(date) + (isWhole ? Math.round(ms / 300_000) * 300_000 : ms))

describe('the occurrences of every schedule', () => {
  it('come in order, each with a name of its own, and are the same however they are asked for', () => {
    fc.assert(
      fc.property(definitions, afters, fc.integer({ min: 1, max: 12 }), (definition, after, count) => {
        const schedule = scheduleOf(definition)
        const all = occurrencesAfter(schedule, after, count)
        expect(all).toHaveLength(count)
        for (const [index, { at, key }] of all.entries()) {
          const before = all[index - 1]
          expect(at).toBeGreaterThan(after)
          expect(at).toBeGreaterThanOrEqual(before?.at ?? 0)
          expect(key > (before?.key ?? '')).toBe(true)
        }
        expect(occurrencesAfter(schedule, after, Math.ceil(count / 2))).toEqual(all.slice(0, Math.ceil(count / 2)))
        for (const { at } of all) {
          const rest = all.filter((occurrence) => occurrence.at > at)
          expect(occurrencesAfter(schedule, at, rest.length)).toEqual(rest)
        }
        const first = all[0]!
        expect(occurrencesAfter(schedule, first.at - 1, 1)).toEqual([first])
      }),
      { numRuns: 150 },
    )
  })

  it('show the wall time that they are named by, except in gaps', () => {
    fc.assert(
      fc.property(definitions, afters, (definition, after) => {
        const schedule = scheduleOf(definition)
        for (const { at, local } of occurrencesAfter(schedule, after, 5)) {
          const shown = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(schedule.zone).toPlainDateTime()
          const wanted = Temporal.Instant.fromEpochMilliseconds(local).toZonedDateTimeISO('UTC').toPlainDateTime()
          if (resolveLocal(schedule.zone, local).kind === 'gap')
            expect(Temporal.PlainDateTime.compare(shown, wanted)).toBe(1)
          else expect(shown.equals(wanted)).toBe(true)
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('a date without a time in a schedule', () => {
  const daily = { cron: '0 9 * * *', timeZone: 'Europe/Berlin' }

  it('S12: as the end lets the occurrences of its day run, up to its last one', () => {
    expect(instants({ ...daily, until: '2027-06-02' }, '2027-06-01T00:00:00Z', 9)).toEqual([
      '2027-06-01T07:00:00Z',
      '2027-06-02T07:00:00Z',
    ])
    const late = { cron: '55 23 * * *', timeZone: 'America/Los_Angeles', until: '2027-11-07' }
    expect(instants(late, '2027-11-07T12:00:00Z', 9)).toEqual(['2027-11-08T07:55:00Z'])
    expect(instants({ ...daily, until: '2027-06-02T00:00' }, '2027-06-01T12:00:00Z', 9)).toEqual([])
  })

  it("S12: as the end counts on each recipient's clock", () => {
    const definition = {
      cron: '0 23 * * *',
      timeZone: 'recipient',
      fallbackTimeZone: 'Asia/Tokyo',
      until: '2027-06-02',
    }
    const found = occurrencesAfter(parseSchedule(definition, 'UTC'), Date.parse('2027-06-01T15:00:00Z'), 9)
    expect(found.map(({ key }) => key)).toEqual(['2027-06-02T23:00@recipient'])
  })

  it('S12: as the start of an interval begins with its first minute', () => {
    const definition = { every: '1d', from: '2027-06-02', timeZone: 'Europe/Berlin' }
    expect(instants(definition, '2027-05-01T00:00:00Z', 1)).toEqual(['2027-06-01T22:00:00Z'])
    const skipped = { every: '1d', from: '2027-03-14', timeZone: 'America/Havana' }
    expect(instants(skipped, '2027-03-01T00:00:00Z', 2)).toEqual(['2027-03-14T05:00:00Z', '2027-03-15T04:00:00Z'])
  })

  it('S12: is refused where a moment is needed', () => {
    const error = refusal(() => storedSchedule({ at: '2027-06-02', timeZone: 'Europe/Berlin' }))
    expect(error.code).toBe('date.time_missing')
    expect(error.hint).toContain('2027-06-02T09:00')
    expect(error.details?.pointer).toBe('/at')
  })

  it('S12: that was stored before is read as the start of its day', () => {
    expect(instants({ at: '2027-06-02', timeZone: 'Europe/Berlin' }, '2027-06-01T00:00:00Z', 1)).toEqual([
      '2027-06-01T22:00:00Z',
    ])
  })

  it.each<[ScheduleDefinition, string[]]>([
    [
      { ...daily, until: '2027-06-02' },
      ['until 2027-06-02 (through 23:59:59.999 Europe/Berlin, 2027-06-02T21:59:59.999Z)'],
    ],
    [
      { at: '2027-06-02T09:00', timeZone: 'Europe/Berlin' },
      ['at 2027-06-02T09:00 (Europe/Berlin, 2027-06-02T07:00:00Z)'],
    ],
    [{ at: '2027-06-02T09:00Z' }, ['at 2027-06-02T09:00Z (2027-06-02T09:00:00Z)']],
    [{ at: '2027-06-02T09:00', timeZone: 'recipient' }, ['at 2027-06-02T09:00 (on the clock of each recipient)']],
    [
      { every: '2w', from: '2027-06-02', until: '2027-12-31', timeZone: 'UTC' },
      [
        'from 2027-06-02 (00:00 UTC, 2027-06-02T00:00:00Z)',
        'until 2027-12-31 (through 23:59:59.999 UTC, 2027-12-31T23:59:59.999Z)',
      ],
    ],
    [daily, []],
  ])('S12: %j says what was understood', (definition, texts) => {
    expect(parseSchedule(definition, 'Europe/Berlin').understood.map(({ text }) => text)).toEqual(texts)
  })
})

describe('the zone of a schedule', () => {
  it('S13: is stored under its present name', () => {
    expect(storedSchedule({ cron: '0 9 * * *', timeZone: 'Europe/Kiev' }).timeZone).toBe('Europe/Kyiv')
    expect(storedSchedule({ cron: '0 9 * * *', timeZone: 'europe/berlin' }).timeZone).toBe('Europe/Berlin')
    expect(
      storedSchedule({ cron: '0 9 * * *', timeZone: 'recipient', fallbackTimeZone: 'Asia/Calcutta' }),
    ).toMatchObject({ timeZone: 'recipient', fallbackTimeZone: 'Asia/Kolkata' })
  })

  it('S13: keeps the spelling that is stored already, so that the keys of its occurrences stay', () => {
    const [[, key] = []] = occurrences({ cron: '0 9 * * *', timeZone: 'Europe/Kiev' }, '2027-06-01T00:00:00Z', 1)
    expect(key).toBe('2027-06-01T09:00@Europe/Kiev')
    expect(instants({ cron: '0 9 * * *', timeZone: 'PST' }, '2027-06-01T00:00:00Z', 1)).toHaveLength(1)
  })

  it.each(['EST', '+05:30', 'Etc/GMT+5'])('I13: %s yields its occurrences, with a warning', (timeZone) => {
    const schedule = parseSchedule({ cron: '0 9 * * *', timeZone }, 'UTC')
    expect(schedule.warnings.join()).toContain('without daylight saving')
    const hour = timeZone === '+05:30' ? '03:30' : '14:00'
    expect(instants({ cron: '0 9 * * *', timeZone }, '2027-07-01T00:00:00Z', 1)).toEqual([`2027-07-01T${hour}:00Z`])
    const open = { cron: '*/30 9 * * *', timeZone }
    expect(instants(open, '2027-07-01T00:00:00Z', 1)).toEqual([`2027-07-01T${hour}:00Z`])
  })

  it.each(['Europe/Kiyv', 'Kyiv', 'GMT+2'])('S13: case 59: %s is refused with its part named', (timeZone) => {
    const error = refusal(() => storedSchedule({ cron: '0 9 * * *', timeZone }))
    expect([error.code, error.details?.pointer]).toEqual(['zone.unknown', '/timeZone'])
  })
})

describe('a repeated hour', () => {
  it('case 60: passes in steps of five minutes without a repetition', () => {
    const definition = { cron: '*/5 * * * *', timeZone: 'America/Los_Angeles' }
    for (const [day, count] of [
      ['2026-11-01', 300],
      ['2027-03-14', 276],
      ['2027-11-07', 300],
    ] as const) {
      const { at: start } = resolveLocal('America/Los_Angeles', Date.parse(`${day}T00:00:00Z`))
      const firings = occurrencesAfter(parseSchedule(definition, 'UTC'), start - 1, 320).map(({ at }) => at)
      expect(firings.map((at) => (at - start) / 300_000)).toEqual(Array.from({ length: 320 }, (_, step) => step))
      const { at: end } = resolveLocal('America/Los_Angeles', Date.parse(`${day}T00:00:00Z`) + DAY_MS)
      expect(firings.filter((at) => at < end)).toHaveLength(count)
    }
  })

  it.each([
    [
      '30 1 * * *',
      'America/New_York',
      '2026-10-31T00:00:00Z',
      ['2026-10-31T05:30:00Z', '2026-11-01T05:30:00Z', '2026-11-02T06:30:00Z'],
    ],
    [
      '30 1 * * *',
      'America/New_York',
      '2027-11-06T00:00:00Z',
      ['2027-11-06T05:30:00Z', '2027-11-07T05:30:00Z', '2027-11-08T06:30:00Z'],
    ],
    [
      '45 1 * * *',
      'Australia/Lord_Howe',
      '2027-04-02T12:00:00Z',
      ['2027-04-02T14:45:00Z', '2027-04-03T14:45:00Z', '2027-04-04T15:15:00Z'],
    ],
  ])('case 62: %s in %s fires once on the day', (cron, timeZone, after, expected) => {
    expect(instants({ cron, timeZone }, after, 3)).toEqual(expected)
  })
})
