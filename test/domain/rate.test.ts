// Start slots: no window of any sender ever holds more than its rate.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CLAIM_AHEAD_US,
  CLAIM_SLOTS_MAX,
  checkRate,
  claimSize,
  inFlightWindow,
  lastSlotUs,
  latenessMaxUs,
  meetsOthers,
  nextSlotUs,
  RATE_MAX,
  SharingWatch,
  StartWindow,
  sharedRate,
  slotIntervalUs,
  startSpacingMs,
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

  it('keep the rate up to 200 a second even when every call of processes that share begins as late as it may', () => {
    const late = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 50, maxLength: 450 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), late, (rate, lateness) => {
        const starts = slotsOf(rate, Array(lateness.length).fill(0)).map(
          (slot, index) => slot + (lateness[index] ?? 0) * latenessMaxUs(rate, true),
        )
        expect(mostInWindow(starts, SECOND_US)).toBeLessThanOrEqual(rate)
      }),
      { numRuns: 300 },
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

describe('the limiter of one process', () => {
  it('keeps single calls apart and lets a late one catch up, and never starts groups more often than some 200 times a second', () => {
    for (const rate of [0.1, 1, 9.5, 10, 10.5, 80, 199, 200]) {
      const slotMs = slotIntervalUs(rate) / 1000
      expect(startSpacingMs(rate)).toBeGreaterThan(slotMs / 3)
      expect(startSpacingMs(rate)).toBeLessThan(slotMs)
    }
    for (const rate of [201, 1000, RATE_MAX]) expect(startSpacingMs(rate)).toBeGreaterThanOrEqual(4.9)
  })

  it('keeps between 8 and 1,000 calls in flight, 64 at low rates', () => {
    expect(inFlightWindow(1, 100)).toBe(8)
    expect(inFlightWindow(80, 5000)).toBe(64)
    expect(inFlightWindow(1000, 200)).toBe(400)
    expect(inFlightWindow(RATE_MAX, 60_000)).toBe(1000)
  })
})

describe('the window of starts', () => {
  it('holds a fast sender to its rate in every second, however unevenly the calls come', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 11, max: RATE_MAX }),
        fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 1, maxLength: 60 }),
        (rate, gaps) => {
          const window = new StartWindow()
          const groups: { at: number; count: number }[] = []
          let at = 0
          for (const gap of gaps) {
            at += gap
            const count = window.room(rate, at)
            for (let i = 0; i < count; i++) window.add(at)
            groups.push({ at, count })
          }
          for (const { at } of groups) {
            const second = groups.filter((group) => group.at > at - SECOND_US && group.at <= at)
            expect(second.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(rate)
          }
        },
      ),
    )
  })

  it('has room again a second after the calls that filled it', () => {
    const window = new StartWindow()
    for (let i = 0; i < 300; i++) window.add(0)
    expect(window.room(300, SECOND_US - 1)).toBe(0)
    expect(window.room(300, SECOND_US)).toBe(300)
  })

  it('lets slow senders start one call at a time', () => {
    expect(new StartWindow().room(10, 0)).toBe(1)
  })
})

describe('two processes that share a sender', () => {
  /** Starts of two processes that take blocks of a sender's slots in turns; a call that is too late loses its slot. */
  function startsOfTwo(rate: number, blocks: readonly { of: number; claims: number; lateness: number }[]): number[] {
    const processes = [0, 1].map(() => ({ window: new StartWindow(), sharing: new SharingWatch() }))
    const starts: number[] = []
    let row: number | null = null
    for (const { of, claims, lateness } of blocks)
      for (let claim = 0; claim < claims; claim++) {
        const { window, sharing } = processes[of] ?? expect.fail()
        const now = row ?? 0
        const known = sharing.at(now)
        const before: number | null = row
        row = lastSlotUs(row, rate, known)
        const metOthers = meetsOthers(before, known)
        const paced = sharedRate(rate, known.isShared || metOthers)
        const slots = Array.from({ length: claimSize(rate) }, () => (row = nextSlotUs(row, paced, now)))
        sharing.took(slots.at(-1) ?? 0, metOthers, now)
        for (const slot of slots) {
          let at = Math.max(slot + lateness * latenessMaxUs(rate), starts.at(-1) ?? 0)
          while (window.room(rate, at) === 0) at += 500
          if (at > slot + latenessMaxUs(rate)) continue
          window.add(at)
          starts.push(at)
        }
      }
    return starts.sort((a, b) => a - b)
  }

  it('keep its rate together in every second, however late each is', () => {
    const block = fc.record({
      of: fc.integer({ min: 0, max: 1 }),
      claims: fc.integer({ min: 1, max: 30 }),
      lateness: fc.constantFrom(0, 0.5, 1),
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 201, max: 1_000 }),
        fc.array(block, { minLength: 2, maxLength: 12 }),
        (rate, blocks) => {
          const starts = startsOfTwo(rate, blocks)
          for (let i = 0, j = 0; i < starts.length; i++) {
            while ((starts[i] ?? 0) - (starts[j] ?? 0) >= SECOND_US) j++
            expect(i - j + 1).toBeLessThanOrEqual(rate)
          }
        },
      ),
    )
  })

  it('leave one gap where they meet, and none while they share or send slowly', () => {
    const alone = { lastOwnUs: 5_000, isShared: false }
    expect(lastSlotUs(5_000, 300, alone)).toBe(5_000)
    expect(lastSlotUs(9_000, 300, alone)).toBe(9_000 + latenessMaxUs(300))
    expect(lastSlotUs(9_000, 300, { ...alone, isShared: true })).toBe(9_000)
    expect(lastSlotUs(9_000, 80, alone)).toBe(9_000 + latenessMaxUs(80))
    expect(lastSlotUs(9_000, 10, alone)).toBe(9_000)
    expect(lastSlotUs(null, 300, { lastOwnUs: null, isShared: false })).toBeNull()
  })

  it('are reckoned with for two seconds after they were met', () => {
    const sharing = new SharingWatch()
    sharing.took(1_000, true, 0)
    expect(sharing.at(2 * SECOND_US - 1)).toEqual({ lastOwnUs: 1_000, isShared: true })
    expect(sharing.at(2 * SECOND_US).isShared).toBe(false)
  })
})
