// Keys of occurrences: `2026-11-01T01:30@America/New_York` for times of day, the UTC instant for everything else.
import { canonicalZone } from './zone-name.ts'

/** What every key of the same time of day begins with, whatever its zone; undefined for the key of an instant. */
export function timeOfKey(key: string): string | undefined {
  const end = key.indexOf('@')
  return end === -1 ? undefined : key.slice(0, end + 1)
}

/** Whether two keys name one occurrence: the same time in one zone under two of its names. */
export function isSameOccurrence(one: string, other: string): boolean {
  if (one === other) return true
  const time = timeOfKey(one)
  if (time === undefined || time !== timeOfKey(other)) return false
  const [zone, otherZone] = [one, other].map((key) => canonicalZone(key.slice(time.length)))
  return zone !== undefined && zone === otherZone
}
