// What strangers and slow callers cost where callbacks come in, spoken in raw bytes: nothing before the token is right,
// and a bounded amount after it.
import { createHmac } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Pool } from 'undici'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { setSender } from '../../src/engine/senders/senders.ts'
import { applyEvents } from '../../src/engine/track/apply-events.ts'
import { boundStrangers } from '../../src/http/stranger-connections.ts'
import { webhookBodyLimits } from '../../src/http/webhook-bodies.ts'
import { WebhookListener, type WebhookPort } from '../../src/http/webhook-listener.ts'
import { createLog } from '../../src/runtime/log.ts'
import { metaEnvelope, metaStatus, storeCallback } from '../support/callbacks.ts'
import { FakeClock, turn } from '../support/fake-clock.ts'
import { addMeta, addSandbox, openTestApp, type TestApp } from '../support/open-test-app.ts'

const APP_SECRET = 'test-secret'

interface Service extends TestApp {
  port: number
  path: string
  stop(): Promise<void>
}

async function serve(): Promise<Service> {
  const test = await openTestApp({ env: { HERALD_PORT: '0' } })
  const { webhookUrl } = await addMeta(test)
  const running = await test.app.serve()
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= Promise.resolve(running[Symbol.asyncDispose]())
    return stopped
  }
  onTestFinished(stop)
  return { ...test, port: Number(new URL(running.url).port), path: new URL(webhookUrl).pathname, stop }
}

interface Caller {
  socket: Socket
  /** Everything that came so far. */
  text(): string
  until(isEnough: (text: string) => boolean): Promise<string>
  ended: Promise<string>
}

const isWhole = (text: string) => text.includes('\r\n\r\n')
const statusOf = (text: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)
const codeOf = (text: string) => /"code":"([^"]+)"/.exec(text)?.[1]

function call(port: number, bytes: string): Caller {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let text = ''
  let look = () => {}
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    look()
  })
  socket.on('error', () => {})
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(text)))
  const until = (isEnough: (text: string) => boolean) =>
    Promise.race([
      ended,
      new Promise<string>((resolve) => {
        look = () => isEnough(text) && resolve(text)
        look()
      }),
    ])
  socket.write(bytes)
  return { socket, text: () => text, until, ended }
}

function headOf(path: string, headers: string[], method = 'POST'): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, '', ''].join('\r\n')
}

const sign = (body: string, secret = APP_SECRET) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`

function signed(path: string, body: string, secret = APP_SECRET): string {
  return `${headOf(path, [`X-Hub-Signature-256: ${sign(body, secret)}`, `Content-Length: ${body.length}`])}${body}`
}

let bodies = 0
/** A callback that nobody sent before. */
const freshBody = () =>
  JSON.stringify(metaEnvelope({ statuses: [metaStatus({ trackingId: `track-${++bodies}`, status: 'sent' })] }))

async function post(service: Service, bytes: string): Promise<string> {
  const caller = call(service.port, bytes)
  const text = await caller.until(isWhole)
  caller.socket.destroy()
  return text
}

async function countStored({ ctx }: TestApp): Promise<number> {
  return (await ctx.db.read((tx) => tx.get<{ n: number }>('SELECT count(*) AS n FROM webhook_events')))?.n ?? -1
}

describe('a stranger', () => {
  it('F2: with a hundred connections that hold bodies is answered 404, and each connection ends', async () => {
    const service = await serve()
    const bytes = `${headOf('/webhooks/nobody/nothing', [`Content-Length: ${3 * 1024 * 1024 - 1}`])}${'x'.repeat(1_000)}`
    const callers = Array.from({ length: 100 }, () => call(service.port, bytes))
    const answers = await Promise.all(callers.map(({ ended }) => ended))
    expect(new Set(answers.map(statusOf))).toEqual(new Set([404]))
    expect(answers.every((text) => /^connection: close/im.test(text))).toBe(true)
  })

  it('F2: is not asked for a body; who has the right token is', async () => {
    const service = await serve()
    const body = freshBody()
    const headers = [`X-Hub-Signature-256: ${sign(body)}`, `Content-Length: ${body.length}`, 'Expect: 100-continue']
    const stranger = await call(service.port, headOf('/webhooks/main/wrong', headers)).ended
    expect([statusOf(stranger), stranger.includes('100 Continue')]).toEqual([404, false])
    const provider = call(service.port, headOf(service.path, headers))
    expect(await provider.until(isWhole)).toMatch(/^HTTP\/1\.1 100 Continue/)
    provider.socket.write(body)
    expect(await provider.until((text) => text.includes('200 OK'))).toContain('HTTP/1.1 200 OK')
  })

  it('F2: who says nothing gives way to who connects later', async () => {
    const server = createServer((_, response) => void response.end('served'))
    boundStrangers(server, { max: 3, isShared: () => true })
    const port = await listening(server)
    const silent = []
    for (let i = 0; i < 3; i++) {
      const caller = call(port, '')
      await new Promise((resolve) => caller.socket.once('connect', resolve))
      silent.push(caller)
    }
    expect(await call(port, headOf('/', [], 'GET')).until(isWhole)).toContain('200 OK')
    await silent[0]?.ended
    expect(silent.map(({ socket }) => socket.destroyed)).toEqual([true, false, false])
  })

  it.each([
    '/webhooks/%2e%2e/login',
    '/webhooks/../login',
    '/webhooks/./login',
    '/webhooks/main/..',
    '/webhooks/main/%2E%2E/%2E%2E/login',
    '/webhooks/..%2flogin/x',
    '/webhooks/..%5clogin/x',
    '/webhooks//login',
    '/webhooks/%E0%A4%A/x',
    '/webhooks',
    '/webhooks?x=/login',
    '/webhooks/main',
  ])('F2, F11: reaches no page by %s', async (path) => {
    const service = await serve()
    const answer = await call(service.port, headOf(path, [], 'GET')).ended
    expect(statusOf(answer)).toBe(404)
    expect(answer).toMatch(/^content-type: application\/problem\+json/im)
    expect(answer).toMatch(/^content-security-policy: default-src 'none'/im)
  })

  it('F10: who guesses addresses is told to wait, and providers at the same address are not', async () => {
    const service = await serve()
    const wrong = () => post(service, signed('/webhooks/main/wrong', '{}'))
    const statuses: number[] = []
    for (let i = 0; i < 210; i++) statuses.push(statusOf(await wrong()))
    expect(statuses.filter((status) => status === 404)).toHaveLength(200)
    const braked = await wrong()
    expect([statusOf(braked), codeOf(braked), /^retry-after: 1/im.test(braked)]).toEqual([
      429,
      'request.too_many',
      true,
    ])
    expect(statusOf(await post(service, signed(service.path, freshBody())))).toBe(200)
    service.clock.advance(1_000)
    expect(statusOf(await wrong())).toBe(404)
  })
})

describe('a wrong signature', () => {
  it('F10: that comes again and again is refused before its body is read', async () => {
    const service = await serve()
    const wrong = () => post(service, signed(service.path, freshBody(), 'another-secret'))
    for (let i = 0; i < 50; i++) expect(statusOf(await wrong())).toBe(401)
    const held = call(service.port, headOf(service.path, ['Content-Length: 3000000', 'X-Hub-Signature-256: sha256=00']))
    expect(statusOf(await held.ended)).toBe(429)
    expect(await countStored(service)).toBe(0)
    service.clock.advance(1_000)
    expect(statusOf(await post(service, signed(service.path, freshBody())))).toBe(200)
  })

  it('F10: delays no genuine callback from the same place, and none of another sender', async () => {
    const service = await serve()
    const { webhookUrl } = await addMeta(service, { name: 'other' })
    expect(statusOf(await post(service, signed(service.path, freshBody())))).toBe(200)
    for (let i = 0; i < 80; i++)
      expect(statusOf(await post(service, signed(service.path, freshBody(), 'another-secret')))).toBe(401)
    expect(statusOf(await post(service, signed(service.path, freshBody())))).toBe(200)
    expect(statusOf(await post(service, signed(new URL(webhookUrl).pathname, freshBody())))).toBe(200)
  })
})

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

/** A listener with bounds of its own, before an engine that stores when the test says so. */
async function listen(limits: Partial<typeof webhookBodyLimits>) {
  const clock = new FakeClock()
  const stored: (() => void)[] = []
  const receive = () => new Promise<void>((resolve) => stored.push(resolve))
  const webhooks: WebhookPort = {
    find: async () => ({ senderId: 1, receive, handshake: () => ({ status: 200, body: '' }) }),
  }
  const listener = new WebhookListener({
    webhooks,
    host: '127.0.0.1',
    publicUrl: 'http://127.0.0.1',
    trust: { trustedHops: 0, trustsProxy: false },
    headers: {},
    clock,
    log: createLog({ level: 'silent' }),
    limits: { ...webhookBodyLimits, ...limits },
  })
  const port = await listening(createServer((request, response) => void listener.answer(request, response)))
  return { port, clock, stored, listener }
}

describe('bodies', () => {
  const whole = (bytes: number) => `${headOf('/webhooks/a/b', [`Content-Length: ${bytes}`])}${'x'.repeat(bytes)}`

  it('F2: in flight are bounded over all of them, until they are stored', async () => {
    const { port, stored } = await listen({ bytesInFlightMax: 100_000, bytesInFlightMin: 10 })
    const first = [call(port, whole(40_000)), call(port, whole(40_000))]
    while (stored.length < 2) await turn()
    const third = await call(port, whole(40_000)).until(isWhole)
    expect([statusOf(third), codeOf(third), /^retry-after: 1/im.test(third)]).toEqual([503, 'webhook.too_many', true])
    // A body that does not say how long it is, is refused when it has become too much.
    const chunked = `${headOf('/webhooks/a/b', ['Transfer-Encoding: chunked'])}7530\r\n${'x'.repeat(30_000)}\r\n0\r\n\r\n`
    expect(statusOf(await call(port, chunked).until(isWhole))).toBe(503)
    for (const store of stored.splice(0)) store()
    for (const caller of first) expect(statusOf(await caller.until(isWhole))).toBe(200)
    const again = call(port, whole(40_000))
    while (stored.length === 0) await turn()
    stored[0]?.()
    expect(statusOf(await again.until(isWhole))).toBe(200)
  })

  it('F2: of many small callbacks are bounded too', async () => {
    const { port, stored } = await listen({ bytesInFlightMax: 100_000, bytesInFlightMin: 10_000 })
    const callers = Array.from({ length: 11 }, () => call(port, whole(1)))
    const refused = await Promise.race(callers.map((caller) => caller.until(isWhole)))
    expect(statusOf(refused)).toBe(503)
    while (stored.length < 10) await turn()
    for (const store of stored) store()
    const statuses = await Promise.all(callers.map(async (caller) => statusOf(await caller.until(isWhole))))
    expect(statuses.filter((status) => status === 200)).toHaveLength(10)
  })

  it.each([
    ['stops', 0],
    ['trickles', 10],
  ])('F2: that %s is given up', async (_what, bytesEachSecond) => {
    const service = await serve()
    const caller = call(service.port, `${headOf(service.path, ['Content-Length: 3000000'])}{`)
    let isOver = false
    void caller.ended.then(() => {
      isOver = true
    })
    for (let second = 0; !isOver; second++) {
      expect(second).toBeLessThan(10_000)
      await turn()
      service.clock.advance(1_000)
      if (!isOver) caller.socket.write('x'.repeat(bytesEachSecond))
    }
    const answer = await caller.ended
    expect([statusOf(answer), codeOf(answer)]).toEqual([408, 'request.too_slow'])
  })

  it('F2: that comes too slowly to be whole in time is given up, however steady it is', async () => {
    const { port, clock } = await listen({ lookMs: 1_000, looksMax: 4, bytesPerLookMin: 10 })
    const caller = call(port, headOf('/webhooks/a/b', ['Content-Length: 1000']))
    let looks = 0
    let isOver = false
    void caller.ended.then(() => {
      isOver = true
    })
    while (!isOver) {
      while (clock.nextWake === undefined && !isOver) await turn()
      const before = caller.socket.bytesWritten
      caller.socket.write('x'.repeat(50))
      while (caller.socket.bytesWritten === before && !isOver) await turn()
      for (let i = 0; i < 50; i++) await turn()
      clock.advance(1_000)
      looks++
      for (let i = 0; i < 50; i++) await turn()
    }
    expect([statusOf(await caller.ended), looks]).toEqual([408, 4])
  })

  it('F2: that is still coming does not hold up a stop', async () => {
    const service = await serve()
    const caller = call(service.port, `${headOf(service.path, ['Content-Length: 3000000'])}{`)
    // The service has begun to read it when it waits for more.
    while ((service.clock.nextWake ?? Number.POSITIVE_INFINITY) > service.clock.now() + 250) await turn()
    for (let i = 0; i < 100; i++) await turn()
    await service.stop()
    expect(statusOf(await caller.ended)).toBe(503)
  })
})

describe('a sender', () => {
  it('H21: that another process changes is seen with the next callback', async () => {
    const service = await serve()
    const other = await openTestApp({ dir: service.dir, clock: service.clock })
    const status = async (path: string, secret: string) =>
      statusOf(await post(service, signed(path, freshBody(), secret)))
    expect(await status(service.path, APP_SECRET)).toBe(200)
    await setSender(other.ctx, 'main', { credentials: { appSecret: 'rotated-secret' } })
    expect(await status(service.path, APP_SECRET)).toBe(401)
    expect(await status(service.path, 'rotated-secret')).toBe(200)
    const sealed = other.ctx.secrets.seal('another-token', 'senders/1/webhookToken')
    await other.ctx.db.write((tx) => tx.run('UPDATE senders SET webhook_token = ?', [sealed]))
    expect(await status(service.path, 'rotated-secret')).toBe(404)
    expect(await status('/webhooks/main/another-token', 'rotated-secret')).toBe(200)
    const { webhookUrl } = await addMeta(other, { name: 'late comer' })
    expect(await status(new URL(webhookUrl).pathname, APP_SECRET)).toBe(200)
    await other.ctx.db.write((tx) => tx.run(`DELETE FROM senders WHERE name = 'late comer'`))
    expect(await status(new URL(webhookUrl).pathname, APP_SECRET)).toBe(404)
  })

  it('H21: is looked up once for all callbacks of one turn, and its token opened once', async () => {
    const { app, ctx, ...test } = await openTestApp()
    const { webhookUrl } = await addMeta({ app, ctx, ...test })
    const token = webhookUrl.split('/').at(-1) ?? ''
    await app.receiver.find('main', token)
    const read = vi.spyOn(ctx.db, 'read')
    const open = vi.spyOn(ctx.secrets, 'open')
    const doors = await Promise.all(Array.from({ length: 200 }, () => app.receiver.find('main', token)))
    expect(doors.every((door) => door?.senderId === 1)).toBe(true)
    expect([read.mock.calls.length, open.mock.calls.length]).toEqual([1, 0])
  })

  it('H21, H5: whose secret cannot be read fails alone', async () => {
    const service = await serve()
    const { webhookUrl } = await addSandbox(service, { name: 'broken' })
    await service.ctx.db.write((tx) => tx.run(`UPDATE senders SET webhook_token = 'x' WHERE name = 'broken'`))
    const [broken, main] = await Promise.all([
      post(service, signed(new URL(webhookUrl).pathname, freshBody())),
      post(service, signed(service.path, freshBody())),
    ])
    expect([statusOf(broken), statusOf(main)]).toEqual([503, 200])
  })
})

describe('storing', () => {
  it('H21: is over before the answer', async () => {
    const service = await serve()
    const { write } = service.ctx.db
    let commit = () => {}
    const mayCommit = new Promise<void>((resolve) => {
      commit = resolve
    })
    const spy = vi.spyOn(service.ctx.db, 'write').mockImplementation(async (fn) => {
      await mayCommit
      return write.call(service.ctx.db, fn) as never
    })
    const caller = call(service.port, signed(service.path, freshBody()))
    while (spy.mock.calls.length === 0) await turn()
    for (let i = 0; i < 100; i++) await turn()
    expect(caller.text()).toBe('')
    commit()
    expect(statusOf(await caller.until(isWhole))).toBe(200)
    expect(await countStored(service)).toBe(1)
  })

  it('H21: that fails is answered 503, stores nothing, and works again with the repeated callback', async () => {
    const service = await serve()
    const body = freshBody()
    const spy = vi
      .spyOn(service.ctx.db, 'write')
      .mockRejectedValue(new AppError('db.full', 'the disk of /srv/herald.db is full'))
    const failed = await post(service, signed(service.path, body))
    spy.mockRestore()
    expect([statusOf(failed), codeOf(failed), failed.includes('/srv')]).toEqual([503, 'db.full', false])
    expect(await countStored(service)).toBe(0)
    expect(statusOf(await post(service, signed(service.path, body)))).toBe(200)
    expect(await countStored(service)).toBe(1)
  })

  it('H21: takes ten thousand callbacks, each once, in few transactions', async () => {
    const service = await serve()
    const write = vi.spyOn(service.ctx.db, 'write')
    const pool = new Pool(`http://127.0.0.1:${service.port}`, { connections: 100 })
    onTestFinished(() => pool.close())
    const statuses = await Promise.all(
      Array.from({ length: 10_000 }, async () => {
        const body = freshBody()
        const headers = { 'x-hub-signature-256': sign(body) }
        const answer = await pool.request({ method: 'POST', path: service.path, body, headers })
        await answer.body.dump()
        return answer.statusCode
      }),
    )
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(await countStored(service)).toBe(10_000)
    expect(write.mock.calls.length).toBeLessThan(2_000)
  })
})

it('H21: applying gives the thread back between its transactions', async () => {
  const test = await openTestApp()
  await addMeta(test)
  for (let i = 0; i < 3; i++) {
    const statuses = Array.from({ length: 150 }, (_, n) => metaStatus({ trackingId: `t-${i}-${n}`, status: 'sent' }))
    await storeCallback(test, metaEnvelope({ statuses }))
  }
  await test.ctx.node.id()
  let turns = 0
  const count = () => {
    turns++
    next = setImmediate(count)
  }
  let next = setImmediate(count)
  const { write } = test.ctx.db
  const turnsAtWrites: number[] = []
  vi.spyOn(test.ctx.db, 'write').mockImplementation((fn) => {
    turnsAtWrites.push(turns)
    return write.call(test.ctx.db, fn) as never
  })
  await applyEvents(test.ctx, test.app.connections)
  clearImmediate(next)
  expect(turnsAtWrites.length).toBeGreaterThan(3)
  expect(new Set(turnsAtWrites).size).toBe(turnsAtWrites.length)
})
