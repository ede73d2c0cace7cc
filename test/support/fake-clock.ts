// A clock that a test sets. `advance` wakes whoever waits, in order; `jump` moves the wall alone, as an operator would.
import type { Clock, TimeSource } from '../../src/runtime/clock.ts'
import { isAtWork } from './under-way.ts'

interface Waiter {
  until: number
  resolve: () => void
}

export class FakeClock implements Clock {
  #now: number
  readonly #start: number
  #monotonic = 0
  #waiters: Waiter[] = []

  constructor(start: string | number = '2027-06-01T10:00:00Z') {
    this.#start = typeof start === 'number' ? start : Date.parse(start)
    this.#now = this.#start
  }

  now(): number {
    return Math.floor(this.#now)
  }

  nowUs(): number {
    return Math.round(this.#now * 1000)
  }

  monotonic(): number {
    return this.#monotonic
  }

  /** How far it was moved without time passing: all fake clocks are of one machine, which never sleeps. */
  aheadOfBootUs(): number {
    return Math.round((this.#now - this.#start - this.#monotonic) * 1000)
  }

  wall(): number {
    return this.now()
  }

  wait(until: number, signal?: AbortSignal): Promise<void> {
    if (until <= this.#now || signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const waiter = { until, resolve }
      this.#waiters.push(waiter)
      signal?.addEventListener(
        'abort',
        () => {
          this.#waiters = this.#waiters.filter((other) => other !== waiter)
          resolve()
        },
        { once: true },
      )
    })
  }

  /** The earliest instant that somebody waits for. */
  get nextWake(): number | undefined {
    return this.#waiters.length === 0 ? undefined : Math.min(...this.#waiters.map((waiter) => waiter.until))
  }

  /** Lets time pass at once, without waking anybody in between. */
  set(at: string | number): void {
    const target = typeof at === 'number' ? at : Date.parse(at)
    this.#monotonic += Math.max(0, target - this.#now)
    this.#now = target
    this.#wake()
  }

  advance(ms: number): void {
    this.set(this.#now + ms)
  }

  /** Moves the wall clock only: time does not pass. */
  jump(ms: number): void {
    this.#now += ms
    this.#wake()
  }

  #wake(): void {
    const due = this.#waiters.filter((waiter) => waiter.until <= this.#now).sort((a, b) => a.until - b.until)
    this.#waiters = this.#waiters.filter((waiter) => waiter.until > this.#now)
    for (const { resolve } of due) resolve()
  }
}

/** The machine's clocks, for a real clock of the program. */
export interface FakeTime extends TimeSource {
  wallMs: number
  monotonicMs: number
  /** Moves the wall clock only, as an operator would. */
  set(ms: number): void
  pass(ms: number): void
  /** The machine sleeps: its monotonic clock stands still. */
  sleep(ms: number): void
}

export function fakeTime(start: number): FakeTime {
  let uptimeMs = 5_000
  return {
    wallMs: start,
    monotonicMs: 1_000,
    wall() {
      return Math.floor(this.wallMs)
    },
    monotonic() {
      return this.monotonicMs
    },
    sinceBoot() {
      return this.monotonicMs + 4_000
    },
    uptime: () => uptimeMs / 1000,
    set(ms) {
      this.wallMs += ms
    },
    pass(ms) {
      this.wallMs += ms
      this.monotonicMs += ms
      uptimeMs += ms
    },
    sleep(ms) {
      this.wallMs += ms
      uptimeMs += ms
    },
  }
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** How long nothing may happen before the clock moves on. */
const QUIET_MS = 4
const PATIENCE_MS = 90_000

/**
 * Runs the program under a fake clock until something is true: whenever nothing happens for a moment, time moves to the
 * next instant that somebody waits for.
 */
export async function until(clock: FakeClock, isTrue: () => Promise<boolean> | boolean): Promise<void> {
  const startedAt = performance.now()
  while (!(await isTrue())) {
    if (performance.now() - startedAt > PATIENCE_MS) throw new Error('it did not become true')
    let quietSince = performance.now()
    while (performance.now() - quietSince < QUIET_MS) {
      await turn()
      if (isAtWork()) quietSince = performance.now()
    }
    if (clock.nextWake !== undefined) clock.set(Math.max(clock.now(), clock.nextWake))
  }
}
