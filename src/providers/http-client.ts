// HTTP to a provider: one deadline for the whole exchange, no retry, no redirect, no pipelining. The outcome says
// whether the request can have arrived, because only that decides whether it may be sent again.
import { Pool } from 'undici'

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path and query, after the base URL. */
  path: string
  headers?: Record<string, string>
  body?: string | Uint8Array
}

export type HttpOutcome =
  | { kind: 'answer'; status: number; header(name: string): string | undefined; text: string }
  /** No connection, or we gave up before the request was written. */
  | { kind: 'not_sent'; code: string; text: string }
  /** The request may have arrived. */
  | { kind: 'unknown'; code: string; text: string }

export interface HttpClientOptions {
  baseUrl: string
  connections: number
  deadlineMs: number
}

/** Longer answers are cut off: no provider needs a megabyte to say yes. */
const ANSWER_BYTES_MAX = 1024 * 1024

/** What can only happen before the first byte of a request leaves. */
const connectErrors = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_NODATA',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

export class HttpClient {
  readonly #pool: Pool
  readonly #basePath: string
  readonly #deadlineMs: number

  constructor({ baseUrl, connections, deadlineMs }: HttpClientOptions) {
    const url = new URL(baseUrl)
    this.#basePath = url.pathname.replace(/\/+$/, '')
    this.#deadlineMs = deadlineMs
    this.#pool = new Pool(url.origin, {
      connections,
      pipelining: 1,
      headersTimeout: deadlineMs,
      bodyTimeout: deadlineMs,
      connect: { timeout: Math.min(deadlineMs, 10_000) },
      // Below the idle time-out of any provider, so that a reused connection is not closed under a request.
      keepAliveTimeout: 4_000,
      keepAliveMaxTimeout: 4_000,
    })
  }

  async request(request: HttpRequest): Promise<HttpOutcome> {
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), this.#deadlineMs)
    try {
      const { statusCode, headers, body } = await this.#pool.request({
        method: request.method,
        path: this.#basePath + request.path,
        headers: request.headers ?? {},
        body: request.body ?? null,
        signal: abort.signal,
      })
      const text = await readLimited(body)
      return { kind: 'answer', status: statusCode, header: (name) => headerOf(headers, name), text }
    } catch (error) {
      return failureOf(error, abort.signal.aborted, this.#deadlineMs)
    } finally {
      clearTimeout(timer)
    }
  }

  async close(): Promise<void> {
    await this.#pool.close()
  }

  /** Ends open calls at once: their outcome is unknown. */
  async destroy(): Promise<void> {
    await this.#pool.destroy()
  }
}

async function readLimited(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > ANSWER_BYTES_MAX)
      throw Object.assign(new Error(`the answer is longer than ${ANSWER_BYTES_MAX} bytes`), {
        code: 'answer_too_long',
      })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function headerOf(headers: Record<string, string | string[] | undefined>, name: string): string | undefined {
  const value = headers[name.toLowerCase()]
  return Array.isArray(value) ? value.join(', ') : value
}

function failureOf(error: unknown, isOverdue: boolean, deadlineMs: number): HttpOutcome {
  const { code: given, message = String(error) } = error as { code?: unknown; message?: string }
  // An AbortError carries a number.
  const code = typeof given === 'string' ? given : 'unknown'
  const isTls =
    code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || message.includes('before secure TLS connection')
  if (connectErrors.has(code) || isTls) return { kind: 'not_sent', code: code.toLowerCase(), text: message }
  if (isOverdue) return { kind: 'unknown', code: 'deadline', text: `no whole answer within ${deadlineMs / 1000} s` }
  return { kind: 'unknown', code: code.toLowerCase(), text: message }
}
