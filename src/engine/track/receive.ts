// Callbacks come in: verified on their raw bytes, stored in groups, answered after the commit.
// Reads the sender that the address names; writes webhook events. Safe to kill: what was not committed was not
// answered, and the provider sends it again.
import { hash } from 'node:crypto'
import { AppError } from '../../domain/errors.ts'
import type { IncomingRequest } from '../../providers/provider.ts'
import { insertWebhookEvents, type NewWebhookEvent } from '../../store/webhook-events.ts'
import type { Context } from '../context.ts'
import type { SenderConnections } from '../senders/sender-connections.ts'
import { type WebhookAddress, WebhookAddresses } from '../senders/webhook-addresses.ts'

/** Callbacks wait for others at most so long, or until there are so many. */
const GROUP_MS = 5
const GROUP_MAX = 200

interface Waiting {
  event: NewWebhookEvent
  resolve: () => void
  reject: (error: unknown) => void
}

/** A sender whose address was called with the right token. */
export interface Door {
  senderId: number
  /** Resolves when the callback is stored. Throws AppError webhook.* for one that is not genuine. */
  receive(request: IncomingRequest): Promise<void>
  /** The provider asks whether the address is ours. */
  handshake(query: URLSearchParams): { status: number; body: string }
}

export class Receiver {
  readonly #ctx: Context
  readonly #addresses: WebhookAddresses
  readonly #onStored: () => void
  #waiting: Waiting[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(ctx: Context, connections: SenderConnections, onStored: () => void) {
    this.#ctx = ctx
    this.#addresses = new WebhookAddresses(ctx, connections)
    this.#onStored = onStored
  }

  /** Whose address this is; undefined for an unknown sender and for a wrong token. */
  async find(senderName: string, token: string): Promise<Door | undefined> {
    const address = await this.#addresses.find(senderName, token)
    if (address === undefined) return undefined
    return {
      senderId: address.sender.id,
      receive: (request) => this.#receive(address, request),
      handshake: (query) =>
        address.connected.driver.answerHandshake?.(query, address.token) ?? { status: 404, body: '' },
    }
  }

  async #receive({ sender, connected }: WebhookAddress, request: IncomingRequest): Promise<void> {
    const verdict = connected.driver.verifyWebhook(request)
    if (!verdict.isGenuine) throw new AppError(verdict.code, `a callback for sender "${sender.name}" was refused`)
    const { buffer, byteOffset, length } = request.body
    await this.store(sender.id, connected.hide(Buffer.from(buffer, byteOffset, length).toString()))
  }

  store(senderId: number, body: string): Promise<void> {
    const bodySha256 = hash('sha256', body)
    const event = { senderId, receivedAt: this.#ctx.clock.now(), bodySha256, body }
    return new Promise<void>((resolve, reject) => {
      this.#waiting.push({ event, resolve, reject })
      if (this.#waiting.length >= GROUP_MAX) void this.#flush()
      else this.#timer ??= setTimeout(() => void this.#flush(), GROUP_MS)
    })
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const group = this.#waiting
    this.#waiting = []
    if (group.length === 0) return
    try {
      const events = group.map(({ event }) => event)
      await this.#ctx.db.write((tx) => insertWebhookEvents(tx, events), { isBeside: true })
      for (const { resolve } of group) resolve()
      this.#onStored()
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  /** Stores what is still waiting. */
  async close(): Promise<void> {
    await this.#flush()
  }
}
