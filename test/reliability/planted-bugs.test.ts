// Bugs planted one by one in the simulated program: each is found, and shrunk to a few steps that a person can read.
import { expect, it, vi } from 'vitest'
import { type PlantedBug, plantedBugs } from './simulation/plants.ts'
import { playSeeds } from './simulation/play.ts'
import { commonScenarioOf } from './simulation/scenario.ts'
import { PLAYING_MS } from './simulation/seeds.ts'
import { reportOf } from './simulation/shrink.ts'

/** Seeds in which a bug has to be found, from the one that found it on. */
const SEEDS = 10
const STEPS_MAX = 8

function plant({ replaced = [] }: PlantedBug): void {
  for (const { of, name, by } of replaced)
    vi.spyOn(of as Record<string, () => unknown>, name).mockImplementation(by as () => unknown)
}

it.each(plantedBugs)(
  'finds it and shrinks it to a few steps when $name',
  async (bug) => {
    plant(bug)
    const { broken } = await playSeeds(
      Array.from({ length: SEEDS }, (_, n) => bug.seed + n),
      { plant: bug, toScenario: commonScenarioOf },
    )
    expect(broken?.outcome.failure?.what ?? 'nothing').toMatch(bug.breaks)
    expect(broken?.scenario.steps.length, broken && reportOf(broken.seed, broken)).toBeLessThanOrEqual(STEPS_MAX)
  },
  PLAYING_MS,
)
