// The claim on a virtual clock that jumps from start slot to start slot, for one campaign alone.
import { isCountedToday } from '../../domain/daily-limit.ts'
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
import type { EarlierMessage } from '../../domain/overlap.ts'
import { nextSlotUs } from '../../domain/rate.ts'
import { DAY_MS, HOUR_MS } from '../../domain/time-zone.ts'
import type { Sender } from '../../store/senders.ts'
import type { OnProgress } from '../context.ts'
import { DueQueue } from './due-queue.ts'

/** Decisions between two turns of the event loop. */
const DECISIONS_PER_TURN = 1_000

type WaitedFor = WaitReason | 'daily_limit'

/** What becomes of a number of people. */
export interface Outcomes {
  audience: number
  /** Adds up to the audience. `sent` goes at its time, `deferred` goes later than planned, by rule. */
  byOutcome: { sent: number; deferred: number; skipped: number; expired: number }
  deferredBy: Record<string, number>
  skippedBy: Record<string, number>
  firstAt: string | null
  lastAt: string | null
  /** Messages that start in each hour, UTC. */
  perHour: { hour: string; count: number }[]
}

/** A message that waits, planned or as planning would write it. */
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
}

/** How far a message has come: `endedAt` is when it was sent, null when it ended unsent, undefined while it waits. */
interface Standing {
  order: number
  scheduledAt: number
  dueAt: number
  endedAt: number | null | undefined
}

export interface SimulationStart {
  sender: Pick<Sender, 'dailyLimit' | 'lastStartAtUs' | 'holdUntil'>
  /** When each person was last written to who counts against the daily limit, oldest first. */
  counted: readonly number[]
  ratePerSecond: number
  now: number
}

export class Simulation {
  readonly #start: SimulationStart
  readonly #queue = new DueQueue<Waiting & { isLookedAt: boolean }>()
  readonly #taken: Taken
  /** Messages of each person, where several runs are looked at. */
  readonly #standings = new Map<number, Standing[]>()
  readonly #perHour = new Map<number, number>()
  /** When people written to stop counting against the daily limit, oldest first from #firstCounted on. */
  readonly #countedUntil: number[]
  #firstCounted = 0
  /** People who count on by a newer message when their older one is a day old, by when that is. */
  readonly #countedOn = new Map<number, number>()
  /** People who were decided about at least once. */
  #looked = 0
  readonly #outcomes: Outcomes = {
    audience: 0,
    byOutcome: { sent: 0, deferred: 0, skipped: 0, expired: 0 },
    deferredBy: {},
    skippedBy: {},
    firstAt: null,
    lastAt: null,
    perHour: [],
  }

  constructor(start: SimulationStart) {
    this.#start = start
    this.#taken = nothingTaken(start.counted.length)
    this.#countedUntil = start.counted.map((at) => at + DAY_MS)
  }

  get size(): number {
    return this.#outcomes.audience
  }

  add(waiting: Waiting): void {
    this.#outcomes.audience++
    const { fact, order, dueAt, scheduledAt } = waiting
    if (order !== null) {
      const known = this.#standings.get(fact.contactId) ?? []
      this.#standings.set(fact.contactId, [...known, { order, scheduledAt, dueAt, endedAt: undefined }])
    }
    this.#queue.push({ ...waiting, isLookedAt: false })
  }

  /** Somebody whom planning leaves out. */
  skip(reason: SkipReason): void {
    this.#outcomes.audience++
    this.#looked++
    this.#countSkip(reason)
  }

  /** Somebody whose time is over when it is planned. */
  expire(): void {
    this.#outcomes.audience++
    this.#looked++
    this.#outcomes.byOutcome.expired++
  }

  #countSkip(reason: SkipReason): void {
    const { byOutcome, skippedBy } = this.#outcomes
    byOutcome.skipped++
    skippedBy[reason] = (skippedBy[reason] ?? 0) + 1
  }

  async run(onProgress?: OnProgress): Promise<Outcomes> {
    const { now, ratePerSecond, sender } = this.#start
    const from = Math.max(now, sender.holdUntil ?? now)
    let slotUs = sender.lastStartAtUs
    let decisions = 0
    for (let next = this.#queue.pop(); next !== undefined; next = this.#queue.pop()) {
      const atUs = nextSlotUs(slotUs, ratePerSecond, Math.max(from, next.dueAt) * 1000)
      if (this.#decide(next, Math.floor(atUs / 1000))) slotUs = atUs
      if (++decisions % DECISIONS_PER_TURN !== 0) continue
      onProgress?.({ done: this.#decided(), total: this.size, what: 'people decided about' })
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#outcomes.perHour = [...this.#perHour]
      .sort(([a], [b]) => a - b)
      .map(([hour, count]) => ({ hour: formatInstant(hour), count }))
    return this.#outcomes
  }

  /** Whoever waits first is decided about again later: each of both is half of it. */
  #decided(): number {
    return Math.floor((this.#looked + this.size - this.#queue.size) / 2)
  }

  /** Decides about one message at an instant. True when it took a start slot. */
  #decide(next: Waiting & { isLookedAt: boolean }, at: number): boolean {
    this.#forgetCounted(at)
    if (!next.isLookedAt) this.#looked++
    const rules = { ...next.rules, dailyLimit: this.#start.sender.dailyLimit }
    const fact = { ...next.fact, earlier: this.#earlierOf(next) }
    const decision = decideClaim(fact, rules, this.#taken, at)
    this.#note(next, decision, at)
    const later = (dueAt: number, wait: WaitedFor) => this.#queue.push({ ...next, dueAt, wait, isLookedAt: true })
    switch (decision.act) {
      case 'send':
        this.#send(next, at)
        return true
      case 'defer':
        later(decision.dueAt, decision.waitReason)
        return false
      case 'leave':
        later(Math.max(at + 1000, this.#countedUntil[this.#firstCounted] ?? at + HOUR_MS), decision.gate)
        return false
      case 'skip':
        this.#countSkip(decision.reason)
        return false
      case 'expire':
        this.#outcomes.byOutcome.expired++
        return false
    }
  }

  /** Of the person, in another run that is looked at too, for an earlier time. */
  #earlierOf({ fact, order }: Waiting): EarlierMessage | null {
    if (order === null) return null
    const earlier = (this.#standings.get(fact.contactId) ?? []).filter(
      (other) =>
        other.scheduledAt < fact.scheduledAt || (other.scheduledAt === fact.scheduledAt && other.order < order),
    )
    const open = earlier.find(({ endedAt }) => endedAt === undefined)
    if (open !== undefined) return { dueAt: open.dueAt }
    return earlier.some(({ endedAt }) => (endedAt ?? 0) >= fact.scheduledAt) ? { dueAt: null } : null
  }

  #note({ fact, order }: Waiting, decision: ClaimDecision, at: number): void {
    const standing = this.#standings.get(fact.contactId)?.find((one) => one.order === order)
    if (standing === undefined) return
    if (decision.act === 'defer') standing.dueAt = decision.dueAt
    else if (decision.act !== 'leave') standing.endedAt = decision.act === 'send' ? at : null
  }

  #send(next: Waiting, at: number): void {
    this.#take(next, at)
    if (next.isUnfit) return this.#countSkip('missing_variable')
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

  #take({ fact, rules }: Waiting, at: number): void {
    const lastAt = this.#taken.claims.get(fact.contactId) ?? fact.lastClaimAt
    takeClaim(fact, rules, this.#taken, at)
    this.#countedUntil.push(at + DAY_MS)
    if (lastAt === null || !isCountedToday(lastAt, at)) return
    const until = lastAt + DAY_MS
    this.#countedOn.set(until, (this.#countedOn.get(until) ?? 0) + 1)
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
