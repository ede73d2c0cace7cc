// One sender at work: claim → call → record, again and again.
// Reads due messages; writes attempts, results, gates. Safe to kill: what was on the wire becomes unknown, everything
// else is as the last transaction left it.
import Bottleneck from 'bottleneck'
import {
  CLAIM_AHEAD_US,
  claimSize,
  inFlightWindow,
  latenessMaxUs,
  startGroupSize,
  startSpacingMs,
} from '../../domain/rate.ts'
import type { Driver, Provider } from '../../providers/provider.ts'
import { Loop } from '../../runtime/loop.ts'
import { type ClaimedMessage, type ClaimResult, claimMessages } from '../../store/claim.ts'
import { listStopped, retakeSlots } from '../../store/late-claim.ts'
import { type Recorded, type RecordOutcome, recordResults } from '../../store/record.ts'
import type { Sender } from '../../store/senders.ts'
import { RuleBook } from '../claim-rules.ts'
import type { Context } from '../context.ts'
import { finishIfDone } from '../finish.ts'
import { type SendFacts, sendMessage } from './send-message.ts'

/** Results wait this long for the next claim to take them along. */
const RECORD_WITHIN_MS = 20
/** A sender without due messages looks again this often: another process may have planned some. */
const IDLE_MS = 250
/** A full daily limit frees places one by one over hours. */
const DAILY_LIMIT_POLL_MS = 1000
/** A call that is late by more has its checks done again. */
const RECHECK_AFTER_US = 1_000_000
/** Answers whose latencies the in-flight window is computed from. */
const LATENCIES_KEPT = 200
/** Assumed until the first answers are in. */
const LATENCY_UNKNOWN_MS = 200

export interface SenderLoopOptions {
  sender: Sender
  provider: Provider
  driver: Driver
  /** Only this campaign: a command that sends in the foreground. */
  campaignId?: number
  isTestOnly?: boolean
  reference: SendFacts['reference']
  onRecorded?: (outcome: RecordOutcome) => void
}

export class SenderLoop {
  readonly #ctx: Context
  readonly #options: SenderLoopOptions
  readonly #rules: RuleBook
  readonly #loop: Loop
  readonly #limiter: Bottleneck
  readonly #latencies: number[] = []
  #results: Recorded[] = []
  #unknownRevisions: number[] = []
  /** Claimed messages whose result is not in #results yet. */
  #onTheWire = 0
  /** Those of them whose call has not begun. */
  #unstarted = 0
  #dispatching: Promise<void> = Promise.resolve()
  #rate: number
  #isDraining = false

  constructor(ctx: Context, options: SenderLoopOptions) {
    this.#ctx = ctx
    this.#options = options
    const { sender, provider } = options
    this.#rules = new RuleBook(sender, provider.capabilities, ctx.config.timeZone)
    this.#rate = sender.ratePerSecond
    this.#limiter = new Bottleneck({ minTime: startSpacingMs(this.#rate, startGroupSize(this.#rate)) })
    const { clock, log } = ctx
    this.#loop = new Loop({
      name: `sender ${sender.name}`,
      clock,
      log,
      idleMs: IDLE_MS,
      runOnce: () => this.pass(),
    })
  }

  start(): void {
    this.#loop.start()
  }

  wake(): void {
    this.#loop.wake()
  }

  get onTheWire(): number {
    return this.#onTheWire
  }

  /** Claims no more, waits for the calls on the wire and records what they came to. */
  async stop(): Promise<void> {
    this.#isDraining = true
    this.#loop.wake()
    await this.#loop.stop()
    await this.#dispatching
    while (this.#onTheWire > 0 || this.#results.length > 0) {
      await this.#transact()
      if (this.#onTheWire > 0) await this.#ctx.clock.wait(this.#ctx.clock.now() + RECORD_WITHIN_MS)
    }
    await this.#limiter.disconnect()
  }

  /** One pass: results so far and the next claim in one transaction. Returns when to look again. */
  async pass(): Promise<number> {
    const claim = await this.#transact()
    if (claim === undefined) return this.#ctx.clock.now() + RECORD_WITHIN_MS
    this.#onTheWire += claim.claimed.length
    this.#unstarted += claim.claimed.length
    if (claim.claimed.length > 0) this.#dispatching = this.#dispatching.then(() => this.#dispatch(claim.claimed))
    return this.#nextPassAt(claim)
  }

  #nextPassAt(claim: ClaimResult): number {
    const now = this.#ctx.clock.now()
    if (claim.claimed.length + claim.deferred + claim.endedIn.length + claim.unknownRevisions.length > 0) return now
    const idleMs = claim.gate === 'daily_limit' ? DAILY_LIMIT_POLL_MS : IDLE_MS
    return Math.min(
      claim.nextLookAt ?? Number.POSITIVE_INFINITY,
      now + (this.#results.length > 0 ? RECORD_WITHIN_MS : idleMs),
    )
  }

  /** The transaction of a pass. Undefined while draining, when nothing is claimed. */
  async #transact(): Promise<ClaimResult | undefined> {
    const { db, clock, node } = this.#ctx
    const nodeId = await node.id()
    await db.read((tx) => this.#rules.refresh(tx, this.#unknownRevisions))
    const results = this.#results
    this.#results = []
    try {
      const { claim, recorded } = await db.write(async (tx) => {
        const recorded =
          results.length === 0 ? undefined : await recordResults(tx, this.#recordRequest(results, nodeId))
        const claim = this.#isDraining ? undefined : await claimMessages(tx, this.#claimRequest(nodeId))
        for (const runId of runsToFinish(results, claim)) await finishIfDone(tx, runId, clock.now())
        return { claim, recorded }
      })
      if (recorded !== undefined) this.#options.onRecorded?.(recorded)
      this.#unknownRevisions = claim?.unknownRevisions ?? []
      if (claim !== undefined) this.#followRate(claim.ratePerSecond)
      return claim
    } catch (error) {
      // Nothing new is claimed until these are written.
      this.#results = [...results, ...this.#results]
      throw error
    }
  }

  #claimRequest(nodeId: number) {
    const { sender, campaignId, isTestOnly } = this.#options
    return {
      senderId: sender.id,
      nodeId,
      now: this.#ctx.clock.now(),
      // No more than one claim waits for its slots: when calls cannot begin in time, claiming more makes them later.
      room: Math.min(this.#window() - this.#onTheWire, claimSize(this.#rate) - this.#unstarted),
      rules: this.#rules.rules,
      account: sender.account,
      ...(campaignId !== undefined && { campaignId }),
      ...(isTestOnly && { isTestOnly }),
    }
  }

  #recordRequest(results: Recorded[], nodeId: number) {
    const { sender } = this.#options
    return {
      senderId: sender.id,
      nodeId,
      account: sender.account,
      now: this.#ctx.clock.now(),
      results,
      random: this.#ctx.random,
    }
  }

  #window(): number {
    const { concurrency } = this.#options.sender
    const sorted = [...this.#latencies].sort((a, b) => a - b)
    const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? LATENCY_UNKNOWN_MS
    // A message is on its way from its claim on, up to CLAIM_AHEAD before its call.
    const window = inFlightWindow(this.#rate, Math.max(p99, CLAIM_AHEAD_US / 1000))
    return concurrency === null ? window : Math.min(window, concurrency)
  }

  #followRate(rate: number): void {
    if (rate === this.#rate) return
    this.#rate = rate
    this.#limiter.updateSettings({ minTime: startSpacingMs(rate, startGroupSize(rate)) })
  }

  /** Starts claimed calls in their order, in groups, each group at the slot of its first message. */
  async #dispatch(claimed: ClaimedMessage[]): Promise<void> {
    const size = startGroupSize(this.#rate)
    for (let i = 0; i < claimed.length; i += size) {
      const group = claimed.slice(i, i + size)
      await this.#ctx.clock.wait((group[0]?.startAtUs ?? 0) / 1000)
      // Nobody waits for the job: how many calls may be on the wire is the claim's decision.
      void this.#limiter.schedule(() => this.#startGroup(group))
    }
  }

  async #startGroup(group: ClaimedMessage[]): Promise<void> {
    const startable = await this.#dropStopped(group)
    await this.#keepSlots(startable)
    for (const message of startable) {
      await this.#ctx.clock.wait(message.startAtUs / 1000)
      void this.#call(message)
    }
  }

  /** Very late calls have their checks done again; those that fail go back unsent. */
  async #dropStopped(group: ClaimedMessage[]): Promise<ClaimedMessage[]> {
    const nowUs = this.#ctx.clock.nowUs()
    const veryLate = group.filter((message) => nowUs - message.startAtUs > RECHECK_AFTER_US)
    if (veryLate.length === 0) return group
    const stopped = await this.#ctx.db.write((tx) =>
      listStopped(tx, veryLate, this.#rules.rules, Math.floor(nowUs / 1000)),
    )
    for (const message of group.filter(({ attemptId }) => stopped.has(attemptId))) this.#giveBack(message)
    return group.filter(({ attemptId }) => !stopped.has(attemptId))
  }

  /** A late call takes a new slot first, so that the rate holds for what begins and not only for what was planned. */
  async #keepSlots(group: ClaimedMessage[]): Promise<void> {
    const nowUs = this.#ctx.clock.nowUs()
    const late = group.filter((message) => nowUs - message.startAtUs > latenessMaxUs(this.#rate))
    if (late.length > 0) await this.#ctx.db.write((tx) => retakeSlots(tx, this.#options.sender.id, late, nowUs))
  }

  #giveBack(message: ClaimedMessage): void {
    this.#unstarted--
    this.#finish({ message, result: { kind: 'not_started', error: null }, endedAt: this.#ctx.clock.now() })
  }

  async #call(message: ClaimedMessage): Promise<void> {
    this.#unstarted--
    const startedAt = this.#ctx.clock.now()
    const revision = this.#rules.get(message.revisionId)
    const { driver, reference } = this.#options
    const result = await sendMessage(message, {
      driver,
      reference,
      now: startedAt,
      ...(revision && { revision }),
    })
    const endedAt = this.#ctx.clock.now()
    this.#latencies.push(endedAt - startedAt)
    if (this.#latencies.length > LATENCIES_KEPT) this.#latencies.shift()
    this.#finish({ message, result, endedAt })
  }

  #finish(recorded: Recorded): void {
    this.#onTheWire--
    this.#results.push(recorded)
    if (this.#results.length > 1) return
    const { clock } = this.#ctx
    void clock.wait(clock.now() + RECORD_WITHIN_MS).then(() => this.#loop.wake())
  }
}

/** Runs in which something ended in this transaction. */
function runsToFinish(results: readonly Recorded[], claim: ClaimResult | undefined): Set<number> {
  return new Set([...results.map(({ message }) => message.runId), ...(claim?.endedIn ?? [])])
}
