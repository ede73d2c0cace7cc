// What Meta's callbacks say, in every documented shape, and whose they are.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parseWebhook, verifySignature } from '../../../src/providers/meta/webhook.ts'
import type { IncomingRequest } from '../../../src/providers/provider.ts'

function envelope(...changes: { field: string; value: Record<string, unknown> }[]): string {
  return JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '1000000000000001', changes }] })
}

function messages(value: Record<string, unknown>) {
  const metadata = { display_phone_number: '15550100009', phone_number_id: '1060000000000001' }
  return { field: 'messages', value: { messaging_product: 'whatsapp', metadata, ...value } }
}

function request(body: string | Buffer, signature?: string): IncomingRequest {
  const header = (name: string) => (name === 'x-hub-signature-256' ? signature : undefined)
  return { body: Buffer.from(body as string), header, url: 'https://example.test/webhooks/main/x' }
}

const at = Date.UTC(2026, 0, 1)
const timestamp = String(at / 1000)
const secret = 'meta-test-app-secret'
const signed = '{"object":"whatsapp_business_account","entry":[]}'
const signature = 'sha256=07b38670fa0f17c96197dfa4b856c927ea9a6a8809b722e025edd80b507b142f'

it('takes the signature over the raw bytes and refuses every other', () => {
  expect(verifySignature(request(signed, signature), secret)).toEqual({ isGenuine: true })
  const wrong = { isGenuine: false, code: 'webhook.signature_wrong' }
  expect(verifySignature(request(`${signed} `, signature), secret)).toEqual(wrong)
  expect(verifySignature(request(signed, signature.replace('sha256=', '')), secret)).toEqual(wrong)
  expect(verifySignature(request(signed, signature.slice(0, -1)), secret)).toEqual(wrong)
  expect(verifySignature(request(signed, signature), 'another-secret')).toEqual(wrong)
  expect(verifySignature(request(signed), secret)).toMatchObject({ code: 'webhook.signature_missing' })
  expect(verifySignature(request(signed, signature), '')).toMatchObject({ code: 'webhook.not_configured' })
})

it('takes a signature over escaped texts also when a proxy has written them out', () => {
  const escaped = 'sha256=d5a4a00c38a0d4b9e5fc5a5b330c45d5bfe89cc9100e4783e4266b533c7c644c'
  expect(verifySignature(request('{"text":"Gr\\u00fc\\u00dfe"}', escaped), secret)).toEqual({ isGenuine: true })
  expect(verifySignature(request('{"text":"Grüße"}', escaped), secret)).toEqual({ isGenuine: true })
  expect(verifySignature(request('{"text":"Grüsse"}', escaped), secret)).toMatchObject({ isGenuine: false })
})

it('reads every status, with seconds as text and our reference', () => {
  const statuses = ['sent', 'delivered', 'read', 'played'].map((status) => ({
    id: 'wamid.A',
    status,
    timestamp,
    recipient_id: '15550100001',
    biz_opaque_callback_data: 'h1-1-a',
    pricing: { billable: true, pricing_model: 'PMP', type: 'regular', category: 'marketing' },
  }))
  const items = parseWebhook(envelope(messages({ statuses })))
  const to = '+15550100001'
  const item = (status: string) => ({ kind: 'status', trackingId: 'wamid.A', reference: 'h1-1-a', to, status, at })
  expect(items).toEqual([item('sent'), item('delivered'), item('read'), item('read')])
})

it('reads a failure with title, details and advice', () => {
  const status = {
    id: 'wamid.A',
    status: 'failed',
    timestamp,
    recipient_id: '15550100001',
    errors: [
      {
        code: 131026,
        title: 'Message undeliverable',
        message: 'Message undeliverable',
        error_data: { details: 'No WhatsApp' },
      },
    ],
  }
  expect(parseWebhook(envelope(messages({ statuses: [status] })))).toEqual([
    {
      kind: 'status',
      trackingId: 'wamid.A',
      reference: null,
      to: '+15550100001',
      status: 'failed',
      at,
      failure: {
        kind: 'refused',
        scope: 'recipient',
        error: {
          code: '131026',
          text: 'Message undeliverable: No WhatsApp',
          advice: expect.stringContaining('no WhatsApp'),
          httpStatus: null,
        },
      },
    },
  ])
})

it('reads a batch of many changes, and what is wrong in one does not spoil the others', () => {
  const good = (id: string) => messages({ statuses: [{ id, status: 'delivered', timestamp }] })
  const bad = messages({ statuses: [{ status: 'delivered', timestamp }, null, { id: 'wamid.X', status: 'warning' }] })
  const items = parseWebhook(envelope(good('wamid.A'), bad, { field: 'messages', value: {} }, good('wamid.B')))
  expect(items.map((item) => ('trackingId' in item ? item.trackingId : item.kind))).toEqual([
    'wamid.A',
    'unreadable',
    'unreadable',
    'ignored',
    'wamid.B',
  ])
})

it('reads statuses of people without a phone number by our reference', () => {
  const status = {
    id: 'wamid.A',
    status: 'delivered',
    timestamp,
    recipient_user_id: 'US.13491208655302741918',
    biz_opaque_callback_data: 'h1-1-a',
  }
  expect(parseWebhook(envelope(messages({ statuses: [status] })))).toMatchObject([
    { kind: 'status', reference: 'h1-1-a', status: 'delivered' },
  ])
})

const inbound = (part: Record<string, unknown>) =>
  parseWebhook(envelope(messages({ messages: [{ from: '15550100001', id: 'wamid.IN1', timestamp, ...part }] })))

it.each([
  ['a text', { type: 'text', text: { body: 'STOP' } }, 'STOP', null],
  ['a tap on a template', { type: 'button', button: { payload: 'optout:42', text: 'Stop' } }, 'Stop', 'optout:42'],
  [
    'a tap on a button',
    { type: 'interactive', interactive: { type: 'button_reply', button_reply: { id: 'yes', title: 'Yes' } } },
    'Yes',
    'yes',
  ],
  [
    'a choice of a list',
    {
      type: 'interactive',
      interactive: { type: 'list_reply', list_reply: { id: 'dish:1', title: 'Soup', description: 'Basil' } },
    },
    'Soup',
    'dish:1',
  ],
])('reads %s from a person, without a contact beside it', (_, part, text, buttonPayload) => {
  expect(inbound(part)).toEqual([
    { kind: 'inbound', phone: '+15550100001', at, text, buttonPayload, messageId: 'wamid.IN1' },
  ])
})

it.each<[Record<string, unknown>, string | null, string]>([
  [{ type: 'image', image: { id: '1', mime_type: 'image/jpeg' } }, null, 'image'],
  [{ type: 'image', image: { id: '1', caption: 'STOP' } }, 'STOP', 'image'],
  [{ type: 'video', video: { id: '1', caption: 'STOP' } }, 'STOP', 'video'],
  [{ type: 'document', document: { id: '1', caption: 'STOP' } }, 'STOP', 'document'],
  [{ type: 'reaction', reaction: { message_id: 'wamid.A', emoji: '🛑' } }, '🛑', 'reaction'],
  [{ type: 'order', order: { catalog_id: '1', text: 'STOP' } }, 'STOP', 'order'],
  [{ type: 'contacts', contacts: [{ name: { formatted_name: 'Ada' } }] }, 'Ada', 'contacts'],
  [{ type: 'location', location: { latitude: 1, longitude: 2, name: 'Harbour' } }, 'Harbour', 'location'],
  [
    {
      type: 'interactive',
      interactive: { type: 'nfm_reply', nfm_reply: { response_json: '{"flow_token":"t","why":"stop"}' } },
    },
    'stop',
    'form',
  ],
  [{ type: 'unsupported', errors: [{ code: 131051 }] }, null, 'other'],
])('I4: hands on what %j says, and what it is', (part, text, content) => {
  expect(inbound(part)).toMatchObject([{ kind: 'inbound', text, buttonPayload: null, content }])
})

it('takes a tap as proof that the message was read, and nothing for missed when it is not ours', () => {
  const items = inbound({ type: 'button', button: { payload: 'x', text: 'X' }, context: { from: '1', id: 'wamid.A' } })
  expect(items).toMatchObject([
    { kind: 'inbound' },
    { kind: 'status', trackingId: 'wamid.A', status: 'read', at, isHint: true },
  ])
  expect(inbound({ type: 'text', text: { body: 'hi' }, context: { from: '1', id: 'wamid.A' } })).toHaveLength(1)
})

it('I2: reads a person without a phone by the id, at the message or beside it', () => {
  const userId = 'US.134912'
  const message = { id: 'wamid.IN1', timestamp, type: 'text', text: { body: 'STOP' } }
  const read = (one: object, beside: object = {}) => parseWebhook(envelope(messages({ messages: [one], ...beside })))
  expect(read({ ...message, from_user_id: userId })).toMatchObject([{ kind: 'inbound', phone: null, userId }])
  const contacts = [{ wa_id: '15550100001', user_id: userId }]
  expect(read({ ...message, from: '15550100001' }, { contacts })).toMatchObject([{ phone: '+15550100001', userId }])
  expect(read({ ...message, from: '15550100002' }, { contacts })[0]).not.toHaveProperty('userId')
  expect(read({ ...message, from_user_id: 'us.134912' })).toMatchObject([{ kind: 'unreadable' }])
})

it('I10: reads changes of number and id in their forms, and no other message of the system', () => {
  const change = (system: object) => inbound({ type: 'system', system })
  const [before, after] = ['US.1349', 'US.1350']
  expect(change({ type: 'user_changed_number', wa_id: '15550100002' })).toMatchObject([
    { kind: 'numberChange', phone: '+15550100001', newPhone: '+15550100002', userId: null, newUserId: null },
  ])
  const ids = { user_id: after, previous_user_id: before }
  expect(change({ type: 'user_changed_user_id', ...ids })).toMatchObject([{ userId: before, newUserId: after }])
  expect(change({ type: 'user_changed_user_id', body: `Ada changed from ${before} to ${after}` })).toMatchObject([
    { userId: before, newUserId: after, newPhone: null },
  ])
  expect(change({ type: 'customer_identity_changed' })).toMatchObject([{ kind: 'ignored' }])
  const update = { wa_id: '15550100002', user_id: { previous: before, current: after }, timestamp: at / 1000 }
  expect(parseWebhook(envelope({ field: 'user_id_update', value: { user_id_update: [update] } }))).toMatchObject([
    { kind: 'numberChange', phone: null, newPhone: '+15550100002', userId: before, newUserId: after },
  ])
})

it('reads preferences, with seconds as a number', () => {
  const preference = (value: string, category = 'marketing_messages') => ({
    field: 'user_preferences',
    value: {
      messaging_product: 'whatsapp',
      contacts: [],
      user_preferences: [{ wa_id: '15550100001', detail: 'free text', category, value, timestamp: at / 1000 }],
    },
  })
  const items = parseWebhook(
    envelope(preference('stop'), preference('resume'), preference('signup'), preference('stop', 'other')),
  )
  const item = (wants: string) => ({
    kind: 'preference',
    phone: '+15550100001',
    at: 1_767_225_600_000,
    wants,
    detail: 'free text',
  })
  expect(items).toEqual([item('stop'), item('resume'), item('resume'), expect.objectContaining({ kind: 'ignored' })])
})

it('keeps problems that belong to no message', () => {
  const errors = [{ code: 130429, title: 'Rate limit hit', error_data: { details: 'too many' } }]
  expect(parseWebhook(envelope(messages({ errors })))).toEqual([
    { kind: 'unreadable', why: 'Meta reports 130429: Rate limit hit: too many' },
  ])
})

const news = (field: string, value: Record<string, unknown>) =>
  parseWebhook(
    envelope({
      field,
      value: {
        message_template_id: 1,
        message_template_name: 'spring_sale',
        message_template_language: 'en_US',
        ...value,
      },
    }),
  )

it.each([
  ['APPROVED', 'approved'],
  ['REJECTED', 'rejected'],
  ['PENDING', 'pending'],
  ['IN_APPEAL', 'pending'],
  ['PAUSED', 'paused'],
  ['DISABLED', 'disabled'],
  ['FLAGGED', 'approved'],
  ['REINSTATED', 'approved'],
  ['PENDING_DELETION', 'disabled'],
  ['DELETED', 'disabled'],
  ['LIMIT_EXCEEDED', 'disabled'],
  ['LOCKED', 'disabled'],
  ['ARCHIVED', 'disabled'],
  ['UNARCHIVED', 'approved'],
  ['SOMETHING_NEW', 'unknown'],
])('reads the event %s of a template', (event, status) => {
  const other_info = { title: 'FIRST_PAUSE', description: 'low quality' }
  expect(news('message_template_status_update', { event, reason: 'NONE', other_info })).toEqual([
    {
      kind: 'template',
      name: 'spring_sale',
      language: 'en_US',
      status,
      statusDetail: `${event}: FIRST_PAUSE: low quality`,
    },
  ])
})

it('reads quality and category of a template, and leaves other fields', () => {
  expect(
    news('message_template_quality_update', { previous_quality_score: 'GREEN', new_quality_score: 'RED' }),
  ).toEqual([{ kind: 'template', name: 'spring_sale', language: 'en_US', quality: 'RED' }])
  expect(news('template_category_update', { previous_category: 'UTILITY', new_category: 'MARKETING' })).toEqual([
    { kind: 'template', name: 'spring_sale', language: 'en_US', category: 'MARKETING' },
  ])
  for (const field of ['account_update', 'phone_number_quality_update', 'business_capability_update', 'security'])
    expect(parseWebhook(envelope({ field, value: {} }))).toEqual([{ kind: 'ignored', why: `field ${field}` }])
})

const samples = new URL('../../../samples/webhooks/meta/', import.meta.url)

it.each(readdirSync(samples))('reads the sample %s', (name) => {
  const items = parseWebhook(readFileSync(new URL(name, samples), 'utf8'))
  expect(items).not.toEqual([])
  expect(items.map(({ kind }) => kind)).not.toContain('ignored')
})
