// A stand-in for providers' APIs on loopback: starts and stops the server and joins its parts. It shares no code with
// the drivers that it is there to contradict. Each dialect lives under its own path prefix, because a sender's base URL
// replaces the provider's host.
import { setMaxListeners } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppError } from '../domain/errors.ts'
import { createBirdDialect } from './bird/dialect.ts'
import type { BirdOptions } from './bird/options.ts'
import { createIds } from './chance.ts'
import { type Dialect, type DialectContext, type DialectName, dialectNames, type IdSource } from './dialect.ts'
import { Exchanges } from './exchange.ts'
import type { FaultScript } from './fault-script.ts'
import { Faults } from './faults.ts'
import { Ledger, type LedgerEntry } from './ledger.ts'
import { createMetaDialect } from './meta/dialect.ts'
import type { MetaOptions } from './meta/options.ts'
import { createOneMsgDialect } from './onemsg/dialect.ts'
import type { OneMsgOptions } from './onemsg/options.ts'
import { RateWindow } from './rate-window.ts'
import { createRouteeDialect } from './routee/dialect.ts'
import type { RouteeOptions } from './routee/options.ts'
import { type WebhookOptions, WebhookQueue } from './webhook-queue.ts'
import { createZixflowDialect } from './zixflow/dialect.ts'
import type { ZixflowOptions } from './zixflow/options.ts'

/** It is a tool for tests and trials: nobody else on the network may reach it. */
const HOST = '127.0.0.1'

export interface EmulatorOptions {
  /** 0, the default, takes a free one. */
  port?: number
  /** Default: all. */
  dialects?: readonly DialectName[]
  /** Where callbacks go. Without it none are planned; it can be set later, when the receiver is known. */
  webhooks?: WebhookOptions
  script?: FaultScript
  /** Of the chance in fault scripts. Default 1. */
  seed?: number | string
  /** Append-only file of JSON lines. */
  ledgerPath?: string
  /** Between decision and answer. Default 0. */
  latencyMs?: number
  /** Before each status callback of a message. Default 10. */
  statusDelayMs?: number
  /** Most messages of one sender in a sliding second; default: no limit. */
  ratePerSecond?: number
  /** Epoch ms for the ledger and for timestamps in callbacks. Default Date.now. */
  now?: () => number
  /** Source of ids. Default Math.random, so that ids differ from run to run. */
  random?: () => number
  /** How long an idle connection is kept. Default 5000. */
  keepAliveMs?: number
  meta?: MetaOptions
  bird?: BirdOptions
  onemsg?: OneMsgOptions
  routee?: RouteeOptions
  zixflow?: ZixflowOptions
}

interface InboundMessage {
  /** Default meta. */
  dialect?: DialectName
  from: string
  text?: string
  /** A tap on a template's quick reply; `text` is then its label. */
  buttonPayload?: string
  /** Tracking id of the message that is answered. */
  replyTo?: string
}

interface Preference {
  /** Default meta. */
  dialect?: DialectName
  phone: string
  wants: 'stop' | 'resume'
}

export interface RunningEmulator extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Those that it plays. */
  readonly dialects: readonly DialectName[]
  /** What a sender's `baseUrl` must be. */
  baseUrl(dialect: DialectName): string
  /** Requests and callback attempts in the order in which they began; entries are completed in place. */
  readonly ledger: readonly LedgerEntry[]
  /** Replaces the rules and starts their counting anew. Throws AppError config.invalid. */
  setScript(script: FaultScript): void
  /** Replaces the receiver; undefined: nothing is planned any more. */
  setWebhooks(webhooks: WebhookOptions | undefined): void
  /** A person writes; resolves when the receiver has taken it or the attempts are used up. */
  sendInbound(message: InboundMessage): Promise<void>
  /** A person tells WhatsApp itself to stop or resume marketing; resolves like sendInbound. */
  sendPreference(preference: Preference): Promise<void>
  /** Resolves when every planned callback was taken or given up. */
  settled(): Promise<void>
  /** Forgets ledger, counts of the script, planned callbacks and what dialects have learned; script and receiver stay. */
  reset(): void
}

const dialectMakers: Record<DialectName, (context: DialectContext, options: EmulatorOptions) => Dialect> = {
  meta: (context, options) => createMetaDialect(context, options.meta ?? {}),
  bird: (context, options) => createBirdDialect(context, options.bird ?? {}),
  onemsg: (context, options) => createOneMsgDialect(context, options.onemsg ?? {}),
  routee: (context, options) => createRouteeDialect(context, options.routee ?? {}),
  zixflow: (context, options) => createZixflowDialect(context, options.zixflow ?? {}),
}

/** Throws AppError config.port_in_use, config.port_not_allowed, config.invalid. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<RunningEmulator> {
  const emulator = new Emulator(options)
  await emulator.listen(options.port ?? 0)
  return emulator
}

class Emulator implements RunningEmulator {
  readonly #now: () => number
  readonly #ids: IdSource
  readonly #faults: Faults
  readonly #rate: RateWindow | undefined
  readonly #dialects: ReadonlyMap<string, Dialect>
  readonly #ledger: Ledger
  readonly #queue: WebhookQueue
  readonly #exchanges: Exchanges
  readonly #server: Server
  readonly #stop = new AbortController()
  /** Exchanges that are not over. */
  readonly #underWay = new Set<Promise<void>>()
  #port = 0

  constructor(options: EmulatorOptions) {
    // Every answer that waits for its time listens.
    setMaxListeners(0, this.#stop.signal)
    const seed = String(options.seed ?? 1)
    const now = options.now ?? Date.now
    this.#now = now
    this.#ids = createIds(options.random ?? Math.random)
    this.#faults = new Faults(seed)
    this.#faults.set(options.script ?? [])
    this.#rate = rateWindow(options.ratePerSecond)
    this.#dialects = makeDialects({ now, ids: this.#ids }, options)
    this.#ledger = new Ledger({ now, path: options.ledgerPath })
    this.#queue = new WebhookQueue(this.#ledger)
    this.#queue.setOptions(options.webhooks)
    this.#exchanges = new Exchanges({
      dialects: this.#dialects,
      ledger: this.#ledger,
      faults: this.#faults,
      queue: this.#queue,
      rate: this.#rate,
      latencyMs: options.latencyMs ?? 0,
      statusDelayMs: options.statusDelayMs ?? 10,
      seed,
      now,
      signal: this.#stop.signal,
    })
    this.#server = createServer({ keepAliveTimeout: options.keepAliveMs ?? 5_000 })
    this.#server.on('request', (incoming, response) => {
      const work = this.#exchanges.serve(incoming, response)
      this.#underWay.add(work)
      void work.finally(() => this.#underWay.delete(work))
    })
  }

  async listen(port: number): Promise<void> {
    try {
      this.#port = await listen(this.#server, port)
    } catch (error) {
      this.#ledger.close()
      throw error
    }
  }

  get url(): string {
    return `http://${HOST}:${this.#port}`
  }

  get port(): number {
    return this.#port
  }

  get dialects(): readonly DialectName[] {
    return [...this.#dialects.values()].map((dialect) => dialect.name)
  }

  get ledger(): readonly LedgerEntry[] {
    return this.#ledger.entries
  }

  baseUrl(dialect: DialectName): string {
    return `${this.url}/${this.#dialect(dialect).name}`
  }

  setScript(script: FaultScript): void {
    this.#faults.set(script)
  }

  setWebhooks(webhooks: WebhookOptions | undefined): void {
    this.#queue.setOptions(webhooks)
  }

  async sendInbound({ dialect: name, from, text, buttonPayload, replyTo }: InboundMessage): Promise<void> {
    const dialect = this.#dialect(name)
    const phone = digitsOf(from)
    const at = this.#now()
    dialect.heard(phone, at)
    await this.#queue.push(dialect, {
      kind: 'inbound',
      id: `IN${this.#ids.hex(18)}`,
      from: phone,
      text: text ?? null,
      buttonPayload: buttonPayload ?? null,
      replyTo: replyTo ?? null,
      at,
    })
  }

  async sendPreference({ dialect, phone, wants }: Preference): Promise<void> {
    const event = { kind: 'preference', phone: digitsOf(phone), wants, at: this.#now() } as const
    await this.#queue.push(this.#dialect(dialect), event)
  }

  settled(): Promise<void> {
    return this.#queue.settled()
  }

  reset(): void {
    this.#queue.cancel()
    this.#faults.reset()
    this.#rate?.reset()
    this.#exchanges.reset()
    for (const dialect of this.#dialects.values()) dialect.reset()
    this.#ledger.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    await closeServer(this.#server)
    await Promise.all(this.#underWay)
    await this.#queue.stop()
    this.#ledger.close()
  }

  #dialect(name: DialectName = 'meta'): Dialect {
    const dialect = this.#dialects.get(name)
    if (dialect === undefined) throw new Error(`the emulator was started without the dialect ${name}`)
    return dialect
  }
}

function makeDialects(context: DialectContext, options: EmulatorOptions): ReadonlyMap<string, Dialect> {
  const names = options.dialects ?? dialectNames
  return new Map(names.map((name) => [name, dialectMakers[name](context, options)]))
}

function rateWindow(ratePerSecond: number | undefined): RateWindow | undefined {
  if (ratePerSecond === undefined) return undefined
  if (!Number.isInteger(ratePerSecond) || ratePerSecond < 1)
    throw new AppError('config.invalid', `the rate ${ratePerSecond} is no whole number from 1 on`)
  return new RateWindow(ratePerSecond)
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port)))
    server.listen(port, HOST, () => resolve((server.address() as AddressInfo).port))
  })
}

function listenError(error: NodeJS.ErrnoException, port: number): unknown {
  const hint = 'Choose another port with --port.'
  if (error.code === 'EADDRINUSE')
    return new AppError('config.port_in_use', `${HOST}:${port} is in use by another program`, { hint, cause: error })
  if (error.code === 'EACCES')
    return new AppError('config.port_not_allowed', `this program may not listen on ${HOST}:${port}`, {
      hint,
      cause: error,
    })
  return error
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function digitsOf(phone: string): string {
  return phone.replace(/\D/g, '')
}
