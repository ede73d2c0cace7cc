// Senders with their drivers connected: one connection pool each, made when it is first needed and made anew when the
// sender was changed.

import { setMaxListeners } from 'node:events'
import { WINDOW_MAX } from '../../domain/rate.ts'
import { type Hide, hiderOf } from '../../providers/hidden-secrets.ts'
import { HttpClient, type OpenPool } from '../../providers/http-client.ts'
import type { Driver, Provider } from '../../providers/provider.ts'
import { getProvider } from '../../providers/registry.ts'
import { getSender, type Sender } from '../../store/senders.ts'
import type { Context } from '../context.ts'
import { type PacedDriver, pacedDriver } from './paced-driver.ts'
import { openCredentials } from './sender-secrets.ts'
import { webhookUrlOf } from './webhook-token.ts'

export interface ConnectedSender {
  sender: Sender
  provider: Provider
  driver: Driver
  /** Takes the secrets of the sender out of a text. */
  hide: Hide
}

/** Sockets of one sender: as many as calls can be in flight, and some for what is asked beside them. */
const CONNECTIONS_MAX = WINDOW_MAX + 24

interface Entry extends ConnectedSender, PacedDriver {
  https: HttpClient[]
  /** What the connection was made of. */
  made: string
}

/** What the connection of a sender is made of. */
export function connectionOf({ provider, baseUrl, credentials, webhookToken }: Sender): string {
  return JSON.stringify([provider, baseUrl, credentials, webhookToken])
}

export interface ConnectionOptions {
  /** Replaces the sockets of every sender. */
  openPool?: OpenPool
}

export class SenderConnections implements AsyncDisposable {
  readonly #ctx: Context
  readonly #openPool: OpenPool | undefined
  readonly #entries = new Map<number, Entry>()
  readonly #shared = new Map<string, unknown>()
  readonly #closing = new AbortController()
  #isClosed = false
  /** Where callbacks of our own making go; set when a receiver exists. */
  receive: (senderId: number, body: string) => Promise<void> = async () => {}

  constructor(ctx: Context, { openPool }: ConnectionOptions = {}) {
    // Every report of the sandbox that is still to come waits on it.
    setMaxListeners(0, this.#closing.signal)
    this.#ctx = ctx
    this.#openPool = openPool
  }

  async get(senderId: number): Promise<ConnectedSender> {
    return this.connect(await this.#ctx.db.read((tx) => getSender(tx, senderId)))
  }

  /** By name or id. Throws AppError sender.not_found. */
  async getByName(name: string): Promise<ConnectedSender> {
    return this.connect(await this.#ctx.db.read((tx) => getSender(tx, name)))
  }

  /** Throws AppError config.* when the sender's secrets cannot be had. */
  connect(sender: Sender): ConnectedSender {
    const made = connectionOf(sender)
    const known = this.#entries.get(sender.id)
    if (known !== undefined && known.made === made) {
      known.follow(sender.ratePerSecond)
      return { ...known, sender }
    }
    for (const http of known?.https ?? []) void http.close()
    const provider = getProvider(sender.provider, sender.credentials)
    const baseUrl = sender.baseUrl ?? provider.baseUrl
    const settings = openCredentials(this.#ctx, sender)
    const secrets = secretsOf(provider, settings)
    const http = this.#open(baseUrl, CONNECTIONS_MAX, secrets)
    const authHttp =
      sender.baseUrl === null && provider.authBaseUrl !== undefined
        ? this.#open(provider.authBaseUrl, 1, secrets)
        : undefined
    const { clock, log } = this.#ctx
    const connected = provider.connect({
      settings,
      baseUrl,
      http,
      ...(authHttp && { authHttp }),
      shared: this.#shared,
      webhookUrl: webhookUrlOf(this.#ctx, sender),
      now: () => clock.now(),
      wait: (until) => clock.wait(until, this.#closing.signal),
      receive: async (body) => {
        if (this.#isClosed) return
        await this.receive(sender.id, body).catch((error: unknown) =>
          log.warn({ err: error }, 'a callback of the sandbox was lost'),
        )
      },
    })
    const paced = pacedDriver(connected, sender.ratePerSecond)
    const https = authHttp === undefined ? [http] : [http, authHttp]
    const entry = { sender, provider, hide: hiderOf(secrets), ...paced, https, made }
    this.#entries.set(sender.id, entry)
    return entry
  }

  #open(baseUrl: string, connections: number, secrets: readonly string[]): HttpClient {
    const deadlineMs = this.#ctx.config.callDeadlineSeconds * 1000
    return new HttpClient({ baseUrl, connections, deadlineMs, secrets, openPool: this.#openPool })
  }

  /** What drivers have to report is reported at once instead of in its time: afterwards nobody listens. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await Promise.all([...this.#entries.values()].map(({ driver }) => driver.settled?.()))
    this.#isClosed = true
    for (const { https } of this.#entries.values()) for (const http of https) await http.destroy()
    this.#entries.clear()
  }
}

function secretsOf({ secretKeys }: Provider, settings: unknown): string[] {
  const given = settings as Record<string, unknown>
  return secretKeys.map((key) => given[key]).filter((secret) => typeof secret === 'string')
}
