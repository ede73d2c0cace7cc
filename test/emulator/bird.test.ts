// The Bird stand-in: what it takes, what it refuses and how, what it knows of messages, and how it reports back.
import { createHash, createHmac } from 'node:crypto'
import { Agent, request } from 'undici'
import { describe, expect, it } from 'vitest'
import type { BirdOptions } from '../../src/emulator/bird/options.ts'
import type { RunningEmulator } from '../../src/emulator/emulator.ts'
import { openEmulator, openReceiver, requestsOf } from './support.ts'

const workspace = '/workspaces/5d4c3b2a-0000-4000-8000-000000000001'
const channel = `${workspace}/channels/7a6b5c4d-0000-4000-8000-000000000002`
const phone = '+12025550101'

interface Call {
  method?: 'GET' | 'POST' | 'PUT'
  headers?: Record<string, string>
}

async function call(emulator: RunningEmulator, path: string, body?: unknown, options: Call = {}) {
  const { method = body === undefined ? 'GET' : 'POST', headers = {} } = options
  const dispatcher = new Agent()
  try {
    const answer = await request(emulator.baseUrl('bird') + path, {
      method,
      headers: { authorization: 'AccessKey good-key', 'content-type': 'application/json', ...headers },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      dispatcher,
    })
    const text = await answer.body.text()
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
    return { status: answer.statusCode, json: (text === '' ? undefined : JSON.parse(text)) as any }
  } finally {
    await dispatcher.destroy()
  }
}

const open = (bird: BirdOptions = {}) => openEmulator({ dialects: ['bird'], bird: { accessKey: 'good-key', ...bird } })
const receiver = { contacts: [{ identifierKey: 'phonenumber', identifierValue: phone }] }
const text = { type: 'text', text: { text: 'Hello' } }
const send = (emulator: RunningEmulator, message: object) =>
  call(emulator, `${channel}/messages`, { receiver, ...message })
const postback = (label: string) => ({ type: 'postback', postback: { text: label, payload: label } })
const link = { type: 'link', link: { text: 'View', url: 'https://shop.example.test' } }
const image = { mediaUrl: 'https://cdn.example.test/a.png' }
const card = { title: 'Lamp', mediaUrl: 'https://cdn.example.test/l.jpg', actions: [link] }

describe('who may call', () => {
  it.each([
    ['no key', { authorization: '' }],
    ['the bearer scheme', { authorization: 'Bearer good-key' }],
    ['a wrong key', { authorization: 'AccessKey bad-key' }],
  ])('answers 401 to %s', async (_, headers) => {
    const emulator = await open()
    const answer = await call(emulator, `${channel}/messages`, { receiver, body: text }, { headers })
    expect(answer).toMatchObject({ status: 401, json: { code: 'Unauthorized', message: expect.any(String) } })
    expect(requestsOf(emulator)[0]?.verdict).toBe('refused')
  })

  it('does not know another workspace, channel or path', async () => {
    const emulator = await open()
    const other = 'ffffffff-0000-4000-8000-000000000001'
    for (const [path, what] of [
      [`/workspaces/${other}/channels/${other}/messages`, 'workspace'],
      [`${workspace}/channels/${other}/messages`, 'channel'],
      [`${channel}/message`, 'resource'],
    ]) {
      const answer = await call(emulator, path ?? '', { receiver, body: text })
      expect(answer).toMatchObject({
        status: 404,
        json: { code: 'NotFound', message: expect.stringContaining(`${what} not found`) },
      })
    }
  })

  it('cannot read a body that is no JSON', async () => {
    const emulator = await open()
    expect(await call(emulator, `${channel}/messages`, '{"receiver":')).toMatchObject({ status: 400 })
    const headers = { 'content-type': 'text/plain' }
    expect(await call(emulator, `${channel}/messages`, { receiver, body: text }, { headers })).toMatchObject({
      status: 400,
    })
  })
})

describe('messages', () => {
  it('accepts with 202 and the whole message', async () => {
    const emulator = await open()
    const answer = await send(emulator, { body: text, reference: 'h1-0-a', tags: ['Spring'], validity: 60 })
    expect(answer).toMatchObject({
      status: 202,
      json: {
        id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        status: 'accepted',
        direction: 'outgoing',
        reference: 'h1-0-a',
        tags: ['spring'],
        receiver: { contacts: [{ identifierValue: phone }] },
      },
    })
    expect(answer.json).not.toHaveProperty('validity')
  })

  it.each<[string, object]>([
    ['nothing to send', {}],
    ['body and template', { body: text, template: { projectId: 'p', version: 'latest', locale: 'en' } }],
    ['a key that nobody knows', { body: text, ignoreFrequencyCapping: true }],
    ['a quote within the body', { body: { ...text, replyTo: { id: 'x', type: 'message' } } }],
    ['a location request without its text', { body: { text: 'Where?', actions: [{ type: 'locationRequest' }] } }],
    [
      'a location request under an image',
      { body: { type: 'image', image: { images: [image], actions: [{ type: 'locationRequest' }] } } },
    ],
    ['a kind that WhatsApp does not have', { body: { type: 'html', html: { text: 'a' } } }],
    ['two receivers', { receiver: { contacts: [...receiver.contacts, ...receiver.contacts] }, body: text }],
    ['no receiver', { receiver: { contacts: [] }, body: text }],
    [
      'a phone without +',
      { receiver: { contacts: [{ identifierKey: 'phonenumber', identifierValue: '12025550101' }] }, body: text },
    ],
    ['eleven tags', { body: text, tags: Array.from({ length: 11 }, (_, n) => `t${n}`) }],
    ['a tag with a slash', { body: text, tags: ['a/b'] }],
    ['half a second of validity', { body: text, validity: 0.5 }],
    ['a time more than 35 days away', { body: text, scheduledFor: '2099-01-01T00:00:00Z' }],
    [
      'frequency caps outside marketing',
      { body: text, capFrequency: true, meta: { extraInformation: { useCase: 'utility' } } },
    ],
    ['four buttons', { body: { type: 'text', text: { text: 'a', actions: ['1', '2', '3', '4'].map(postback) } } }],
    ['a button of 21 letters', { body: { type: 'text', text: { text: 'a', actions: [postback('x'.repeat(21))] } } }],
    ['a file without its type', { body: { type: 'file', file: { files: [image] } } }],
    [
      'eleven rows',
      {
        body: {
          type: 'list',
          list: { text: 'a', items: [{ actions: Array.from({ length: 11 }, (_, n) => postback(`r${n}`)) }] },
        },
      },
    ],
    ['one card', { body: { type: 'carousel', carousel: { text: 'a', items: [card] } } }],
    [
      'a card with two links',
      { body: { type: 'carousel', carousel: { text: 'a', items: [card, { ...card, actions: [link, link] }] } } },
    ],
    ['a language as WhatsApp writes it', { template: { projectId: 'p', version: 'latest', locale: 'pt_BR' } }],
    ['an empty list of values', { template: { projectId: 'p', version: 'latest', locale: 'en', parameters: [] } }],
  ])('refuses %s with 422 and names the field', async (_, message) => {
    const emulator = await open()
    const answer = await send(emulator, message)
    expect(answer).toMatchObject({ status: 422, json: { code: 'InvalidPayload', details: expect.any(Object) } })
    expect(Object.keys(answer.json.details)).not.toHaveLength(0)
    expect(requestsOf(emulator).map(({ verdict }) => verdict)).toEqual(['refused'])
  })

  it('takes frequency caps in marketing, actions under files, and a quote beside the body', async () => {
    const emulator = await open()
    const file = { mediaUrl: 'https://cdn.example.test/p.pdf', contentType: 'application/pdf', filename: 'p.pdf' }
    for (const message of [
      { body: text, capFrequency: true, meta: { extraInformation: { useCase: 'marketing' } } },
      { body: { type: 'file', file: { text: 'a', files: [file], actions: [postback('Call me')] } } },
      { body: text, replyTo: { id: '1f2e3d4c-0000-4000-8000-00000000000a', type: 'message' } },
    ])
      expect((await send(emulator, message)).status).toBe(202)
  })

  it('knows its templates: project, version, language and the names of the values', async () => {
    const emulator = await open({
      templates: [
        {
          projectId: '3f1d8a5e-6f0e-4a39-9a44-0c5b0d5f1a01',
          version: 'b7a0c1d2-1111-4222-8333-444455556601',
          status: 'inactive',
        },
        {
          projectId: '3f1d8a5e-6f0e-4a39-9a44-0c5b0d5f1a01',
          version: 'b7a0c1d2-1111-4222-8333-444455556602',
          locales: ['en', 'pt-BR'],
          variables: ['first_name'],
        },
      ],
    })
    const parameters = [{ type: 'string', key: 'first_name', value: 'Ada' }]
    const good = { projectId: '3f1d8a5e-6f0e-4a39-9a44-0c5b0d5f1a01', version: 'latest', locale: 'pt-BR', parameters }
    expect((await send(emulator, { template: good })).status).toBe(202)
    for (const [change, field] of [
      [{ projectId: '3f1d8a5e-6f0e-4a39-9a44-0c5b0d5f1a09' }, 'template.projectId'],
      [{ version: 'b7a0c1d2-1111-4222-8333-444455556601' }, 'template.version'],
      [{ locale: 'de' }, 'template.locale'],
      [{ parameters: [...parameters, { type: 'string', key: 'more', value: 'x' }] }, 'template.parameters'],
      [{ parameters: undefined }, 'template.parameters'],
    ] as const) {
      const answer = await send(emulator, { template: { ...good, ...change } })
      expect(Object.keys(answer.json.details ?? {}), JSON.stringify(change)).toEqual([field])
    }
  })

  it('refuses with 409 who has not written for a day, when sessions are asked for', async () => {
    const emulator = await open({ needsSession: true })
    expect(await send(emulator, { body: text })).toMatchObject({ status: 409, json: { code: 'Conflict' } })
    emulator.setWebhooks({ url: 'http://127.0.0.1:9/none', appSecret: 'x', attemptsMax: 1 })
    await emulator.sendInbound({ dialect: 'bird', from: phone, text: 'Hi' })
    expect((await send(emulator, { body: text })).status).toBe(202)
  })
})

describe('what it knows', () => {
  it('finds a contact by phone, and tells its service window only to who names it rightly', async () => {
    const emulator = await open()
    const search = () =>
      call(emulator, `${workspace}/contacts/search`, { identifier: { key: 'phonenumber', value: phone } })
    expect((await search()).json).toEqual({ results: [] })
    await send(emulator, { body: text })
    const [found] = (await search()).json.results
    const window = (value: string) =>
      call(emulator, `${channel}/contacts/${found.id}?contactIdentifierValue=${encodeURIComponent(value)}`)
    expect((await window(phone)).json).toEqual({ serviceWindowExpireAt: null, isPermanentSession: false, metadata: {} })
    expect((await window('+12025550199')).status).toBe(404)
    emulator.setWebhooks({ url: 'http://127.0.0.1:9/none', appSecret: 'x', attemptsMax: 1 })
    await emulator.sendInbound({ dialect: 'bird', from: phone, text: 'Hi' })
    expect(Date.parse((await window(phone)).json.serviceWindowExpireAt)).toBeGreaterThan(Date.now() + 86_000_000)
  })

  it('lists messages newest first, by receiver and time, page by page, and knows no filter by reference', async () => {
    const emulator = await open()
    for (const reference of ['a', 'b', 'c']) await send(emulator, { body: text, reference })
    const list = async (query: string) => (await call(emulator, `${channel}/messages?${query}`)).json
    const to = `to=${encodeURIComponent(phone)}`
    const first = await list(`${to}&limit=2`)
    expect(first.results.map((one: { reference: string }) => one.reference)).toEqual(['c', 'b'])
    const second = await list(`${to}&limit=2&pageToken=${first.nextPageToken}`)
    expect(second.results.map((one: { reference: string }) => one.reference)).toEqual(['a'])
    expect(second).not.toHaveProperty('nextPageToken')
    expect(await list('to=%2B12025550199')).toEqual({ results: [] })
    expect(await list('startAt=2099-01-01T00:00:00Z')).toEqual({ results: [] })
    expect((await call(emulator, `${channel}/messages?reference=a`)).status).toBe(422)
    expect((await call(emulator, `${channel}/messages?limit=1001`)).status).toBe(422)
    expect((await call(emulator, `${channel}/messages/${first.results[0].id}`)).json).toMatchObject({ reference: 'c' })
    expect((await call(emulator, `${channel}/messages/unknown`)).status).toBe(404)
  })

  it('takes subscriptions only in their closed form', async () => {
    const emulator = await open()
    const good = {
      service: 'channels',
      event: 'whatsapp.outbound',
      url: 'https://herald.example.test/x',
      eventFilters: [],
    }
    const path = `/organizations/3c2b1a09-0000-4000-8000-000000000005${workspace}/webhook-subscriptions`
    expect((await call(emulator, path, good)).status).toBe(201)
    expect((await call(emulator, path, { ...good, event: 'whatsapp.read' })).status).toBe(422)
    expect((await call(emulator, path, { ...good, secret: 'x' })).status).toBe(422)
    expect((await call(emulator, path.replace('3c2b1a09', 'ffffffff'), good)).status).toBe(404)
  })

  it('keeps files in a store that takes every field of the form and no access key', async () => {
    const emulator = await open()
    const { json } = await call(emulator, `${workspace}/channel-media/presigned-upload`, { contentType: 'image/png' })
    expect(json).toMatchObject({ uploadMethod: 'POST', mediaUrl: expect.stringMatching(/^https:/) })
    const path = new URL(json.uploadUrl).pathname.replace('/bird', '')
    const form = (fields: object) => {
      const parts = Object.entries(fields).map(
        ([name, value]) => `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      )
      return `${parts.join('')}--x--\r\n`
    }
    const type = { 'content-type': 'multipart/form-data; boundary=x' }
    const whole = form({ ...json.uploadFormData, file: 'bytes' })
    expect((await call(emulator, path, whole, { headers: type })).status).toBe(403)
    const dispatcher = new Agent()
    const put = async (body: string) =>
      (await request(json.uploadUrl, { method: 'POST', headers: type, body, dispatcher })).statusCode
    expect(await put(form({ file: 'bytes' }))).toBe(400)
    expect(await put(whole)).toBe(204)
    await dispatcher.destroy()
  })
})

describe('callbacks', () => {
  it('signs timestamp, address and the raw hash of the body, and posts one event at a time', async () => {
    const received = await openReceiver()
    const emulator = await open()
    emulator.setWebhooks({ url: received.url, appSecret: 'key', readShare: 1, batchMax: 10 })
    emulator.setScript([{ phase: 'afterAccept', action: { type: 'webhooks', together: true } }])
    const { json } = await send(emulator, { body: text, reference: 'h1-0-a' })
    await emulator.settled()
    for (const { headers, raw } of received.received) {
      const hash = createHash('sha256').update(raw).digest()
      const signed = Buffer.concat([
        Buffer.from(`${headers['messagebird-request-timestamp']}\n${received.url}\n`),
        hash,
      ])
      expect(headers['messagebird-signature']).toBe(createHmac('sha256', 'key').update(signed).digest('base64'))
    }
    expect(received.received.map((one) => [one.json.event, one.json.payload.status ?? one.json.payload.type])).toEqual([
      ['whatsapp.outbound', 'sent'],
      ['whatsapp.outbound', 'delivered'],
      ['whatsapp.interaction', 'read'],
    ])
    expect(received.received[0]?.json.payload).toMatchObject({
      id: json.id,
      reference: 'h1-0-a',
      direction: 'outgoing',
    })
    expect(received.received[2]?.json.payload).toMatchObject({ messageId: json.id, messageReference: 'h1-0-a' })
    const kept = await call(emulator, `${channel}/messages/${json.id}`)
    expect(kept.json).toMatchObject({
      status: 'delivered',
      parts: [{ platformReference: expect.stringMatching(/^wamid\./) }],
    })
  })

  it.each([
    ['131026', 'delivery_failed', { code: 15001, source: { name: 'whatsapp', code: '131026' } }],
    ['11002', 'rejected', { code: 11002, source: { name: 'pre-processing' } }],
    ['15005', 'sending_failed', { code: 15005 }],
  ])('tells a failure %s as %s with its source', async (errorCode, status, failure) => {
    const received = await openReceiver()
    const emulator = await open()
    emulator.setWebhooks({ url: received.url, appSecret: 'key' })
    emulator.setScript([{ phase: 'afterAccept', action: { type: 'webhooks', errorCode } }])
    await send(emulator, { body: text })
    await emulator.settled()
    expect(received.received[0]?.json.payload).toMatchObject({ status, failure })
  })

  it('tells what people write and press, and that they opt out', async () => {
    const received = await openReceiver()
    const emulator = await open()
    emulator.setWebhooks({ url: received.url, appSecret: 'key' })
    await emulator.sendInbound({ dialect: 'bird', from: phone, text: 'Confirm', buttonPayload: 'slot:42' })
    await emulator.sendPreference({ dialect: 'bird', phone, wants: 'stop' })
    const [written, stopped] = received.received.map(({ json }) => json)
    expect(written).toMatchObject({
      event: 'whatsapp.inbound',
      payload: {
        direction: 'incoming',
        sender: { contact: { identifierValue: phone } },
        body: { text: { text: 'Confirm', actions: [{ postback: { payload: 'slot:42' } }] } },
      },
    })
    expect(stopped).toMatchObject({
      event: 'whatsapp.interaction',
      payload: { type: 'unsubscribe-request', receiver: { contacts: [{ identifierValue: phone }] } },
    })
  })
})
