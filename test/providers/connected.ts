// A real driver, connected through the real HTTP client to its dialect of the emulator, with a receiver for callbacks.
// Everything that the driver says is searched for the account's secrets.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import type { Content, ContentType } from '../../src/domain/content.ts'
import type { DialectName } from '../../src/emulator/dialect.ts'
import { type EmulatorOptions, type RunningEmulator, startEmulator } from '../../src/emulator/emulator.ts'
import type { FaultRule } from '../../src/emulator/fault-script.ts'
import type { RequestEntry } from '../../src/emulator/ledger.ts'
import { HttpClient } from '../../src/providers/http-client.ts'
import type {
  Driver,
  IncomingRequest,
  LookUpQuery,
  MediaFile,
  OutgoingMessage,
  Provider,
  ProviderName,
  WebhookItem,
} from '../../src/providers/provider.ts'
import { getProvider } from '../../src/providers/registry.ts'

/** What the suite must know of a provider: its account at the emulator, and its own words for what all have. */
export interface ProviderSpec {
  name: ProviderName
  /** Default: the provider's name. */
  dialect?: DialectName
  /** `credentials` of a sender, secrets as plain texts. */
  settings: Record<string, unknown>
  /** Accounts, numbers and templates of the stand-in. */
  emulator?: Omit<EmulatorOptions, 'dialects' | 'webhooks' | 'script' | 'port'>
  /** What the stand-in signs callbacks with; providers that sign nothing leave it out. */
  signingSecret?: string
  /** Contents instead of the plain ones, or beside them: each is checked and sent. */
  contents?: Partial<Record<ContentType, Content[]>>
  /** What a message is quoted by; default: an id of WhatsApp. */
  replyTo?: string
  /** Codes of the provider that the stand-in answers: each must become its class. */
  errors: {
    recipient?: string | number
    template?: string | number
    account: string | number
    temporary?: string | number
    unknown?: string | number
  }
  /** A person who gets the failed callback gets it for this code. */
  failureCode: string
  /** A refusal in which the provider hands on a code of WhatsApp. Meta's own form when it is left out. */
  whatsappRefusal?: (code: number) => { status: number; body: unknown }
  /** The code of WhatsApp as the provider's callbacks wrap it; plain when it is left out. */
  wrapsCode?: (code: number) => string
  /** The provider's look-ups tell that a message failed, but not why. */
  hidesReasons?: boolean
  /** The provider has tokens that run out: the refusal after which the driver renews its own once. */
  renewal?: { refusal: FaultRule['action'] }
  /** Settings with which the driver offers to mark messages as read; the plain ones when it always does. */
  markReadSettings?: Record<string, unknown>
  /** A definition in the provider's own words, and the name under which it is listed then; default: as creating answers. */
  template?: { definition: Record<string, unknown>; name?: string }
  /** The driver does not take a success without an id as in doubt: why, in words. */
  acceptsWithoutId?: string
}

/** What the whole suite must know. */
export interface WholeSpec extends ProviderSpec {
  /** Contents of which everybody's message would be refused: refused when a campaign is saved, and before a call. */
  wrongForms: Content[]
}

export interface Callback extends IncomingRequest {
  headers: IncomingHttpHeaders
  text: string
}

export interface Connected {
  provider: Provider
  driver: Driver
  emulator: RunningEmulator
  /** Callbacks in the order of arrival. */
  callbacks: Callback[]
  webhookUrl: string
  settings: Record<string, unknown>
  secrets: string[]
}

export interface ConnectOptions {
  script?: FaultRule[]
  deadlineMs?: number
  settings?: Record<string, unknown>
  baseUrl?: string
}

export async function connect(spec: ProviderSpec, options: ConnectOptions = {}): Promise<Connected> {
  const dialect = spec.dialect ?? (spec.name as DialectName)
  const { callbacks, url: webhookUrl } = await openReceiver()
  const emulator = await startEmulator({
    statusDelayMs: 0,
    ...spec.emulator,
    dialects: [dialect],
    webhooks: { url: webhookUrl, appSecret: spec.signingSecret ?? 'unused', readShare: 1 },
    script: options.script ?? [],
  })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  const provider = getProvider(spec.name, spec.settings)
  const settings = options.settings ?? spec.settings
  const baseUrl = options.baseUrl ?? emulator.baseUrl(dialect)
  const secrets = provider.secretKeys.map((key) => settings[key]).filter((value) => typeof value === 'string')
  const http = new HttpClient({ baseUrl, connections: 8, deadlineMs: options.deadlineMs ?? 5_000, secrets })
  onTestFinished(() => http.destroy())
  const driver = provider.connect({
    settings: provider.settings.parse(settings),
    baseUrl,
    http,
    webhookUrl,
    now: () => Date.now(),
    wait: async () => {},
    receive: async () => {},
  })
  return { provider, driver: discreet(driver, secrets), emulator, callbacks, webhookUrl, settings, secrets }
}

/** The same driver; what it answers must not hold a secret. */
function discreet(driver: Driver, secrets: string[]): Driver {
  const checked = <T>(value: T): T => {
    const text = JSON.stringify(value) ?? ''
    for (const secret of secrets) expect(text).not.toContain(secret)
    return value
  }
  const wrapped = Object.entries(driver).map(([key, value]) => {
    if (typeof value !== 'function') return [key, value]
    return [
      key,
      (...given: unknown[]) => {
        const answer: unknown = value.apply(driver, given)
        return answer instanceof Promise ? answer.then(checked) : checked(answer)
      },
    ]
  })
  return Object.fromEntries(wrapped) as Driver
}

async function openReceiver(): Promise<{ callbacks: Callback[]; url: string }> {
  const callbacks: Callback[] = []
  const server = createServer(async (incoming, response) => {
    const pieces: Buffer[] = []
    for await (const piece of incoming) pieces.push(piece as Buffer)
    const body = Buffer.concat(pieces)
    callbacks.push({
      body,
      text: body.toString('utf8'),
      headers: incoming.headers,
      header: (name) => headerOf(incoming.headers, name),
      url: origin + (incoming.url ?? ''),
    })
    response.writeHead(200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { callbacks, url: `${origin}/webhooks/main/dGVzdC1hZGRyZXNz` }
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name.toLowerCase()]
  return Array.isArray(value) ? value.join(', ') : value
}

export const recipient = '+12025550101'

export function outgoing(change: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    to: recipient,
    content: { type: 'text', text: 'Hello' },
    reference: 'h7f3a-1-2s',
    useCase: 'marketing',
    tags: ['spring'],
    campaign: 'Spring sale',
    expiresAt: Date.now() + 36 * 3_600_000,
    respectsCaps: true,
    respectsQuietHours: true,
    assumesSession: true,
    begin: () => true,
    ...change,
  }
}

export function lookUpOf(trackingId: string | null): LookUpQuery {
  return { trackingId, reference: 'h7f3a-1-2s', to: recipient, startedAt: Date.now() - 1_000 }
}

export const pngFile: MediaFile = {
  bytes: Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
  mimeType: 'image/png',
  filename: 'dot.png',
}

/** Requests that handed over a message. */
export function sendsOf(emulator: RunningEmulator): RequestEntry[] {
  return emulator.ledger.flatMap((entry) => (entry.kind === 'request' && entry.operation === 'send' ? [entry] : []))
}

/** What all callbacks say, each verified first. */
export function itemsOf({ driver, callbacks }: Connected): WebhookItem[] {
  return callbacks.flatMap((callback) => {
    expect(driver.verifyWebhook(callback)).toEqual({ isGenuine: true })
    return driver.parseWebhook(callback.text)
  })
}

export type StatusItem = Extract<WebhookItem, { kind: 'status' }>

export function statusesOf(connected: Connected): StatusItem[] {
  return itemsOf(connected).flatMap((item) => (item.kind === 'status' ? [item] : []))
}
