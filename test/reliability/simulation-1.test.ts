// The whole program in simulated worlds, the first half of the seeds; and the worlds that once broke a promise.
import { expect, it } from 'vitest'
import { readKept } from './simulation/kept.ts'
import { play } from './simulation/play.ts'
import { expectKept, PLAYING_MS } from './simulation/seeds.ts'

it('keeps every promise in simulated worlds', () => expectKept('first half'), PLAYING_MS)

it.each(readKept())('keeps the promise that seed $seed once broke: $broke', async ({ scenario }) => {
  const { failure, trace } = await play(scenario)
  expect(failure, trace.join('\n')).toBeUndefined()
})
