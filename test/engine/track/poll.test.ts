// Statuses that never came: when a provider is asked, how often, how fast, and what its answers change.
import { expect, it, onTestFinished } from 'vitest'
import { formatReference } from '../../../src/domain/ids.ts'
import type { SendResult } from '../../../src/domain/send-result.ts'
import { startEmulator } from '../../../src/emulator/emulator.ts'
import { addSender } from '../../../src/engine/senders/senders.ts'
import { pollStatuses } from '../../../src/engine/track/poll.ts'
import { pauseSender } from '../../../src/store/senders.ts'
import { openReceiver } from '../../emulator/support.ts'
import { claimAll, launchAndPlan, record, storedMessages } from '../../support/claims.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { addMeta, addTestCampaign, importPeople, openTestApp, type TestApp } from '../../support/open-test-app.ts'
import { isAtWork } from '../../support/under-way.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const credentials = {
  workspaceId: '5d4c3b2a-0000-4000-8000-000000000001',
  channelId: '7a6b5c4d-0000-4000-8000-000000000002',
  accessKey: 'poll-key',
  signingKey: 'poll-signing-key',
}

/** People who were sent a message whose callbacks went to another person. */
async function setup(people: number, statuses: ('sent' | 'delivered' | 'read' | 'failed')[], errorCode?: string) {
  const test = await openTestApp({ clock: new FakeClock(Date.now()) })
  const { url } = await openReceiver()
  const emulator = await startEmulator({
    dialects: ['bird'],
    statusDelayMs: 0,
    webhooks: { url, appSecret: 'poll-signing-key' },
    script: [{ phase: 'afterAccept', action: { type: 'webhooks', statuses, ...(errorCode && { errorCode }) } }],
  })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  const baseUrl = emulator.baseUrl('bird')
  await addSender(test.ctx, {
    name: 'main',
    provider: 'bird',
    baseUrl,
    credentials,
    ratePerSecond: 1000,
    pairIntervalSeconds: 0,
  })
  await importPeople(test, people)
  await addTestCampaign(test, { session: 'assume' })
  await launchAndPlan(test, 'Spring sale')
  await sendAll(test)
  await emulator.settled()
  // A message that has arrived is asked about twice: also for having been read.
  const questions = () =>
    emulator.ledger.filter((entry) => entry.kind === 'request' && /\/messages\/[^/?]+$/.test(entry.path))
  return { test, emulator, questions }
}

async function sendAll(test: TestApp): Promise<void> {
  const claimed = await claimAll(test)
  const connected = await test.app.connections.getByName('main')
  const results = new Map<number, SendResult>()
  for (const { attemptId, phone, expiresAt } of claimed) {
    const result = await connected?.driver.send({
      to: phone,
      content: { type: 'text', text: 'Hello' },
      reference: reference(attemptId),
      useCase: 'marketing',
      tags: [],
      campaign: 'Spring sale',
      expiresAt,
      respectsCaps: false,
      respectsQuietHours: false,
      assumesSession: true,
      begin: () => true,
    })
    if (result !== undefined) results.set(attemptId, result)
  }
  await record(test, claimed, ({ attemptId }) => results.get(attemptId) as SendResult)
}

const reference = (attemptId: number) => formatReference('poll', 1, attemptId)

/** Passes until nothing more is to be asked; time stands still but for the pace. */
async function poll(test: TestApp): Promise<void> {
  const signal = new AbortController().signal
  let isOver = false
  const polling = (async () => {
    await pollStatuses(test.ctx, test.app.connections, { reference, signal })
    isOver = true
  })()
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve))
    if (!isAtWork() && test.clock.nextWake !== undefined)
      test.clock.set(Math.max(test.clock.now(), test.clock.nextWake))
  }
  await polling
}

it('asks about a message that stayed silent, and takes the answer for a callback', async () => {
  const { test, questions } = await setup(3, ['sent', 'delivered'])
  test.clock.advance(14 * MINUTE)
  await poll(test)
  expect(questions()).toEqual([])
  test.clock.advance(MINUTE)
  await poll(test)
  expect(questions()).toHaveLength(3)
  expect((await storedMessages(test)).map(({ status }) => status)).toEqual(['delivered', 'delivered', 'delivered'])
  test.clock.advance(90 * HOUR)
  await poll(test)
  expect(questions()).toHaveLength(3)
})

it('asks again after an hour, six, a day, two and three, and then no more', async () => {
  const { test, questions } = await setup(1, ['sent'])
  const start = test.clock.now()
  const asked: number[] = []
  for (const hours of [0.25, 0.5, 1, 3, 6, 12, 24, 36, 48, 60, 72, 80, 100, 200]) {
    test.clock.set(Math.max(test.clock.now(), start + hours * HOUR + MINUTE))
    const before = questions().length
    await poll(test)
    if (questions().length > before) asked.push(hours)
  }
  expect(asked).toEqual([0.25, 1, 6, 24, 48, 72])
  expect((await storedMessages(test))[0]?.status).toBe('sent')
})

it('asks once, not once for each round, after nobody asked for long', async () => {
  const { test, questions } = await setup(2, ['sent'])
  test.clock.advance(30 * HOUR)
  await poll(test)
  expect(questions()).toHaveLength(2)
  test.clock.advance(200 * HOUR)
  await poll(test)
  expect(questions()).toHaveLength(2)
})

it('asks no faster than the sender may send', async () => {
  const { test, questions } = await setup(5, ['sent'])
  await test.ctx.db.write((tx) => tx.run('UPDATE senders SET rate_per_second = 0.5'))
  test.clock.advance(20 * MINUTE)
  const before = test.clock.now()
  await poll(test)
  expect(questions()).toHaveLength(5)
  expect(test.clock.now() - before).toBeGreaterThanOrEqual(4 * 2_000)
})

it('leaves an account alone that the provider refuses', async () => {
  const { test, questions } = await setup(1, ['sent'])
  await test.ctx.db.write((tx) => pauseSender(tx, 1, 'account_error', 'the key is wrong'))
  test.clock.advance(20 * MINUTE)
  await poll(test)
  expect(questions()).toEqual([])
})

it('changes nothing when the answer is broken', async () => {
  const { test, emulator } = await setup(1, ['sent', 'delivered'])
  emulator.setScript([{ match: { operation: 'any' }, phase: 'before', action: { type: 'html', status: 502 } }])
  test.clock.advance(20 * MINUTE)
  await poll(test)
  expect((await storedMessages(test))[0]?.status).toBe('accepted')
})

it('asks nobody where no provider can be asked', async () => {
  const test = await openTestApp()
  await addMeta(test)
  await poll(test)
  expect(await test.ctx.db.read((tx) => tx.all('SELECT * FROM duties'))).toEqual([])
})

it.each([
  ['131050', 'failed', null],
  ['131049', 'pending', 'cool_off'],
  ['131042', 'failed', null],
])('V5: treats a failure %s that it finds as if it had been told', async (code, status, waitReason) => {
  const { test } = await setup(1, ['failed'], code)
  test.clock.advance(15 * MINUTE)
  await poll(test)
  expect(await storedMessages(test)).toMatchObject([{ status, waitReason }])
  const [sender] = await test.ctx.db.read((tx) => tx.all<{ status: string }>('SELECT status FROM senders'))
  expect(sender?.status).toBe(code === '131042' ? 'paused' : 'active')
  const suppressed = await test.ctx.db.read((tx) => tx.all('SELECT 1 FROM suppressions'))
  expect(suppressed).toHaveLength(code === '131050' ? 1 : 0)
})
