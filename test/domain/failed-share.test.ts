// The share of failed results at which a campaign pauses.
import { describe, expect, it } from 'vitest'
import {
  addResults,
  emptyWindow,
  failsTooOften,
  parseFailedShare,
  RESULTS_BLOCK,
  RESULTS_MIN,
  resultChange,
  shareOf,
} from '../../src/domain/failed-share.ts'

const accepted = resultChange('sending', 'accepted')
const failed = resultChange('sending', 'failed')
const failedLater = resultChange('delivered', 'failed')

function windowOf(...changes: [typeof accepted, number][]) {
  return changes
    .flatMap(([change, count]) => Array.from({ length: count }, () => change))
    .reduce(addResults, emptyWindow)
}

describe('the share of failures', () => {
  it.each([
    ['25%', 0.25],
    ['1%', 0.01],
    ['100 %', 1],
    [' 12.5% ', 0.125],
  ])('reads %j', (text, share) => {
    expect(parseFailedShare(text)).toBe(share)
  })

  it.each(['25', '0.25', '0%', '101%', '-5%', '25 percent', '%', '', '1e1%', '٢٥%'])(
    'refuses %j with what to write',
    (text) => {
      expect(() => parseFailedShare(text)).toThrow(
        expect.objectContaining({ code: 'campaign.invalid', hint: 'Write 25%.' }),
      )
    },
  )

  it('says nothing of fewer results than a hundred', () => {
    expect(RESULTS_MIN).toBe(100)
    expect(failsTooOften(windowOf([failed, 99]), 0.01)).toBe(false)
    expect(failsTooOften(windowOf([failed, 100]), 1)).toBe(true)
  })

  it('is reached by exactly so many', () => {
    expect(failsTooOften(windowOf([accepted, 76], [failed, 24]), 0.25)).toBe(false)
    expect(failsTooOften(windowOf([accepted, 75], [failed, 25]), 0.25)).toBe(true)
    expect(failsTooOften(windowOf([failed, 30], [accepted, 69]), 0.3)).toBe(false)
    expect(failsTooOften(windowOf([failed, 30], [accepted, 70]), 0.3)).toBe(true)
  })

  it('counts a message once that was accepted and fails later', () => {
    const window = windowOf([accepted, 100], [failedLater, 25])
    expect(shareOf(window)).toEqual({ results: 100, failed: 25, share: 0.25 })
  })

  it('takes a failure back when later proof shows that it was accepted', () => {
    expect(shareOf(windowOf([failed, 100], [resultChange('failed', 'delivered'), 90]))).toMatchObject({ failed: 10 })
  })

  it('forgets a long success: the last thousand results at most are looked at', () => {
    const before = windowOf([accepted, 100_000])
    expect(shareOf(before).results).toBeLessThan(2 * RESULTS_BLOCK)
    let needed = 0
    for (let window = before; !failsTooOften(window, 0.25); needed++) window = addResults(window, failed)
    expect(needed).toBeLessThanOrEqual(250)
  })

  it('never shows more failures than results, nor fewer than none', () => {
    expect(shareOf(windowOf([failedLater, 50]))).toEqual({ results: 0, failed: 0, share: 0 })
    expect(shareOf(windowOf([resultChange('failed', 'accepted'), 5], [accepted, 3]))).toMatchObject({ failed: 0 })
  })
})
