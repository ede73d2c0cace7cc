// Senders with their drivers connected: one connection pool each, made when it is first needed and made anew when the
// sender was changed.

import { HttpClient } from '../providers/http-client.ts'
import type { Driver, Provider } from '../providers/provider.ts'
import { getProvider } from '../providers/registry.ts'
import { findSender, getSender, type Sender } from '../store/senders.ts'
import type { Context } from './context.ts'
import { openCredentials, webhookUrlOf } from './senders.ts'

export interface ConnectedSender {
  sender: Sender
  provider: Provider
  driver: Driver
}

/** Sockets of one sender; more calls than this wait in the pool. */
const CONNECTIONS_MAX = 256

interface Entry extends ConnectedSender {
  http: HttpClient
  /** What the connection was made of. */
  made: string
}

export class SenderConnections implements AsyncDisposable {
  readonly #ctx: Context
  readonly #entries = new Map<number, Entry>()
  /** Where callbacks of our own making go; set when a receiver exists. */
  receive: (senderId: number, body: string) => Promise<void> = async () => {}

  constructor(ctx: Context) {
    this.#ctx = ctx
  }

  async get(senderId: number): Promise<ConnectedSender> {
    return this.#connect(await this.#ctx.db.read((tx) => getSender(tx, senderId)))
  }

  async findByName(name: string): Promise<ConnectedSender | undefined> {
    const sender = await this.#ctx.db.read((tx) => findSender(tx, name))
    return sender === undefined ? undefined : this.#connect(sender)
  }

  #connect(sender: Sender): ConnectedSender {
    const made = JSON.stringify([sender.provider, sender.baseUrl, sender.credentials, sender.webhookToken])
    const known = this.#entries.get(sender.id)
    if (known !== undefined && known.made === made) return { ...known, sender }
    if (known !== undefined) void known.http.close()
    const provider = getProvider(sender.provider)
    const baseUrl = sender.baseUrl ?? provider.baseUrl
    const http = new HttpClient({
      baseUrl,
      connections: CONNECTIONS_MAX,
      deadlineMs: this.#ctx.config.callDeadlineSeconds * 1000,
    })
    const { clock, log } = this.#ctx
    const driver = provider.connect({
      settings: openCredentials(this.#ctx, sender),
      baseUrl,
      http,
      webhookUrl: webhookUrlOf(this.#ctx, sender),
      now: () => clock.now(),
      wait: (until) => clock.wait(until),
      receive: async (body) => {
        await this.receive(sender.id, body).catch((error: unknown) =>
          log.warn({ err: error }, 'a callback of the sandbox was lost'),
        )
      },
    })
    const entry = { sender, provider, driver, http, made }
    this.#entries.set(sender.id, entry)
    return entry
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { http } of this.#entries.values()) await http.destroy()
    this.#entries.clear()
  }
}
