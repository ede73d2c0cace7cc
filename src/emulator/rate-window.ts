// Counts requests in a sliding second, per sender. Only requests that were let through count, so that a sender which
// went too fast recovers as soon as it slows down.

const WINDOW_MS = 1000

export class RateWindow {
  readonly #limit: number
  /** Per key the instants of the last `limit` requests, as a ring. */
  readonly #rings = new Map<string, { times: number[]; next: number }>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Whether one more request stays within the limit; half-open: what began exactly a second ago does not count. */
  take(key: string, monotonicMs: number): boolean {
    const ring = this.#rings.get(key) ?? { times: [], next: 0 }
    const oldest = ring.times[ring.next]
    if (oldest !== undefined && monotonicMs - oldest < WINDOW_MS) return false
    ring.times[ring.next] = monotonicMs
    ring.next = (ring.next + 1) % this.#limit
    this.#rings.set(key, ring)
    return true
  }

  reset(): void {
    this.#rings.clear()
  }
}
