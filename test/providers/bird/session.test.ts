// Before a message without template Bird is asked for the service window of the person.
import { expect, it, onTestFinished } from 'vitest'
import { startEmulator } from '../../../src/emulator/emulator.ts'
import { HttpClient } from '../../../src/providers/http-client.ts'
import { getProvider } from '../../../src/providers/registry.ts'
import { type Connected, connect, outgoing, recipient } from '../connected.ts'
import { bird, channelPath, workspaceId } from './support.ts'

const text = { content: { type: 'text', text: 'Hello' } as const, assumesSession: false }
const noSession = { kind: 'not_started', error: null, skip: 'no_session' }

function callsOf({ emulator }: Connected): string[] {
  return emulator.ledger.flatMap((entry) => (entry.kind === 'request' ? [`${entry.method} ${entry.path}`] : []))
}

it('does not send to a person whom Bird does not know', async () => {
  const connected = await connect(bird)
  expect(await connected.driver.send(outgoing(text))).toEqual(noSession)
  expect(callsOf(connected)).toEqual([`POST /bird/workspaces/${workspaceId}/contacts/search`])
})

it('does not send to a person whose window is closed, and remembers it for a moment', async () => {
  const connected = await connect(bird)
  // Writing to somebody makes a contact at Bird, without a window.
  await connected.driver.send(outgoing({ ...text, assumesSession: true }))
  expect(await connected.driver.send(outgoing(text))).toEqual(noSession)
  expect(await connected.driver.send(outgoing(text))).toEqual(noSession)
  expect(callsOf(connected)).toHaveLength(3)
})

it('sends to a person whose window is open, and asks once', async () => {
  const connected = await connect(bird)
  await connected.emulator.sendInbound({ dialect: 'bird', from: recipient, text: 'Hi' })
  expect(await connected.driver.send(outgoing(text))).toMatchObject({ kind: 'accepted' })
  expect(await connected.driver.send(outgoing(text))).toMatchObject({ kind: 'accepted' })
  const calls = callsOf(connected)
  expect(calls).toEqual([
    `POST /bird/workspaces/${workspaceId}/contacts/search`,
    expect.stringMatching(
      new RegExp(`^GET /bird${channelPath}/contacts/[0-9a-f-]{36}\\?contactIdentifierValue=%2B12025550101$`),
    ),
    `POST /bird${channelPath}/messages`,
    `POST /bird${channelPath}/messages`,
  ])
  expect(connected.emulator.ledger.find((entry) => entry.kind === 'request')).toMatchObject({
    body: '{"identifier":{"key":"phonenumber","value":"+12025550101"}}',
  })
})

it('asks nothing for a template, nor where the operator assumes a session', async () => {
  const connected = await connect(bird)
  const template = { type: 'template', template: '3f1d8a5e-6f0e-4a39-9a44-0c5b0d5f1a01', language: 'en' } as const
  await connected.driver.send(outgoing({ content: template, assumesSession: false }))
  await connected.driver.send(outgoing({ ...text, assumesSession: true }))
  expect(callsOf(connected)).toEqual(Array(2).fill(`POST /bird${channelPath}/messages`))
})

const question = (action: object) => ({
  script: [{ match: { operation: 'contacts.search' }, phase: 'before' as const, action: action as never }],
})

it.each<[string, object, object]>([
  ['breaks down', { type: 'answer', status: 500, body: 'oops' }, { kind: 'temporary', error: { httpStatus: 500 } }],
  ['hangs up', { type: 'resetConnection' }, { kind: 'temporary' }],
  ['is asked too fast', { type: 'throttle', retryAfter: 3 }, { kind: 'throttled', retryAfterMs: 3_000 }],
  [
    'refuses the key',
    { type: 'answer', status: 403, body: {} },
    { kind: 'account', error: { advice: expect.stringContaining('contacts') } },
  ],
])('sends nothing, and is not in doubt, when Bird %s at the question', async (_, action, expected) => {
  const connected = await connect(bird, question(action))
  expect(await connected.driver.send(outgoing(text))).toMatchObject(expected)
  expect(callsOf(connected)).toHaveLength(1)
})

it('sends nothing when the question took longer than the message is worth sending', async () => {
  const connected = await connect(bird, question({ type: 'delay', ms: 60 }))
  await connected.emulator.sendInbound({ dialect: 'bird', from: recipient, text: 'Hi' })
  const message = outgoing({ ...text, expiresAt: Date.now() + 30 })
  expect(await connected.driver.send(message)).toEqual({ kind: 'not_started', error: null })
})

/** A driver and a stand-in with one clock, which the test moves. */
async function connectWithClock() {
  const clock = { now: Date.UTC(2027, 5, 1, 10) }
  const now = () => clock.now
  const emulator = await startEmulator({ ...bird.emulator, dialects: ['bird'], now })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  emulator.setWebhooks({ url: 'http://127.0.0.1:9/none', appSecret: 'x', attemptsMax: 1 })
  const baseUrl = emulator.baseUrl('bird')
  const http = new HttpClient({ baseUrl, connections: 2, deadlineMs: 5_000 })
  onTestFinished(() => http.destroy())
  const provider = getProvider('bird')
  const driver = provider.connect({
    settings: provider.settings.parse(bird.settings),
    baseUrl,
    http,
    webhookUrl: undefined,
    now,
    wait: async () => {},
    receive: async () => {},
  })
  const send = () => driver.send(outgoing({ ...text, expiresAt: clock.now + 36 * HOUR_MS }))
  const hear = () => emulator.sendInbound({ dialect: 'bird', from: recipient, text: 'Hi' })
  return { clock, send, hear }
}

const HOUR_MS = 3_600_000

it('sends until the window closes, and not after', async () => {
  const { clock, send, hear } = await connectWithClock()
  await hear()
  expect(await send()).toMatchObject({ kind: 'accepted' })
  clock.now += 24 * HOUR_MS - 1
  expect(await send()).toMatchObject({ kind: 'accepted' })
  clock.now += 1
  expect(await send()).toEqual(noSession)
})

it('asks again for a closed window after a minute', async () => {
  const { clock, send, hear } = await connectWithClock()
  expect(await send()).toEqual(noSession)
  await hear()
  clock.now += 59_999
  expect(await send()).toEqual(noSession)
  clock.now += 1
  expect(await send()).toMatchObject({ kind: 'accepted' })
})
