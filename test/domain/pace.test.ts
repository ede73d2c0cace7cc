// The pace of something that goes on: what it tells, and when it tells nothing.
import { describe, expect, it } from 'vitest'
import { paceOf } from '../../src/domain/pace.ts'

const advance = { from: 0, elapsedMs: 4_000, done: 100, total: 300 }

describe('a pace', () => {
  it('is what was done in the time, and the rest takes as long as it says', () => {
    expect(paceOf(advance)).toEqual({ ratePerSecond: 25, restMs: 8_000 })
  })

  it('counts from where it was looked at first, not from the beginning', () => {
    expect(paceOf({ ...advance, from: 60 })).toEqual({ ratePerSecond: 10, restMs: 20_000 })
  })

  it('has no rest at the end and beyond', () => {
    expect(paceOf({ ...advance, done: 300 })?.restMs).toBe(0)
    expect(paceOf({ ...advance, done: 301 })?.restMs).toBe(0)
  })

  it('is not told in the first moments, while nothing moves, and where nobody knows the whole', () => {
    expect(paceOf({ ...advance, elapsedMs: 1_999 })).toBeUndefined()
    expect(paceOf({ ...advance, from: 100 })).toBeUndefined()
    expect(paceOf({ ...advance, total: undefined })).toBeUndefined()
  })
})
