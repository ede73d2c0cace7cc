// What the stand-in of one provider has to say for itself. The parts around it (server, faults, ledger, callbacks) know
// no provider; a dialect knows nothing of sockets, faults and repeats. A new provider is a new folder and a line in
// emulator.ts and in `dialectNames`.
import type { IncomingHttpHeaders } from 'node:http'

export const dialectNames = ['meta', 'bird', 'onemsg', 'routee', 'zixflow'] as const
export type DialectName = (typeof dialectNames)[number]

/** A request as it came, below the prefix of the dialect. */
export interface EmulatorRequest {
  method: string
  /** Without prefix and query: `/v25.0/1060000000000001/messages`. */
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: Buffer
}

export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

/** What can be said of a request before anything in it is checked: faults and the rate look at it. */
export interface RequestFacts {
  /** `send` for a request that hands over a message; every other kind of request has its own name. */
  operation: string
  /** The recipient as written; null when none can be read. */
  to: string | null
  /** The caller's own name for the message, where the provider has a field for it. */
  reference: string | null
  /** The number or channel that sends: each has its own rate. */
  sender: string | null
}

/** A message that the provider has taken. */
export interface AcceptedMessage {
  trackingId: string
  /** The name by which callbacks know the recipient: the digits of the phone. */
  to: string
  reference: string | null
  sender: string
  /** Where its callbacks go when the request itself names the address. */
  callbackUrl?: string
  /** What the dialect remembers for its callbacks. */
  facts: Record<string, string>
}

export type Outcome =
  /** `answerWith` makes the success answer with another id, or with none: for faults. */
  | { verdict: 'accepted'; message: AcceptedMessage; answerWith(trackingId: string | null): Answer }
  /** `served`: a request that is no message was answered as asked. */
  | { verdict: 'refused' | 'served'; answer: Answer }

export const statusNames = ['sent', 'delivered', 'read', 'failed'] as const
export type StatusName = (typeof statusNames)[number]

export type CallbackEvent =
  | { kind: 'status'; message: AcceptedMessage; status: StatusName; at: number; errorCode: string | null }
  | {
      kind: 'inbound'
      id: string
      /** Phone in digits. */
      from: string
      text: string | null
      buttonPayload: string | null
      /** Tracking id of the message that is answered. */
      replyTo: string | null
      at: number
    }
  | { kind: 'preference'; phone: string; wants: 'stop' | 'resume'; at: number }

export interface CallbackRequest {
  headers: Record<string, string>
  /** Sent as it stands; signatures are over these bytes. */
  body: string
}

export interface Dialect {
  readonly name: DialectName
  /** Its receivers believe no callback without a signature: without a secret none is made. */
  readonly signsCallbacks?: boolean
  /** Most events in one callback; default: as many as come together. */
  readonly eventsPerCallback?: number
  read(request: EmulatorRequest): RequestFacts
  handle(request: EmulatorRequest): Outcome | Promise<Outcome>
  /** The provider's own error body for one of its codes, with the HTTP status that is documented for it. */
  errorAnswer(code: string, details?: string): Answer
  /** What the provider says when it is called too fast. */
  throttleAnswer(): Answer
  /** What the provider says when something broke on its side. */
  failureAnswer(): Answer
  /** One callback that tells these events. */
  callback(events: CallbackEvent[], signing: { url: string; secret: string }): CallbackRequest
  /** Whether the provider takes this answer to a callback as a receipt and stops repeating. */
  isReceipt(status: number): boolean
  /** A person wrote to us. */
  heard(phone: string, at: number): void
  /** Back to the state at the start. */
  reset(): void
}

/** What a dialect gets from around it. */
export interface DialectContext {
  now(): number
  ids: IdSource
}

export interface IdSource {
  /** So many hexadecimal digits in capitals, never the same twice. */
  hex(length: number): string
  /** So many digits, the first not zero, never the same twice. */
  digits(length: number): string
}

/** The answer as JSON. */
export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
    body: JSON.stringify(body),
  }
}
