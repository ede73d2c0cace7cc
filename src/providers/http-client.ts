// HTTP to a provider: one deadline for the whole exchange, no retry, no redirect, no pipelining. The outcome says
// whether the request can have arrived. That is decided by where it ended, never by an error code: a request that was not
// handed to a connected socket has not left.

import type { IncomingHttpHeaders } from 'node:http'
import { createRequire } from 'node:module'
import type { Dispatcher, Pool } from 'undici'
import { isPlainPath } from '../domain/plain-path.ts'
import { withoutEnd } from '../domain/text-end.ts'
import { type Hide, hiderOf, secretsOfHeaders } from './hidden-secrets.ts'

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path and query, after the base URL. */
  path: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** Asked in the step that hands the request to its socket; when absent, it may go whenever it can. */
  begin?: Begin
}

/** Whether a call may begin now. True notes its start: the request is written in the same synchronous step. */
export type Begin = () => boolean

export type HttpOutcome =
  | { kind: 'answer'; status: number; header(name: string): string | undefined; text: string }
  /** `begin` said no, or the client was closed first. */
  | { kind: 'not_begun'; code: string; text: string }
  /** No connection: the request never reached a socket. */
  | { kind: 'not_sent'; code: string; text: string }
  /** The request may have arrived. */
  | { kind: 'unknown'; code: string; text: string }

export interface HttpClientOptions {
  baseUrl: string
  connections: number
  deadlineMs: number
  /** Taken out of every answer, beside what the headers of the request prove themselves with. */
  secrets?: readonly string[]
  /** Replaces the sockets. */
  openPool?: OpenPool | undefined
}

/** What carries requests to one origin: `https://host:port`. */
export type RequestPool = Pick<Pool, 'dispatch' | 'close' | 'destroy'>
export type OpenPool = (origin: string, options: Pool.Options) => RequestPool

/** Longer answers are cut off: no provider needs a megabyte to say yes. */
const ANSWER_BYTES_MAX = 1024 * 1024
/** A request whose `begin` would say no by then waits no longer for a connection. */
const BEGIN_MS = 1_000
const CONNECT_MS = 10_000

/** Loaded with the first client: most commands call nobody, and it is a tenth of their start. */
const require = createRequire(import.meta.url)

export class HttpClient {
  readonly #pool: RequestPool
  readonly #basePath: string
  readonly #deadlineMs: number
  readonly #secrets: readonly string[]
  #hider: { proof: string; hide: Hide } | undefined

  constructor({ baseUrl, connections, deadlineMs, secrets = [], openPool = openSockets }: HttpClientOptions) {
    const url = new URL(baseUrl)
    this.#basePath = withoutEnd(url.pathname, /\//)
    this.#deadlineMs = deadlineMs
    this.#secrets = secrets
    this.#pool = openPool(url.origin, {
      connections,
      pipelining: 1,
      headersTimeout: deadlineMs,
      bodyTimeout: deadlineMs,
      connect: { timeout: Math.min(deadlineMs, CONNECT_MS) },
      // Below the idle time-out of any provider, so that a reused connection is not closed under a request.
      keepAliveTimeout: 4_000,
      keepAliveMaxTimeout: 4_000,
    })
  }

  request(request: HttpRequest): Promise<HttpOutcome> {
    const [path = ''] = request.path.split('?')
    // Settings and ids of others become parts of paths: none may lead elsewhere.
    if (!isPlainPath(path))
      return Promise.resolve({ kind: 'not_sent', code: 'path_refused', text: 'the path of the call leads elsewhere' })
    return new Promise((resolve) => {
      const { begin, method, headers = {}, body = null } = request
      const exchange = new Exchange({ begin, deadlineMs: this.#deadlineMs, hide: this.#hiderFor(headers) }, resolve)
      this.#pool.dispatch({ method, path: this.#basePath + request.path, headers, body }, exchange)
    })
  }

  /** The same for all requests with the same headers: nearly all of a sender. */
  #hiderFor(headers: Record<string, string>): Hide {
    const own = secretsOfHeaders(headers)
    const proof = own.join('\n')
    if (this.#hider?.proof !== proof) this.#hider = { proof, hide: hiderOf([...this.#secrets, ...own]) }
    return this.#hider.hide
  }

  async close(): Promise<void> {
    await this.#pool.close()
  }

  /** Ends open calls at once: their outcome is unknown. */
  async destroy(): Promise<void> {
    await this.#pool.destroy()
  }
}

function openSockets(origin: string, options: Pool.Options): Pool {
  const undici = require('undici') as typeof import('undici')
  return new undici.Pool(origin, options)
}

interface ExchangeOptions {
  begin: Begin | undefined
  deadlineMs: number
  hide: Hide
}

/** One request on its way: what undici tells of it becomes one outcome. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #begin: Begin | undefined
  readonly #resolve: (outcome: HttpOutcome) => void
  readonly #deadlineMs: number
  readonly #hide: Hide
  #timer: NodeJS.Timeout
  /** Set once the request is handed to a connected socket. */
  #controller: Dispatcher.DispatchController | undefined
  #isOver = false
  #status = 0
  #headers: IncomingHttpHeaders = {}
  readonly #chunks: Buffer[] = []
  #size = 0

  constructor({ begin, deadlineMs, hide }: ExchangeOptions, resolve: (outcome: HttpOutcome) => void) {
    this.#begin = begin
    this.#hide = hide
    this.#deadlineMs = deadlineMs
    this.#resolve = resolve
    this.#timer = this.#giveUpAfter(begin === undefined ? deadlineMs : Math.min(BEGIN_MS, deadlineMs))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown, because `controller.abort` would close the socket, which others can use.
    if (this.#isOver || this.#begin?.() === false) throw new NotBegun()
    this.#controller = controller
    clearTimeout(this.#timer)
    this.#timer = this.#giveUpAfter(this.#deadlineMs)
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length
    this.#chunks.push(chunk)
    if (this.#size > ANSWER_BYTES_MAX)
      this.#fail('answer_too_long', `the answer is longer than ${ANSWER_BYTES_MAX} bytes`)
  }

  onResponseEnd(): void {
    const text = this.#hide(Buffer.concat(this.#chunks).toString('utf8'))
    this.#end({ kind: 'answer', status: this.#status, header: (name) => headerOf(this.#headers, name), text })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const { code, message } = error as NodeJS.ErrnoException
    if (error instanceof NotBegun) this.#end({ kind: 'not_begun', code: 'not_begun', text: message })
    else this.#fail(typeof code === 'string' ? code.toLowerCase() : 'unknown', message)
  }

  /** An answer that waits in its socket while the process stood still is read before the request is given up. */
  #giveUpAfter(ms: number): NodeJS.Timeout {
    const timer = setTimeout(() => setImmediate(() => this.#giveUp(timer)), ms)
    return timer
  }

  #giveUp(timer: NodeJS.Timeout): void {
    // The request got its socket in the meantime, and with it a deadline of its own.
    if (timer !== this.#timer) return
    if (this.#controller === undefined) this.#fail('no_connection', 'no connection in time')
    else this.#fail('deadline', `no whole answer within ${this.#deadlineMs / 1000} s`)
  }

  #fail(code: string, text: string): void {
    this.#end({ kind: this.#controller === undefined ? 'not_sent' : 'unknown', code, text })
  }

  /** The first outcome counts; what is still open is closed. */
  #end(outcome: HttpOutcome): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#resolve(outcome)
    if (outcome.kind === 'unknown') this.#controller?.abort(new Error(outcome.text))
  }
}

class NotBegun extends Error {
  constructor() {
    super('the call was not begun')
  }
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name.toLowerCase()]
  return Array.isArray(value) ? value.join(', ') : value
}
