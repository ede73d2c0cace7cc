// Unique recipients per rolling 24 h of a sender (Meta's messaging tiers). Delays, never drops. A person counted
// already takes no further place.
import { DAY_MS } from './time-zone.ts'

/** Whether the last message to a person still counts at `now`. */
export function isCountedToday(lastClaimAt: number | null, now: number): boolean {
  return lastClaimAt !== null && lastClaimAt > now - DAY_MS
}

/** New people that a sender may still write to; without a limit there is always room. */
export function dailyRoom(limit: number | null, used: number): number {
  return limit === null ? Number.POSITIVE_INFINITY : Math.max(0, limit - used)
}
