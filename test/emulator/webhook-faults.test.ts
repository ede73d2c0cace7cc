// What a fault script can do to the callbacks of a message.
import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import {
  appSecret,
  openReceiver,
  phone,
  type Received,
  requestsOf,
  send,
  statusesIn,
  textTo,
  webhooksOf,
} from './support.ts'
import { noon, openPair, orders } from './webhook-pair.ts'

it('fails a message with a code, without contacts and with its errors', async () => {
  const { emulator, receiver } = await openPair({
    script: orders({ statuses: ['sent', 'failed'], errorCode: 131026 as never }),
  })
  await send(emulator, textTo(phone(1)))
  await emulator.settled()
  const [, failed] = receiver.received
  const { value } = failed?.json.entry[0].changes[0] ?? {}
  expect(value.contacts).toBeUndefined()
  expect(value.statuses[0]).toMatchObject({
    status: 'failed',
    errors: [{ code: 131026, title: 'Message undeliverable', error_data: { details: expect.any(String) } }],
  })
})

it('takes an error code alone for a failure and nothing else', async () => {
  const { emulator, receiver } = await openPair({ script: orders({ errorCode: '131049' }) })
  await send(emulator, textTo(phone(1)))
  await emulator.settled()
  expect(receiver.statuses()).toEqual(['failed to 12025550101'])
})

it('posts every callback as often as asked', async () => {
  const { emulator, receiver } = await openPair({ script: orders({ copies: 2 }) })
  await send(emulator, textTo(phone(1)))
  await emulator.settled()
  expect(receiver.statuses().map((text) => text.split(' ')[0])).toEqual([
    'sent',
    'sent',
    'delivered',
    'delivered',
    'read',
    'read',
  ])
})

it('shuffles the same way with the same seed', async () => {
  const shuffle = async (seed: number) => {
    const { emulator, receiver } = await openPair({ seed, script: orders({ shuffled: true, copies: 2 }) })
    await send(emulator, textTo(phone(1), 'h1-0-a'))
    await emulator.settled()
    return receiver.statuses().join()
  }
  const orderly = ['sent', 'sent', 'delivered', 'delivered', 'read', 'read'].map((name) => `${name} to 12025550101`)
  const [first, again, other] = [await shuffle(3), await shuffle(3), await shuffle(4)]
  expect(again).toBe(first)
  expect(other).not.toBe(first)
  expect(first.split(',').sort()).toEqual([...orderly].sort())
  expect([first, other]).not.toContain(orderly.join())
})

it('tells in shuffled callbacks when things really happened', async () => {
  const { emulator, receiver } = await openPair({
    now: () => noon + 990,
    statusDelayMs: 6,
    script: orders({ shuffled: true }),
  })
  await send(emulator, textTo(phone(1)))
  await emulator.settled()
  const all = receiver.received.map((one) => one.json.entry[0].changes[0].value.statuses[0])
  const seconds = Object.fromEntries(all.map(({ status, timestamp }) => [status, Number(timestamp) - noon / 1000]))
  expect(seconds).toEqual({ sent: 0, delivered: 1, read: 1 })
})

it('puts the statuses of one message into one POST', async () => {
  const { emulator, receiver } = await openPair({ script: orders({ together: true }) })
  await send(emulator, textTo(phone(1)))
  await emulator.settled()
  expect(receiver.received).toHaveLength(1)
  expect(receiver.statuses()).toHaveLength(3)
  expect(receiver.received[0]?.json.entry[0].changes).toHaveLength(2)
})

it('puts the statuses of several messages into one POST', async () => {
  const { emulator, receiver } = await openPair({
    webhooks: { batchMax: 4, batchWaitMs: 60 },
    script: orders({ statuses: ['sent'] }),
  })
  await Promise.all(Array.from({ length: 6 }, (_, n) => send(emulator, textTo(phone(n)))))
  await emulator.settled()
  expect(receiver.received.map((one) => statusesIn(one).length).sort()).toEqual([2, 4])
  expect(new Set(receiver.statuses()).size).toBe(6)
})

it('loses callbacks, and says so in the ledger', async () => {
  const { emulator, receiver } = await openPair({ script: orders({ lost: true }) })
  await send(emulator, textTo(phone(1)))
  await emulator.settled()
  expect(receiver.received).toEqual([])
  expect(webhooksOf(emulator).map(({ outcome, events }) => [outcome, events[0]?.status])).toEqual([
    ['lost', 'sent'],
    ['lost', 'delivered'],
    ['lost', 'read'],
  ])
})

it('holds back the callbacks of one message', async () => {
  const { emulator, receiver } = await openPair({
    script: orders({ lateMs: 60, statuses: ['sent'] }, { to: phone(1) }),
  })
  await send(emulator, textTo(phone(1)))
  await send(emulator, textTo(phone(2)))
  await emulator.settled()
  const [answered] = requestsOf(emulator)
  const held = webhooksOf(emulator).filter(({ events }) => events[0]?.trackingId === answered?.trackingId)
  expect(held.map(({ monotonicMs }) => monotonicMs - (answered?.monotonicMs ?? 0) >= 59)).toEqual([true])
  expect(receiver.received).toHaveLength(4)
})

it('signs the first attempt wrongly when told so, and the repeat rightly', async () => {
  const receiver = await openReceiver()
  const isGenuine = ({ raw, headers }: Received) =>
    headers['x-hub-signature-256'] === `sha256=${createHmac('sha256', appSecret).update(raw).digest('hex')}`
  const { emulator } = await openPair({ receiver, script: orders({ statuses: ['sent'], wrongSignature: true }) })
  receiver.answers.push(401)
  await send(emulator, textTo(phone(1)))
  await emulator.settled()
  expect(receiver.received.map(isGenuine)).toEqual([false, true])
  expect(webhooksOf(emulator).map(({ hasWrongSignature, status }) => [hasWrongSignature, status])).toEqual([
    [true, 401],
    [false, 200],
  ])
})

it('posts callbacks before the answer, and also when the answer then never comes', async () => {
  const steps: string[] = []
  const receiver = await openReceiver((one) => steps.push(...statusesIn(one).map(({ status }) => status)))
  const script = [
    ...orders({ beforeAnswer: true }),
    { match: { nth: 2 }, phase: 'afterAccept' as const, action: 'resetConnection' as const },
  ]
  const { emulator } = await openPair({ receiver, script })
  await send(emulator, textTo(phone(1)))
  steps.push('answer')
  expect(steps).toEqual(['sent', 'delivered', 'read', 'answer'])
  await expect(send(emulator, textTo(phone(2), 'h1-0-b'))).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(receiver.received.flatMap(statusesIn).filter((one) => one.reference === 'h1-0-b')).toHaveLength(3)
  expect(requestsOf(emulator)[1]?.verdict).toBe('accepted')
})

it('does not hold the answer for a receiver that refuses', async () => {
  const { emulator, receiver } = await openPair({
    webhooks: { retryDelayMs: 50 },
    script: orders({ beforeAnswer: true, statuses: ['sent'] }),
  })
  receiver.answers.push(503)
  await send(emulator, textTo(phone(1)))
  expect(receiver.received).toHaveLength(1)
  await emulator.settled()
  expect(receiver.received).toHaveLength(2)
})
