// Spans of time as people write them.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { durationMs, formatDuration } from '../../src/domain/duration.ts'

describe('a written duration', () => {
  it.each([
    ['90s', 90_000],
    ['10m', 600_000],
    ['36h', 129_600_000],
    ['2d', 172_800_000],
    ['2w', 1_209_600_000],
    ['36 h', 129_600_000],
    ['  1h ', 3_600_000],
    ['0s', 0],
  ])('%s has %i ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms)
  })

  it.each(['', 'h', '36', '1.5h', '-1h', '+1h', '1h30m', '1H', '1y', '1e3s', '0x10s', '1234567890s', '１h'])(
    '%j is none',
    (text) => {
      expect(durationMs(text)).toBeUndefined()
    },
  )
})

describe('a shown duration', () => {
  it.each([
    [0, '0ms'],
    [999, '999ms'],
    [1000, '1s'],
    [59_999, '1m'],
    [90_000, '1m 30s'],
    [5_400_000, '1h 30m'],
    [129_600_000, '1d 12h'],
    [129_601_000, '1d 12h'],
    [86_400_000, '1d'],
  ])('of %i ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  it('is never longer than two units and never off by more than the smaller one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 90 * 86_400_000 }), (ms) => {
        const parts = formatDuration(ms).split(' ')
        expect(parts.length).toBeLessThanOrEqual(2)
        const shown = parts.reduce((sum, part) => sum + (durationMs(part) ?? Number.NaN), 0)
        expect(Math.abs(shown - ms)).toBeLessThan(durationMs(`1${parts.at(-1)?.at(-1)}`) ?? 0)
      }),
    )
  })
})
