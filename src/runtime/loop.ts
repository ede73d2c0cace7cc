// A background chore: one bounded pass (`runOnce`) again and again until it is stopped. Errors are logged once here
// and do not end the loop; stop without start and stop twice are legal.
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

export class Loop {
  readonly #options: LoopOptions
  #done: Promise<void> | undefined
  #stop = new AbortController()
  #pause: AbortController | undefined

  constructor(options: LoopOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#done !== undefined) return
    this.#stop = new AbortController()
    this.#done = this.#run(this.#stop.signal)
  }

  /** Ends a pause early: something happened that the next pass should see. */
  wake(): void {
    this.#pause?.abort()
  }

  /** Lets the pass at work end and starts no other. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.wake()
    await this.#done
    this.#done = undefined
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, idleMs } = this.#options
    while (!signal.aborted) {
      const next = await this.#pass(signal)
      if (signal.aborted) return
      const until = next === true ? 0 : next === false ? clock.now() + idleMs : next
      if (until > clock.now()) await this.#pauseUntil(until)
      else await nextTurn()
    }
  }

  async #pass(signal: AbortSignal): Promise<boolean | number> {
    const { name, clock, log, runOnce } = this.#options
    try {
      return await runOnce(signal)
    } catch (error) {
      log.error({ err: error, loop: name }, `${name} failed; it goes on`)
      return clock.now() + ERROR_PAUSE_MS
    }
  }

  async #pauseUntil(until: number): Promise<void> {
    this.#pause = new AbortController()
    await this.#options.clock.wait(until, this.#pause.signal)
    this.#pause = undefined
  }
}

/** Lets timers and sockets have their turn between two pieces of work. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
