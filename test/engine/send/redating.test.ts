// Messages that wait for a date are looked at again when what held them is gone, and go out no earlier than all rules allow.
import { describe, expect, it } from 'vitest'
import { cancelByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { resolveUnknown } from '../../../src/engine/report/unknown.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { setSender } from '../../../src/engine/senders/senders.ts'
import { setCap, setQuietHours } from '../../../src/engine/service/limits.ts'
import { applyInbound, applyStatus } from '../../support/callbacks.ts'
import { claimAll, iso, launchAndPlan, providerError, record, storedMessages } from '../../support/claims.ts'
import {
  addMeta,
  addTestCampaign,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
  templateContent,
} from '../../support/open-test-app.ts'

const capped = { content: templateContent, limits: { quietHours: 'ignore' } }

/** A was claimed and holds the only place of its person; B was deferred by a day. */
async function heldBack(a: Record<string, unknown> = {}, b: Record<string, unknown> = {}) {
  const test = await openTestApp()
  await importPeople(test, 1)
  await addMeta(test)
  await addTestCampaign(test, { ...capped, name: 'A', ...a })
  await addTestCampaign(test, { ...capped, name: 'B', ...b })
  await launchAndPlan(test, 'A')
  const claimed = await claimAll(test)
  await launchAndPlan(test, 'B')
  expect(await claimAll(test)).toHaveLength(0)
  const [held] = await storedMessages(test, 'B')
  expect(held).toMatchObject({ waitReason: 'frequency_cap', dueAt: Date.parse('2027-06-02T10:00:00Z') })
  return { test, claimed }
}

type Held = Awaited<ReturnType<typeof heldBack>>

const refused = { kind: 'refused', scope: 'recipient', error: providerError('131026') } as const
const unknown = { kind: 'unknown', error: providerError('deadline') } as const

async function resolvedAs({ test, claimed }: Held, resolution: 'failed' | 'resend'): Promise<void> {
  await record(test, claimed, () => unknown)
  await resolveUnknown(test.ctx, `msg_${claimed[0]?.messageId}`, resolution)
}

const releases: [string, (held: Held) => Promise<unknown>][] = [
  ['is refused', ({ test, claimed }) => record(test, claimed, () => refused)],
  [
    'was accepted and fails later',
    async ({ test, claimed }) => {
      await record(test, claimed)
      await applyStatus(test, { trackingId: `track-${claimed[0]?.attemptId}`, status: 'failed', code: 131026 })
    },
  ],
  ['is resolved as failed by an operator', (held) => resolvedAs(held, 'failed')],
  [
    'is cancelled while it waits for another attempt',
    async (held) => {
      await resolvedAs(held, 'resend')
      await cancelByOperator(held.test.ctx, 'A')
    },
  ],
  [
    'is wanted no more by the provider for a day',
    ({ test, claimed }) => record(test, claimed, () => ({ kind: 'cool_off', error: providerError('131049') })),
  ],
]

describe('S19: what waits for a place in the caps', () => {
  it.each(releases)('is sent at once when the message that held the place %s', async (_, release) => {
    const held = await heldBack()
    const { test } = held
    test.clock.advance(60_000)
    await release(held)
    expect((await storedMessages(test, 'B'))[0]).toMatchObject({ waitReason: null, detail: null })
    // A cool-off holds the pair of person and sender too.
    const sent = await claimAll(test)
    const [b] = await storedMessages(test, 'B')
    expect(sent.length === 1 || b?.waitReason === 'cool_off').toBe(true)
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('goes out when a call never began, after the message whose call it was', async () => {
    const { test, claimed } = await heldBack()
    await record(test, claimed, () => ({ kind: 'not_started', error: null }), 'main', { hasBegun: false })
    expect((await storedMessages(test, 'B'))[0]).toMatchObject({ waitReason: null, dueAt: test.clock.now() + 1_000 })
    const again = await claimAll(test)
    expect(again.map(({ messageId }) => messageId)).toEqual(claimed.map(({ messageId }) => messageId))
    await record(test, again)
    expect((await storedMessages(test, 'B'))[0]).toMatchObject({ waitReason: 'frequency_cap' })
  })

  it('leaves the place to the next attempt of the message that had it', async () => {
    const { test, claimed } = await heldBack()
    await record(test, claimed, () => ({ kind: 'temporary', retryAfterMs: 60_000, error: providerError('503') }))
    const [a] = await storedMessages(test, 'A')
    expect(a?.dueAt).toBe(test.clock.now() + 60_000)
    expect((await storedMessages(test, 'B'))[0]?.dueAt).toBe(test.clock.now() + 61_000)
    test.clock.advance(60_000)
    const again = await claimAll(test)
    expect(again.map(({ messageId }) => messageId)).toEqual([a?.id])
  })

  it('is looked at again where one rule counts a failure and the one that held it does not', async () => {
    const { test, claimed } = await heldBack()
    await setCap(test.ctx, { id: 'weekly', max: 2, window: '7d', countFailed: true })
    await record(test, claimed)
    await applyStatus(test, { trackingId: `track-${claimed[0]?.attemptId}`, status: 'failed', code: 131026 })
    expect(await claimAll(test)).toHaveLength(1)
  })

  it('still waits for the end of quiet hours when the place is free', async () => {
    // 22:00 in New York.
    const { test, claimed } = await heldBackAtNight()
    await record(test, claimed, () => refused)
    expect(await claimAll(test)).toHaveLength(0)
    const [b] = await storedMessages(test, 'B')
    expect([b?.waitReason, iso(b?.dueAt)]).toEqual(['quiet_hours', '2027-06-02T12:00:00.000Z'])
  })

  it('keeps its date when another person’s place becomes free', async () => {
    const test = await openTestApp()
    await importPeople(test, 2)
    await addMeta(test)
    for (const name of ['A', 'B']) await addTestCampaign(test, { ...capped, name })
    await launchAndPlan(test, 'A')
    const [first, second] = await claimAll(test)
    await launchAndPlan(test, 'B')
    await claimAll(test)
    if (first === undefined || second === undefined) throw new Error('nothing was claimed')
    await record(test, [first], () => refused)
    await record(test, [second])
    const waits = (await storedMessages(test, 'B')).map(({ phone, waitReason }) => [phone === first.phone, waitReason])
    expect(waits).toEqual([
      [true, null],
      [false, 'frequency_cap'],
    ])
  })
})

async function heldBackAtNight() {
  const test = await openTestApp()
  test.clock.set('2027-06-02T02:00:00Z')
  await importPeople(test, 1)
  await addMeta(test)
  await addTestCampaign(test, { ...capped, name: 'A' })
  await addTestCampaign(test, { name: 'B', content: templateContent, limits: {} })
  await launchAndPlan(test, 'A')
  const claimed = await claimAll(test)
  await launchAndPlan(test, 'B')
  await claimAll(test)
  expect((await storedMessages(test, 'B'))[0]?.waitReason).toBe('frequency_cap')
  return { test, claimed }
}

describe('S19: what waits for quiet hours', () => {
  async function asleep(): Promise<TestApp> {
    const test = await openTestApp()
    test.clock.set('2027-06-02T02:00:00Z')
    await importPeople(test, 2)
    await addMeta(test)
    await addTestCampaign(test, { content: templateContent, limits: {} })
    await launchAndPlan(test, 'Spring sale')
    expect(await claimAll(test)).toHaveLength(0)
    return test
  }

  it('is sent to a person who writes: in a conversation there are none', async () => {
    const test = await asleep()
    await applyInbound(test, phoneNumber(0), 'Are you there?')
    expect((await claimAll(test)).map(({ phone }) => phone)).toEqual([phoneNumber(0)])
    expect((await storedMessages(test))[1]?.waitReason).toBe('quiet_hours')
  })

  it('ends unsent when what the person writes is a stop', async () => {
    const test = await asleep()
    await applyInbound(test, phoneNumber(0), 'STOP')
    expect(await claimAll(test)).toHaveLength(0)
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'skipped', reason: 'opted_out' })
  })

  it('is sent when they are switched off', async () => {
    const test = await asleep()
    await setQuietHours(test.ctx, null)
    expect(await claimAll(test)).toHaveLength(2)
  })
})

it('S19: what waits for the pair interval is looked at again when the call before never began', async () => {
  const test = await openTestApp()
  await importPeople(test, 1)
  await addMeta(test, { pairIntervalSeconds: 3600 })
  for (const name of ['A', 'B']) await addTestCampaign(test, { name, content: templateContent })
  await launchAndPlan(test, 'A')
  const claimed = await claimAll(test)
  await launchAndPlan(test, 'B')
  await claimAll(test)
  expect((await storedMessages(test, 'B'))[0]?.waitReason).toBe('pair_limit')
  await record(test, claimed, () => ({ kind: 'not_started', error: null }), 'main', { hasBegun: false })
  await cancelByOperator(test.ctx, 'A')
  expect(await claimAll(test)).toHaveLength(1)
})

it('S19: what waits for the pair interval is looked at again when the interval is changed', async () => {
  const test = await openTestApp()
  await importPeople(test, 1)
  await addMeta(test, { pairIntervalSeconds: 3600 })
  for (const name of ['A', 'B']) await addTestCampaign(test, { name, content: templateContent })
  for (const name of ['A', 'B']) await launchAndPlan(test, name)
  await record(test, await claimAll(test))
  test.clock.advance(10_000)
  expect(await claimAll(test)).toHaveLength(0)
  await setSender(test.ctx, 'main', { pairIntervalSeconds: 6 })
  expect(await claimAll(test)).toHaveLength(1)
})
