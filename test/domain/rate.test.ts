// Start slots: no window of any sender ever holds more than its rate.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CLAIM_AHEAD_US,
  CLAIM_LAPSE_MS,
  CLAIM_SLOTS_MAX,
  checkRate,
  claimSize,
  clockShiftUs,
  cutAhead,
  decidePace,
  earliestSlotUs,
  inFlightWindow,
  latenessMaxUs,
  nextSlotUs,
  type PaceState,
  placesFreeSoon,
  RATE_MAX,
  StartWindow,
  shifted,
  slotIntervalUs,
} from '../../src/domain/rate.ts'

const SECOND_US = 1_000_000

/** Slots of messages that ask at these instants, one after the other. */
function slotsOf(rate: number, instants: readonly number[]): number[] {
  const slots: number[] = []
  for (const at of instants) slots.push(nextSlotUs(slots.at(-1) ?? null, rate, at))
  return slots
}

function mostInWindow(starts: readonly number[], windowUs: number): number {
  const sorted = [...starts].sort((a, b) => a - b)
  let most = 0
  for (let first = 0, next = 0; first < sorted.length; first++) {
    while (next < sorted.length && sorted[next]! < sorted[first]! + windowUs) next++
    most = Math.max(most, next - first)
  }
  return most
}

describe('start slots', () => {
  it('RT-01 of one message in two minutes lie at least 120 s apart', () => {
    const [first = 0, second = 0] = slotsOf(1 / 120, [0, 0])
    expect(first).toBe(0)
    expect(second).toBeGreaterThanOrEqual(120 * SECOND_US)
    expect(second).toBeLessThan(120.1 * SECOND_US)
  })

  it('RT-02 of ten messages a minute never put eleven in a minute, and the third ten begin at two minutes', () => {
    const slots = slotsOf(10 / 60, Array(30).fill(0))
    expect(mostInWindow(slots, 60 * SECOND_US)).toBe(10)
    expect(slots[20]).toBeGreaterThanOrEqual(120 * SECOND_US)
    expect(slots[20]).toBeLessThan(121 * SECOND_US)
  })

  it('begin now when nothing was sent, and go on from the last start whatever the clock shows', () => {
    expect(nextSlotUs(null, 10, 5 * SECOND_US)).toBe(5 * SECOND_US)
    expect(nextSlotUs(9 * SECOND_US, 1, 5 * SECOND_US)).toBe(9 * SECOND_US + slotIntervalUs(1))
    expect(nextSlotUs(1 * SECOND_US, 1, 5 * SECOND_US)).toBe(5 * SECOND_US)
  })

  const rates = fc.oneof(fc.integer({ min: 1, max: RATE_MAX }), fc.integer({ min: 1, max: 80 }))
  /** Instants at which messages ask, with bursts, pauses and a clock that steps back. */
  const instants = fc
    .array(fc.oneof(fc.constant(0), fc.integer({ min: -2_000_000, max: 3_000_000 })), { minLength: 1, maxLength: 300 })
    .map((steps) => {
      let at = 1_000_000_000
      return steps.map((step) => {
        at += step
        return at
      })
    })

  it('never put more than the rate in any second', () => {
    fc.assert(
      fc.property(rates, instants, (rate, all) => {
        const slots = slotsOf(rate, all)
        expect(mostInWindow(slots, SECOND_US)).toBeLessThanOrEqual(rate)
        for (const [index, slot] of slots.entries()) expect(slot).toBeGreaterThanOrEqual(all[index]!)
      }),
      { numRuns: 400 },
    )
  })

  it('of a fractional rate never put more than n messages in the time of n', () => {
    const fractions = fc.double({ min: 0.001, max: 50, noNaN: true })
    fc.assert(
      fc.property(fractions, fc.integer({ min: 1, max: 40 }), (rate, n) => {
        const slots = slotsOf(rate, Array(100).fill(0))
        expect(mostInWindow(slots, (n * SECOND_US) / rate)).toBeLessThanOrEqual(n)
      }),
      { numRuns: 400 },
    )
  })

  it('use at least 99 % of a rate above ten a second', () => {
    for (let rate = 11; rate <= RATE_MAX; rate += 7)
      expect(SECOND_US / slotIntervalUs(rate) / rate).toBeGreaterThan(0.985)
  })
})

describe('a rate', () => {
  it.each([0.1, 0.001, 1, 80, RATE_MAX])('of %d is accepted', (rate) => {
    expect(checkRate(rate)).toBe(rate)
  })

  it.each([0, -1, 1e9, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, RATE_MAX + 1])(
    'of bad input 89 is refused: %d',
    (rate) => {
      expect(() => checkRate(rate)).toThrow(expect.objectContaining({ code: 'rate.out_of_range' }))
    },
  )
})

describe('a claim', () => {
  it('takes one message at least, and no more than leave within its time ahead', () => {
    expect(claimSize(0.01)).toBe(1)
    expect(claimSize(20)).toBe(1)
    expect(claimSize(80)).toBe(4)
    expect(claimSize(RATE_MAX)).toBe(CLAIM_SLOTS_MAX)
    for (let rate = 1; rate <= RATE_MAX; rate++)
      expect((claimSize(rate) - 1) / rate).toBeLessThanOrEqual(CLAIM_AHEAD_US / SECOND_US)
  })
})

describe('the calls in flight', () => {
  it('H16: are twice what the rate needs at the latency seen, between 8 and 1,000', () => {
    expect(inFlightWindow(1, 100)).toBe(8)
    expect(inFlightWindow(20, 12_000)).toBe(480)
    expect(inFlightWindow(1000, 200)).toBe(400)
    expect(inFlightWindow(RATE_MAX, 60_000)).toBe(1000)
  })

  it('H1: count as free soon only where answers come within the time that a claim is ahead', () => {
    expect(placesFreeSoon(1, 2_000)).toBe(0)
    expect(placesFreeSoon(100, 20)).toBe(100)
    expect(placesFreeSoon(64, 2_000)).toBe(1)
    expect(placesFreeSoon(0, 0)).toBe(0)
  })
})

describe('the window of starts', () => {
  it('H15: holds a process to its rate in every second, however late its calls begin', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(fc.integer({ min: 11, max: 2_000 }), gaps, (rate, all) => {
        const window = new StartWindow(rate)
        const starts: number[] = []
        let at = 0
        for (const gap of all) {
          at += gap
          while (window.freeAtUs <= at && starts.length < 5_000) {
            window.add(at)
            starts.push(at)
          }
        }
        expect(mostInWindow(starts, SECOND_US)).toBeLessThanOrEqual(rate)
      }),
      { numRuns: 100 },
    )
  })

  it('keeps the distance between two starts of a slow sender', () => {
    const window = new StartWindow(0.5)
    expect(window.freeAtUs).toBe(Number.NEGATIVE_INFINITY)
    window.add(7 * SECOND_US)
    expect(window.freeAtUs).toBe(9 * SECOND_US)
  })

  it('H18: keeps the starts so far when the rate changes', () => {
    const window = new StartWindow(100)
    for (let n = 0; n < 100; n++) window.add(n)
    window.follow(50)
    expect(window.freeAtUs).toBeGreaterThan(SECOND_US)
    window.follow(200)
    expect(window.freeAtUs).toBe(Number.NEGATIVE_INFINITY)
  })
})

interface Turn {
  node: number
  /** Before the claim. */
  pauseUs: number
  /** How long its calls wait after their slots. */
  lateUs: number
}

/** A process claims again and again while its calls are a little late; those of its last claims wait out a stall. */
const stretch = fc
  .record({
    node: fc.integer({ min: 1, max: 3 }),
    pauseUs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4_000_000 })),
    claims: fc.integer({ min: 1, max: 90 }),
    everyUs: fc.integer({ min: 5_000, max: 60_000 }),
    jitterUs: fc.integer({ min: 0, max: 25_000 }),
    stalled: fc.integer({ min: 0, max: 8 }),
    stallUs: fc.integer({ min: 0, max: 1_500_000 }),
  })
  .map(({ node, pauseUs, claims, everyUs, jitterUs, stalled, stallUs }) =>
    Array.from(
      { length: claims },
      (_, n): Turn => ({
        node,
        pauseUs: n === 0 ? pauseUs : everyUs,
        lateUs: n >= claims - stalled ? stallUs : (n * 7_919) % (jitterUs + 1),
      }),
    ),
  )

/** Processes one after the other, and two in alternation. */
const turns = fc
  .array(
    fc.oneof(
      stretch,
      fc.tuple(stretch, stretch).map(([one, other]) => one.flatMap((turn, n) => [turn, other[n] ?? turn])),
    ),
    {
      minLength: 2,
      maxLength: 8,
    },
  )
  .map((stretches) => stretches.flat())

/** Starts at the socket of processes that claim in turns, as claim and start queue do it. */
function startsOf(rate: number, all: readonly Turn[]): number[] {
  const windows = new Map([1, 2, 3].map((node) => [node, new StartWindow(rate)]))
  let row: PaceState = {
    ratePerSecond: rate,
    lastStartAtUs: null,
    nodeId: null,
    soleUntilUs: null,
    sharedUntilUs: null,
  }
  const calls: { node: number; mode: string; checkedUs: number; slotUs: number; readyUs: number }[] = []
  let nowUs = 10 * SECOND_US
  for (const { node, pauseUs, lateUs } of all) {
    nowUs += pauseUs
    const pace = decidePace(row, node, nowUs)
    if ('waitUntilUs' in pace) {
      row = { ...row, sharedUntilUs: pace.sharedUntilUs }
      continue
    }
    let { lastStartAtUs } = pace
    for (let n = 0; n < claimSize(rate); n++) {
      const slotUs = nextSlotUs(lastStartAtUs, pace.ratePerSecond, earliestSlotUs({ ...pace, lastStartAtUs }, nowUs))
      if (slotUs > nowUs + CLAIM_AHEAD_US) break
      lastStartAtUs = slotUs
      calls.push({ node, mode: pace.mode, checkedUs: nowUs, slotUs, readyUs: Math.max(nowUs, slotUs) + lateUs })
      row = { ...row, nodeId: node, lastStartAtUs, ...pace.after }
    }
  }
  const starts: number[] = []
  for (const { node, mode, checkedUs, slotUs, readyUs } of calls.sort((a, b) => a.readyUs - b.readyUs)) {
    const window = windows.get(node)
    const isLapsed = readyUs - checkedUs >= CLAIM_LAPSE_MS * 1000
    const isLate = mode === 'shared' && readyUs - slotUs > latenessMaxUs(rate)
    if (window === undefined || isLapsed || isLate || window.freeAtUs > readyUs) continue
    window.add(readyUs)
    starts.push(readyUs)
  }
  return starts
}

describe('processes that send for one sender', () => {
  it('H15: keep its rate together in every second, however they take turns and stall', () => {
    fc.assert(
      fc.property(fc.integer({ min: 11, max: 500 }), turns, (rate, all) => {
        expect(mostInWindow(startsOf(rate, all), SECOND_US)).toBeLessThanOrEqual(rate)
      }),
      { numRuns: 400 },
    )
  })

  it('H15: keep the distance of a slow rate together', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 10, noNaN: true }), turns, (rate, all) => {
        expect(mostInWindow(startsOf(rate, all), SECOND_US / rate)).toBeLessThanOrEqual(1)
      }),
      { numRuns: 500 },
    )
  })

  const alone: PaceState = {
    ratePerSecond: 80,
    lastStartAtUs: 5 * SECOND_US,
    nodeId: 1,
    soleUntilUs: 6 * SECOND_US,
    sharedUntilUs: null,
  }

  it('send alone until another one asks, wait for it to lapse, and then share', () => {
    expect(decidePace(alone, 1, 5.5 * SECOND_US)).toMatchObject({ mode: 'sole', ratePerSecond: 80 })
    const asked = decidePace(alone, 2, 5.5 * SECOND_US)
    expect(asked).toMatchObject({ waitUntilUs: expect.closeTo(7 * SECOND_US, -5), sharedUntilUs: 8.5 * SECOND_US })
    const row = { ...alone, sharedUntilUs: 8.5 * SECOND_US }
    expect(decidePace(row, 1, 6.5 * SECOND_US)).toMatchObject({ mode: 'shared', ratePerSecond: 78.4 })
    expect(decidePace(row, 2, 7.1 * SECOND_US)).toMatchObject({ mode: 'shared' })
  })

  it('H15: share with one that has just sent beside others, also when nobody asked meanwhile', () => {
    const sharing = { ...alone, lastStartAtUs: 18_373_492, soleUntilUs: 9 * SECOND_US, sharedUntilUs: 18_300_000 }
    expect(decidePace(sharing, 1, 18_375_354)).toMatchObject({ mode: 'sole' })
    expect(decidePace(sharing, 3, 18_375_354)).toMatchObject({
      mode: 'shared',
      after: { sharedUntilUs: 20_375_354 },
    })
    expect(decidePace(sharing, 3, 19_400_000)).toMatchObject({ mode: 'sole' })
  })

  it('wait for the last start only when the other one stopped in good order', () => {
    const stopped = { ...alone, nodeId: null, soleUntilUs: 5 * SECOND_US }
    expect(decidePace(stopped, 2, 5.5 * SECOND_US)).toMatchObject({
      waitUntilUs: expect.closeTo(6 * SECOND_US, -5),
      sharedUntilUs: null,
    })
    expect(decidePace(stopped, 2, 6.1 * SECOND_US)).toMatchObject({ mode: 'sole' })
  })

  it('H7: know the moments of each other by the clock that they share', () => {
    const written = { boot: 'one', aheadUs: 5 * SECOND_US }
    expect(clockShiftUs(written, { boot: 'one', aheadUs: 65 * SECOND_US })).toBe(60 * SECOND_US)
    expect(clockShiftUs(written, { boot: 'one', aheadUs: 4 * SECOND_US })).toBe(-SECOND_US)
    expect(clockShiftUs(written, { boot: 'one', aheadUs: 5 * SECOND_US + 4_000 })).toBe(0)
    expect(clockShiftUs(written, { boot: 'another', aheadUs: 65 * SECOND_US })).toBe(0)
    expect(clockShiftUs(null, written)).toBe(0)
    const forward = shifted(alone, 60 * SECOND_US)
    expect(decidePace(forward, 2, 66 * SECOND_US)).toEqual({
      waitUntilUs: expect.closeTo(67 * SECOND_US, -5),
      sharedUntilUs: 69 * SECOND_US,
    })
  })

  it('H7: are not kept waiting by instants that a clock which ran ahead has left', () => {
    const ahead = { ...alone, lastStartAtUs: 9e15, soleUntilUs: 9e15, sharedUntilUs: 9e15 }
    const now = 100 * SECOND_US
    const cut = cutAhead(ahead, now)
    expect(decidePace(cut, 1, now)).toMatchObject({ mode: 'shared', lastStartAtUs: now + SECOND_US })
    expect(decidePace(cut, 2, now)).toMatchObject({ waitUntilUs: expect.closeTo(now + 2 * SECOND_US, -5) })
  })

  it('catch up with slots of a short stall alone, and lose those of a long one', () => {
    const pace = { mode: 'sole' as const, ratePerSecond: 80, lastStartAtUs: 5 * SECOND_US }
    expect(earliestSlotUs(pace, 5 * SECOND_US + 150_000)).toBe(5 * SECOND_US + slotIntervalUs(80))
    expect(earliestSlotUs(pace, 6 * SECOND_US)).toBe(6 * SECOND_US)
    expect(earliestSlotUs({ ...pace, mode: 'shared' }, 5 * SECOND_US + 150_000)).toBe(5 * SECOND_US + 150_000)
  })
})
