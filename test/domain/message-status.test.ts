// What the attempts of a message amount to: in any order and any number, news come to the same.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AttemptFacts,
  type DeliveryStatus,
  deliveryNotes,
  lastStatus,
  type MessageFacts,
  type MessageStatus,
  messageFacts,
  messageMoves,
  messageStatuses,
  openStatuses,
  stepsTo,
  withStatus,
} from '../../src/domain/message-status.ts'

interface Update {
  status: DeliveryStatus
  at: number
}

const open: AttemptFacts = {
  answer: null,
  endedAt: null,
  acceptedAt: null,
  sentAt: null,
  deliveredAt: null,
  readAt: null,
  failedAt: null,
  retryAt: null,
}
const accepted: AttemptFacts = { ...open, answer: 'accepted', endedAt: 100, acceptedAt: 100 }
const lost: AttemptFacts = { ...open, answer: 'unknown', endedAt: 100 }
const refused: AttemptFacts = { ...open, answer: 'refused', endedAt: 150 }
const notBegun: AttemptFacts = { ...open, answer: 'not_begun', endedAt: 150, retryAt: 150 }

const under = { status: 'accepted', notes: [] } as const

function told(attempt: AttemptFacts, ...updates: readonly Update[]): AttemptFacts {
  return updates.reduce((facts, update) => withStatus(facts, update), attempt)
}

function facts(...attempts: AttemptFacts[]): MessageFacts {
  return messageFacts(under, attempts)
}

describe('a late status update', () => {
  it('ST-01 of sent leaves a delivered message delivered and keeps both instants', () => {
    const attempt = told(accepted, { status: 'delivered', at: 300 }, { status: 'sent', at: 200 })
    expect(facts(attempt)).toMatchObject({ status: 'delivered', sentAt: 200, deliveredAt: 300, notes: [] })
  })

  it('ST-02 of read without delivered makes the message read and marks its delivery as inferred', () => {
    const attempt = told(accepted, { status: 'read', at: 400 })
    const before = facts(attempt)
    expect(before).toMatchObject({ status: 'read', readAt: 400, deliveredAt: 400, notes: ['delivered_inferred'] })
    expect(messageFacts(before, [told(attempt, { status: 'delivered', at: 350 })])).toMatchObject({
      status: 'read',
      deliveredAt: 350,
      notes: [],
    })
  })

  it('ST-03 of sent leaves a failed message failed', () => {
    const attempt = told(accepted, { status: 'failed', at: 300 }, { status: 'sent', at: 200 })
    expect(facts(attempt)).toMatchObject({ status: 'failed', failedAt: 300, sentAt: 200 })
  })

  it('ST-04 of failed leaves a delivered message delivered, with a note', () => {
    const attempt = told(accepted, { status: 'delivered', at: 300 }, { status: 'failed', at: 400 })
    expect(facts(attempt)).toMatchObject({
      status: 'delivered',
      deliveredAt: 300,
      failedAt: 400,
      notes: ['failed_after_delivered'],
    })
  })

  it('for a message that the provider refused proves the refusal wrong and is marked', () => {
    expect(facts(refused)).toMatchObject({ status: 'failed', failedAt: 150, notes: [] })
    expect(facts(told(refused, { status: 'delivered', at: 300 }))).toMatchObject({
      status: 'delivered',
      failedAt: null,
      notes: ['late_evidence'],
    })
    // The same refusal, told twice.
    expect(facts(told(refused, { status: 'failed', at: 300 }))).toMatchObject({ status: 'failed', notes: [] })
  })

  it('of a status that is known keeps the earliest instant', () => {
    const attempt = told(
      accepted,
      { status: 'sent', at: 300 },
      { status: 'sent', at: 200 },
      { status: 'sent', at: 400 },
    )
    expect(attempt.sentAt).toBe(200)
  })
})

describe('two attempts', () => {
  const first = { ...lost, retryAt: 500 }
  const coolOff = { ...told(accepted, { status: 'failed', at: 300 }), retryAt: 500 }

  it.each([
    ['failed', 'accepted'],
    ['sent', 'accepted'],
    ['accepted', 'accepted'],
    ['delivered', 'delivered'],
    ['read', 'read'],
  ] as const)('H9: %s of the first leaves the accepted second one %s', (status, expected) => {
    expect(facts(told(first, { status, at: 600 }), accepted).status).toBe(expected)
    expect(facts(told(coolOff, { status, at: 600 }), accepted).status).toBe(expected)
  })

  it('H9: are marked as duplicate evidence when the provider has both, or the first arrives', () => {
    const notesAfter = (status: DeliveryStatus, second: AttemptFacts) =>
      facts(told(first, { status, at: 600 }), second).notes
    expect(notesAfter('delivered', accepted)).toEqual(['duplicate_evidence'])
    expect(notesAfter('sent', accepted)).toEqual(['duplicate_evidence'])
    expect(notesAfter('failed', accepted)).toEqual([])
    expect(notesAfter('delivered', refused)).toEqual(['duplicate_evidence'])
    expect(notesAfter('delivered', notBegun)).toEqual([])
  })

  it('H9: of which the second was not begun are decided by the first', () => {
    expect(facts(first, notBegun).status).toBe('pending')
    expect(facts(told(first, { status: 'sent', at: 600 }), notBegun).status).toBe('sent')
    expect(facts(coolOff, notBegun).status).toBe('pending')
  })

  it('H9: of which the first waits for the second stay waiting, whatever is repeated of it', () => {
    expect(facts(coolOff)).toMatchObject({ status: 'pending', acceptedAt: null, failedAt: null })
    for (const status of ['accepted', 'sent', 'failed'] as const)
      expect(facts(told(coolOff, { status, at: 600 })).status).toBe('pending')
    expect(facts(told(coolOff, { status: 'delivered', at: 600 })).status).toBe('delivered')
  })
})

describe('a message that was ended', () => {
  it.each(['skipped', 'expired', 'cancelled'] as const)('stays %s and marks what is proved later', (status) => {
    const ended = { status, notes: [] } as const
    expect(messageFacts(ended, [{ ...lost, retryAt: 500 }])).toMatchObject({ status, notes: [] })
    const late = told({ ...lost, retryAt: 500 }, { status: 'delivered', at: 600 })
    expect(messageFacts(ended, [late])).toMatchObject({ status, deliveredAt: 600, notes: ['late_evidence'] })
  })
})

const statusUpdate: fc.Arbitrary<Update> = fc.record({
  status: fc.constantFrom('accepted', 'sent', 'delivered', 'read', 'failed'),
  at: fc.integer({ min: 0, max: 50 }),
})
const earlier: fc.Arbitrary<AttemptFacts> = fc
  .constantFrom(accepted, lost, refused, notBegun)
  .map((attempt) => ({ ...attempt, retryAt: 500 }))
const last: fc.Arbitrary<AttemptFacts> = fc.oneof(fc.constantFrom(open, accepted, lost, refused), earlier)
/** The attempts of one message: every one but the last was given up for another. */
const attempts = fc.tuple(fc.array(earlier, { maxLength: 3 }), last).map(([before, newest]) => [...before, newest])
/** News of some attempt of it. */
const news = fc.array(fc.tuple(fc.nat({ max: 3 }), statusUpdate), { minLength: 1, maxLength: 10 })

/** The message after each of the news in turn, as it is stored: the notes of before come along. */
function history(known: AttemptFacts[], all: readonly [number, Update][]): MessageFacts[] {
  const now = [...known]
  const steps = [messageFacts({ status: 'pending', notes: [] }, now)]
  for (const [index, update] of all) {
    const at = index % now.length
    now[at] = withStatus(now[at]!, update)
    steps.push(messageFacts(steps.at(-1)!, now))
  }
  return steps
}

function shuffled<T>(items: readonly T[], keys: readonly number[]): T[] {
  return items
    .map((item, index) => ({ item, key: keys[index % keys.length] ?? 0, index }))
    .sort((a, b) => a.key - b.key || b.index - a.index)
    .map(({ item }) => item)
}
const shuffle = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 16, maxLength: 16 })

describe('news of the attempts of a message', () => {
  it('H9: come to the same in any order and with any repetition', () => {
    fc.assert(
      fc.property(
        attempts,
        news,
        fc.array(fc.nat({ max: 9 }), { maxLength: 8 }),
        shuffle,
        (known, all, again, order) => {
          const repeated = [...all, ...again.map((index) => all[index % all.length]!)]
          const { notes, ...end } = history(known, all).at(-1)!
          const { notes: otherNotes, ...other } = history(known, shuffled(repeated, order)).at(-1)!
          expect(other).toEqual(end)
          // A note about a duplicate may have been true for a while: what failed later had been at the provider.
          const lasting = (all: readonly string[]) => all.filter((note) => !/duplicate|late/.test(note))
          expect(lasting(otherNotes)).toEqual(lasting(notes))
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('H9: of an earlier attempt move the message only by arrival, unless the later ones were never at the provider', () => {
    fc.assert(
      fc.property(attempts, news, (known, all) => {
        const ofEarlier = all.filter(([index]) => index % known.length < known.length - 1)
        fc.pre(ofEarlier.length > 0 && known.at(-1)!.answer !== 'not_begun' && known.at(-1)!.retryAt === null)
        const [before, ...after] = history(known, ofEarlier)
        const hasArrived = ofEarlier.some(([, { status }]) => status === 'delivered' || status === 'read')
        const { status } = after.at(-1)!
        if (hasArrived) expect(['delivered', 'read']).toContain(status)
        else expect(status).toBe(before!.status)
      }),
      { numRuns: 2000 },
    )
  })

  it('H3: make legal moves only, some of them by way of accepted', () => {
    fc.assert(
      fc.property(attempts, news, (known, all) => {
        const steps = history(known, all).map(({ status }) => status)
        for (const [index, to] of steps.entries()) {
          let from: MessageStatus = steps[index - 1] ?? to
          for (const step of stepsTo(from, to)) {
            expect(messageMoves[from], `${from} → ${step}`).toContain(step)
            from = step
          }
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('never take a message back from what was proved', () => {
    const rank: MessageStatus[] = ['delivered', 'read']
    fc.assert(
      fc.property(attempts, news, (known, all) => {
        const ranks = history(known, all).map(({ status }) => rank.indexOf(status))
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b))
      }),
      { numRuns: 1000 },
    )
  })

  it('leave their input as it was', () => {
    fc.assert(
      fc.property(last, statusUpdate, (known, update) => {
        const copy = structuredClone(known)
        withStatus(known, update)
        messageFacts(under, [known])
        expect(known).toEqual(copy)
      }),
    )
  })

  it('have read as their last word, then delivered, failed, sent and accepted', () => {
    const order: DeliveryStatus[] = ['accepted', 'sent', 'failed', 'delivered', 'read']
    expect(lastStatus(open)).toBeUndefined()
    for (const [index, status] of order.entries())
      expect(lastStatus(told(open, ...order.slice(0, index + 1).map((one) => ({ status: one, at: 1 }))))).toBe(status)
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
})

describe('notes', () => {
  it('have distinct names', () => {
    expect(new Set(deliveryNotes).size).toBe(deliveryNotes.length)
  })
})
