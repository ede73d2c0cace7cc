// How status updates move a message: in any order and any number they come to the same.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type DeliveryFacts,
  type DeliveryStatus,
  deliveryNotes,
  type MessageStatus,
  mergeStatus,
  messageMoves,
  messageStatuses,
  openStatuses,
} from '../../src/domain/message-status.ts'

interface Update {
  status: DeliveryStatus
  at: number
}

const accepted: DeliveryFacts = {
  status: 'accepted',
  acceptedAt: 100,
  sentAt: null,
  deliveredAt: null,
  readAt: null,
  failedAt: null,
  isFailedByAnswer: false,
  notes: [],
}

function merge(facts: DeliveryFacts, updates: readonly Update[]): DeliveryFacts {
  return updates.reduce(mergeStatus, facts)
}

describe('a late status update', () => {
  it('ST-01 of sent leaves a delivered message delivered and keeps both instants', () => {
    const facts = merge(accepted, [
      { status: 'delivered', at: 300 },
      { status: 'sent', at: 200 },
    ])
    expect(facts).toMatchObject({ status: 'delivered', sentAt: 200, deliveredAt: 300, notes: [] })
  })

  it('ST-02 of read without delivered makes the message read and marks its delivery as inferred', () => {
    const facts = mergeStatus(accepted, { status: 'read', at: 400 })
    expect(facts).toMatchObject({ status: 'read', readAt: 400, deliveredAt: 400, notes: ['delivered_inferred'] })
    expect(mergeStatus(facts, { status: 'delivered', at: 350 })).toMatchObject({
      status: 'read',
      deliveredAt: 350,
      notes: [],
    })
  })

  it('ST-03 of sent leaves a failed message failed', () => {
    const facts = merge(accepted, [
      { status: 'failed', at: 300 },
      { status: 'sent', at: 200 },
    ])
    expect(facts).toMatchObject({ status: 'failed', failedAt: 300, sentAt: 200 })
  })

  it('ST-04 of failed leaves a delivered message delivered, with a note', () => {
    const facts = merge(accepted, [
      { status: 'delivered', at: 300 },
      { status: 'failed', at: 400 },
    ])
    expect(facts).toMatchObject({
      status: 'delivered',
      deliveredAt: 300,
      failedAt: 400,
      notes: ['failed_after_delivered'],
    })
  })

  it('for a message that the provider refused proves the refusal wrong and is marked', () => {
    const refused: DeliveryFacts = {
      ...accepted,
      status: 'failed',
      acceptedAt: null,
      failedAt: 150,
      isFailedByAnswer: true,
    }
    expect(mergeStatus(refused, { status: 'delivered', at: 300 })).toMatchObject({
      status: 'delivered',
      failedAt: null,
      notes: ['late_evidence'],
    })
    expect(mergeStatus(refused, { status: 'failed', at: 300 })).toMatchObject({ status: 'failed', failedAt: 300 })
  })

  it('of a status that is known keeps the earliest instant', () => {
    const facts = merge(accepted, [
      { status: 'sent', at: 300 },
      { status: 'sent', at: 200 },
      { status: 'sent', at: 400 },
    ])
    expect(facts.sentAt).toBe(200)
  })
})

const statusUpdate: fc.Arbitrary<Update> = fc.record({
  status: fc.constantFrom('accepted', 'sent', 'delivered', 'read', 'failed'),
  at: fc.integer({ min: 0, max: 50 }),
})
const updates = fc.array(statusUpdate, { minLength: 1, maxLength: 8 })

/** A message as an earlier history left it, and one that nobody knows anything of. */
const facts: fc.Arbitrary<DeliveryFacts> = fc
  .tuple(
    fc.constantFrom<MessageStatus>('sending', 'unknown', 'pending', 'accepted'),
    fc.array(statusUpdate, { maxLength: 5 }),
    fc.subarray(['held_by_whatsapp', 'duplicate_evidence'] as const),
  )
  .map(([status, history, notes]) =>
    merge(
      {
        ...accepted,
        status,
        acceptedAt: status === 'accepted' ? 10 : null,
        notes: [...notes].sort(),
      },
      history,
    ),
  )
const refused: fc.Arbitrary<DeliveryFacts> = fc
  .integer({ min: 0, max: 50 })
  .map((failedAt) => ({ ...accepted, status: 'failed', acceptedAt: null, failedAt, isFailedByAnswer: true }))

function shuffled<T>(items: readonly T[], keys: readonly number[]): T[] {
  return items
    .map((item, index) => ({ item, key: keys[index % keys.length] ?? 0, index }))
    .sort((a, b) => a.key - b.key || b.index - a.index)
    .map(({ item }) => item)
}
const shuffle = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 16, maxLength: 16 })

describe('status updates', () => {
  it('come to the same in any order and with any repetition', () => {
    fc.assert(
      fc.property(
        facts,
        updates,
        fc.array(fc.nat({ max: 7 }), { maxLength: 8 }),
        shuffle,
        (known, all, again, order) => {
          const repeated = [...all, ...again.map((index) => all[index % all.length]!)]
          expect(merge(known, shuffled(repeated, order))).toEqual(merge(known, all))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('change nothing when they all come a second time', () => {
    fc.assert(
      fc.property(facts, updates, (known, all) => {
        const once = merge(known, all)
        expect(merge(once, all)).toEqual(once)
      }),
      { numRuns: 1000 },
    )
  })

  it('come to the same status for a message that the provider refused', () => {
    fc.assert(
      fc.property(refused, updates, shuffle, (known, all, order) => {
        const result = merge(known, all)
        const other = merge(known, shuffled([...all, ...all], order))
        expect(other.status).toBe(result.status)
        expect(result.notes).toContain('late_evidence')
      }),
      { numRuns: 1000 },
    )
  })

  it('never take a message back from what was proved', () => {
    const rank: DeliveryStatus[] = ['accepted', 'sent', 'failed', 'delivered', 'read']
    fc.assert(
      fc.property(facts, updates, (known, all) => {
        const before = rank.indexOf(known.status as DeliveryStatus)
        expect(rank.indexOf(merge(known, all).status as DeliveryStatus)).toBeGreaterThanOrEqual(before)
      }),
      { numRuns: 1000 },
    )
  })

  it('leave their input as it was', () => {
    fc.assert(
      fc.property(facts, statusUpdate, (known, update) => {
        const copy = structuredClone(known)
        mergeStatus(known, update)
        expect(known).toEqual(copy)
      }),
    )
  })
})

describe('the moves of a message', () => {
  it('name every status once and lead to known ones only', () => {
    expect(Object.keys(messageMoves).sort()).toEqual([...messageStatuses].sort())
    for (const [from, targets] of Object.entries(messageMoves)) {
      expect(new Set(targets).size).toBe(targets.length)
      expect(targets).not.toContain(from)
      for (const to of targets) expect(messageStatuses).toContain(to)
    }
  })

  it('end in read, skipped, expired and cancelled', () => {
    expect(messageStatuses.filter((status) => messageMoves[status].length === 0)).toEqual([
      'read',
      'skipped',
      'expired',
      'cancelled',
    ])
  })

  it('never send a message again that was delivered, refused for good, or ended', () => {
    const resendable = messageStatuses.filter((status) => messageMoves[status].includes('pending'))
    expect(resendable).toEqual(['sending', 'accepted', 'sent', 'unknown'])
    expect(messageStatuses.filter((status) => messageMoves[status].includes('sending'))).toEqual(['pending'])
    expect(openStatuses).toEqual(['pending', 'sending'])
  })

  it('include every move that a merge of status updates makes of a message under way', () => {
    fc.assert(
      fc.property(facts, statusUpdate, (known, update) => {
        fc.pre(['accepted', 'sent', 'delivered', 'read', 'failed'].includes(known.status))
        const { status } = mergeStatus(known, update)
        expect([known.status, ...messageMoves[known.status]]).toContain(status)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('notes', () => {
  it('have distinct names', () => {
    expect(new Set(deliveryNotes).size).toBe(deliveryNotes.length)
  })
})
