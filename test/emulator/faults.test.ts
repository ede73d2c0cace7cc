// What a plain client sees of each fault, and what the ledger says happened to the message.
import { Agent } from 'undici'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { RunningEmulator } from '../../src/emulator/emulator.ts'
import type { FaultPhase, FaultRule } from '../../src/emulator/fault-script.ts'
import { openEmulator, phone, type Reply, requestsOf, send, textTo } from './support.ts'

/** `status body`, or the code of the error that undici gives. */
async function outcome(call: Promise<Reply>): Promise<string> {
  try {
    const { status, text } = await call
    return `${status} ${text}`
  } catch (error) {
    const { code, name } = error as { code?: string; name: string }
    return typeof code === 'string' ? code : name
  }
}

async function play(
  action: FaultRule['action'],
  phase: FaultPhase,
): Promise<{ seen: string; emulator: RunningEmulator }> {
  const emulator = await openEmulator({ script: [{ phase, action }] })
  return { seen: await outcome(send(emulator, textTo(phone(1)))), emulator }
}

const good = /^200 \{"messaging_product":"whatsapp".*"id":"wamid\.[^"]+"\}\]\}$/
const closed = /^UND_ERR_SOCKET$/
const serverError = /^500 .*"code":131000/

/** Seen when nothing was accepted; when it was accepted; when the fault hits the writing of the true answer. */
const faults: [string, FaultRule['action'], Record<FaultPhase, RegExp | null>][] = [
  ['any HTTP answer', { type: 'answer', status: 418, body: { a: 1 } }, same(/^418 \{"a":1\}$/)],
  ['an error of the provider', { type: 'providerError', code: 131000 }, same(serverError)],
  ['a throttle error', 'throttle', same(/^400 .*"code":130429/)],
  [
    'a reset',
    'resetConnection',
    { before: /^ECONNRESET$/, afterAccept: /^ECONNRESET$/, duringAnswer: /^(ECONNRESET|UND_ERR_SOCKET)$/ },
  ],
  ['an end within the status line', 'closeAfterHalfStatusLine', same(closed)],
  ['an end after the headers', 'closeAfterHeaders', same(closed)],
  ['an end after half of the answer', 'closeAfterHalfAnswer', same(closed)],
  ['an empty body', 'emptyBody', same(/^200 $/)],
  ['a page of HTML', 'html', same(/^200 <html>.*502 Bad Gateway/)],
  [
    'JSON that breaks off',
    'malformedJson',
    {
      before: /^200 \{"error":[^}]*$/,
      afterAccept: /^200 \{"messaging_product".*[^}]$/,
      duringAnswer: /^200 \{"messaging_product".*[^}]$/,
    },
  ],
  ['a huge body', { type: 'hugeBody', bytes: 3_000_000 }, same(/^200 {3000001}$/)],
  ['no id', 'noId', { before: null, afterAccept: /"messages":\[\{\}\]/, duringAnswer: /"messages":\[\{\}\]/ }],
  ['a redirect', { type: 'redirect', url: 'http://192.0.2.1/' }, same(/^302 $/)],
  ['a delay', { type: 'delay', ms: 5 }, same(good)],
  [
    'an answer in drops',
    { type: 'trickle', everyMs: 0, bytes: 50 },
    { before: serverError, afterAccept: good, duringAnswer: good },
  ],
]

function same(pattern: RegExp): Record<FaultPhase, RegExp> {
  return { before: pattern, afterAccept: pattern, duringAnswer: pattern }
}

const cases = faults.flatMap(([name, action, seen]) =>
  (['before', 'afterAccept', 'duringAnswer'] as const).flatMap((phase) => {
    const pattern = seen[phase]
    return pattern === null ? [] : [{ name, action, phase, pattern }]
  }),
)

it.each(cases)('plays $name in phase $phase', async ({ name, action, phase, pattern }) => {
  const { seen, emulator } = await play(action, phase)
  expect(seen).toMatch(pattern)
  const [entry] = requestsOf(emulator)
  const isAccepted = phase !== 'before' || name === 'a delay'
  const notTaken = name === 'a reset' ? 'dropped' : 'refused'
  expect(entry?.verdict).toBe(isAccepted ? 'accepted' : notTaken)
  expect(entry?.trackingId === null).toBe(!isAccepted)
  expect(entry?.faults).toEqual([`${phase}:${typeof action === 'string' ? action : action.type}`])
})

it.each<FaultPhase>(['before', 'afterAccept', 'duringAnswer'])(
  'never answers when told so in phase %s',
  async (phase) => {
    const emulator = await openEmulator({ script: [{ phase, action: 'dropAnswer' }] })
    const signal = AbortSignal.timeout(100)
    expect(await outcome(send(emulator, textTo(phone(1)), { signal }))).toBe('TimeoutError')
    await vi.waitFor(
      () =>
        expect(requestsOf(emulator)).toMatchObject([
          { verdict: phase === 'before' ? 'dropped' : 'accepted', answer: null, connectionEnd: 'closed_by_client' },
        ]),
      30_000,
    )
  },
)

it('answers with the id of the message before, and knows the true one', async () => {
  const emulator = await openEmulator({ script: [{ match: { nth: 2 }, phase: 'afterAccept', action: 'duplicateId' }] })
  const first = await send(emulator, textTo(phone(1)))
  const second = await send(emulator, textTo(phone(2)))
  expect(second.json.messages).toEqual(first.json.messages)
  const ids = requestsOf(emulator).map((entry) => entry.trackingId)
  expect(ids[0]).toBe(first.json.messages[0].id)
  expect(ids[1]).not.toBe(ids[0])
})

it.each(['0', '3600', '-1', '1e9', 'abc', 'Wed, 21 Oct 2015 07:28:00 GMT'])(
  'throttles with Retry-After %s',
  async (retryAfter) => {
    const emulator = await openEmulator({
      script: [{ phase: 'before', action: { type: 'throttle', status: 429, retryAfter } }],
    })
    const answer = await send(emulator, textTo(phone(1)))
    expect(answer.status).toBe(429)
    expect(answer.headers['retry-after']).toBe(retryAfter)
    expect(answer.json.error.code).toBe(130429)
  },
)

it('throttles without Retry-After when none is given', async () => {
  const { emulator } = await play('throttle', 'before')
  expect((await send(emulator, textTo(phone(1)))).headers['retry-after']).toBeUndefined()
})

it('answers each code with the HTTP status that Meta documents for it', async () => {
  const codes = [2, 4, 33, 190, 368, 131016, 131026, 131056, 132001, 133004]
  const script = codes.map((code, index) => ({
    match: { nth: index + 1 },
    phase: 'before' as const,
    action: { type: 'providerError' as const, code },
  }))
  const emulator = await openEmulator({ script })
  const seen = []
  for (const code of codes) seen.push([code, (await send(emulator, textTo(phone(1)))).status])
  expect(seen).toEqual([
    [2, 503],
    [4, 400],
    [33, 400],
    [190, 401],
    [368, 403],
    [131016, 500],
    [131026, 400],
    [131056, 400],
    [132001, 404],
    [133004, 503],
  ])
})

it('keeps the connection after a whole answer and takes a new one after a broken one', async () => {
  const emulator = await openEmulator({
    script: [{ match: { nth: 2 }, phase: 'duringAnswer', action: 'closeAfterHalfAnswer' }],
  })
  const agent = new Agent({ connections: 1 })
  onTestFinished(() => agent.destroy())
  for (let n = 0; n < 3; n++) await outcome(send(emulator, textTo(phone(n)), { agent }))
  expect(requestsOf(emulator).map((entry) => entry.connection)).toEqual([1, 1, 2])
  expect(requestsOf(emulator).map((entry) => entry.connectionEnd)).toEqual(['complete', 'closed_by_us', 'complete'])
})

/** Which of so many messages, each to another person, meet a fault. */
async function hits(emulator: RunningEmulator, count: number, to = (n: number) => phone(n)): Promise<number[]> {
  const all = []
  for (let n = 0; n < count; n++) all.push((await send(emulator, textTo(to(n)))).status === 503 ? n + 1 : 0)
  return all.filter((n) => n > 0)
}
const down = { phase: 'before', action: { type: 'providerError', code: 2 } } as const

it.each<[string, FaultRule['match'], number[]]>([
  ['the third request', { nth: 3 }, [3]],
  ['several by number', { nth: [1, 4] }, [1, 4]],
  ['every second', { every: 2 }, [2, 4, 6]],
  ['the first three', { times: 3 }, [1, 2, 3]],
  ['one person, however the phone is written', { to: '1 (202) 555-0104' }, [5]],
  ['several people', { to: [phone(0), phone(2)] }, [1, 3]],
  ['a text in the body', { bodyIncludes: '"+12025550101"' }, [2]],
  ['the second of one person', { to: phone(1), nth: 2 }, []],
  ['everybody', {}, [1, 2, 3, 4, 5, 6]],
  ['another operation', { operation: 'media.upload' }, []],
  ['everybody of this dialect', { dialect: 'meta', times: 1 }, [1]],
])('finds %s', async (_, match, expected) => {
  const emulator = await openEmulator({ script: [{ match, ...down }] })
  expect(await hits(emulator, 6)).toEqual(expected)
})

it('lets the first rule decide and adds delays', async () => {
  const teapot = { phase: 'before', action: { type: 'answer', status: 418 } } as const
  const late = { phase: 'before', action: { type: 'delay', ms: 1 } } as const
  const emulator = await openEmulator({ script: [late, down, late, teapot] })
  expect((await send(emulator, textTo(phone(1)))).status).toBe(503)
  expect(requestsOf(emulator)[0]?.faults).toEqual(['before:delay', 'before:providerError', 'before:delay'])
})

it('breaks the answer of one phase in the next', async () => {
  const emulator = await openEmulator({
    script: [
      { phase: 'afterAccept', action: { type: 'answer', status: 500, body: 'broken' } },
      { phase: 'duringAnswer', action: 'closeAfterHalfAnswer' },
    ],
  })
  expect(await outcome(send(emulator, textTo(phone(1))))).toMatch(closed)
  expect(requestsOf(emulator)[0]).toMatchObject({
    verdict: 'accepted',
    answer: { status: 500 },
    connectionEnd: 'closed_by_us',
  })
})

const half = (seed?: number) => ({
  ...(seed !== undefined && { seed }),
  rules: [{ match: { probability: 0.5 }, ...down }],
})

it('repeats its chance with the same seed, whatever the order of arrival, and not with another', async () => {
  const forwards = await hits(await openEmulator({ script: half(7) }), 40)
  const backwards = await hits(await openEmulator({ script: half(7) }), 40, (n) => phone(39 - n))
  const other = await hits(await openEmulator({ script: half(8) }), 40)
  expect(forwards.length).toBeGreaterThan(8)
  expect(forwards.length).toBeLessThan(32)
  expect(backwards.map((n) => 41 - n).sort((a, b) => a - b)).toEqual(forwards)
  expect(other).not.toEqual(forwards)
})

it('starts the counting anew with a new script and with a reset', async () => {
  const script = [{ match: { nth: 1 }, ...down }]
  const emulator = await openEmulator({ script })
  expect(await hits(emulator, 2)).toEqual([1])
  emulator.setScript(script)
  expect(await hits(emulator, 2)).toEqual([1])
  emulator.reset()
  expect(await hits(emulator, 2)).toEqual([1])
  emulator.setScript([])
  expect(await hits(emulator, 2)).toEqual([])
})

it.each<[string, unknown, string]>([
  ['an unknown key', [{ ...down, when: 'now' }], 'when'],
  ['an unknown phase', [{ ...down, phase: 'later' }], '/0/phase'],
  ['an unknown action', [{ phase: 'before', action: 'explode' }], 'known actions'],
  ['an unknown key of an action', [{ phase: 'before', action: { type: 'delay', ms: 1, s: 2 } }], 'action'],
  ['an unknown dialect', [{ ...down, match: { dialect: 'fax' } }], '/0/match/dialect'],
  ['no id before there is a message', { rules: [{ phase: 'before', action: 'noId' }] }, '/rules/0/phase'],
])('refuses a script with %s', async (_, script, place) => {
  const emulator = await openEmulator()
  expect(() => emulator.setScript(script as FaultRule[])).toThrowError(
    expect.objectContaining({ code: 'config.invalid', message: expect.stringContaining(place) }),
  )
})

it('answers with the throttle error what goes above the rate, and only that', async () => {
  const emulator = await openEmulator({ ratePerSecond: 5 })
  const codes = await Promise.all(
    Array.from({ length: 8 }, async (_, n) => (await send(emulator, textTo(phone(n)))).json.error?.code),
  )
  expect(codes.filter((code) => code === 130429)).toHaveLength(3)
  const kinds = requestsOf(emulator).map(({ verdict, faults }) => [verdict, ...faults].join(' '))
  expect(kinds.sort()).toEqual([...Array(5).fill('accepted'), ...Array(3).fill('refused rate')])
})
