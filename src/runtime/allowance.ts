// What each caller may do at once and in the long run: a bucket that fills at a steady rate. Counted in this process; what
// is refused costs next to nothing.
import { AppError } from '../domain/errors.ts'
import type { Clock } from './clock.ts'

/** Callers remembered; the oldest are forgotten first. */
const CALLERS_MAX = 10_000

export interface AllowanceOptions {
  clock: Pick<Clock, 'now'>
  perSecond: number
  /** How much may be used at once. */
  burst: number
}

interface Bucket {
  left: number
  at: number
}

export class Allowance {
  readonly #options: AllowanceOptions
  readonly #buckets = new Map<string, Bucket>()

  constructor(options: AllowanceOptions) {
    this.#options = options
  }

  /** Uses one. Returns the seconds until there is one again when none is left, else 0. */
  take(caller: string): number {
    const at = this.#options.clock.now()
    const left = this.#leftOf(caller, at)
    this.#buckets.delete(caller)
    this.#buckets.set(caller, { left: left < 1 ? left : left - 1, at })
    if (this.#buckets.size > CALLERS_MAX) this.#buckets.delete(this.#buckets.keys().next().value ?? '')
    return this.#secondsUntil(left)
  }

  /** Seconds until one can be used; 0 when one can be used now. */
  wait(caller: string): number {
    return this.#secondsUntil(this.#leftOf(caller, this.#options.clock.now()))
  }

  #leftOf(caller: string, now: number): number {
    const { burst, perSecond } = this.#options
    const bucket = this.#buckets.get(caller)
    return bucket === undefined ? burst : Math.min(burst, bucket.left + ((now - bucket.at) / 1000) * perSecond)
  }

  #secondsUntil(left: number): number {
    return left >= 1 ? 0 : Math.max(1, Math.ceil((1 - left) / this.#options.perSecond))
  }
}

/** The refusal of a caller whose allowance is used up. */
export function tooMany(what: string, retryAfterSeconds: number): AppError {
  return new AppError('request.too_many', what, {
    hint: 'Wait, then go on more slowly.',
    details: { retryAfterSeconds },
  })
}
