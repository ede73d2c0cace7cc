// Claimed calls begin here, in the order of their claim, at the start slots that their claims took.
// Reads nothing; takes new slots for those that passed unused. Safe to kill: slots are never given back.
import Bottleneck from 'bottleneck'
import type { ClaimRules } from '../../domain/message-rules.ts'
import {
  isCounted,
  latenessMaxUs,
  type SharingWatch,
  StartWindow,
  startSpacingMs,
  startsTogether,
} from '../../domain/rate.ts'
import type { ClaimedMessage } from '../../store/claim.ts'
import { listStopped, replaceSlots } from '../../store/late-claim.ts'
import type { Context } from '../context.ts'

/** A call that is late by more has its checks done again. */
const RECHECK_AFTER_US = 1_000_000
/** After an error of the database the queue tries again this much later. */
const TRY_AGAIN_MS = 1_000

export interface StartQueueOptions {
  senderId: number
  ratePerSecond: number
  rules: () => ReadonlyMap<number, ClaimRules>
  sharing: SharingWatch
  /** Calls that may be on the wire at once. */
  window: () => number
  /** Makes the call, which begins at `startedAtUs`; never rejects. */
  call: (message: ClaimedMessage, startedAtUs: number) => Promise<void>
  /** The call must not begin any more. */
  giveBack: (message: ClaimedMessage) => void
}

export class StartQueue {
  readonly #ctx: Context
  readonly #options: StartQueueOptions
  readonly #limiter: Bottleneck
  readonly #waiting: ClaimedMessage[] = []
  /** Start slots that this process holds (µs, ascending), one for each message that waits. */
  readonly #slots: number[] = []
  #rate: number
  /** How long the last new slots took to write (µs): slots that begin earlier pass before they can be used. */
  #replacingUs = 0
  readonly #started = new StartWindow()
  #onTheWire = 0
  #onPlaceFree = () => {}
  #running: Promise<void> = Promise.resolve()
  #isRunning = false

  constructor(ctx: Context, options: StartQueueOptions) {
    this.#ctx = ctx
    this.#options = options
    this.#rate = options.ratePerSecond
    this.#limiter = new Bottleneck({ minTime: startSpacingMs(this.#rate) })
  }

  get length(): number {
    return this.#waiting.length
  }

  add(claimed: readonly ClaimedMessage[]): void {
    this.#waiting.push(...claimed)
    this.#slots.push(...claimed.map((message) => message.startAtUs))
    if (!this.#isRunning) this.#running = this.#run()
  }

  followRate(ratePerSecond: number): void {
    if (ratePerSecond === this.#rate) return
    this.#rate = ratePerSecond
    this.#limiter.updateSettings({ minTime: startSpacingMs(ratePerSecond) })
  }

  /** Waits until everything in the queue has begun or was given back. */
  async stop(): Promise<void> {
    await this.#running
    await this.#limiter.disconnect()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    while (this.#waiting.length > 0) {
      try {
        await this.#replacePassedSlots()
        await this.#freePlace()
        await this.#limiter.schedule(async () => {
          // In here, so that the limiter's own few milliseconds do not make the call late for its slot.
          await this.#ctx.clock.wait((this.#slots[0] ?? 0) / 1000)
          this.#startDue()
        })
      } catch (error) {
        this.#ctx.log.error({ err: error }, 'calls cannot begin; trying again in a second')
        await this.#ctx.clock.wait(this.#ctx.clock.now() + TRY_AGAIN_MS)
      }
    }
    this.#isRunning = false
  }

  /** What is too late for its slot moves up to the next one; only when none is left are new ones taken, in one go. */
  async #replacePassedSlots(): Promise<void> {
    const nowUs = this.#ctx.clock.nowUs()
    const passed = this.#slots.filter((slot) => slot < this.#oldestUs(nowUs)).length
    if (passed > 0) await this.#giveBackStopped(nowUs)
    this.#slots.splice(0, passed)
    const missing = this.#waiting.length
    if (this.#slots.length > 0 || missing === 0) return
    const campaigns = new Set(this.#waiting.map((message) => message.campaignId))
    const fromUs = nowUs + this.#replacingUs
    const { senderId, sharing } = this.#options
    const { slots: fresh, metOthers } = await this.#ctx.db.write((tx) =>
      replaceSlots(tx, { senderId, count: missing, campaigns, fromUs, sharing: sharing.at(nowUs) }),
    )
    sharing.took(fresh.at(-1) ?? 0, metOthers, nowUs)
    this.#replacingUs = Math.min(RECHECK_AFTER_US, this.#ctx.clock.nowUs() - nowUs)
    this.#slots.push(...fresh)
    this.#slots.sort((a, b) => a - b)
  }

  /** Very late calls have their checks done again; those that fail go back unsent. */
  async #giveBackStopped(nowUs: number): Promise<void> {
    const veryLate = this.#waiting.filter((message) => nowUs - message.startAtUs > RECHECK_AFTER_US)
    if (veryLate.length === 0) return
    const rules = this.#options.rules()
    const stopped = await this.#ctx.db.write((tx) => listStopped(tx, veryLate, rules, Math.floor(nowUs / 1000)))
    for (const message of veryLate.filter(({ attemptId }) => stopped.has(attemptId))) {
      this.#waiting.splice(this.#waiting.indexOf(message), 1)
      this.#options.giveBack(message)
    }
  }

  async #freePlace(): Promise<void> {
    while (this.#onTheWire >= this.#options.window())
      await new Promise<void>((resolve) => {
        this.#onPlaceFree = resolve
      })
  }

  /** Starts what is due, as far as rate and window allow. */
  #startDue(): void {
    const most = startsTogether(this.#rate) ? this.#waiting.length : 1
    for (let i = 0; i < most && this.#mayStart(); i++) {
      const message = this.#waiting.shift()
      this.#slots.shift()
      if (message !== undefined) void this.#start(message)
    }
  }

  /** Asked again for each call: to begin one takes a while. */
  #mayStart(): boolean {
    const nowUs = this.#ctx.clock.nowUs()
    const slot = this.#slots[0] ?? Number.POSITIVE_INFINITY
    // A head that grew late since it was checked takes a new slot, unless this process sends alone and counts its
    // starts: the window bounds them then, and they must not wait for an event loop that is always a little late.
    const isBounded = isCounted(this.#rate) && !this.#options.sharing.at(nowUs).isShared
    if (slot > nowUs || (!isBounded && slot < this.#oldestUs(nowUs))) return false
    return this.#onTheWire < this.#options.window() && this.#started.room(this.#rate, nowUs) > 0
  }

  /** Slots before this instant have passed unused. */
  #oldestUs(nowUs: number): number {
    return nowUs - latenessMaxUs(this.#rate, this.#options.sharing.at(nowUs).isShared)
  }

  async #start(message: ClaimedMessage): Promise<void> {
    const startedAtUs = this.#ctx.clock.nowUs()
    this.#onTheWire++
    this.#started.add(startedAtUs)
    await this.#options.call(message, startedAtUs)
    this.#onTheWire--
    this.#onPlaceFree()
    // Where answers are awaited rather than slots, the next call takes the place at once.
    if (startsTogether(this.#rate)) this.#startDue()
  }
}
