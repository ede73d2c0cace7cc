// Instants that are stored ahead of their time: each kind as far as it can be, and none further.
import { expect, it } from 'vitest'
import {
  latestBlock,
  latestPast,
  possibleBlock,
  possibleHold,
  possibleLease,
  possiblePast,
  possibleSlotUs,
} from '../../src/domain/possible-instant.ts'

const NOW = Date.parse('2027-06-01T10:00:00Z')
const HOUR = 3_600_000

it('H7: takes instants for what they are as far ahead as they can be, and for nothing beyond', () => {
  const edges: [(at: number | null) => number | null, furthest: number][] = [
    [(at) => possibleHold(at, NOW), NOW + 24 * HOUR + 60_000],
    [(at) => possibleBlock(at, NOW), latestBlock(NOW)],
    [(at) => possiblePast(at, NOW), latestPast(NOW)],
    [(at) => possibleLease(at, NOW, 15_000), NOW + 75_000],
  ]
  for (const [possible, furthest] of edges) {
    expect(possible(furthest)).toBe(furthest)
    expect(possible(furthest + 1)).toBeNull()
    expect(possible(NOW - HOUR)).toBe(NOW - HOUR)
    expect(possible(null)).toBeNull()
  }
})

it('H7: leaves room for the slot of a slow sender, and for a process that is a little ahead', () => {
  const nowUs = NOW * 1000
  expect(possibleSlotUs(nowUs + 60_000_000, nowUs, 80)).toBe(nowUs + 60_000_000)
  expect(possibleSlotUs(nowUs + 61_000_000, nowUs, 80)).toBeNull()
  // One message every hundred seconds.
  expect(possibleSlotUs(nowUs + 159_000_000, nowUs, 0.01)).toBe(nowUs + 159_000_000)
  expect(possibleSlotUs(nowUs + 31_536_000_000_000, nowUs, 0.01)).toBeNull()
})
