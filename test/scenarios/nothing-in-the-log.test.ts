// A day of a service that logs everything it ever logs: an import with bad lines, a sender with secrets, a campaign whose
// provider fails in every way and repeats what it was told, callbacks, forgeries, wrong logins, refused requests. No
// person and no secret is in the log, none in a refusal, and none in what the command line says beside its answers.

import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { emulatedMeta } from '../reliability/emulated-meta.ts'
import {
  type CliFolder,
  cliFolder,
  herald,
  heraldProcess,
  saidBy,
  startHerald,
  stopped,
  writeIn,
} from '../support/cli.ts'

const secrets = {
  token: 'canary-access-token-7d1f',
  appSecret: 'canary-app-secret-93ab',
  password: 'canary lantern kettle orange',
  wrongPassword: 'canary wrong words here',
}
const numbers = Array.from({ length: 12 }, (_, n) => `+1202555${String(110 + n).padStart(4, '0')}`)
const people = ['Canaria', 'Quillfeather', 'canary-voucher-']
const env = { HERALD_LOG_LEVEL: 'trace' }

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A provider that fails in every way, and tells who was meant and what was said. */
async function provider() {
  const echo = `no delivery to ${numbers[4]} (${numbers[4]?.slice(1)}), text "Canaria Quillfeather, canary-voucher-4"`
  return emulatedMeta({
    statusDelayMs: 1,
    meta: { accessToken: secrets.token, templates: [{ name: 'hello', language: 'en', bodyParameters: 2 }] },
    script: [
      {
        match: { operation: 'node.get' },
        phase: 'before',
        action: { type: 'answer', status: 500, body: `see ${numbers[5]}` },
      },
      { match: { nth: 1 }, phase: 'before', action: { type: 'providerError', code: 131026, details: echo } },
      {
        match: { nth: 2 },
        phase: 'before',
        action: { type: 'answer', status: 400, body: JSON.stringify({ error: { code: 131009, message: echo } }) },
      },
      { match: { nth: 3 }, phase: 'duringAnswer', action: 'closeAfterHalfAnswer' },
      { match: { nth: 4 }, phase: 'duringAnswer', action: 'malformedJson' },
      { match: { nth: 6 }, phase: 'before', action: 'resetConnection' },
      // The last one: a web page that says yes holds the sender.
      { match: { nth: numbers.length }, phase: 'duringAnswer', action: 'html' },
      {
        match: { nth: 7 },
        phase: 'afterAccept',
        action: { type: 'webhooks', errorCode: 131026, wrongSignature: true },
      },
    ],
  })
}

async function prepare(folder: CliFolder, baseUrl: string) {
  const told: string[] = []
  const run = async (...argv: string[]) => told.push((await herald(folder, ...argv)).stderr)
  const rows = numbers.map((number, n) => `${number},Canaria Quillfeather,canary-voucher-${n}`)
  const bad = ['12,Canaria Quillfeather,canary-voucher-x', `${numbers[0]}x7,Canaria,canary-voucher-y`]
  const csv = writeIn(folder, 'people.csv', ['phone,first_name,voucher', ...rows, ...bad, ''].join('\n'))
  told.push((await heraldProcess(folder, ['import', csv, '--list', 'people'], { env })).stderr)
  const credentials = { phoneNumberId: '1060000000000001', accessToken: secrets.token, appSecret: secrets.appSecret }
  const sender = { name: 'main', provider: 'meta', baseUrl, credentials, ratePerSecond: 100, pairIntervalSeconds: 0 }
  await run('senders', 'add', writeIn(folder, 'sender.json', JSON.stringify(sender)))
  // Wrong by purpose: a refusal must not repeat what stands beside the mistake.
  const wrong = { ...sender, credentials: { ...credentials, canarySecret: secrets.token } }
  await run('senders', 'add', writeIn(folder, 'wrong.json', JSON.stringify(wrong)))
  const campaign = {
    name: 'Sale',
    useCase: 'marketing',
    sender: 'main',
    audience: { lists: ['people'] },
    content: { type: 'template', template: 'hello', language: 'en', body: ['{{ first_name }}', '{{ voucher }}'] },
    limits: { quietHours: 'ignore', frequencyCap: 'ignore' },
  }
  await herald(folder, 'campaigns', 'add', writeIn(folder, 'campaign.json', JSON.stringify(campaign)))
  const passwordFile = writeIn(folder, 'p', secrets.password)
  await herald(folder, 'users', 'add', 'ada', '--role', 'admin', '--password-file', passwordFile)
  const { json } = await herald(folder, '--json', 'keys', 'add', 'shop', '--user', 'ada')
  const { json: shown } = await herald(folder, '--json', 'senders', 'show', 'main')
  return { told, key: json.key as string, webhookPath: new URL(shown.webhookUrl).pathname }
}

it('SR-46 holds no person and no secret, whatever happens', async () => {
  const folder = cliFolder()
  const { emulator, asked } = await provider()
  const { told, key, webhookPath } = await prepare(folder, emulator.baseUrl('meta'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  emulator.setWebhooks({ url: `${url}${webhookPath}`, appSecret: secrets.appSecret })
  const service = startHerald(folder, ['--json', 'start', '--port', String(port)], { env, input: null })
  let log = ''
  service.stderr.on('data', (piece) => {
    log += String(piece)
  })
  await saidBy(service, /"setupUrl"/)
  const refusals: string[] = []
  const ask = async (path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...init.headers }
    const response = await fetch(`${url}${path}`, { redirect: 'manual', ...init, headers })
    const text = await response.text()
    if (response.status >= 400) refusals.push(text)
    return { status: response.status, text, headers: response.headers }
  }
  const post = (path: string, body: unknown, headers = {}) =>
    ask(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers })

  expect((await post('/api/v1/campaigns/Sale/launch', {})).status).toBe(200)
  // Some wait half a minute for another attempt: they are sent no more.
  await asked(numbers.length)
  await post('/api/v1/campaigns/Sale/cancel', {})

  // What the provider says of the account is told, and logged.
  expect((await post('/api/v1/senders/main/check', {})).status).toBe(502)
  // Refused requests of every kind, by somebody who has the right, and by strangers.
  const named = { phone: numbers[0], name: 'Canaria Quillfeather' }
  await post('/api/v1/suppressions', { ...named, extra: secrets.token })
  await post('/api/v1/campaigns', { name: 'x', content: { type: 'text', text: '{{ voucher' }, audience: named })
  await post('/api/v1/users', { name: 'x', role: 'admin', password: 'canary' })
  await post('/api/v1/senders', {
    name: 'x',
    provider: 'meta',
    credentials: { accessToken: secrets.token, appSecret: 7 },
  })
  await post('/api/v1/limits', `{"broken": "${secrets.token}`)
  await ask('/api/v1/me', { headers: { authorization: 'Bearer herald_canary-key-that-nobody-has' } })
  await post('/login', new URLSearchParams({ name: 'ada', password: secrets.wrongPassword }).toString(), {
    authorization: '',
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/x-www-form-urlencoded',
  })
  await post(
    webhookPath,
    { entry: [{ from: numbers[1], text: 'Canaria' }] },
    { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` },
  )
  await post(`${webhookPath}x`, { entry: [{ from: numbers[1] }] })
  await post(webhookPath, `{"object":"whatsapp_business_account","entry":"${numbers[2]}`)
  await emulator.settled()
  expect(await stopped(service)).toBe(0)

  expect(refusals.length).toBeGreaterThan(8)
  expect(log).toContain('a request failed')
  const [session, token] = [key, webhookPath.split('/').at(-1) ?? 'none']
  const mustNot = [...Object.values(secrets), ...people, session, token, 'herald_canary-key']
  for (const [where, text] of [
    ['the log', log],
    ['a command', told.join('\n')],
    ['a refusal', refusals.join('\n')],
  ] as const) {
    expect(
      mustNot.filter((canary) => text.includes(canary)),
      where,
    ).toEqual([])
    if (where !== 'a refusal')
      expect(
        numbers.filter((number) => text.includes(number.slice(4))),
        where,
      ).toEqual([])
  }
})
