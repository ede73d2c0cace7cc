// What one caller may hold, and that others go on: streams, requests and bytes on their way, files, calls to providers,
// connections. Each bound is reached, and one more is refused with the time to wait.
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { addKey } from '../../src/engine/accounts/keys.ts'
import { addUser } from '../../src/engine/accounts/users.ts'
import { storeUpload, WAITING_BYTES_MAX } from '../../src/engine/import/uploads.ts'
import { boundStrangers } from '../../src/http/stranger-connections.ts'
import { Places } from '../../src/runtime/places.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { turn } from '../support/fake-clock.ts'
import { addMeta, addSandbox, addTestCampaign, importPeople } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

const fast = { env: { HERALD_REQUESTS_PER_SECOND: '100000' } }

/** A key of somebody else, as an administrator. */
async function otherKey({ ctx }: ApiClient): Promise<string> {
  await addUser(ctx, { name: 'grace', role: 'admin', password: 'orange kettle lantern' })
  return (await addKey(ctx, { name: 'other', user: 'grace' })).key
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

it('F11: SR-52 one user watches twenty streams, by whatever keys and logins, and others go on', async () => {
  const client = await serveApi(fast)
  await addSandbox(client)
  await importPeople(client, 1)
  await addTestCampaign(client, { schedule: { at: '2027-06-05T10:00:00Z' } })
  const url = `${client.base}/api/v1/campaigns/cmp_1/live`
  const over = new AbortController()
  onTestFinished(() => over.abort())
  const watch = (key: string) => fetch(url, { headers: bearer(key), signal: over.signal })
  for (let n = 0; n < 20; n++) expect((await watch(client.keys[n % 2 === 0 ? 'admin' : 'viewer'])).status).toBe(200)
  const more = await watch(client.keys.admin)
  expect([more.status, more.headers.get('retry-after')]).toEqual([429, '30'])
  expect(await more.json()).toMatchObject({ code: 'live.too_many_watchers' })
  expect((await watch(await otherKey(client))).status).toBe(200)
  over.abort()
  const again = new AbortController()
  onTestFinished(() => again.abort())
  let status = 429
  for (let turns = 0; status === 429 && turns < 1_000; turns++) {
    await turn()
    const answer = await fetch(url, { headers: bearer(client.keys.admin), signal: again.signal })
    status = answer.status
  }
  expect(status).toBe(200)
})

it('F11: SR-52 a stream that is only asked for by HEAD keeps no place', async () => {
  const client = await serveApi(fast)
  await addSandbox(client)
  await importPeople(client, 1)
  await addTestCampaign(client, { schedule: { at: '2027-06-05T10:00:00Z' } })
  for (let n = 0; n < 30; n++) {
    const { status, text } = await client.api('/campaigns/cmp_1/live', { method: 'HEAD', as: 'viewer' })
    expect([status, text]).toEqual([200, ''])
  }
  for (const path of ['/lists/people/export', '/lists/people/export?format=xlsx'])
    expect([(await client.api(path, { method: 'HEAD' })).status, (await client.api(path)).status]).toEqual([200, 200])
})

function begin({ base }: ApiClient, head: string[]): { socket: Socket; status: Promise<number> } {
  const socket = connect(Number(new URL(base).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  socket.write([...head, 'Host: 127.0.0.1', '', '{'].join('\r\n'))
  const status = new Promise<number>((resolve) => {
    socket.once('data', (chunk) => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(chunk.toString('latin1'))?.[1])))
    socket.once('close', () => resolve(0))
  })
  return { socket, status }
}

it('F2: SR-52 one key has 64 requests under way, and others go on', async () => {
  const client = await serveApi(fast)
  const head = [
    'POST /api/v1/campaigns HTTP/1.1',
    `Authorization: Bearer ${client.keys.admin}`,
    'Content-Type: application/json',
    'Content-Length: 100',
  ]
  const held = Array.from({ length: 64 }, () => begin(client, head))
  let refused = 0
  while (refused !== 429) {
    await turn()
    refused = (await client.api('/me')).status
  }
  expect((await client.api('/me', { as: 'viewer' })).status).toBe(200)
  for (const { socket } of held) socket.end('x'.repeat(99))
  await Promise.all(held.map(({ status }) => status))
  expect((await client.api('/me')).status).toBe(200)
})

it('F2: SR-52 one caller holds a share of the bytes on their way', () => {
  const places = new Places({ max: 100, maxOfOne: 40 })
  expect([places.take('a', 40), places.take('a', 1), places.take('b', 40), places.take('c', 30)]).toEqual([
    true,
    false,
    true,
    false,
  ])
  expect(places.take('c', 20)).toBe(true)
  places.give('a', 40)
  expect([places.take('c', 20), places.take('d', 21)]).toEqual([true, false])
})

it('F2: long forms of strangers take nothing from a login', async () => {
  const client = await serveApi(fast)
  const long = [
    'POST /campaigns/new HTTP/1.1',
    'Content-Type: application/x-www-form-urlencoded',
    'Content-Length: 1048576',
  ]
  const held = Array.from({ length: 17 }, () => begin(client, long))
  for (const { socket } of held) socket.write('x'.repeat(1_048_000))
  const refused = await Promise.race(held.map(({ status }) => status))
  expect(refused).toBe(429)
  const login = await fetch(`${client.base}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ name: 'ada', password: 'orange kettle lantern' }),
  })
  expect(login.status).toBe(303)
  const visitor = await visit(client)
  expect((await visitor.post('/account', { current: 'x'.repeat(20_000), next: 'y' })).status).toBe(422)
})

it('F2: strangers have a number of connections each, and the oldest goes first', async () => {
  const server = createServer((_, response) => void response.end('served'))
  const ends: number[] = []
  boundStrangers(server, { max: 10, maxOfOne: 3, isShared: () => false })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  for (let n = 0; n < 6; n++) {
    const socket = connect(port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => {})
    socket.on('close', () => ends.push(n))
    await new Promise((resolve) => socket.once('connect', resolve))
  }
  while (ends.length < 3) await turn()
  expect(ends.sort()).toEqual([0, 1, 2])
})

it('F11: SR-52 files of one user are bounded in number at once and in bytes that wait', async () => {
  const client = await serveApi(fast)
  const endings: (() => void)[] = []
  async function* slow() {
    yield Buffer.from('phone\n')
    await new Promise<void>((resolve) => endings.push(resolve))
  }
  const store = (stream = slow()) => storeUpload(client.ctx, { userId: 1, fileName: 'a.csv' }, stream)
  async function* quick() {
    yield Buffer.from('phone\n')
  }
  const held = Array.from({ length: 4 }, () => store())
  await expect(store()).rejects.toMatchObject({ code: 'request.too_many', details: { retryAfterSeconds: 5 } })
  while (endings.length < 4) await turn()
  for (const end of endings) end()
  await Promise.all(held)
  await client.ctx.db.write((tx) => tx.run('UPDATE uploads SET bytes = ? WHERE id = 1', [WAITING_BYTES_MAX]))
  await expect(store()).rejects.toMatchObject({ code: 'upload.too_many' })
  await client.ctx.db.write((tx) => tx.run('UPDATE uploads SET bytes = ? WHERE id = 1', [WAITING_BYTES_MAX - 21]))
  await expect(store(quick())).rejects.toMatchObject({ code: 'request.too_large' })
})

it('F11: SR-52 one user asks providers twenty times at once, and others go on', async () => {
  const client = await serveApi(fast)
  await addMeta(client, { name: 'cloud' })
  const check = async (headers = {}) => client.api('/senders/nobody/check', { method: 'POST', headers })
  for (let n = 0; n < 20; n++) expect((await check()).status).toBe(404)
  const more = await check()
  expect([more.status, more.body.code, more.headers.get('retry-after')]).toEqual([429, 'request.too_many', '6'])
  const visitor = await visit(client)
  for (const [path, body] of [
    ['/senders/sandbox/webhook', undefined],
    ['/templates/sync', undefined],
    ['/senders/sandbox/templates/sync', undefined],
    ['/campaigns/cmp_1/test', { to: '+12025550101' }],
  ] as const)
    expect((await client.api(path, { method: 'POST', ...(body && { body }) })).status, path).toBe(429)
  expect((await check(bearer(await otherKey(client)))).status).toBe(404)
  expect((await visitor.post('/senders/snd_2/check')).status).not.toBe(429)
  client.clock.advance(6_000)
  expect((await check()).status).toBe(404)
})

it('F8: SR-52 one address asks so often, and others go on', async () => {
  const client = await serveApi({ env: { HERALD_REQUESTS_PER_SECOND: '1', HERALD_TRUSTED_HOPS: '1' } })
  const ask = async (address: string, headers = {}) =>
    (await fetch(`${client.base}/api/v1/me`, { headers: { 'x-forwarded-for': address, ...headers } })).status
  const statuses: number[] = []
  for (let n = 0; n < 25; n++) statuses.push(await ask(`203.0.113.${n}, 198.51.100.7`, bearer('herald_guess')))
  expect(statuses.filter((status) => status === 401)).toHaveLength(20)
  expect(statuses.at(-1)).toBe(429)
  expect(await ask('203.0.113.5', bearer(client.keys.admin))).toBe(200)
})
