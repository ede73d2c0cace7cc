// What a provider or the way to it can do to one call, before it reads, after it accepted, and while it answers; and what
// must become of the message. Each fault meets a person of its own within one campaign: the others must not notice.
import type { CallbackPlan, FaultRule } from './sink-process.ts'

export interface HttpFault {
  rule: Omit<FaultRule, 'match'>
  /** What the message is afterwards, by the answer alone. */
  becomes: 'accepted' | 'unknown' | 'failed' | 'accepted or unknown'
  /** A success that names nothing: most likely sent, and sent again under no policy. */
  isNeverResent?: boolean
}

/** With the deadline of a second that the bench sets. */
export const DEADLINE_SECONDS = 1
/** More than an answer may have. */
const MANY = 200_000

const before = (action: FaultRule['action']): Omit<FaultRule, 'match'> => ({ phase: 'before', action })
const after = (action: FaultRule['action']): Omit<FaultRule, 'match'> => ({ phase: 'after', action })
const cut = (place: string, action: 'reset' | 'close' | 'silence'): Omit<FaultRule, 'match'> => ({
  phase: 'answer',
  action: { do: action, cut: place },
})
const says = (status: number, body: string, more: Record<string, unknown> = {}) =>
  after({ do: 'answer', status, body, ...more })
const nameless = (body: string, more: Record<string, unknown> = {}): HttpFault => ({
  rule: says(200, body, more),
  becomes: 'unknown',
  isNeverResent: true,
})
const doubtful = (rule: Omit<FaultRule, 'match'>): HttpFault => ({ rule, becomes: 'unknown' })

const places = ['status_line', 'headers', 'half', 'last_byte'] as const
const ways = ['reset', 'close', 'silence'] as const
const doubtfulStatuses = [408, 409, 500, 502, 503, 504, 599]

/**
 * By the numbers of the plan: H-01 and what meets every call of a sender are in `senderFaults`. Whatever is not in the words of
 * the provider stops the whole sender (test/providers/conformance).
 */
export const httpFaults: Record<string, HttpFault> = {
  ...Object.fromEntries(
    ways.flatMap((way): [string, HttpFault][] => [
      [`H-02 ${way} before the body is read`, doubtful(before({ do: way }))],
      [`H-03 ${way} after acceptance, before the answer`, doubtful(after({ do: way }))],
      ...places.map((place): [string, HttpFault] => [
        `H-03 ${way} after ${place} of the answer`,
        doubtful(cut(place, way)),
      ]),
    ]),
  ),
  'H-04 an answer just within the deadline': { rule: after({ do: 'delay', seconds: 0.6 }), becomes: 'accepted' },
  'H-04 an answer just after the deadline': doubtful(after({ do: 'delay', seconds: 1.3 })),
  'H-04 acceptance after the deadline': doubtful(before({ do: 'delay', seconds: 1.3 })),
  ...Object.fromEntries(
    doubtfulStatuses.flatMap((status): [string, HttpFault][] => [
      [`H-07 ${status} without accepting`, doubtful(before({ do: 'answer', status, body: 'no' }))],
      [`H-07 ${status} after accepting`, doubtful(says(status, 'no'))],
    ]),
  ),
  'H-08 success, empty body': nameless(''),
  'H-08 success, an object': nameless('{"messaging_product":"whatsapp"}'),
  'H-08 success, half of the JSON': nameless('{"messages":[{"id":"wam'),
  'H-08 success, no message': nameless('{"messages":[]}'),
  'H-08 success, an object as id': nameless('{"messages":[{"id":{"__proto__":1}}]}'),
  'H-08 success, an id of a megabyte': nameless(`{"messages":[{"id":"${'x'.repeat(900_000)}"}]}`),
  'H-08 success, __proto__': nameless(
    '{"messaging_product":"whatsapp","__proto__":{"messages":[{"id":"wamid.proto"}]}}',
  ),
  'H-08 success, 100,000 deep': nameless('['.repeat(100_000)),
  'H-08 success, not UTF-8': nameless('{"messages":"\udcff\udcfe'),
  'H-08 a body without end': doubtful(says(200, '0'.repeat(10_000), { chunked: true, repeat: MANY })),
  'H-08 a body of a gigabyte': doubtful(says(200, '0'.repeat(100_000), { repeat: 10_000 })),
  'H-08 an id that another message has': {
    rule: says(200, '{"messages":[{"id":"wamid.used"}]}'),
    becomes: 'accepted or unknown',
  },
  'H-08 the same id once more': {
    rule: says(200, '{"messages":[{"id":"wamid.used"}]}'),
    becomes: 'accepted or unknown',
  },
  'H-09 an answer byte by byte': doubtful(says(200, '{tracking}', { drip: 0.05 })),
  'H-09 headers of a megabyte': doubtful(says(200, '{tracking}', { headers: { 'X-Long': 'x'.repeat(1_000_000) } })),
  'H-09 a second answer that nobody asked for': {
    rule: says(200, '{tracking}', {
      honest: true,
      trailing: 'HTTP/1.1 200 OK\r\nContent-Length: 36\r\n\r\n{"messages":[{"id":"wamid.stolen!"}]}',
    }),
    becomes: 'accepted',
  },
  'H-09 the answer to another number': nameless(
    '{"contacts":[{"input":"+12025559999","wa_id":"12025559999"}],"messages":[{"id":"wamid.ofanother"}]}',
  ),
  'H-05 a refusal for good': {
    rule: before({ do: 'answer', status: 400, json: { error: { code: 131026, message: 'no' } } }),
    becomes: 'failed',
  },
}

/** What meets every call for a while. `after` says what the sender is then, for an operator to act on. */
export interface SenderFault {
  /** What the first calls meet; later ones are served. Absent: nobody listens. */
  rules?: FaultRule[]
  /** Exit code of `run` while it lasts, and the sender then. */
  sender: 'active' | 'paused'
}

const firsts = (count: number, action: FaultRule['action']): FaultRule => ({ times: count, phase: 'before', action })
const throttle = (headers: Record<string, string | number>) => ({
  rules: [firsts(2, { do: 'answer', status: 429, body: '{}', headers })],
  sender: 'active' as const,
})

export const senderFaults: Record<string, SenderFault> = {
  'H-01 nobody listens': { sender: 'active' },
  'H-05 429 for a second': throttle({ 'Retry-After': '1' }),
  'H-05 429 for two seconds': throttle({ 'Retry-After': '2' }),
  'H-05 429 for no time': throttle({ 'Retry-After': '0' }),
  'H-05 429 without a time': throttle({}),
  'H-05 429 for less than nothing': throttle({ 'Retry-After': '-1' }),
  'H-05 429 until "abc"': throttle({ 'Retry-After': 'abc' }),
  'H-05 429 until a time that is past': throttle({ 'Retry-After': 'Wed, 21 Oct 2015 07:28:00 GMT' }),
  'H-05 a throttle of Meta as 400': {
    rules: [firsts(2, { do: 'answer', status: 400, json: { error: { code: 130429, message: 'Rate limit hit' } } })],
    sender: 'active',
  },
  'H-05 429 for every second call': {
    rules: [{ match: { every: 2 }, times: 6, phase: 'before', action: { do: 'answer', status: 429, body: '{}' } }],
    sender: 'active',
  },
  ...Object.fromEntries(
    [301, 302, 307, 308].map((status): [string, SenderFault] => [
      `H-10 ${status} to another host`,
      {
        rules: [firsts(1, { do: 'answer', status, body: '', headers: { Location: 'http://169.254.169.254/' } })],
        sender: 'paused',
      },
    ]),
  ),
  'H-11 the token is refused': {
    rules: [
      {
        match: { from: 4 },
        times: 1,
        phase: 'before',
        action: { do: 'answer', status: 401, body: '{"error":{"code":190}}' },
      },
    ],
    sender: 'paused',
  },
}

/** How callbacks come; whatever is forged may move nothing. */
export const callbackPlans: Record<string, CallbackPlan> = {
  'in order': {},
  'permuted, each three times': { permute: true, repeat: 3 },
  'a third of them lost': { lose: 0.33, permute: true },
  'before the answer to the call': { early: true, permute: true },
  'ten in one request': { batch: 10, repeat: 4, permute: true },
  'of other epochs, installations, recipients, accounts and attempts': {
    permute: true,
    forge: ['epoch', 'installation', 'recipient', 'attempt', 'nobody', 'account'],
  },
}
