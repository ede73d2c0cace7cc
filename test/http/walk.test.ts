// Every route of the program, as the program lists them, played by somebody who wants it to stand still: slow bodies, endless
// ones, lying lengths, thousands of keys, deep nesting, thousands of parameters, many connections. Each is answered, with a
// refusal at most, and the memory is not held. How long each holds the thread is measured by bench/requests.ts.
import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { apiRoutes, fill, pageRoutes } from '../support/all-routes.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { turn } from '../support/fake-clock.ts'
import { isOnPostgres } from '../support/on-postgres.ts'
import { addMeta } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

const MIB = 1024 * 1024
const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'
const GROWTH_MAX = 300 * MIB

interface Target {
  name: string
  method: string
  path: string
  /** Whether a body is read at all. */
  takesBody: boolean
  type: string
  /** What shows who asks; empty for a stranger. */
  proof: string[]
}

interface Walk {
  client: ApiClient
  targets: Target[]
}

/** Every route, asked by an administrator and by a stranger. */
async function setup(): Promise<Walk> {
  const client = await serveApi({ env: { HERALD_REQUESTS_PER_SECOND: '100000' } })
  const { cookie } = await visit(client)
  // Without an account of templates, nothing asks its provider.
  const { webhookUrl } = await addMeta(client)
  const callback = new URL(webhookUrl).pathname
  const isReading = (method: string) => method === 'GET'
  const api = apiRoutes(client).map((route) => ({
    ...route,
    type: JSON_TYPE,
    proof: [`Authorization: Bearer ${client.keys.admin}`],
  }))
  const pages = pageRoutes(client).map((route) => ({
    ...route,
    type: FORM_TYPE,
    proof: [`Cookie: ${cookie}`, 'Sec-Fetch-Site: same-origin'],
  }))
  const others = [
    { method: 'GET', path: '/healthz' },
    { method: 'GET', path: '/assets/style.css' },
    { method: 'GET', path: '/nothing' },
    { method: 'POST', path: '/nothing' },
    { method: 'POST', path: callback },
    { method: 'GET', path: callback },
    { method: 'POST', path: '/webhooks/nobody/nothing' },
  ].map((route) => ({ ...route, type: JSON_TYPE, proof: [] as string[] }))
  const targets = [...api, ...pages, ...others].flatMap(({ method, path, type, proof }) => {
    const target = { method, path: fill(path), type, takesBody: !isReading(method) }
    const stranger = { ...target, name: `${method} ${path} by a stranger`, proof: [] }
    return proof.length === 0 ? [stranger] : [{ ...target, name: `${method} ${path}`, proof }, stranger]
  })
  expect(targets.length).toBeGreaterThan(300)
  return { client, targets }
}

function headOf({ method, path, proof, type }: Target, headers: string[], query = ''): string {
  return [
    `${method} ${path}${query} HTTP/1.1`,
    'Host: 127.0.0.1',
    `Content-Type: ${type}`,
    ...proof,
    ...headers,
    '',
    '',
  ].join('\r\n')
}

interface Caller {
  socket: Socket
  /** The status of the first answer; 0 for a connection that ended without one. */
  status: Promise<number>
  isOver(): boolean
}

function call({ base }: ApiClient, bytes: string | Buffer): Caller {
  const socket = connect(Number(new URL(base).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let text = ''
  let isOver = false
  const status = new Promise<number>((resolve) => {
    const look = () => {
      const found = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]
      if (found === undefined && !socket.destroyed) return
      isOver = true
      resolve(Number(found ?? 0))
    }
    socket.on('data', (chunk) => {
      if (text.length < 1_000) text += chunk.toString('latin1')
      look()
    })
    socket.on('close', look)
    socket.on('error', () => {})
  })
  socket.write(bytes)
  return { socket, status, isOver: () => isOver }
}

/** Does something for every target, some at once; what it returns as wrong is told at the end. */
async function walk(
  { targets, client }: Walk,
  play: (target: Target) => Promise<number>,
  isRight: (status: number) => boolean,
) {
  const before = process.memoryUsage()
  let growth = 0
  const wrong: string[] = []
  const rest = [...targets]
  const worker = async () => {
    for (let target = rest.shift(); target !== undefined; target = rest.shift()) {
      const status = await play(target)
      if (!isRight(status)) wrong.push(`${target.name}: ${status}`)
      const { arrayBuffers, heapUsed } = process.memoryUsage()
      growth = Math.max(growth, arrayBuffers + heapUsed - before.arrayBuffers - before.heapUsed)
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  expect(wrong).toEqual([])
  expect(growth).toBeLessThan(GROWTH_MAX)
  expect((await client.api('/me')).status).toBe(200)
}

const isRefusal = (status: number) => status >= 400 && status < 500
const isAnswer = (status: number) => status >= 200 && status < 500

async function statusOf(client: ApiClient, bytes: string | Buffer): Promise<number> {
  const caller = call(client, bytes)
  const status = await caller.status
  caller.socket.destroy()
  return status
}

const withBodies = (all: Walk): Walk => ({ ...all, targets: all.targets.filter(({ takesBody }) => takesBody) })

describe('every route', () => {
  it('F2: SR-53 gives up a body that comes a byte at a time', async () => {
    const { client, targets } = withBodies(await setup())
    const callers = targets.map((target) => ({
      target,
      caller: call(client, `${headOf(target, ['Content-Length: 4000'])}{`),
    }))
    for (let second = 0; callers.some(({ caller }) => !caller.isOver()); second++) {
      expect(
        second,
        callers
          .filter(({ caller }) => !caller.isOver())
          .map(({ target }) => target.name)
          .join(),
      ).toBeLessThan(2_000)
      for (let i = 0; i < 5; i++) await turn()
      client.clock.advance(1_000)
      for (const { caller } of callers) if (!caller.isOver()) caller.socket.write(' ')
    }
    const wrong: string[] = []
    for (const { target, caller } of callers) {
      const status = await caller.status
      if (!isRefusal(status) && !isRedirect(target, status)) wrong.push(`${target.name}: ${status}`)
    }
    expect(wrong).toEqual([])
  })

  it('F2: SR-52 refuses a body that says it is too long, before it comes', async () => {
    const all = withBodies(await setup())
    await walk(all, (target) => statusOf(all.client, headOf(target, [`Content-Length: ${5 * 1024 ** 3}`])), isRefusal)
  })

  it('F2: SR-52 is not held by a body that is longer, or shorter, than it says', async () => {
    const all = withBodies(await setup())
    const rest = 'x'.repeat(MIB)
    await walk(all, (target) => statusOf(all.client, `${headOf(target, ['Content-Length: 10'])}${rest}`), isAnswer)
    await walk(
      all,
      async (target) => {
        const caller = call(all.client, `${headOf(target, ['Content-Length: 500'])}{}`)
        caller.socket.end()
        return caller.status
      },
      (status) => status < 500,
    )
  })

  it('F2: SR-52 ends a body in chunks that never ends', async () => {
    const all = withBodies(await setup())
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`
    await walk(
      all,
      async (target) => {
        const caller = call(all.client, headOf(target, ['Transfer-Encoding: chunked']))
        let sent = 0
        while (!caller.isOver() && sent < 64 * MIB) {
          const isTaken = caller.socket.write(chunk)
          sent += chunk.length
          if (!isTaken)
            await Promise.race([caller.status, new Promise((resolve) => caller.socket.once('drain', resolve))])
          await turn()
        }
        const status = sent < 64 * MIB ? await caller.status : 599
        caller.socket.destroy()
        // A server is asked for the address meanwhile: who floods a wrong one may lose the connection before the answer.
        return status === 0 && isOnPostgres && target.name.startsWith('POST /webhooks/') ? 404 : status
      },
      isAnswer,
    )
  })

  it('F1: SR-52 takes no time for ten thousand keys', async () => {
    const all = withBodies(await setup())
    const keys = Array.from({ length: 10_000 }, (_, n) => `k${n}`)
    const json = JSON.stringify({
      name: 'x',
      ...Object.fromEntries(keys.map((key) => [key, {}])),
      content: Object.fromEntries(keys.map((key) => [key, 1])),
    })
    const form = keys.map((key) => `${key}=1`).join('&')
    await walk(
      all,
      (target) => {
        const body = target.type === JSON_TYPE ? json : form
        return statusOf(all.client, `${headOf(target, [`Content-Length: ${body.length}`])}${body}`)
      },
      isAnswer,
    )
  })

  it('F1: SR-52 takes no time for deep nesting', async () => {
    const all = withBodies(await setup())
    const bodies: Record<string, string[]> = {
      [JSON_TYPE]: [
        '['.repeat(100_000),
        `${'{"filter":{"not":'.repeat(30)}1${'}}'.repeat(30)}`,
        `{"audience":{"lists":["x"],"filter":${'{"all":['.repeat(60)}${']}'.repeat(60)}}}`,
      ],
      [FORM_TYPE]: [
        `a${'[b]'.repeat(20_000)}=1`,
        `a${'.b'.repeat(20_000)}=1`,
        `__proto__[x]=1&${'constructor[prototype]'.repeat(500)}=1`,
      ],
    }
    for (const at of [0, 1, 2])
      await walk(
        all,
        (target) => {
          const body = bodies[target.type]?.[at] ?? ''
          return statusOf(all.client, `${headOf(target, [`Content-Length: ${body.length}`])}${body}`)
        },
        isAnswer,
      )
  })

  it('F1: SR-52 refuses ten thousand parameters, and a body of what only reads', async () => {
    const all = await setup()
    const query = `?${Array.from({ length: 10_000 }, () => 'a').join('&')}`
    await walk(all, (target) => statusOf(all.client, headOf(target, ['Content-Length: 0'], query)), isRefusal)
    const many = `?${'a&'.repeat(101)}`
    await walk(all, (target) => statusOf(all.client, headOf(target, ['Content-Length: 0'], many)), isRefusal)
    const reading = {
      ...all,
      targets: all.targets.filter(({ takesBody, path }) => !takesBody && !path.startsWith('/webhooks')),
    }
    await walk(reading, (target) => statusOf(all.client, headOf(target, ['Content-Length: 1000000000'])), isRefusal)
  })

  it('F2: SR-52 answers many connections at once', async () => {
    const all = await setup()
    // What answers is the same for all of them up to the route: some routes of each kind will do.
    const some = { ...all, targets: all.targets.filter((_, n) => n % 5 === 0) }
    await walk(
      some,
      async (target) => {
        const bytes = `${headOf(target, target.takesBody ? ['Content-Length: 2'] : [])}${target.takesBody ? '{}' : ''}`
        const statuses = await Promise.all(Array.from({ length: 12 }, () => statusOf(all.client, bytes)))
        return Math.max(...statuses.map((status) => (isAnswer(status) ? 200 : status === 0 ? 598 : status)))
      },
      isAnswer,
    )
  })
})

/** A stranger is sent to the login before a body is looked for. */
function isRedirect({ proof }: Target, status: number): boolean {
  return proof.length === 0 && [302, 303].includes(status)
}
