// What a provider is in a bad day: how it reads a call, as strictly as its page allows, and how it writes answers, callbacks and
// what it knows of a message. It shares no code with the drivers or with the emulator.

export interface Call {
  method: string
  path: string
  headers: Record<string, string>
  body: string
}

export interface Answer {
  status: number
  body: unknown
}

/** What a call asks for. */
export type Asked =
  | { kind: 'send'; to: string; reference: string | null }
  | { kind: 'token' }
  /** About one message, by the provider's id or by whom it went to. */
  | { kind: 'lookUp'; id?: string; to?: string }
  /** Something that has nothing to do with messages. */
  | { kind: 'other' }
  /** Against the page: why. */
  | { kind: 'wrong'; why: string }

export type Status = 'sent' | 'delivered' | 'failed'

/** What became of a message, as the provider tells it. */
export interface Told {
  id: string
  /** Digits. */
  to: string
  reference: string | null
  status: Status
  /** Epoch ms. */
  at: number
  /** WhatsApp's code of a failure. */
  code?: string
}

export interface Message extends Omit<Told, 'status' | 'code'> {
  news: Told[]
}

export interface StandIn {
  title: string
  provider: string
  credentials: Record<string, unknown>
  content: Record<string, unknown>
  read(call: Call): Asked
  accepted(id: string): Answer
  throttled(): Answer
  refusedToken(): Answer
  failing(): Answer
  /** Where tokens are fetched. */
  token?(isGood: boolean): Answer
  callback(told: Told, url: string): { body: string; headers: Record<string, string> }
  /** What it answers when it is asked about messages; those of one person where the call names no id. */
  known?(messages: readonly Message[]): Answer
  /** Whether it tells why a message failed when it is asked. */
  tellsWhy: boolean
  /** Whether our reference comes back, so that a callback proves what an answer did not. */
  hasReference: boolean
}

/** The body as an object with these keys, and no others. Throws what is wrong. */
export function bodyOf(
  call: Call,
  required: readonly string[],
  optional: readonly string[] = [],
): Record<string, unknown> {
  if (!/^application\/json\b/.test(call.headers['content-type'] ?? '')) throw new Error('the body is not JSON')
  return keysOf(JSON.parse(call.body), required, optional)
}

export function keysOf(
  value: unknown,
  required: readonly string[],
  optional: readonly string[] = [],
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('an object is missing')
  const given = value as Record<string, unknown>
  for (const key of required) if (given[key] === undefined) throw new Error(`${key} is missing`)
  for (const [key, part] of Object.entries(given)) {
    if (![...required, ...optional].includes(key)) throw new Error(`${key} is no key here`)
    if (part === null || part === '') throw new Error(`${key} is empty`)
  }
  return given
}

/** Throws unless both are the same. */
export function same(what: string, given: unknown, wanted: unknown): void {
  if (JSON.stringify(given) !== JSON.stringify(wanted)) throw new Error(`${what} is ${JSON.stringify(given)}`)
}

export function digits(value: unknown, form: RegExp): string {
  if (typeof value !== 'string' || !form.test(value)) throw new Error(`${String(value)} is no recipient`)
  return value.replace(/\D/g, '')
}

/** Reads a call; what it throws is what is wrong with the call. */
export function strict(read: (call: Call) => Asked): (call: Call) => Asked {
  return (call) => {
    try {
      return read(call)
    } catch (error) {
      return { kind: 'wrong', why: `${call.method} ${call.path}: ${(error as Error).message} in ${call.body}` }
    }
  }
}
