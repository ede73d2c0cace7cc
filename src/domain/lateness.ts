// What is late, and whether it still runs. Said once: for an occurrence in one zone, for each person in recipients' zones,
// for the tick, the forecast and the preview.
import type { Schedule } from './schedule.ts'

/** Lateness that is nobody's fault and no misfire. */
export const ORDINARY_LATENESS_MS = 60_000
/** Most occurrences that `missed: all` catches up. */
export const CATCH_UP_ALL_MAX = 3

/** A time that was past when the schedule was accepted, by a launch or an edit, counts from then. */
export function countsFrom(at: number, committedAt: number): number {
  return Math.max(at, committedAt)
}

export interface Misfire {
  lateMs: number
  /** Later times of the same schedule that are over too, for the same people. */
  newer: number
}

export type MisfirePolicy = Pick<Schedule, 'missed' | 'catchUpMs'> & { validityMs: number }

/**
 * Whether a time that came while nobody was running is left out. Lateness up to a minute is no misfire. Of older times
 * `latest` runs the newest when it is at most `catchUpMs` late, `none` runs none, `all` the newest three.
 */
export function isMissed({ lateMs, newer }: Misfire, { missed, catchUpMs, validityMs }: MisfirePolicy): boolean {
  if (lateMs <= ORDINARY_LATENESS_MS) return false
  if (missed === 'all') return newer >= CATCH_UP_ALL_MAX
  return missed === 'none' || newer > 0 || lateMs > Math.min(catchUpMs, validityMs)
}
