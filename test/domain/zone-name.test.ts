// Names of zones: which spelling is stored, what knows no daylight saving, what a misspelt one means.
import { getAllTimezones } from 'countries-and-timezones'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { isSameOccurrence } from '../../src/domain/occurrence-key.ts'
import { HOUR_MS, isTimeZone, offsetMs } from '../../src/domain/time-zone.ts'
import { zoneLinks } from '../../src/domain/zone-links.ts'
import { canonicalZone, checkTimeZone, fixedZoneWarning, spellingsOf } from '../../src/domain/zone-name.ts'

function refusal(written: string): AppError {
  try {
    checkTimeZone(written)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error(`"${written}" was not refused`)
}

describe('the name of a zone', () => {
  it.each([
    ['europe/berlin', 'Europe/Berlin'],
    ['Europe/Kiev', 'Europe/Kyiv'],
    ['EUROPE/KYIV', 'Europe/Kyiv'],
    ['Asia/Calcutta', 'Asia/Kolkata'],
    ['America/Godthab', 'America/Nuuk'],
    ['Asia/Saigon', 'Asia/Ho_Chi_Minh'],
    ['Asia/Rangoon', 'Asia/Yangon'],
    ['Pacific/Enderbury', 'Pacific/Kanton'],
    ['America/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
    ['US/Eastern', 'America/New_York'],
    ['EST5EDT', 'America/New_York'],
    ['Iceland', 'Atlantic/Reykjavik'],
    ['Etc/UTC', 'UTC'],
    ['utc', 'UTC'],
    ['Zulu', 'UTC'],
    ['America/Ciudad_Juarez', 'America/Ciudad_Juarez'],
    ['America/Coyhaique', 'America/Coyhaique'],
    ['Asia/Qostanay', 'Asia/Qostanay'],
    ['+05:30', '+05:30'],
    ['+5:30', '+05:30'],
    ['+0530', '+05:30'],
    ['UTC+5:30', '+05:30'],
    ['utc-3', '-03:00'],
    ['UTC−3', '-03:00'],
    ['-00:00', 'UTC'],
    ['UTC+0', 'UTC'],
  ])('S13: case 59: %j is stored as %s', (written, stored) => {
    expect(canonicalZone(written)).toBe(stored)
    expect(canonicalZone(stored)).toBe(stored)
  })

  it.each(['Europe/Oslo', 'Europe/Amsterdam', 'Atlantic/Reykjavik', 'Asia/Kuala_Lumpur'])(
    'S13: %s keeps its own name, although its clock is that of another country today',
    (zone) => {
      expect(canonicalZone(zone)).toBe(zone)
    },
  )

  it('S13: has one stored spelling with the clock of every name that the tz data has', () => {
    const names = Object.keys(getAllTimezones({ deprecated: true })).filter((name) => name !== 'Factory')
    for (const name of names.filter(isTimeZone)) {
      const stored = canonicalZone(name) ?? ''
      expect(canonicalZone(stored), name).toBe(stored)
      for (const month of [0, 3, 6, 9]) {
        const at = Date.UTC(2026, month, 15)
        expect(offsetMs(stored, at), name).toBe(offsetMs(name, at))
      }
    }
  })

  it('S13: is renamed by the links of the tz data only, none to a name that is a link itself', () => {
    const known = getAllTimezones({ deprecated: true })
    for (const [name, others] of Object.entries(zoneLinks))
      for (const other of others.split(' ')) {
        expect(zoneLinks[other], other).toBeUndefined()
        expect(Object.keys(known), other).toContain(other)
        expect(isTimeZone(name), name).toBe(true)
      }
  })

  it('S13: has its former names beside it', () => {
    expect(spellingsOf('Europe/Kiev')).toEqual(['Europe/Kyiv', 'Europe/Kiev', 'Europe/Uzhgorod', 'Europe/Zaporozhye'])
    expect(spellingsOf('europe/berlin')).toEqual(['Europe/Berlin', 'europe/berlin'])
    expect(spellingsOf('country:BR')).toEqual(['country:BR'])
    expect(spellingsOf('')).toEqual([''])
  })
})

describe('a zone without daylight saving', () => {
  it.each([
    ['EST', 'UTC−05:00', 'America/New_York'],
    ['MST', 'UTC−07:00', 'America/Denver'],
    ['HST', 'UTC−10:00', 'Pacific/Honolulu'],
    ['GMT', 'UTC+00:00', 'Europe/London'],
    ['Etc/GMT+5', 'UTC−05:00', 'America/New_York'],
    ['Etc/GMT-2', 'UTC+02:00', 'Europe/Athens'],
    ['+05:30', 'UTC+05:30', 'Asia/Kolkata'],
    ['UTC+2', 'UTC+02:00', 'Europe/Athens'],
    ['-03:30', 'UTC−03:30', 'America/St_Johns'],
  ])('I13: case 59: %s is accepted with its offset %s and the place that is meant, %s', (written, offset, place) => {
    const zone = checkTimeZone(written)
    expect(fixedZoneWarning(zone)).toContain(offset)
    expect(fixedZoneWarning(zone)).toContain('daylight saving')
    expect(fixedZoneWarning(zone)).toContain(place)
    const behind = offset.includes('−') ? -1 : 1
    const [hours = 0, minutes = 0] = offset.slice(4).split(':').map(Number)
    expect(offsetMs(zone, Date.UTC(2027, 6, 1))).toBe(behind * (hours + minutes / 60) * HOUR_MS)
  })

  it('I13: is no place, and not UTC', () => {
    for (const zone of ['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/New_York', 'country:BR'])
      expect(fixedZoneWarning(zone)).toBeUndefined()
  })
})

describe('a zone that is refused', () => {
  it.each([
    ['Europe/Kiyv', 'Europe/Kyiv'],
    ['Kyiv', 'Europe/Kyiv'],
    ['Berlin', 'Europe/Berlin'],
    ['new york', 'America/New_York'],
    ['Europe/Berln', 'Europe/Berlin'],
    ['Germany', 'Europe/Berlin'],
    ['BST', 'Europe/London'],
    ['IST', 'Asia/Kolkata'],
    ['PST', 'America/Los_Angeles'],
    ['z', 'UTC'],
    ['CEST', 'Europe/Berlin'],
    ['GMT+2', '+02:00'],
    ['GMT-5', '-05:00'],
  ])('S13: case 59: %j suggests %s', (written, zone) => {
    const { code, hint } = refusal(written)
    expect(code).toBe('zone.unknown')
    expect(hint).toContain(zone)
  })

  it.each([
    'Mars/Phobos',
    '',
    ' ',
    '+15:00',
    '-13:00',
    '+05:31',
    '+05:3',
    '5',
    'Factory',
    'SystemV/AST4',
    '../etc',
    '__proto__',
  ])('S13: %j is refused with an example', (written) => {
    const { code, hint } = refusal(written)
    expect(code).toBe('zone.unknown')
    expect(hint).toMatch(/Europe\/Berlin|Did you mean/)
  })

  it('S13: is quoted in part when it is long', () => {
    const { message, hint } = refusal('x'.repeat(10_000))
    expect(`${message} ${hint}`.length).toBeLessThan(300)
  })
})

describe('the key of an occurrence', () => {
  it('S13: is the same under every name of its zone, and no other', () => {
    const key = '2027-06-01T09:00@Europe/Kyiv'
    expect(isSameOccurrence(key, '2027-06-01T09:00@Europe/Kiev')).toBe(true)
    expect(isSameOccurrence(key, '2027-06-01T09:00@europe/kiev')).toBe(true)
    expect(isSameOccurrence(key, '2027-06-01T09:05@Europe/Kiev')).toBe(false)
    expect(isSameOccurrence(key, '2027-06-01T09:00@Europe/Berlin')).toBe(false)
    expect(isSameOccurrence(key, '2027-06-01T09:00@recipient')).toBe(false)
    expect(isSameOccurrence('2027-06-01T09:00@recipient', '2027-06-01T09:00@recipient')).toBe(true)
    expect(isSameOccurrence('2027-06-01T09:00:00Z', '2027-06-01T09:05:00Z')).toBe(false)
  })
})
