// kill -9 at calls of every kind that changes files or sockets, spread over the sending of a campaign and over the receipt
// of its callbacks; and at each phase of a call. `npm run bench:faults -- kill` kills all operations at more points.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { killMatrix } from './faults/kill-matrix.ts'
import { pointsIn, spreadPoints } from './faults/kill-points.ts'
import { noBench } from './faults/program.ts'
import type { FaultRule } from './faults/sink-process.ts'
import { brokenIn, campaign, Stage, Template } from './faults/stage.ts'
import { noStrace } from './killed-at.ts'

/** Of each of the two: `KILL_POINTS=60 npx vitest run test/reliability/kill-matrix.test.ts` kills at more. */
const POINTS = Number(process.env.KILL_POINTS ?? 3)
const OPERATIONS = (process.env.KILL_OPERATIONS ?? 'send,receive').split(',')
const why = noBench ?? noStrace

/** While the provider is at this point with the third call, the process dies. */
const phases: Record<string, FaultRule> = {
  'before the provider reads it': { phase: 'before', action: { do: 'delay', seconds: 2 } },
  'after the provider took it': { phase: 'after', action: { do: 'silence' } },
  'while the provider answers': { phase: 'answer', action: { do: 'silence', cut: 'half' } },
}

describe.skipIf(noBench !== undefined)(`a call${noBench ? ` (${noBench})` : ''}`, () => {
  let template: Template
  beforeAll(async () => {
    template = await Template.make({ people: 12, ratePerSecond: 200, concurrency: 4 })
  })
  afterAll(() => template[Symbol.dispose]())

  it.each(Object.entries(phases))('that is killed %s is made once', async (_, rule) => {
    await using stage = await Stage.open(template)
    await stage.sink.follow([{ ...rule, match: { nth: [3] } }])
    const run = stage.herald(['run', campaign])
    await stage.sink.asked(rule.phase === 'before' ? 2 : 3)
    await run.kill9()
    await stage.ask('run', campaign)
    expect(brokenIn(await stage.check({ rate: 200, unknownMax: 4, kills: 1 }))).toEqual([])
  })
})

describe.skipIf(why !== undefined)(`killed at calls of every kind${why ? ` (${why})` : ''}`, () => {
  it('sending and the receipt of callbacks lose nothing and do nothing twice', async () => {
    const outcomes = await killMatrix({ only: OPERATIONS, points: POINTS })
    expect(outcomes.filter(({ broken }) => broken.length > 0)).toEqual([])
    expect(outcomes).toHaveLength(OPERATIONS.length * POINTS)
    expect(outcomes.filter(({ wasKilled }) => wasKilled).length).toBeGreaterThan(outcomes.length / 2)
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
