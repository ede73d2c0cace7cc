// How many marketing messages a person gets: windows at their edges, several rules together, calendars over DST.
import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { durationMs } from '../../src/domain/duration.ts'
import {
  blockingCaps,
  type CapRequest,
  type CapRule,
  type CapUse,
  capLookBackMs,
  parseCapRule,
} from '../../src/domain/frequency-cap.ts'
import { formatInstant } from '../../src/domain/instant.ts'
import { parsePhone } from '../../src/domain/phone.ts'
import { DAY_MS, HOUR_MS } from '../../src/domain/time-zone.ts'

const daily = parseCapRule({ id: 'daily', max: 1, window: '24h' })
const weekly = parseCapRule({ id: 'weekly', max: 3, window: '7d' })

let messageId = 0
function use(at: string | number, rest: Partial<CapUse> = {}): CapUse {
  return {
    at: typeof at === 'number' ? at : Date.parse(at),
    messageId: ++messageId,
    campaignId: 1,
    tags: [],
    isFailed: false,
    ...rest,
  }
}

const anyone: CapRequest = { campaignId: 2, tags: [], zone: 'Europe/Berlin' }

/** Ids of the rules that block, and when the last of them frees. */
function blocked(rules: CapRule[], uses: CapUse[], now: string, request: Partial<CapRequest> = {}) {
  const blocks = blockingCaps(rules, uses, { ...anyone, ...request }, Date.parse(now))
  return {
    by: blocks.map((block) => block.rule.id),
    until: blocks.length === 0 ? undefined : formatInstant(Math.max(...blocks.map((block) => block.freeAt))),
  }
}
const free = { by: [], until: undefined }

describe('one message in a rolling 24 hours', () => {
  const uses = [use('2027-06-01T10:00:00.000Z')]

  it('FC-01 blocks a millisecond before the day is over and names the end', () => {
    expect(blocked([daily], uses, '2027-06-02T09:59:59.999Z')).toEqual({ by: ['daily'], until: '2027-06-02T10:00:00Z' })
  })

  it('FC-02 allows at exactly the end', () => {
    expect(blocked([daily], uses, '2027-06-02T10:00:00.000Z')).toEqual(free)
  })

  it('blocks at the very instant of the first message', () => {
    expect(blocked([daily], uses, '2027-06-01T10:00:00.000Z').by).toEqual(['daily'])
  })

  it('names the message that holds the place', () => {
    const [block] = blockingCaps([daily], uses, anyone, Date.parse('2027-06-01T12:00:00Z'))
    expect(block).toMatchObject({ count: 1, uses: [{ messageId: uses[0]?.messageId }] })
  })

  it('holds nobody when the rule is switched off', () => {
    expect(blocked([{ ...daily, isEnabled: false }], uses, '2027-06-01T12:00:00Z')).toEqual(free)
  })

  it('gives back the place of a message that failed, unless failures count', () => {
    const failed = [use('2027-06-01T10:00:00Z', { isFailed: true })]
    expect(blocked([daily], failed, '2027-06-01T12:00:00Z')).toEqual(free)
    expect(blocked([{ ...daily, countFailed: true }], failed, '2027-06-01T12:00:00Z').by).toEqual(['daily'])
  })
})

describe('several rules', () => {
  it('FC-17 name only the one that blocks, with its time', () => {
    const uses = [use('2027-06-01T10:00:00Z'), use('2027-06-03T10:00:00Z'), use('2027-06-05T10:00:00Z')]
    expect(blocked([daily, weekly], uses, '2027-06-06T12:00:00Z')).toEqual({
      by: ['weekly'],
      until: '2027-06-08T10:00:00Z',
    })
  })

  it('FC-18 that all block free at the later of their times', () => {
    const uses = [use('2027-06-04T10:00:00Z'), use('2027-06-05T10:00:00Z'), use('2027-06-06T10:00:00Z')]
    const now = '2027-06-06T12:00:00Z'
    expect(blocked([daily, weekly], uses, now)).toEqual({ by: ['daily', 'weekly'], until: '2027-06-11T10:00:00Z' })
    expect(blocked([daily], uses, now).until).toBe('2027-06-07T10:00:00Z')
  })

  it('are looked back over as far as the longest of them reaches', () => {
    expect(capLookBackMs([])).toBe(0)
    expect(capLookBackMs([daily, weekly])).toBe(7 * DAY_MS)
    expect(capLookBackMs([daily, parseCapRule({ id: 'm', max: 4, window: 'month' })])).toBe(32 * DAY_MS)
  })
})

describe('scopes', () => {
  const campaign = parseCapRule({ id: 'campaign', max: 1, window: '24h', scope: 'campaign' })
  const sale = parseCapRule({ id: 'sale', max: 1, window: '24h', scope: 'tag:sale' })
  const now = '2027-06-01T12:00:00Z'

  it('of a campaign count that campaign only', () => {
    expect(blocked([campaign], [use('2027-06-01T10:00:00Z', { campaignId: 1 })], now, { campaignId: 2 })).toEqual(free)
    expect(blocked([campaign], [use('2027-06-01T10:00:00Z', { campaignId: 2 })], now, { campaignId: 2 }).by).toEqual([
      'campaign',
    ])
  })

  it('of a tag concern and count messages with that tag only', () => {
    const tagged = [use('2027-06-01T10:00:00Z', { tags: ['sale'] })]
    expect(blocked([sale], tagged, now, { tags: ['sale', 'summer'] }).by).toEqual(['sale'])
    expect(blocked([sale], tagged, now, { tags: ['summer'] })).toEqual(free)
    expect(blocked([sale], [use('2027-06-01T10:00:00Z', { tags: ['summer'] })], now, { tags: ['sale'] })).toEqual(free)
  })
})

describe('calendar windows', () => {
  const day = parseCapRule({ id: 'day', max: 1, window: 'day' })
  const gap = parseCapRule({ id: 'gap', max: 1, window: '6h' })

  it("FC-22 allow a message after the recipient's midnight, and a gap rule holds it until 05:30", () => {
    const uses = [use('2027-06-01T23:30+02:00')]
    expect(blocked([day], uses, '2027-06-01T23:59+02:00').by).toEqual(['day'])
    expect(blocked([day], uses, '2027-06-02T00:05+02:00')).toEqual(free)
    expect(blocked([day, gap], uses, '2027-06-02T00:05+02:00')).toEqual({ by: ['gap'], until: '2027-06-02T03:30:00Z' })
  })

  it.each([
    ['FC-23 last 23 hours in New York when the clocks go forward', '2027-03-14', '05:00', '2027-03-15T04:00:00Z', 23],
    ['FC-23 last 25 hours in New York when the clocks go back', '2027-11-07', '04:00', '2027-11-08T05:00:00Z', 25],
  ])('%s', (_name, date, time, end, hours) => {
    const start = Date.parse(`${date}T${time}:00Z`)
    const zone = { zone: 'America/New_York' }
    expect(Date.parse(end) - start).toBe(hours * HOUR_MS)
    const at = (instant: number) => formatInstant(instant)
    expect(blocked([day], [use(start)], at(start + 1), zone)).toEqual({ by: ['day'], until: end })
    expect(blocked([day], [use(start)], at(Date.parse(end) - 1), zone)).toEqual({ by: ['day'], until: end })
    expect(blocked([day], [use(start)], end, zone)).toEqual(free)
    expect(blocked([day], [use(start - 1)], at(start), zone)).toEqual(free)
  })

  it('FC-24 of a week from Monday allow a second message on Monday 00:00', () => {
    const week = parseCapRule({ id: 'week', max: 1, window: 'week', weekStart: 'monday' })
    const uses = [use('2027-06-06T23:59+02:00')]
    expect(blocked([week], uses, '2027-06-06T23:59:59+02:00')).toEqual({ by: ['week'], until: '2027-06-06T22:00:00Z' })
    expect(blocked([week], uses, '2027-06-07T00:00+02:00')).toEqual(free)
    const fromSunday = { ...week, weekStart: 'sunday' as const }
    expect(blocked([fromSunday], uses, '2027-06-07T00:00+02:00').until).toBe('2027-06-12T22:00:00Z')
  })

  it('of a month end at local midnight of the first', () => {
    const month = parseCapRule({ id: 'month', max: 1, window: 'month' })
    const uses = [use('2027-12-31T12:00:00Z')]
    expect(blocked([month], uses, '2027-12-31T22:59:59Z')).toEqual({ by: ['month'], until: '2027-12-31T23:00:00Z' })
    expect(blocked([month], uses, '2027-12-31T23:00:00Z')).toEqual(free)
  })
})

describe('the ledger', () => {
  const ledger = new Map<string, CapUse[]>()
  const take = (cell: string, options = {}): boolean => {
    const key = parsePhone(cell, options).phone?.key ?? cell
    const uses = ledger.get(key) ?? []
    if (blockingCaps([daily], uses, anyone, Date.parse('2027-06-01T12:00:00Z')).length > 0) return false
    ledger.set(key, [...uses, use('2027-06-01T12:00:00Z')])
    return true
  }

  it('FC-26 has one place for two spellings of one number', () => {
    expect(take('+49 151 12345678')).toBe(true)
    expect(take('0151 12345678', { defaultCountry: 'DE' })).toBe(false)
    expect(take('+5215512345678')).toBe(true)
    expect(take('+525512345678')).toBe(false)
  })

  it('FC-27 has two places for two numbers of one person', () => {
    expect(take('+12025550111')).toBe(true)
    expect(take('+12025550112')).toBe(true)
  })
})

describe('a rule as it is written', () => {
  it('FC-21 is refused with max 0, and says to switch it off instead', () => {
    expect(() => parseCapRule({ id: 'none', max: 0, window: '24h' })).toThrow(
      expect.objectContaining({ code: 'cap.invalid', message: expect.stringContaining('switch the rule off') }),
    )
    expect(parseCapRule({ id: 'off', isEnabled: false, max: 1, window: '24h' }).isEnabled).toBe(false)
  })

  it.each([
    ['a negative max', { max: -1, window: '24h' }],
    ['a fractional max', { max: 1.5, window: '24h' }],
    ['a max above 1,000', { max: 1001, window: '24h' }],
    ['no window', { max: 1 }],
    ['a window of no time', { max: 1, window: '0s' }],
    ['a window above 92 days', { max: 1, window: '93d' }],
    ['a window in words', { max: 1, window: 'fortnight' }],
    ['an unknown key', { max: 1, window: '24h', windows: '7d' }],
    ['an unknown scope', { max: 1, window: '24h', scope: 'planet' }],
    ['no object', null],
  ])('is refused with %s', (_name, rest) => {
    const value = rest === null ? null : { id: 'x', ...rest }
    expect(() => parseCapRule(value)).toThrow(expect.objectContaining({ code: 'cap.invalid' }))
  })

  it('defers, counts from Monday and forgets failures unless told otherwise', () => {
    expect(daily).toEqual({
      id: 'daily',
      isEnabled: true,
      scope: 'all',
      max: 1,
      window: '24h',
      weekStart: 'monday',
      onCap: 'defer',
      countFailed: false,
    })
  })
})

const anyRule: fc.Arbitrary<CapRule> = fc
  .record({
    max: fc.integer({ min: 1, max: 4 }),
    window: fc.constantFrom('1s', '6h', '24h', '25h', '7d', '30d', 'day', 'week', 'month'),
    weekStart: fc.constantFrom('monday', 'sunday'),
    scope: fc.constantFrom('all', 'campaign', 'tag:sale'),
  })
  .map((rule) => parseCapRule({ id: 'rule', ...rule }))
const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo', 'UTC')
/** Requests in the order of their instants, around the changes of the clocks in March. */
const requests = fc
  .array(
    fc.record({
      waitMs: fc.oneof(
        fc.integer({ min: 0, max: 5 * HOUR_MS }),
        fc.constantFrom(0, 1, 1000, 6 * HOUR_MS, DAY_MS - 1, DAY_MS, 7 * DAY_MS),
      ),
      campaignId: fc.constantFrom(1, 2),
      tags: fc.constantFrom<string[]>([], ['sale'], ['sale', 'summer']),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((all) => {
    let at = Date.UTC(2027, 2, 1)
    return all.map(({ waitMs, ...request }) => {
      at += waitMs
      return { at, ...request }
    })
  })

/** A name for the calendar window that an instant is in, from an independent calendar. */
function calendarWindow(rule: CapRule, zoneName: string, at: number): string {
  const date = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zoneName).toPlainDate()
  if (rule.window === 'day') return date.toString()
  if (rule.window === 'month') return date.toPlainYearMonth().toString()
  const daysIn = rule.weekStart === 'monday' ? date.dayOfWeek - 1 : date.dayOfWeek % 7
  return date.subtract({ days: daysIn }).toString()
}

function mostInOneWindow(rule: CapRule, zoneName: string, instants: number[]): number {
  const windowMs = durationMs(rule.window)
  const counts =
    windowMs === undefined
      ? instants.map(
          (at) =>
            instants.filter((other) => calendarWindow(rule, zoneName, other) === calendarWindow(rule, zoneName, at))
              .length,
        )
      : instants.map((at) => instants.filter((other) => other >= at && other < at + windowMs).length)
  return Math.max(0, ...counts)
}

describe('no window of any rule', () => {
  it('ever holds more than its rule allows', () => {
    fc.assert(
      fc.property(fc.array(anyRule, { minLength: 1, maxLength: 3 }), zone, requests, (rules, zoneName, all) => {
        const uses: CapUse[] = []
        for (const { at, campaignId, tags } of all)
          if (blockingCaps(rules, uses, { campaignId, tags, zone: zoneName }, at).length === 0)
            uses.push(use(at, { campaignId, tags }))
        for (const rule of rules) {
          const groups =
            rule.scope === 'campaign'
              ? [1, 2].map((id) => uses.filter((taken) => taken.campaignId === id))
              : [rule.scope === 'all' ? uses : uses.filter((taken) => taken.tags.includes('sale'))]
          for (const group of groups)
            expect(
              mostInOneWindow(
                rule,
                zoneName,
                group.map(({ at }) => at),
              ),
            ).toBeLessThanOrEqual(rule.max)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('is still full when it says that it is free, nor free a millisecond before', () => {
    fc.assert(
      fc.property(anyRule, zone, requests, (rule, zoneName, all) => {
        const uses: CapUse[] = []
        for (const { at, campaignId, tags } of all) {
          const request = { campaignId, tags, zone: zoneName }
          const [block] = blockingCaps([rule], uses, request, at)
          if (block === undefined) uses.push(use(at, { campaignId, tags }))
          else {
            expect(block.freeAt).toBeGreaterThan(at)
            expect(blockingCaps([rule], uses, request, block.freeAt)).toEqual([])
            expect(blockingCaps([rule], uses, request, block.freeAt - 1)).toHaveLength(1)
            expect(block.uses).toHaveLength(rule.max)
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('a place that was taken while a clock was wrong', () => {
  it('H7: blocks nobody from the impossible future, and blocks as ever from a clock that is a little ahead', () => {
    const monthly = parseCapRule({ id: 'monthly', max: 1, window: 'month' })
    for (const rule of [daily, weekly, monthly]) {
      const one = { ...rule, max: 1 }
      expect(blocked([one], [use('2031-06-01T10:00:00Z')], '2027-06-01T10:00:00Z')).toEqual(free)
      expect(blocked([one], [use('2027-06-01T10:00:59Z')], '2027-06-01T10:00:00Z').by).toEqual([rule.id])
    }
  })
})
