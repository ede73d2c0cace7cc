// When nothing is sent: the predicate at its edges, and the first instant after it over every change of the clocks.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatInstant } from '../../src/domain/instant.ts'
import { parsePhone } from '../../src/domain/phone.ts'
import { isQuiet, nextAllowedAt, parseQuietHours, type QuietHours, weekdayNames } from '../../src/domain/quiet-hours.ts'
import { clocksOf, DAY_MS, localTime, offsetChanges, zoneOfCountry } from '../../src/domain/time-zone.ts'

const night = parseQuietHours({ from: '21:00', to: '08:00' })

/** When a message due at an instant may go. */
function allowed(zone: string, at: string, policy: QuietHours = night): string | undefined {
  const next = nextAllowedAt(zone, Date.parse(at), policy)
  return next === undefined ? undefined : formatInstant(next)
}

function zoneOfPhone(phone: string): string {
  const country = parsePhone(phone).phone?.country
  return (country === undefined ? undefined : zoneOfCountry(country)) ?? ''
}

/** Minutes of a day in UTC at which a zone is outside quiet hours, as `from–to`. */
function freeHours(zone: string, day: string, policy: QuietHours = night): string {
  const start = Date.parse(`${day}T00:00:00Z`)
  const free: number[] = []
  for (let minute = 0; minute < 1440; minute++)
    if (nextAllowedAt(zone, start + minute * 60_000, policy) === start + minute * 60_000) free.push(minute)
  const first = free[0] ?? 0
  expect(free).toEqual(free.map((_, i) => first + i))
  const clock = (minute: number) => new Date(start + minute * 60_000).toISOString().slice(11, 16)
  return `${clock(first)}–${clock(first + free.length)}`
}

describe('quiet hours from 21:00 to 08:00', () => {
  it.each([
    ['QH-01 lets a message go at 20:59:59.999', '2027-06-01T20:59:59.999Z', '2027-06-01T20:59:59.999Z'],
    ['QH-02 defers from 21:00:00.000 to 08:00', '2027-06-01T21:00:00.000Z', '2027-06-02T08:00:00Z'],
    ['QH-03 defers from 07:59:59.999 to 08:00', '2027-06-02T07:59:59.999Z', '2027-06-02T08:00:00Z'],
    ['QH-04 lets a message go at 08:00:00.000', '2027-06-02T08:00:00.000Z', '2027-06-02T08:00:00Z'],
  ])('%s', (_name, at, next) => {
    expect(allowed('UTC', at)).toBe(next)
    const shifted = (text: string) => Date.parse(text) - 5.5 * 3_600_000
    expect(nextAllowedAt('Asia/Kolkata', shifted(at), night)).toBe(shifted(next))
  })

  it('QH-09 waits eight hours in New York when the clocks go forward', () => {
    expect(allowed('America/New_York', '2027-03-14T04:00:00Z')).toBe('2027-03-14T12:00:00Z')
  })

  it('QH-10 waits ten hours in New York when the clocks go back', () => {
    expect(allowed('America/New_York', '2027-11-07T03:00:00Z')).toBe('2027-11-07T13:00:00Z')
  })
})

describe('other windows', () => {
  it('QH-05 defers from 13:00 to 14:00 of the same day', () => {
    const noon = parseQuietHours({ from: '12:00', to: '14:00' })
    expect(allowed('Europe/Berlin', '2027-06-01T11:00:00Z', noon)).toBe('2027-06-01T12:00:00Z')
    expect(allowed('Europe/Berlin', '2027-06-01T09:59:59.999Z', noon)).toBe('2027-06-01T09:59:59.999Z')
  })

  it('QH-11 end with the gap when their end does not exist', () => {
    const policy = parseQuietHours({ from: '22:00', to: '02:30' })
    expect(allowed('America/New_York', '2027-03-14T04:00:00Z', policy)).toBe('2027-03-14T07:00:00Z')
  })

  it('QH-12 end twice when their end comes twice, with half an hour of quiet between', () => {
    const policy = parseQuietHours({ from: '22:00', to: '01:30' })
    const zone = 'America/New_York'
    expect(allowed(zone, '2027-11-07T03:00:00Z', policy)).toBe('2027-11-07T05:30:00Z')
    expect(allowed(zone, '2027-11-07T05:59:59.999Z', policy)).toBe('2027-11-07T05:59:59.999Z')
    expect(allowed(zone, '2027-11-07T06:00:00Z', policy)).toBe('2027-11-07T06:30:00Z')
    expect(allowed(zone, '2027-11-07T06:29:59.999Z', policy)).toBe('2027-11-07T06:30:00Z')
    expect(allowed(zone, '2027-11-07T06:30:00Z', policy)).toBe('2027-11-07T06:30:00Z')
  })

  it('QH-19 wait from Saturday night over a quiet Sunday to Monday', () => {
    const policy = parseQuietHours({ from: '21:00', to: '08:00', allDay: ['sun'] })
    expect(allowed('Europe/Paris', '2027-06-05T20:30:00Z', policy)).toBe('2027-06-07T06:00:00Z')
    expect(allowed('Europe/Paris', '2027-06-06T12:00:00Z', policy)).toBe('2027-06-07T06:00:00Z')
  })

  it('leave six days quiet and find the free hour two weeks later when the clocks skip it', () => {
    const policy = parseQuietHours({ from: '03:00', to: '02:00', allDay: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat'] })
    expect(allowed('America/New_York', '2027-03-07T08:00:00Z', policy)).toBe('2027-03-21T06:00:00Z')
  })
})

describe('the zone of a number', () => {
  it('QH-13 is Europe/Berlin for +49', () => {
    expect(zoneOfPhone('+4915112345678')).toBe('Europe/Berlin')
  })

  it('QH-14 lets a Brazilian number be written to from 13:00 to 23:00 UTC', () => {
    expect(freeHours(zoneOfPhone('+5511987654321'), '2027-06-01')).toBe('13:00–23:00')
    expect(allowed('country:BR', '2027-06-01T23:00:00Z')).toBe('2027-06-02T13:00:00Z')
  })

  it('QH-15 lets a Russian number be written to from 06:00 to 09:00 UTC', () => {
    expect(freeHours(zoneOfPhone('+79001234567'), '2027-06-01')).toBe('06:00–09:00')
    expect(allowed('country:RU', '2027-06-01T09:00:00Z')).toBe('2027-06-02T06:00:00Z')
  })

  it('has no free hour when those of its clocks never meet', () => {
    const short = parseQuietHours({ from: '11:00', to: '10:00' })
    expect(nextAllowedAt('country:BR', Date.parse('2027-06-01T12:00:00Z'), short)).toBeUndefined()
  })
})

describe('a policy', () => {
  it.each([
    ['QH-06 of 00:00–00:00 is refused as ambiguous', { from: '00:00', to: '00:00' }],
    [
      'QH-20 that is quiet on all seven days is refused',
      { from: '21:00', to: '08:00', allDay: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const },
    ],
    ['bad input 93: of 22:00–22:00 is refused', { from: '22:00', to: '22:00' }],
    ['bad input 93: with 25:00 is refused', { from: '25:00', to: '08:00' }],
    ['with 24:00 is refused', { from: '20:00', to: '24:00' }],
    ['with minute 60 is refused', { from: '20:60', to: '08:00' }],
    ['with words is refused', { from: 'ten', to: '08:00' }],
    ['with an empty time is refused', { from: '', to: '08:00' }],
  ])('%s', (_name, definition) => {
    const copy = 'allDay' in definition ? { ...definition, allDay: [...definition.allDay] } : definition
    expect(() => parseQuietHours(copy)).toThrow(expect.objectContaining({ code: 'quiet_hours.invalid' }))
  })

  it('counts a weekday named twice once and defers unless told to skip', () => {
    expect(parseQuietHours({ from: '9:05', to: '08:00', allDay: ['sun', 'sun', 'mon'] })).toEqual({
      fromMinute: 545,
      toMinute: 480,
      allDay: [0, 1],
      action: 'defer',
    })
    expect(parseQuietHours({ from: '21:00', to: '08:00', action: 'skip' }).action).toBe('skip')
  })
})

const zones = [
  'Africa/Cairo',
  'Africa/Casablanca',
  'America/Asuncion',
  'America/Havana',
  'America/New_York',
  'America/Nuuk',
  'America/Santiago',
  'America/St_Johns',
  'Antarctica/Troll',
  'Asia/Beirut',
  'Asia/Gaza',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Australia/Sydney',
  'Europe/Berlin',
  'Europe/Dublin',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
  'UTC',
  'country:AU',
  'country:BR',
  'country:CL',
  'country:ID',
  'country:MX',
  'country:PT',
  'country:US',
]
const years = { from: Date.UTC(2025, 0, 1), until: Date.UTC(2029, 0, 1) }
const changes = new Map(
  zones.map((zone) => [zone, clocksOf(zone).flatMap((clock) => offsetChanges(clock, years.from, years.until))]),
)

const minute = fc.oneof(
  fc.integer({ min: 0, max: 1439 }),
  fc.integer({ min: 0, max: 12 }).map((quarter) => quarter * 15),
)
const policies: fc.Arbitrary<QuietHours> = fc
  .record({
    fromMinute: minute,
    toMinute: minute,
    allDay: fc.oneof(
      fc.constant([]),
      fc.subarray(
        weekdayNames.map((_, day) => day),
        { maxLength: 6 },
      ),
    ),
    action: fc.constant('defer' as const),
  })
  .filter((policy) => policy.fromMinute !== policy.toMinute)
const instants = fc
  .tuple(fc.constantFrom(...zones), fc.nat(), fc.boolean(), fc.integer({ min: -8 * 86_400_000, max: 86_400_000 }))
  .map(([zone, pick, isNearChange, ms]) => {
    const own = changes.get(zone) ?? []
    const change = isNearChange ? own[pick % Math.max(1, own.length)] : undefined
    return { zone, at: (change ?? years.from + (pick % (3 * 365)) * DAY_MS) + ms }
  })

/** The first free instant up to a limit, minute by minute: windows and clocks change on whole minutes. */
function firstFree(isFree: (instant: number) => boolean, at: number, limit: number): number | undefined {
  if (isFree(at)) return at
  for (let walk = Math.floor(at / 60_000 + 1) * 60_000; walk <= limit; walk += 60_000) if (isFree(walk)) return walk
  return undefined
}

function formatOptional(at: number | undefined): string {
  return at === undefined ? 'never' : formatInstant(at)
}

describe('the next allowed instant', () => {
  it('is the first minute outside quiet hours on every clock, over every change of the clocks', () => {
    fc.assert(
      fc.property(instants, policies, ({ zone, at }, policy) => {
        const clocks = clocksOf(zone)
        const isFree = (instant: number) => clocks.every((clock) => !isQuiet(localTime(clock, instant), policy))
        const next = nextAllowedAt(zone, at, policy)
        if (next === undefined) expect(clocks.length).toBeGreaterThan(1)
        else expect(isFree(next)).toBe(true)
        expect(formatOptional(firstFree(isFree, at, next ?? at + 9 * DAY_MS))).toBe(formatOptional(next))
      }),
      { numRuns: 800 },
    )
  })
})
