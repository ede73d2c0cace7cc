// What a provider asks of a sender holds until it is over: an answer to an older call overwrites nothing.
import { describe, expect, it } from 'vitest'
import type { SendResult } from '../../../src/domain/send-result.ts'
import { showCampaign } from '../../../src/engine/campaigns/campaign-view.ts'
import { resumeByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { resumeSenderByOperator, showSender } from '../../../src/engine/senders/senders.ts'
import type { ClaimedMessage } from '../../../src/store/claim.ts'
import { getSenderBrake, type SenderBrake } from '../../../src/store/senders.ts'
import {
  accepted,
  claim,
  claimAll,
  launchAndPlan,
  providerError,
  record,
  storedMessages,
} from '../../support/claims.ts'
import { addSandbox, addTestCampaign, importPeople, openTestApp, type TestApp } from '../../support/open-test-app.ts'

async function running(people: number): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, people)
  await addSandbox(test)
  await addTestCampaign(test)
  await launchAndPlan(test, 'Spring sale')
  return test
}

const throttled = (retryAfterMs: number | null): SendResult => ({
  kind: 'throttled',
  scope: 'sender',
  retryAfterMs,
  error: providerError('429'),
})
const refused: SendResult = { kind: 'refused', scope: 'recipient', error: providerError('131026') }
const account: SendResult = { kind: 'account', error: providerError('190') }

function brake(test: TestApp): Promise<SenderBrake> {
  return test.ctx.db.read((tx) => getSenderBrake(tx, 1))
}

/** Messages on the wire, each recorded later. */
async function onTheWire(test: TestApp, count: number): Promise<ClaimedMessage[]> {
  const claimed: ClaimedMessage[] = []
  while (claimed.length < count) {
    claimed.push(...(await claim(test, { room: count - claimed.length })).claimed)
    test.clock.advance(10)
  }
  return claimed
}

describe('a hold', () => {
  it.each([
    ['in doubt', 'unknown', { kind: 'unknown', retryAfterMs: 90_000, error: providerError('http_503') }],
    ['to be tried later', 'pending', { kind: 'temporary', retryAfterMs: 90_000, error: providerError('http_503') }],
    [
      'not sent for want of a token',
      'pending',
      { kind: 'not_sent', retryAfterMs: 90_000, error: providerError('503') },
    ],
  ] satisfies [string, string, SendResult][])(
    'S6: lasts as long as a failing server asks for, with the message %s',
    async (_, status, result) => {
      const test = await running(3)
      const [first] = await onTheWire(test, 1)
      if (first === undefined) throw new Error('nothing was claimed')
      await record(test, [first], () => result)
      const holdUntil = test.clock.now() + 90_000
      expect((await storedMessages(test)).map((message) => message.status)).toEqual([status, 'pending', 'pending'])
      expect(await brake(test)).toMatchObject({ holdUntil, throttles: 1 })
      expect(await claim(test)).toMatchObject({ claimed: [], gate: 'hold', nextLookAt: holdUntil })
      test.clock.set(holdUntil)
      // One call asks whether the server is well again.
      const probe = (await claim(test, { nodeId: 1 })).claimed
      expect(probe).toHaveLength(1)
      await record(test, probe)
      expect(await brake(test)).toMatchObject({ holdUntil: null, throttles: 0 })
    },
  )

  it('S6: is not set by a call in doubt that names no time', async () => {
    const test = await running(3)
    const [first] = await onTheWire(test, 1)
    if (first === undefined) throw new Error('nothing was claimed')
    await record(test, [first], () => ({ kind: 'unknown', error: providerError('http_503') }))
    expect(await brake(test)).toMatchObject({ holdUntil: null, throttles: 0 })
  })

  it.each([
    ['accepted', accepted(2)],
    ['refused', refused],
  ])('V1: stays when an older call is %s after it was set', async (_, result) => {
    const test = await running(5)
    const [first, second] = await onTheWire(test, 3)
    if (first === undefined || second === undefined) throw new Error('nothing was claimed')
    await record(test, [first], () => throttled(5_000))
    const until = test.clock.now() + 5_000
    test.clock.advance(200)
    await record(test, [second], () => result)
    expect(await brake(test)).toMatchObject({ holdUntil: until, throttles: 1 })
    expect(await claim(test)).toMatchObject({ claimed: [], gate: 'hold', nextLookAt: until })
  })

  it('V1: stays when both answers are written in one transaction, in either order', async () => {
    for (const order of [0, 1]) {
      const test = await running(5)
      const wire = await onTheWire(test, 2)
      await record(test, wire, (message) => (wire.indexOf(message) === order ? throttled(5_000) : accepted(1)))
      expect(await claim(test)).toMatchObject({ claimed: [], gate: 'hold' })
    }
  })

  it('V1: is not shortened by an older answer that asks for less', async () => {
    const test = await running(5)
    const [first, second] = await onTheWire(test, 2)
    if (first === undefined || second === undefined) throw new Error('nothing was claimed')
    await record(test, [first], () => throttled(30_000))
    const until = test.clock.now() + 30_000
    test.clock.advance(100)
    await record(test, [second], () => throttled(1_000))
    expect(await brake(test)).toMatchObject({ holdUntil: until, throttles: 1 })
  })

  it('V1: counts the answers to calls of one step as one throttling', async () => {
    const test = await running(40)
    const wire = await onTheWire(test, 30)
    for (const message of wire) {
      await record(test, [message], () => throttled(null))
      test.clock.advance(5)
    }
    const { throttles, holdUntil } = await brake(test)
    expect(throttles).toBe(1)
    expect((holdUntil ?? 0) - test.clock.now()).toBeLessThanOrEqual(1_000)
  })

  it('V1: is ended by the answer to a call that began after it was set', async () => {
    const test = await running(5)
    const [first, second] = await onTheWire(test, 2)
    if (first === undefined || second === undefined) throw new Error('nothing was claimed')
    await record(test, [first], () => throttled(5_000))
    test.clock.advance(6_000)
    const [probe, ...others] = (await claim(test)).claimed
    expect(others).toEqual([])
    await record(test, [second], () => accepted(2))
    expect((await brake(test)).throttles).toBe(1)
    await record(test, probe === undefined ? [] : [probe], () => accepted(3))
    expect(await brake(test)).toMatchObject({ throttles: 0, holdUntil: null })
  })

  it('V1: stays when a call that was claimed before it began after it was set, as one of another process can', async () => {
    const test = await running(5)
    const [first, second] = await onTheWire(test, 2)
    if (first === undefined || second === undefined) throw new Error('nothing was claimed')
    await record(test, [first], () => throttled(5_000))
    test.clock.advance(40)
    const begunLate = { ...second, startAtUs: test.clock.nowUs() }
    test.clock.advance(200)
    await record(test, [begunLate], () => accepted(2))
    expect(await brake(test)).toMatchObject({ throttles: 1 })
    expect(await claim(test)).toMatchObject({ claimed: [], gate: 'hold' })
  })

  it('V1, H7: that was set while the clock ran an hour ahead is ended like any other', async () => {
    const test = await running(5)
    const [first] = await onTheWire(test, 1)
    if (first === undefined) throw new Error('nothing was claimed')
    test.clock.advance(3_600_000)
    await record(test, [first], () => throttled(0))
    test.clock.set(test.clock.now() - 3_600_000)
    await test.ctx.db.write((tx) => tx.run('UPDATE senders SET hold_until = NULL'))
    test.clock.advance(2_000)
    const { claimed } = await claim(test)
    expect(claimed).toHaveLength(1)
    await record(test, claimed)
    expect(await brake(test)).toMatchObject({ throttles: 0, holdUntil: null })
  })

  it('V1: is set again by an older answer that asks to wait, even after a newer call went through', async () => {
    const test = await running(5)
    const [first, second] = await onTheWire(test, 2)
    if (first === undefined || second === undefined) throw new Error('nothing was claimed')
    await record(test, [first], () => throttled(1_000))
    test.clock.advance(2_000)
    await record(test, (await claim(test)).claimed)
    await record(test, [second], () => throttled(3_000))
    expect(await claim(test)).toMatchObject({ claimed: [], gate: 'hold', nextLookAt: test.clock.now() + 3_000 })
  })
})

describe('a sender that was resumed', () => {
  it('V1: is not paused again by the answers to calls of before', async () => {
    const test = await running(5)
    const [first, second] = await onTheWire(test, 2)
    if (first === undefined || second === undefined) throw new Error('nothing was claimed')
    await record(test, [first], () => account)
    expect(await showSender(test.ctx, 'main')).toMatchObject({ status: 'paused', pauseReason: 'account_error' })
    test.clock.advance(1_000)
    await resumeSenderByOperator(test.ctx, 'main')
    await record(test, [second], () => account)
    expect((await showSender(test.ctx, 'main')).status).toBe('active')
    test.clock.advance(1_000)
    await record(test, (await claim(test)).claimed, () => account)
    expect((await showSender(test.ctx, 'main')).status).toBe('paused')
  })
})

describe('a sender that was resumed while the clock ran ahead', () => {
  it('H7, V2: is paused by the next account failure all the same', async () => {
    const test = await running(5)
    const [first] = await onTheWire(test, 1)
    if (first === undefined) throw new Error('nothing was claimed')
    await record(test, [first], () => account)
    test.clock.advance(3_600_000)
    await resumeSenderByOperator(test.ctx, 'main')
    test.clock.set(test.clock.now() - 3_600_000)
    test.clock.advance(2_000)
    await record(test, (await claim(test)).claimed, () => account)
    expect((await showSender(test.ctx, 'main')).status).toBe('paused')
  })
})

describe('a campaign that was resumed', () => {
  it('I3: is not paused again by failures of calls of before', async () => {
    const test = await running(20)
    const wire = await onTheWire(test, 12)
    const templateError: SendResult = { kind: 'refused', scope: 'template', error: providerError('132012') }
    await record(test, wire.slice(0, 5), () => templateError)
    expect((await showCampaign(test.ctx, 'Spring sale')).status).toBe('paused')
    test.clock.advance(1_000)
    await resumeByOperator(test.ctx, 'Spring sale', { isAcknowledged: true })
    await record(test, wire.slice(5), () => templateError)
    expect((await showCampaign(test.ctx, 'Spring sale')).status).toBe('running')
    test.clock.advance(1_000)
    await record(test, (await claimAll(test)).slice(0, 5), () => templateError)
    expect((await showCampaign(test.ctx, 'Spring sale')).status).toBe('paused')
    expect((await storedMessages(test)).filter(({ status }) => status === 'failed')).toHaveLength(17)
  })
})
