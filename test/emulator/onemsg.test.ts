// The 1MSG stand-in: what it takes, what it refuses and how, and how it reports back.
import { Agent, request } from 'undici'
import { describe, expect, it } from 'vitest'
import type { RunningEmulator } from '../../src/emulator/emulator.ts'
import type { OneMsgOptions } from '../../src/emulator/onemsg/options.ts'
import { openEmulator, openReceiver, requestsOf } from './support.ts'

const channel = 'ABC123456789'
const phone = '12025550111'

interface Call {
  method?: 'GET' | 'POST' | 'DELETE'
  token?: string | null
  query?: string
  headers?: Record<string, string>
}

async function call(emulator: RunningEmulator, name: string, body?: unknown, options: Call = {}) {
  const { method = body === undefined ? 'GET' : 'POST', token = 'good-token', query = '', headers } = options
  const dispatcher = new Agent()
  try {
    const address = `${emulator.baseUrl('onemsg')}/${channel}/${name}?${query}${token === null ? '' : `&token=${token}`}`
    const answer = await request(address, {
      method,
      headers: headers ?? { 'content-type': 'application/json' },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      dispatcher,
    })
    const text = await answer.body.text()
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
    const json: any = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined
    return { status: answer.statusCode, text, json }
  } finally {
    await dispatcher.destroy()
  }
}

const open = (options: OneMsgOptions = {}) => openEmulator({ dialects: ['onemsg'], onemsg: options })
const text = { phone, body: 'Hello' }

describe('who may call', () => {
  it('takes only the right token, in the query of every call, and repeats a wrong one as 1MSG does', async () => {
    const emulator = await open({ token: 'good-token', channelId: channel })
    expect(await call(emulator, 'sendMessage', text)).toMatchObject({ status: 200, json: { sent: true } })
    const error = 'Wrong token "bad" for channel "ABC123456789". Please provide token as a GET parameter.'
    expect(await call(emulator, 'sendMessage', text, { token: 'bad' })).toMatchObject({ status: 401, json: { error } })
    expect(await call(emulator, 'status', undefined, { token: null })).toMatchObject({ status: 401 })
    const headers = { authorization: 'Bearer good-token', 'content-type': 'application/json' }
    expect(await call(emulator, 'sendMessage', text, { token: null, headers })).toMatchObject({ status: 401 })
    expect(
      requestsOf(emulator)
        .map(({ path }) => path)
        .join(),
    ).not.toMatch(/good-token|token=bad/)
  })

  it('knows its methods and no others', async () => {
    const emulator = await open()
    expect(await call(emulator, 'sendPTT', text)).toMatchObject({ status: 404 })
    expect(await call(emulator, 'sendMessage')).toMatchObject({ status: 404 })
    expect(await call(emulator, 'templates', {})).toMatchObject({ status: 404 })
  })
})

const link = 'https://cdn.example.org/a'
const row = { id: '1', title: 'Soup', description: 'Hot' }
const card = {
  header: { type: 'image', image: { link: `${link}.jpg` } },
  body: { text: 'Card' },
  type: 'cta_url',
  action: { name: 'cta_url', parameters: { display_text: 'Open', url: link } },
}
const template = { template: 'hello', namespace: 'aaaa_bbbb', language: { policy: 'deterministic', code: 'en' } }
const params = [
  { type: 'header', parameters: [{ type: 'video', video: { id: '5' } }] },
  { type: 'body', parameters: [{ type: 'text', text: 'Ada' }] },
  { type: 'button', sub_type: 'url', index: 1, parameters: [{ type: 'text', text: '100' }] },
]

const taken: [string, object][] = [
  ['sendMessage', { body: 'Hello', quotedMsgId: 'wamid.A' }],
  ['sendFile', { body: `${link}.pdf`, filename: 'a.pdf', caption: 'Prices' }],
  ['sendFile', { body: 'data:image/png;base64,AAAA', filename: 'a.png' }],
  ['sendFile', { mediaId: '123', mediaType: 'audio', voice: true }],
  ['sendSticker', { link: `${link}.webp` }],
  ['sendLocation', { lat: '45.018337', lng: '-73.968285' }],
  ['sendContact', { contacts: [{ name: { formatted_name: 'Ada', first_name: 'Ada' } }] }],
  ['sendList', { body: 'Pick', action: 'Menu', sections: [{ rows: [row] }] }],
  ['sendButton', { body: 'Yes?', sections: [{ type: 'reply', reply: { id: '1', title: 'Yes' } }] }],
  ['sendLocationRequest', { body: 'Where?' }],
  ['sendReaction', { body: '', quotedMsgId: 'wamid.A' }],
  ['sendProduct', { action: { catalog_id: '9', product_retailer_id: '1' } }],
  ['sendCarousel', { body: 'Look', cards: [card, card] }],
  ['sendTemplate', { ...template, params, messageSendTtlSeconds: 600 }],
]

it.each(taken)('takes %s and names the message', async (method, body) => {
  const emulator = await open()
  expect(await call(emulator, method, { phone, ...body })).toMatchObject({
    status: 200,
    json: {
      sent: true,
      id: expect.stringMatching(/^wamid\..+/),
      message: 'Sent to 12025550111@c.us',
      description: 'Message has been sent to the provider',
    },
  })
  expect(requestsOf(emulator)).toMatchObject([{ operation: 'send', to: phone, sender: channel, verdict: 'accepted' }])
})

const refused: [string, string, unknown][] = [
  ['an unknown field', 'sendMessage', { ...text, preview_url: true }],
  ['an empty text', 'sendMessage', { phone, body: '' }],
  ['no recipient', 'sendMessage', { body: 'Hello' }],
  ['two recipients', 'sendMessage', { ...text, chatId: '12025550111@c.us' }],
  ['a phone with +', 'sendMessage', { phone: '+12025550111', body: 'Hello' }],
  ['a quote that is no wamid', 'sendMessage', { ...text, quotedMsgId: 'gBGG' }],
  ['JSON that is none', 'sendMessage', '{'],
  ['a file without a name', 'sendFile', { phone, body: `${link}.pdf` }],
  ['a file name without an ending', 'sendFile', { phone, body: link, filename: 'a' }],
  ['a file from two places', 'sendFile', { phone, body: link, filename: 'a.png', mediaId: '1', mediaType: 'image' }],
  ['a stored file without its type', 'sendFile', { phone, mediaId: '1' }],
  ['a sticker from nowhere', 'sendSticker', { phone }],
  ['a place in numbers', 'sendLocation', { phone, lat: 45, lng: 1 }],
  ['a contact with one name', 'sendContact', { phone, contacts: [{ name: { formatted_name: 'Ada' } }] }],
  ['a contact in camel case', 'sendContact', { phone, contacts: [{ name: { formattedName: 'A', firstName: 'A' } }] }],
  ['a list without label', 'sendList', { phone, body: 'Pick', sections: [{ rows: [row] }] }],
  [
    'sections without titles',
    'sendList',
    { phone, body: 'Pick', action: 'M', sections: [{ rows: [row] }, { rows: [row] }] },
  ],
  [
    'a long id of a button',
    'sendButton',
    { phone, body: 'Y', sections: [{ type: 'reply', reply: { id: 'x'.repeat(201), title: 'Y' } }] },
  ],
  [
    'a product list without header',
    'sendProduct',
    { phone, action: { catalog_id: '9', sections: [{ product_items: [{ product_retailer_id: '1' }] }] } },
  ],
  ['camel case in a product', 'sendProduct', { phone, action: { catalogId: '9', productRetailerId: '1' } }],
  ['one card', 'sendCarousel', { phone, cards: [card] }],
  ['a template without namespace', 'sendTemplate', { phone, template: 'hello', language: template.language }],
  ['another policy', 'sendTemplate', { phone, ...template, language: { policy: 'fallback', code: 'en' } }],
  ['params as texts', 'sendTemplate', { phone, ...template, params: ['Ada'] }],
  ['components instead of params', 'sendTemplate', { phone, ...template, components: params }],
  ['a life of one second', 'sendTemplate', { phone, ...template, messageSendTtlSeconds: 1 }],
]

it.each(refused)('refuses %s with HTTP 400', async (_, method, body) => {
  const emulator = await open()
  expect(await call(emulator, method, body)).toMatchObject({ status: 400, json: { error: expect.any(String) } })
  expect(requestsOf(emulator)[0]?.verdict).toBe('refused')
})

describe('refusals that come with HTTP 200', () => {
  it('closes the dialog window until the person writes, but not for templates', async () => {
    const emulator = await open({ needsSession: true })
    expect(await call(emulator, 'sendMessage', text)).toMatchObject({
      status: 200,
      json: { sent: false, message: 'Dialog window is closed', error: { code: 131047 } },
    })
    expect(await call(emulator, 'sendTemplate', { phone, ...template })).toMatchObject({ json: { sent: true } })
    const receiver = await openReceiver()
    emulator.setWebhooks({ url: receiver.url, appSecret: 'unused' })
    await emulator.sendInbound({ dialect: 'onemsg', from: phone, text: 'Hi' })
    expect(await call(emulator, 'sendMessage', text)).toMatchObject({ json: { sent: true } })
  })

  it('knows its templates, their values and states', async () => {
    const components = [{ type: 'BODY', text: 'Hi {{1}}' }]
    const known = { language: 'en', category: 'UTILITY', components }
    const emulator = await open({
      namespace: 'aaaa_bbbb',
      templates: [
        { name: 'hello', ...known },
        { name: 'tired', ...known, status: 'PAUSED' },
      ],
    })
    const send = async (change: object) =>
      (await call(emulator, 'sendTemplate', { phone, ...template, ...change })).json
    expect(await send({ params: [params[1]] })).toMatchObject({ sent: true })
    expect(await send({})).toMatchObject({ sent: false, error: { code: 132000 } })
    expect(await send({ template: 'other' })).toMatchObject({ sent: false, error: { code: 132001 } })
    expect(await send({ template: 'tired' })).toMatchObject({ sent: false, error: { code: 132015 } })
    expect(await send({ namespace: '' })).toMatchObject({ sent: false, message: expect.stringContaining('namespace') })
    expect(await send({ params: [params[1]], messageSendTtlSeconds: 43_201 })).toEqual({ error: expect.any(String) })
  })

  it.each([
    [131049, { sent: false, message: 'Meta chose not to deliver', error: { code: 131049 } }],
    ['queued', { sent: false, jobId: expect.stringMatching(/^\d+$/) }],
    ['Dialog window is closed', { sent: false, message: 'Dialog window is closed' }],
  ])('plays %s from a script', async (code, json) => {
    const emulator = await open()
    emulator.setScript([{ phase: 'before', action: { type: 'providerError', code } }])
    expect(await call(emulator, 'sendMessage', text)).toMatchObject({ status: 200, json })
  })
})

describe('callbacks', () => {
  const told = async (options: OneMsgOptions, order: object) => {
    const emulator = await open(options)
    const receiver = await openReceiver()
    emulator.setWebhooks({ url: receiver.url, appSecret: 'unused', readShare: 1 })
    emulator.setScript([{ phase: 'afterAccept', action: { type: 'webhooks', together: true, ...order } }])
    const { id } = (await call(emulator, 'sendMessage', text)).json
    await emulator.settled()
    return { id, emulator, receiver }
  }

  it('acks a message in 1MSG’s words, several at once', async () => {
    const { id, receiver } = await told({ readWord: 'viewed' }, { statuses: ['sent', 'delivered', 'read'] })
    const [callback] = receiver.received
    const item = { id, chatId: '12025550111@c.us', phone }
    expect(callback?.json).toMatchObject({
      instanceId: channel,
      ack: ['sent', 'delivered', 'viewed'].map((status) => ({ ...item, status })),
    })
    expect(callback?.headers).not.toHaveProperty('x-hub-signature-256')
  })

  it('tells why a message failed in words only', async () => {
    const { receiver } = await told({}, { errorCode: 130472 })
    expect(receiver.received[0]?.json.ack).toMatchObject([
      { status: 'failed', error: "User's number is part of an experiment" },
    ])
  })

  it('hands Meta’s form on when told to', async () => {
    const { id, receiver } = await told({ rawHooks: true }, { statuses: ['delivered'] })
    expect(receiver.received[0]?.json.entry[0].changes[0].value.statuses).toMatchObject([{ id, status: 'delivered' }])
  })

  it('keeps the events and, where switched on, the history', async () => {
    const { id, emulator } = await told({ hasHistory: true }, { statuses: ['sent', 'delivered'] })
    const hooks = (await call(emulator, 'hookInfo', undefined, { query: `messageId=${encodeURIComponent(id)}` })).json
    expect(hooks.hooks).toMatchObject([
      { id, status: 'sent', recipient_id: phone },
      { id, status: 'delivered' },
    ])
    const history = async (query: string) => (await call(emulator, 'messages', undefined, { query })).json.messages
    expect(await history(`chatId=${phone}@c.us`)).toMatchObject([{ id, fromMe: true, self: 1, body: 'Hello' }])
    expect(await history('chatId=12025550199@c.us')).toEqual([])
    expect((await call(await open(), 'messages')).json).toMatchObject({ messages: [], notice: expect.any(String) })
  })
})

describe('the channel', () => {
  it('tells its state and costs', async () => {
    const emulator = await open({ status: 'disconnected' })
    expect((await call(emulator, 'status')).json).toMatchObject({ status: 'disconnected' })
    const statistics = (date: string) => call(emulator, 'statistics', undefined, { query: `date=${date}` })
    expect((await statistics('05.2026')).json).toEqual({ date: '05.2026', templates_cost: 400.0313 })
    expect(await statistics('2026-05')).toMatchObject({ status: 400 })
    expect((await call(emulator, 'extendedStatistics')).json).toHaveLength(1)
    expect((await call(emulator, 'mmLiteStatus')).json).toMatchObject({ available: true })
  })

  it('replaces its webhook addresses, at most five', async () => {
    const emulator = await open({ webhookUrls: ['https://a.example.org'] })
    expect((await call(emulator, 'webhook')).json).toEqual({ webhookUrl: 'https://a.example.org' })
    const urls = ['https://b.example.org', 'https://c.example.org']
    await call(emulator, 'webhook', { webhookUrl: urls })
    expect((await call(emulator, 'webhook')).json).toEqual({ webhookUrl: urls })
    const six = Array.from({ length: 6 }, (_, n) => `https://${n}.example.org`)
    expect(await call(emulator, 'webhook', { webhookUrl: six })).toMatchObject({ status: 400 })
    await call(emulator, 'settings', { ackNotificationsOn: true })
    expect((await call(emulator, 'settings')).json).toMatchObject({ ackNotificationsOn: true, webhookUrl: urls.join() })
    expect(await call(emulator, 'settings', { colour: 'red' })).toMatchObject({ status: 400 })
  })

  it('keeps uploads, and takes read marks for no messages', async () => {
    const emulator = await open()
    const { mediaId } = (await call(emulator, 'uploadMedia', { body: 'data:image/png;base64,AAAA' })).json
    expect((await call(emulator, 'retrieveMedia', undefined, { query: `mediaId=${mediaId}` })).json).toMatchObject({
      id: mediaId,
      mimeType: 'image/png',
      fileSize: 3,
    })
    expect(await call(emulator, 'uploadMedia', { body: 'hello' })).toMatchObject({ status: 400 })
    expect((await call(emulator, 'readMessage', { messageId: 'wamid.IN' })).json).toEqual({ result: 'success' })
    expect(requestsOf(emulator).map(({ operation }) => operation)).not.toContain('send')
  })

  it('creates, lists and removes templates', async () => {
    const emulator = await open({ createdStatus: 'pending' })
    const definition = { name: 'a', category: 'UTILITY', language: 'en', components: [{ type: 'BODY', text: 'Hi' }] }
    expect(await call(emulator, 'addTemplate', definition)).toMatchObject({ status: 200, json: {} })
    expect((await call(emulator, 'addTemplate', definition)).json).toMatchObject({ error: {} })
    expect(await call(emulator, 'addTemplate', { ...definition, colour: 'red' })).toMatchObject({ status: 400 })
    await call(emulator, 'addTemplate', { ...definition, language: 'de' })
    const list = async (query = '') => (await call(emulator, 'templates', undefined, { query })).json
    expect(await list('limit=1&offset=1')).toMatchObject({
      total: 2,
      templates: [{ language: 'de', status: 'pending' }],
    })
    expect((await call(emulator, 'removeTemplate', { name: 'a' })).json).toEqual({ result: 'success' })
    expect(await list()).toMatchObject({ total: 0, templates: [] })
    expect((await call(emulator, 'removeTemplate', { name: 'a' })).json).toMatchObject({ error: {} })
  })
})
