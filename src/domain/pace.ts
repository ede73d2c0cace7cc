// How fast something goes on, and how long the rest of it takes at this pace.
export interface Pace {
  ratePerSecond: number
  restMs: number
}

export interface Advance {
  /** Where it stood when it was looked at first, and how long that is ago. */
  from: number
  elapsedMs: number
  done: number
  total: number | undefined
}

/** Before that, a pace says nothing yet. */
const ELAPSED_MIN_MS = 2_000

/** Undefined while nobody can say. */
export function paceOf({ from, elapsedMs, done, total }: Advance): Pace | undefined {
  if (total === undefined || elapsedMs < ELAPSED_MIN_MS || done <= from) return undefined
  const ratePerMs = (done - from) / elapsedMs
  return { ratePerSecond: ratePerMs * 1000, restMs: Math.max(0, total - done) / ratePerMs }
}
