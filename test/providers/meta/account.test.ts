// The calls beside sending: templates, state of the number, files, the address for callbacks.
import { expect, it } from 'vitest'
import type { RequestEntry } from '../../../src/emulator/ledger.ts'
import type { MetaOptions } from '../../../src/emulator/meta/options.ts'
import { getProvider } from '../../../src/providers/registry.ts'
import { type ConnectOptions, connect, type ProviderSpec, pngFile } from '../connected.ts'

const settings = {
  phoneNumberId: '1060000000000001',
  wabaId: '1000000000000001',
  accessToken: 'account-token',
  appSecret: 'account-secret',
}

async function open(meta: MetaOptions = {}, options: ConnectOptions = {}) {
  const spec: ProviderSpec = {
    name: 'meta',
    settings,
    emulator: { meta },
    errors: { account: 190 },
    failureCode: '131026',
  }
  const connected = await connect(spec, options)
  const requests = () => connected.emulator.ledger.filter((entry): entry is RequestEntry => entry.kind === 'request')
  return { ...connected, requests }
}

it('lists templates page by page with their places for values', async () => {
  const templates = Array.from({ length: 230 }, (_, n) => ({ name: `offer_${n}`, language: 'en' }))
  const { driver, requests } = await open({
    templates: [
      { name: 'spring_sale', language: 'en_US', bodyParameters: 2, header: 'IMAGE', buttonParameters: 1 },
      { name: 'named', language: 'de', bodyParameters: ['first_name'], status: 'PAUSED', category: 'UTILITY' },
      ...templates,
    ],
  })
  const answer = await driver.templates?.list?.()
  expect(answer).toMatchObject({ ok: true })
  const all = answer?.ok ? answer.value : []
  expect(all).toHaveLength(232)
  expect(all[0]).toEqual({
    name: 'spring_sale',
    title: 'spring_sale',
    language: 'en_US',
    status: 'approved',
    statusDetail: 'APPROVED',
    category: 'MARKETING',
    namespace: null,
    quality: 'UNKNOWN',
    shape: {
      header: { type: 'image', values: [] },
      body: ['1', '2'],
      isNamed: false,
      buttons: [{ index: 0, type: 'url', takesValue: true }],
      cards: [],
    },
    text: {
      header: { type: 'image', text: null },
      body: 'Hello {{1}} {{2}}',
      footer: null,
      buttons: [{ index: 0, title: 'Open 0', url: 'https://example.test/s/{{1}}' }],
      cards: [],
    },
  })
  expect(all[1]).toMatchObject({
    status: 'paused',
    category: 'UTILITY',
    shape: { body: ['first_name'], isNamed: true },
  })
  const fields = 'fields=name,status,category,language,components,quality_score,parameter_format&limit=100'
  expect(requests().map(({ method, path }) => `${method} ${path}`)).toEqual([
    `GET /meta/v25.0/1000000000000001/message_templates?${fields}`,
    expect.stringContaining(`?${fields}&after=`),
    expect.stringContaining(`?${fields}&after=`),
  ])
})

it('creates and deletes a template in the words of Meta', async () => {
  const { driver, requests } = await open({ createdStatus: 'PENDING' })
  const definition = {
    name: 'spring_sale',
    language: 'en_US',
    category: 'MARKETING',
    components: [{ type: 'BODY', text: 'Hello {{1}}', example: { body_text: [['Ada']] } }],
  }
  expect(await driver.templates?.create?.(definition)).toEqual({
    ok: true,
    value: { name: 'spring_sale', status: 'pending' },
  })
  expect(await driver.templates?.create?.(definition)).toMatchObject({ ok: false, error: { code: '100' } })
  expect(await driver.templates?.delete?.('spring_sale')).toEqual({ ok: true, value: { name: 'spring_sale' } })
  expect(await driver.templates?.delete?.('spring_sale')).toMatchObject({ ok: false, error: { httpStatus: 400 } })
  const [created, , deleted] = requests()
  expect(JSON.parse(created?.body ?? '')).toEqual(definition)
  expect(`${deleted?.method} ${deleted?.path}`).toBe(
    'DELETE /meta/v25.0/1000000000000001/message_templates?name=spring_sale',
  )
})

it('has no templates and no call for callbacks when the sender names no business account', async () => {
  const { wabaId: _, ...without } = settings
  const { driver } = await open({}, { settings: without })
  expect(driver.templates).toBeUndefined()
  expect(driver.setWebhook).toBeUndefined()
  expect(getProvider('meta', without).capabilities.templates).toEqual([])
  expect(getProvider('meta', settings).capabilities.templates).toEqual(['list', 'create', 'delete'])
})

it('tells quality, limit and throughput of the number', async () => {
  const { driver, requests } = await open({
    phoneNumbers: [{ id: '1060000000000001', qualityRating: 'YELLOW', messagingLimit: 'TIER_2K', throughput: 'HIGH' }],
  })
  const answer = await driver.checkAccount?.()
  expect(answer?.ok && answer.value).toEqual(
    expect.arrayContaining([
      { name: 'quality', value: 'YELLOW', isProblem: false },
      { name: 'messaging limit', value: 'TIER_2K', isProblem: false },
      { name: 'throughput', value: 'HIGH', isProblem: false },
      { name: 'status', value: 'CONNECTED', isProblem: false },
      { name: 'can send: phone number', value: 'AVAILABLE', isProblem: false },
      { name: 'can send: waba', value: 'AVAILABLE', isProblem: false },
    ]),
  )
  expect(requests()[0]?.path).toMatch(/^\/meta\/v25\.0\/1060000000000001\?fields=display_phone_number,/)
})

it('tells what keeps a number from sending', async () => {
  const { driver } = await open({ phoneNumbers: [{ id: '1060000000000001', canSendMessage: 'BLOCKED' }] })
  const answer = await driver.checkAccount?.()
  expect(answer?.ok && answer.value.filter((fact) => fact.isProblem)).toEqual([
    { name: 'can send: phone number', value: 'BLOCKED', isProblem: true },
  ])
  const refused = await open({ accessToken: 'another-token' })
  expect(await refused.driver.checkAccount?.()).toMatchObject({
    ok: false,
    error: { code: '190', advice: expect.stringContaining('new one') },
  })
})

it('uploads a file as a form and names it in a message afterwards', async () => {
  const { driver, requests } = await open()
  const answer = await driver.uploadMedia?.(pngFile)
  expect(answer).toEqual({ ok: true, value: { mediaId: expect.stringMatching(/^\d{16}$/) } })
  expect(requests()[0]).toMatchObject({ method: 'POST', path: '/meta/v25.0/1060000000000001/media', verdict: 'served' })
  const wrong = await driver.uploadMedia?.({ ...pngFile, mimeType: 'image/gif' })
  expect(wrong).toMatchObject({ ok: false, error: { code: '131053' } })
})

it('sets the address for callbacks with the token of the address, or the one that is set', async () => {
  const { driver, requests, webhookUrl } = await open()
  expect(await driver.setWebhook?.(webhookUrl)).toEqual({ ok: true, value: { url: webhookUrl } })
  const own = await open({}, { settings: { ...settings, verifyToken: 'my-own-token' } })
  await own.driver.setWebhook?.('https://example.test/webhooks/main/x')
  const [first] = requests()
  const [second] = own.requests()
  expect(`${first?.method} ${first?.path}`).toBe('POST /meta/v25.0/1000000000000001/subscribed_apps')
  expect(JSON.parse(first?.body ?? '')).toEqual({
    override_callback_uri: webhookUrl,
    verify_token: webhookUrl.split('/').at(-1),
  })
  expect(JSON.parse(second?.body ?? '')).toMatchObject({ verify_token: 'my-own-token' })
})

it('marks messages as read only where the sender asks for it', async () => {
  const { driver } = await open()
  expect(driver.markRead).toBeUndefined()
  const asking = await open({}, { settings: { ...settings, markRead: true } })
  expect(await asking.driver.markRead?.('wamid.IN1')).toEqual({ ok: true, value: null })
  expect(JSON.parse(asking.requests()[0]?.body ?? '')).toEqual({
    messaging_product: 'whatsapp',
    status: 'read',
    message_id: 'wamid.IN1',
  })
})
