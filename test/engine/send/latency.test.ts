// How long a provider takes: known from its first answer, and from calls that still have none.
import { expect, it } from 'vitest'
import { Latency } from '../../../src/engine/send/latency.ts'

it('H16: the latency is what the first answers took, long before as many are seen as are remembered', () => {
  const latency = new Latency()
  latency.add(2_000)
  expect(latency.slowestMs(0)).toBe(2_000)
  for (let n = 0; n < 5; n++) latency.add(9_000)
  expect(latency.slowestMs(0)).toBe(9_000)
  expect(latency.medianMs).toBe(9_000)
})

it('H16: the latency is at least as long as the oldest call has waited', () => {
  const latency = new Latency()
  expect(latency.slowestMs(12_000)).toBe(12_000)
  latency.add(100)
  expect(latency.slowestMs(12_000)).toBe(12_000)
  expect(latency.slowestMs(0)).toBe(100)
})
