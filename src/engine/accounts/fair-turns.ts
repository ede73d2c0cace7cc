// Work that only a few may do at once: who waits gets a turn in order of arrival, one at a time for each caller. A caller
// with many requests waits behind its own, not before everybody else.

export interface TurnLimits {
  atOnce: number
  /** Of one caller, and of all. */
  waitingOfOneMax: number
  waitingMax: number
}

export class FairTurns {
  readonly #limits: TurnLimits
  readonly #working = new Set<string>()
  /** In the order of their next turn. */
  readonly #waiting = new Map<string, (() => void)[]>()
  #waitingCount = 0

  constructor(limits: TurnLimits) {
    this.#limits = limits
  }

  /** Does the work in its turn; undefined when too many wait. */
  async take<T>(caller: string, work: () => Promise<T>): Promise<{ done: T } | undefined> {
    if (!(await this.#enter(caller))) return undefined
    try {
      return { done: await work() }
    } finally {
      this.#leave(caller)
    }
  }

  #enter(caller: string): boolean | Promise<boolean> {
    const { atOnce, waitingOfOneMax, waitingMax } = this.#limits
    if (this.#working.size < atOnce && !this.#working.has(caller)) {
      this.#working.add(caller)
      return true
    }
    const own = this.#waiting.get(caller) ?? []
    if (own.length >= waitingOfOneMax || this.#waitingCount >= waitingMax) return false
    this.#waiting.set(caller, own)
    this.#waitingCount++
    return new Promise((resolve) => own.push(() => resolve(true)))
  }

  #leave(caller: string): void {
    this.#working.delete(caller)
    for (const [next, own] of this.#waiting) {
      if (this.#working.has(next)) continue
      this.#waiting.delete(next)
      const begin = own.shift()
      if (own.length > 0) this.#waiting.set(next, own)
      this.#waitingCount--
      this.#working.add(next)
      begin?.()
      return
    }
  }
}
