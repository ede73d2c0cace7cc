// What really happened, by the provider's word: every request and every callback attempt, in memory and, when asked, in
// an append-only file of JSON lines. A request's line is written before its answer leaves, so that what was accepted
// stands in the file whatever happens to the answer; a second line of kind `end` says how the answer ended.
import { createHash } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '../domain/errors.ts'
import type { DialectName } from './dialect.ts'

export type Verdict =
  /** The provider has the message, whatever became of the answer. */
  | 'accepted'
  /** The provider does not have it, and an answer was due. */
  | 'refused'
  /** The provider does not have it, and no answer was due. */
  | 'dropped'
  /** A request that is no message was answered as asked. */
  | 'served'

export type ConnectionEnd =
  /** The answer is not over yet. */
  | 'open'
  /** The whole answer was written. */
  | 'complete'
  | 'closed_by_us'
  | 'reset_by_us'
  /** Before the whole answer was out. */
  | 'closed_by_client'

export interface RequestEntry {
  seq: number
  kind: 'request'
  /** When the head of the request was there, on a clock that never jumps. */
  monotonicMs: number
  at: number
  /** Number of the connection it came on. */
  connection: number
  /** Null for an address that belongs to no dialect. */
  dialect: DialectName | null
  operation: string
  method: string
  /** With query, secrets masked. */
  path: string
  headers: IncomingHttpHeaders
  /** Null when it is not text (uploads). */
  body: string | null
  /** Over the raw bytes. */
  bodySha256: string
  sender: string | null
  to: string | null
  reference: string | null
  verdict: Verdict
  /** The name of the message in callbacks; null unless accepted. */
  trackingId: string | null
  /** Faults that were played, as `phase:action`; `rate` when the sender was too fast. */
  faults: string[]
  /** Null until an answer begins; stays null when none does. */
  answer: { status: number } | null
  connectionEnd: ConnectionEnd
}

export interface WebhookEntry {
  seq: number
  kind: 'webhook'
  monotonicMs: number
  at: number
  dialect: DialectName
  url: string
  /** 1 for the first time. */
  attempt: number
  events: WebhookEvent[]
  hasWrongSignature: boolean
  body: string
  bodySha256: string
  /** HTTP status of the receiver; null when there was none. */
  status: number | null
  /** `lost` was never posted, by order of the script. */
  outcome: 'open' | 'delivered' | 'refused' | 'unreachable' | 'lost'
}

export interface WebhookEvent {
  kind: 'status' | 'inbound' | 'preference'
  trackingId: string | null
  reference: string | null
  /** Status name, or stop and resume for a preference; null for an inbound message. */
  status: string | null
  phone: string
}

export type LedgerEntry = RequestEntry | WebhookEntry

/** What the ledger fills in by itself. */
type Given<Entry> = Omit<Entry, 'seq' | 'kind' | 'at' | 'bodySha256'>

export class Ledger {
  readonly entries: LedgerEntry[] = []
  readonly #now: () => number
  readonly #file: number | undefined
  #seq = 0

  /** Throws AppError config.invalid. */
  constructor({ now, path }: { now(): number; path: string | undefined }) {
    this.#now = now
    this.#file = path === undefined ? undefined : openFile(path)
  }

  request(given: Given<RequestEntry>, rawBody: Buffer): RequestEntry {
    const entry: RequestEntry = { ...this.#next('request'), ...given, bodySha256: sha256(rawBody) }
    this.entries.push(entry)
    return entry
  }

  /** The verdict stands. */
  decided(entry: RequestEntry): void {
    this.#write(entry)
  }

  /** The answer is over. */
  ended(entry: RequestEntry): void {
    const { seq, answer, connectionEnd } = entry
    this.#write({ seq, kind: 'end', monotonicMs: performance.now(), answer, connectionEnd })
  }

  webhook(given: Given<WebhookEntry>): WebhookEntry {
    const entry: WebhookEntry = { ...this.#next('webhook'), ...given, bodySha256: sha256(given.body) }
    this.entries.push(entry)
    return entry
  }

  webhookEnded(entry: WebhookEntry): void {
    this.#write(entry)
  }

  /** Forgets in memory; the file keeps what it has. */
  clear(): void {
    this.entries.length = 0
    this.#write({ seq: ++this.#seq, kind: 'reset', at: this.#now() })
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
  }

  #next<Kind extends LedgerEntry['kind']>(kind: Kind): { seq: number; kind: Kind; at: number } {
    return { seq: ++this.#seq, kind, at: this.#now() }
  }

  #write(line: object): void {
    if (this.#file !== undefined) writeSync(this.#file, `${JSON.stringify(line)}\n`)
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'a', 0o600)
  } catch (cause) {
    throw new AppError('config.invalid', `the ledger cannot be written to ${path}`, {
      hint: 'Name a file in a folder that exists.',
      cause,
    })
  }
}

function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex')
}

const secretHeaders = new Set(['authorization', 'x-api-key', 'cookie', 'proxy-authorization'])

/** Headers without secrets; the scheme of an authorization stays readable. */
export function maskHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (!secretHeaders.has(name) || typeof value !== 'string') return [name, value]
      const [scheme, ...rest] = value.split(' ')
      return [name, rest.length === 0 ? '***' : `${scheme} ***`]
    }),
  )
}

/** An address without secrets in its query. */
export function maskPath(path: string): string {
  return path.replace(/([?&](?:token|access_token|key|secret)=)[^&]*/gi, '$1***')
}
