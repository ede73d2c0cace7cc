// Failures that are told after the call act as the same answers do, at every provider.
import { describe, expect, it } from 'vitest'
import { showCampaign } from '../../../src/engine/campaigns/campaign-view.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { addSender, showSender } from '../../../src/engine/senders/senders.ts'
import { pollSender } from '../../../src/engine/track/poll.ts'
import { getSenderBrake } from '../../../src/store/senders.ts'
import { applyDue, applyStatus, storeCallback } from '../../support/callbacks.ts'
import { accepted, claim, claimAll, launchAndPlan, record, storedMessages } from '../../support/claims.ts'
import {
  addMeta,
  addTestCampaign,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
} from '../../support/open-test-app.ts'

interface ToldBy {
  provider: string
  credentials: Record<string, unknown>
  /** The failed callback of a message in the provider's own form. */
  failed: (trackingId: string, to: string, code: string) => unknown
}

const providers: ToldBy[] = [
  {
    provider: 'meta',
    credentials: { phoneNumberId: '1060000000000001', accessToken: 'test-token', appSecret: 'test-secret' },
    failed: (id, to, code) => ({
      object: 'whatsapp_business_account',
      entry: [
        {
          changes: [
            {
              field: 'messages',
              value: {
                statuses: [
                  { id, status: 'failed', timestamp: '1811851200', recipient_id: to, errors: [{ code: Number(code) }] },
                ],
              },
            },
          ],
        },
      ],
    }),
  },
  {
    provider: 'bird',
    credentials: {
      workspaceId: '5d4c3b2a-0000-4000-8000-000000000001',
      channelId: '7a6b5c4d-0000-4000-8000-000000000002',
      accessKey: 'test-key',
      signingKey: 'test-signing-key',
    },
    failed: (id, to, code) => ({
      event: 'whatsapp.outbound',
      payload: {
        id,
        status: 'delivery_failed',
        receiver: { contacts: [{ identifierKey: 'phonenumber', identifierValue: `+${to}` }] },
        failure: { code: 15001, source: { name: 'whatsapp', code } },
      },
    }),
  },
  {
    provider: 'onemsg',
    credentials: { channelId: 'ABC123456789', token: 'test-token', namespace: 'aaaa_bbbb' },
    failed: (id, to, code) => ({ ack: [{ id, chatId: `${to}@c.us`, status: 'failed', error: `${code}: no` }] }),
  },
  {
    provider: 'routee',
    credentials: { applicationId: 'test-app', applicationSecret: 'test-secret', from: '302101234567' },
    failed: (messageId, to, code) => ({
      event: 'MessageStatus::failed',
      messageId,
      from: to,
      details: { code: `whatsapp::external::${code}`, message: 'no' },
    }),
  },
  {
    provider: 'zixflow',
    credentials: { phoneId: '104000000000000', apiKey: 'test-key', api: 'ai', workspaceId: 'workspace-1' },
    failed: (id, to, code) => ({ request_id: id, status: 'failed', remark: `(#${code}) no`, recipient: to }),
  },
]

async function sent({ provider, credentials }: ToldBy, people = 1): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, people)
  await addSender(test.ctx, { name: 'main', provider, credentials, ratePerSecond: 1000, pairIntervalSeconds: 0 })
  await addTestCampaign(test, { session: 'assume' })
  await launchAndPlan(test, 'Spring sale')
  const { claimed } = await claim(test, { room: 1 })
  await record(test, claimed)
  return test
}

async function tell(test: TestApp, { failed }: ToldBy, code: string): Promise<void> {
  await storeCallback(test, failed('track-1', phoneNumber(0).slice(1), code))
  await applyDue(test)
}

describe.each(providers)('a failure that $provider tells later', (by) => {
  it('V2: of the account pauses the sender', async () => {
    const test = await sent(by)
    await tell(test, by, '131042')
    expect(await showSender(test.ctx, 'main')).toMatchObject({ status: 'paused', pauseReason: 'account_error' })
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'failed', reason: '131042' })
  })

  it('V4: of a person who stopped marketing suppresses', async () => {
    const test = await sent(by)
    await tell(test, by, '131050')
    const rows = await test.ctx.db.read((tx) => tx.all('SELECT scope, reason FROM suppressions'))
    expect(rows).toEqual([{ scope: 'marketing', reason: 'opted_out' }])
  })

  it('V4: for too much marketing waits a day', async () => {
    const test = await sent(by)
    await tell(test, by, '131049')
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'pending', waitReason: 'cool_off' })
  })

  it('V3: of a paused template stops the campaign at the first', async () => {
    const test = await sent(by, 2)
    await tell(test, by, '132015')
    expect(await showCampaign(test.ctx, 'Spring sale')).toMatchObject({
      status: 'paused',
      pauseReason: 'template_errors',
    })
  })

  it('V2: of a throttle holds the sender', async () => {
    const test = await sent(by)
    await tell(test, by, '130429')
    const { holdUntil, throttles } = await test.ctx.db.read((tx) => getSenderBrake(tx, 1))
    expect([holdUntil, throttles]).toEqual([test.clock.now() + 1000, 1])
  })
})

describe('a failure that a look-up found without a reason', () => {
  const routee = providers.find(({ provider }) => provider === 'routee')
  if (routee === undefined) throw new Error('no Routee')

  /** One call of which the provider said that it has failed, not why; another waits. */
  async function failed(): Promise<TestApp> {
    const test = await sent(routee as ToldBy, 2)
    const connected = await test.app.connections.getByName('main')
    connected.driver.lookUp = async () => ({ found: true, trackingId: 'track-1', status: 'failed', at: null })
    const connections = { get: async () => connected } as unknown as TestApp['app']['connections']
    test.clock.advance(16 * 60_000)
    const { signal } = new AbortController()
    await pollSender(test.ctx, connections, { senderId: connected.sender.id, reference: String, signal })
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'failed', reason: 'unknown' })
    return test
  }

  it('V5: takes its reason, and acts on it, when a callback tells it later', async () => {
    const test = await failed()
    await tell(test, routee, '132015')
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'failed', reason: '132015', detail: 'no' })
    expect(await showCampaign(test.ctx, 'Spring sale')).toMatchObject({
      status: 'paused',
      pauseReason: 'template_errors',
    })
    await tell(test, routee, '131042')
    expect((await storedMessages(test))[0]).toMatchObject({ reason: '132015' })
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('V5: suppresses a person whose word is told later', async () => {
    const test = await failed()
    await tell(test, routee, '131050')
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'failed', reason: '131050' })
    const rows = await test.ctx.db.read((tx) => tx.all('SELECT scope, reason FROM suppressions'))
    expect(rows).toEqual([{ scope: 'marketing', reason: 'opted_out' }])
  })
})

describe('failures of content that are told after the call', () => {
  async function running(people = 80): Promise<TestApp> {
    const test = await openTestApp()
    await importPeople(test, people)
    await addMeta(test)
    await addTestCampaign(test, { session: 'assume' })
    await launchAndPlan(test, 'Spring sale')
    return test
  }

  const isPaused = async (test: TestApp) => (await showCampaign(test.ctx, 'Spring sale')).status === 'paused'

  it('I3: pause the campaign after five, however many calls are accepted meanwhile', async () => {
    const test = await running()
    const waiting: number[] = []
    let calls = 0
    while (!(await isPaused(test)) && calls < 80) {
      const { claimed } = await claim(test, { room: 1 })
      await record(test, claimed, (message) => accepted(message.attemptId))
      waiting.push(...claimed.map(({ attemptId }) => attemptId))
      calls += claimed.length
      test.clock.advance(100)
      // Half a second later, at ten a second.
      if (waiting.length > 5)
        await applyStatus(test, { trackingId: `track-${waiting.shift()}`, status: 'failed', code: 131053 })
    }
    expect(calls).toBe(10)
    expect(await showCampaign(test.ctx, 'Spring sale')).toMatchObject({
      pauseReason: 'template_errors',
      pauseDetail: { code: '131053' },
    })
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it.each([131008, 132012])('I3: pause the campaign for %i too, in any order among successes', async (code) => {
    const test = await running()
    const { claimed } = await claim(test, { room: 40 })
    await record(test, claimed)
    const ids = claimed.map(({ attemptId }) => attemptId)
    for (let n = 0; n < 5; n++) {
      expect(await isPaused(test)).toBe(false)
      for (const id of ids.splice(0, 3)) {
        await applyStatus(test, { trackingId: `track-${id}`, status: 'sent' })
        await applyStatus(test, { trackingId: `track-${id}`, status: 'delivered' })
      }
      await applyStatus(test, { trackingId: `track-${ids.shift()}`, status: 'failed', code })
    }
    expect(await isPaused(test)).toBe(true)
  })

  it('I3: leave a campaign alone in which they are rare, and count each message once', async () => {
    const test = await running()
    const claimed = await claimAll(test)
    await record(test, claimed.slice(0, 79))
    for (const { attemptId } of claimed.slice(0, 79)) {
      const trackingId = `track-${attemptId}`
      if (attemptId % 10 === 0) await applyStatus(test, { trackingId, status: 'failed', code: 132012 })
      else await applyStatus(test, { trackingId, status: 'delivered' })
    }
    for (let n = 0; n < 6; n++)
      await applyStatus(test, { trackingId: 'track-10', status: 'failed', code: 132012, title: `again ${n}` })
    expect(await isPaused(test)).toBe(false)
  })

  it('I3: of single people pause nothing', async () => {
    const test = await running()
    const claimed = (await claim(test, { room: 40 })).claimed
    await record(test, claimed)
    for (const { attemptId } of claimed)
      await applyStatus(test, { trackingId: `track-${attemptId}`, status: 'failed', code: 131026 })
    expect(await isPaused(test)).toBe(false)
  })
})
