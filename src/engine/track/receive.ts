// Callbacks come in: verified on their raw bytes, stored in groups, answered after the commit.
// Reads the sender that the address names; writes webhook events. Safe to kill: what was not committed was not
// answered, and the provider sends it again.
import { createHash } from 'node:crypto'
import { AppError } from '../../domain/errors.ts'
import type { IncomingRequest } from '../../providers/provider.ts'
import { isSameSecret } from '../../providers/webhook-parts.ts'
import { insertWebhookEvents, type NewWebhookEvent } from '../../store/webhook-events.ts'
import type { Context } from '../context.ts'
import type { ConnectedSender, SenderConnections } from '../senders/sender-connections.ts'
import { openWebhookToken } from '../senders/senders.ts'

/** Callbacks wait for others at most so long, or until there are so many. */
const GROUP_MS = 5
const GROUP_MAX = 200

interface Waiting {
  event: NewWebhookEvent
  resolve: () => void
  reject: (error: unknown) => void
}

export class Receiver {
  readonly #ctx: Context
  readonly #connections: SenderConnections
  readonly #onStored: () => void
  #waiting: Waiting[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(ctx: Context, connections: SenderConnections, onStored: () => void) {
    this.#ctx = ctx
    this.#connections = connections
    this.#onStored = onStored
  }

  /** Takes in one callback; resolves when it is stored. Throws AppError webhook.* for one that is not genuine. */
  async receive(senderName: string, token: string, request: IncomingRequest): Promise<void> {
    const connected = await this.#authorised(senderName, token)
    const verdict = connected.driver.verifyWebhook(request)
    if (!verdict.isGenuine)
      throw new AppError(verdict.code, `a callback for sender "${connected.sender.name}" was refused`)
    await this.store(connected.sender.id, Buffer.from(request.body).toString('utf8'))
  }

  /** The provider asks whether the address is ours. */
  async handshake(
    senderName: string,
    token: string,
    query: URLSearchParams,
  ): Promise<{ status: number; body: string }> {
    const { driver, sender } = await this.#authorised(senderName, token)
    return driver.answerHandshake?.(query, openWebhookToken(this.#ctx, sender)) ?? { status: 404, body: '' }
  }

  /** An unknown sender and a wrong token get the same answer. */
  async #authorised(senderName: string, token: string): Promise<ConnectedSender> {
    const connected = await this.#connections.findByName(senderName)
    const expected = connected === undefined ? '' : openWebhookToken(this.#ctx, connected.sender)
    if (connected === undefined || !isSameSecret(token, expected))
      throw new AppError('webhook.unknown_address', 'no sender has this webhook address')
    return connected
  }

  store(senderId: number, body: string): Promise<void> {
    const bodySha256 = createHash('sha256').update(body).digest('hex')
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
      await this.#ctx.db.write((tx) =>
        insertWebhookEvents(
          tx,
          group.map(({ event }) => event),
        ),
      )
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
