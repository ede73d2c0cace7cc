// The seeds of a test run, in two halves, so that each worker has one. SIMULATION_SEEDS asks for another number.
import { expect } from 'vitest'
import { playSeeds } from './play.ts'
import { reportOf } from './shrink.ts'

const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 150)

/** Far beyond what the seeds take. */
export const PLAYING_MS = 1_800_000

export async function expectKept(half: 'first half' | 'second half'): Promise<void> {
  const all = Array.from({ length: SEEDS }, (_, n) => n + 1)
  const middle = Math.ceil(SEEDS / 2)
  const { broken } = await playSeeds(half === 'first half' ? all.slice(0, middle) : all.slice(middle))
  expect(broken === undefined ? '' : reportOf(broken.seed, broken)).toBe('')
}
