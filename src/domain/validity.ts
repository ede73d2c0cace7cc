// How long an unsent message is worth sending. Nothing extends it: no deferral, no retry, no pause.
import { durationMs, formatDuration, isWrittenDuration } from './duration.ts'
import { AppError } from './errors.ts'
import { resolveWrittenTime } from './instant.ts'
import { inFlightWindow } from './rate.ts'
import { clocksOf, DAY_MS, HOUR_MS } from './time-zone.ts'

/** As at Bird: promotional, conversational and transactional messages are valid for 36 h, one-time codes for 10 min. */
export const VALIDITY_DEFAULT_MS = 36 * HOUR_MS
export const VALIDITY_AUTHENTICATION_MS = 10 * 60_000
const VALIDITY_MAX_MS = 30 * DAY_MS

/** Throws AppError validity.out_of_range for what is no way to write a duration, although stored ones are. */
export function checkWrittenValidity(text: string): void {
  if (!isWrittenDuration(text)) throw outOfRange(text)
}

/** Reads `36h`. Throws AppError validity.out_of_range. */
export function parseValidity(text: string | undefined, useCase: string): number {
  if (text === undefined) return useCase === 'authentication' ? VALIDITY_AUTHENTICATION_MS : VALIDITY_DEFAULT_MS
  const ms = durationMs(text)
  if (ms === undefined || ms < 1000 || ms > VALIDITY_MAX_MS) throw outOfRange(text)
  return ms
}

function outOfRange(text: string): AppError {
  return new AppError('validity.out_of_range', `validity "${text}" is not between 1s and 30d`, {
    hint: 'Write a whole number with s, m, h or d: 36h.',
  })
}

export interface ValidityFacts {
  /** The message's own planned instant, in its recipient's zone where the schedule is. */
  scheduledAt: number
  validityMs: number
  /** What the contact's own column says. */
  validUntil?: number | undefined
}

/** When the message stops being worth sending; at this instant it is expired. */
export function expiresAt({ scheduledAt, validityMs, validUntil }: ValidityFacts): number {
  const end = scheduledAt + validityMs
  return validUntil === undefined ? end : Math.min(end, validUntil)
}

/** What a provider that knows validity is told: whole seconds left, or nothing when they are fewer than it allows (VA-07). */
export function validitySeconds(expiresAt: number, now: number, secondsMin: number): number | undefined {
  const seconds = Math.floor((expiresAt - now) / 1000)
  return seconds >= secondsMin ? seconds : undefined
}

/** Shortest life that WhatsApp lets a marketing template have, set on the template and not on the message. */
const MARKETING_TEMPLATE_LIFE_MIN_MS = 12 * HOUR_MS

/** What a preflight says when nothing but us keeps a short validity (VA-08); undefined when there is nothing to say. */
export function lateDeliveryWarning(validityMs: number, canCarryValidity: boolean): string | undefined {
  if (canCarryValidity || validityMs >= MARKETING_TEMPLATE_LIFE_MIN_MS) return undefined
  return `after ${formatDuration(validityMs)} nothing more is submitted, but what the provider has taken may still be delivered later: it cannot be told the validity`
}

/** What lets the messages of an audience end before their turn. */
export type ShortfallGate =
  | 'daily_limit'
  | 'rate_limit'
  | 'quiet_hours'
  | 'frequency_cap'
  | 'pair_limit'
  | 'overlap'
  | 'horizon'
  | 'validity'

export interface RoomFacts {
  ratePerSecond: number
  dailyLimit: number | null
  validityMs: number
}

/**
 * The most people whom a sender can write to before a message expires, and by which limit. It knows nothing of quiet hours,
 * caps and other campaigns: a forecast, which does, may find fewer.
 */
export function roomInTime({ ratePerSecond, dailyLimit, validityMs }: RoomFacts): {
  people: number
  gate: Extract<ShortfallGate, 'rate_limit' | 'daily_limit'>
} {
  const byRate = Math.ceil((ratePerSecond * validityMs) / 1000)
  // A place is free again after 24 hours: once a day, beginning with the first moment.
  const byDay = dailyLimit === null ? Number.POSITIVE_INFINITY : dailyLimit * Math.ceil(validityMs / DAY_MS)
  return byDay < byRate ? { people: byDay, gate: 'daily_limit' } : { people: byRate, gate: 'rate_limit' }
}

export interface LatencyFacts {
  ratePerSecond: number
  /** Most calls at once that the operator allows; null for as many as the rate needs. */
  concurrency: number | null
  /** What a call takes; undefined while nothing was sent. */
  latencyMs: number | undefined
}

/** What a launch says when the calls in flight cannot carry the rate; undefined when they can, or nobody knows. */
export function latencyWarning({ ratePerSecond, concurrency, latencyMs }: LatencyFacts): string | undefined {
  if (latencyMs === undefined || latencyMs < 1) return undefined
  const window = inFlightWindow(ratePerSecond, latencyMs)
  const calls = Math.min(window, concurrency ?? window)
  const possible = (calls * 1000) / latencyMs
  if (possible >= ratePerSecond) return undefined
  const shown = possible >= 10 ? Math.floor(possible) : Math.floor(possible * 10) / 10
  return `the provider takes ${(latencyMs / 1000).toFixed(1)} s to answer, so ${calls} calls at once reach ${shown} a second, not ${ratePerSecond}`
}

/** The part of a schedule that says whose day a date means. */
export interface ValidityClock {
  isRecipientLocal: boolean
  zone: string
}

/**
 * What a contact's own field says about validity, a date through its day: on the clock of the person where the schedule goes
 * by it, for a country with several clocks the last one. Null when it is empty or cannot be read.
 */
export function validUntilOf(text: string, storedZone: string, clock: ValidityClock): number | null {
  if (!clock.isRecipientLocal || storedZone === '') return readValidUntil(text, clock.zone)
  const ends = clocksOf(storedZone).map((zone) => readValidUntil(text, zone) ?? Number.NEGATIVE_INFINITY)
  const last = Math.max(...ends)
  return Number.isFinite(last) ? last : null
}

/** Read on one clock. */
export function readValidUntil(text: string, zone: string): number | null {
  if (text.trim() === '') return null
  try {
    return resolveWrittenTime(text, zone, 'end').at
  } catch {
    return null
  }
}
