// What bench/requests.ts sends: every route that the program lists, asked by everybody, with the worst bodies that its bounds
// take, and the callbacks of every provider. A route that the program has is in here: test/http/measured-routes.test.ts compares them.
import { createHash, createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { crc32, deflateRawSync } from 'node:zlib'
import { JSON_BYTES_MAX, JSON_PARTS_MAX } from '../src/http/json-text.ts'

const MIB = 1024 * 1024
const API_PATH = '/api/v1'

interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
}

interface Operation {
  parameters?: { name: string; in: string; schema?: Schema }[]
  requestBody?: { content: Record<string, { schema?: Schema }> }
}

interface Caller {
  key: string
  cookie: string
  csrf: string
}

/** What the service says of itself when it has begun. */
export interface Served {
  url: string
  callers: Record<string, Caller>
  document: { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Schema> } }
  pages: { method: string; path: string }[]
  webhooks: { provider: string; path: string; url: string }[]
}

export interface Request {
  /** Method and path as the program lists them. */
  route: string
  name: string
  path: string
  method: string
  headers: Record<string, string>
  body?: string | Buffer
  /** How long what it began goes on behind its answer. */
  afterMs?: number
  isStream?: boolean
}

/** Names of what there is, so that a request comes as far as it can. */
const names: Record<string, string> = {
  campaign: 'cmp_1',
  list: 'people',
  sender: 'main',
  contact: 'con_1',
  phone: '%2B447400000000',
  user: 'a-viewer',
  import: 'imp_1',
}
/** What ends or takes away what others ask for: each caller asks for it after all the rest. */
const isEnding = ({ method, path }: Target) =>
  method === 'DELETE' ||
  /\/(?:logout|erase|archive|cancel|undo|delete|launch|account|password)$/.test(path) ||
  /\/users\//.test(path)
/** An answer that never ends. */
const isStream = ({ method, path }: Target) => method === 'GET' && /\/(?:live|events)$/.test(path)

const fill = (path: string, id?: string) =>
  path.replace(/\{(\w+)\}|:(\w+)(?:\{[^}]*\})?/g, (_, one, other) => id ?? names[one ?? other] ?? 'nobody')

const many = (count: number, part: (n: number) => string, between = ',') =>
  Array.from({ length: count }, (_, n) => part(n)).join(between)
const placeholders = (length: number, count = 500) =>
  `${'{{ first_name }}'.repeat(count)}${'x'.repeat(Math.max(0, length - count * 16))}`
const filterOf = (depth: number) => `${'{"all":['.repeat(depth)}{"field":"city","is":"x"}${']}'.repeat(depth)}`
const conditions = (count: number) =>
  `{"any":[${many(count, (n) => `{"field":"f${n}","in":[${many(100, (m) => `"v${m}"`)}]}`)}]}`
const cards = (text: string) =>
  many(
    10,
    (n) =>
      `{"header":{"type":"image","url":"https://example.com/${n}"},"body":${JSON.stringify(text)},"buttons":[{"title":"a","url":"https://example.com"}]}`,
  )

/** Contents that take the most to check, to compile and to show. */
const contents: [string, string][] = [
  ['a text of 500 placeholders', `{"type":"text","text":${JSON.stringify(placeholders(69_000))}}`],
  [
    'a text of filters',
    `{"type":"text","text":${JSON.stringify('{{ a | default: "b" | upcase | truncate: 5 }}'.repeat(490))}}`,
  ],
  ['a text of open braces', `{"type":"text","text":${JSON.stringify('{{ '.repeat(23_000))}}`],
  ['a text of quotes', `{"type":"text","text":${JSON.stringify(`{{ a | default: "${'\\'.repeat(60_000)}`)}}`],
  ['a text of marks', `{"type":"text","text":${JSON.stringify('*a _b ~c `'.repeat(6_900))}}`],
  ['a text that is no template', `{"type":"text","text":${JSON.stringify('{% if a %}'.repeat(6_900))}}`],
  ['ten cards of long texts', `{"type":"carousel","body":"b","cards":[${cards(placeholders(69_000, 49))}]}`],
  ['ten cards of many placeholders', `{"type":"carousel","body":"b","cards":[${cards(placeholders(0, 49))}]}`],
  ['ten thousand cards', `{"type":"carousel","body":"b","cards":[${many(10_000, () => '{}')}]}`],
  [
    'a hundred rows',
    `{"type":"list","body":"b","button":"c","sections":[${many(10, (n) => `{"title":"t${n}","rows":[${many(10, (m) => `{"id":"${n}-${m}","title":${JSON.stringify(placeholders(15_000, 4))}}`)}]}`)}]}`,
  ],
  [
    'fifty values',
    `{"type":"template","template":"t","language":"en","body":[${many(50, () => JSON.stringify(placeholders(30_000, 9)))}]}`,
  ],
  ['ten thousand values', `{"type":"template","template":"t","language":"en","body":[${many(10_000, () => '"v"')}]}`],
  [
    'five contacts',
    `{"type":"contacts","contacts":[${many(5, () => `{"name":{"formatted":${JSON.stringify(placeholders(69_000, 90))}},"phones":[${many(2_000, () => '{"phone":"+12025550101"}')}]}`)}]}`,
  ],
  ['many keys', `{"type":"text","text":"x",${many(40_000, (n) => `"k${n}":1`)}}`],
]

const audiences: [string, string][] = [
  ['a deep filter', `{"lists":["people"],"filter":${filterOf(28)}}`],
  ['a hundred conditions', `{"lists":["people"],"filter":${conditions(99)}}`],
  [
    'a condition of 10,000 values',
    `{"lists":["people"],"filter":{"field":"city","in":[${many(10_000, (n) => `"c${n}"`)}]}}`,
  ],
  ['10,000 conditions', `{"lists":["people"],"filter":{"any":[${many(10_000, (n) => `{"field":"f","is":"${n}"}`)}]}}`],
  ['10,000 lists', `{"lists":[${many(10_000, (n) => `"l${n}"`)}]}`],
  ['a filter of text', `{"lists":["people"],"filter":{"field":"city","contains":"${'%_'.repeat(50_000)}"}}`],
]

const schedules: [string, string][] = [
  ['a cron that never comes', '{"cron":"0 0 29 2 1","timeZone":"Europe/London"}'],
  ['a cron that comes seldom', '{"cron":"0 0 31 12 0","timeZone":"America/St_Johns"}'],
  ['a cron of lists', `{"cron":"${many(60, String)} ${many(24, String)} * * *","timeZone":"Europe/London"}`],
  ['every minute', '{"cron":"* * * * *","timeZone":"Africa/Casablanca"}'],
  ['a cron in each zone', '{"cron":"30 2 * 3 0","timeZone":"recipient"}'],
  ['a short interval', '{"every":"1m","start":"2026-01-01T00:00:00","timeZone":"Europe/London"}'],
  ['a long pattern', `{"cron":"${'1,'.repeat(50_000)}"}`],
]

const content = '{"type":"text","text":"x"}'
const audience = '{"lists":["people"]}'
const definition = (part: string, value: string) =>
  `{"name":"x","useCase":"marketing","sender":"main",${[
    ['audience', audience],
    ['content', content],
  ]
    .filter(([key]) => key !== part)
    .map(([key, text]) => `"${key}":${text}`)
    .join()},"${part}":${value}}`

/** Bodies for operations that take a definition or a part of it. */
function drafted(path: string): [string, string][] {
  if (path === '/previews/content')
    return [
      ...contents.map(([name, text]): [string, string] => [name, `{"audience":${audience},"content":${text}}`]),
      ...audiences.map(([name, text]): [string, string] => [name, `{"audience":${text},"content":${content}}`]),
    ]
  if (path === '/previews/audience') return audiences.map(([name, text]) => [name, `{"audience":${text}}`])
  if (path === '/previews/schedule') return schedules.map(([name, text]) => [name, `{"schedule":${text},"count":1000}`])
  if (path !== '/campaigns' && path !== '/campaigns/{campaign}') return []
  return [
    ...contents.map(([name, text]): [string, string] => [name, definition('content', text)]),
    ...audiences.map(([name, text]): [string, string] => [name, definition('audience', text)]),
    ...schedules.map(([name, text]): [string, string] => [name, definition('schedule', text)]),
  ]
}

interface Sizes {
  texts: string
  entries: number
  variant: number
}

/** What a schema asks for, in the sizes that are given. */
function sampleOf(schema: Schema, schemas: Record<string, Schema>, sizes: Sizes, depth = 0): unknown {
  if (depth > 8) return null
  const inner = (part: Schema) => sampleOf(part, schemas, sizes, depth + 1)
  if (schema.$ref !== undefined) return inner(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {})
  if (schema.allOf !== undefined) return inner(schema.allOf[0] ?? {})
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return inner(choices[sizes.variant % choices.length] ?? {})
  if (schema.enum !== undefined) return schema.enum[sizes.variant % schema.enum.length]
  if (schema.const !== undefined) return schema.const
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object':
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, part]) => [name, inner(part)]))
    case 'array': {
      const few = { ...sizes, entries: Math.min(sizes.entries, 2) }
      return Array(sizes.entries).fill(sampleOf(schema.items ?? {}, schemas, few, depth + 1))
    }
    case 'integer':
    case 'number':
      return 5
    case 'boolean':
      return true
    default:
      return sizes.texts
  }
}

function jsonBodies(path: string, operation: Operation, schemas: Record<string, Schema>): [string, string][] {
  const schema = operation.requestBody?.content['application/json']?.schema
  if (schema === undefined) return []
  const plain = sampleOf(schema, schemas, { texts: 'x', entries: 1, variant: 0 })
  const keys = Object.keys(typeof plain === 'object' && plain !== null ? plain : {})
  const bodies: [string, string][] = [
    ['keys', `{${many(JSON_PARTS_MAX / 2 - 500, (n) => `"k${n}":1`)}}`],
    [
      'keys in every part',
      `{${many(keys.length, (n) => `"${keys[n]}":{${many(Math.floor((JSON_PARTS_MAX - 1_000) / keys.length), (m) => `"k${m}":1`)}}`)}}`,
    ],
    ['deep nesting', `{${many(keys.length, (n) => `"${keys[n]}":${'['.repeat(60)}${']'.repeat(60)}`)}}`],
    [
      'entries in every part',
      `{${many(keys.length, (n) => `"${keys[n]}":[${many(Math.floor((JSON_PARTS_MAX - 1_000) / keys.length), () => '1')}]`)}}`,
    ],
    ['a long text', `{"${keys[0]}":"${'x'.repeat(JSON_BYTES_MAX - 100)}"}`],
    [
      'texts in every part',
      `{${many(keys.length, (n) => `"${keys[n]}":"${'é'.repeat(Math.floor(JSON_BYTES_MAX / 2 / keys.length) - 50)}"`)}}`,
    ],
    ['escapes', `{"${keys[0]}":"${'\\u0041'.repeat(Math.floor(JSON_BYTES_MAX / 6) - 20)}"}`],
    ['no JSON', `{"a":${'['.repeat(MIB)}`],
    ...drafted(path),
  ]
  for (const variant of [0, 1, 2, 3, 4])
    for (const [name, sizes] of [
      ['long lists', { texts: '+12025550101', entries: 10_000 }],
      ['long texts', { texts: placeholders(60_000, 400), entries: 2 }],
      ['blank texts', { texts: `{{${' '.repeat(60_000)}`, entries: 2 }],
    ] as const) {
      const body = JSON.stringify(sampleOf(schema, schemas, { ...sizes, variant }))
      if (Buffer.byteLength(body) < JSON_BYTES_MAX) bodies.push([`${name} ${variant}`, body])
    }
  return bodies
}

const fieldNames =
  'name user sender definition rights days max window id scope from to role password current next provider ratePerSecond q after before list lists exclude phone phones status page useCase /content/type /content/text /content/body /content/caption schedule cron every at timeZone rules words stop credentials baseUrl note evidence reason'.split(
    ' ',
  )

function formBodies(csrf: string): [string, string][] {
  const form = (fields: [string, string][]) => new URLSearchParams([['csrf', csrf], ...fields]).toString()
  const same = (text: string): [string, string][] => fieldNames.map((name) => [name, text])
  const campaign: [string, string][] = [
    ['name', 'x'],
    ['useCase', 'marketing'],
    ['sender', 'main'],
    ['lists', 'people'],
  ]
  return [
    ['fields', form(Array.from({ length: 4_900 }, (_, n) => [`k${n}`, '1']))],
    ['one field, again and again', form(Array.from({ length: 4_900 }, () => ['lists', 'x']))],
    [
      'a long text',
      form([
        ['/content/type', 'text'],
        ['/content/text', 'x'.repeat(900_000)],
      ]),
    ],
    ['long texts', form(same('x'.repeat(15_000)))],
    ['placeholders', form(same('{{ a }}'.repeat(500)))],
    ['blanks', form(same(' \n'.repeat(5_000)))],
    ['lines', form(same('+12025550101\n'.repeat(700)))],
    ['percents', `csrf=${csrf}&q=${'%F0%9F%98%80'.repeat(80_000)}`],
    ['a text of placeholders', form([...campaign, ['/content/type', 'text'], ['/content/text', placeholders(69_000)]])],
    [
      'a carousel',
      form([
        ...campaign,
        ['/content/type', 'carousel'],
        ...Array.from({ length: 10 }, (_, n): [string, string] => [
          `/content/cards/${n}/body`,
          placeholders(69_000, 49),
        ]),
      ]),
    ],
    [
      'a list of rows',
      form([
        ...campaign,
        ['/content/type', 'list'],
        ...Array.from({ length: 100 }, (_, n): [string, string] => [
          `/content/sections/${Math.floor(n / 10)}/rows/${n % 10}/title`,
          placeholders(8_000, 4),
        ]),
      ]),
    ],
    [
      'values of a filter',
      form([
        ...campaign,
        ['filter/match', 'all'],
        ['filter/0/field', 'city'],
        ['filter/0/operator', 'in'],
        ['filter/0/value', '"a,'.repeat(200_000)],
      ]),
    ],
    [
      'lines of a filter',
      form([
        ...campaign,
        ['filter/match', 'all'],
        ['filter/0/field', 'city'],
        ['filter/0/operator', 'in'],
        ['filter/0/value', '\n'.repeat(150_000)],
      ]),
    ],
    [
      'rows of a filter',
      form([
        ...campaign,
        ['filter/match', 'all'],
        ...Array.from({ length: 1_200 }, (_, n): [string, string][] => [
          [`filter/${n}/field`, `f${n}`],
          [`filter/${n}/operator`, 'is'],
          [`filter/${n}/value`, 'x'],
        ]).flat(),
      ]),
    ],
    [
      'groups of a filter',
      form([
        ...campaign,
        ...Array.from({ length: 12 }, (_, n): [string, string] => [`filter${'/0'.repeat(n)}/match`, 'any']),
      ]),
    ],
    [
      'a login',
      form([
        ['name', 'ada'],
        ['password', 'x'.repeat(10_000)],
      ]),
    ],
    [
      'a password',
      form([
        ['current', 'violet anchor pebble'],
        ['password', 'ab1'.repeat(80)],
        ['next', 'ab1'.repeat(80)],
        ['again', 'ab1'.repeat(80)],
        ['name', 'new'],
      ]),
    ],
    [
      'words as a password',
      form([
        ['name', 'new'],
        ['role', 'viewer'],
        ['password', 'correct horse battery staple '.repeat(8)],
      ]),
    ],
  ]
}

const tables: [string, string][] = [
  [
    'wide cells',
    `phone,a,b\n${many(60, (n) => `+4474000${10_000 + n},${'x'.repeat(30_000)},${'"'.repeat(0)}y`, '\n')}\n`,
  ],
  ['cells of 64 KB', `phone,a\n${many(3, (n) => `+4474000${10_000 + n},${'é'.repeat(32_000)}`, '\n')}\n`],
  [
    '200 columns',
    `phone,${many(199, (n) => `c${n}`)}\n${many(250, (n) => `+4474000${10_000 + n},${many(199, () => 'v')}`, '\n')}\n`,
  ],
  ['one line', 'x'.repeat(8 * MIB)],
  ['one line of commas', ','.repeat(2 * MIB)],
  ['an open quote', `phone\n"${'+447400010000\n'.repeat(300_000)}`],
  ['quotes', `phone\n${'"""'.repeat(80_000)}`],
  [
    'hostile phones',
    `phone\n${many(8_000, (n) => ['+', '(', ' x', '٠', '=+', '+1 or '][n % 6]?.repeat(25) ?? '', '\n')}\n`,
  ],
  [
    'short lines',
    `phone,zone,consent,tags\n${many(7_000, (n) => `+4474000${10_000 + n},Europe/London,yes,a;b`, '\n')}\n`,
  ],
  [
    'short lines, many',
    `phone,zone,consent,tags\n${many(100_000, (n) => `+44740${1_000_000 + n},Europe/London,yes,a;b`, '\n')}\n`,
  ],
  ['unknown zones', `phone,zone\n${many(8_000, (n) => `+4474000${10_000 + n},Zone/${n}`, '\n')}\n`],
  ['names of columns', `${many(190, (n) => `${'ü_'.repeat(30)}${n}`)}\n`],
  ['zeros', '\0'.repeat(MIB)],
]

/** Callbacks of each provider: what the samples say, a thousand times, and what no provider says. */
function callbacks({ provider, path, url }: Served['webhooks'][number]): Request[] {
  const folder = new URL(`../samples/webhooks/${provider}/`, import.meta.url)
  const samples = readdirSync(folder).filter((name) => name.endsWith('.json'))
  const bodies = samples.flatMap((name): [string, string][] => {
    const text = readFileSync(new URL(name, folder), 'utf8')
    const enlarged = [1_000, 12_000].map((count): [string, string] => [
      `${name} × ${count}`,
      multiplied(JSON.parse(text), count, provider),
    ])
    return [[name, text], ...enlarged.filter(([, body]) => body.length < 3 * MIB)]
  })
  bodies.push(
    ['brackets', '['.repeat(3 * MIB - 1)],
    ['whole brackets', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    ['deep statuses', `{"entry":${'[{"changes":'.repeat(100_000)}1${'}]'.repeat(100_000)}}`],
    ['keys', `{${many(150_000, (n) => `"k${n}":1`)}}`],
    ['empty entries', `{"entry":[${many(700_000, () => '{}')}]}`],
    ['empty events', `[${many(900_000, () => '{}')}]`],
    ['ids', `[${many(60_000, (n) => `{"messageId": ${10n ** 17n + BigInt(n)}}`)}]`],
    ['a long text', `{"event":"x","text":"${'x'.repeat(3 * MIB - 100)}"}`],
    ['blanks', `{"messageId"${' '.repeat(3 * MIB - 100)}`],
  )
  return bodies.map(([name, body]) => ({
    route: `POST /webhooks/${provider}`,
    name: `${provider} ${name}`,
    path,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...signed(provider, url, body) },
    body,
    afterMs: 300,
  }))
}

/** The innermost list of a callback, or the callback itself, so many times over, each with an id of its own. */
function multiplied(callback: unknown, count: number, provider: string): string {
  const again = (value: unknown) =>
    Array.from({ length: count }, (_, n) =>
      JSON.parse(JSON.stringify(value).replace(/"((?:message)?[Ii]d|request_id)":"([^"]*)"/g, `"$1":"$2-${n}"`)),
    )
  if (provider === 'routee' || provider === 'zixflow') return JSON.stringify(again(callback))
  const grow = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(grow)
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        Array.isArray(inner) && ['statuses', 'messages', 'ack', 'user_preferences', 'contacts'].includes(key)
          ? again(inner[0])
          : grow(inner),
      ]),
    )
  }
  return JSON.stringify(grow(callback))
}

function signed(provider: string, url: string, body: string): Record<string, string> {
  if (provider === 'meta')
    return { 'x-hub-signature-256': `sha256=${createHmac('sha256', 'bench-secret').update(body).digest('hex')}` }
  if (provider !== 'bird') return {}
  const timestamp = String(Math.floor(Date.now() / 1000))
  const hash = createHash('sha256').update(body).digest()
  const signature = createHmac('sha256', 'bench-secret').update(`${timestamp}\n${url}\n`).update(hash).digest('base64')
  return { 'messagebird-signature': signature, 'messagebird-request-timestamp': timestamp }
}

/** Somebody who asks for a route of the program. */
export interface Target {
  role: string
  caller: Caller | undefined
  face: 'api' | 'page' | 'other'
  method: string
  /** As the program lists it, its parameters still open. */
  path: string
}

/** Routes that are in neither list. A path that is none is asked too. */
const others = [
  ['GET', '/healthz'],
  ['GET', '/nothing'],
  ['POST', '/nothing'],
  ['GET', '/webhooks/main/nothing'],
  ['POST', '/webhooks/main/nothing'],
] as const

/** Every route that the program lists, asked by everybody: what ends something comes last. */
export function targetsOf({ callers, document, pages }: Omit<Served, 'url' | 'webhooks'>): Target[] {
  const everybody: [string, Caller | undefined][] = [['stranger', undefined], ...Object.entries(callers)]
  return everybody.flatMap(([role, caller]) => {
    const target = (face: Target['face']) => (method: string, path: string) => ({ role, caller, face, method, path })
    const targets: Target[] = [
      ...Object.entries(document.paths).flatMap(([path, item]) =>
        Object.keys(item).map((verb) => target('api')(verb.toUpperCase(), `${API_PATH}${path}`)),
      ),
      ...pages.map(({ method, path }) => target('page')(method, path)),
      ...others.map(([method, path]) => target('other')(method, path)),
    ]
    return [...targets.filter((one) => !isEnding(one)), ...targets.filter(isEnding)]
  })
}

/** Of callbacks and targets whose name `isAsked`, everything that is sent. */
export function* requestsOf(served: Served, isAsked: (beginOfName: string) => boolean): Generator<Request> {
  for (const target of targetsOf(served)) {
    const route = `${target.method} ${target.path}`
    const name = `${target.role} ${route}`
    if (!isAsked(name)) continue
    const asked = { api: apiRequests, page: pageRequests, other: otherRequests }[target.face](target, served)
    for (const request of asked)
      yield {
        ...request,
        route,
        name: request.name === '' ? name : `${name}, ${request.name}`,
        ...(isEnding(target) && { afterMs: 200 }),
        ...(isStream(target) && { isStream: true }),
      }
  }
  for (const webhook of served.webhooks) if (isAsked(`${webhook.provider} `)) yield* callbacks(webhook)
}

type Asked = Omit<Request, 'route'>

function* apiRequests({ caller, method, path }: Target, { document }: Served): Generator<Asked> {
  const bearer: Record<string, string> = caller === undefined ? {} : { authorization: `Bearer ${caller.key}` }
  const one = { method, path: fill(path), headers: bearer }
  if (method === 'GET') {
    yield { ...one, name: '' }
    yield {
      ...one,
      name: 'many parameters',
      path: `${one.path}?${many(99, (n) => `q${n}=${'%20'.repeat(20)}`, '&')}`,
    }
    yield { ...one, name: 'a long q', path: `${one.path}?q=${'%25_'.repeat(1_800)}` }
    yield {
      ...one,
      name: 'everything asked for',
      path: `${one.path}?${everyParameter(document.paths[path.slice(API_PATH.length)]?.get)}`,
    }
    yield { ...one, name: 'a long name', path: fill(path, '%F0%9F%98%80'.repeat(200)) }
    return
  }
  const headers = { ...bearer, 'content-type': 'application/json' }
  const inside = path.slice(API_PATH.length)
  const operation = document.paths[inside]?.[method.toLowerCase()] ?? {}
  for (const [what, body] of [
    ['an empty body', '{}'] as const,
    ...jsonBodies(inside, operation, document.components.schemas),
  ])
    yield { ...one, headers, name: what, body }
  if (path !== `${API_PATH}/uploads`) return
  for (const [what, { bytes, type, fileName }] of files())
    yield {
      ...one,
      name: what,
      headers: { ...bearer, 'content-type': type, 'herald-file-name': fileName },
      body: bytes,
      afterMs: 500,
    }
}

/** Each parameter of a query that the document names, with the most that it takes. */
function everyParameter(operation?: Operation): string {
  const named = (operation?.parameters ?? []).filter((parameter) => parameter.in === 'query')
  const values = named.map(({ name, schema }): [string, string] => [name, mostOf(name, schema ?? {})])
  return new URLSearchParams(values).toString()
}

function mostOf(name: string, schema: Schema): string {
  const [choice] = schema.enum ?? []
  if (choice !== undefined) return String(choice)
  if (name === 'filter') return filterOf(5)
  if (name === 'limit') return '1000'
  return schema.type === 'integer' || schema.type === 'number' ? '5' : 'e'
}

/** What pages read behind their question mark: filters as forms make them, places in lists, names. */
const pageQueries: [string, string][] = [
  ['many fields', many(400, (n) => `f${n}=%20`, '&')],
  ['each field', fieldNames.map((name) => `${encodeURIComponent(name)}=e`).join('&')],
  ['rows of a filter', many(130, (n) => `filter/${n}/field=f&filter/${n}/operator=is&filter/${n}/value=x`, '&')],
]

function* pageRequests({ caller, method, path }: Target): Generator<Asked> {
  const cookie: Record<string, string> = { 'sec-fetch-site': 'same-origin', ...(caller && { cookie: caller.cookie }) }
  const one = { method, path: fill(path, path.startsWith('/assets') ? 'style.css' : undefined), headers: cookie }
  if (method === 'GET') {
    yield { ...one, name: '' }
    yield { ...one, name: 'a long q', path: `${one.path}?q=${'%25_'.repeat(1_800)}` }
    for (const [what, query] of pageQueries) yield { ...one, name: what, path: `${one.path}?${query}` }
    return
  }
  const csrf = caller?.csrf ?? ''
  const headers = { ...cookie, 'content-type': 'application/x-www-form-urlencoded' }
  for (const [what, body] of formBodies(csrf)) yield { ...one, headers, name: what, body }
  if (!/^\/(?:imports|suppressions)/.test(path)) return
  for (const [what, { bytes, type, fileName }] of files()) {
    const form = multipart(csrf, { bytes, type, fileName })
    yield {
      ...one,
      name: `a form with ${what}`,
      headers: { ...cookie, ...form.headers },
      body: form.body,
      afterMs: 500,
    }
  }
}

function* otherRequests({ method, path }: Target): Generator<Asked> {
  if (method === 'GET') yield { method, path, headers: {}, name: '' }
  else
    for (const [what, body] of [
      ['brackets', '['.repeat(3 * MIB - 1)],
      ['a text', 'x'.repeat(3 * MIB)],
    ] as const)
      yield { method, path, headers: { 'content-type': 'application/json' }, name: what, body }
}

interface TableFile {
  bytes: string | Buffer
  type: string
  fileName: string
}

/** Tables to upload, and what only says that it is one. */
function files(): [string, TableFile][] {
  const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
  return [
    ...tables.map(([what, bytes]): [string, TableFile] => [what, { bytes, type: 'text/csv', fileName: 'a.csv' }]),
    ...workbooks().map(([what, bytes]): [string, TableFile] => [what, { bytes, type: xlsx, fileName: 'a.xlsx' }]),
  ]
}

function workbooks(): [string, Buffer][] {
  const sheet = (rows: string) => `<worksheet><sheetData>${rows}</sheetData></worksheet>`
  const cell = (text: string) => `<c t="inlineStr"><is><t>${text}</t></is></c>`
  const book = (rows: string) =>
    zip({
      '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
      'xl/workbook.xml':
        '<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
      'xl/_rels/workbook.xml.rels':
        '<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
      'xl/worksheets/sheet1.xml': sheet(rows),
    })
  const head = `<row>${cell('phone')}</row>`
  return [
    ['a workbook of 50,000 rows', book(head + many(50_000, (n) => `<row>${cell(`+44740${1_000_000 + n}`)}</row>`, ''))],
    ['a workbook of one wide row', book(`<row>${many(16_000, () => cell('phone'), '')}</row>`)],
    ['a workbook of a long cell', book(`${head}<row>${cell('x'.repeat(8 * MIB))}</row>`)],
    ['a workbook of blanks', book(' '.repeat(64 * MIB))],
    ['no workbook', Buffer.from(`PK\x03\x04${'\0'.repeat(MIB)}`)],
  ]
}

/** A ZIP file as the format asks for it: each part, and the list of them behind. */
function zip(parts: Record<string, string>): Buffer {
  const local: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const [name, text] of Object.entries(parts)) {
    const packed = deflateRawSync(text)
    const about = Buffer.alloc(26)
    about.writeUInt16LE(20, 0)
    about.writeUInt16LE(8, 4)
    about.writeUInt32LE(crc32(text), 10)
    about.writeUInt32LE(packed.length, 14)
    about.writeUInt32LE(Buffer.byteLength(text), 18)
    about.writeUInt16LE(name.length, 22)
    const place = Buffer.alloc(14)
    place.writeUInt32LE(offset, 10)
    local.push(Buffer.from('PK\x03\x04'), about, Buffer.from(name), packed)
    central.push(Buffer.from('PK\x01\x02\x14\0'), about, place, Buffer.from(name))
    offset += 30 + name.length + packed.length
  }
  const end = Buffer.alloc(18)
  const count = Object.keys(parts).length
  end.writeUInt16LE(count, 4)
  end.writeUInt16LE(count, 6)
  end.writeUInt32LE(Buffer.concat(central).length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...local, ...central, Buffer.from('PK\x05\x06'), end])
}

function multipart(csrf: string, { bytes, type, fileName }: TableFile) {
  const edge = 'edge-of-the-bench'
  const part = (about: string) => `--${edge}\r\nContent-Disposition: form-data; ${about}\r\n`
  const body = Buffer.concat([
    Buffer.from(`${part('name="csrf"')}\r\n${csrf}\r\n${part('name="list"')}\r\npeople\r\n`),
    Buffer.from(`${part(`name="file"; filename="${fileName}"`)}Content-Type: ${type}\r\n\r\n`),
    Buffer.from(bytes),
    Buffer.from(`\r\n--${edge}--\r\n`),
  ])
  return { body, headers: { 'content-type': `multipart/form-data; boundary=${edge}` } }
}
