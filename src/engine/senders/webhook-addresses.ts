// Addresses that providers call: the name of a sender and its token. Those asked for in one turn of the event loop are
// looked up by one read that begins afterwards, so a change counts from its commit on, by any process. Tokens are opened
// and drivers taken anew only when the row says something else.
import { hash, timingSafeEqual } from 'node:crypto'
import type { ReadTx } from '../../store/database.ts'
import { findSenderMake, getSender, type Sender, type SenderMake } from '../../store/senders.ts'
import type { Context } from '../context.ts'
import type { ConnectedSender, SenderConnections } from './sender-connections.ts'
import { openFormerToken, openWebhookToken } from './webhook-token.ts'

/** Longest name of a sender. */
const NAME_LENGTH_MAX = 100

export interface WebhookAddress {
  sender: Sender
  token: string
  connected: ConnectedSender
}

interface Known {
  /** What the row said. */
  made: string
  sender: Sender
  tokenHash: Buffer
  /** Of the token before, taken until an instant. */
  former: { hash: Buffer; until: number } | undefined
  /** Absent until a caller had the right token. */
  connected?: ConnectedSender
}

/** What a look-up found, name by name; one sender that cannot be read fails alone. */
type Found = ReadonlyMap<string, Known | undefined | { error: unknown }>

export class WebhookAddresses {
  readonly #ctx: Context
  readonly #connections: SenderConnections
  readonly #known = new Map<string, Known>()
  #names = new Set<string>()
  #asked: Promise<Found> | undefined

  constructor(ctx: Context, connections: SenderConnections) {
    this.#ctx = ctx
    this.#connections = connections
  }

  /** Undefined for an unknown sender and for a wrong token. Throws AppError config.* when its secrets cannot be had. */
  async find(name: string, token: string): Promise<WebhookAddress | undefined> {
    if (name.length > NAME_LENGTH_MAX) return undefined
    this.#names.add(name)
    this.#asked ??= this.#afterThisTurn()
    const found = (await this.#asked).get(name)
    if (found === undefined) return undefined
    if ('error' in found) throw found.error
    if (!this.#isTaken(found, digest(token))) return undefined
    found.connected ??= this.#connections.connect(found.sender)
    return { sender: found.sender, token, connected: found.connected }
  }

  #isTaken({ tokenHash, former }: Known, given: Buffer): boolean {
    if (timingSafeEqual(given, tokenHash)) return true
    return former !== undefined && timingSafeEqual(given, former.hash) && this.#ctx.clock.now() < former.until
  }

  async #afterThisTurn(): Promise<Found> {
    await new Promise((resolve) => setImmediate(resolve))
    const names = this.#names
    this.#names = new Set()
    this.#asked = undefined
    return this.#ctx.db.read(async (tx) => {
      const found = new Map<string, Known | undefined | { error: unknown }>()
      for (const name of names) found.set(name, await this.#lookUp(tx, name).catch((error: unknown) => ({ error })))
      return found
    })
  }

  async #lookUp(tx: ReadTx, name: string): Promise<Known | undefined> {
    const make = await findSenderMake(tx, name)
    const made = make && textOf(make)
    const known = this.#known.get(name)
    if (known?.made === made) return known
    this.#known.delete(name)
    if (make === undefined || made === undefined) return undefined
    const sender = await getSender(tx, make.id)
    const former = openFormerToken(this.#ctx, sender)
    const fresh = {
      made,
      sender,
      tokenHash: digest(openWebhookToken(this.#ctx, sender)),
      former: former && { hash: digest(former.token), until: former.until },
    }
    this.#known.set(name, fresh)
    return fresh
  }
}

function textOf(make: SenderMake): string {
  return JSON.stringify(make)
}

/** Secrets of any length are compared in constant time. */
function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
