// What every webhook parser needs: instants that can be true, texts of bounded length, comparing secrets.
import { hash, timingSafeEqual } from 'node:crypto'

/** Provider clocks further away than this from ours are kept out of the facts. */
const YEAR_2015_MS = Date.UTC(2015, 0, 1)
const YEAR_2100_MS = Date.UTC(2100, 0, 1)

/** Epoch ms of a provider's timestamp: seconds or milliseconds as number or text, or ISO-8601; null when it cannot be true. */
export function readInstant(value: unknown): number | null {
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && /^\d{9,16}$/.test(value.trim())
        ? Number(value)
        : Number.NaN
  const ms = Number.isNaN(number)
    ? typeof value === 'string'
      ? Date.parse(value)
      : Number.NaN
    : number < 1e11
      ? number * 1000
      : number
  return ms > YEAR_2015_MS && ms < YEAR_2100_MS ? Math.floor(ms) : null
}

/** Whether two secrets are equal, in constant time whatever their lengths. */
export function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => hash('sha256', text, 'buffer')
  return timingSafeEqual(digest(given), digest(expected))
}

/** A value as text when it is one. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null
}

/** An object to look into, whatever the value is. */
export function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

export function arrayOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
