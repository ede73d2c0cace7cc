// Statuses belong to attempts: what is told of one moves the message only as far as that attempt counts, and only where epoch,
// account and recipient agree.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatReference } from '../../../src/domain/ids.ts'
import { messageFacts } from '../../../src/domain/message-status.ts'
import type { SendResult } from '../../../src/domain/send-result.ts'
import { finishIfDone } from '../../../src/engine/campaigns/finish.ts'
import { cancelByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { resolveUnknown } from '../../../src/engine/report/unknown.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { listHeldMessages } from '../../../src/store/attempts.ts'
import type { ClaimedMessage } from '../../../src/store/claim.ts'
import { notesOf } from '../../../src/store/messages.ts'
import { recordResults } from '../../../src/store/record.ts'
import { findSetting, setSetting } from '../../../src/store/settings.ts'
import { findTracked } from '../../../src/store/tracked-message.ts'
import { applyDue, applyStatus, metaEnvelope, metaStatus, storeCallback } from '../../support/callbacks.ts'
import { accepted, claimAll, launchAndPlan, providerError, record, storedMessages } from '../../support/claims.ts'
import {
  addMeta,
  addTestCampaign,
  importLines,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
  templateContent,
} from '../../support/open-test-app.ts'
import { present } from '../../support/present.ts'

async function running(people = 1): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, people)
  await addMeta(test)
  await addTestCampaign(test, { content: templateContent, limits: { quietHours: 'ignore', validity: '10d' } })
  await launchAndPlan(test, 'Spring sale')
  return test
}

async function referenceOf(test: TestApp, attemptId: number, epoch = 1): Promise<string> {
  const installation = await test.ctx.db.read((tx) => findSetting(tx, 'installation'))
  return formatReference(installation ?? '', epoch, attemptId)
}

async function capUses(test: TestApp): Promise<number> {
  return (await test.ctx.db.read((tx) => tx.all('SELECT 1 FROM cap_uses'))).length
}

async function errorsOfCallbacks(test: TestApp): Promise<(string | null)[]> {
  const rows = await test.ctx.db.read((tx) =>
    tx.all<{ error: string | null }>('SELECT apply_error AS error FROM webhook_events ORDER BY id'),
  )
  return rows.map(({ error }) => error)
}

/** What the process of a lost node had on the wire becomes unknown, as who recovers the node records it. */
async function loseNode(test: TestApp): Promise<void> {
  const nodeId = await test.ctx.node.id()
  const held = await test.ctx.db.read((tx) => listHeldMessages(tx, nodeId, 0, 100))
  const [first] = held
  if (first === undefined) return
  await test.ctx.db.write(async (tx) => {
    const now = test.clock.now()
    const error = providerError('node_lost')
    const results = held.map((message) => ({ message, result: { kind: 'unknown', error } as const, endedAt: now }))
    const { senderId } = first
    await recordResults(tx, { senderId, nodeId, now: present(now), results, random: () => 0.5 })
    const runIds = held.map(({ runId }) => runId)
    await finishIfDone(tx, runIds)
  })
}

const unknown: SendResult = { kind: 'unknown', error: providerError('deadline') }

/** Attempt 1 was lost and sent again by the operator; attempt 2 is claimed. */
async function resent(test: TestApp): Promise<{ first: ClaimedMessage; second: ClaimedMessage }> {
  const [first] = await claimAll(test)
  if (first === undefined) throw new Error('nothing was claimed')
  await record(test, [first], () => unknown)
  await resolveUnknown(test.ctx, String(first.messageId), 'resend')
  const [second] = await claimAll(test)
  if (second === undefined) throw new Error('nothing was claimed again')
  return { first, second }
}

describe('a status of an earlier attempt', () => {
  it('H9: repeated as failed leaves the accepted second attempt and its place in the caps', async () => {
    const test = await running()
    await record(test, await claimAll(test), () => accepted(1))
    const failed = { trackingId: 'track-1', status: 'failed', code: 131049 }
    await applyStatus(test, failed)
    test.clock.advance(24 * 3_600_000)
    await record(test, await claimAll(test), () => accepted(2))
    expect(await capUses(test)).toBe(1)
    for (const status of ['failed', 'sent', 'accepted']) {
      test.clock.advance(1_000)
      await applyStatus(test, { ...failed, status })
    }
    expect(await storedMessages(test)).toMatchObject([{ status: 'accepted', reason: null, notes: null, attempts: 2 }])
    expect(await capUses(test)).toBe(1)
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it.each(['delivered', 'read'])('H9: that says %s moves the message and is marked as a duplicate', async (status) => {
    const test = await running()
    const { first, second } = await resent(test)
    await record(test, [second], () => accepted(2))
    await applyStatus(test, { reference: await referenceOf(test, first.attemptId), status })
    const [message] = await storedMessages(test)
    expect(message).toMatchObject({ status, notes: expect.stringContaining('duplicate_evidence') })
    await applyStatus(test, { trackingId: 'track-2', status: 'failed', code: 131026 })
    expect((await storedMessages(test))[0]?.status).toBe(status)
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('H9: that arrives while the second is on the wire is not taken back by its answer', async () => {
    for (const result of [
      accepted(2),
      unknown,
      { kind: 'refused', scope: 'recipient', error: providerError('1') } as const,
    ]) {
      const test = await running()
      const { first, second } = await resent(test)
      await applyStatus(test, { reference: await referenceOf(test, first.attemptId), status: 'delivered' })
      await record(test, [second], () => result)
      expect((await storedMessages(test))[0]).toMatchObject({ status: 'delivered', attempts: 2 })
      expect(await capUses(test)).toBe(1)
      expect((await verify(test.ctx)).ok).toBe(true)
    }
  })

  it('H9: as failed or sent leaves the second on the wire and its answer to come', async () => {
    for (const status of ['failed', 'sent', 'accepted']) {
      const test = await running()
      const { first, second } = await resent(test)
      await applyStatus(test, { reference: await referenceOf(test, first.attemptId), status, code: 131026 })
      expect((await storedMessages(test))[0]?.status).toBe('sending')
      await record(test, [second], () => accepted(2))
      expect((await storedMessages(test))[0]).toMatchObject({ status: 'accepted', reason: null })
      expect(await capUses(test)).toBe(1)
      expect((await verify(test.ctx)).ok).toBe(true)
    }
  })

  it('H9: as sent prevents the second one while that only waits', async () => {
    const test = await running()
    const [first] = await claimAll(test)
    await record(test, first === undefined ? [] : [first], () => unknown)
    await resolveUnknown(test.ctx, String(first?.messageId), 'resend')
    await applyStatus(test, { reference: await referenceOf(test, first?.attemptId ?? 0), status: 'sent' })
    expect((await storedMessages(test))[0]?.status).toBe('sent')
    expect(await claimAll(test)).toEqual([])
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('H9: of a message that was cancelled while it waited is kept as late evidence', async () => {
    const test = await running()
    await record(test, await claimAll(test), () => accepted(1))
    await applyStatus(test, { trackingId: 'track-1', status: 'failed', code: 131049 })
    await cancelByOperator(test.ctx, 'Spring sale')
    await applyStatus(test, { trackingId: 'track-1', status: 'failed', code: 131049, title: 'again' })
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'cancelled', notes: null })
    await applyStatus(test, { trackingId: 'track-1', status: 'delivered' })
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'cancelled', notes: expect.stringMatching(/late/) })
    expect(await capUses(test)).toBe(0)
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('H9: keeps reason and text of a failure when late news change nothing', async () => {
    const test = await running()
    await record(test, await claimAll(test), () => accepted(1))
    await applyStatus(test, { trackingId: 'track-1', status: 'failed', code: 131026, title: 'Undeliverable' })
    await applyStatus(test, { trackingId: 'track-1', status: 'sent' })
    const [message] = await storedMessages(test)
    expect(message).toMatchObject({
      status: 'failed',
      reason: '131026',
      detail: expect.stringMatching(/^Undeliverable/),
    })
  })
})

describe('a callback', () => {
  it('S16: with our reference and another recipient moves nothing, and says so', async () => {
    const test = await running()
    const [message] = await claimAll(test)
    await record(test, message === undefined ? [] : [message], () => unknown)
    const reference = await referenceOf(test, message?.attemptId ?? 0)
    await applyStatus(test, { trackingId: 'wamid.x', reference, to: '12025550199', status: 'delivered' })
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'unknown', reason: 'deadline' })
    expect(await errorsOfCallbacks(test)).toEqual([expect.stringContaining('went to another person')])
    await applyStatus(test, { trackingId: 'wamid.x', reference, to: phoneNumber(0).slice(1), status: 'delivered' })
    expect((await storedMessages(test))[0]?.status).toBe('delivered')
  })

  it('S16: that names a Brazilian number without its ninth digit means the contact', async () => {
    const test = await openTestApp()
    await importLines(test, ['phone,time_zone', '+5511998765432,America/Sao_Paulo'])
    await addMeta(test)
    await addTestCampaign(test, { content: templateContent })
    await launchAndPlan(test, 'Spring sale')
    await record(test, await claimAll(test), () => accepted(1))
    await applyStatus(test, { trackingId: 'track-1', to: '551198765432', status: 'delivered' })
    expect((await storedMessages(test))[0]?.status).toBe('delivered')
  })

  it('H9: with a reference of another epoch moves nothing', async () => {
    const test = await running()
    const [message] = await claimAll(test)
    await record(test, message === undefined ? [] : [message], () => unknown)
    const reference = await referenceOf(test, message?.attemptId ?? 0)
    await test.ctx.db.write((tx) => setSetting(tx, 'epoch', 2))
    await applyStatus(test, { trackingId: 'wamid.x', reference, status: 'failed', code: 131050 })
    expect((await storedMessages(test))[0]?.status).toBe('unknown')
    expect(await test.ctx.db.read((tx) => tx.all('SELECT 1 FROM suppressions'))).toEqual([])
    const ours = await referenceOf(test, message?.attemptId ?? 0, 2)
    await applyStatus(test, { trackingId: 'wamid.x', reference: ours, status: 'sent' })
    expect((await storedMessages(test))[0]?.status).toBe('sent')
  })

  it('H9: of before a restore still finds its message by tracking id, unless the reference names another one', async () => {
    const test = await running(2)
    const claimed = await claimAll(test)
    await record(test, claimed)
    const [first = 0, second = 0] = claimed.map(({ attemptId }) => attemptId)
    await test.ctx.db.write(async (tx) => {
      await setSetting(tx, 'epoch', 2)
      await setSetting(tx, 'pastEpochs', [{ epoch: 1, through: second }])
    })
    const told = { trackingId: `track-${first}`, status: 'delivered' }
    await applyStatus(test, { ...told, reference: await referenceOf(test, second) })
    expect((await storedMessages(test)).map(({ status }) => status)).toEqual(['accepted', 'accepted'])
    await applyStatus(test, { ...told, reference: await referenceOf(test, first) })
    expect((await storedMessages(test)).map(({ status }) => status)).toEqual(['delivered', 'accepted'])
  })

  it('H9: to a sender of another account moves nothing', async () => {
    const test = await running()
    await addMeta(test, { name: 'other' })
    const [message] = await claimAll(test)
    await record(test, message === undefined ? [] : [message], () => accepted(1))
    const reference = await referenceOf(test, message?.attemptId ?? 0)
    const status = metaStatus({ trackingId: 'track-1', reference, status: 'delivered', at: test.clock.now() })
    await storeCallback(test, metaEnvelope({ statuses: [status] }), 'other')
    await applyDue(test)
    expect((await storedMessages(test))[0]?.status).toBe('accepted')
    expect(await errorsOfCallbacks(test)).toEqual([expect.stringContaining('another account')])
  })

  it('H9: whose tracking id is of another attempt than its reference moves neither', async () => {
    const test = await running(2)
    const claimed = await claimAll(test)
    await record(test, claimed)
    const [first = 0, second = 0] = claimed.map(({ attemptId }) => attemptId)
    const reference = await referenceOf(test, first)
    await applyStatus(test, { trackingId: `track-${second}`, reference, status: 'delivered' })
    expect((await storedMessages(test)).map(({ status }) => status)).toEqual(['accepted', 'accepted'])
    expect(await errorsOfCallbacks(test)).toEqual([expect.stringContaining('another tracking id')])
  })
})

describe('a result for a message that another process took over', () => {
  const results: [string, SendResult, string][] = [
    [
      'a pair throttle',
      { kind: 'throttled', scope: 'pair', retryAfterMs: null, error: providerError('131056') },
      'expired',
    ],
    ['a temporary failure', { kind: 'temporary', retryAfterMs: null, error: providerError('503') }, 'expired'],
    ['a throttle', { kind: 'throttled', scope: 'sender', retryAfterMs: 1000, error: providerError('429') }, 'expired'],
    ['an account failure', { kind: 'account', error: providerError('190') }, 'expired'],
    ['no connection', { kind: 'not_sent', error: providerError('econnrefused') }, 'expired'],
    ['a cool-off', { kind: 'cool_off', error: providerError('131049') }, 'failed'],
    ['a refusal', { kind: 'refused', scope: 'recipient', error: providerError('131026') }, 'failed'],
    ['doubt', unknown, 'unknown'],
    ['not begun', { kind: 'not_started', error: null }, 'expired'],
    ['not begun by rule', { kind: 'not_started', error: null, skip: 'no_session' }, 'skipped'],
    ['acceptance', accepted(1), 'accepted'],
  ]

  it.each(results)('H3: is written when it is %s and the validity is over', async (_, result, expected) => {
    const test = await running()
    const claimed = await claimAll(test)
    await loseNode(test)
    test.clock.advance(11 * 86_400_000)
    await record(test, claimed, () => result)
    expect((await storedMessages(test))[0]?.status).toBe(expected)
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it.each(results.filter(([, , expected]) => expected === 'expired'))(
    'H3: is written when it is %s and the campaign is cancelled',
    async (_, result) => {
      const test = await running()
      const claimed = await claimAll(test)
      await cancelByOperator(test.ctx, 'Spring sale')
      await loseNode(test)
      await record(test, claimed, () => result)
      expect((await storedMessages(test))[0]).toMatchObject({ status: 'cancelled', reason: null })
      expect((await verify(test.ctx)).ok).toBe(true)
    },
  )

  it('H2, H3: proves that its call was never begun: the message waits again, and no attempt counts', async () => {
    const test = await running()
    const claimed = await claimAll(test)
    await loseNode(test)
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'unknown', attempts: 1 })
    await record(test, claimed, () => ({ kind: 'not_started', error: null }))
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'pending', attempts: 0, reason: null })
    // The run had ended: nothing was pending and nothing on the wire.
    expect(await claimAll(test)).toHaveLength(1)
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('H3: is late evidence when an operator has called the message failed', async () => {
    const test = await running()
    const [message] = await claimAll(test)
    await loseNode(test)
    await resolveUnknown(test.ctx, String(message?.messageId), 'failed')
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'failed', reason: 'resolved_by_operator' })
    await record(test, message === undefined ? [] : [message], () => accepted(1))
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'accepted', notes: 'late_evidence' })
    expect((await verify(test.ctx)).ok).toBe(true)
  })
})

describe('any history of attempts', () => {
  const answers: SendResult[] = [
    accepted(0),
    unknown,
    { kind: 'refused', scope: 'recipient', error: providerError('131026') },
    { kind: 'temporary', retryAfterMs: 0, error: providerError('503') },
    { kind: 'throttled', scope: 'pair', retryAfterMs: null, error: providerError('131056') },
    { kind: 'throttled', scope: 'sender', retryAfterMs: 0, error: providerError('429') },
    { kind: 'cool_off', error: providerError('131049') },
    { kind: 'not_started', error: null },
    { kind: 'not_started', error: null, skip: 'no_session' },
  ]
  const step = fc.oneof(
    fc.record({ act: fc.constant('claim' as const) }),
    fc.record({ act: fc.constant('answer' as const), of: fc.nat({ max: 3 }), result: fc.constantFrom(...answers) }),
    fc.record({
      act: fc.constant('tell' as const),
      of: fc.nat({ max: 3 }),
      status: fc.constantFrom('sent', 'delivered', 'read', 'failed'),
      code: fc.constantFrom(131026, 131049),
    }),
    fc.record({ act: fc.constant('lose' as const) }),
    fc.record({ act: fc.constant('resolve' as const), as: fc.constantFrom('accepted', 'failed', 'resend') }),
    fc.record({ act: fc.constant('wait' as const), hours: fc.constantFrom(1, 25, 200) }),
    fc.record({ act: fc.constant('cancel' as const) }),
  )

  it('H3, H9: is written, keeps the books, and leaves the message as its attempts are', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        const test = await running()
        const made: ClaimedMessage[] = []
        for (const one of steps) await act(test, made, one)
        expect((await verify(test.ctx)).checks.filter(({ ok }) => !ok)).toEqual([])
        const [last] = made.slice(-1)
        if (last === undefined) return
        const found = await test.ctx.db.read((tx) => findTracked(tx, { attemptId: last.attemptId }))
        if (found === undefined) throw new Error('the attempt is gone')
        const { status, notes } = found.state
        expect(messageFacts({ status, notes: notesOf(notes) }, found.attempts).status).toBe(status)
        const open = found.attempts.slice(0, -1).filter(({ retryAt }) => retryAt === null)
        expect(open).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

  async function act(test: TestApp, made: ClaimedMessage[], one: Step): Promise<void> {
    const attempt = 'of' in one ? made[made.length - 1 - (one.of % Math.max(1, made.length))] : undefined
    switch (one.act) {
      case 'claim':
        made.push(...(await claimAll(test)))
        return
      case 'answer':
        if (attempt === undefined) return
        return record(test, [attempt], () =>
          one.result.kind === 'accepted' ? accepted(attempt.attemptId) : one.result,
        )
      case 'tell':
        if (attempt === undefined) return
        return applyStatus(test, {
          trackingId: `track-${attempt.attemptId}`,
          reference: await referenceOf(test, attempt.attemptId),
          status: one.status,
          code: one.code,
        })
      case 'lose':
        return loseNode(test)
      case 'resolve':
        await resolveUnknown(test.ctx, String(made[0]?.messageId ?? 1), one.as).catch((error) => {
          expect(['message.not_unknown', 'campaign.cancelled']).toContain(error.code)
        })
        return
      case 'wait':
        return test.clock.advance(one.hours * 3_600_000)
      case 'cancel':
        await cancelByOperator(test.ctx, 'Spring sale').catch((error) => expect(error.code).toMatch(/^campaign\./))
    }
  }
})
