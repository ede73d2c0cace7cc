// Time as the program sees it: it never goes back, whatever the wall clock does.

export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Epoch microseconds, for start slots. */
  nowUs(): number
  /** Milliseconds of a clock that nobody can set: only differences mean something. */
  monotonic(): number
  /** Resolves at an instant (epoch ms), or at once when it has passed; early when the signal is aborted. */
  wait(until: number, signal?: AbortSignal): Promise<void>
}

/** Longest single timer: a sleeping machine wakes to look at the clock again. */
const TIMER_MAX_MS = 60_000

/** The larger of the wall clock and the last instant seen plus the monotonic time since. */
export class SystemClock implements Clock {
  #lastUs = 0
  #lastMonotonic = performance.now()

  nowUs(): number {
    const monotonic = performance.now()
    const floorUs = this.#lastUs + Math.round((monotonic - this.#lastMonotonic) * 1000)
    this.#lastUs = Math.max(Date.now() * 1000, floorUs)
    this.#lastMonotonic = monotonic
    return this.#lastUs
  }

  now(): number {
    return Math.floor(this.nowUs() / 1000)
  }

  monotonic(): number {
    return performance.now()
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

/** How far the wall clock may be behind the newest sign of life in the database. */
export const CLOCK_BEHIND_MAX_MS = 60_000
/** A jump forward of more than this holds the schedules for as long. */
export const CLOCK_JUMP_MS = 120_000
