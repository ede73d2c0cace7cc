// Routee's token and calls over HTTP: what stands in them literally, and how often a token is asked for.
import { expect, it, onTestFinished } from 'vitest'
import { type RunningEmulator, startEmulator } from '../../../src/emulator/emulator.ts'
import type { FaultRule } from '../../../src/emulator/fault-script.ts'
import type { RequestEntry } from '../../../src/emulator/ledger.ts'
import { HttpClient } from '../../../src/providers/http-client.ts'
import type { Driver } from '../../../src/providers/provider.ts'
import { routeeProvider } from '../../../src/providers/routee/driver.ts'
import { lookUpOf, outgoing } from '../connected.ts'

const credentials = { applicationId: 'appId', applicationSecret: 'appSecret', from: '302101234567' }

interface Account {
  emulator: RunningEmulator
  drivers: Driver[]
  clock: { now: number }
}

interface AccountOptions {
  script?: FaultRule[]
  settings?: Record<string, unknown>
  /** Senders of one application. */
  senders?: number
  tokenLifetimeSeconds?: number
}

async function openAccount({ script = [], settings = {}, senders = 1, tokenLifetimeSeconds = 3600 }: AccountOptions) {
  const clock = { now: Date.UTC(2026, 4, 1) }
  const parsed = routeeProvider.settings.parse({ ...credentials, ...settings })
  const emulator = await startEmulator({
    dialects: ['routee'],
    script,
    now: () => clock.now,
    routee: { ...credentials, tokenLifetimeSeconds, pathPrefix: parsed.pathPrefix },
  })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  const baseUrl = emulator.baseUrl('routee')
  const shared = new Map<string, unknown>()
  const drivers = Array.from({ length: senders }, () => {
    const http = new HttpClient({ baseUrl, connections: 8, deadlineMs: 5_000 })
    onTestFinished(() => http.destroy())
    return routeeProvider.connect({
      settings: parsed,
      baseUrl,
      http,
      shared,
      webhookUrl: undefined,
      now: () => clock.now,
      wait: async () => {},
      receive: async () => {},
    })
  })
  return { emulator, drivers, clock } satisfies Account
}

function requestsOf({ emulator }: Account, operation: string): RequestEntry[] {
  return emulator.ledger.flatMap((entry) => (entry.kind === 'request' && entry.operation === operation ? [entry] : []))
}

const [driverOf, tokensOf] = [
  ({ drivers }: Account) => drivers[0] as Driver,
  (account: Account) => requestsOf(account, 'token').length,
]

it('asks for a token with the id and secret of the application, and sends with it', async () => {
  const account = await openAccount({})
  const result = await driverOf(account).send(outgoing({ to: '+306900000001' }))
  expect(result).toEqual({
    kind: 'accepted',
    trackingId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/),
    providerAt: '2026-05-01T00:00:00.000Z',
  })
  const [token] = requestsOf(account, 'token')
  expect(token).toMatchObject({
    method: 'POST',
    path: '/routee/oauth/token',
    body: 'grant_type=client_credentials',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  const [send] = requestsOf(account, 'send')
  expect(send).toMatchObject({
    method: 'POST',
    path: '/routee/whatsapp/campaign',
    headers: { 'content-type': 'application/json' },
  })
  expect(JSON.parse(send?.body ?? '')).toEqual({ from: '302101234567', to: '+306900000001', text: 'Hello' })
})

it('hands a group id over unchanged', async () => {
  const account = await openAccount({})
  await driverOf(account).send(outgoing({ to: '120363019502650977@g.example' }))
  expect(JSON.parse(requestsOf(account, 'send')[0]?.body ?? '').to).toBe('120363019502650977@g.example')
})

it('puts the path prefix of the sender before every call of the WhatsApp API', async () => {
  const account = await openAccount({ settings: { pathPrefix: '' } })
  const driver = driverOf(account)
  const result = await driver.send(outgoing())
  const trackingId = result.kind === 'accepted' ? result.trackingId : ''
  await driver.lookUp?.(lookUpOf(trackingId))
  await driver.setWebhook?.('https://hooks.example.test/webhooks/main/x')
  await driver.templates?.find?.('hello', ['en'])
  expect(account.emulator.ledger.map((entry) => (entry.kind === 'request' ? entry.path : ''))).toEqual([
    '/routee/oauth/token',
    '/routee/campaign',
    `/routee/tracking/campaign/${trackingId}/history`,
    '/routee/webhook',
    '/routee/accounts/templates/hello',
  ])
})

it('uses one token for many calls at once and for every sender of the application', async () => {
  const account = await openAccount({ senders: 2 })
  const results = await Promise.all(account.drivers.flatMap((driver) => [1, 2, 3].map(() => driver.send(outgoing()))))
  expect(results.map(({ kind }) => kind)).toEqual(Array(6).fill('accepted'))
  expect(tokensOf(account)).toBe(1)
})

it('gets the token before messages are claimed, and another one a minute before it runs out', async () => {
  const account = await openAccount({})
  const driver = driverOf(account)
  await driver.prepare?.()
  expect(tokensOf(account)).toBe(1)
  account.clock.now += (3600 - 61) * 1000
  await driver.send(outgoing())
  expect(tokensOf(account)).toBe(1)
  account.clock.now += 1000
  await driver.send(outgoing())
  expect(tokensOf(account)).toBe(2)
})

it('asks ahead of need every ten seconds at most while no token is given', async () => {
  const refusal: FaultRule = { match: { operation: 'token' }, phase: 'before', action: { type: 'html', status: 503 } }
  const account = await openAccount({ script: [refusal] })
  for (let pass = 0; pass < 3; pass++) await driverOf(account).prepare?.()
  expect(tokensOf(account)).toBe(1)
  account.clock.now += 10_000
  await driverOf(account).prepare?.()
  expect(tokensOf(account)).toBe(2)
})

it('goes on with the token that still holds when no new one is given', async () => {
  const refusal: FaultRule = {
    match: { operation: 'token', nth: 2 },
    phase: 'before',
    action: { type: 'html', status: 503 },
  }
  const account = await openAccount({ script: [refusal] })
  await driverOf(account).send(outgoing())
  account.clock.now += (3600 - 30) * 1000
  expect(await driverOf(account).send(outgoing())).toMatchObject({ kind: 'accepted' })
  expect(tokensOf(account)).toBe(2)
})

it.each(['401000000', '403000000'])('renews a token that is refused with %s for all who were refused', async (code) => {
  const refusal: FaultRule = { match: { nth: [1, 2, 3] }, phase: 'before', action: { type: 'providerError', code } }
  const account = await openAccount({ script: [refusal] })
  const results = await Promise.all([1, 2, 3].map(() => driverOf(account).send(outgoing())))
  expect(results.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted'])
  expect(tokensOf(account)).toBe(2)
  expect(requestsOf(account, 'send')).toHaveLength(6)
})

const tokenAnswers: [string, FaultRule['action'], Record<string, unknown>][] = [
  [
    'wrong credentials',
    { type: 'answer', status: 401, body: { error: 'invalid_client', error_description: 'Bad client credentials' } },
    { kind: 'account', error: { code: 'invalid_client', text: 'invalid_client: Bad client credentials' } },
  ],
  [
    'a throttle',
    { type: 'answer', status: 429, headers: { 'Retry-After': '9' } },
    { kind: 'throttled', retryAfterMs: 9000 },
  ],
  ['a fault', { type: 'html', status: 502 }, { kind: 'not_sent' }],
  ['a lost connection', { type: 'resetConnection' }, { kind: 'not_sent' }],
  [
    'a success without a token',
    { type: 'answer', status: 200, body: {} },
    { kind: 'account', error: { code: 'token_missing' } },
  ],
]

it.each(tokenAnswers)('knows that no message left when the token is answered by %s', async (_, action, expected) => {
  const account = await openAccount({ script: [{ match: { operation: 'token' }, phase: 'before', action }] })
  expect(await driverOf(account).send(outgoing())).toMatchObject(expected)
  expect(requestsOf(account, 'send')).toEqual([])
})

it('calls a path at which nobody answers a matter of the account, and names the setting', async () => {
  const account = await openAccount({ script: [{ phase: 'before', action: { type: 'html', status: 404 } }] })
  expect(await driverOf(account).send(outgoing())).toMatchObject({
    kind: 'account',
    error: { code: 'http_404', advice: expect.stringContaining('pathPrefix') },
  })
})

it('sends nothing when a filled-in text breaks a limit of Routee', async () => {
  const account = await openAccount({})
  const content = { type: 'text', text: 'x'.repeat(4070) } as const
  expect(await driverOf(account).send(outgoing({ content }))).toMatchObject({
    kind: 'not_started',
    skip: 'missing_variable',
  })
  expect(account.emulator.ledger).toEqual([])
})

it('registers one address for messages and for statuses', async () => {
  const account = await openAccount({})
  const url = 'https://hooks.example.test/webhooks/main/x'
  expect(await driverOf(account).setWebhook?.(url)).toEqual({ ok: true, value: { url } })
  const [call] = requestsOf(account, 'webhook.set')
  expect(JSON.parse(call?.body ?? '')).toEqual({
    webhooks: [
      { events: ['MoMessage'], callbackUrl: url },
      {
        events: [
          'MessageStatus::accepted',
          'MessageStatus::delivered',
          'MessageStatus::seen',
          'MessageStatus::failed',
          'MessageStatus::channelFailed',
          'MessageStatus::deleted',
          'MessageStatus::unknown',
        ],
        callbackUrl: url,
      },
    ],
  })
})

it('asks the history of a message, and the message itself where the history says nothing', async () => {
  const silent: FaultRule = {
    match: { operation: 'tracking.history', nth: 2 },
    phase: 'before',
    action: { type: 'answer', status: 200, body: { trackingId: 'x', history: [] } },
  }
  const account = await openAccount({ script: [silent] })
  const result = await driverOf(account).send(outgoing())
  const trackingId = result.kind === 'accepted' ? result.trackingId : ''
  const found = { found: true, trackingId, status: 'accepted', at: account.clock.now }
  expect(await driverOf(account).lookUp?.(lookUpOf(trackingId))).toEqual(found)
  expect(await driverOf(account).lookUp?.(lookUpOf(trackingId))).toEqual(found)
  expect(requestsOf(account, 'tracking.info')).toHaveLength(1)
  expect(await driverOf(account).lookUp?.(lookUpOf(null))).toEqual({ found: false, isProof: false })
})

it('needs the account to submit a template, and tells of one in our words', async () => {
  const definition = {
    templateName: 'order_shipped',
    templateCategory: 'UTILITY',
    localizations: [
      {
        language: 'en',
        components: [
          { componentType: 'HEADER', format: 'IMAGE' },
          { componentType: 'BODY', text: 'Hello {{1}}, order {{2}} shipped' },
          { componentType: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'Thanks' }] },
        ],
      },
    ],
  }
  const without = await openAccount({})
  expect(await driverOf(without).templates?.create?.(definition)).toMatchObject({
    ok: false,
    error: { advice: expect.stringContaining('whatsappAccountId') },
  })
  const account = await openAccount({ settings: { whatsappAccountId: 'waba-1' } })
  expect(await driverOf(account).templates?.create?.(definition)).toEqual({
    ok: true,
    value: { name: 'order_shipped', status: 'submitted' },
  })
  expect(await driverOf(account).templates?.find?.('order_shipped', ['en'])).toMatchObject({
    ok: true,
    value: [
      {
        name: 'order_shipped',
        language: 'en',
        status: 'pending',
        category: 'UTILITY',
        shape: {
          header: { type: 'image', values: [] },
          body: ['1', '2'],
          buttons: [{ index: 0, type: 'quickReply', takesValue: true }],
        },
        text: { header: { type: 'image', text: null }, body: expect.stringContaining('{{1}}') },
      },
    ],
  })
})
