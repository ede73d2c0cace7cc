// The claim on a virtual clock that jumps from start slot to start slot: the runs of a sender in turns, as the claim takes
// them. One of them is what the forecast is about; the others stand in front of it.
import { dailyRoom, isCountedToday } from '../../domain/daily-limit.ts'
import { formatInstant } from '../../domain/instant.ts'
import {
  type ClaimDecision,
  type ClaimFact,
  type ClaimRules,
  decideClaim,
  nothingTaken,
  type SkipReason,
  type Taken,
  takeClaim,
} from '../../domain/message-rules.ts'
import type { WaitReason } from '../../domain/message-status.ts'
import { nextSlotUs } from '../../domain/rate.ts'
import type { OutcomeCounts } from '../../domain/reach-verdict.ts'
import { DAY_MS, HOUR_MS } from '../../domain/time-zone.ts'
import type { ShortfallGate } from '../../domain/validity.ts'
import type { Sender } from '../../store/senders.ts'
import type { OnProgress } from '../context.ts'
import { DueQueue } from './due-queue.ts'
import { Standings } from './standings.ts'

/** Decisions between two turns of the event loop. */
const DECISIONS_PER_TURN = 1_000
/** A message that is decided about this much later than it was due had to wait for its turn. */
const TURN_MS = 1_000

type WaitedFor = WaitReason | 'daily_limit'

/** What becomes of a number of people. */
export interface Outcomes {
  audience: number
  byOutcome: OutcomeCounts
  /** Each of these three adds up to its outcome. */
  deferredBy: Record<string, number>
  skippedBy: Record<string, number>
  /** By the gate that takes longer than the message is worth sending. */
  expiredBy: Record<string, number>
  /** People who do not get it in time, by what keeps them from it: those that expire, and those that a gate leaves out. */
  tooLateBy: Record<string, number>
  firstAt: string | null
  lastAt: string | null
  /** Messages that start in each hour, UTC. */
  perHour: { hour: string; count: number }[]
}

/** Messages that wait, planned or as planning would write them: one, or several that no rule can tell apart. */
export interface Waiting {
  fact: ClaimFact
  rules: ClaimRules
  scheduledAt: number
  dueAt: number
  /** What it waited for by rule so far. */
  wait: WaitedFor | null
  /** Its text cannot be filled in, which the call finds. */
  isUnfit: boolean
  /** Its run, later ones higher, where the people of several runs may overlap; null elsewhere. */
  order: number | null
  /** The person is met nowhere else, and nothing is known of them but their zone. */
  isPlain: boolean
  count: number
}

type Item = Waiting & { isLookedAt: boolean }

export interface LaneStart {
  priority: number
  /** Of the campaign itself; null when it has none. */
  ratePerSecond: number | null
  lastStartAtUs: number | null
  /** What becomes of its people is counted. */
  isAsked: boolean
}

/** The messages of one run. */
interface Lane extends LaneStart {
  queue: DueQueue<Item>
  /** Left in their order while the daily limit of the sender is full. */
  left: DueQueue<Item>
  last: Item | undefined
}

export interface SimulationStart {
  sender: Pick<Sender, 'dailyLimit' | 'lastStartAtUs' | 'holdUntil' | 'ratePerSecond'>
  /** When each person was last written to who counts against the daily limit, oldest first. */
  counted: readonly number[]
  now: number
}

export class Simulation {
  readonly #start: SimulationStart
  readonly #lanes: Lane[] = []
  readonly #taken: Taken
  readonly #standings = new Standings()
  readonly #perHour = new Map<number, number>()
  /** When people written to stop counting against the daily limit, oldest first from #firstCounted on. */
  readonly #countedUntil: number[]
  #firstCounted = 0
  /** People who count on by a newer message when their older one is a day old, by when that is. */
  readonly #countedOn = new Map<number, number>()
  /** People who were decided about at least once, and in the end. */
  #looked = 0
  #done = 0
  #slotUs: number | null
  readonly #outcomes: Outcomes = {
    audience: 0,
    byOutcome: { sent: 0, deferred: 0, skipped: 0, expired: 0 },
    deferredBy: {},
    skippedBy: {},
    expiredBy: {},
    tooLateBy: {},
    firstAt: null,
    lastAt: null,
    perHour: [],
  }

  constructor(start: SimulationStart) {
    this.#start = start
    this.#slotUs = start.sender.lastStartAtUs
    this.#taken = nothingTaken(start.counted.length)
    this.#countedUntil = start.counted.map((at) => at + DAY_MS)
  }

  /** People whom the forecast is about. */
  get size(): number {
    return this.#outcomes.audience
  }

  /** Another run; what is added to it takes its turn with the others. */
  addLane(start: LaneStart): number {
    return this.#lanes.push({ ...start, queue: new DueQueue(), left: new DueQueue(), last: undefined }) - 1
  }

  add(lane: number, waiting: Waiting): void {
    const to = this.#laneAt(lane)
    if (to.isAsked) this.#outcomes.audience += waiting.count
    const { order } = waiting
    if (order !== null) this.#standings.add({ ...waiting, order, contactId: waiting.fact.contactId })
    if (to.last !== undefined && isAlike(to.last, waiting)) {
      to.last.count += waiting.count
      return
    }
    to.last = { ...waiting, isLookedAt: false }
    to.queue.push(to.last)
  }

  /** A person whom planning leaves out. */
  skip(reason: SkipReason): void {
    this.#countDecided()
    this.#countSkip(reason, 1)
  }

  /** A person whose time is over when it is planned. */
  expire(): void {
    this.#countDecided()
    this.#countExpired('validity', 1)
  }

  #countDecided(): void {
    this.#outcomes.audience++
    this.#looked++
    this.#done++
  }

  async run(onProgress?: OnProgress): Promise<Outcomes> {
    let decisions = 0
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#decide(next.lane, next.atUs)
      if (++decisions % DECISIONS_PER_TURN !== 0) continue
      onProgress?.({ done: this.#decided(), total: this.size, what: 'people decided about' })
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#outcomes.perHour = [...this.#perHour]
      .sort(([a], [b]) => a - b)
      .map(([hour, count]) => ({ hour: formatInstant(hour), count }))
    return this.#outcomes
  }

  #laneAt(index: number): Lane {
    const lane = this.#lanes[index]
    if (lane === undefined) throw new Error(`the simulation has no lane ${index}`)
    return lane
  }

  /** The first that wait are decided about again later: each of both is half of it. */
  #decided(): number {
    return Math.floor((this.#looked + this.#done) / 2)
  }

  /** The run that comes next and when: the highest priority of those that have a message then, in turns. */
  #next(): { lane: Lane; atUs: number } | undefined {
    const { now, sender } = this.#start
    let earliestUs = Number.POSITIVE_INFINITY
    const ready: { lane: Lane; atUs: number }[] = []
    for (const lane of this.#lanes) {
      const atUs = this.#readyUs(lane)
      if (atUs === undefined) continue
      ready.push({ lane, atUs })
      earliestUs = Math.min(earliestUs, atUs)
    }
    if (ready.length === 0) return undefined
    const fromUs = Math.max(now, sender.holdUntil ?? now, earliestUs / 1000) * 1000
    const atUs = nextSlotUs(this.#slotUs, sender.ratePerSecond, fromUs)
    const due = ready.filter((one) => one.atUs <= atUs).map(({ lane }) => lane)
    return { lane: due.reduce(firstOf), atUs }
  }

  /** When a run has a message for the sender; undefined when it has none. */
  #readyUs(lane: Lane): number | undefined {
    const dueAt = lane.queue.peek()?.dueAt ?? Number.POSITIVE_INFINITY
    const leftAt = lane.left.size === 0 ? Number.POSITIVE_INFINITY : this.#roomAt()
    const at = Math.min(dueAt, leftAt)
    if (at === Number.POSITIVE_INFINITY) return undefined
    return lane.ratePerSecond === null ? at * 1000 : nextSlotUs(lane.lastStartAtUs, lane.ratePerSecond, at * 1000)
  }

  /** From when on the daily limit may have room. */
  #roomAt(): number {
    if (dailyRoom(this.#start.sender.dailyLimit, this.#taken.dailyUsed) > 0) return 0
    return this.#countedUntil[this.#firstCounted] ?? 0
  }

  #decide(lane: Lane, atUs: number): void {
    const at = Math.floor(atUs / 1000)
    this.#forgetCounted(at)
    const isLeft = lane.left.size > 0 && dailyRoom(this.#start.sender.dailyLimit, this.#taken.dailyUsed) > 0
    const queue = isLeft || (lane.queue.peek()?.dueAt ?? Number.POSITIVE_INFINITY) > at ? lane.left : lane.queue
    const next = queue.peek()
    if (next === undefined) return
    if (lane.isAsked && !next.isLookedAt) this.#looked += next.count
    next.isLookedAt = true
    const rules = { ...next.rules, dailyLimit: this.#start.sender.dailyLimit }
    const decision = this.#ask(next, rules, at)
    if (decision.act === 'send') {
      this.#send(lane, next, atUs)
      if (--next.count === 0) queue.pop()
      return
    }
    queue.pop()
    if (decision.act === 'defer') lane.queue.push({ ...next, dueAt: decision.dueAt, wait: decision.waitReason })
    else if (decision.act === 'leave') lane.left.push({ ...next, wait: 'daily_limit' })
    else if (lane.isAsked) {
      this.#done += next.count
      if (decision.act === 'skip') this.#countSkip(decision.reason, next.count)
      else this.#countExpired(gateOf(next, at), next.count)
    }
  }

  #ask(next: Item, rules: ClaimRules, at: number): ClaimDecision {
    const { fact, order, scheduledAt } = next
    if (order === null) return decideClaim(fact, rules, this.#taken, at)
    const standing = { contactId: fact.contactId, order, scheduledAt }
    const decision = decideClaim({ ...fact, earlier: this.#standings.earlierOf(standing) }, rules, this.#taken, at)
    this.#standings.note(standing, decision, at)
    return decision
  }

  #send(lane: Lane, next: Item, atUs: number): void {
    const at = Math.floor(atUs / 1000)
    this.#take(next, at)
    this.#slotUs = atUs
    lane.lastStartAtUs = atUs
    if (!lane.isAsked) return
    this.#done++
    if (next.isUnfit) return this.#countSkip('missing_variable', 1)
    const { byOutcome, deferredBy } = this.#outcomes
    if (next.wait === null) byOutcome.sent++
    else {
      byOutcome.deferred++
      deferredBy[next.wait] = (deferredBy[next.wait] ?? 0) + 1
    }
    this.#outcomes.firstAt ??= formatInstant(at)
    this.#outcomes.lastAt = formatInstant(at)
    const hour = Math.floor(at / HOUR_MS) * HOUR_MS
    this.#perHour.set(hour, (this.#perHour.get(hour) ?? 0) + 1)
  }

  #take({ fact, rules, isPlain }: Item, at: number): void {
    this.#countedUntil.push(at + DAY_MS)
    if (isPlain) {
      this.#taken.dailyUsed++
      return
    }
    const lastAt = this.#taken.claims.get(fact.contactId) ?? fact.lastClaimAt
    takeClaim(fact, rules, this.#taken, at)
    if (lastAt === null || !isCountedToday(lastAt, at)) return
    const until = lastAt + DAY_MS
    this.#countedOn.set(until, (this.#countedOn.get(until) ?? 0) + 1)
  }

  #countSkip(reason: SkipReason, count: number): void {
    const { byOutcome, skippedBy } = this.#outcomes
    byOutcome.skipped += count
    skippedBy[reason] = (skippedBy[reason] ?? 0) + count
    const gate = skippedTooLate[reason]
    if (gate !== undefined) this.#countTooLate(gate, count)
  }

  #countExpired(gate: ShortfallGate, count: number): void {
    const { byOutcome, expiredBy } = this.#outcomes
    byOutcome.expired += count
    expiredBy[gate] = (expiredBy[gate] ?? 0) + count
    this.#countTooLate(gate, count)
  }

  #countTooLate(gate: ShortfallGate, count: number): void {
    const { tooLateBy } = this.#outcomes
    tooLateBy[gate] = (tooLateBy[gate] ?? 0) + count
  }

  /** People whose message is a day old no longer count against the sender's daily limit. */
  #forgetCounted(at: number): void {
    for (;;) {
      const until = this.#countedUntil[this.#firstCounted]
      if (until === undefined || until > at) return
      this.#firstCounted++
      const goOn = this.#countedOn.get(until) ?? 0
      if (goOn > 0) this.#countedOn.set(until, goOn - 1)
      else this.#taken.dailyUsed--
    }
  }
}

/** Who is left out because the time that a gate allows comes too late; quiet hours that are to skip are a choice. */
const skippedTooLate: Partial<Record<SkipReason, ShortfallGate>> = {
  quiet_hours_no_time_left: 'quiet_hours',
  frequency_cap: 'frequency_cap',
  horizon: 'horizon',
}

/** What held a message until it expired. */
function gateOf({ fact, dueAt, wait }: Item, at: number): ShortfallGate {
  // The next start to this person would come too late.
  if (at < fact.expiresAt) return 'pair_limit'
  if (wait === 'daily_limit') return wait
  if (at - dueAt > TURN_MS) return 'rate_limit'
  return wait === null || wait === 'schedule' || wait === 'retry' || wait === 'cool_off' ? 'validity' : wait
}

/** As the claim orders them: by priority, then the one served longest ago. */
function firstOf(a: Lane, b: Lane): Lane {
  if (a.priority !== b.priority) return a.priority > b.priority ? a : b
  return (b.lastStartAtUs ?? 0) < (a.lastStartAtUs ?? 0) ? b : a
}

function isAlike(a: Item, b: Waiting): boolean {
  return (
    a.isPlain &&
    b.isPlain &&
    a.rules === b.rules &&
    a.dueAt === b.dueAt &&
    a.scheduledAt === b.scheduledAt &&
    a.wait === b.wait &&
    a.fact.zone === b.fact.zone &&
    a.fact.expiresAt === b.fact.expiresAt &&
    a.fact.createdAt === b.fact.createdAt
  )
}
