// Time as the program sees it: it never goes back, and it never runs ahead of the wall clock for longer than it must
// (docs/decisions/0015-the-clock.md).
import { uptime } from 'node:os'

export interface Clock {
  /** Epoch milliseconds. Never goes back. */
  now(): number
  /** Epoch microseconds, for start slots. */
  nowUs(): number
  /** Milliseconds of a clock that nobody can set: only differences mean something. */
  monotonic(): number
  /** How far (µs) `nowUs` is ahead of the machine's monotonic clock, which all its processes share. */
  aheadOfBootUs(): number
  /**
   * What the wall clock shows (epoch ms), for schedules: behind `now` for a while after the wall was set back, and not
   * with a jump forward until that has lasted.
   */
  wall(): number
  /** Resolves at an instant (epoch ms), or at once when it has passed; early when the signal is aborted. */
  wait(until: number, signal?: AbortSignal): Promise<void>
}

/** Longest single timer: a sleeping machine wakes to look at the clock again. */
const TIMER_MAX_MS = 60_000
/** The wall clock counts whole milliseconds. */
const WALL_STEP_MS = 1
const LOOKS_MAX = 3
/** A program ahead of the wall goes at half speed: it sends at half its rates and is right again in twice the time. */
const SLEW = 0.5

/** A jump forward of more than this is believed when it has lasted for as long. */
const CLOCK_JUMP_MS = 120_000
/** A step forward of more than this asks whether the machine has slept. */
const CLOCK_STEP_MS = 1_000

/** Where time comes from. */
export interface TimeSource {
  wall(): number
  /** Stands still while the machine sleeps. */
  monotonic(): number
  /** The same clock, from a beginning that all processes of the machine share (ms). */
  sinceBoot(): number
  /** Seconds since the machine was started, asleep or not. */
  uptime(): number
}

export const machine: TimeSource = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  sinceBoot: () => Number(process.hrtime.bigint()) / 1e6,
  uptime,
}

export class SystemClock implements Clock {
  readonly #source: TimeSource
  /** How far the wall, as it is believed, is ahead of the monotonic clock. */
  #offset: number
  /** A jump forward that is not believed yet. */
  #doubt: { offset: number; since: number } | undefined
  #asleepMs: number
  #last: { now: number; monotonic: number }
  /** How far the shared clock is ahead of the process's own. */
  readonly #bootMs: number

  constructor(source: TimeSource = machine) {
    this.#source = source
    const { other: wall, monotonic } = this.#readBeside(() => source.wall())
    this.#offset = wall - monotonic
    this.#asleepMs = source.uptime() * 1000 - monotonic
    this.#last = { now: wall, monotonic }
    const boot = this.#readBeside(() => source.sinceBoot())
    this.#bootMs = boot.other - boot.monotonic
  }

  nowUs(): number {
    const monotonic = this.#followWall()
    const slewed = this.#last.now + Math.max(0, monotonic - this.#last.monotonic) * SLEW
    this.#last = { now: Math.max(this.#offset + monotonic, slewed), monotonic }
    return Math.floor(this.#last.now * 1000)
  }

  now(): number {
    return Math.floor(this.nowUs() / 1000)
  }

  monotonic(): number {
    return this.#source.monotonic()
  }

  aheadOfBootUs(): number {
    const now = this.nowUs()
    return now - Math.floor((this.#last.monotonic + this.#bootMs) * 1000)
  }

  wall(): number {
    const monotonic = this.#followWall()
    return Math.floor(this.#offset + monotonic)
  }

  /** Returns what the monotonic clock showed together with the wall. */
  #followWall(): number {
    const { other: wall, monotonic } = this.#readBeside(() => this.#source.wall())
    const offset = wall - monotonic
    if (offset - this.#offset > CLOCK_STEP_MS && !this.#isBelieved(offset, monotonic)) return monotonic
    this.#doubt = undefined
    // Within its last millisecond the wall says nothing: the monotonic clock is finer.
    this.#offset = this.#offset - offset < WALL_STEP_MS ? Math.max(this.#offset, offset) : offset
    return monotonic
  }

  /**
   * Both clocks at one instant. A process that is stopped between two looks would take its stop for a step of the wall, and
   * run ahead after it. Where it is stopped each time, the wall is the older one: behind is harmless.
   */
  #readBeside(other: () => number): { other: number; monotonic: number } {
    for (let looks = 1; ; looks++) {
      const before = this.#source.monotonic()
      const read = other()
      const monotonic = this.#source.monotonic()
      if (monotonic - before < WALL_STEP_MS || looks === LOOKS_MAX) return { other: read, monotonic }
    }
  }

  /** A clock that was set wrong is often set right a moment later; time that the machine slept through is real. */
  #isBelieved(offset: number, monotonic: number): boolean {
    // The monotonic clock is looked at last: a stop of the process in between makes a sleep shorter, never longer.
    const asleepMs = this.#source.uptime() * 1000 - this.#source.monotonic()
    const sleptMs = asleepMs - this.#asleepMs
    this.#asleepMs = Math.max(this.#asleepMs, asleepMs)
    this.#offset += Math.max(0, sleptMs)
    if (offset - this.#offset <= CLOCK_JUMP_MS) return true
    if (this.#doubt === undefined || Math.abs(offset - this.#doubt.offset) > CLOCK_JUMP_MS)
      this.#doubt = { offset, since: monotonic }
    return monotonic - this.#doubt.since >= CLOCK_JUMP_MS
  }

  async wait(until: number, signal?: AbortSignal): Promise<void> {
    for (;;) {
      const restMs = until - this.nowUs() / 1000
      if (restMs <= 0 || signal?.aborted) return
      await this.#sleep(Math.min(restMs, TIMER_MAX_MS), signal)
    }
  }

  #sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, Math.ceil(ms))
      signal?.addEventListener('abort', done, { once: true })
    })
  }
}
