// Which requests the Routee stand-in takes, and with which codes it refuses the others.
import { Agent, request } from 'undici'
import { expect, it } from 'vitest'
import type { RunningEmulator } from '../../src/emulator/emulator.ts'
import type { RouteeOptions } from '../../src/emulator/routee/options.ts'
import { openEmulator, openReceiver, requestsOf } from './support.ts'

interface Call {
  method?: 'GET' | 'POST'
  path: string
  headers?: Record<string, string>
  body?: unknown
}

async function call(emulator: RunningEmulator, { method = 'POST', path, headers = {}, body }: Call) {
  const dispatcher = new Agent()
  const answer = await request(emulator.baseUrl('routee') + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    dispatcher,
  })
  const text = await answer.body.text()
  await dispatcher.destroy()
  return { status: answer.statusCode, json: JSON.parse(text) as Record<string, unknown> }
}

const basic = `Basic ${Buffer.from('app:secret').toString('base64')}`
const form = 'application/x-www-form-urlencoded'

async function tokenOf(emulator: RunningEmulator): Promise<string> {
  const headers = { authorization: basic, 'content-type': form }
  const { json } = await call(emulator, { path: '/oauth/token', headers, body: 'grant_type=client_credentials' })
  return String(json.access_token)
}

async function openAccount(routee: RouteeOptions = {}, webhooks?: { url: string; appSecret: string }) {
  const emulator = await openEmulator({ routee, ...(webhooks && { webhooks }) })
  const headers = { authorization: `Bearer ${await tokenOf(emulator)}` }
  const send = (body: unknown) => call(emulator, { path: '/whatsapp/campaign', headers, body })
  return { emulator, headers, send }
}

const hello = { from: '302101234567', to: '+306900000001', text: 'Hello' }
const png = 'https://cdn.example.test/a.png'
const template = {
  templateId: 'order_shipped',
  language: { policy: 'deterministic', code: 'en' },
  components: [{ type: 'body', parameters: [{ type: 'text', text: 'Ada' }] }],
}

it.each<[string, object]>([
  ['a text', {}],
  ['a number with 00', { to: '00306900000001' }],
  ['a group', { to: '120363019502650977@g.example' }],
  ['an image', { imageURL: png, caption: 'New' }],
  ['a document', { documentURL: 'https://cdn.example.test/p.pdf', filename: 'p.pdf', caption: 'P' }],
  ['a location', { latitude: 37.97, longitude: 23.72, locationName: 'Shop', locationAddress: '1 Example St' }],
  ['a template', { template }],
])('takes %s and names the campaign', async (_, more) => {
  const { send } = await openAccount()
  expect(await send({ ...hello, ...more })).toEqual({
    status: 200,
    json: {
      trackingId: expect.stringMatching(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      createdAt: expect.stringMatching(/Z$/),
    },
  })
})

it.each<[string, object]>([
  ['an unknown key', { colour: 'red' }],
  ['imageUrl in small letters', { imageUrl: png }],
  ['no text', { text: undefined, imageURL: png }],
  ['an empty text', { text: '' }],
  ['a text of 4070 characters', { text: 'x'.repeat(4070) }],
  ['no recipient', { to: undefined }],
  ['a recipient that is neither number nor group', { to: '12 34' }],
  ['an image and a video', { imageURL: png, videoURL: png }],
  ['an address that is not ASCII', { imageURL: 'https://cdn.example.test/ä.png' }],
  ['an address by ftp', { imageURL: 'ftp://cdn.example.test/a.png' }],
  ['a caption without a file', { caption: 'New' }],
  ['a caption of 513 characters', { imageURL: png, caption: 'x'.repeat(513) }],
  ['a file name beside an image', { imageURL: png, filename: 'a.png' }],
  ['half a location', { latitude: 1 }],
  ['a location as text', { latitude: '1', longitude: '2' }],
  ['the name of no location', { locationName: 'Shop' }],
  ['a template without language', { template: { ...template, language: undefined } }],
  ['a language as text', { template: { ...template, language: 'en' } }],
  ['two bodies', { template: { ...template, components: [...template.components, ...template.components] } }],
])('refuses %s with 400000000', async (_, more) => {
  const { send, emulator } = await openAccount()
  const answer = await send({ ...hello, ...more })
  expect(answer).toEqual({ status: 400, json: { code: '400000000', developerMessage: expect.stringMatching(/./) } })
  expect(requestsOf(emulator).at(-1)?.verdict).toBe('refused')
})

it('gives tokens for the right id and secret, and only for client_credentials', async () => {
  const emulator = await openEmulator({ routee: { applicationId: 'app', applicationSecret: 'secret' } })
  const ask = (headers: Record<string, string>, body: string) =>
    call(emulator, { path: '/oauth/token', headers: { 'content-type': form, ...headers }, body })
  const good = 'grant_type=client_credentials'
  expect(await ask({ authorization: basic }, good)).toMatchObject({
    status: 200,
    json: { token_type: 'bearer', expires_in: 3600 },
  })
  expect(await ask({}, good)).toMatchObject({ status: 401, json: { error: 'invalid_client' } })
  expect(await ask({ authorization: `Basic ${Buffer.from('app:wrong').toString('base64')}` }, good)).toMatchObject({
    status: 401,
  })
  expect(await ask({ authorization: basic }, 'grant_type=password')).toMatchObject({ status: 400 })
  expect(await ask({ authorization: basic, 'content-type': 'application/json' }, good)).toMatchObject({ status: 400 })
})

it('takes no call without a token, with another scheme, or with a token that has run out', async () => {
  let now = Date.UTC(2026, 4, 1)
  const emulator = await openEmulator({ now: () => now, routee: { tokenLifetimeSeconds: 60 } })
  const token = await tokenOf(emulator)
  const send = (headers: Record<string, string>) => call(emulator, { path: '/whatsapp/campaign', headers, body: hello })
  expect(await send({})).toMatchObject({ status: 401, json: { code: '401000000' } })
  expect(await send({ authorization: `Basic ${token}` })).toMatchObject({ status: 401 })
  expect(await send({ authorization: `Bearer ${token}`, 'content-type': 'text/plain' })).toMatchObject({ status: 400 })
  expect(await send({ authorization: `Bearer ${token}` })).toMatchObject({ status: 200 })
  now += 60_000
  expect(await send({ authorization: `Bearer ${token}` })).toMatchObject({ status: 401 })
})

it('knows its paths, numbers and templates', async () => {
  const { send, headers, emulator } = await openAccount({ numbers: ['302101234567'] })
  expect(await call(emulator, { path: '/campaign', headers, body: hello })).toMatchObject({ status: 404 })
  expect(await send({ ...hello, from: '302109999999' })).toMatchObject({ json: { code: '400005000' } })
  const definition = {
    templateName: 'welcome',
    templateCategory: 'UTILITY',
    localizations: [{ language: 'en', components: [{ componentType: 'BODY', text: 'Hello {{1}}' }] }],
  }
  const create = (path: string) => call(emulator, { path, headers, body: definition })
  expect(await create('/whatsapp/accounts/other/templates')).toMatchObject({ json: { code: '404001000' } })
  expect(await create('/whatsapp/accounts/waba-1/templates')).toMatchObject({
    json: { localizations: [{ components: [{ type: 'BODY' }] }] },
  })
  expect(await create('/whatsapp/accounts/waba-1/templates')).toMatchObject({ status: 409 })
  expect(await send({ ...hello, template })).toMatchObject({ status: 404 })
  const found = await call(emulator, { method: 'GET', path: '/whatsapp/accounts/templates/welcome', headers })
  expect(found.json).toMatchObject({ localizations: [{ language: 'en', status: 'PENDING' }] })
})

it('tells of a message by callbacks without a signature and by its history', async () => {
  const receiver = await openReceiver()
  const { send, headers, emulator } = await openAccount({}, { url: receiver.url, appSecret: 'unused' })
  emulator.setScript([{ phase: 'afterAccept', action: { type: 'webhooks', statuses: ['sent', 'delivered', 'read'] } }])
  const { json } = await send(hello)
  await emulator.settled()
  expect(receiver.received.map((one) => [one.json.event, one.json.from])).toEqual([
    ['MessageStatus::accepted', undefined],
    ['MessageStatus::delivered', ' 306900000001 '],
    ['MessageStatus::seen', ' 306900000001 '],
  ])
  const path = `/whatsapp/tracking/campaign/${String(json.trackingId)}/history`
  const history = await call(emulator, { method: 'GET', path, headers })
  expect(history.json).toMatchObject({ history: [{ status: 'accepted' }, { status: 'delivered' }, { status: 'seen' }] })
  await emulator.sendInbound({ dialect: 'routee', from: '+306900000001', text: 'Thanks', buttonPayload: 'thanks' })
  expect(receiver.received.at(-1)?.json).toMatchObject({ event: 'MoMessage::Postback', postback: { data: 'thanks' } })
})

it('sends callbacks to the address that was registered', async () => {
  const [first, second] = [await openReceiver(), await openReceiver()]
  const { send, headers, emulator } = await openAccount({}, { url: first.url, appSecret: 'unused' })
  const webhooks = [{ events: ['MessageStatus::delivered'], callbackUrl: second.url }]
  expect(await call(emulator, { path: '/whatsapp/webhook', headers, body: { webhooks } })).toMatchObject({
    status: 200,
  })
  await send(hello)
  await emulator.settled()
  expect(first.received).toEqual([])
  expect(second.received.length).toBeGreaterThan(0)
})
