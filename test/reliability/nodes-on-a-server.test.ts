// Several nodes at work on one PostgreSQL server, while the server crashes, connections are cut, nodes die, stand still, are cut off
// or have a wrong clock: the independent checker finds nobody who got a message twice, nobody forgotten, and no second above the rate.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hasServer } from '../support/postgres-programs.ts'
import { noBench, type Program } from './faults/program.ts'
import { ServerPlace } from './faults/server-place.ts'
import { brokenIn, campaign, Stage, Template } from './faults/stage.ts'

const RATE = 30
/** Two cases wait for leases and for a long campaign: `NODES_ALL=1` plays them too. */
const isAll = process.env.NODES_ALL !== undefined

async function staged({ people, nodes, server }: { people: number; nodes: number; server: ServerPlace }) {
  const template = await Template.make({ people, ratePerSecond: RATE, concurrency: 16, server })
  const stage = await Stage.open(template, { latency: 0.03, env: { HERALD_CALL_DEADLINE_SECONDS: '2' } })
  const services = await Promise.all(Array.from({ length: nodes }, () => stage.serve()))
  await stage.ask('campaigns', 'launch', campaign)
  const end = async () => {
    await stage[Symbol.asyncDispose]()
    template[Symbol.dispose]()
  }
  return { stage, services, [Symbol.asyncDispose]: end }
}

const PATIENCE_MS = 150_000

async function ended(stage: Stage): Promise<void> {
  const open = () => stage.values(`SELECT 1 FROM runs WHERE status IN ('planning', 'sending')`)
  await expect.poll(open, { timeout: PATIENCE_MS, interval: 200 }).toEqual([])
}

async function expectWhole(stage: Stage, services: Program[], { kills = 0, unknownMax = 0 } = {}): Promise<void> {
  expect(await Promise.all(services.map((service) => service.stop()))).toEqual(services.map(() => 0))
  expect(brokenIn(await stage.check({ rate: RATE, kills, unknownMax }))).toEqual([])
  expect((await stage.herald(['verify']).ended()).code).toBe(0)
}

describe.skipIf(!hasServer || noBench !== undefined)('nodes on one server', { timeout: 240_000 }, () => {
  it('share a campaign, and send each message once while the server crashes and connections are cut', async () => {
    const server = await ServerPlace.start()
    await using place = await staged({ people: 90, nodes: 2, server })
    const { stage, services } = place
    await stage.sink.asked(15)
    server.cutConnections(stage.database)
    await stage.sink.asked(35)
    server.crash()
    await stage.sink.asked(60)
    server.cutConnections(stage.database)
    await ended(stage)
    expect(stage.values(`SELECT DISTINCT node_id FROM attempts`)).toHaveLength(2)
    await expectWhole(stage, services)
  })

  it('take over what a node had that was killed', async () => {
    const server = await ServerPlace.start()
    await using place = await staged({ people: 60, nodes: 3, server })
    const { stage, services } = place
    await stage.sink.asked(20)
    const [dying, ...staying] = services
    await dying?.kill9()
    await ended(stage)
    await expectWhole(stage, staying, { kills: 1, unknownMax: 16 })
  })

  it.runIf(isAll)('hold one rate while the clock of one is two minutes ahead', async () => {
    const server = await ServerPlace.start()
    await using place = await staged({ people: 300, nodes: 1, server })
    const { stage, services } = place
    const ahead = stage.herald(['start', '--port', '0'], { env: { NODE_OPTIONS: `--import=${clockAhead(120_000)}` } })
    await ahead.answered()
    await ended(stage)
    expect(stage.values(`SELECT DISTINCT node_id FROM attempts`)).toHaveLength(2)
    await expectWhole(stage, [...services, ahead])
  })

  it.runIf(isAll)(
    'call nothing again that one took over from another, which stood still for longer than its lease',
    async () => {
      const server = await ServerPlace.start()
      await using place = await staged({ people: 60, nodes: 2, server })
      const { stage, services } = place
      const [stopped] = services
      await stage.sink.asked(20)
      stopped?.signal('SIGSTOP')
      await ended(stage)
      const asked = stage.sink.requests().length
      stopped?.signal('SIGCONT')
      await expectWhole(stage, services, { kills: 1, unknownMax: 16 })
      expect(stage.sink.requests()).toHaveLength(asked)
    },
  )

  it('send each message once while one is cut off from the server with its calls on the wire', async () => {
    const server = await ServerPlace.start()
    await using place = await staged({ people: 60, nodes: 1, server })
    const { stage, services } = place
    await using way = await Way.to(stage.database)
    const distant = stage.run([
      process.execPath,
      stage.template.main,
      '--db',
      way.url,
      '--json',
      'start',
      '--port',
      '0',
    ])
    await distant.answered()
    await stage.sink.asked(20)
    way.cut()
    await stage.sink.asked(35)
    way.open()
    await ended(stage)
    await expectWhole(stage, [...services, distant], { kills: 1, unknownMax: 16 })
  })
})

/** A module that lets a process see a wall clock that is ahead. */
function clockAhead(ms: number): string {
  const code = `const now = Date.now; Date.now = () => now() + ${ms}`
  return `data:text/javascript,${encodeURIComponent(code)}`
}

/** A way to a server that can be cut: what is on it is lost, and nobody gets through. */
class Way implements AsyncDisposable {
  readonly url: string
  readonly #folder: string
  readonly #open = new Set<Socket>()
  readonly #server = createServer((socket) => this.#pass(socket))
  readonly #target: string
  #isCut = false

  private constructor(database: string) {
    const url = new URL(database)
    this.#target = join(url.searchParams.get('host') ?? '', '.s.PGSQL.5432')
    this.#folder = mkdtempSync(join(tmpdir(), 'herald-way-'))
    url.searchParams.set('host', this.#folder)
    this.url = url.href
  }

  static async to(database: string): Promise<Way> {
    const way = new Way(database)
    way.#server.listen(join(way.#folder, '.s.PGSQL.5432'))
    await once(way.#server, 'listening')
    return way
  }

  #pass(socket: Socket): void {
    socket.on('error', () => {})
    if (this.#isCut) return void socket.destroy()
    const onward = connect(this.#target)
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      one.on('error', () => {}).on('close', () => other.destroy())
      one.pipe(other)
    }
    this.#open.add(socket)
  }

  cut(): void {
    this.#isCut = true
    for (const socket of this.#open) socket.destroy()
    this.#open.clear()
  }

  open(): void {
    this.#isCut = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
