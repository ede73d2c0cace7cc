// What a request may be, before anybody asks what it wants: its size, its type, its pace, its address. Spoken in raw
// bytes where a decent client would not.
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { turn } from '../support/fake-clock.ts'
import { openTestApp } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

/** Sends bytes and takes what comes until the connection ends, or until `isEnough`. */
async function speak(client: ApiClient, bytes: string | Buffer, isEnough?: (text: string) => boolean): Promise<string> {
  const socket = connect(Number(new URL(client.base).port), '127.0.0.1')
  let text = ''
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (isEnough?.(text)) resolve()
    })
    socket.on('close', () => resolve())
    socket.on('error', () => resolve())
    socket.write(bytes)
  })
  socket.destroy()
  return text
}

const hasHead = (text: string) => text.includes('\r\n\r\n')
/** 0 for a connection that ends without an answer. */
const statusOf = (text: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)

function requestHead(client: ApiClient, line: string, headers: string[] = []): string {
  return [`${line} HTTP/1.1`, 'Host: 127.0.0.1', `Authorization: Bearer ${client.keys.admin}`, ...headers, '', ''].join(
    '\r\n',
  )
}

it('SR-52 refuses a body that says it is too long before it comes', async () => {
  const client = await serveApi()
  const head = requestHead(client, 'POST /api/v1/campaigns', [
    'Content-Type: application/json',
    'Content-Length: 11000000',
  ])
  expect(statusOf(await speak(client, head, hasHead))).toBe(413)
})

it('SR-52 refuses a body in chunks as soon as it is too long', async () => {
  const client = await serveApi()
  const head = requestHead(client, 'POST /api/v1/campaigns', [
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
  ])
  const chunk = `100000\r\n${' '.repeat(0x100000)}\r\n`
  const answer = await speak(client, head + chunk.repeat(12), hasHead)
  expect(statusOf(answer)).toBe(413)
  expect(answer).toContain('request.too_large')
})

it('SR-52 refuses the form of a page that is too long, however it comes', async () => {
  const client = await serveApi()
  const type = 'Content-Type: application/x-www-form-urlencoded'
  const long = requestHead(client, 'POST /login', [type, 'Content-Length: 2000000'])
  expect(statusOf(await speak(client, long, hasHead))).toBe(413)
  const chunks = requestHead(client, 'POST /login', [type, 'Transfer-Encoding: chunked'])
  expect(statusOf(await speak(client, chunks + `100000\r\n${'a'.repeat(0x100000)}\r\n`.repeat(2), hasHead))).toBe(413)
})

it('SR-52 refuses a multipart body of a stranger, and text that is no form', async () => {
  const client = await serveApi()
  const post = (headers: Record<string, string>) =>
    fetch(`${client.base}/login`, { method: 'POST', headers, body: '{"name":1}' })
  expect((await post({ 'content-type': 'multipart/form-data; boundary=x' })).status).toBe(415)
  expect((await post({ 'content-type': 'text/plain' })).status).toBe(415)
  expect((await post({ 'content-type': 'application/json' })).status).toBe(415)
  expect((await post({ 'content-type': 'text/csv', 'content-encoding': 'gzip' })).status).toBe(415)
})

it('SR-52 refuses JSON that is nested without end, broken, or not there', async () => {
  const client = await serveApi()
  const post = (body: string) => client.api('/campaigns', { method: 'POST', body })
  for (const body of ['['.repeat(100_000), '{"a":'.repeat(100_000), `${'['.repeat(5000)}${']'.repeat(5000)}`]) {
    const answer = await post(body)
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining('nested deeper')])
  }
  // Brackets in texts are no levels.
  expect((await post(JSON.stringify({ name: '['.repeat(500) }))).body.detail).not.toContain('nested')
  for (const body of ['', '{', 'null', '[]', '"text"', '{"__proto__":{"role":"admin"}}', '\u0000'])
    expect([400, 415, 422], body).toContain((await post(body)).status)
  expect(({} as Record<string, unknown>).role).toBeUndefined()
})

it('SR-53 gives up a body that trickles, and one that stops', async () => {
  const client = await serveApi()
  const head = requestHead(client, 'PUT /api/v1/limits/quiet-hours', [
    'Content-Type: application/json',
    'Content-Length: 40',
  ])
  const answer = speak(client, `${head}{"from":`, hasHead)
  // Time passes only when the service waits for the rest.
  let isDone = false
  void answer.then(() => {
    isDone = true
  })
  while (!isDone) {
    await turn()
    client.clock.advance(1_000)
  }
  expect(statusOf(await answer)).toBe(408)
})

it('SR-53 ends a connection whose headers do not come, and serves others meanwhile', async () => {
  const client = await serveApi()
  const port = Number(new URL(client.base).port)
  const sockets = await Promise.all(
    Array.from({ length: 300 }, async () => {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      await new Promise((resolve) => socket.once('connect', resolve))
      socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ')
      return socket
    }),
  )
  expect((await client.api('/me')).status).toBe(200)
  for (const socket of sockets) socket.destroy()
})

it('bounds headers, addresses and parameters', async () => {
  const client = await serveApi()
  const get = async (path: string, headers: string[] = []) =>
    statusOf(await speak(client, requestHead(client, `GET ${path}`, headers), hasHead))
  expect(await get('/api/v1/me', [`X-Long: ${'x'.repeat(200_000)}`])).toBe(431)
  expect(
    await get(
      '/api/v1/me',
      Array.from({ length: 4000 }, (_, n) => `X-${n}: 1`),
    ),
  ).toBe(431)
  expect(await get(`/api/v1/${'x'.repeat(1_000_000)}`)).toBe(414)
  expect(await get(`/api/v1/me?q=${'x'.repeat(9_000)}`)).toBe(414)
  expect(await get(`/api/v1/lists?${'a=1&'.repeat(1_000)}`)).toBe(400)
})

it('refuses two lengths at once, folded headers and control characters, and ends the connection', async () => {
  const client = await serveApi()
  const both = ['Content-Type: application/json', 'Content-Length: 5', 'Transfer-Encoding: chunked']
  for (const headers of [
    both,
    ['X-Folded: a\r\n b'],
    ['X-Zero: a\0b'],
    ['X-Line: a\rb'],
    ['Content-Length: 5', 'Content-Length: 6'],
  ]) {
    const answer = await speak(client, `${requestHead(client, 'POST /api/v1/campaigns', headers)}0\r\n\r\n`)
    expect(statusOf(answer), headers.join()).toBe(400)
    expect(answer.toLowerCase()).toContain('connection: close')
  }
})

it('says which methods an address has when another one is used', async () => {
  const client = await serveApi()
  const put = await client.api('/lists', { method: 'PUT', body: {} })
  expect([put.status, put.headers.get('allow'), put.body.code]).toEqual([405, 'GET, HEAD', 'route.wrong_method'])
  const options = await client.api('/campaigns/cmp_1', { method: 'OPTIONS' })
  expect([options.status, options.headers.get('allow')]).toEqual([405, 'GET, PUT, HEAD'])
  expect((await client.api('/elsewhere/lists', { method: 'PUT', body: {} })).status).toBe(404)
  const headers = { authorization: `Bearer ${client.keys.admin}` }
  expect((await fetch(`${client.base}/api/v1/me`, { method: 'HEAD', headers })).status).toBe(200)
  const visitor = await visit(client)
  const page = await visitor.post('/users')
  expect([page.status, page.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  const gone = await visitor.get('/logout')
  expect([gone.status, gone.headers.get('allow')]).toEqual([405, 'POST'])
  for (const method of ['TRACE', 'CONNECT', 'BREW'])
    expect([400, 404, 405, 0]).toContain(
      statusOf(await speak(client, requestHead(client, `${method} /api/v1/me`), hasHead)),
    )
})

it('A-03 answers addresses of any form with a refusal, never with a fault', async () => {
  const client = await serveApi()
  const odd = [
    '/campaigns/%00',
    '/campaigns/../users',
    '/campaigns/%2e%2e/users',
    '/campaigns/..%2fusers',
    '/campaigns/1e3',
    `/campaigns/${'9'.repeat(31)}`,
    '/campaigns/-1',
    '/campaigns/0x10',
    '/campaigns/%E0%A4%A',
    '/campaigns/%ff',
    '/campaigns//',
    '/campaigns/cmp_1%20',
    '/campaigns/__proto__',
    '/campaigns/constructor',
    '/lists/%u0041',
    '/senders/%C0%AF',
    '/keys/key_%00',
    '/users/usr_99999999999999999999',
    '/campaigns/%F0%9F%98%80',
    '/campaigns/a%0d%0aSet-Cookie:x=1',
    '//users',
    '/./me',
    '/%2e/me/..',
  ]
  for (const path of odd) {
    const answer = await speak(client, requestHead(client, `GET /api/v1${path}`), hasHead)
    expect([200, 400, 404, 405], `${path}: ${statusOf(answer)}`).toContain(statusOf(answer))
    expect(answer.toLowerCase(), path).not.toContain('\nset-cookie')
    if (statusOf(answer) === 200) expect(path).toBe('/campaigns//')
  }
})

it('A-13 SR-32 knows no parameter that is not in its description: no sort, no order, no field of another kind', async () => {
  const client = await serveApi()
  for (const query of [
    'sort=name;drop table',
    'sort=__proto__',
    'order=sideways',
    'fields=password_hash',
    'limit=1&limit=2&q[]=1',
  ]) {
    const { status, body } = await client.api(`/campaigns?${query}`)
    expect([status, body.code], query).toEqual([400, /^sort/.test(query) ? 'sort.unknown' : 'request.invalid'])
  }
})

it('refuses a cursor that was changed or belongs to another list', async () => {
  const client = await serveApi()
  for (let i = 0; i < 3; i++) await client.api('/keys', { method: 'POST', body: { name: `k${i}`, user: 'ada' } })
  const { body } = await client.api('/keys?limit=1')
  expect((await client.api(`/keys?limit=1&cursor=${body.nextCursor}`)).body.items).toHaveLength(1)
  const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  for (const cursor of [
    'x',
    '%00',
    body.nextCursor.slice(2),
    forged(['users', 'x']),
    forged([1, 2]),
    forged({}),
    forged(['keys', "1' OR 1=1"]),
  ])
    expect((await client.api(`/keys?cursor=${cursor}`)).status, cursor).toBe(400)
  expect((await client.api(`/lists?cursor=${body.nextCursor}`)).body.code).toBe('cursor.invalid')
  for (const place of [
    forged(['templates:', '"x"']),
    forged(['templates:', '[1,2,3]']),
    forged(['templates:', '{']),
    forged(['templates:', '[1,"a"]']),
  ])
    expect((await client.api(`/templates?cursor=${place}`)).body.code).toBe('cursor.invalid')
})

it('slows down one key that asks too often, and nobody else', async () => {
  const client = await serveApi({ env: { HERALD_REQUESTS_PER_SECOND: '10' } })
  const statuses: number[] = []
  for (let i = 0; i < 25; i++) statuses.push((await client.api('/me')).status)
  expect(statuses.filter((status) => status === 200)).toHaveLength(20)
  const refused = await client.api('/me')
  expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
    429,
    'request.too_many',
    '1',
  ])
  expect((await client.api('/me', { as: 'viewer' })).status).toBe(200)
  client.clock.advance(1_000)
  expect((await client.api('/me')).status).toBe(200)
})

it('SR-01 refuses to listen beyond this machine without a proxy that speaks TLS', async () => {
  for (const env of [
    { HERALD_HOST: '0.0.0.0' },
    { HERALD_HOST: '::' },
    { HERALD_HOST: '0.0.0.0', HERALD_TRUSTS_PROXY: 'true' },
    { HERALD_HOST: '0.0.0.0', HERALD_TRUSTS_PROXY: 'true', HERALD_PUBLIC_URL: 'http://herald.example' },
    { HERALD_HOST: '0.0.0.0', HERALD_PUBLIC_URL: 'https://herald.example' },
  ]) {
    const test = await openTestApp({ env: { ...env, HERALD_PORT: '0' } as Record<string, string> })
    await expect(test.app.serve()).rejects.toMatchObject({ code: 'config.exposed' })
  }
  const { base } = await serveApi()
  expect(new URL(base).hostname).toBe('127.0.0.1')
})
