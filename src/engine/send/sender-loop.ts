// One sender at work: claim → call → record, again and again.
// Reads due messages; writes attempts, results, gates. Safe to kill: what was on the wire becomes unknown, everything
// else is as the last transaction and the journal left it.
import { AppError, isStorageError } from '../../domain/errors.ts'
import { referenceOf } from '../../domain/ids.ts'
import { claimSize, inFlightWindow, leadUs, type PaceClock, placesFreeSoon } from '../../domain/rate.ts'
import { holdsSender } from '../../domain/retry.ts'
import type { Driver, Provider } from '../../providers/provider.ts'
import { Loop } from '../../runtime/loop.ts'
import { ageMs, momentOf } from '../../runtime/moment.ts'
import { bootId } from '../../store/boot-id.ts'
import { type ClaimResult, claimMessages } from '../../store/claim.ts'
import type { ClaimRequest, TroubledMessage } from '../../store/claim-choice.ts'
import type { WriteTx } from '../../store/database.ts'
import { type Recorded, type RecordOutcome, recordResults } from '../../store/record.ts'
import { releasePace } from '../../store/sender-gate.ts'
import { lockSenders, type Sender } from '../../store/senders.ts'
import { listTroublesAt, type Trouble } from '../../store/troubles.ts'
import { RuleBook } from '../campaigns/claim-rules.ts'
import { finishIfDone } from '../campaigns/finish.ts'
import { pauseUnreadable } from '../campaigns/unreadable-campaign.ts'
import type { Context } from '../context.ts'
import { isWaiting, leaveTrouble, meetTrouble } from '../duties/each-alone.ts'
import type { HeldNode } from '../node-life.ts'
import { Latency } from './latency.ts'
import { prepareCall } from './prepared-call.ts'
import { recordAlone } from './record-alone.ts'
import { type EndedCall, type Permission, type QueuedCall, StartQueue } from './start-queue.ts'

/** Results wait this long for the next claim to take them along. */
const RECORD_WITHIN_MS = 20
/** A sender without due messages looks again this often: another process may have planned some. */
const IDLE_MS = 250
/** Of what the slowest claim took, from one claim to the next. */
const TAKEN_BEFORE = 0.95
/** A full daily limit frees places one by one over hours. */
const DAILY_LIMIT_POLL_MS = 1000
/** After its calls have ended, a stop waits no longer for a database that takes no results; the journal keeps them. */
const STOP_PATIENCE_MS = 5_000

export interface SenderLoopOptions {
  sender: Sender
  provider: Provider
  driver: Driver
  /** Only this campaign: a command that sends in the foreground. */
  campaignId?: number
  isTestOnly?: boolean
  onRecorded?: (outcome: RecordOutcome) => void
}

/** What a claim took, and under which its calls may begin. */
interface Claimed {
  claim: ClaimResult
  permission: Permission
}

export class SenderLoop {
  readonly #ctx: Context
  readonly #options: SenderLoopOptions
  readonly #rules: RuleBook
  readonly #loop: Loop
  readonly #queue: StartQueue
  readonly #latency = new Latency()
  /** Every pass fails. */
  #trouble: Trouble | undefined
  /** Messages that could not be claimed. */
  #claimTroubles = new Map<number, Trouble>()
  #results: EndedCall[] = []
  /** Those that could not be recorded: tried again, each alone. They hold back neither the others nor a stop. */
  #parked: EndedCall[] = []
  #unknownRevisions: number[] = []
  /** A claim failed: the next ones look at one message each, until the one that fails is known. */
  #isCautious = false
  #rate: number
  /** How long claims take until they are committed, ms. */
  #claimTakesMs = 0
  #isDraining = false

  constructor(ctx: Context, options: SenderLoopOptions) {
    this.#ctx = ctx
    this.#options = options
    const { sender, provider } = options
    this.#rules = new RuleBook(sender, provider.capabilities, ctx.config.timeZone)
    this.#rate = sender.ratePerSecond
    this.#queue = new StartQueue(ctx, {
      ratePerSecond: sender.ratePerSecond,
      window: () => this.#window(),
      onEnd: (ended) => this.#onEnd(ended),
    })
    const { clock, log } = ctx
    this.#loop = new Loop({
      name: `sender ${sender.name}`,
      clock,
      log,
      idleMs: IDLE_MS,
      runOnce: () => this.#passOrFail(),
    })
  }

  start(): void {
    this.#loop.start()
  }

  wake(): void {
    this.#loop.wake()
  }

  /** Claimed messages whose result is not recorded yet. */
  get onTheWire(): number {
    return this.#queue.waiting + this.#queue.onTheWire + this.#results.length
  }

  /** From here on no call begins; waits for those on the wire and records what they came to. */
  async stop(): Promise<void> {
    this.#isDraining = true
    this.#queue.stop()
    await this.#loop.stop()
    const { clock, config, db, log } = this.#ctx
    const deadline = clock.monotonic() + config.callDeadlineSeconds * 1000 + STOP_PATIENCE_MS
    while (this.onTheWire > 0 && clock.monotonic() < deadline) {
      // Nothing can be recorded any more: the journal has what was answered.
      if (db.failure !== undefined && this.#queue.onTheWire === 0) return
      await this.#transact({ isClaiming: false }).catch((error: unknown) =>
        log.error({ err: error }, 'results cannot be recorded yet'),
      )
      if (this.onTheWire > 0) await clock.wait(clock.now() + RECORD_WITHIN_MS)
    }
    if (db.failure !== undefined) return
    await this.#leaveTrouble()
    const { id: nodeId } = await this.#ctx.node.held()
    await db.write((tx) => releasePace(tx, this.#options.sender.id, nodeId, this.#queue.lastStartUs), {
      isBeside: true,
    })
  }

  async #passOrFail(): Promise<number> {
    try {
      const next = await this.pass()
      await this.#leaveTrouble()
      return next
    } catch (error) {
      const subject = { work: 'claims', subjectId: this.#options.sender.id } as const
      this.#trouble = await meetTrouble(this.#ctx, subject, { before: this.#trouble, error })
      return this.#trouble.nextTryAt
    }
  }

  async #leaveTrouble(): Promise<void> {
    if (this.#trouble !== undefined) await leaveTrouble(this.#ctx, this.#trouble)
    this.#trouble = undefined
  }

  /** One pass: results so far and the next claim in one transaction. Returns when to look again. */
  async pass(): Promise<number> {
    const asked = this.#unknownRevisions
    try {
      await this.#getReady()
    } catch (error) {
      // What calls came to is recorded all the same.
      await this.#transact({ isClaiming: false })
      throw error
    }
    // Without a free place there is nothing to claim; the next answer brings one.
    const isClaiming = !this.#isDraining && this.#room() >= 1
    if (!isClaiming && this.#results.length === 0) return this.#ctx.clock.now() + RECORD_WITHIN_MS
    const done = await this.#transact({ isClaiming })
    if (done === undefined) return this.#ctx.clock.now() + RECORD_WITHIN_MS
    const { claim, permission } = done
    this.#unknownRevisions = claim.unknownRevisions
    this.#followRate(claim.ratePerSecond)
    this.#queue.add(this.#prepare(claim, permission))
    for (const troubled of claim.troubled) await this.#leaveAlone(troubled)
    // A revision that is still unknown after it was asked for cannot be read.
    if (claim.unknownRevisions.some((id) => !asked.includes(id))) return this.#ctx.clock.now()
    return this.#nextPassAt(claim)
  }

  /** What a claim asks for, and what earlier ones have left. */
  async #getReady(): Promise<void> {
    const { db } = this.#ctx
    await this.#options.driver.prepare?.()
    const node = await this.#ctx.node.held()
    if (this.#parked.length > 0) await this.#recordParked(node)
    const { unreadable, troubles } = await db.read(async (tx) => ({
      unreadable: await this.#rules.refresh(tx, this.#unknownRevisions),
      troubles: await listTroublesAt(tx, 'claim', node.id),
    }))
    this.#claimTroubles = new Map(troubles.map((trouble) => [trouble.subjectId, trouble]))
    for (const { campaignId, error } of unreadable) await pauseUnreadable(this.#ctx, campaignId, error)
  }

  #nextPassAt(claim: ClaimResult): number {
    const now = this.#ctx.clock.now()
    if (claim.claimed.length + claim.deferred + claim.endedIn.length > 0) return now
    const idleMs = claim.gate === 'daily_limit' ? DAILY_LIMIT_POLL_MS : IDLE_MS
    return Math.min(
      claim.nextLookAt ?? Number.POSITIVE_INFINITY,
      now + (this.#results.length > 0 ? RECORD_WITHIN_MS : idleMs),
    )
  }

  /** Texts are rendered ahead of their slots; a person without one is skipped. */
  #prepare({ claimed, troubled, origin }: ClaimResult, permission: Permission): QueuedCall[] {
    const { driver } = this.#options
    const reference = (attemptId: number) => referenceOf(origin, attemptId)
    const now = this.#ctx.clock.now()
    return claimed.flatMap((message) => {
      const revision = this.#rules.get(message.revisionId)
      const prepared = prepareCall(message, { driver, reference, now, revision })
      if ('call' in prepared) return [{ message, permission, call: prepared.call }]
      if ('fault' in prepared) troubled.push({ messageId: message.messageId, error: prepared.fault })
      this.#onEnd({ message, result: prepared.result, startedAtUs: undefined, endedAt: now })
      return []
    })
  }

  /** Results and claim together. A failure that one row can cause is looked for alone; others keep everything waiting. */
  async #transact({ isClaiming }: { isClaiming: boolean }): Promise<Claimed | undefined> {
    const node = await this.#ctx.node.held()
    const { holds } = this.#queue
    const results = this.#results
    this.#results = []
    try {
      const { recorded, claim, beganAt, checkedAt } = await this.#ctx.db.write(
        async (tx) => {
          // The present is asked when nobody else can take slots any more.
          await lockSenders(tx, [this.#options.sender.id])
          const now = await tx.now()
          const clock = this.#paceClock()
          const beganAt = momentOf(this.#ctx.clock)
          const recorded = await this.#record(tx, results, node.id)
          const checkedAt = momentOf(this.#ctx.clock)
          const claim = isClaiming ? await claimMessages(tx, this.#claimRequest(node.id, { now, clock })) : undefined
          await finishIfDone(tx, claim?.endedIn ?? [])
          return { recorded, claim, beganAt, checkedAt }
        },
        { isBeside: true },
      )
      if (isClaiming) this.#noteTaken(ageMs(this.#ctx.clock, beganAt))
      this.#noteRecorded(results, node)
      if (recorded !== undefined) this.#options.onRecorded?.(recorded)
      this.#isCautious = false
      return claim && { claim, permission: { checkedAt, node, mode: claim.mode, holds } }
    } catch (error) {
      if (isStorageError(error)) {
        this.#results = [...results, ...this.#results]
        throw error
      }
      if (results.length === 0) return this.#noteFailedClaim(error)
      this.#parked.push(...results)
      await this.#recordParked(node)
      return undefined
    }
  }

  /** A slow one is remembered for a while: the next may be as slow. */
  #noteTaken(ms: number): void {
    this.#claimTakesMs = Math.max(ms, this.#claimTakesMs * TAKEN_BEFORE)
  }

  async #recordParked(node: HeldNode): Promise<void> {
    const parked = this.#parked
    this.#parked = []
    try {
      const record = (tx: WriteTx, one: readonly Recorded[]) => this.#record(tx, one, node.id)
      const recorded = new Set(await recordAlone(this.#ctx, parked, record))
      this.#noteRecorded(recorded, node)
      this.#parked = parked.filter((one) => !recorded.has(one))
    } catch (error) {
      // The storage failed: a stop waits for them as for all others.
      this.#results = [...parked, ...this.#results]
      throw error
    }
  }

  async #record(tx: WriteTx, results: readonly Recorded[], nodeId: number): Promise<RecordOutcome | undefined> {
    if (results.length === 0) return undefined
    const { id: senderId } = this.#options.sender
    const now = await tx.now()
    const { random } = this.#ctx
    const outcome = await recordResults(tx, { senderId, nodeId, now, results, random })
    const runIds = results.map(({ message }) => message.runId)
    await finishIfDone(tx, runIds)
    return outcome
  }

  #noteRecorded(results: Iterable<Recorded>, { journal }: HeldNode): void {
    for (const { message } of results) journal.recorded(message.attemptId)
  }

  /** A claim that looks at one message says which one makes it fail. */
  async #noteFailedClaim(error: unknown): Promise<undefined> {
    const { messageIds } = (error instanceof AppError ? error.details : undefined) ?? {}
    const [messageId, ...others] = (messageIds ?? []) as number[]
    if (messageId === undefined) throw error
    if (others.length === 0) await this.#leaveAlone({ messageId, error })
    this.#isCautious = others.length > 0
  }

  /** A message that cannot be claimed keeps no other one waiting. */
  async #leaveAlone({ messageId, error }: TroubledMessage): Promise<void> {
    const before = this.#claimTroubles.get(messageId)
    await meetTrouble(this.#ctx, { work: 'claim', subjectId: messageId }, { before, error })
  }

  #leftAlone(now: number): ReadonlySet<number> {
    const waiting = [...this.#claimTroubles.values()].filter((trouble) => isWaiting(trouble, now))
    return new Set(waiting.map(({ subjectId }) => subjectId))
  }

  /** Which clock `now` is; that of a server is the same for everybody. */
  #paceClock(): PaceClock | undefined {
    const { db, clock } = this.#ctx
    return db.clockAheadMs === undefined ? { boot: bootId(), aheadUs: clock.aheadOfBootUs() } : undefined
  }

  #claimRequest(nodeId: number, { now, clock }: Pick<ClaimRequest, 'now' | 'clock'>): ClaimRequest {
    const { sender, campaignId, isTestOnly } = this.#options
    return {
      senderId: sender.id,
      nodeId,
      now,
      clock,
      room: this.#room(),
      leadUs: leadUs(this.#claimTakesMs),
      rules: this.#rules.inForce,
      account: sender.account,
      leftAlone: this.#leftAlone(now),
      isCautious: this.#isCautious,
      ...(campaignId !== undefined && { campaignId }),
      ...(isTestOnly && { isTestOnly }),
    }
  }

  /** A claim takes free places only, and those that will be free when it is ready to send; less what waits already. */
  #room(): number {
    const { waiting, onTheWire } = this.#queue
    const { medianMs } = this.#latency
    const soon = medianMs === undefined ? 0 : placesFreeSoon(onTheWire, medianMs)
    return Math.min(this.#window() - onTheWire + soon, claimSize(this.#rate, leadUs(this.#claimTakesMs))) - waiting
  }

  #window(): number {
    const { concurrency } = this.#options.sender
    const window = inFlightWindow(this.#rate, this.#latency.slowestMs(this.#queue.oldestCallMs))
    return concurrency === null ? window : Math.min(window, concurrency)
  }

  #followRate(rate: number): void {
    this.#rate = rate
    this.#queue.followRate(rate)
  }

  #onEnd(ended: EndedCall): void {
    const { startedAtUs, endedAt } = ended
    if (startedAtUs !== undefined) this.#latency.add(endedAt - startedAtUs / 1000)
    this.#results.push(ended)
    if (holdsSender(ended.result)) this.#queue.hold()
    if (this.#results.length > 1) return
    const { clock } = this.#ctx
    void clock.wait(clock.now() + RECORD_WITHIN_MS).then(() => this.#loop.wake())
  }
}
