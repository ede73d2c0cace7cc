// What becomes of occurrences that are due: decided over all of them at once, whoever was running meanwhile.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type DueQuestion,
  decideDue,
  OCCURRENCES_MAX,
  type OccurrenceDecision,
  type ScheduleState,
  startMark,
} from '../../src/domain/due-occurrences.ts'
import { formatInstant } from '../../src/domain/instant.ts'
import { occurrencesAfter, parseSchedule, type ScheduleDefinition } from '../../src/domain/schedule.ts'
import { DAY_MS, HOUR_MS } from '../../src/domain/time-zone.ts'

const hourly = { cron: '0 * * * *', timeZone: 'UTC' }

interface Asked {
  launched: string
  now: string
  validityMs?: number
  state?: Partial<ScheduleState>
  letsGo?: 'resume' | 'edit'
}

function question(definition: ScheduleDefinition, { launched, now, validityMs, state, letsGo }: Asked): DueQuestion {
  const schedule = parseSchedule(definition, 'UTC')
  const at = Date.parse(launched)
  const since = { launchedAt: at, committedAt: at }
  return {
    schedule,
    validityMs: validityMs ?? 36 * HOUR_MS,
    now: Date.parse(now),
    state: {
      ...since,
      decidedUntil: startMark(schedule, since),
      runsStarted: 0,
      unfinished: 0,
      pausedAt: null,
      ...state,
    },
    letsGo,
  }
}

/** As `09 run`, `10 missed downtime`, by the hour of the local time. */
function told(definition: ScheduleDefinition, asked: Asked): string[] {
  return decideDue(question(definition, asked)).decided.map(
    (decision) => `${decision.occurrence.key.slice(11, 13)} ${wordsOf(decision)}`,
  )
}

function wordsOf(decision: OccurrenceDecision): string {
  return decision.act === 'run' ? 'run' : `${decision.act} ${decision.reason}`
}

describe('an occurrence that was missed', () => {
  it('RC-01 by twenty seconds runs as usual, under every policy', () => {
    for (const missed of ['latest', 'none', 'all'] as const) {
      const asked = { launched: '2027-06-01T08:30:00Z', now: '2027-06-01T09:00:20Z' }
      expect(told({ ...hourly, missed }, asked)).toEqual(['09 run'])
      expect(told({ ...hourly, missed }, { ...asked, now: '2027-06-01T09:01:00Z' })).toEqual(['09 run'])
    }
    const late = { launched: '2027-06-01T08:30:00Z', now: '2027-06-01T09:01:00.001Z' }
    expect(told({ ...hourly, missed: 'none' }, late)).toEqual(['09 missed policy'])
  })

  const downtime = { launched: '2027-06-01T08:30:00Z', now: '2027-06-01T13:20:00Z' }

  it('RC-04 runs the latest within an hour and misses the four before', () => {
    expect(told(hourly, downtime)).toEqual([
      '09 missed downtime',
      '10 missed downtime',
      '11 missed downtime',
      '12 missed downtime',
      '13 run',
    ])
  })

  it('RC-05 with policy none misses all five, and goes on at 14:00', () => {
    const decided = decideDue(question({ ...hourly, missed: 'none' }, downtime))
    expect(decided.decided.map(wordsOf)).toEqual(Array.from({ length: 5 }, () => 'missed policy'))
    expect(formatInstant(decided.nextTickAt ?? 0)).toBe('2027-06-01T14:00:00Z')
  })

  it('S5: with policy all runs the latest three in order, whatever the overlap', () => {
    for (const overlap of ['skip', 'queue', 'allow'] as const)
      expect(told({ ...hourly, missed: 'all', overlap }, downtime)).toEqual([
        '09 missed downtime',
        '10 missed downtime',
        '11 run',
        '12 run',
        '13 run',
      ])
  })

  it('is caught up while it is at most as late as catchUp and the validity allow', () => {
    const daily = { cron: '0 9 * * *', catchUp: '2h' }
    const at = (now: string, validityMs?: number) =>
      told(daily, { launched: '2027-06-01T00:00:00Z', now, ...(validityMs && { validityMs }) })
    expect(at('2027-06-01T11:00:00Z')).toEqual(['09 run'])
    expect(at('2027-06-01T11:00:00.001Z')).toEqual(['09 missed downtime'])
    expect(at('2027-06-01T09:29:59.999Z', HOUR_MS / 2)).toEqual(['09 run'])
    expect(at('2027-06-01T09:30:00Z', HOUR_MS / 2)).toEqual(['09 missed expired'])
    expect(at('2027-06-01T09:30:00.001Z', HOUR_MS / 2)).toEqual(['09 missed downtime'])
  })
})

describe('what a launch has accepted', () => {
  it.each([
    ['later than the catch-up', { catchUp: '1m' }, 36 * HOUR_MS],
    ['later than its validity', {}, 5 * 60_000],
    ['under a policy that misses everything', { missed: 'none' as const }, 36 * HOUR_MS],
  ])('S1: runs although its time was past at the launch, %s', (_, change, validityMs) => {
    for (const at of ['2027-06-01T08:00', '2027-05-20T08:00']) {
      const asked = { launched: '2027-06-01T10:00:00Z', validityMs }
      const schedule = { at, timeZone: 'UTC', ...change }
      expect(told(schedule, { ...asked, now: '2027-06-01T10:00:01Z' })).toEqual(['08 run'])
      expect(told(schedule, { ...asked, now: '2027-06-01T10:04:59Z' })).toEqual(['08 run'])
    }
  })

  it('S1: expires by its validity counted from the launch', () => {
    const asked = { launched: '2027-06-01T10:00:00Z', validityMs: 5 * 60_000 }
    const schedule = { at: '2027-06-01T08:00', timeZone: 'UTC' }
    expect(told(schedule, { ...asked, now: '2027-06-01T10:05:00Z' })).toEqual(['08 missed expired'])
  })

  it('S1: of a campaign without a time waits for whoever runs first', () => {
    const asked = { launched: '2027-06-01T10:00:00Z', now: '2027-06-01T15:00:00Z' }
    expect(told({}, asked)).toEqual(['10 run'])
    expect(told({ missed: 'none' }, asked)).toEqual(['10 run'])
  })
})

describe('in recipients’ zones', () => {
  const daily = { cron: '0 9 * * *', timeZone: 'recipient', fallbackTimeZone: 'UTC' }

  it('S2: starts a run while the time of somebody may still come', () => {
    const asked = { launched: '2027-05-20T00:00:00Z' }
    const once = { at: '2027-06-01T09:00', timeZone: 'recipient', fallbackTimeZone: 'UTC' }
    expect(told(once, { ...asked, now: '2027-06-01T21:59:59Z' })).toEqual(['09 run'])
    expect(told(once, { ...asked, now: '2027-06-01T22:00:00.001Z' })).toEqual(['09 missed downtime'])
  })

  it('S3: starts a run every day, whatever is still pending of the day before', () => {
    const now = '2027-06-04T00:00:00Z'
    const state = { decidedUntil: Date.parse('2027-06-04T00:00:00Z'), unfinished: 3 }
    expect(told(daily, { launched: '2027-06-01T00:00:00Z', now, state })).toEqual(['09 run'])
  })

  it('S2: begins with the time that is ahead for somebody of the audience', () => {
    const schedule = parseSchedule(daily, 'UTC')
    const at = Date.parse('2027-06-01T10:00:00Z')
    const first = (zones: string[]) => {
      const mark = startMark(schedule, { launchedAt: at, committedAt: at }, zones)
      return occurrencesAfter(schedule, mark, 1)[0]?.key
    }
    expect(first(['Europe/Berlin'])).toBe('2027-06-02T09:00@recipient')
    expect(first(['Europe/Berlin', 'America/New_York'])).toBe('2027-06-01T09:00@recipient')
    expect(first(['Pacific/Kiritimati'])).toBe('2027-06-02T09:00@recipient')
    expect(first([])).toBe('2027-06-01T09:00@recipient')
  })
})

describe('a pause', () => {
  const daily = { cron: '0 9 * * *', timeZone: 'UTC' }
  const paused = (from: string) => ({ pausedAt: Date.parse(from) })

  it('S8: skips what came during it, and starts what was due before it', () => {
    const asked = { launched: '2027-06-01T08:00:00Z', now: '2027-06-03T12:00:00Z' }
    expect(told(daily, { ...asked, state: paused('2027-06-01T08:30:00Z') })).toEqual([
      '09 skipped paused',
      '09 skipped paused',
      '09 skipped paused',
    ])
    expect(told(daily, { ...asked, state: paused('2027-06-01T09:00:01Z') })).toEqual([
      '09 run',
      '09 skipped paused',
      '09 skipped paused',
    ])
  })

  it('S8: judges what was due before it as of its begin', () => {
    const asked = { launched: '2027-06-01T08:00:00Z', now: '2027-06-01T20:00:00Z' }
    expect(told(daily, { ...asked, state: paused('2027-06-01T09:59:00Z') })).toEqual(['09 run'])
    expect(told(daily, { ...asked, state: paused('2027-06-01T10:00:01Z') })).toEqual(['09 missed downtime'])
  })

  it('S8: holds a run in recipients’ zones until it ends, or until everybody’s time was in it', () => {
    const once = { at: '2027-06-01T09:00', timeZone: 'recipient', fallbackTimeZone: 'UTC' }
    const asked = { launched: '2027-05-20T00:00:00Z', state: paused('2027-05-30T00:00:00Z') }
    const held = decideDue(question(once, { ...asked, now: '2027-06-01T08:00:00Z' }))
    expect(held.decided).toEqual([])
    expect(formatInstant(held.nextTickAt ?? 0)).toBe('2027-06-01T21:00:00Z')
    expect(told(once, { ...asked, now: '2027-06-01T08:00:00Z', letsGo: 'resume' })).toEqual(['09 run'])
    expect(told(once, { ...asked, now: '2027-06-01T08:00:00Z', letsGo: 'edit' })).toEqual(['09 skipped paused'])
    expect(told(once, { ...asked, now: '2027-06-01T21:00:00Z' })).toEqual(['09 skipped paused'])
  })
})

describe('a long downtime', () => {
  const every = { every: '5m', from: '2020-01-01T00:00', timeZone: 'UTC' }

  /** Decides in blocks as the tick does; acts and the largest block. */
  function decideAll(asked: DueQuestion) {
    const { state } = asked
    const decided: OccurrenceDecision[] = []
    let largest = 0
    let runsStarted = 0
    for (let hasMore = true; hasMore; ) {
      const decidedUntil = decided.at(-1)?.occurrence.at ?? state.decidedUntil
      const block = decideDue({ ...asked, state: { ...state, decidedUntil, runsStarted } })
      decided.push(...block.decided)
      runsStarted += block.decided.filter(({ act }) => act === 'run').length
      largest = Math.max(largest, block.decided.length)
      hasMore = block.hasMore
    }
    return { decided, largest }
  }

  it.each([
    ['latest', 1],
    ['all', 3],
    ['none', 0],
  ] as const)('H8: is decided once over everything that was missed: %s starts %i', (missed, runs) => {
    const asked = question({ ...every, missed }, { launched: '2026-06-01T00:02:00Z', now: '2027-06-01T10:02:00Z' })
    const { decided, largest } = decideAll(asked)
    expect(decided).toHaveLength(105_240)
    expect(largest).toBeLessThanOrEqual(OCCURRENCES_MAX + 3)
    const started = decided.map(({ act }, index) => (act === 'run' ? index : -1)).filter((index) => index >= 0)
    expect(started).toEqual(Array.from({ length: runs }, (_, n) => decided.length - runs + n))
  })

  it('H8: is the same in whatever blocks it is decided', () => {
    const definitions = fc.constantFrom<ScheduleDefinition>(
      { cron: '0 * * * *', timeZone: 'Europe/Berlin' },
      { every: '20m', from: '2027-01-01T00:00', timeZone: 'UTC' },
    )
    fc.assert(
      fc.property(
        definitions,
        fc.constantFrom('latest', 'all', 'none'),
        fc.integer({ min: 0, max: 4 * DAY_MS }),
        fc.option(fc.integer({ min: 0, max: 4 * DAY_MS }), { nil: null }),
        (definition, missed, downMs, pausedAfter) => {
          const launched = '2027-05-01T00:10:00Z'
          const now = new Date(Date.parse(launched) + downMs).toISOString()
          const pausedAt = pausedAfter === null || pausedAfter > downMs ? null : Date.parse(launched) + pausedAfter
          const asked = question({ ...definition, missed }, { launched, now, state: { pausedAt } })
          const { decided } = decideAll(asked)
          const all = occurrencesAfter(asked.schedule, asked.state.decidedUntil, 1_000).filter(
            ({ at }) => at <= asked.now,
          )
          expect(decided.map(({ occurrence }) => occurrence)).toEqual(all)
          const started = decided.filter(({ act }) => act === 'run').length
          expect(started).toBeLessThanOrEqual(missed === 'all' ? 3 : 1)
        },
      ),
      { numRuns: 30 },
    )
  })
})
