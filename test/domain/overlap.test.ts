// Two messages of one campaign to one person, the later one due while the earlier one waits.
import { describe, expect, it } from 'vitest'
import { decideOverlap, type EarlierMessage } from '../../src/domain/overlap.ts'

const now = Date.parse('2027-06-02T09:00:00Z')
const MINUTE = 60_000

describe('a later message of the same person', () => {
  const decide = (earlier: EarlierMessage | null, overlap: 'skip' | 'queue' | 'allow', lateMs = 0, missed = 'latest') =>
    decideOverlap(
      { earlier, scheduledAt: now - lateMs, createdAt: now, now },
      { overlap, missed: missed as 'latest' | 'all' },
    )

  it('S3: goes when the earlier one is done', () => {
    for (const overlap of ['skip', 'queue', 'allow'] as const) expect(decide(null, overlap)).toEqual({ act: 'pass' })
  })

  it('S3: is skipped, waits or goes while the earlier one waits, as the campaign says', () => {
    const earlier = { dueAt: now + 10 * MINUTE }
    expect(decide(earlier, 'skip')).toEqual({ act: 'skip' })
    expect(decide(earlier, 'queue')).toEqual({ act: 'wait', until: now + 10 * MINUTE })
    expect(decide({ dueAt: now - MINUTE }, 'queue')).toEqual({ act: 'wait', until: now + 5_000 })
    expect(decide(earlier, 'allow')).toEqual({ act: 'pass' })
  })

  it('S3: is skipped also when the earlier one was sent just before it', () => {
    expect(decide({ dueAt: null }, 'skip')).toEqual({ act: 'skip' })
    expect(decide({ dueAt: null }, 'queue')).toEqual({ act: 'pass' })
  })

  it('S5: waits instead of being skipped when all that was missed is caught up', () => {
    expect(decide({ dueAt: now }, 'skip', 2 * MINUTE, 'all')).toEqual({ act: 'wait', until: now + 5_000 })
    expect(decide({ dueAt: now }, 'skip', MINUTE, 'all')).toEqual({ act: 'skip' })
  })
})
