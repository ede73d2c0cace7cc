// Bird's callbacks: who sent them, and what they say.
import { createHash, createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parseWebhook, verifySignature } from '../../../src/providers/bird/webhook.ts'
import { incoming, type SignedRequest, signatureOf, signingKey } from './support.ts'

const vector: SignedRequest = {
  url: 'https://hooks.example.test/webhooks/bird?tenant=t1',
  body: '{"service":"channels","event":"whatsapp.outbound","payload":{"id":"0b1d2c3e-0000-4000-8000-000000000001","status":"delivered"}}',
}
const genuine = { isGenuine: true }
const wrong = { isGenuine: false, code: 'webhook.signature_wrong' }

it('believes the published vector, with the query in the address', () => {
  const signature = 'Ol20cE/PId02dZ4orGdi01gvT+UGMKB71LeQVoNxH/Y='
  expect(verifySignature(incoming(vector, signature), signingKey)).toEqual(genuine)
  expect(signatureOf(vector)).toBe(signature)
})

it('does not believe a signature over the hash in hexadecimal digits', () => {
  const signature = 'EgpZuzxNa/1tRFO+ItzzcYGRQbKU9RdMBYYhztYa+b8='
  expect(verifySignature(incoming(vector, signature), signingKey)).toEqual(wrong)
})

it.each<[string, Partial<SignedRequest>]>([
  ['another address', { url: 'https://hooks.example.test/webhooks/bird?tenant=t2' }],
  ['the address without its query', { url: 'https://hooks.example.test/webhooks/bird' }],
  ['another timestamp', { timestamp: '1767225601' }],
  ['another body', { body: `${vector.body} ` }],
])('does not believe a signature for %s', (_, change) => {
  expect(verifySignature(incoming({ ...vector, ...change }, signatureOf(vector)), signingKey)).toEqual(wrong)
})

it('believes a signature over bytes, whatever letters they are', () => {
  const request = { ...vector, body: Buffer.from('{"text":"Grüße 👋 привет"}', 'utf8') }
  expect(verifySignature(incoming(request, signatureOf(request)), signingKey)).toEqual(genuine)
})

it('does not believe a signature by another key, and none without header or key', () => {
  const hash = createHash('sha256').update(vector.body).digest()
  const other = createHmac('sha256', 'other key').update(`1767225600\n${vector.url}\n`).update(hash).digest('base64')
  expect(verifySignature(incoming(vector, other), signingKey)).toEqual(wrong)
  const bare = { ...incoming(vector, ''), header: () => undefined }
  expect(verifySignature(bare, signingKey)).toEqual({ isGenuine: false, code: 'webhook.signature_missing' })
  expect(verifySignature(incoming(vector, signatureOf(vector)), '')).toMatchObject({ code: 'webhook.not_configured' })
})

const id = '0b1d2c3e-0000-4000-8000-000000000001'
const lastStatusAt = '2026-11-20T10:00:05.000Z'
const outbound = (change: object) =>
  parseWebhook(
    JSON.stringify({
      service: 'channels',
      event: 'whatsapp.outbound',
      payload: { id, reference: 'h7f3a-1-2s', direction: 'outgoing', lastStatusAt, ...change },
    }),
  )
const status = { kind: 'status', trackingId: id, reference: 'h7f3a-1-2s', to: null, at: Date.parse(lastStatusAt) }

it.each([
  ['accepted', 'accepted'],
  ['processing', 'accepted'],
  ['scheduled', 'accepted'],
  ['sent', 'sent'],
  ['delivered', 'delivered'],
])('reads the status %s as %s', (word, ours) => {
  expect(outbound({ status: word })).toEqual([{ ...status, status: ours }])
})

it.each(['sending_failed', 'delivery_failed', 'rejected', 'skipped', 'deleted'])(
  'reads the status %s as failed, with the word as code and an advice',
  (word) => {
    const error = { code: word, text: word, advice: expect.stringMatching(/\S \S/), httpStatus: null }
    expect(outbound({ status: word, reason: '' })).toEqual([
      { ...status, status: 'failed', failure: { kind: 'refused', scope: 'recipient', error } },
    ])
  },
)

it.each<[string, number, string, string, object]>([
  ['WhatsApp: too much marketing', 15001, 'whatsapp', '131049', { kind: 'cool_off', error: { code: '131049' } }],
  [
    'WhatsApp: the person stopped marketing',
    15001,
    'whatsapp',
    '131050',
    { error: { code: '131050' }, suppress: { scope: 'marketing', reason: 'opted_out' } },
  ],
  [
    'WhatsApp: no open session',
    15001,
    'whatsapp',
    '131047',
    { error: { advice: expect.stringContaining('template') } },
  ],
  [
    'WhatsApp: a code of its own',
    15001,
    'whatsapp',
    '139999',
    { error: { code: '139999', advice: expect.stringContaining('not documented') } },
  ],
  [
    'a channel that is not set up',
    11001,
    'pre-processing',
    '1',
    { kind: 'account', error: { code: '11001', advice: expect.stringContaining('channel') } },
  ],
  [
    'content that is not valid',
    11002,
    'pre-processing',
    '1',
    { error: { code: '11002', advice: expect.stringContaining('content') } },
  ],
  ['another check', 11004, 'contact', '1', { error: { code: '11004', advice: expect.stringContaining('checked') } }],
  ['a dependency', 12001, 'touchpoint', '1', { error: { code: '12001' } }],
  ['a kind that is not supported', 12002, 'touchpoint', '1', { error: { code: '12002' } }],
  ['a destination that is not supported', 12003, 'touchpoint', '1', { error: { code: '12003' } }],
  [
    'the account',
    14007,
    'accounting',
    '1',
    { kind: 'account', error: { code: '14007', advice: expect.stringContaining('account') } },
  ],
  ['WhatsApp: a payment that failed', 15001, 'whatsapp', '131042', { kind: 'account', error: { code: '131042' } }],
  ['a code of WhatsApp as its own', 131042, 'accounting', '1', { kind: 'account', error: { code: '131042' } }],
  ['another platform', 15005, 'sms-messagebird', '131049', { error: { code: '15005' } }],
  ['a family that nobody knows', 16001, 'moon', '1', { error: { code: '16001' } }],
])('reads a failure by its source: %s', (_, code, name, sourceCode, expected) => {
  const failure = { code, description: 'words of Bird', source: { name, code: sourceCode } }
  const [item] = outbound({ status: 'delivery_failed', reason: 'reason', failure })
  expect(item).toMatchObject({ status: 'failed', failure: expected })
  expect(item).toMatchObject({ failure: { error: { text: `words of Bird; reason (${code} ${name} ${sourceCode})` } } })
})

const createdAt = '2026-11-20T10:01:00.000Z'
const at = Date.parse(createdAt)
const interaction = (change: object) =>
  parseWebhook(
    JSON.stringify({
      service: 'channels',
      event: 'whatsapp.interaction',
      payload: { id: '9d8c', messageId: id, messageReference: 'h7f3a-1-2s', createdAt, ...change },
    }),
  )
const seen = { kind: 'status', trackingId: id, reference: 'h7f3a-1-2s', to: null, status: 'read', at }
const receiver = { contacts: [{ id: 'c1', identifierKey: 'phonenumber', identifierValue: '+12025550101' }] }
const clicked = { type: 'clicked', details: 'item_0_clicked', metadata: { button: { payload: 'slot:42:confirm' } } }

it('reads what people do with a message', () => {
  expect(interaction({ type: 'read' })).toEqual([seen])
  expect(interaction(clicked)).toEqual([seen])
  expect(interaction({ ...clicked, receiver })).toEqual([
    { ...seen, to: '+12025550101' },
    {
      kind: 'inbound',
      phone: '+12025550101',
      at,
      text: null,
      buttonPayload: 'slot:42:confirm',
      answersTo: id,
    },
  ])
  expect(interaction({ type: 'reaction' })).toEqual([{ kind: 'ignored', why: 'interaction reaction' }])
})

it('takes an unsubscribe request and a report of spam for an opt-out from marketing', () => {
  for (const type of ['unsubscribe-request', 'reported-as-spam']) {
    expect(interaction({ type, receiver })).toEqual([
      { kind: 'preference', phone: '+12025550101', at, wants: 'stop', detail: type },
    ])
    expect(interaction({ type })).toMatchObject([{ suppress: { scope: 'marketing', reason: 'opted_out' } }])
  }
  expect(interaction({ type: 'subscribe-request', receiver })).toMatchObject([{ kind: 'preference', wants: 'resume' }])
})

const inbound = (body: object, contact: object = { identifierKey: 'phonenumber', identifierValue: '+12025550101' }) =>
  parseWebhook(
    JSON.stringify({
      service: 'channels',
      event: 'whatsapp.inbound',
      payload: { id: '2a3b', direction: 'incoming', status: 'delivered', sender: { contact }, body, createdAt },
    }),
  )

it('I4: reads the text beside a file and the emoji of a reaction, and says what they are', () => {
  const file = (contentType: string) => ({ type: 'file', file: { text: 'STOP', files: [{ contentType }] } })
  expect(inbound({ type: 'image', image: { text: 'STOP', images: [] } })).toMatchObject([
    { text: 'STOP', content: 'image' },
  ])
  expect(inbound({ type: 'image', image: { images: [{ altText: 'STOP' }] } })).toMatchObject([{ text: 'STOP' }])
  expect(inbound(file('video/mp4'))).toMatchObject([{ text: 'STOP', content: 'video' }])
  expect(inbound(file('application/pdf'))).toMatchObject([{ text: 'STOP', content: 'document' }])
  expect(interaction({ type: 'reaction', receiver, metadata: { reaction: { emoji: '👎' } } })).toMatchObject([
    { kind: 'inbound', text: '👎', content: 'reaction', answersTo: id },
  ])
})

it('reads what people write, and which button they pressed', () => {
  const written = { kind: 'inbound', phone: '+12025550101', at, messageId: '2a3b' }
  expect(inbound({ type: 'text', text: { text: 'STOP' } })).toEqual([{ ...written, text: 'STOP', buttonPayload: null }])
  const actions = [{ type: 'postback', postback: { text: 'Confirm', payload: 'slot:42:confirm' } }]
  expect(inbound({ type: 'text', text: { text: 'Confirm', actions } })).toEqual([
    { ...written, text: 'Confirm', buttonPayload: 'slot:42:confirm' },
  ])
  expect(inbound({ type: 'image', image: { text: 'Look', images: [] } })).toMatchObject([{ text: 'Look' }])
  expect(inbound({ type: 'location', location: {} })).toMatchObject([{ kind: 'inbound', text: null }])
  expect(inbound({ type: 'text', text: { text: 'Hi' } }, { identifierValue: 'US.1349' })).toMatchObject([
    { kind: 'ignored' },
  ])
})

it('passes over what is not about our messages', () => {
  expect(outbound({ status: 'delivered', direction: 'incoming' })).toMatchObject([{ kind: 'ignored' }])
  expect(outbound({ status: 'constructor' })).toMatchObject([{ kind: 'ignored' }])
  expect(parseWebhook('{"event":"channel.created","payload":{}}')).toEqual([
    { kind: 'ignored', why: 'event channel.created' },
  ])
})

const samples = new URL('../../../samples/webhooks/bird/', import.meta.url)

it.each(readdirSync(samples))('reads the recorded shape %s', (file) => {
  const items = parseWebhook(readFileSync(new URL(file, samples), 'utf8'))
  expect(items.length).toBeGreaterThan(0)
  for (const item of items) expect(['status', 'inbound', 'preference']).toContain(item.kind)
})
