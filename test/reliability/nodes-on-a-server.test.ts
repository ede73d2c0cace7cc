// Several nodes at work on one PostgreSQL server, while the server crashes, connections are cut and nodes die: the independent
// checker finds nobody who got a message twice, nobody forgotten, and no second above the rate.
import { describe, expect, it } from 'vitest'
import { hasServer } from '../support/postgres-programs.ts'
import { noBench, type Program } from './faults/program.ts'
import { ServerPlace } from './faults/server-place.ts'
import { brokenIn, campaign, Stage, Template } from './faults/stage.ts'

const RATE = 30

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
})
