// Claimed calls begin here, in the order of their claim, each at its start slot and in the step that hands it to its socket.
// A claim is a permission to begin within a second: whatever delays a call beyond it (the window, the event loop, a
// connection, a stopped process, a lost lease) gives the message back, and the next claim asks every rule anew.
// Reads nothing; notes each start in the node's journal. Safe to kill: what the journal does not name was never begun.
import { BEGIN_WITHIN_MS, latenessMaxUs, type Pace, StartWindow } from '../../domain/rate.ts'
import type { SendResult } from '../../domain/send-result.ts'
import type { Begin } from '../../providers/http-client.ts'
import { ageMs, type Moment } from '../../runtime/moment.ts'
import type { ClaimedMessage } from '../../store/claim.ts'
import type { Context } from '../context.ts'
import type { HeldNode } from '../node-life.ts'

/** Calls that begin in one turn of the event loop at most: sockets and timers have theirs in between. */
const STARTS_PER_TURN = 50
const PAUSE_MIN_MS = 0.5

/** Under which a claim's calls may begin. */
export interface Permission {
  /** When the rules were checked. */
  checkedAt: Moment
  node: HeldNode
  mode: Pace['mode']
  /** The holds that the transaction knew: one that an answer has asked for since takes the permission back. */
  holds: number
}

export interface QueuedCall {
  message: ClaimedMessage
  permission: Permission
  call: (begin: Begin) => Promise<SendResult>
}

/** What came of a queued call. */
export interface EndedCall {
  message: ClaimedMessage
  result: SendResult
  /** When the call really began, µs; undefined when it did not. */
  startedAtUs: number | undefined
  endedAt: number
}

export interface StartQueueOptions {
  ratePerSecond: number
  /** Calls that may be on the wire at once. */
  window: () => number
  onEnd: (ended: EndedCall) => void
}

export class StartQueue {
  readonly #ctx: Context
  readonly #options: StartQueueOptions
  readonly #starts: StartWindow
  /** Campaigns with a rate of their own. */
  readonly #startsOfCampaign = new Map<number, { ratePerSecond: number; starts: StartWindow }>()
  readonly #waiting: QueuedCall[] = []
  /** Calls handed to the driver, with their start on the monotonic clock; oldest first. */
  readonly #onTheWire = new Map<QueuedCall, number>()
  /** How often an answer has asked that nothing more begins for now. */
  holds = 0
  #rate: number
  #pause: AbortController | undefined
  #isRunning = false
  #isStopping = false

  constructor(ctx: Context, options: StartQueueOptions) {
    this.#ctx = ctx
    this.#options = options
    this.#rate = options.ratePerSecond
    this.#starts = new StartWindow(options.ratePerSecond)
  }

  /** Calls that wait for their slot. */
  get waiting(): number {
    return this.#waiting.length
  }

  get onTheWire(): number {
    return this.#onTheWire.size
  }

  /** How long the oldest call on the wire has been there. */
  get oldestCallMs(): number {
    const [first] = this.#onTheWire.values()
    return first === undefined ? 0 : this.#ctx.clock.monotonic() - first
  }

  /** The last start, epoch µs; null before the first one. */
  lastStartUs: number | null = null

  add(calls: readonly QueuedCall[]): void {
    this.#waiting.push(...calls)
    if (this.#isStopping) this.#giveBackAll()
    else if (!this.#isRunning) void this.#run()
  }

  followRate(ratePerSecond: number): void {
    if (ratePerSecond === this.#rate) return
    this.#rate = ratePerSecond
    this.#starts.follow(ratePerSecond)
  }

  /** An answer says that nothing may begin for now: what waits goes back, to be claimed when the hold is over. */
  hold(): void {
    this.holds++
    this.#giveBackAll()
    this.#pause?.abort()
  }

  /** From here on no call begins; what waits goes back at once. */
  stop(): void {
    this.#isStopping = true
    this.#giveBackAll()
    this.#pause?.abort()
  }

  #giveBackAll(): void {
    for (const call of this.#waiting.splice(0)) this.#giveBack(call)
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    while (this.#waiting.length > 0) {
      this.#giveBackLapsed()
      const untilMs = this.#startDue()
      if (untilMs === undefined) await new Promise((resolve) => setImmediate(resolve))
      else await this.#pauseUntil(untilMs)
    }
    this.#isRunning = false
  }

  async #pauseUntil(untilMs: number): Promise<void> {
    this.#pause = new AbortController()
    await this.#ctx.clock.wait(untilMs, this.#pause.signal)
    this.#pause = undefined
  }

  #giveBackLapsed(): void {
    while (this.#waiting[0] !== undefined && !this.#isPermitted(this.#waiting[0])) {
      const lapsed = this.#waiting.shift()
      if (lapsed !== undefined) this.#giveBack(lapsed)
    }
  }

  /** Starts what may start now. Returns when to look again (epoch ms); undefined for at once. */
  #startDue(): number | undefined {
    const { clock } = this.#ctx
    for (let started = 0; started < STARTS_PER_TURN; started++) {
      const head = this.#waiting[0]
      if (head === undefined) return undefined
      const restMs = this.#restMs(head)
      const isPlaceFree = this.#onTheWire.size < this.#options.window()
      // A place that becomes free ends the pause; without one the claim lapses.
      if (!isPlaceFree) return this.#in(BEGIN_WITHIN_MS - ageMs(clock, head.permission.checkedAt))
      if (restMs > 0) return this.#in(restMs)
      this.#waiting.shift()
      void this.#start(head)
    }
    return undefined
  }

  /** The instant so many milliseconds from now, never the present one: a pause of nothing would be taken again and again. */
  #in(ms: number): number {
    return this.#ctx.clock.nowUs() / 1000 + Math.max(PAUSE_MIN_MS, ms)
  }

  /** How long until a call's slot has come and the rates have room. */
  #restMs({ message }: QueuedCall): number {
    const { clock } = this.#ctx
    const freeAtUs = Math.max(this.#starts.freeAtUs, this.#campaignStarts(message)?.freeAtUs ?? 0)
    return Math.max(message.startAtUs - clock.nowUs(), freeAtUs - clock.monotonic() * 1000) / 1000
  }

  #campaignStarts({ campaignId, campaignRatePerSecond: rate }: ClaimedMessage): StartWindow | undefined {
    if (rate === null) return undefined
    const known = this.#startsOfCampaign.get(campaignId)
    if (known?.ratePerSecond === rate) return known.starts
    known?.starts.follow(rate)
    const starts = known?.starts ?? new StartWindow(rate)
    this.#startsOfCampaign.set(campaignId, { ratePerSecond: rate, starts })
    return starts
  }

  #isPermitted({ message, permission }: QueuedCall): boolean {
    const { clock } = this.#ctx
    if (this.#isStopping || this.#ctx.db.failure !== undefined || !permission.node.isHeld()) return false
    if (permission.holds !== this.holds || clock.now() >= message.expiresAt) return false
    if (permission.mode === 'shared' && clock.nowUs() - message.startAtUs > latenessMaxUs(this.#rate)) return false
    return ageMs(clock, permission.checkedAt) < BEGIN_WITHIN_MS
  }

  async #start(call: QueuedCall): Promise<void> {
    const { clock, log } = this.#ctx
    const { message, permission } = call
    let startedAtUs: number | undefined
    this.#onTheWire.set(call, clock.monotonic())
    const result = await call.call(() => {
      if (!this.#isPermitted(call) || this.#restMs(call) > 0) return false
      const nowUs = clock.nowUs()
      try {
        permission.node.journal.begun(message.attemptId, nowUs)
      } catch (error) {
        log.error({ err: error }, 'a call cannot be noted in the journal, so it does not begin')
        return false
      }
      // A process may be stopped between its last look and its note: a reader of the journal then takes it for not begun.
      if (!this.#isPermitted(call)) return false
      startedAtUs = nowUs
      this.#noteStart(message, nowUs)
      return true
    })
    this.#onTheWire.delete(call)
    this.#end({ message, result, startedAtUs, endedAt: clock.now() }, permission.node)
    this.#pause?.abort()
  }

  #noteStart(message: ClaimedMessage, nowUs: number): void {
    const monotonicUs = this.#ctx.clock.monotonic() * 1000
    this.#starts.add(monotonicUs)
    this.#campaignStarts(message)?.add(monotonicUs)
    this.lastStartUs = nowUs
  }

  #end(ended: EndedCall, { journal }: HeldNode): void {
    const { message, startedAtUs, result, endedAt } = ended
    try {
      if (startedAtUs !== undefined) journal.answered(message.attemptId, { startedAtUs, result, endedAt })
    } catch (error) {
      // Only a kill before the record would miss it: the message is unknown then.
      this.#ctx.log.warn({ err: error }, 'an answer cannot be noted in the journal')
    }
    this.#options.onEnd(ended)
  }

  #giveBack({ message }: QueuedCall): void {
    const result: SendResult = { kind: 'not_started', error: null }
    this.#options.onEnd({ message, result, startedAtUs: undefined, endedAt: this.#ctx.clock.now() })
  }
}
