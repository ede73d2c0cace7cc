// What a provider's answer makes of a message, its sender, its campaign and the person.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { messageMoves } from '../../src/domain/message-status.ts'
import {
  ATTEMPTS_MAX,
  backOffMs,
  decideRecord,
  decideTold,
  parseRetryAfter,
  type RecordFacts,
} from '../../src/domain/retry.ts'
import type { ProviderError, SendResult } from '../../src/domain/send-result.ts'
import { clipText, errorOf, outcomeOf } from '../../src/domain/send-result.ts'
import { DAY_MS, HOUR_MS } from '../../src/domain/time-zone.ts'

const now = Date.UTC(2027, 5, 1, 10)
const facts: RecordFacts = {
  attempts: 0,
  expiresAt: now + 30 * DAY_MS,
  pairThrottles: 0,
  coolOffs: 0,
  senderThrottles: 0,
}

function error(code: string, httpStatus: number | null = 400): ProviderError {
  return { code, text: code, advice: '', httpStatus }
}

function decide(result: SendResult, given: Partial<RecordFacts> = {}, random = 0.5) {
  return decideRecord(result, { ...facts, ...given }, now, random)
}

const temporary: SendResult = { kind: 'temporary', retryAfterMs: null, error: error('500', 500) }
const pairThrottle: SendResult = { kind: 'throttled', scope: 'pair', retryAfterMs: null, error: error('131056') }
const coolOff: SendResult = { kind: 'cool_off', error: error('131049') }

describe('a message that was accepted', () => {
  it('counts an attempt and frees the sender and the campaign of their faults', () => {
    expect(decide({ kind: 'accepted', trackingId: 'wamid.1' })).toEqual({
      to: 'accepted',
      reason: null,
      countsAttempt: true,
      sender: { recovered: true },
      campaign: 'worked',
    })
  })
})

describe('a message that was refused', () => {
  it('fails with the code of the provider and gives back its place in the caps', () => {
    expect(decide({ kind: 'refused', scope: 'recipient', error: error('131026') })).toEqual({
      to: 'failed',
      reason: '131026',
      countsAttempt: true,
      sender: { recovered: true },
    })
  })

  it('because of its template fails without a retry and counts against the campaign', () => {
    const decision = decide({ kind: 'refused', scope: 'template', error: error('132001') })
    expect(decision).toMatchObject({ to: 'failed', campaign: 'failed' })
    expect(decision.dueAt).toBeUndefined()
  })

  it('because the person stopped marketing suppresses marketing to them', () => {
    const suppress = { scope: 'marketing', reason: 'opted_out' } as const
    expect(decide({ kind: 'refused', scope: 'recipient', error: error('131050'), suppress })).toMatchObject({
      to: 'failed',
      suppress,
    })
  })

  it('because of the account waits untouched while the sender is paused', () => {
    expect(decide({ kind: 'account', error: error('190', 401) }, { attempts: 4 })).toEqual({
      to: 'pending',
      reason: null,
      dueAt: now,
      countsAttempt: false,
      sender: { pause: true },
    })
  })
})

describe('a sender that is too fast', () => {
  it('is held as long as the provider asks, and no attempt counts', () => {
    const decision = decide({ kind: 'throttled', scope: 'sender', retryAfterMs: 30_000, error: error('429', 429) })
    expect(decision).toMatchObject({
      to: 'pending',
      dueAt: now,
      countsAttempt: false,
      sender: { holdUntil: now + 30_000 },
    })
  })

  it('is held for a day at most', () => {
    const decision = decide({ kind: 'throttled', scope: 'sender', retryAfterMs: 9e15, error: error('429', 429) })
    expect(decision.sender).toEqual({ holdUntil: now + DAY_MS })
  })

  it.each([
    [0, 1],
    [1, 2],
    [3, 8],
    [5, 32],
    [6, 60],
    [5000, 60],
  ])('after %i throttles without a time is held for %i s', (senderThrottles, seconds) => {
    const throttled: SendResult = { kind: 'throttled', scope: 'sender', retryAfterMs: null, error: error('130429') }
    expect(decide(throttled, { senderThrottles }).sender).toEqual({ holdUntil: now + seconds * 1000 })
    const notSent: SendResult = { kind: 'not_sent', error: error('connection_refused', null) }
    expect(decide(notSent, { senderThrottles }).sender).toEqual({ holdUntil: now + seconds * 1000 })
  })
})

describe('a person who gets too much', () => {
  it.each([
    [0, 1],
    [1, 4],
    [2, 16],
    [3, 64],
    [4, 256],
  ])('RT-08 is left alone for 4^%i = %i s after a pair throttle', (pairThrottles, seconds) => {
    expect(decide(pairThrottle, { pairThrottles })).toEqual({
      to: 'pending',
      reason: null,
      dueAt: now + seconds * 1000,
      waitReason: 'pair_limit',
      countsAttempt: false,
      blockContactUntil: now + seconds * 1000,
    })
  })

  it.each([
    [0, 24],
    [1, 48],
    [2, 96],
  ])('RT-09 after %i cool-offs is tried again in %i h when the validity allows', (coolOffs, hours) => {
    expect(decide(coolOff, { coolOffs })).toEqual({
      to: 'pending',
      reason: null,
      dueAt: now + hours * HOUR_MS,
      waitReason: 'cool_off',
      countsAttempt: true,
      blockContactUntil: now + hours * HOUR_MS,
    })
  })

  it('RT-09 is tried again once at most within 36 hours, and fails with the code then', () => {
    const expiresAt = now + 36 * HOUR_MS
    expect(decide(coolOff, { expiresAt })).toMatchObject({ to: 'pending', dueAt: now + 24 * HOUR_MS })
    const second = decideRecord(coolOff, { ...facts, expiresAt, coolOffs: 1 }, now + 24 * HOUR_MS, 0.5)
    expect(second).toMatchObject({ to: 'failed', reason: '131049' })
    expect(decide(coolOff, { expiresAt: now + 24 * HOUR_MS })).toMatchObject({ to: 'failed', reason: '131049' })
  })
})

describe('a temporary failure', () => {
  it('waits 30 s, a minute, two and four, spread by a fifth', () => {
    expect([0, 1, 2, 3].map((attempts) => decide(temporary, { attempts }).dueAt)).toEqual(
      [30, 60, 120, 240].map((seconds) => now + seconds * 1000),
    )
    expect(backOffMs(0, 0)).toBe(24_000)
    expect(backOffMs(0, 0.999999)).toBe(36_000)
  })

  it('fails with its last code at the fifth attempt', () => {
    expect(ATTEMPTS_MAX).toBe(5)
    expect(decide(temporary, { attempts: 3 }).to).toBe('pending')
    expect(decide(temporary, { attempts: 4 })).toMatchObject({ to: 'failed', reason: '500' })
  })

  it('VA-05 expires at once when the retry would come at or after the end of the validity', () => {
    expect(decide(temporary, { expiresAt: now + 30_000 })).toMatchObject({
      to: 'expired',
      countsAttempt: true,
    })
    expect(decide(temporary, { expiresAt: now + 30_001 })).toMatchObject({ to: 'pending', dueAt: now + 30_000 })
    expect(decide(pairThrottle, { expiresAt: now + 1000 }).to).toBe('expired')
  })

  it('waits as long as the provider asks', () => {
    expect(decide({ ...temporary, retryAfterMs: 90_000 }).dueAt).toBe(now + 90_000)
    expect(decide({ ...temporary, retryAfterMs: -5 }).dueAt).toBe(now)
    expect(decide({ ...temporary, retryAfterMs: Number.NaN }).dueAt).toBe(now + 60_000)
  })

  it('never waits more than an hour by itself', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempts, random) => {
        const wait = backOffMs(attempts, random)
        expect(wait).toBeGreaterThanOrEqual(24_000)
        expect(wait).toBeLessThanOrEqual(HOUR_MS)
      }),
    )
  })
})

describe('a call without a known end', () => {
  it('leaves the message unknown and keeps its place in the caps', () => {
    expect(decide({ kind: 'unknown', error: error('timeout', null) }, { attempts: 9 })).toEqual({
      to: 'unknown',
      reason: 'timeout',
      countsAttempt: true,
    })
  })
})

describe('a call that was not begun', () => {
  it('leaves the message due, and counts no attempt', () => {
    expect(decide({ kind: 'not_started', error: null })).toEqual({
      to: 'pending',
      reason: null,
      dueAt: now,
      countsAttempt: false,
    })
  })

  it('skips a message whose text cannot be rendered', () => {
    expect(decide({ kind: 'not_started', error: null, skip: 'missing_variable' })).toMatchObject({
      to: 'skipped',
      reason: 'missing_variable',
    })
  })
})

describe('every answer', () => {
  const results: SendResult[] = [
    { kind: 'accepted', trackingId: '1' },
    { kind: 'refused', scope: 'recipient', error: error('1') },
    { kind: 'refused', scope: 'template', error: error('1') },
    { kind: 'account', error: error('1') },
    { kind: 'throttled', scope: 'sender', retryAfterMs: null, error: error('1') },
    pairThrottle,
    coolOff,
    temporary,
    { kind: 'not_sent', error: error('1') },
    { kind: 'unknown', error: error('1') },
    { kind: 'not_started', error: null },
  ]

  it('leads back to sending only when nothing was accepted, never in the past and never after the validity', () => {
    const some = fc.record({
      attempts: fc.nat({ max: 10 }),
      expiresAt: fc.integer({ min: now + 1, max: now + 40 * DAY_MS }),
      pairThrottles: fc.nat({ max: 20 }),
      coolOffs: fc.nat({ max: 20 }),
      senderThrottles: fc.nat({ max: 2000 }),
    })
    fc.assert(
      fc.property(fc.constantFrom(...results), some, (result, given) => {
        const decision = decideRecord(result, given, now, 0.5)
        if (decision.to === 'pending') {
          expect(['accepted', 'unknown', 'refused']).not.toContain(result.kind)
          expect(decision.dueAt).toBeGreaterThanOrEqual(now)
          expect(decision.dueAt).toBeLessThan(given.expiresAt)
        } else expect(decision.dueAt).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })

  it('H3: makes a legal move of a message on the wire, and of one that was taken over meanwhile', () => {
    const some = fc.record({
      attempts: fc.nat({ max: 10 }),
      expiresAt: fc.integer({ min: now - DAY_MS, max: now + 40 * DAY_MS }),
      pairThrottles: fc.nat({ max: 20 }),
      coolOffs: fc.nat({ max: 20 }),
      senderThrottles: fc.nat({ max: 20 }),
    })
    const ruled: SendResult = { kind: 'not_started', error: null, skip: 'missing_variable' }
    const from = fc.constantFrom('sending' as const, 'unknown' as const)
    fc.assert(
      fc.property(fc.constantFrom(...results, ruled), some, from, (result, given, status) => {
        const { to } = decideRecord(result, given, now, 0.5)
        expect([status, ...messageMoves[status]]).toContain(to)
        // What would wait for another attempt ends with its campaign.
        expect(messageMoves[status]).toContain('cancelled')
        if (given.expiresAt <= now) expect(to).not.toBe('pending')
      }),
      { numRuns: 1000 },
    )
  })

  it('V2: means the same for others when it is told after the call, but for a throttling that it ends', () => {
    for (const result of results) {
      if (result.kind === 'accepted' || result.kind === 'not_started') continue
      const { sender, campaign, suppress, blockContactUntil } = decide(result)
      const told = decideTold(result, facts, now)
      expect(told.to).toBe(result.kind === 'cool_off' ? 'pending' : 'failed')
      expect({ ...told, to: 0, reason: 0, countsAttempt: 0 }).toMatchObject({
        ...(sender !== undefined && !('recovered' in sender) && { sender }),
        ...(campaign && { campaign }),
        ...(suppress && { suppress }),
        ...(blockContactUntil && { blockContactUntil }),
      })
      expect(told.sender === undefined || !('recovered' in told.sender)).toBe(true)
    }
  })

  it('has an outcome of its own for a pair throttle, and an error unless it was accepted', () => {
    expect(results.map(outcomeOf)).toEqual([
      'accepted',
      'refused',
      'refused',
      'account',
      'throttled',
      'throttled_pair',
      'cool_off',
      'temporary',
      'not_sent',
      'unknown',
      'not_started',
    ])
    expect(errorOf({ kind: 'accepted', trackingId: '1' })).toBeNull()
    expect(errorOf(coolOff)?.code).toBe('131049')
  })

  it("keeps a thousand characters of the provider's text", () => {
    expect(clipText('a'.repeat(1000))).toHaveLength(1000)
    expect(clipText('a'.repeat(1_000_000))).toHaveLength(1000)
  })
})

describe('a Retry-After header', () => {
  it.each([
    ['30', 30_000],
    [' 0 ', 0],
    ['999999999', DAY_MS],
    ['Tue, 01 Jun 2027 10:01:00 GMT', 60_000],
    ['Tue, 01 Jun 2027 09:00:00 GMT', 0],
    ['Sun, 01 Jun 2036 10:00:00 GMT', DAY_MS],
  ])('of %j asks for %i ms', (header, ms) => {
    expect(parseRetryAfter(header, now)).toBe(ms)
  })

  it.each([undefined, '', '-1', '1.5', '1e3', 'soon', '2027-06-01', 'Xxx, nonsense'])(
    'of %j asks for nothing',
    (header) => {
      expect(parseRetryAfter(header, now)).toBeNull()
    },
  )
})
