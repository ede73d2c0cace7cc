// kill -9 at calls that change files or sockets while a campaign is sent, and at each phase of a call. Few points, because
// each costs several processes: `npm run bench:faults -- kill` kills all operations at many.
import { describe, expect, it } from 'vitest'
import { killMatrix } from './faults/kill-matrix.ts'
import { pointsIn, spreadPoints } from './faults/kill-points.ts'
import { noBench } from './faults/program.ts'
import type { FaultRule } from './faults/sink-process.ts'
import { brokenIn, campaign, Stage, Template } from './faults/stage.ts'
import { noStrace } from './recorded-disk.ts'

/** `KILL_POINTS=60 KILL_OPERATIONS=send,receive npx vitest run test/reliability/kill-matrix.test.ts` kills at more. */
const POINTS = Number(process.env.KILL_POINTS ?? 1)
const OPERATIONS = (process.env.KILL_OPERATIONS ?? 'send').split(',')
const why = noBench ?? noStrace

/** Where the provider is with one call each when the process dies, with four on the wire. */
const phases: FaultRule[] = [
  { match: { nth: [3] }, phase: 'before', action: { do: 'delay', seconds: 2 } },
  { match: { nth: [4] }, phase: 'after', action: { do: 'silence' } },
  { match: { nth: [5] }, phase: 'answer', action: { do: 'silence', cut: 'half' } },
]

// Both wait for processes of their own most of the time.
it.skipIf(noBench !== undefined).concurrent(
  `a call that is killed before the provider reads it, after the provider took it or while it answers is made once${noBench ? ` (${noBench})` : ''}`,
  async () => {
    using template = await Template.make({ people: 12, ratePerSecond: 200, concurrency: 4 })
    await using stage = await Stage.open(template)
    await stage.sink.follow(phases)
    const run = stage.herald(['run', campaign])
    // The first of the three is written down when it has been read, which is after the kill.
    await stage.sink.asked(4)
    await run.kill9()
    await stage.ask('run', campaign)
    expect(brokenIn(await stage.check({ rate: 200, unknownMax: 4, kills: 1 }))).toEqual([])
  },
  300_000,
)

describe.skipIf(why !== undefined).concurrent(`killed at calls of every kind${why ? ` (${why})` : ''}`, () => {
  it('operations lose nothing and do nothing twice', async () => {
    const outcomes = await killMatrix({ only: OPERATIONS, points: POINTS })
    expect(outcomes.filter(({ broken }) => broken.length > 0)).toEqual([])
    expect(outcomes).toHaveLength(OPERATIONS.length * POINTS)
    expect(outcomes.filter(({ wasKilled }) => wasKilled).length).toBeGreaterThanOrEqual(outcomes.length / 2)
  }, 900_000)
})

describe('points to be killed at', () => {
  const log = ['1 write(3)', '2 write(3)', '1 write(3)', '1 fsync(4)', '2 fsync(4)', '2 fsync(4)'].join('\n')

  it('are counted for each thread by itself, as the tracer counts them', () => {
    expect(pointsIn(log)).toEqual([
      { name: 'write', nth: 1 },
      { name: 'write', nth: 2 },
      { name: 'fsync', nth: 1 },
      { name: 'fsync', nth: 2 },
    ])
  })

  it('are taken of every kind before more are taken of one', () => {
    const points = [...Array.from({ length: 50 }, (_, n) => ({ name: 'write', nth: n + 1 })), { name: 'fsync', nth: 1 }]
    const spread = spreadPoints(points, 5)
    expect(spread).toHaveLength(5)
    expect(new Set(spread.map(({ name }) => name))).toEqual(new Set(['write', 'fsync']))
    expect(new Set(spread).size).toBe(5)
  })
})
