// Seeds one after the other, until one breaks a promise.
import { Disk } from './disk.ts'
import { type Scenario, scenarioOf } from './scenario.ts'
import { type Shrunk, shrink } from './shrink.ts'
import { type Outcome, type Plant, type Stage, simulate } from './simulate.ts'
import { makeTemplate } from './template.ts'
import { inTurnOfItsOwn } from './virtual-time.ts'

let stage: Promise<Stage> | undefined

async function makeStage(): Promise<Stage> {
  const template = await makeTemplate()
  const disk = new Disk(template.file)
  process.once('exit', () => disk.close())
  return { template, disk }
}

/** One world; the same one always tells the same story. */
export async function play(scenario: Scenario, plant?: Plant): Promise<Outcome> {
  stage ??= makeStage()
  const made = await stage
  return inTurnOfItsOwn(() => simulate(scenario, made, plant))
}

export interface Played {
  played: number
  calls: number
  /** The outcome of the last seed. */
  last: Outcome
  /** The first seed that broke a promise, made small. */
  broken: (Shrunk & { seed: number }) | undefined
}

interface PlayOptions {
  plant?: Plant
  onProgress?: (done: number) => void
  toScenario?: (seed: number) => Scenario
}

export async function playSeeds(
  seeds: readonly number[],
  { plant, onProgress, toScenario = scenarioOf }: PlayOptions = {},
): Promise<Played> {
  let calls = 0
  let last: Outcome = { failure: undefined, trace: [], hash: '', calls: 0, events: 0 }
  for (const [index, seed] of seeds.entries()) {
    const scenario = toScenario(seed)
    last = await play(scenario, plant)
    calls += last.calls
    onProgress?.(index + 1)
    if (last.failure === undefined) continue
    const shrunk = await shrink(scenario, last, (candidate) => play(candidate, plant))
    return { played: index + 1, calls, last, broken: { seed, ...shrunk } }
  }
  return { played: seeds.length, calls, last, broken: undefined }
}
