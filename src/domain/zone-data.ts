// The age of the time zone rules that the runtime has: what governments changed since, it does not know.
import { DAY_MS } from './time-zone.ts'

/** About nine months: most countries announce a change later than that before it happens. */
const AGE_MAX_MS = 274 * DAY_MS

/** When IANA released them (month from 0); a later year's are taken by their letter. */
const releases: Record<string, [year: number, month: number, day: number]> = {
  '2024a': [2024, 1, 1],
  '2024b': [2024, 8, 4],
  '2025a': [2025, 0, 15],
  '2025b': [2025, 2, 22],
  '2025c': [2025, 11, 10],
  '2026a': [2026, 2, 1],
}
/** The month in which the first, second … release of a year mostly comes. */
const usualMonths = [1, 3, 8, 10, 11]

export interface ZoneData {
  /** `2025c`, as IANA names it. */
  version: string
  /** Null while it is young enough. */
  warning: string | null
}

/** Judges the rules of a version at an instant. */
export function zoneDataAt(version: string, now: number): ZoneData {
  const releasedAt = releaseOf(version)
  if (releasedAt !== undefined && now - releasedAt <= AGE_MAX_MS) return { version, warning: null }
  const age = releasedAt === undefined ? 'of unknown age' : 'older than nine months'
  return {
    version,
    warning: `the time zone data (${version}) is ${age}: places that changed their clocks since are an hour off. Use a newer Node or newer data (docs/operations.md, "Time zone data")`,
  }
}

function releaseOf(version: string): number | undefined {
  const known = releases[version]
  if (known !== undefined) return Date.UTC(...known)
  const match = /^(20\d{2})([a-z])$/.exec(version)
  if (match === null) return undefined
  const index = (match[2] ?? 'a').charCodeAt(0) - 'a'.charCodeAt(0)
  return Date.UTC(Number(match[1]), usualMonths[Math.min(index, usualMonths.length - 1)] ?? 0, 1)
}
