// Five-field patterns: what is refused and where the mistake stands, and the firings of the rest against an
// independent calculation.
import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { parseCron, zonedFirings } from '../../src/domain/cron.ts'
import { localFirings } from '../../src/domain/cron-calendar.ts'
import { AppError } from '../../src/domain/errors.ts'
import { formatInstant } from '../../src/domain/instant.ts'
import { noteOf, occurrencesAfter, parseSchedule } from '../../src/domain/schedule.ts'
import { DAY_MS } from '../../src/domain/time-zone.ts'

function refusal(pattern: string): AppError {
  try {
    parseCron(pattern)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error(`"${pattern}" was not refused`)
}

/** Instants at which a pattern fires in a zone after an instant. */
function firings(cron: string, timeZone: string, after: string, count: number): string[] {
  const schedule = parseSchedule({ cron, timeZone }, 'UTC')
  return occurrencesAfter(schedule, Date.parse(after), count).map(({ at }) => formatInstant(at))
}

describe('a named pattern', () => {
  it.each([
    ['@hourly', '0 * * * *'],
    ['@daily', '0 0 * * *'],
    ['@midnight', '0 0 * * *'],
    ['@weekly', '0 0 * * SUN'],
    ['@monthly', '0 0 1 * *'],
    ['@yearly', '0 0 1 1 *'],
    ['@annually', '0 0 1 1 *'],
    [' @Daily ', '0 0 * * *'],
  ])('I14: %j is its five fields', (name, fields) => {
    expect(parseCron(name)).toEqual(parseCron(fields))
    const from = '2027-03-13T12:00:00Z'
    expect(firings(name, 'America/New_York', from, 5)).toEqual(firings(fields, 'America/New_York', from, 5))
  })
})

describe('a pattern that is refused', () => {
  it.each([
    [105, '* * * *', 'cron.field_count'],
    [105, '', 'cron.field_count'],
    [106, '0 * * * * *', 'cron.field_count'],
    [106, '0 0 9 * * MON 2027', 'cron.field_count'],
    [107, '60 * * * *', 'cron.out_of_range'],
    [107, '* 24 * * *', 'cron.out_of_range'],
    [107, '0 0 32 * *', 'cron.out_of_range'],
    [107, '0 0 0 * *', 'cron.out_of_range'],
    [107, '0 0 * 13 *', 'cron.out_of_range'],
    [107, '0 0 * 0 *', 'cron.out_of_range'],
    [107, '0 0 * * 8', 'cron.out_of_range'],
    [107, '0 9-24 * * *', 'cron.out_of_range'],
    [109, '0 5-1 * * *', 'cron.bad_range'],
    [109, '0 0 * * MON-SUN/0', 'cron.bad_range'],
    [109, '0 0 * * FRI-MON', 'cron.bad_range'],
    [109, '*/60 * * * *', 'cron.bad_range'],
    [109, '5/10 * * * *', 'cron.bad_range'],
    [110, '0 1,,2 * * *', 'cron.syntax'],
    [110, '0 ,1 * * *', 'cron.syntax'],
    [110, '0 1, * * *', 'cron.syntax'],
    [110, '0 1- * * *', 'cron.syntax'],
    [110, '0 - * * *', 'cron.syntax'],
    [110, '0 9 ? * *', 'cron.syntax'],
    [110, '0 1--2 * * *', 'cron.syntax'],
    [110, '0 +9 * * *', 'cron.syntax'],
    [110, '0 9.5 * * *', 'cron.syntax'],
    [111, 'H H * * *', 'cron.letter'],
    [111, '0 H/2 * * *', 'cron.letter'],
    [111, '0 9 15W * *', 'cron.letter'],
    [111, '0 9 * * 5L', 'cron.letter'],
    [111, '0 9 * * MONDAY', 'cron.letter'],
    [111, '0 9 MON * *', 'cron.letter'],
    [113, '0 0 30 2 *', 'cron.never'],
    [113, '0 0 31 2,4,6,9,11 *', 'cron.never'],
    [117, '* * * * *', 'cron.too_frequent'],
    [117, '*/4 * * * *', 'cron.too_frequent'],
    [117, '0,3 9 * * *', 'cron.too_frequent'],
    [117, '0,57 * * * *', 'cron.too_frequent'],
    [118, '0 9 * * *\n0 10 * * *', 'cron.syntax'],
    [118, '１ 9 * * *', 'cron.syntax'],
    [118, '0x10 9 * * *', 'cron.syntax'],
    [118, '1e1 9 * * *', 'cron.syntax'],
  ])('bad input %i: %j is refused as %s', (_row, pattern, code) => {
    expect(refusal(pattern).code).toBe(code)
  })

  it.each([
    ['@reboot', 'when a machine starts'],
    ['@every 6h', 'every: 6h'],
    ['@dayly', 'did you mean @daily?'],
    ['@', 'unknown name'],
    ['@constructor', 'unknown name'],
    ['@daily @hourly', 'unknown name'],
  ])('I14: %j names no pattern and is refused with what to write', (pattern, words) => {
    const { code, message, hint } = refusal(pattern)
    expect(code).toBe('cron.unknown_name')
    expect(`${message} ${hint}`).toContain(words)
    expect(hint).toContain('@daily')
  })

  it.each([
    ['0 1,,2 * * *', '  ^'],
    ['0 ,1 * * *', '  ^'],
    ['0 9 1- * *', '    ^'],
    ['0 0 0 * *', '    ^'],
    ['5 5 5 5 8', '        ^'],
    ['0 9 1-5,7-3 * *', '        ^'],
    ['0   9   *   *   x', '                ^'],
    ['  60 9 * * *', '^'],
    ['0 9 * * fri-mon', '        ^'],
  ])('bad input 110: has a caret under the mistake: %j', (pattern, caret) => {
    expect(refusal(pattern).details).toEqual({ pattern: pattern.trim(), caret })
  })

  it('bad input 118: of 10,000 characters is refused', () => {
    expect(refusal('0 '.repeat(5_000)).code).toBe('cron.syntax')
    expect(refusal(`${'0,'.repeat(5_000)}0 9 * * *`).code).toBe('cron.syntax')
  })

  it('names its field and what is allowed in it', () => {
    expect(refusal('* 24 * * *').message).toContain('the hour 24, allowed are 0–23')
    expect(refusal('0 0 * * 8').message).toContain('the weekday 8, allowed are 0–7')
    expect(refusal('* * * *').message).toContain('has 4 fields, need 5: minute hour day month weekday')
    expect(refusal('0 * * * * *').message).toContain('seconds and years are not supported')
    expect(refusal('0 0 30 2 *').message).toContain('day 30 does not exist in month 2')
  })

  it('is refused in a short message, however long it is', () => {
    expect(refusal('9'.repeat(1_000_000)).message.length).toBeLessThan(200)
    expect(refusal(`${'('.repeat(190)} * * * *`).message.length).toBeLessThan(400)
  })

  it('RC-18 is one that fires more often than every five minutes', () => {
    expect(refusal('*/4 * * * *')).toMatchObject({
      code: 'cron.too_frequent',
      message: expect.stringContaining('shortest allowed is 5 minutes'),
    })
    expect(parseCron('*/5 * * * *').text).toBe('*/5 * * * *')
    expect(refusal('0,58 0,23 * * *').code).toBe('cron.too_frequent')
  })

  it('is refused with a code of cron, whatever is written', () => {
    const field = fc.string({ unit: fc.constantFrom(...'0123456789*/,-#LHMONSUJA xe'), maxLength: 6 })
    const built = fc.array(field, { minLength: 4, maxLength: 6 }).map((fields) => fields.join(' '))
    const part = fc.constantFrom(
      ...'* 0 1 5 7 12 29 31 */5 */7 0-7 1-5/2 L MON#2 7#5 FRI-SUN 1,2,3 0,55 SUN sat JAN 2 2-4 h'.split(' '),
    )
    const likely = fc.array(part, { minLength: 5, maxLength: 5 }).map((fields) => fields.join(' '))
    const read = (pattern: string) => {
      try {
        expect(parseCron(pattern).text.split(' ')).toHaveLength(5)
      } catch (error) {
        expect(error).toBeInstanceOf(AppError)
        expect((error as AppError).code).toMatch(/^cron\./)
      }
    }
    fc.assert(fc.property(fc.oneof(built, fc.string()), read), { numRuns: 1500 })
    fc.assert(fc.property(likely, read), { numRuns: 200 })
  })
})

describe('a pattern that is read', () => {
  it('F12: is read once where many campaigns share it, and each time where it is long', () => {
    expect(parseCron('7 9 * * MON')).toBe(parseCron('7 9 * * MON'))
    const every = (count: number, step = 1) => Array.from({ length: count }, (_, n) => n * step).join()
    const long = `${every(12, 5)} ${every(24)} * * ${every(7)}`
    expect(parseCron(long)).not.toBe(parseCron(long))
    expect(parseCron(long)).toEqual(parseCron(long))
  })

  it('bad input 118: may have tabs and runs of spaces, and lower-case names', () => {
    expect(parseCron('0\t9\t*\t*\tmon-fri').text).toBe('0 9 * * MON-FRI')
    expect(parseCron('  0   9  *  jan  * ').text).toBe('0 9 * JAN *')
  })

  it('names times of day unless its minutes or hours are open', () => {
    const isFixed = (text: string) => parseCron(text).isFixedTime
    expect(['0 9 * * *', '30 2,14 * * *', '0 9-17 * * MON-FRI', '0 9 */2 * *'].map(isFixed)).toEqual(
      Array(4).fill(true),
    )
    expect(['0 * * * *', '*/30 9 * * *', '0 */2 * * *', '0-59/5 9 * * *'].map(isFixed)).toEqual(Array(4).fill(false))
  })

  it('RC-15 on day 31 fires in seven months, says so, and offers L', () => {
    const { notes } = parseCron('0 9 31 * *')
    expect(notes).toEqual(['day 31 exists in 7 months of 12; L means the last day of every month'])
    const fired = firings('0 9 31 * *', 'UTC', '2026-12-31T12:00:00Z', 7)
    expect(fired.map((at) => at.slice(5, 10))).toEqual(['01-31', '03-31', '05-31', '07-31', '08-31', '10-31', '12-31'])
    expect(firings('0 9 L * *', 'UTC', '2026-12-31T12:00:00Z', 3).map((at) => at.slice(5, 10))).toEqual([
      '01-31',
      '02-28',
      '03-31',
    ])
  })

  it('RC-16 on 29 February fires in 2028, 2032 and 2036, and says so', () => {
    expect(parseCron('0 0 29 2 *').notes).toEqual(['29 February exists in leap years only'])
    expect(firings('0 0 29 2 *', 'UTC', '2027-01-01T00:00:00Z', 3)).toEqual([
      '2028-02-29T00:00:00Z',
      '2032-02-29T00:00:00Z',
      '2036-02-29T00:00:00Z',
    ])
  })

  it('RC-17 with day and weekday fires when either fits, and says so', () => {
    expect(parseCron('0 9 13 * FRI').notes).toEqual([
      'day and weekday are both set: the pattern fires when either fits',
    ])
    expect(firings('0 9 13 * FRI', 'UTC', '2027-06-10T12:00:00Z', 4).map((at) => at.slice(0, 10))).toEqual([
      '2027-06-11',
      '2027-06-13',
      '2027-06-18',
      '2027-06-25',
    ])
  })

  it.each([
    [114, '0 0 29 2 *', '29 February exists in leap years only'],
    [115, '0 0 31 * *', 'day 31 exists in 7 months of 12; L means the last day of every month'],
  ])('bad input %i: %s is accepted with a note', (_row, pattern, note) => {
    expect(parseCron(pattern).notes).toEqual([note])
    expect(parseSchedule({ cron: pattern }, 'UTC').warnings).toEqual([note])
  })

  it('bad input 119: in a gap is marked in the preview', () => {
    const schedule = parseSchedule({ cron: '30 2 * * *', timeZone: 'Europe/Berlin' }, 'UTC')
    const [first, second] = occurrencesAfter(schedule, Date.parse('2026-03-28T12:00:00Z'), 2)
    expect(noteOf(schedule, first!)).toBe('02:30 does not exist on this day (clocks change): 03:00 instead')
    expect(noteOf(schedule, second!)).toBeUndefined()
  })
})

describe('over a change of the clocks', () => {
  const newYork = 'America/New_York'
  it.each([
    ['DS-01 a time in the gap fires once after it', '30 2 * * *', newYork, '2027-03-14', ['2027-03-14T07:00:00Z']],
    [
      'DS-02 a time that comes twice fires at its first pass',
      '30 1 * * *',
      newYork,
      '2027-11-07',
      ['2027-11-07T05:30:00Z'],
    ],
    [
      'DS-04 a list of hours fires after the gap and at its other hour',
      '30 2,14 * * *',
      newYork,
      '2027-03-14',
      ['2027-03-14T07:00:00Z', '2027-03-14T18:30:00Z'],
    ],
    ['DS-05 half an hour of gap is a gap', '15 2 * * *', 'Australia/Lord_Howe', '2027-10-03', ['2027-10-02T15:30:00Z']],
    [
      'DS-06 half an hour that comes twice fires at its first pass',
      '45 1 * * *',
      'Australia/Lord_Howe',
      '2027-04-04',
      ['2027-04-03T14:45:00Z'],
    ],
    ['DS-07 a gap at midnight is a gap', '30 0 * * *', 'Africa/Cairo', '2027-04-30', ['2027-04-29T22:00:00Z']],
    [
      'DS-08 a gap at midnight in Havana ends at one',
      '30 0 * * *',
      'America/Havana',
      '2027-03-14',
      ['2027-03-14T05:00:00Z'],
    ],
    ['DS-12 nothing changes in Kolkata', '30 2 * * *', 'Asia/Kolkata', '2027-03-14', ['2027-03-13T21:00:00Z']],
    [
      'two times of one gap both fire after it',
      '15,45 2 * * *',
      newYork,
      '2027-03-14',
      ['2027-03-14T07:00:00Z', '2027-03-14T07:00:00Z'],
    ],
    [
      'open minutes fire at both passes',
      '*/30 1 * * *',
      newYork,
      '2027-11-07',
      ['2027-11-07T05:00:00Z', '2027-11-07T05:30:00Z', '2027-11-07T06:00:00Z', '2027-11-07T06:30:00Z'],
    ],
    ['open minutes of a skipped hour do not fire', '*/30 2 * * *', newYork, '2027-03-14', []],
  ])('%s', (_name, cron, zone, date, expected) => {
    const day = Temporal.PlainDate.from(date)
    const start = day.toZonedDateTime(zone).epochMilliseconds
    const end = day.add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds
    const fired = firings(cron, zone, formatInstant(start - 1), 10).filter((at) => Date.parse(at) < end)
    expect(fired).toEqual(expected)
  })

  it('DS-03 an hourly pattern fires 23 and 25 times a day', () => {
    const on = (date: string) => {
      const day = Temporal.PlainDate.from(date)
      const start = day.toZonedDateTime(newYork).epochMilliseconds
      const end = day.add({ days: 1 }).toZonedDateTime(newYork).epochMilliseconds
      return firings('0 * * * *', newYork, formatInstant(start - 1), 30).filter((at) => Date.parse(at) < end).length
    }
    expect([on('2027-03-14'), on('2027-11-07'), on('2027-06-01')]).toEqual([23, 25, 24])
  })

  it('DS-11 a weekly pattern stays at eight in Berlin', () => {
    const fired = firings('0 8 * * MON', 'Europe/Berlin', '2027-01-01T00:00:00Z', 52)
    for (const at of fired) {
      const local = Temporal.Instant.from(at).toZonedDateTimeISO('Europe/Berlin')
      expect([local.dayOfWeek, local.hour, local.minute]).toEqual([1, 8, 0])
    }
    expect(new Set(fired.map((at) => at.slice(11)))).toEqual(new Set(['06:00:00Z', '07:00:00Z']))
  })
})

/** What a field allows, read independently of the parser. */
function allowed(field: string, min: number, max: number, names: string[] = []): Set<number> {
  const value = (text: string) => (names.includes(text) ? names.indexOf(text) + min : Number(text))
  const found = new Set<number>()
  for (const part of field.split(',')) {
    const [range = '', step = '1'] = part.split('/')
    const [from, to] = range === '*' ? [min, max] : range.split('-').map(value)
    const last = to ?? from ?? min
    for (let n = from ?? min; n <= (last < (from ?? min) ? max : last); n += Number(step)) found.add(n)
  }
  return found
}

const monthNames = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ')
const weekdayNames = 'SUN MON TUE WED THU FRI SAT'.split(' ')

interface Shown {
  minute: number
  hour: number
  day: number
  month: number
  dayOfWeek: number
  daysInMonth: number
}

function shownOf({ minute, hour, day, month, dayOfWeek, daysInMonth }: Temporal.PlainDateTime): Shown {
  return { minute, hour, day, month, dayOfWeek, daysInMonth }
}

/** Whether a pattern fires at a time that a clock shows. */
function matcherOf(pattern: string): (shown: Shown) => boolean {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = pattern.split(' ')
  const minutes = allowed(minute, 0, 59)
  const hours = allowed(hour, 0, 23)
  const days = allowed(day.replaceAll('L', '99'), 1, 31)
  const isLast = day.split(',').includes('L')
  const months = allowed(month, 1, 12, monthNames)
  const nth = /^(\w+)#(\d)$/.exec(weekday)
  const weekdays = allowed(nth?.[1] ?? weekday, 0, 7, weekdayNames)
  const fitsDay = (shown: Shown) => days.has(shown.day) || (isLast && shown.day === shown.daysInMonth)
  const fitsWeekday = (shown: Shown) =>
    (weekdays.has(shown.dayOfWeek % 7) || (shown.dayOfWeek === 7 && weekdays.has(7))) &&
    (nth === null || Math.ceil(shown.day / 7) === Number(nth[2]))
  return (shown) => {
    if (!minutes.has(shown.minute) || !hours.has(shown.hour) || !months.has(shown.month)) return false
    if (day === '*') return weekday === '*' || fitsWeekday(shown)
    return weekday === '*' ? fitsDay(shown) : fitsDay(shown) || fitsWeekday(shown)
  }
}

const STEP_MS = 5 * 60_000

function plainOf(local: number): Temporal.PlainDateTime {
  return Temporal.Instant.fromEpochMilliseconds(local).toZonedDateTimeISO('UTC').toPlainDateTime()
}

/** Every five minutes of a zone: as real passes of its clock, and as times of day, each brought to its instant. */
function calendarOf(zone: string, from: number, until: number) {
  const passes: { at: number; shown: Shown }[] = []
  for (let at = from + STEP_MS; at <= until; at += STEP_MS)
    passes.push({
      at,
      shown: shownOf(Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDateTime()),
    })
  const times: { at: number; shown: Shown }[] = []
  for (let local = from - DAY_MS; local <= until + DAY_MS; local += STEP_MS) {
    const plain = plainOf(local)
    const zoned = plain.toZonedDateTime(zone, { disambiguation: 'earlier' })
    const isGap = !zoned.toPlainDateTime().equals(plain)
    const at = (isGap ? zoned.getTimeZoneTransition('next') : zoned)?.epochMilliseconds ?? Number.NaN
    if (at > from && at <= until) times.push({ at, shown: shownOf(plain) })
  }
  return { passes, times }
}

/** Sixty patterns of every kind that people write, their minutes on multiples of five. */
const patterns = `
0 9 * * *|30 2 * * *|30 1 * * *|0 0 * * *|30 0 * * *|0 2 * * *|0 3 * * *|55 23 * * *|15 2 * * *|45 1 * * *
0 9 * * MON|0 9 * * MON-FRI|0 9 * * SAT,SUN|0 9 * * 0|0 9 * * 7|0 9 * * FRI-SUN|0 9 * * 1-5/2|0 9 * * MON#1|0 9 * * SUN#2|0 2 * * SUN
0 9 1 * *|0 9 15 * *|0 9 L * *|0 9 1,15 * *|0 9 28-31 * *|0 9 */7 * *|0 9 13 * FRI|0 9 1-7 * MON|30 2 14 3 *|30 1 7 11 *
0 9 * MAR *|0 9 * 3,11 SUN|30 2 * MAR-NOV/4 SUN|0 12 28 MAR *|0 0 1 JAN *|0 9 29 2 *|30 2 28 3 *|30 2 31 10 *|0 0 30 4 *|15 2 3 10 *
30 2,14 * * *|0 1,2,3 * * *|15,45 2 * * *|0,30 1 * * *|0 0,12 * * *|0 1-4 * * *|30 1-3 * * *|5,25,45 0-3 * * SUN|0 6,18 * * SUN|10 1,3 * * *
0 * * * *|*/5 * * * *|*/30 * * * *|15 * * * *|0 */2 * * *|0 */3 * * SUN|*/15 2 * * *|*/15 1 * * *|0-30/10 1-3 * * *|45 */6 * * *`
  .trim()
  .split(/[|\n]/)

describe('the firings of sixty patterns', () => {
  const places = [
    ['America/New_York', '2027-03-13T00:00:00Z'],
    ['America/New_York', '2027-11-06T00:00:00Z'],
    ['Europe/Berlin', '2027-03-27T00:00:00Z'],
    ['Europe/Berlin', '2027-10-30T00:00:00Z'],
    ['Australia/Lord_Howe', '2027-04-02T12:00:00Z'],
    ['Australia/Lord_Howe', '2027-10-01T12:00:00Z'],
    ['Africa/Cairo', '2027-04-29T00:00:00Z'],
    ['America/Havana', '2027-03-13T00:00:00Z'],
    ['Asia/Kolkata', '2027-12-30T00:00:00Z'],
  ] as const

  const schedules = patterns.map((pattern) => [pattern, parseSchedule({ cron: pattern }, 'UTC')] as const)

  it.each(places)('in %s from %s are those of the calendar', (zone, start) => {
    expect(patterns).toHaveLength(60)
    const from = Date.parse(start)
    const until = from + 2.5 * DAY_MS
    const { passes, times } = calendarOf(zone, from, until)
    for (const [pattern, schedule] of schedules) {
      const matches = matcherOf(pattern)
      const expected = (/[*/]/.test(pattern.split(' ').slice(0, 2).join('')) ? passes : times)
        .filter(({ shown }) => matches(shown))
        .map(({ at }) => formatInstant(at))
      const fired = occurrencesAfter({ ...schedule, zone }, from, expected.length + 2)
        .filter(({ at }) => at <= until)
        .map(({ at }) => formatInstant(at))
      expect([pattern, fired]).toEqual([pattern, expected])
    }
  })

  it('over four years, day by day, are those of the calendar', () => {
    const from = Date.UTC(2027, 0, 1) - 1
    const until = Date.UTC(2031, 0, 1)
    for (const pattern of patterns.slice(0, 40)) {
      const matches = matcherOf(pattern)
      const [minute = '0', hour = '0'] = pattern.split(' ')
      const expected: number[] = []
      for (let day = Date.UTC(2027, 0, 1); day < until; day += DAY_MS) {
        const local = day + (Number(hour) * 60 + Number(minute)) * 60_000
        if (matches(shownOf(plainOf(local)))) expected.push(local)
      }
      const fired = localFirings(pattern, from, expected.length + 1)
      expect([pattern, fired.filter((at) => at < until)]).toEqual([pattern, expected])
      expect(zonedFirings(pattern, 'UTC', from, 2)).toEqual(fired.slice(0, 2))
    }
  })

  it('F12: on a clock without changes are worked out as croner finds them', () => {
    const fields = [
      '0 */5 0-10 1-59/13 1,2,3 0,55 *',
      '0 23 * */5 0-7 1-5/2 9,17',
      '* 1 29 30 31 L 1,L */7 1-5/2 5,15',
      '* 2 JAN FEB,MAR */5 2-4 4,6,9,11 JAN-MAR',
      '* MON 0 7 0-7 FRI-SUN MON#2 7#5 MON#1,FRI */2 */5 SAT,SUN 5-7 TUE#5,THU#1',
    ].map((forms) => fc.constantFrom(...forms.split(' ')))
    const from = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2031, 0, 1) })
    fc.assert(
      fc.property(fc.tuple(...fields), from, (parts, after) => {
        const pattern = parts.join(' ')
        expect([pattern, localFirings(pattern, after, 4)]).toEqual([pattern, zonedFirings(pattern, 'UTC', after, 4)])
      }),
      { numRuns: 150 },
    )
  })
})
