// The windows of the breaker.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BREAKER_ERRORS, BREAKER_OUTCOMES, isTripped, pushOutcomes } from '../../src/domain/breaker.ts'

describe('the breaker', () => {
  it('I3: keeps the last outcomes from the first failure on, and nothing while none is among them', () => {
    expect(pushOutcomes('', '.'.repeat(500))).toBe('')
    expect(pushOutcomes('', '..x..')).toBe('x..')
    expect(pushOutcomes('x..', '.'.repeat(17))).toBe(`x${'.'.repeat(19)}`)
    expect(pushOutcomes('x..', '.'.repeat(18))).toBe('')
  })

  it('I3: trips at the fifth failure among the last twenty outcomes, told by whatever source', () => {
    expect(isTripped('x.x.x.x', '')).toBe(false)
    expect(isTripped('x.x.x.x.x', '')).toBe(true)
    expect(isTripped('x.x', 'x..xx')).toBe(true)
    expect([BREAKER_ERRORS, BREAKER_OUTCOMES]).toEqual([5, 20])
  })

  it('I3: counts in any order the same as a plain look at the last twenty', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('x', '.'), { maxLength: 80 }), (outcomes) => {
        const window = outcomes.reduce(pushOutcomes, '')
        const last = outcomes.slice(-BREAKER_OUTCOMES)
        expect([...window].filter((one) => one === 'x')).toHaveLength(last.filter((one) => one === 'x').length)
      }),
    )
  })
})
