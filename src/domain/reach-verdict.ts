// What a forecast comes to for the person who launches. Only `most` is a green light: more than half of the people get
// the message at its time.

/** Adds up to the audience. `sent` goes at its time, `deferred` goes later than planned, by rule. */
export interface OutcomeCounts {
  sent: number
  deferred: number
  skipped: number
  expired: number
}

export type ReachVerdict = 'most' | 'mostLater' | 'mostLeftOut' | 'nobody'

export function reachVerdict({ sent, deferred, skipped, expired }: OutcomeCounts): ReachVerdict {
  const leftOut = skipped + expired
  if (sent + deferred === 0) return 'nobody'
  if (sent > deferred + leftOut) return 'most'
  return leftOut >= deferred ? 'mostLeftOut' : 'mostLater'
}
