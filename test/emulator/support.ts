// An emulator and a receiver of callbacks that go away with the test, and a plain client: nothing here knows the drivers.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, type FormData, request } from 'undici'
import { onTestFinished } from 'vitest'
import { type EmulatorOptions, type RunningEmulator, startEmulator } from '../../src/emulator/emulator.ts'
import type { RequestEntry, WebhookEntry } from '../../src/emulator/ledger.ts'

export const phoneNumberId = '1060000000000001'
export const wabaId = '1000000000000001'
export const appSecret = 'meta-test-app-secret'

export async function openEmulator(options: EmulatorOptions = {}): Promise<RunningEmulator> {
  const emulator = await startEmulator({ statusDelayMs: 0, ...options })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  return emulator
}

export interface Reply {
  status: number
  headers: IncomingHttpHeaders
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  json: any
}

export interface CallOptions {
  method?: 'GET' | 'POST' | 'DELETE'
  path: string
  headers?: Record<string, string>
  body?: string | Buffer | FormData
  agent?: Agent
  signal?: AbortSignal
}

/** One request with a good token unless the headers say otherwise. Rejects with undici's error when no answer comes. */
export async function call(emulator: RunningEmulator, options: CallOptions): Promise<Reply> {
  const { method = 'GET', path, headers = {}, body = null, agent, signal } = options
  const dispatcher = agent ?? new Agent()
  try {
    const answer = await request(emulator.baseUrl('meta') + path, {
      method,
      headers: { authorization: 'Bearer test-token', ...headers },
      body,
      dispatcher,
      ...(signal && { signal }),
    })
    const text = await answer.body.text()
    return { status: answer.statusCode, headers: answer.headers, text, json: parse(text) }
  } finally {
    if (agent === undefined) await dispatcher.destroy()
  }
}

export const messagesPath = `/v25.0/${phoneNumberId}/messages`

export function send(emulator: RunningEmulator, message: unknown, options: Partial<CallOptions> = {}): Promise<Reply> {
  return call(emulator, {
    method: 'POST',
    path: messagesPath,
    ...options,
    headers: { 'content-type': 'application/json', ...options.headers },
    body: JSON.stringify(message),
  })
}

/** A text to one of the numbers kept for fiction. */
export function textTo(to: string, reference?: string): Record<string, unknown> {
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to,
    type: 'text',
    text: { body: 'Hello' },
    ...(reference !== undefined && { biz_opaque_callback_data: reference }),
  }
}

export function phone(n: number): string {
  return `+1202555${String(100 + n).padStart(4, '0')}`
}

export interface Received {
  headers: IncomingHttpHeaders
  raw: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: tests look into callbacks of every shape
  json: any
}

export interface Receiver {
  url: string
  received: Received[]
  /** Statuses to answer, in order; then 200. */
  answers: number[]
  /** Every status in the order of arrival, as `sent to 12025550100`. */
  statuses(): string[]
}

export async function openReceiver(onReceived: (received: Received) => void = () => {}): Promise<Receiver> {
  const received: Received[] = []
  const answers: number[] = []
  const server = createServer(async (incoming, response) => {
    const pieces: Buffer[] = []
    for await (const piece of incoming) pieces.push(piece as Buffer)
    const raw = Buffer.concat(pieces)
    const one = { headers: incoming.headers, raw, json: parse(raw.toString()) }
    received.push(one)
    onReceived(one)
    response.writeHead(answers.shift() ?? 200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/main`
  return {
    url,
    received,
    answers,
    statuses: () => received.flatMap(statusesIn).map(({ status, to }) => `${status} to ${to}`),
  }
}

export function statusesIn({
  json,
}: Received): { status: string; to: string; reference: string | undefined; id: string }[] {
  return json.entry.flatMap((entry: { changes: { value: { statuses?: Record<string, string>[] } }[] }) =>
    entry.changes.flatMap(({ value }) =>
      (value.statuses ?? []).map((one) => ({
        status: one.status,
        to: one.recipient_id,
        reference: one.biz_opaque_callback_data,
        id: one.id,
      })),
    ),
  )
}

export function requestsOf(emulator: RunningEmulator): RequestEntry[] {
  return emulator.ledger.filter((entry) => entry.kind === 'request')
}

export function webhooksOf(emulator: RunningEmulator): WebhookEntry[] {
  return emulator.ledger.filter((entry) => entry.kind === 'webhook')
}

export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'herald-emulator-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
