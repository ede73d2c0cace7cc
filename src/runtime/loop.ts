// A background chore: one bounded pass (`runOnce`) again and again until it is stopped. Errors are logged once here
// and do not end the loop; a wake during a pass is remembered; stop without start and stop twice are legal.
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

export interface LoopOptions {
  name: string
  clock: Clock
  log: Log
  /** Pause after a pass that did nothing. */
  idleMs: number
  /** One pass; true when there may be more to do at once, or the instant (epoch ms) to look again. */
  runOnce: (signal: AbortSignal) => Promise<boolean | number>
}

/** Pause after a failed pass, so that a broken disk does not fill the log. */
const ERROR_PAUSE_MS = 1000
/** Why a rest ended. Without a reason each wake would make an error with its stack. */
const WOKEN = 'woken'

export class Loop {
  readonly #options: LoopOptions
  #done: Promise<void> | undefined
  #stop = new AbortController()
  #pause: AbortController | undefined
  /** Something happened since the last pass began. */
  #isWoken = false

  constructor(options: LoopOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#done !== undefined) return
    this.#stop = new AbortController()
    this.#done = this.#run(this.#stop.signal)
  }

  /** Something happened that the next pass should see: it comes at once, also when a pass is at work that began before. */
  wake(): void {
    this.#isWoken = true
    this.#pause?.abort(WOKEN)
  }

  /** Lets the pass at work end and starts no other. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#pause?.abort(WOKEN)
    await this.#done
    this.#done = undefined
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#isWoken = false
      await this.#rest(await this.#pass(signal), signal)
    }
  }

  /** When to look again; `failed` after an error. */
  async #pass(signal: AbortSignal): Promise<number | 'failed'> {
    const { name, clock, log, idleMs, runOnce } = this.#options
    try {
      const next = await runOnce(signal)
      return next === true ? 0 : next === false ? clock.now() + idleMs : next
    } catch (error) {
      log.error({ err: error, loop: name }, `${name} failed; it goes on`)
      return 'failed'
    }
  }

  /** A wake ends the rest, but not the pause after an error: frequent wakes would fill the log. */
  async #rest(next: number | 'failed', stop: AbortSignal): Promise<void> {
    const { clock } = this.#options
    if (next === 'failed') return clock.wait(clock.now() + ERROR_PAUSE_MS, stop)
    if (this.#isWoken || stop.aborted || next <= clock.now()) return nextTurn()
    this.#pause = new AbortController()
    await clock.wait(next, this.#pause.signal)
    this.#pause = undefined
  }
}

/** Lets timers and sockets have their turn between two pieces of work. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
