// Callbacks of providers, taken before the web framework: raw bytes in, 200 after the commit. The address is checked
// before a byte of the body is read, so strangers cost one look-up. No session, no cookie, no power beyond its sender.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError } from '../domain/errors.ts'
import { isPlainPath } from '../domain/plain-path.ts'
import { Allowance, tooMany } from '../runtime/allowance.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { clientOf, type Trust } from './client-address.ts'
import { guardAddress, hostGuard } from './guard.ts'
import { refusalOf, statusOf } from './problem.ts'
import { SignatureBrake } from './signature-brake.ts'
import { becomeKnown } from './stranger-connections.ts'
import { WebhookBodies, type WebhookBodyLimits } from './webhook-bodies.ts'

export interface Callback {
  body: Uint8Array
  header(name: string): string | undefined
  url: string
}

/** A sender whose address was called with the right token. */
export interface WebhookDoor {
  senderId: number
  /** Resolves when the callback is stored. Throws AppError webhook.* for one that is not genuine. */
  receive(callback: Callback): Promise<void>
  /** The provider asks whether the address is ours. */
  handshake(query: URLSearchParams): { status: number; body: string }
}

/** What the listener needs of the engine. */
export interface WebhookPort {
  /** Undefined for an unknown sender and for a wrong token. */
  find(sender: string, token: string): Promise<WebhookDoor | undefined>
}

export interface WebhookListenerOptions {
  webhooks: WebhookPort
  host: string
  /** Base of the addresses that providers know. */
  publicUrl: string
  /** What stands on every answer. */
  headers: Record<string, string>
  /** Which proxies are trusted to say who called them. */
  trust: Trust
  clock: Clock
  log: Log
  limits?: WebhookBodyLimits
}

/** Wrong addresses that one caller is told about; then it is told to wait. */
const WRONG_PER_SECOND = 20
const WRONG_BURST = 200

/** Faults that are logged at once; then one a second: a full disk fails thousands of callbacks. */
const LOGGED_BURST = 10
const silence = { error: () => {} }

interface Answer {
  status: number
  headers: Record<string, string>
  body: string
  /** Whether the connection ends with it. */
  isLast: boolean
}

/** Decided on the raw path: nothing below it is a page's or the API's business, however it is written. */
export function isWebhookPath(url: string): boolean {
  return /^\/webhooks(?:[/?]|$)/.test(url)
}

export class WebhookListener {
  readonly #options: WebhookListenerOptions
  readonly #guardHost: (host: string | undefined) => void
  readonly #bodies: WebhookBodies
  readonly #wrong: Allowance
  readonly #signatures: SignatureBrake
  readonly #logged: Allowance
  readonly #headers: string[]

  constructor(options: WebhookListenerOptions) {
    this.#options = options
    this.#guardHost = hostGuard(options)
    this.#bodies = new WebhookBodies(options.clock, options.limits)
    this.#wrong = new Allowance({ clock: options.clock, perSecond: WRONG_PER_SECOND, burst: WRONG_BURST })
    this.#logged = new Allowance({ clock: options.clock, perSecond: 1, burst: LOGGED_BURST })
    this.#signatures = new SignatureBrake(options.clock)
    this.#headers = Object.entries({ ...options.headers, 'cache-control': 'no-store' }).flat()
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let isKnown = false
    try {
      const { door, search } = await this.#enter(request)
      isKnown = true
      becomeKnown(request.socket)
      if (request.method === 'POST') await this.#receive(door, request, response)
      else this.#shake(door, search, request, response)
    } catch (error) {
      this.#refuse(request, response, { error, isKnown })
    }
  }

  /** Gives up the bodies that are still coming. */
  close(): void {
    this.#bodies.close()
  }

  async #enter(request: IncomingMessage): Promise<{ door: WebhookDoor; search: string }> {
    this.#guardHost(request.headers.host)
    const target = readTarget(request.url ?? '')
    if (target === undefined) throw new AppError('route.not_found', 'there is nothing here')
    guardAddress(request.url ?? '')
    const door = await this.#options.webhooks.find(target.sender, target.token)
    if (door === undefined) throw this.#wrongAddress(this.#callerOf(request))
    return { door, search: target.search }
  }

  #callerOf(request: IncomingMessage): string {
    return clientOf(request, this.#options.trust).address
  }

  /** Asked after the token: who has the right one is never told to wait for what others got wrong. */
  #wrongAddress(caller: string): AppError {
    const waitSeconds = this.#wrong.take(caller)
    return waitSeconds > 0
      ? tooMany('too many callbacks to wrong addresses', waitSeconds)
      : new AppError('webhook.unknown_address', 'no sender has this webhook address')
  }

  async #receive(door: WebhookDoor, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const encoding = request.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity')
      throw new AppError('webhook.encoded', `callbacks encoded as ${encoding.slice(0, 20)} are not taken`)
    const url = `${this.#options.publicUrl}${request.url}`
    const header = (name: string) => request.headers[name.toLowerCase()] as string | undefined
    await this.#signatures.watch(this.#callerOf(request), door.senderId, () =>
      this.#bodies.take(request, response, (body) => door.receive({ body, header, url })),
    )
    this.#respond(response, { status: 200, headers: {}, body: '', isLast: false })
  }

  #shake(door: WebhookDoor, search: string, request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new AppError('route.wrong_method', `${request.method} is not offered here`, {
        details: { allowed: ['GET', 'POST'] },
      })
    const answer = door.handshake(new URLSearchParams(search))
    this.#respond(response, { ...answer, headers: { 'content-type': 'text/plain' }, isLast: !request.complete })
  }

  /** Only who has the right token keeps the connection, and a body that was not read is never read. */
  #refuse(request: IncomingMessage, response: ServerResponse, found: { error: unknown; isKnown: boolean }): void {
    const isLogged = statusOf(found.error) < 500 || this.#logged.take('') === 0
    const answer = refusalOf(found.error, isLogged ? this.#options.log : silence)
    this.#respond(response, { ...answer, isLast: !found.isKnown || !request.complete })
  }

  #respond(response: ServerResponse, { status, headers, body, isLast }: Answer): void {
    const own = Object.entries({ ...headers, ...(isLast && { connection: 'close' }) }).flat()
    response.writeHead(status, [...this.#headers, ...own, 'content-length', String(Buffer.byteLength(body))]).end(body)
  }
}

/** Parts of `/webhooks/<sender>/<token>?<search>`; undefined for every other path. */
function readTarget(url: string): { sender: string; token: string; search: string } | undefined {
  const [path = ''] = url.split('?', 1)
  const search = url.slice(path.length)
  if (!isPlainPath(path)) return undefined
  const [, , ...segments] = path.split('/')
  const [sender = '', token = '', ...more] = segments.map(decodeURIComponent)
  return sender === '' || token === '' || more.length > 0 ? undefined : { sender, token, search }
}
