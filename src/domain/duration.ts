// Spans of time as people write them: 36h, 10m, 2w, 90s.
import { DAY_MS, HOUR_MS } from './time-zone.ts'

const unitMs = { s: 1000, m: 60_000, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS } as const

/** Milliseconds of `36h`; undefined when the text is no whole number with one of s, m, h, d, w. */
export function durationMs(text: string): number | undefined {
  const match = /^(\d{1,9})\s?([smhdw])$/.exec(text.trim())
  return match === null ? undefined : Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]
}

/** Whether a span may be written newly: more than nothing, and without the blank that stored ones may have. */
export function isWrittenDuration(text: string): boolean {
  return (durationMs(text) ?? 0) > 0 && !/\s/.test(text)
}

/** `36h`, `1h 30m`, `45s`: the largest two units. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  const parts: string[] = []
  let rest = Math.round(ms / 1000) * 1000
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const count = Math.floor(rest / unitMs[unit])
    if (count > 0) parts.push(`${count}${unit}`)
    rest -= count * unitMs[unit]
    if (parts.length === 2) break
  }
  return parts.join(' ')
}
