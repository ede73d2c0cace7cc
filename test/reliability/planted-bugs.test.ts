// Bugs planted one by one in the simulated program: each is found, and one is shrunk to a few steps that a person can
// read.
import { expect, it, vi } from 'vitest'
import { type PlantedBug, plantedBugs } from './simulation/plants.ts'
import { play, playSeeds } from './simulation/play.ts'
import { commonScenarioOf } from './simulation/scenario.ts'
import { PLAYING_MS } from './simulation/seeds.ts'
import { reportOf } from './simulation/shrink.ts'

/** Seeds in which a bug has to be found, from the one that found it on. */
const SEEDS = 10
const STEPS_MAX = 8
/** Shrinking plays a world up to a hundred times: `SHRINK_ALL=1 npx vitest run …` shrinks every one, and not only a quick one. */
const SHRUNK = process.env.SHRINK_ALL ? plantedBugs : plantedBugs.slice(1, 2)

function plant({ replaced = [] }: PlantedBug): void {
  for (const { of, name, by } of replaced)
    vi.spyOn(of as Record<string, () => unknown>, name).mockImplementation(by as () => unknown)
}

const range = ({ seed }: PlantedBug) => Array.from({ length: SEEDS }, (_, n) => seed + n)

it.each(SHRUNK)(
  'finds it and shrinks it to a few steps when $name',
  async (bug) => {
    plant(bug)
    const { broken } = await playSeeds(range(bug), { plant: bug, toScenario: commonScenarioOf })
    expect(broken?.outcome.failure?.what ?? 'nothing').toMatch(bug.breaks)
    expect(broken?.scenario.steps.length, broken && reportOf(broken.seed, broken)).toBeLessThanOrEqual(STEPS_MAX)
  },
  PLAYING_MS,
)

it.each(plantedBugs.filter((bug) => !SHRUNK.includes(bug)))(
  'finds it when $name',
  async (bug) => {
    plant(bug)
    let found: string | undefined
    for (const seed of range(bug)) found ??= (await play(commonScenarioOf(seed), bug)).failure?.what
    expect(found ?? 'nothing').toMatch(bug.breaks)
  },
  PLAYING_MS,
)
