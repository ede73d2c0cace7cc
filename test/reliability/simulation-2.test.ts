// The whole program in simulated worlds, the second half of the seeds; and that a seed always tells the same story.
import { expect, it } from 'vitest'
import { play } from './simulation/play.ts'
import { scenarioOf } from './simulation/scenario.ts'
import { expectKept, PLAYING_MS } from './simulation/seeds.ts'

it('keeps every promise in simulated worlds', () => expectKept('second half'), PLAYING_MS)

it('tells the same story of a seed again, and another one of another seed', async () => {
  const seeds = [3, 31, 77]
  const first = []
  for (const seed of seeds) first.push((await play(scenarioOf(seed))).hash)
  const again = []
  for (const seed of [...seeds].reverse()) again.unshift((await play(scenarioOf(seed))).hash)
  expect(again).toEqual(first)
  expect(new Set(first).size).toBe(seeds.length)
})
