// The numbers of a report: every message is counted once.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { messageStatuses } from '../../src/domain/message-status.ts'
import { type CountRow, handedOver, noCounts, sumCounts, tally } from '../../src/domain/report.ts'

const rows: fc.Arbitrary<CountRow[]> = fc.array(
  fc.record({
    status: fc.constantFrom(...messageStatuses),
    reason: fc.constantFrom('', 'opted_out', 'frequency_cap', '131026', '__proto__', 'constructor'),
    count: fc.nat({ max: 1000 }),
  }),
)

describe('a tally', () => {
  it('names every status, also those that no message has', () => {
    expect(Object.keys(tally([]).byStatus)).toEqual([...messageStatuses])
    expect(sumCounts(noCounts())).toBe(0)
  })

  it('adds runs up and leaves out reasons that no message has', () => {
    const result = tally([
      { status: 'skipped', reason: 'opted_out', count: 2 },
      { status: 'skipped', reason: 'opted_out', count: 3 },
      { status: 'skipped', reason: 'frequency_cap', count: 0 },
      { status: 'failed', reason: '131026', count: 1 },
      { status: 'pending', reason: 'quiet_hours', count: 7 },
      { status: 'pending', reason: '', count: 1 },
      { status: 'read', reason: '', count: 4 },
      { status: 'delivered', reason: 'late', count: 2 },
    ])
    expect(result.byStatus).toEqual({ ...noCounts(), skipped: 5, failed: 1, pending: 8, read: 4, delivered: 2 })
    expect(result.skippedBy).toEqual({ opted_out: 5 })
    expect(result.failedBy).toEqual({ '131026': 1 })
    expect(result.waitingBy).toEqual({ quiet_hours: 7, '': 1 })
    expect(result.lateDelivered).toBe(2)
  })

  it('balances: statuses add up to all messages, reasons to their status', () => {
    const sum = (by: Record<string, number>) => Object.values(by).reduce((total, count) => total + count, 0)
    fc.assert(
      fc.property(rows, (all) => {
        const result = tally(all)
        expect(sumCounts(result.byStatus)).toBe(all.reduce((total, row) => total + row.count, 0))
        expect(sum(result.skippedBy)).toBe(result.byStatus.skipped)
        expect(sum(result.failedBy)).toBe(result.byStatus.failed)
        expect(sum(result.waitingBy)).toBe(result.byStatus.pending)
      }),
      { numRuns: 300 },
    )
  })

  it('counts as handed over what the provider has and did not refuse', () => {
    expect(handedOver({ ...noCounts(), accepted: 1, sent: 2, delivered: 4, read: 8, failed: 16, unknown: 32 })).toBe(15)
  })
})
