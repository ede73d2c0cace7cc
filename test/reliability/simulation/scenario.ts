// One number → what kind of world it is (which faults, how often) and what people and accidents do in it, step by step.
// Each seed has a few kinds of faults only: with all of them all the time every world would look alike.
import { Chance } from './chance.ts'
import { type SenderName, senderNames } from './words.ts'

export const lists = { few: 5, some: 12, many: 30 } as const
export type ListName = keyof typeof lists

export const campaignKinds = ['Once', 'Again', 'Hourly', 'Bill', 'Slow', 'Night'] as const
export type CampaignKind = (typeof campaignKinds)[number]

/** How often a call or a callback meets each fault; 0 leaves it out. */
export interface Faults {
  /** No connection: the call has certainly not left. */
  refusedConnection: number
  /** The socket is handed out only after a second or more. */
  slowConnection: number
  resetBefore: number
  /** The provider has the message, its answer is lost. */
  resetAfter: number
  /** No answer ever; every other one was accepted. */
  silence: number
  serverError: number
  throttle: number
  pairThrottle: number
  coolOff: number
  badNumber: number
  badTemplate: number
  badAccount: number
  /** 200 without an id. */
  halfAnswer: number
  /** Accepted, and a callback says failed. */
  failedLater: number
  /** The account is refused in a callback. */
  accountLater: number
  callbackLost: number
  callbackTwice: number
  /** Minutes late. */
  callbackLate: number
  /** fdatasync that takes long. */
  slowSync: number
}

export interface World {
  seed: number
  nodes: number
  list: ListName
  ratePerSecond: number
  pairIntervalSeconds: number
  dailyLimit: number | null
  latencyMs: number
  callDeadlineSeconds: number
  /** Milliseconds of a turn of the event loop. */
  turnMs: number
  faults: Faults
  /** How long the steps take, ms. */
  durationMs: number
  /** Afterwards faults stop, and everything must come to an end. */
  isToEnd: boolean
}

/** What is wrong about a callback: it names another epoch, another installation, or another person. */
export const strayKinds = ['epoch', 'installation', 'recipient'] as const
export type StrayKind = (typeof strayKinds)[number]

/** What may happen at an instant. Each is legal at any time; one that has nothing to do does nothing. */
export type Act =
  | { act: 'launch' | 'pause' | 'resume' | 'cancel'; campaign: CampaignKind }
  | { act: 'suppress' | 'optOut'; person: number }
  | { act: 'pauseSender' | 'resumeSender'; sender: SenderName }
  | { act: 'settleUnknown' }
  /** A person is forgotten; what was planned for them ends. */
  | { act: 'erase'; person: number }
  /** A signed callback about an attempt that is not ours, as after a restore or with two installations at one account. */
  | { act: 'strayCallback'; kind: StrayKind; status: 'failed' | 'delivered' }
  | { act: 'setRate'; sender: SenderName; ratePerSecond: number }
  | { act: 'setCap'; max: number }
  /** A process is killed, and is started again after a while. */
  | { act: 'kill'; node: number; againAfterMs: number }
  /** A process is killed again and again while it starts. */
  | { act: 'killStarts'; node: number; times: number; everyMs: number }
  /** The power fails: every process dies, and of what it wrote only what was synced is left. */
  | { act: 'powerCut'; againAfterMs: number }
  /** The second import into the list is taken back. */
  | { act: 'undoImport' }
  /** A process stops in good order, and is started again after a while. */
  | { act: 'stop'; node: number; againAfterMs: number }
  /** A process stands still, as with SIGSTOP. */
  | { act: 'stall'; node: number; ms: number }
  /** The machine sleeps. */
  | { act: 'sleep'; ms: number }
  | { act: 'setClock'; ms: number }
  /** Somebody else holds the write lock. */
  | { act: 'lockDatabase'; ms: number }
  /** A sync of the disk fails; the process is started again after a while. */
  | { act: 'failSync'; node: number; againAfterMs: number }

export type Step = Act & { at: number }

export interface Scenario {
  world: World
  steps: Step[]
}

export const noFaults: Faults = {
  refusedConnection: 0,
  slowConnection: 0,
  resetBefore: 0,
  resetAfter: 0,
  silence: 0,
  serverError: 0,
  throttle: 0,
  pairThrottle: 0,
  coolOff: 0,
  badNumber: 0,
  badTemplate: 0,
  badAccount: 0,
  halfAnswer: 0,
  failedLater: 0,
  accountLater: 0,
  callbackLost: 0,
  callbackTwice: 0,
  callbackLate: 0,
  slowSync: 0,
}

/** Faults of the whole account are rare: they end what there is to see. */
const rare: (keyof Faults)[] = ['badTemplate', 'badAccount', 'accountLater']

function faultsOf(chance: Chance): Faults {
  const faults = { ...noFaults }
  const some = chance.next() * 0.6
  for (const kind of Object.keys(faults) as (keyof Faults)[])
    if (chance.is(some)) faults[kind] = rare.includes(kind) ? chance.spread(0.005, 0.05) : chance.spread(0.02, 0.5)
  return faults
}

export function worldOf(seed: number): World {
  const chance = new Chance(seed, 'world')
  const durationMs = chance.whole(1_200, 4_000)
  return {
    seed,
    nodes: chance.pick([1, 2, 2, 3]),
    list: chance.pick(['few', 'some', 'many', 'many']),
    ratePerSecond: chance.pick([3, 8, 20, 20, 50, 200]),
    pairIntervalSeconds: chance.pick([0, 0, 6]),
    dailyLimit: chance.is(0.15) ? chance.whole(2, 20) : null,
    latencyMs: Math.round(chance.spread(2, 1_500)),
    callDeadlineSeconds: chance.pick([2, 5, 30]),
    turnMs: chance.spread(0.02, 3),
    faults: faultsOf(chance),
    durationMs,
    isToEnd: chance.is(0.4),
  }
}

type Maker = (chance: Chance, world: World, launched: readonly CampaignKind[]) => Act

const campaignActs = ['pause', 'resume', 'resume', 'cancel'] as const

/** What people do; and accidents, a few kinds in each world. */
const people: Maker[] = [
  (chance, _world, launched) => ({ act: chance.pick(campaignActs), campaign: chance.pick(launched) }),
  (chance, _world, launched) => ({ act: chance.pick(['pause', 'pause', 'resume']), campaign: chance.pick(launched) }),
  (chance) => ({ act: chance.pick(['suppress', 'optOut']), person: chance.whole(0, 29) }),
  (chance) => ({ act: chance.pick(['suppress', 'optOut']), person: chance.whole(0, 4) }),
  (chance) => ({
    act: chance.pick(['pauseSender', 'resumeSender', 'resumeSender']),
    sender: chance.pick(senderNames),
  }),
  () => ({ act: 'settleUnknown' }),
  (chance) => ({
    act: 'setRate',
    sender: chance.pick(senderNames),
    ratePerSecond: chance.pick([2, 5, 20, 50, 100]),
  }),
  (chance) => ({ act: 'setCap', max: chance.whole(1, 2) }),
  (chance) => ({ act: 'launch', campaign: chance.pick(campaignKinds) }),
]

const accidents: Maker[] = [
  (chance, { nodes }) => ({
    act: 'kill',
    node: chance.whole(0, nodes - 1),
    againAfterMs: Math.round(chance.spread(1, 3_000)),
  }),
  (chance, { nodes }) => ({
    act: 'stop',
    node: chance.whole(0, nodes - 1),
    againAfterMs: Math.round(chance.spread(1, 3_000)),
  }),
  (chance, { nodes }) => ({
    act: 'stall',
    node: chance.whole(0, nodes - 1),
    ms: Math.round(chance.pick([chance.spread(5, 3_000), chance.spread(1_000, 40_000)])),
  }),
  (chance) => ({ act: 'sleep', ms: Math.round(chance.spread(200, 40 * 3_600_000)) }),
  (chance) => ({ act: 'setClock', ms: Math.round(chance.pick([1, -1]) * chance.spread(2, 7_200_000)) }),
  (chance) => ({ act: 'lockDatabase', ms: Math.round(chance.spread(5, 4_000)) }),
  (chance, { nodes }) => ({
    act: 'failSync',
    node: chance.whole(0, nodes - 1),
    againAfterMs: Math.round(chance.spread(1, 3_000)),
  }),
]

/** Each group by a chance of its own, so that the other steps of a seed are what they were. */
const more: Maker[] = [
  (chance) => ({ act: 'erase', person: chance.whole(0, 29) }),
  (chance) => ({
    act: 'strayCallback',
    kind: chance.pick(strayKinds),
    status: chance.pick(['failed', 'delivered']),
  }),
  (chance, { nodes }) => ({
    act: 'killStarts',
    node: chance.whole(0, nodes - 1),
    times: chance.whole(1, 5),
    everyMs: Math.round(chance.spread(1, 200)),
  }),
]

const further: Maker[] = [
  (chance) => ({ act: 'powerCut', againAfterMs: Math.round(chance.spread(1, 3_000)) }),
  () => ({ act: 'undoImport' }),
]

function stepsOf(group: { name: string; makers: Maker[] }, world: World, launched: readonly CampaignKind[]): Step[] {
  const chance = new Chance(world.seed, group.name)
  const kinds = group.makers.filter(() => chance.is(0.25))
  if (kinds.length === 0) return []
  return Array.from({ length: chance.whole(1, 3) }, () => ({
    at: chance.whole(100, world.durationMs),
    ...chance.pick(kinds)(chance, world, launched),
  }))
}

/** One world in so many is as long and full as can be; a small one takes a third of the time and breaks as easily. */
const LARGE_EVERY = 5

export function scenarioOf(seed: number): Scenario {
  const common = commonScenarioOf(seed)
  const { world, steps, launched } = seed % LARGE_EVERY === 0 ? common : small(common)
  const groups = [
    { name: 'more', makers: more },
    { name: 'further', makers: further },
  ].flatMap((group) => stepsOf(group, world, launched))
  return { world, steps: [...steps, ...groups].sort((one, other) => one.at - other.at) }
}

interface Launched extends Scenario {
  launched: readonly CampaignKind[]
}

/** Fewer people, half the time, and seldom to the end. */
function small({ world, steps, launched }: Launched): Launched {
  const chance = new Chance(world.seed, 'small')
  return {
    world: {
      ...world,
      list: chance.pick(['few', 'few', 'some']),
      nodes: Math.min(world.nodes, 2),
      durationMs: Math.ceil(world.durationMs / 2),
      isToEnd: chance.is(0.15),
    },
    steps: steps.map((step) => halved(step, world.nodes)),
    launched,
  }
}

/** The third process is not there. */
function halved(step: Step, nodes: number): Step {
  const at = Math.ceil(step.at / 2)
  return 'node' in step && nodes > 2 ? { ...step, at, node: step.node % 2 } : { ...step, at }
}

/** Without the steps of a chance of their own. */
export function commonScenarioOf(seed: number): Launched {
  const world = worldOf(seed)
  const chance = new Chance(seed, 'steps')
  const some = campaignKinds.filter(() => chance.is(0.4))
  const launched = some.length === 0 ? [chance.pick(campaignKinds)] : some
  const steps: Step[] = launched.map((campaign) => ({
    at: chance.whole(50, 500),
    act: 'launch',
    campaign,
  }))
  const kinds = accidents.filter(() => chance.is(0.3))
  const count = chance.whole(0, 14)
  for (let n = 0; n < count; n++) {
    const make = kinds.length > 0 && chance.is(0.5) ? chance.pick(kinds) : chance.pick(people)
    steps.push({ at: chance.whole(100, world.durationMs), ...make(chance, world, launched) })
  }
  return { world, launched, steps: steps.sort((one, other) => one.at - other.at) }
}

/** A step in words. */
export function wordsOf({ at: _at, act, ...rest }: Step): string {
  const details = Object.entries(rest).map(([name, value]) => `${name} ${value}`)
  return [act, ...details].join(' ')
}
