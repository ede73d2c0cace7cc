// How long an unsent message is worth sending.
import { describe, expect, it } from 'vitest'
import { useCases } from '../../src/domain/suppression.ts'
import { DAY_MS, HOUR_MS } from '../../src/domain/time-zone.ts'
import {
  expiresAt,
  lateDeliveryWarning,
  latencyWarning,
  parseValidity,
  readValidUntil,
  roomInTime,
  validitySeconds,
} from '../../src/domain/validity.ts'

describe('the validity', () => {
  it('is 36 hours by default and ten minutes for one-time codes', () => {
    expect(useCases.map((useCase) => parseValidity(undefined, useCase) / HOUR_MS)).toEqual([36, 36, 1 / 6, 36])
  })

  it.each([
    ['1s', 1000],
    ['10m', 600_000],
    ['36h', 36 * HOUR_MS],
    ['30d', 30 * DAY_MS],
  ])('of %s is accepted', (text, ms) => {
    expect(parseValidity(text, 'marketing')).toBe(ms)
  })

  it.each(['0h', '0s', '-1h', '1.5h', '0.5d', '31d', '721h', '5w', '', 'forever', '36'])(
    'VA-10 of %j is refused',
    (text) => {
      expect(() => parseValidity(text, 'marketing')).toThrow(expect.objectContaining({ code: 'validity.out_of_range' }))
    },
  )
})

describe('the end of a message', () => {
  const scheduledAt = Date.UTC(2027, 5, 1, 10)

  it('counts from its own planned instant', () => {
    expect(expiresAt({ scheduledAt, validityMs: 36 * HOUR_MS })).toBe(scheduledAt + 36 * HOUR_MS)
  })

  it('is earlier for a person whose own column says so, and never later', () => {
    const validityMs = 36 * HOUR_MS
    expect(expiresAt({ scheduledAt, validityMs, validUntil: scheduledAt + HOUR_MS })).toBe(scheduledAt + HOUR_MS)
    expect(expiresAt({ scheduledAt, validityMs, validUntil: scheduledAt + 40 * HOUR_MS })).toBe(
      scheduledAt + validityMs,
    )
    expect(expiresAt({ scheduledAt, validityMs, validUntil: scheduledAt - HOUR_MS })).toBe(scheduledAt - HOUR_MS)
  })

  it('S12: is read from a column in its zone, a day through its end, and from nothing that is no date', () => {
    expect(readValidUntil('2027-06-01', 'Europe/Berlin')).toBe(Date.parse('2027-06-01T21:59:59.999Z'))
    expect(readValidUntil('2027-06-01T10:00Z', 'Europe/Berlin')).toBe(scheduledAt)
    for (const text of ['', '  ', 'soon', '31/02/1990', '2027-03-28T02:30'])
      expect(readValidUntil(text, 'Europe/Berlin')).toBeNull()
    expect(readValidUntil('2027-06-01', 'Mars/Phobos')).toBeNull()
  })

  it('is told to a provider in whole seconds, or not at all when they are too few', () => {
    expect(validitySeconds(scheduledAt + 90_999, scheduledAt, 30)).toBe(90)
    expect(validitySeconds(scheduledAt + 30_000, scheduledAt, 30)).toBe(30)
    expect(validitySeconds(scheduledAt + 29_999, scheduledAt, 30)).toBeUndefined()
    expect(validitySeconds(scheduledAt - 1, scheduledAt, 1)).toBeUndefined()
  })
})

describe('the room before a message expires', () => {
  it.each([
    ['S10', 36, 1000, 20, { people: 2000, gate: 'daily_limit' }],
    ['a place that is free when it expires', 24, 1000, 20, { people: 1000, gate: 'daily_limit' }],
    ['a moment more', 24.1, 1000, 20, { people: 2000, gate: 'daily_limit' }],
    ['a slow sender', 1, 1000, 0.1, { people: 360, gate: 'rate_limit' }],
    ['no daily limit', 1, null, 10, { people: 36_000, gate: 'rate_limit' }],
  ] as const)('is bounded by daily limit and rate: %s', (_, hours, dailyLimit, ratePerSecond, expected) => {
    expect(roomInTime({ validityMs: hours * HOUR_MS, dailyLimit, ratePerSecond })).toEqual(expected)
  })
})

describe('a preflight', () => {
  it('says that a short validity cannot stop a late delivery by a provider that is not told it', () => {
    expect(lateDeliveryWarning(2 * HOUR_MS, false)).toContain('after 2h nothing more is submitted')
    expect(lateDeliveryWarning(12 * HOUR_MS, false)).toBeUndefined()
    expect(lateDeliveryWarning(2 * HOUR_MS, true)).toBeUndefined()
  })
})

describe('the latency of a provider', () => {
  it('H16: is warned of when the calls at once cannot carry the rate', () => {
    const facts = { ratePerSecond: 20, concurrency: 8, latencyMs: 2_000 }
    expect(latencyWarning(facts)).toBe(
      'the provider takes 2.0 s to answer, so 8 calls at once reach 4 a second, not 20',
    )
    expect(latencyWarning({ ...facts, concurrency: 40 })).toBeUndefined()
    expect(latencyWarning({ ...facts, concurrency: null })).toBeUndefined()
    expect(latencyWarning({ ...facts, latencyMs: 400 })).toBeUndefined()
    expect(latencyWarning({ ...facts, latencyMs: undefined })).toBeUndefined()
  })

  it('H16: is warned of where as many calls as may be in flight are too few', () => {
    expect(latencyWarning({ ratePerSecond: 800, concurrency: null, latencyMs: 2_000 })).toMatch(
      /1000 calls at once reach 500 a/,
    )
  })
})
