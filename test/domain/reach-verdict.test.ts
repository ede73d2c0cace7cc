// What a forecast comes to: a green light only where most people get the message at its time.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { reachVerdict } from '../../src/domain/reach-verdict.ts'

const count = fc.oneof(fc.constant(0), fc.nat({ max: 5 }), fc.nat({ max: 100_000 }))
const outcomes = fc.record({ sent: count, deferred: count, skipped: count, expired: count })

it('D1: is a green light only where more than half get it at its time', () => {
  fc.assert(
    fc.property(outcomes, (counts) => {
      const { sent, deferred, skipped, expired } = counts
      expect(reachVerdict(counts) === 'most').toBe(sent * 2 > sent + deferred + skipped + expired)
    }),
  )
})

it('D1: names what becomes of most, or that nobody gets it', () => {
  fc.assert(
    fc.property(outcomes, (counts) => {
      const { sent, deferred, skipped, expired } = counts
      const verdict = reachVerdict(counts)
      expect(verdict === 'nobody').toBe(sent + deferred === 0)
      if (verdict === 'mostLater') expect(deferred).toBeGreaterThan(skipped + expired)
      if (verdict === 'mostLeftOut') expect(skipped + expired).toBeGreaterThanOrEqual(deferred)
    }),
  )
})
