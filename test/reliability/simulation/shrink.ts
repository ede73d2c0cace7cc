// A world in which a promise was broken → the smallest one in which the same promise is broken: fewer steps, fewer faults,
// fewer processes and people. And what a person reads of it.
import { lists, noFaults, type Scenario, type Step, wordsOf } from './scenario.ts'
import type { Outcome } from './simulate.ts'

/** Plays of one search at most. */
const PLAYS_MAX = 100

export interface Shrunk {
  scenario: Scenario
  outcome: Outcome
}

/** What was broken, whoever it happened to. */
function kindOf(outcome: Outcome): string | undefined {
  return outcome.failure?.what.replaceAll(/\d+/g, '…')
}

export async function shrink(
  scenario: Scenario,
  outcome: Outcome,
  play: (scenario: Scenario) => Promise<Outcome>,
): Promise<Shrunk> {
  const kind = kindOf(outcome)
  let best: Shrunk = { scenario, outcome }
  let plays = 0
  const isBetter = async (candidate: Scenario): Promise<boolean> => {
    if (++plays > PLAYS_MAX) return false
    const found = await play(candidate)
    if (kindOf(found) !== kind) return false
    best = { scenario: candidate, outcome: found }
    return true
  }
  for (let before: Scenario | undefined; before !== best.scenario && plays < PLAYS_MAX; ) {
    before = best.scenario
    await dropSteps(() => best, isBetter)
    await plainWorld(() => best, isBetter)
  }
  return best
}

type IsBetter = (candidate: Scenario) => Promise<boolean>

/** Halves first, then quarters, then one by one. */
async function dropSteps(best: () => Shrunk, isBetter: IsBetter): Promise<void> {
  const at = best().outcome.failure?.at ?? Number.POSITIVE_INFINITY
  const { world, steps } = best().scenario
  const inTime = steps.filter((step) => step.at <= at)
  if (inTime.length < steps.length) await isBetter({ world, steps: inTime })
  for (let size = Math.ceil(best().scenario.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let from = 0; from < best().scenario.steps.length; ) {
      const { steps: kept } = best().scenario
      const fewer = kept.toSpliced(from, size)
      if (!(await isBetter({ world: best().scenario.world, steps: fewer }))) from += size
    }
}

async function plainWorld(best: () => Shrunk, isBetter: IsBetter): Promise<void> {
  const tryWorld = async (change: Partial<Scenario['world']>) => {
    const { world, steps } = best().scenario
    const candidate = { ...world, ...change }
    if (JSON.stringify(candidate) !== JSON.stringify(world)) await isBetter({ world: candidate, steps })
  }
  await tryWorld({ faults: noFaults })
  for (const fault of Object.keys(noFaults) as (keyof typeof noFaults)[])
    if (best().scenario.world.faults[fault] > 0)
      await tryWorld({ faults: { ...best().scenario.world.faults, [fault]: 0 } })
  await tryWorld({ isToEnd: false })
  for (const list of ['few', 'some'] as const)
    if (lists[list] < lists[best().scenario.world.list]) await tryWorld({ list })
  for (let nodes = 1; nodes < best().scenario.world.nodes; nodes++) await tryWorld({ nodes })
  await tryWorld({ pairIntervalSeconds: 0 })
  await tryWorld({ dailyLimit: null })
}

/** How a broken promise is told: the steps, the faults, the story, and how to see it again. */
export function reportOf(seed: number, { scenario, outcome }: Shrunk): string {
  const { world, steps } = scenario
  const faults = Object.entries(world.faults).filter(([, rate]) => rate > 0)
  const about = [
    `${world.nodes} processes`,
    `${lists[world.list]} people`,
    `${world.ratePerSecond} a second`,
    `latency ${world.latencyMs} ms`,
    ...faults.map(([fault, rate]) => `${fault} ${rate.toFixed(2)}`),
  ]
  return [
    `seed ${seed} breaks a promise: ${outcome.failure?.what}`,
    `world: ${about.join(', ')}`,
    `steps (${steps.length}):`,
    ...steps.map((step: Step) => `  at ${step.at} ms: ${wordsOf(step)}`),
    'story:',
    ...outcome.trace.map((line) => `  ${line}`),
    `again: npm run simulate -- --seed ${seed}`,
  ].join('\n')
}
