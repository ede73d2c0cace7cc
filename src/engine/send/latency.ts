// How long a provider takes to answer, as far as it has shown: from the first answers on, and from calls that still wait
// for theirs.

/** Assumed until there is anything to go by. */
const LATENCY_UNKNOWN_MS = 200
/** Answers that are remembered. */
const ANSWERS_MAX = 200
/** Answers after which the figures are computed anew. */
const RECOMPUTED_EVERY = 20

export class Latency {
  readonly #answers: number[] = []
  #next = 0
  #untilRecomputed = 0
  #median = 0
  #slowest = LATENCY_UNKNOWN_MS

  /** An answer took so long. */
  add(ms: number): void {
    this.#answers[this.#next] = ms
    this.#next = (this.#next + 1) % ANSWERS_MAX
    if (--this.#untilRecomputed > 0) return
    this.#untilRecomputed = Math.min(RECOMPUTED_EVERY, this.#answers.length)
    const sorted = [...this.#answers].sort((a, b) => a - b)
    this.#median = sorted[Math.floor(sorted.length / 2)] ?? 0
    this.#slowest = sorted[Math.floor(sorted.length * 0.99)] ?? LATENCY_UNKNOWN_MS
  }

  /** What all but one in a hundred answers need; at least as long as the oldest call on the wire waits already. */
  slowestMs(oldestCallMs: number): number {
    return Math.max(this.#slowest, oldestCallMs)
  }

  /** What half of the answers need; undefined before the first. */
  get medianMs(): number | undefined {
    return this.#answers.length === 0 ? undefined : this.#median
  }
}
