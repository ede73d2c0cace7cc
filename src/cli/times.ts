// What a definition's times were understood as, and the time zone rules that decide it.
import type { ZoneData } from '../domain/zone-data.ts'
import type { Output } from './output.ts'

/** A line for each time, as it was written and as the instant that it is. */
export function showTimes(output: Output, understood: readonly string[]): void {
  for (const time of understood) output.line(`${time}.`)
}

export function showZoneData(output: Output, { warning }: ZoneData): void {
  if (warning !== null) output.warn(warning)
}
