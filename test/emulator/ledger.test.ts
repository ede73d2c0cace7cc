// The ledger, in memory and in its file, and the life of the emulator.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { expect, it } from 'vitest'
import { dialectNames } from '../../src/emulator/dialect.ts'
import { startEmulator } from '../../src/emulator/emulator.ts'
import { appSecret, openEmulator, openReceiver, phone, requestsOf, send, tempDir, textTo } from './support.ts'

it('enters every request with its body, its hash and its verdict, and no secret', async () => {
  const emulator = await openEmulator({ now: () => 1_767_225_600_000 })
  const message = textTo(phone(1), 'h1-0-a')
  const answer = await send(emulator, message, { path: '/v25.0/1060000000000001/messages?access_token=secret-token' })
  const body = JSON.stringify(message)
  expect(emulator.ledger).toEqual([
    {
      seq: 1,
      kind: 'request',
      monotonicMs: expect.any(Number),
      at: 1_767_225_600_000,
      connection: 1,
      dialect: 'meta',
      operation: 'send',
      method: 'POST',
      path: '/meta/v25.0/1060000000000001/messages?access_token=***',
      headers: expect.objectContaining({ authorization: 'Bearer ***', 'content-type': 'application/json' }),
      body,
      bodySha256: createHash('sha256').update(body).digest('hex'),
      sender: '1060000000000001',
      to: '+12025550101',
      reference: 'h1-0-a',
      verdict: 'accepted',
      trackingId: answer.json.messages[0].id,
      faults: [],
      answer: { status: 200 },
      connectionEnd: 'complete',
    },
  ])
})

it('writes an accepted message to the file although its answer is lost', async () => {
  const ledgerPath = join(tempDir(), 'ledger.jsonl')
  const emulator = await startEmulator({ ledgerPath, script: [{ phase: 'afterAccept', action: 'resetConnection' }] })
  await expect(send(emulator, textTo(phone(1), 'h1-0-a'))).rejects.toThrowError()
  await emulator[Symbol.asyncDispose]()
  expect(linesOf(ledgerPath)).toMatchObject([
    { seq: 1, kind: 'request', verdict: 'accepted', reference: 'h1-0-a', answer: null },
    { seq: 1, kind: 'end', answer: null, connectionEnd: 'reset_by_us' },
  ])
})

it('appends requests and callbacks to the file, also of a second life', async () => {
  const ledgerPath = join(tempDir(), 'ledger.jsonl')
  const receiver = await openReceiver()
  for (const n of [1, 2]) {
    const emulator = await startEmulator({
      ledgerPath,
      statusDelayMs: 0,
      webhooks: { url: receiver.url, appSecret, readShare: 0 },
    })
    await send(emulator, textTo(phone(n)))
    await emulator.settled()
    await emulator[Symbol.asyncDispose]()
  }
  const kinds = linesOf(ledgerPath).map((line) => line.kind)
  expect(kinds.filter((kind) => kind === 'request')).toHaveLength(2)
  expect(kinds.filter((kind) => kind === 'webhook')).toHaveLength(4)
  expect(linesOf(ledgerPath).filter((line) => line.kind === 'webhook')).toMatchObject(
    Array(4).fill({ dialect: 'meta', attempt: 1, status: 200, outcome: 'delivered', url: receiver.url }),
  )
})

it('numbers requests and callbacks in one sequence', async () => {
  const receiver = await openReceiver()
  const emulator = await openEmulator({ webhooks: { url: receiver.url, appSecret, readShare: 0 } })
  await send(emulator, textTo(phone(1)))
  await emulator.settled()
  expect(emulator.ledger.map(({ seq, kind }) => [seq, kind])).toEqual([
    [1, 'request'],
    [2, 'webhook'],
    [3, 'webhook'],
  ])
})

it('names its dialects to whoever asks for another, and enters that too', async () => {
  const emulator = await openEmulator()
  const answer = await request(`${emulator.url}/fax/v1/messages`)
  expect(answer.statusCode).toBe(404)
  expect(await answer.body.json()).toEqual({ error: `no dialect at /fax; there are ${dialectNames.join(', ')}` })
  expect(requestsOf(emulator)).toMatchObject([{ dialect: null, verdict: 'refused' }])
})

it('waits for the answer as long as it is told', async () => {
  const emulator = await openEmulator({ latencyMs: 30 })
  const start = performance.now()
  await send(emulator, textTo(phone(1)))
  expect(performance.now() - start).toBeGreaterThanOrEqual(29)
})

it('gives its port back, also with connections and callbacks under way', async () => {
  const emulator = await startEmulator({
    webhooks: { url: 'http://127.0.0.1:9', appSecret },
    script: [{ phase: 'afterAccept', action: 'dropAnswer' }],
  })
  const lost = send(emulator, textTo(phone(1))).catch((error: { code: string }) => error.code)
  while (emulator.ledger.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await emulator[Symbol.asyncDispose]()
  expect(await lost).toBe('UND_ERR_SOCKET')
  const next = await startEmulator({ port: emulator.port })
  expect(next.port).toBe(emulator.port)
  await expect(startEmulator({ port: emulator.port })).rejects.toMatchObject({ code: 'config.port_in_use' })
  await next[Symbol.asyncDispose]()
})

it.each([
  ['a rate that is no whole number', { ratePerSecond: 0.5 }],
  ['a ledger where no folder is', { ledgerPath: '/nonexistent/ledger.jsonl' }],
  ['a webhook address that is none', { webhooks: { url: 'localhost', appSecret } }],
])('does not start with %s', async (_, options) => {
  await expect(startEmulator(options)).rejects.toMatchObject({ code: 'config.invalid' })
})

// biome-ignore lint/suspicious/noExplicitAny: lines of every kind
function linesOf(path: string): any[] {
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}
