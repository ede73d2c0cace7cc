// Callbacks as a receiver sees them when nothing is disturbed: form, signature, order, repeats.
import { createHash, createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import {
  appSecret,
  openEmulator,
  openReceiver,
  phone,
  phoneNumberId,
  send,
  statusesIn,
  textTo,
  wabaId,
  webhooksOf,
} from './support.ts'
import { noon, openPair, orders } from './webhook-pair.ts'

it("tells sent, delivered and read in Meta's form, with our reference", async () => {
  const { emulator, receiver } = await openPair({ statusDelayMs: 1 })
  const answer = await send(emulator, textTo(phone(1), 'h1-0-a'))
  await emulator.settled()
  const [sent, delivered, read] = receiver.received.map((one) => one.json)
  const status = { id: answer.json.messages[0].id, recipient_id: '12025550101', biz_opaque_callback_data: 'h1-0-a' }
  const envelope = (name: string, more: object) => ({
    object: 'whatsapp_business_account',
    entry: [
      {
        id: wabaId,
        changes: [
          {
            field: 'messages',
            value: {
              messaging_product: 'whatsapp',
              metadata: { display_phone_number: '15550100009', phone_number_id: phoneNumberId },
              contacts: [{ profile: { name: 'Ada' }, wa_id: '12025550101' }],
              statuses: [{ ...status, status: name, timestamp: String(noon / 1000), ...more }],
            },
          },
        ],
      },
    ],
  })
  const pricing = { billable: false, pricing_model: 'PMP', type: 'free_customer_service', category: 'service' }
  expect(sent).toEqual(envelope('sent', { pricing }))
  expect(delivered).toEqual(envelope('delivered', { pricing }))
  expect(read).toEqual(envelope('read', {}))
})

it('signs the exact bytes that it sends', async () => {
  const { emulator, receiver } = await openPair()
  await send(emulator, textTo(phone(1), 'Grüße 👋'))
  await emulator.settled()
  expect(receiver.received).toHaveLength(3)
  for (const { raw, headers } of receiver.received)
    expect(headers['x-hub-signature-256']).toBe(`sha256=${createHmac('sha256', appSecret).update(raw).digest('hex')}`)
  expect(webhooksOf(emulator).map((entry) => entry.bodySha256)).toEqual(
    receiver.received.map(({ raw }) => createHash('sha256').update(raw).digest('hex')),
  )
})

it('repeats until the receiver says 200, and keeps the order of one message', async () => {
  const { emulator, receiver } = await openPair()
  receiver.answers.push(503, 202, 200, 500)
  await send(emulator, textTo(phone(1)))
  await emulator.settled()
  expect(receiver.statuses().map((text) => text.split(' ')[0])).toEqual([
    'sent',
    'sent',
    'sent',
    'delivered',
    'delivered',
    'read',
  ])
  expect(webhooksOf(emulator).map(({ attempt, status, outcome }) => [attempt, status, outcome])).toEqual([
    [1, 503, 'refused'],
    [2, 202, 'refused'],
    [3, 200, 'delivered'],
    [1, 500, 'refused'],
    [2, 200, 'delivered'],
    [1, 200, 'delivered'],
  ])
  expect(receiver.received[0]?.raw).toEqual(receiver.received[2]?.raw)
})

it('gives up after the last attempt, and settles', async () => {
  const { emulator } = await openPair({
    webhooks: { url: 'http://127.0.0.1:9/', attemptsMax: 3 },
    script: orders({ statuses: ['sent'] }),
  })
  await send(emulator, textTo(phone(1)))
  await emulator.settled()
  expect(webhooksOf(emulator).map(({ outcome, status }) => [outcome, status])).toEqual(
    Array(3).fill(['unreachable', null]),
  )
})

it('goes on at another address when the receiver moves', async () => {
  const receiver = await openReceiver()
  const moved = await openReceiver()
  const { emulator } = await openPair({ receiver, script: orders({ statuses: ['sent'] }) })
  receiver.answers.push(503)
  const webhooks = { url: moved.url, appSecret, retryDelayMs: 1 }
  await send(emulator, textTo(phone(1)))
  emulator.setWebhooks(webhooks)
  await emulator.settled()
  expect(moved.received).toHaveLength(1)
})

it('plans nothing while there is no receiver', async () => {
  const emulator = await openEmulator()
  await send(emulator, textTo(phone(1)))
  await emulator.settled()
  expect(webhooksOf(emulator)).toEqual([])
  await expect(emulator.sendInbound({ from: phone(1), text: 'Hi' })).rejects.toThrowError('set webhooks first')
})

it('lets about half of the people read, always the same messages', async () => {
  const { emulator, receiver } = await openPair({ webhooks: { readShare: 0.5 } })
  for (let n = 0; n < 60; n++) await send(emulator, textTo(phone(n)))
  await emulator.settled()
  const read = receiver.received.flatMap(statusesIn).filter(({ status }) => status === 'read')
  expect(read.length).toBeGreaterThan(15)
  expect(read.length).toBeLessThan(45)
  for (const { id } of read) expect(createHash('sha256').update(id).digest()[0]).toBeLessThan(128)
})
it('lets a person write and tap a button', async () => {
  const { emulator, receiver } = await openPair()
  await emulator.sendInbound({ from: phone(1), text: 'STOP' })
  await emulator.sendInbound({ from: phone(1), text: 'No more', buttonPayload: 'optout:42', replyTo: 'wamid.HBgTEST' })
  const [text, button] = receiver.received.map((one) => one.json.entry[0].changes[0].value)
  const common = { from: '12025550101', id: expect.stringMatching(/^wamid\.IN/), timestamp: String(noon / 1000) }
  expect(text.messages).toEqual([{ ...common, type: 'text', text: { body: 'STOP' } }])
  expect(button.messages).toEqual([
    {
      ...common,
      context: { from: '15550100009', id: 'wamid.HBgTEST' },
      type: 'button',
      button: { payload: 'optout:42', text: 'No more' },
    },
  ])
})

it('lets a person stop marketing in WhatsApp itself, with a timestamp that is a number', async () => {
  const { emulator, receiver } = await openPair()
  await emulator.sendPreference({ phone: phone(1), wants: 'stop' })
  const [change] = receiver.received[0]?.json.entry[0].changes ?? []
  expect(change).toMatchObject({
    field: 'user_preferences',
    value: {
      contacts: [{ wa_id: '12025550101' }],
      user_preferences: [
        { wa_id: '12025550101', category: 'marketing_messages', value: 'stop', timestamp: noon / 1000 },
      ],
    },
  })
})

it('calls off what is planned on a reset', async () => {
  const { emulator, receiver } = await openPair({ script: orders({ lateMs: 3_000_000 }) })
  await send(emulator, textTo(phone(1)))
  emulator.reset()
  await emulator.settled()
  expect(receiver.received).toEqual([])
  expect(emulator.ledger).toEqual([])
})
