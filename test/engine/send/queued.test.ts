// What a provider queued without naming it, and whose message a look-up by person and time may take for proof.
import { expect, it, onTestFinished } from 'vitest'
import { startEmulator } from '../../../src/emulator/emulator.ts'
import { seekProof } from '../../../src/engine/send/prove.ts'
import { addSender } from '../../../src/engine/senders/senders.ts'
import { claimAll, launchAndPlan, providerError, record, storedMessages } from '../../support/claims.ts'
import {
  addTestCampaign,
  importPeople,
  openTestApp,
  phoneNumber,
  templateContent,
} from '../../support/open-test-app.ts'

const settings = { channelId: 'ABC123456789', token: 'good-token', namespace: 'aaaa_bbbb' }

/** One message in doubt for the reason given; `hasSent`: the channel took one to the same person at that time. */
async function setup(change: { reason: string; delivery: string; hasSent?: boolean }) {
  const test = await openTestApp()
  const emulator = await startEmulator({
    dialects: ['onemsg'],
    onemsg: { hasHistory: true },
    now: () => test.clock.now(),
  })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  await addSender(test.ctx, {
    name: 'main',
    provider: 'onemsg',
    baseUrl: emulator.baseUrl('onemsg'),
    credentials: settings,
    pairIntervalSeconds: 0,
  })
  await importPeople(test, 1)
  const { delivery, reason, hasSent } = change
  await addTestCampaign(test, { name: 'Doubt', content: templateContent, delivery })
  await launchAndPlan(test, 'Doubt')
  const claimed = await claimAll(test)
  const trackingId = hasSent ? await sendBeside(emulator.baseUrl('onemsg')) : undefined
  await record(test, claimed, () => ({ kind: 'unknown', error: providerError(reason) }))
  const later = async () => {
    test.clock.advance(10 * 60_000)
    return seekProof(test.ctx, test.app.connections, {
      reference: (id) => `h-${id}`,
      signal: new AbortController().signal,
    })
  }
  return { test, trackingId, later }
}

/** A message to the same person that the channel has taken. */
async function sendBeside(baseUrl: string): Promise<string> {
  const answer = await fetch(`${baseUrl}/ABC123456789/sendMessage?token=good-token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ phone: phoneNumber(0).slice(1), body: 'Hi' }),
  })
  return ((await answer.json()) as { id: string }).id
}

it('sends a lost message again where the campaign asks for it, but never one that the provider queued', async () => {
  const lost = await setup({ reason: 'deadline', delivery: 'atLeastOnce' })
  expect(await lost.later()).toBe(1)
  expect(await storedMessages(lost.test)).toMatchObject([{ status: 'pending', waitReason: 'retry' }])
  const queued = await setup({ reason: 'queued', delivery: 'atLeastOnce' })
  expect(await queued.later()).toBe(0)
  expect(await storedMessages(queued.test)).toMatchObject([{ status: 'unknown', reason: 'queued' }])
})

it('finds a queued message in the history of the channel', async () => {
  const { test, trackingId, later } = await setup({ reason: 'queued', delivery: 'atMostOnce', hasSent: true })
  expect(await later()).toBe(1)
  expect(await storedMessages(test)).toMatchObject([{ status: 'accepted' }])
  const row = await test.ctx.db.read((tx) => tx.get<{ id: string }>('SELECT tracking_id AS id FROM attempts'))
  expect(row?.id).toBe(trackingId)
})

it('takes no message of another attempt for proof', async () => {
  const { test, trackingId, later } = await setup({ reason: 'deadline', delivery: 'atMostOnce', hasSent: true })
  await addTestCampaign(test, { name: 'Other', content: templateContent })
  await launchAndPlan(test, 'Other')
  await record(test, await claimAll(test), () => ({ kind: 'accepted', trackingId: trackingId ?? '' }))
  expect(await later()).toBe(0)
  expect(await storedMessages(test, 'Doubt')).toMatchObject([{ status: 'unknown', reason: 'deadline' }])
})
