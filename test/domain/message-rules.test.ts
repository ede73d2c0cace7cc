// What becomes of one due message: every gate alone, in their order, and together.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CapUse, parseCapRule } from '../../src/domain/frequency-cap.ts'
import { HORIZON_MS } from '../../src/domain/horizon.ts'
import {
  type ClaimDecision,
  type ClaimFact,
  type ClaimRules,
  decideClaim,
  decidePerson,
  decidePlanned,
  nothingTaken,
  type PlanFact,
  SESSION_MS,
  type Taken,
  takeClaim,
  tellClaim,
} from '../../src/domain/message-rules.ts'
import { dueOf, type PlanRules } from '../../src/domain/planned-time.ts'
import { nextAllowedAt, parseQuietHours } from '../../src/domain/quiet-hours.ts'
import { CLAIM_LAPSE_MS } from '../../src/domain/rate.ts'
import { DAY_MS, HOUR_MS } from '../../src/domain/time-zone.ts'

/** Noon in Berlin. */
const now = Date.parse('2027-06-01T10:00:00Z')
const evening = Date.parse('2027-06-01T19:00:00Z')
const morning = Date.parse('2027-06-02T06:00:00Z')

const fact: ClaimFact = {
  messageId: 1,
  contactId: 7,
  createdAt: now - HOUR_MS,
  scheduledAt: now - HOUR_MS,
  earlier: null,
  expiresAt: now + 36 * HOUR_MS,
  zone: 'Europe/Berlin',
  suppression: null,
  capUses: [],
  lastClaimAt: null,
  lastInboundAt: null,
  blockedUntil: null,
  hasCapUse: false,
  isGroup: false,
}
const daily = parseCapRule({ id: 'daily', max: 1, window: '24h' })
const night = parseQuietHours({ from: '21:00', to: '08:00' })
const rules: ClaimRules = {
  campaignId: 3,
  useCase: 'marketing',
  tags: [],
  isTest: false,
  capRules: [daily],
  quietHours: night,
  fallbackZone: 'Europe/Berlin',
  needsSession: false,
  overlap: 'skip',
  missed: 'latest',
  pairIntervalMs: 6000,
  dailyLimit: null,
  takesGroups: false,
}

function useAt(at: number, rest: Partial<CapUse> = {}): CapUse {
  return { at, messageId: 99, campaignId: 2, tags: [], isFailed: false, ...rest }
}

interface Given {
  fact?: Partial<ClaimFact>
  rules?: Partial<ClaimRules>
  taken?: Taken
  at?: number
}

function decide(given: Given = {}): ClaimDecision {
  return decideClaim(
    { ...fact, ...given.fact },
    { ...rules, ...given.rules },
    given.taken ?? nothingTaken(),
    given.at ?? now,
  )
}

describe('a message that nothing stands against', () => {
  it('goes', () => {
    expect(decide()).toEqual({ act: 'send' })
  })
})

describe('the validity', () => {
  const scheduledAt = now
  const expiresAt = scheduledAt + 36 * HOUR_MS

  it('VA-01 lets a message go a millisecond before its end', () => {
    const at = expiresAt - 1
    expect(at - scheduledAt).toBe(((35 * 60 + 59) * 60 + 59) * 1000 + 999)
    expect(decide({ fact: { expiresAt }, rules: { quietHours: null }, at })).toEqual({ act: 'send' })
  })

  it('VA-02 expires a message at exactly its end', () => {
    expect(decide({ fact: { expiresAt }, rules: { quietHours: null }, at: expiresAt })).toEqual({ act: 'expire' })
  })

  it('comes before suppression, quiet hours and caps', () => {
    const given = { expiresAt: now, suppression: { scope: 'all', reason: 'opted_out' } as const, capUses: [useAt(now)] }
    expect(decide({ fact: given, at: evening })).toEqual({ act: 'expire' })
  })
})

describe('a suppression', () => {
  it.each(['opted_out', 'blocked', 'invalid_number', 'erased'] as const)('skips the message as %s', (reason) => {
    expect(decide({ fact: { suppression: { scope: 'all', reason } } })).toMatchObject({ act: 'skip', reason })
  })

  it('of marketing stops marketing only', () => {
    const suppression = { scope: 'marketing', reason: 'opted_out' } as const
    expect(decide({ fact: { suppression } })).toMatchObject({ act: 'skip', reason: 'opted_out' })
    expect(decide({ fact: { suppression }, rules: { useCase: 'utility', capRules: [] } })).toEqual({ act: 'send' })
  })

  it('comes before quiet hours and caps, and holds for tests too', () => {
    const suppression = { scope: 'all', reason: 'blocked' } as const
    const given = { fact: { suppression, capUses: [useAt(now)] }, at: evening }
    expect(decide(given)).toMatchObject({ act: 'skip', reason: 'blocked' })
    expect(decide({ ...given, rules: { isTest: true } })).toMatchObject({ act: 'skip', reason: 'blocked' })
  })
})

describe('quiet hours', () => {
  it('defer a message to 08:00 in the zone of its person', () => {
    expect(decide({ at: evening })).toEqual({
      act: 'defer',
      dueAt: morning,
      waitReason: 'quiet_hours',
      caps: [],
    })
    expect(decide({ fact: { zone: 'America/New_York' }, at: evening })).toEqual({ act: 'send' })
  })

  it('are those of the fallback zone for a person whose zone nobody knows', () => {
    const given = { fact: { zone: null }, at: evening }
    expect(decide(given)).toMatchObject({ act: 'defer', dueAt: morning })
    expect(decide({ ...given, rules: { fallbackZone: 'America/New_York' } })).toEqual({ act: 'send' })
  })

  it('are those of the fallback zone when the free hours of a country never meet', () => {
    const short = parseQuietHours({ from: '11:00', to: '10:00' })
    const given = { fact: { zone: 'country:BR' }, rules: { quietHours: short } }
    const berlin = nextAllowedAt('Europe/Berlin', now, short)
    expect(decide(given)).toMatchObject({ act: 'defer', dueAt: berlin })
  })

  it('QH-07 skip the message when they are set to', () => {
    const skipping = parseQuietHours({ from: '21:00', to: '08:00', action: 'skip' })
    expect(decide({ rules: { quietHours: skipping }, at: evening })).toEqual({
      act: 'skip',
      reason: 'quiet_hours',
      caps: [],
    })
    expect(decide({ rules: { quietHours: skipping } })).toEqual({ act: 'send' })
  })

  it('QH-08 skip the message at once when they end at or after its validity', () => {
    const skipped = { act: 'skip', reason: 'quiet_hours_no_time_left', caps: [] }
    expect(decide({ fact: { expiresAt: morning }, at: evening })).toEqual(skipped)
    expect(decide({ fact: { expiresAt: morning - HOUR_MS }, at: evening })).toEqual(skipped)
    expect(decide({ fact: { expiresAt: morning + 1 }, at: evening })).toMatchObject({ act: 'defer', dueAt: morning })
  })

  it('are not asked in an open session', () => {
    expect(decide({ fact: { lastInboundAt: evening - SESSION_MS + 1 }, at: evening })).toEqual({ act: 'send' })
    expect(decide({ fact: { lastInboundAt: evening - SESSION_MS }, at: evening })).toMatchObject({ act: 'defer' })
  })

  it('are not asked for a test or for a campaign that ignores them', () => {
    expect(decide({ rules: { isTest: true }, at: evening })).toEqual({ act: 'send' })
    expect(decide({ rules: { quietHours: null }, at: evening })).toEqual({ act: 'send' })
  })
})

describe('frequency caps', () => {
  const capped = { capUses: [useAt(now - 20 * HOUR_MS)] }
  const freeAt = now + 4 * HOUR_MS

  it('defer a message to the instant at which its person has a place', () => {
    expect(decide({ fact: capped })).toMatchObject({
      act: 'defer',
      dueAt: freeAt,
      waitReason: 'frequency_cap',
      caps: [{ rule: { id: 'daily' }, freeAt, uses: [{ messageId: 99 }] }],
    })
  })

  it('skip a message at once whose validity ends before its person has a place', () => {
    expect(decide({ fact: { ...capped, expiresAt: freeAt } })).toMatchObject({
      act: 'skip',
      reason: 'frequency_cap',
      caps: [{ freeAt }],
    })
    expect(decide({ fact: { ...capped, expiresAt: freeAt + 1 } })).toMatchObject({ act: 'defer', dueAt: freeAt })
  })

  it('skip a message when a rule that blocks says so', () => {
    const skipping = { ...daily, onCap: 'skip' as const }
    expect(decide({ fact: capped, rules: { capRules: [skipping] } })).toMatchObject({
      act: 'skip',
      reason: 'frequency_cap',
    })
  })

  it('FC-08 are neither asked nor filled by a utility message', () => {
    const utility = { useCase: 'utility', capRules: [] } as const
    expect(decide({ fact: capped, rules: utility })).toEqual({ act: 'send' })
    const taken = nothingTaken()
    takeClaim(fact, { ...rules, ...utility }, taken, now)
    expect(taken.capUses.size).toBe(0)
    expect(decide({ taken, at: now + 6000 })).toMatchObject({ act: 'defer', waitReason: 'pair_limit' })
    taken.claims.clear()
    expect(decide({ taken })).toEqual({ act: 'send' })
  })

  it('FC-14 take no second place for another attempt of the same message', () => {
    const retried = { ...capped, hasCapUse: true }
    expect(decide({ fact: retried })).toEqual({ act: 'send' })
    const taken = nothingTaken()
    takeClaim({ ...fact, ...retried }, rules, taken, now)
    expect(taken.capUses.size).toBe(0)
  })

  it('see what the same claim has granted before', () => {
    const taken = nothingTaken()
    takeClaim(fact, rules, taken, now)
    const decision = decide({ fact: { messageId: 2 }, rules: { pairIntervalMs: 0 }, taken })
    expect(decision).toMatchObject({
      act: 'defer',
      dueAt: now + DAY_MS,
      caps: [{ uses: [{ messageId: 1, campaignId: 3 }] }],
    })
    expect(decide({ fact: { contactId: 8 }, taken })).toEqual({ act: 'send' })
  })

  it('are not asked for a test, which takes no place', () => {
    expect(decide({ fact: capped, rules: { isTest: true } })).toEqual({ act: 'send' })
    const taken = nothingTaken()
    takeClaim(fact, { ...rules, isTest: true }, taken, now)
    expect(taken.capUses.size).toBe(0)
  })

  it('count a campaign that ignores them', () => {
    const taken = nothingTaken()
    takeClaim(fact, { ...rules, capRules: [] }, taken, now)
    expect(taken.capUses.get(7)).toHaveLength(1)
  })
})

describe('caps and quiet hours together', () => {
  it('QH-24 defer to the first allowed instant after the cap is free', () => {
    const freeAt = evening + 3 * HOUR_MS
    const decision = decide({ fact: { capUses: [useAt(freeAt - DAY_MS)] }, at: evening })
    expect(decision).toMatchObject({
      act: 'defer',
      dueAt: morning,
      waitReason: 'frequency_cap',
      caps: [{ rule: { id: 'daily' }, freeAt }],
    })
  })

  it('QH-24 defer to the end of the cap when it lies in the day', () => {
    const freeAt = morning + 4 * HOUR_MS
    expect(decide({ fact: { capUses: [useAt(freeAt - DAY_MS)] }, at: evening })).toMatchObject({ dueAt: freeAt })
  })

  it('defer past the night when a cap frees in it, although the message is due by day', () => {
    const freeAt = evening + HOUR_MS
    expect(decide({ fact: { capUses: [useAt(freeAt - DAY_MS)] } })).toMatchObject({ dueAt: morning })
  })

  it('HZ-15 skip a message that they would defer beyond 35 days after its creation', () => {
    const given = (createdAt: number) => ({ fact: { createdAt, expiresAt: now + 10 * DAY_MS }, at: evening })
    expect(decide(given(morning - HORIZON_MS))).toMatchObject({ act: 'defer', dueAt: morning })
    expect(decide(given(morning - HORIZON_MS - 1))).toEqual({ act: 'skip', reason: 'horizon', caps: [] })
    const capUses = [useAt(now)]
    const old = { createdAt: now + DAY_MS - HORIZON_MS - 1, expiresAt: now + 10 * DAY_MS, capUses }
    expect(decide({ fact: old })).toMatchObject({ act: 'skip', reason: 'horizon', caps: [{ rule: { id: 'daily' } }] })
  })
})

describe('a session', () => {
  it('that the content needs must be open', () => {
    const needy = { rules: { needsSession: true } }
    expect(decide(needy)).toEqual({ act: 'skip', reason: 'no_session', caps: [] })
    expect(decide({ ...needy, fact: { lastInboundAt: now - SESSION_MS } })).toMatchObject({ reason: 'no_session' })
    expect(decide({ ...needy, fact: { lastInboundAt: now - SESSION_MS + 1 } })).toEqual({ act: 'send' })
  })
})

describe('the pair limit', () => {
  it('S17: defers a second message until six seconds after the last instant at which the first may begin', () => {
    const apart = 6000 + CLAIM_LAPSE_MS
    expect(decide({ fact: { lastClaimAt: now - apart + 1 } })).toEqual({
      act: 'defer',
      dueAt: now + 1,
      waitReason: 'pair_limit',
      caps: [],
    })
    expect(decide({ fact: { lastClaimAt: now - apart } })).toEqual({ act: 'send' })
  })

  it('S17: keeps two starts apart, however late within its claim each begins', () => {
    const late = fc.integer({ min: 0, max: CLAIM_LAPSE_MS })
    const utility = { useCase: 'utility', capRules: [] } as const
    fc.assert(
      fc.property(late, late, (first, second) => {
        const taken = nothingTaken()
        takeClaim(fact, { ...rules, ...utility }, taken, now)
        const decision = decide({ taken, rules: utility })
        if (decision.act !== 'defer') throw new Error(`it is ${decision.act}`)
        const apart = decision.dueAt + second - (now + first)
        expect(apart).toBeGreaterThanOrEqual(6000)
        expect(decide({ taken, rules: utility, at: decision.dueAt })).toEqual({ act: 'send' })
      }),
    )
  })

  it('does not hold where there is none', () => {
    expect(decide({ fact: { lastClaimAt: now }, rules: { pairIntervalMs: 0 } })).toEqual({ act: 'send' })
  })

  it('sees what the same claim has granted before', () => {
    const taken = nothingTaken()
    takeClaim(fact, { ...rules, useCase: 'utility' }, taken, now)
    expect(decide({ taken })).toMatchObject({ act: 'defer', dueAt: now + 7000, waitReason: 'pair_limit' })
  })

  it('waits for as long as the provider has blocked the person', () => {
    expect(decide({ fact: { blockedUntil: now + 64_000 } })).toMatchObject({
      act: 'defer',
      dueAt: now + 64_000,
      waitReason: 'cool_off',
    })
    expect(decide({ fact: { blockedUntil: now } })).toEqual({ act: 'send' })
  })

  it('expires a message whose validity ends before', () => {
    expect(decide({ fact: { lastClaimAt: now, expiresAt: now + 7000 } })).toEqual({ act: 'expire' })
    expect(decide({ fact: { blockedUntil: now + DAY_MS, expiresAt: now + DAY_MS } })).toEqual({ act: 'expire' })
  })
})

describe('the daily limit', () => {
  const limited = { dailyLimit: 1000 }

  it('leaves a new person where they are when it is full', () => {
    expect(decide({ rules: limited, taken: nothingTaken(999) })).toEqual({ act: 'send' })
    expect(decide({ rules: limited, taken: nothingTaken(1000) })).toEqual({ act: 'leave', gate: 'daily_limit' })
  })

  it('H19: is asked first, as the claim looks at nobody new when it is full', () => {
    const given = { expiresAt: now, suppression: { scope: 'all', reason: 'blocked' } as const }
    const full = { rules: limited, taken: nothingTaken(1000) }
    expect(decide({ fact: given, ...full })).toEqual({ act: 'leave', gate: 'daily_limit' })
    expect(decide({ fact: { ...given, lastClaimAt: now - HOUR_MS }, ...full })).toEqual({ act: 'expire' })
  })

  it('has room for a person who is counted already', () => {
    const counted = { lastClaimAt: now - DAY_MS + 1 }
    expect(decide({ fact: counted, rules: limited, taken: nothingTaken(1000) })).toEqual({ act: 'send' })
    expect(decide({ fact: { lastClaimAt: now - DAY_MS }, rules: limited, taken: nothingTaken(1000) })).toMatchObject({
      act: 'leave',
    })
  })

  it('counts each person of a claim once', () => {
    const taken = nothingTaken(5)
    takeClaim(fact, rules, taken, now)
    takeClaim({ ...fact, messageId: 2 }, rules, taken, now)
    takeClaim({ ...fact, contactId: 8, lastClaimAt: now - HOUR_MS }, rules, taken, now)
    takeClaim({ ...fact, contactId: 9, lastClaimAt: now - DAY_MS }, rules, taken, now)
    expect(taken.dailyUsed).toBe(7)
  })
})

describe('every decision', () => {
  const instant = (from: number, until: number) => fc.integer({ min: now + from, max: now + until })
  const anyFact: fc.Arbitrary<ClaimFact> = fc.record({
    messageId: fc.constant(1),
    contactId: fc.integer({ min: 1, max: 3 }),
    createdAt: instant(-40 * DAY_MS, 0),
    scheduledAt: instant(-2 * DAY_MS, 0),
    earlier: fc.option(fc.record({ dueAt: fc.option(instant(-DAY_MS, DAY_MS)) })),
    expiresAt: instant(-HOUR_MS, 30 * DAY_MS),
    zone: fc.constantFrom(null, 'Europe/Berlin', 'America/New_York', 'country:BR'),
    suppression: fc.constantFrom(null, null, null, { scope: 'marketing', reason: 'opted_out' } as const),
    capUses: fc.array(
      instant(-8 * DAY_MS, 0).map((at) => useAt(at)),
      { maxLength: 4 },
    ),
    lastClaimAt: fc.option(instant(-2 * DAY_MS, 0)),
    lastInboundAt: fc.option(instant(-2 * DAY_MS, 0)),
    blockedUntil: fc.option(instant(-HOUR_MS, DAY_MS)),
    hasCapUse: fc.boolean(),
    isGroup: fc.boolean(),
  })
  const anyRules: fc.Arbitrary<ClaimRules> = fc.record({
    campaignId: fc.constant(3),
    useCase: fc.constantFrom('marketing', 'utility'),
    tags: fc.constant([]),
    isTest: fc.boolean(),
    capRules: fc.subarray([daily, parseCapRule({ id: 'weekly', max: 2, window: '7d', onCap: 'skip' })]),
    quietHours: fc.constantFrom(null, night, parseQuietHours({ from: '10:00', to: '15:30', action: 'skip' })),
    fallbackZone: fc.constantFrom('Europe/Berlin', 'Asia/Tokyo'),
    needsSession: fc.boolean(),
    overlap: fc.constantFrom('skip', 'queue', 'allow'),
    missed: fc.constantFrom('latest', 'all'),
    pairIntervalMs: fc.constantFrom(0, 6000),
    dailyLimit: fc.constantFrom(null, 0, 10),
    takesGroups: fc.boolean(),
  })

  it('to wait is for later, within the validity and the horizon, and holds when nothing changes', () => {
    // Without sessions: quiet hours come back when one closes.
    fc.assert(
      fc.property(anyFact, anyRules, (given, all) => {
        const silent = { ...given, lastInboundAt: null }
        const anyContent = { ...all, needsSession: false }
        const decision = decideClaim(silent, anyContent, nothingTaken(), now)
        if (decision.act !== 'defer') return
        expect(decision.dueAt).toBeGreaterThan(now)
        expect(decision.dueAt).toBeLessThan(given.expiresAt)
        if (decision.waitReason !== 'quiet_hours' && decision.waitReason !== 'frequency_cap') return
        expect(decision.dueAt - given.createdAt).toBeLessThanOrEqual(HORIZON_MS)
        const later = decideClaim(silent, anyContent, nothingTaken(), decision.dueAt)
        if (later.act === 'defer') expect(['pair_limit', 'cool_off']).toContain(later.waitReason)
      }),
      { numRuns: 2000 },
    )
  })

  it('to send is never for an expired, suppressed, quiet, capped or paired message', () => {
    fc.assert(
      fc.property(anyFact, anyRules, (given, all) => {
        if (decideClaim(given, all, nothingTaken(), now).act !== 'send') return
        expect(now).toBeLessThan(given.expiresAt)
        if (all.useCase === 'marketing') expect(given.suppression).toBeNull()
        expect(given.blockedUntil ?? 0).toBeLessThanOrEqual(now)
        expect(now - (given.lastClaimAt ?? 0)).toBeGreaterThanOrEqual(all.pairIntervalMs)
        for (const told of tellClaim(given, all, nothingTaken(), now)) expect(told.result).toBe('pass')
        const isOpen = given.lastInboundAt !== null && now - given.lastInboundAt < SESSION_MS
        if (all.needsSession) expect(isOpen).toBe(true)
        if (all.isTest) return
        const zone = given.zone ?? all.fallbackZone
        if (all.quietHours !== null && !isOpen) expect(nextAllowedAt(zone, now, all.quietHours) ?? now).toBe(now)
        const inDay = given.capUses.filter((use) => use.at > now - DAY_MS)
        if (all.capRules.includes(daily) && !given.hasCapUse) expect(inDay).toHaveLength(0)
      }),
      { numRuns: 2000 },
    )
  })

  it('H19: is what the gates tell: the same stop, the same wait, until the same instant', () => {
    fc.assert(
      fc.property(anyFact, anyRules, fc.integer({ min: 0, max: 12 }), (given, all, dailyUsed) => {
        const decision = decideClaim(given, all, nothingTaken(dailyUsed), now)
        const told = tellClaim(given, all, nothingTaken(dailyUsed), now)
        const ends = decision.act === 'skip' || decision.act === 'expire'
        const held = told.filter(({ result }) => result !== 'pass')
        expect(held.length > 0).toBe(decision.act !== 'send')
        if (ends) expect(held.some(({ result }) => result === 'stop')).toBe(true)
        if (decision.act !== 'defer') return
        const until = Math.max(...held.map((gate) => (gate.check === 'daily_limit' ? 0 : (gate.until ?? 0))))
        expect(until).toBeGreaterThanOrEqual(now)
        if (decision.waitReason === 'pair_limit' || decision.waitReason === 'cool_off')
          expect(told.find(({ check }) => check === 'pair_limit')?.until).toBe(decision.dueAt)
      }),
      { numRuns: 2000 },
    )
  })

  it('H19: of a person alone is the chain’s own, whatever the time', () => {
    fc.assert(
      fc.property(anyFact, anyRules, (given, all) => {
        const reason = decidePerson(given, all)
        const decision = decideClaim(given, all, nothingTaken(), now)
        if (reason !== undefined && decision.act !== 'expire' && decision.act !== 'leave')
          expect(decision).toMatchObject({ act: 'skip', reason })
      }),
    )
  })
})

describe('planning', () => {
  const berlin = Date.parse('2027-06-01T12:00:00Z')
  const schedule = {
    isRecipientLocal: true,
    zonePassed: 'nextDay',
    zone: 'Europe/Berlin',
    missed: 'latest',
    catchUpMs: HOUR_MS,
  } as const
  const plan: PlanRules = {
    useCase: 'marketing',
    schedule,
    validityMs: 36 * HOUR_MS,
    // 09:00 on every clock.
    occurrence: { at: Date.parse('2027-06-01T07:00:00Z'), local: Date.parse('2027-06-01T09:00:00Z') },
    later: [],
    committedAt: berlin,
    pausedFrom: null,
    createdAt: berlin,
    now: berlin,
  }
  const person: PlanFact = { suppression: null, isMissingField: false, validUntil: null }
  const planned = (given: Partial<PlanFact>, rest: Partial<PlanRules> = {}) => {
    const rules = { ...plan, ...rest }
    return decidePlanned({ ...person, ...given }, rules, dueOf('', rules))
  }

  it('H19: names a suppression before a zone that has passed, that before a missing field, that before the end', () => {
    const gone = {
      isMissingField: true,
      validUntil: berlin,
      suppression: { scope: 'all', reason: 'opted_out' } as const,
    }
    const skipping = { schedule: { ...schedule, zonePassed: 'skip' } as const }
    expect(planned(gone, skipping)).toMatchObject({ act: 'skip', reason: 'opted_out' })
    expect(planned({ ...gone, suppression: null }, skipping)).toMatchObject({ act: 'skip', reason: 'zone_passed' })
    expect(planned({ ...gone, suppression: null })).toMatchObject({ act: 'skip', reason: 'missing_variable' })
    expect(planned({ validUntil: berlin })).toMatchObject({ act: 'expire' })
    const utility = { scope: 'marketing', reason: 'opted_out' } as const
    expect(planned({ suppression: utility }, { useCase: 'utility' })).toMatchObject({ act: 'plan' })
  })

  it('H19: leaves people to the next day only within the validity', () => {
    const nextDay = Date.parse('2027-06-02T07:00:00Z')
    expect(planned({})).toEqual({ act: 'plan', scheduledAt: nextDay, expiresAt: nextDay + 36 * HOUR_MS })
    expect(planned({}, { validityMs: 24 * HOUR_MS })).toMatchObject({ act: 'skip', reason: 'zone_passed' })
  })
})
