// Which requests the Zixflow stand-in takes over either API, and how it refuses the others.
import { Agent, request } from 'undici'
import { expect, it } from 'vitest'
import type { RunningEmulator } from '../../src/emulator/emulator.ts'
import { openEmulator, openReceiver, requestsOf } from './support.ts'

interface Call {
  method?: 'GET' | 'POST'
  path: string
  headers?: Record<string, string>
  body?: unknown
}

async function call(emulator: RunningEmulator, { method = 'POST', path, headers = {}, body }: Call) {
  const dispatcher = new Agent()
  const answer = await request(emulator.baseUrl('zixflow') + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: body === undefined ? null : JSON.stringify(body),
    dispatcher,
  })
  const json = (await answer.body.json()) as Record<string, unknown>
  await dispatcher.destroy()
  return { status: answer.statusCode, json }
}

const key = { authorization: 'Bearer test-key' }
const keys = { 'x-api-key': 'test-key', 'x-workspace-id': 'workspace-1' }
const sessionPath = '/api/v1/campaign/whatsapp/message/send'
const templatePath = '/api/v1/campaign/whatsapp/send'
const aiPath = (kind: string) => `/api/ingest/whatsapp/v1/${kind}/send`

const address = { to: '12025550111', phoneId: '104000000000000' }
const text = { ...address, type: 'text', text: { body: 'Hello' } }
const template = { ...address, templateName: 'order_shipped', language: 'en', variables: {} }
const aiText = { recipient: '12025550111', phone_id: '104000000000000', text: { body: 'Hello' } }
const interactive = (more: object) => ({
  ...address,
  type: 'interactive',
  interactive: {
    type: 'button',
    body: { text: 'Keep your slot?' },
    action: { buttons: [{ type: 'reply', reply: { id: 'yes', title: 'Yes' } }] },
    ...more,
  },
})
const link = 'https://cdn.example.test/a.png'

it.each<[string, string, object]>([
  ['a text', sessionPath, text],
  [
    'all options',
    sessionPath,
    { ...text, source: 'API', linkWithRecord: true, submissionStatus: true, reportURL: link },
  ],
  [
    'a location with texts for degrees',
    sessionPath,
    { ...address, type: 'location', location: { latitude: '1.5', longitude: '2' } },
  ],
  ['buttons', sessionPath, interactive({})],
  ['buttons with the address of an image', sessionPath, interactive({ header: { type: 'image', image: link } })],
  ['buttons with an image object', sessionPath, interactive({ header: { type: 'image', image: { link } } })],
  ['a template', templatePath, template],
])('takes %s over the older API', async (_, path, body) => {
  const emulator = await openEmulator()
  expect(await call(emulator, { path, headers: key, body })).toMatchObject({ status: 200, json: { status: true } })
})

it('names the message over the older API only when asked', async () => {
  const emulator = await openEmulator()
  const plain = await call(emulator, { path: sessionPath, headers: key, body: text })
  expect(plain.json).toEqual({ status: true, message: expect.any(String) })
  const named = await call(emulator, { path: sessionPath, headers: key, body: { ...text, submissionStatus: true } })
  const id = expect.stringMatching(/^[0-9a-f]{24}$/)
  expect(named.json).toEqual({ status: true, message: expect.any(String), campaignId: id, messageId: id })
})

it.each<[string, string, object]>([
  ['a key that nobody knows', sessionPath, { ...text, colour: 'red' }],
  ['a key that nobody knows inside', sessionPath, { ...text, text: { body: 'Hello', colour: 'red' } }],
  ['a number with +', sessionPath, { ...text, to: '+12025550111' }],
  ['another number of ours', sessionPath, { ...text, phoneId: '1' }],
  ['no type', sessionPath, { ...text, type: undefined }],
  ['a reaction', sessionPath, { ...address, type: 'reaction', reaction: { message_id: 'x', emoji: 'y' } }],
  ['the object of another type', sessionPath, { ...address, type: 'text', image: { link } }],
  ['an empty text', sessionPath, { ...text, text: { body: '' } }],
  ['an image without address', sessionPath, { ...address, type: 'image', image: { caption: 'x' } }],
  ['degrees as numbers', sessionPath, { ...address, type: 'location', location: { latitude: 1, longitude: 2 } }],
  [
    'four buttons',
    sessionPath,
    interactive({
      action: { buttons: ['1', '2', '3', '4'].map((id) => ({ type: 'reply', reply: { id, title: id } })) },
    }),
  ],
  ['a header of 61 characters', sessionPath, interactive({ header: { type: 'text', text: 'x'.repeat(61) } })],
  ['a template without variables', templatePath, { ...template, variables: undefined }],
  ['a language as object', templatePath, { ...template, language: { code: 'en' } }],
  ['components', templatePath, { ...template, components: [] }],
  ['a session message at the path of templates', templatePath, text],
])('refuses %s over the older API', async (_, path, body) => {
  const emulator = await openEmulator()
  expect(await call(emulator, { path, headers: key, body })).toEqual({
    status: 400,
    json: { status: false, message: 'Invalid data Provided' },
  })
  expect(requestsOf(emulator)[0]?.verdict).toBe('refused')
})

it('asks for a Bearer key over the older API, for key and workspace over the newer', async () => {
  const emulator = await openEmulator({ zixflow: { apiKey: 'test-key', workspaceId: 'workspace-1' } })
  const older = (headers: Record<string, string>) => call(emulator, { path: sessionPath, headers, body: text })
  const newer = (headers: Record<string, string>) =>
    call(emulator, { path: aiPath('message/text'), headers, body: aiText })
  expect(await older({})).toEqual({ status: 401, json: { status: false, message: 'Unauthorised' } })
  expect((await older({ authorization: 'Bearer other' })).status).toBe(401)
  expect((await older(keys)).status).toBe(401)
  expect((await older(key)).status).toBe(200)
  expect(await newer(key)).toEqual({ status: 401, json: { success: false, message: 'Unauthorised' } })
  expect((await newer({ 'x-api-key': 'test-key' })).status).toBe(401)
  expect((await newer({ ...keys, 'x-workspace-id': 'other' })).status).toBe(401)
  expect((await newer(keys)).status).toBe(200)
})

it.each<[string, string, object]>([
  ['a type beside the path', 'message/text', { ...aiText, type: 'text' }],
  ['the names of the older API', 'message/text', { ...text, type: undefined }],
  ['an object that is not of the path', 'message/image', aiText],
  ['a report address under the older name', 'message/text', { ...aiText, reportURL: link }],
  [
    'the address of a header as text',
    'message/interactive/reply-buttons',
    { ...aiText, text: undefined, interactive: interactive({ header: { type: 'image', image: link } }).interactive },
  ],
])('refuses %s over the newer API', async (_, kind, body) => {
  const emulator = await openEmulator()
  expect(await call(emulator, { path: aiPath(kind), headers: keys, body })).toMatchObject({
    status: 400,
    json: { success: false },
  })
})

it('knows no other paths', async () => {
  const emulator = await openEmulator()
  for (const path of [aiPath('message/poll'), '/api/ingestion/whatsapp/v1/message/text/send', '/api/v1/contacts'])
    expect((await call(emulator, { path, headers: { ...keys, ...key }, body: aiText })).status).toBe(404)
  const older = await openEmulator({ zixflow: { pathPrefix: '/api/ingestion' } })
  const path = '/api/ingestion/whatsapp/v1/message/text/send'
  expect((await call(older, { path, headers: keys, body: aiText })).status).toBe(200)
})

it('refuses a template that is not there or not approved', async () => {
  const templates = [
    { name: 'order_shipped', language: 'en' },
    { name: 'waiting', language: 'en', status: 'PENDING' as const },
  ]
  const emulator = await openEmulator({ zixflow: { templates } })
  const send = (templateName: string, language = 'en') =>
    call(emulator, { path: templatePath, headers: key, body: { ...template, templateName, language } })
  expect([
    (await send('order_shipped')).status,
    (await send('waiting')).status,
    (await send('order_shipped', 'de')).status,
  ]).toEqual([200, 400, 400])
})

it('posts what it reports to the address of the message, with ids of 64 bits and our words', async () => {
  const [account, own] = [await openReceiver(), await openReceiver()]
  const emulator = await openEmulator({ webhooks: { url: account.url, appSecret: 'hook-secret', readShare: 1 } })
  const body = { ...aiText, post_back_url: own.url, post_back_data: 'h7f3a-1-2s' }
  const { json } = await call(emulator, { path: aiPath('message/text'), headers: keys, body })
  await emulator.settled()
  expect(own.received.map((one) => one.json.status)).toEqual(['sent', 'delivered', 'read'])
  expect(own.received[0]?.raw.toString()).toMatch(/"message_id":\d{18},/)
  expect(own.received[0]?.json).toMatchObject({
    type: 'delivery_status',
    request_id: json.request_id,
    post_back_data: 'h7f3a-1-2s',
    status_at: expect.stringMatching(/\.\d{9}Z$/),
  })
  const report = await call(emulator, {
    method: 'GET',
    path: `/api/data/messages/v1/delivery-report?request_id=${String(json.request_id)}`,
    headers: keys,
  })
  expect(report.json.data).toMatchObject({ status: 'read', request_id: json.request_id })
  await emulator.sendInbound({ dialect: 'zixflow', from: '+12025550111', text: 'Hi' })
  expect(account.received.map(({ json: { event }, headers }) => [event, headers['x-webhook-secret']])).toEqual([
    ['incoming.whatsapp.message', 'hook-secret'],
  ])
})
