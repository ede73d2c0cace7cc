// What callers hold for a while (requests, streams, bytes, files), bounded for each of them and over all: one caller never
// takes what is there for everybody. Counted in this process.

export interface PlaceLimits {
  max: number
  maxOfOne: number
}

export class Places {
  readonly #limits: PlaceLimits
  readonly #held = new Map<string, number>()
  #total = 0

  constructor(limits: PlaceLimits) {
    this.#limits = limits
  }

  /** Takes so many more, or none. */
  take(caller: string, count = 1): boolean {
    const own = (this.#held.get(caller) ?? 0) + count
    if (own > this.#limits.maxOfOne || this.#total + count > this.#limits.max) return false
    this.#held.set(caller, own)
    this.#total += count
    return true
  }

  give(caller: string, count = 1): void {
    const own = (this.#held.get(caller) ?? 0) - count
    if (own > 0) this.#held.set(caller, own)
    else this.#held.delete(caller)
    this.#total -= count
  }
}
