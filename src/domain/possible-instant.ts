// Instants that are stored ahead of their time, and how far ahead each can be. A later one was written while a clock was
// wrong: it is read as if it were not there (slots are cut and stored: domain/rate.ts), `herald doctor` names it and
// `herald unlock` clears it.
import { CLAIM_AHEAD_US, slotIntervalUs } from './rate.ts'
import { DAY_MS } from './time-zone.ts'

/** How far the clock of a running process may be ahead of another one's. */
export const PROCESS_AHEAD_MAX_MS = 60_000
/** The longest Retry-After that is obeyed. */
const HOLD_MAX_MS = DAY_MS
/** The longest cool-off: a day doubled four times. */
const BLOCK_MAX_MS = 16 * DAY_MS

function unlessBeyond(at: number | null, latest: number): number | null {
  return at !== null && at <= latest ? at : null
}

/** The last start slot of a sender or campaign (µs). */
export function possibleSlotUs(lastStartAtUs: number | null, nowUs: number, ratePerSecond: number): number | null {
  const aheadUs = CLAIM_AHEAD_US + slotIntervalUs(ratePerSecond) + PROCESS_AHEAD_MAX_MS * 1000
  return unlessBeyond(lastStartAtUs, nowUs + aheadUs)
}

/** Until when a sender starts nothing. */
export function possibleHold(holdUntil: number | null, now: number): number | null {
  return unlessBeyond(holdUntil, now + HOLD_MAX_MS + PROCESS_AHEAD_MAX_MS)
}

/** The latest instant until which a person can get nothing from a sender. */
export function latestBlock(now: number): number {
  return now + BLOCK_MAX_MS + PROCESS_AHEAD_MAX_MS
}

/** Until when a person gets nothing from a sender. */
export function possibleBlock(blockedUntil: number | null, now: number): number | null {
  return unlessBeyond(blockedUntil, latestBlock(now))
}

/** The latest instant at which something can have happened. */
export function latestPast(now: number): number {
  return now + PROCESS_AHEAD_MAX_MS
}

/** Something that has happened: a claim, a heartbeat. */
export function possiblePast(at: number | null, now: number): number | null {
  return unlessBeyond(at, latestPast(now))
}

/** A lease of a length, or when to try again after a wait of at most a length. */
export function possibleLease(until: number | null, now: number, lengthMs: number): number | null {
  return unlessBeyond(until, now + lengthMs + PROCESS_AHEAD_MAX_MS)
}
