// Callbacks in both forms that 1MSG has.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parseWebhook } from '../../../src/providers/onemsg/webhook.ts'

const parse = (body: unknown) => parseWebhook(JSON.stringify(body))
const acks = (...ack: object[]) => parse({ instanceId: 'ABC123456789', ack })
const messages = (...items: object[]) => parse({ instanceId: 'ABC123456789', messages: items })

it.each([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['viewed', 'read'],
  ['read', 'read'],
  ['played', 'read'],
])('reads an ack that says %s as %s', (word, status) => {
  expect(acks({ id: 'wamid.AAA', chatId: '12025550111@c.us', status: word })).toEqual([
    { kind: 'status', trackingId: 'wamid.AAA', reference: null, to: '+12025550111', status, at: null },
  ])
})

it('reads a failure from its text, and keeps the text', () => {
  const error = "User's number is part of an experiment"
  expect(acks({ id: 'wamid.AAA', status: 'failed', error })).toMatchObject([
    { status: 'failed', failure: { error: { code: '130472', text: error, httpStatus: null } } },
  ])
  expect(acks({ id: 'wamid.AAA', status: 'failed', error: 'Something odd' })).toMatchObject([
    {
      status: 'failed',
      failure: { error: { code: 'unknown', text: 'Something odd', advice: expect.stringMatching(/documented/) } },
    },
  ])
  expect(acks({ id: 'wamid.AAA', status: 'failed' })).toMatchObject([
    { status: 'failed', failure: { error: { code: 'unknown' } } },
  ])
})

it('waits a day after the marketing limit of a person, and suppresses who stopped marketing', () => {
  const text = 'This message was not delivered to maintain healthy ecosystem engagement.'
  expect(acks({ id: 'wamid.A', status: 'failed', error: text })).toMatchObject([
    { failure: { kind: 'cool_off', error: { code: '131049' } } },
  ])
  const stopped = 'User has stopped receiving marketing messages from this business'
  expect(acks({ id: 'wamid.A', status: 'failed', error: stopped })).toMatchObject([
    { failure: { suppress: { scope: 'marketing', reason: 'opted_out' } } },
  ])
})

it('reads several acks and messages of one callback, and a bad one spoils no other', () => {
  const items = parse({
    ack: [{ id: 'wamid.A', status: 'sent' }, null, { status: 'sent' }, { id: 'wamid.B', status: 'deleted' }],
    messages: [
      { id: 'wamid.C', chatId: '12025550111@c.us', type: 'chat', body: 'Hi', fromMe: false, time: 1714557600 },
    ],
  })
  expect(items.map(({ kind }) => kind)).toEqual(['status', 'unreadable', 'unreadable', 'ignored', 'inbound'])
})

const inbound = {
  id: 'wamid.BBB',
  type: 'chat',
  body: 'STOP',
  fromMe: false,
  self: 0,
  time: 1714557600,
  chatId: '12025550111@c.us',
  author: '12025550111@c.us',
  senderName: 'Ada',
  quotedMsgId: null,
  isForwarded: false,
}

it('reads what a person writes', () => {
  expect(messages(inbound)).toEqual([
    {
      kind: 'inbound',
      phone: '+12025550111',
      at: 1_714_557_600_000,
      text: 'STOP',
      buttonPayload: null,
      messageId: 'wamid.BBB',
    },
  ])
})

it('passes over echoes of its own and groups', () => {
  for (const fromMe of [true, 1, 'true'])
    expect(messages({ ...inbound, fromMe })).toMatchObject([{ kind: 'ignored', why: expect.stringMatching(/echo/) }])
  expect(messages({ ...inbound, chatId: '120363046942338209@g.us' })).toMatchObject([{ kind: 'ignored' }])
})

it('I2: knows people who hide the number by their id', () => {
  const userId = 'US.13491208655302741918'
  expect(messages({ ...inbound, chatId: `${userId}@lid` })).toMatchObject([{ kind: 'inbound', phone: null, userId }])
  expect(messages({ ...inbound, authorBsuid: userId })).toMatchObject([{ phone: '+12025550111', userId }])
})

it('takes the caption of a file for its text, because its body is a passing address', () => {
  const file = { ...inbound, type: 'image', body: 'https://files.example.org/a.jpg', caption: 'Look' }
  expect(messages(file)).toMatchObject([{ text: 'Look', content: 'image' }])
  expect(messages({ ...file, caption: null })).toMatchObject([{ text: null }])
})

it('I4: tells a picture, a reaction and an empty text apart', () => {
  expect(messages({ ...inbound, type: 'image', body: 'https://files.example.org/a.jpg' })).toMatchObject([
    { text: null, content: 'image' },
  ])
  expect(messages({ ...inbound, type: 'reaction', body: '🛑' })).toMatchObject([{ text: '🛑', content: 'reaction' }])
  const [empty] = messages({ ...inbound, body: '' })
  expect(empty).toMatchObject({ text: null })
  expect(empty).not.toHaveProperty('content')
})

it('reads the form of Meta that a channel may hand on', () => {
  const value = {
    statuses: [
      { id: 'wamid.A', status: 'delivered', timestamp: '1714557600', recipient_id: '12025550111' },
      { id: 'wamid.B', status: 'failed', timestamp: '1714557601', errors: [{ code: 131026, title: 'Undeliverable' }] },
    ],
    messages: [
      {
        from: '12025550111',
        id: 'wamid.C',
        timestamp: '1714557602',
        type: 'interactive',
        interactive: { type: 'button_reply', button_reply: { id: 'yes', title: 'Yes' } },
      },
    ],
    message_echoes: [{ id: 'wamid.D', from: '12025550100' }],
  }
  const preference = { wa_id: '12025550111', category: 'marketing_messages', value: 'stop', detail: 'asked' }
  const items = parse({
    instanceId: 'ABC123456789',
    entry: [{ changes: [{ value }, { field: 'user_preferences', value: { user_preferences: [preference] } }] }],
  })
  expect(items).toMatchObject([
    { kind: 'status', trackingId: 'wamid.A', status: 'delivered', at: 1_714_557_600_000 },
    { kind: 'status', trackingId: 'wamid.B', status: 'failed', failure: { error: { code: '131026' } } },
    { kind: 'inbound', phone: '+12025550111', text: 'Yes', buttonPayload: 'yes', messageId: 'wamid.C' },
    { kind: 'ignored' },
    { kind: 'preference', phone: '+12025550111', wants: 'stop', detail: 'asked' },
  ])
})

it('passes over calls, and finds nothing in a callback of somebody else', () => {
  expect(parse({ instanceId: 'ABC123456789', type: 'calls' })).toMatchObject([{ kind: 'ignored' }])
  expect(parse({ hello: 'world' })).toMatchObject([{ kind: 'unreadable' }])
})

it.each([
  ['ack-delivered', [{ kind: 'status', status: 'delivered' }]],
  ['ack-failed', [{ kind: 'status', status: 'failed', failure: { error: { code: '130472' } } }]],
  [
    'acks-and-message',
    [{ status: 'sent' }, { status: 'read' }, { kind: 'inbound', text: 'STOP' }, { kind: 'ignored' }],
  ],
  ['raw-statuses', [{ status: 'delivered' }, { status: 'read' }]],
])('reads the sample %s', (name, expected) => {
  const body = readFileSync(new URL(`../../../samples/webhooks/onemsg/${name}.json`, import.meta.url), 'utf8')
  expect(parseWebhook(body)).toMatchObject(expected)
})
