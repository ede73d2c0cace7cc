// Callbacks that concern more than one message: a failure of the account, a person who wrote, a tap on a button.
import { expect, it, onTestFinished } from 'vitest'
import { startEmulator } from '../../../src/emulator/emulator.ts'
import { showSuppressions } from '../../../src/engine/contacts/suppressions.ts'
import { applyEvents } from '../../../src/engine/track/apply-events.ts'
import { ReadMarks } from '../../../src/engine/track/mark-read.ts'
import { getSender } from '../../../src/store/senders.ts'
import { applyDue, applyStatus, metaEnvelope, storeCallback } from '../../support/callbacks.ts'
import { accepted, claimAll, launchAndPlan, record, storedMessages } from '../../support/claims.ts'
import { addMeta, addTestCampaign, importPeople, openTestApp, templateContent } from '../../support/open-test-app.ts'

const credentials = { phoneNumberId: '1060000000000001', accessToken: 'test-token', appSecret: 'test-secret' }

async function setup(sender: Record<string, unknown> = {}) {
  const test = await openTestApp()
  await addMeta(test, sender)
  await importPeople(test, 2)
  await addTestCampaign(test, { content: templateContent })
  await launchAndPlan(test, 'Spring sale')
  const claimed = await claimAll(test)
  await record(test, claimed, (message) => accepted(message.attemptId))
  const sender0 = () => test.ctx.db.read((tx) => getSender(tx, 'main'))
  return { test, trackingId: `track-${claimed[0]?.attemptId}`, sender: sender0 }
}

it('pauses the sender when a message fails later for a fault of the account', async () => {
  const { test, trackingId, sender } = await setup()
  await applyStatus(test, { trackingId, status: 'failed', code: 131026 })
  expect((await sender()).status).toBe('active')
  await applyStatus(test, { trackingId, status: 'failed', code: 131042, title: 'payment' })
  expect(await sender()).toMatchObject({ status: 'paused', pauseReason: 'account_error' })
  expect((await sender()).pauseDetail).toMatch(/^131042 payment/)
})

it('lets the sender go on when such news comes long after the message', async () => {
  const { test, trackingId, sender } = await setup()
  test.clock.advance(2 * 3_600_000)
  await applyStatus(test, { trackingId, status: 'failed', code: 131042 })
  expect((await sender()).status).toBe('active')
})

const tap = (from: string, id: string, button = { payload: 'more', text: 'More' }) =>
  metaEnvelope({
    messages: [
      {
        from,
        id: `wamid.IN.${from}`,
        timestamp: '1811930400',
        type: 'button',
        button,
        context: { from: '15550100009', id },
      },
    ],
  })

it('I5: suppresses nobody who taps our own "Cancel", and whoever taps "Stop promotions" (case 51)', async () => {
  const { test, trackingId } = await setup()
  await storeCallback(test, tap('12025550100', trackingId, { payload: 'appt:42:cancel', text: 'Cancel' }))
  await applyDue(test)
  expect(await showSuppressions(test.ctx, { limit: 10 })).toEqual([])
  await storeCallback(
    test,
    tap('12025550101', 'wamid.of.ours', { payload: 'Stop promotions', text: 'Stop promotions' }),
  )
  await applyDue(test)
  expect(await showSuppressions(test.ctx, { limit: 10 })).toMatchObject([
    { phone: '+12025550101', scope: 'marketing', reason: 'opted_out' },
  ])
})

it('takes a tap on a button for read, and misses nothing when the message is not ours', async () => {
  const { test, trackingId } = await setup()
  await storeCallback(test, tap('12025550100', trackingId))
  await storeCallback(test, tap('12025550101', 'wamid.of.somebody.else'))
  await applyDue(test)
  const statuses = (await storedMessages(test)).map(({ status }) => status)
  expect(statuses.sort()).toEqual(['accepted', 'read'])
  const open = await test.ctx.db.read((tx) =>
    tx.all('SELECT id FROM webhook_events WHERE next_try_at IS NOT NULL OR apply_error IS NOT NULL'),
  )
  expect(open).toEqual([])
})

it('marks what a person wrote as read after it is stored, where the sender asks for it', async () => {
  const emulator = await startEmulator({ dialects: ['meta'] })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  const baseUrl = emulator.baseUrl('meta')
  for (const markRead of [false, true]) {
    const { test } = await setup({ baseUrl, credentials: { ...credentials, markRead } })
    const readMarks = new ReadMarks(test.ctx.log)
    await storeCallback(test, tap('12025550100', 'wamid.of.somebody.else'))
    await applyEvents(test.ctx, test.app.connections, { readMarks })
    await readMarks.settled()
    const marks = emulator.ledger.map((entry) => JSON.parse(entry.body ?? ''))
    const mark = { messaging_product: 'whatsapp', status: 'read', message_id: 'wamid.IN.12025550100' }
    expect(marks).toEqual(markRead ? [mark] : [])
  }
})
