// One sender at work: claim → call → record, again and again.
// Reads due messages; writes attempts, results, gates. Safe to kill: what was on the wire becomes unknown, everything
// else is as the last transaction left it.
import { claimSize, inFlightWindow, SharingWatch } from '../../domain/rate.ts'
import type { Driver, Provider } from '../../providers/provider.ts'
import { Loop } from '../../runtime/loop.ts'
import { type ClaimedMessage, type ClaimResult, claimMessages } from '../../store/claim.ts'
import { type Recorded, type RecordOutcome, recordResults } from '../../store/record.ts'
import type { Sender } from '../../store/senders.ts'
import { RuleBook } from '../campaigns/claim-rules.ts'
import { finishIfDone } from '../campaigns/finish.ts'
import { pauseUnreadable } from '../campaigns/unreadable-campaign.ts'
import type { Context } from '../context.ts'
import { type SendFacts, sendMessage } from './send-message.ts'
import { StartQueue } from './start-queue.ts'

/** Results wait this long for the next claim to take them along. */
const RECORD_WITHIN_MS = 20
/** A sender without due messages looks again this often: another process may have planned some. */
const IDLE_MS = 250
/** A full daily limit frees places one by one over hours. */
const DAILY_LIMIT_POLL_MS = 1000
/** Answers from whose latencies the in-flight window is computed, again and again. */
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
  readonly #queue: StartQueue
  readonly #sharing = new SharingWatch()
  readonly #latencies: number[] = []
  #latencyP99Ms = LATENCY_UNKNOWN_MS
  #results: Recorded[] = []
  #unknownRevisions: number[] = []
  /** Claimed messages whose result is not in #results yet. */
  #onTheWire = 0
  #rate: number
  #isDraining = false

  constructor(ctx: Context, options: SenderLoopOptions) {
    this.#ctx = ctx
    this.#options = options
    const { sender, provider } = options
    this.#rules = new RuleBook(sender, provider.capabilities, ctx.config.timeZone)
    this.#rate = sender.ratePerSecond
    this.#queue = new StartQueue(ctx, {
      senderId: sender.id,
      ratePerSecond: sender.ratePerSecond,
      rules: () => this.#rules.rules,
      sharing: this.#sharing,
      window: () => this.#window(),
      call: (message, startedAtUs) => this.#call(message, startedAtUs),
      giveBack: (message) =>
        this.#finish({ message, result: { kind: 'not_started', error: null }, endedAt: ctx.clock.now() }),
    })
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
    await this.#queue.stop()
    while (this.#onTheWire > 0 || this.#results.length > 0) {
      await this.#transact()
      if (this.#onTheWire > 0) await this.#ctx.clock.wait(this.#ctx.clock.now() + RECORD_WITHIN_MS)
    }
  }

  /** One pass: results so far and the next claim in one transaction. Returns when to look again. */
  async pass(): Promise<number> {
    await this.#options.driver.prepare?.()
    const claim = await this.#transact()
    if (claim === undefined) return this.#ctx.clock.now() + RECORD_WITHIN_MS
    this.#onTheWire += claim.claimed.length
    const last = claim.claimed.at(-1)
    if (last !== undefined) this.#sharing.took(last.startAtUs, claim.metOthers, this.#ctx.clock.nowUs())
    this.#queue.add(claim.claimed)
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
    const unreadable = await db.read((tx) => this.#rules.refresh(tx, this.#unknownRevisions))
    for (const { campaignId, error } of unreadable) await pauseUnreadable(this.#ctx, campaignId, error)
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
      sharing: this.#sharing.at(this.#ctx.clock.nowUs()),
      // No more than one claim waits for its slots: when calls cannot begin in time, claiming more makes them later.
      room: claimSize(this.#rate) - this.#queue.length,
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
    const window = inFlightWindow(this.#rate, this.#latencyP99Ms)
    return concurrency === null ? window : Math.min(window, concurrency)
  }

  #followRate(rate: number): void {
    this.#rate = rate
    this.#queue.followRate(rate)
  }

  async #call(message: ClaimedMessage, startedAtUs: number): Promise<void> {
    const { clock } = this.#ctx
    const startedAt = Math.floor(startedAtUs / 1000)
    const revision = this.#rules.get(message.revisionId)
    const { driver, reference } = this.#options
    const result = await sendMessage(message, {
      driver,
      reference,
      now: startedAt,
      ...(revision && { revision }),
    })
    const endedAt = clock.now()
    this.#noteLatency(endedAt - startedAt)
    this.#finish({ message, result, startedAtUs, endedAt })
  }

  #noteLatency(ms: number): void {
    this.#latencies.push(ms)
    if (this.#latencies.length < LATENCIES_KEPT) return
    const sorted = this.#latencies.splice(0).sort((a, b) => a - b)
    this.#latencyP99Ms = sorted[Math.floor(sorted.length * 0.99)] ?? LATENCY_UNKNOWN_MS
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
