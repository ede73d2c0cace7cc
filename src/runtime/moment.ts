// A moment of this process, of which one can ask how old it is: by the clock that nobody can set, and by the wall, which
// goes on while the machine is suspended. The older of the two answers counts.
import type { Clock } from './clock.ts'

export interface Moment {
  readonly at: number
  readonly monotonicMs: number
}

export function momentOf(clock: Clock): Moment {
  return { at: clock.now(), monotonicMs: clock.monotonic() }
}

/** Milliseconds since a moment. */
export function ageMs(clock: Clock, moment: Moment): number {
  return Math.max(clock.monotonic() - moment.monotonicMs, clock.now() - moment.at)
}
