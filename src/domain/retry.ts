// What becomes of a message after a call: its next status, when it is due again, and what the answer means for the
// sender, the campaign and the person.

import type { MessageStatus, WaitReason } from './message-status.ts'
import { errorOf, type SendResult } from './send-result.ts'
import type { SuppressionReason, SuppressionScope } from './suppression.ts'
import { DAY_MS } from './time-zone.ts'

/** Attempts of one message; throttled calls and calls that never left do not count. */
export const ATTEMPTS_MAX = 5
const BACK_OFF_MS = 30_000
const BACK_OFF_MAX_MS = 3_600_000
/** A sender that was throttled without being told for how long. */
const HOLD_MS = 1000
const HOLD_MAX_MS = 60_000
/** No provider may hold us longer by one answer. */
const RETRY_AFTER_MAX_MS = DAY_MS

export interface RecordFacts {
  /** Attempts that counted before this one. */
  attempts: number
  expiresAt: number
  /** Pair throttles and cool-offs of this message before this one. */
  pairThrottles: number
  coolOffs: number
  /** Throttled answers of the sender in a row before this one. */
  senderThrottles: number
}

export interface RecordDecision {
  to: Extract<MessageStatus, 'accepted' | 'failed' | 'pending' | 'unknown' | 'expired' | 'skipped'>
  reason: string | null
  dueAt?: number
  waitReason?: WaitReason
  countsAttempt: boolean
  /** The message gives back its place in the caps. */
  releasesCap: boolean
  sender?: { holdUntil: number } | { pause: true } | { recovered: true }
  campaign?: 'template_error' | 'worked'
  suppress?: { scope: SuppressionScope; reason: SuppressionReason }
  blockContactUntil?: number
}

/** `random` in [0, 1) spreads the retries of many messages. */
export function decideRecord(result: SendResult, facts: RecordFacts, now: number, random: number): RecordDecision {
  switch (result.kind) {
    case 'accepted':
      return {
        to: 'accepted',
        reason: null,
        countsAttempt: true,
        releasesCap: false,
        sender: { recovered: true },
        campaign: 'worked',
      }
    case 'refused':
      return {
        to: 'failed',
        reason: result.error.code,
        countsAttempt: true,
        releasesCap: true,
        sender: { recovered: true },
        ...(result.scope === 'template' && { campaign: 'template_error' as const }),
        ...(result.suppress && { suppress: result.suppress }),
      }
    case 'account':
      return { ...again(now), sender: { pause: true } }
    case 'throttled':
      return result.scope === 'pair'
        ? afterPairThrottle(facts, now)
        : afterSenderThrottle(result.retryAfterMs, facts, now)
    case 'not_sent':
      return afterSenderThrottle(null, facts, now)
    case 'cool_off':
      return afterCoolOff(result, facts, now)
    case 'temporary':
      return afterTemporary(result, facts, now, random)
    case 'unknown':
      return { to: 'unknown', reason: result.error.code, countsAttempt: true, releasesCap: false }
    case 'not_started':
      return result.skip === undefined
        ? again(now)
        : { to: 'skipped', reason: result.skip, countsAttempt: false, releasesCap: true }
  }
}

function again(dueAt: number): RecordDecision {
  return { to: 'pending', reason: null, dueAt, countsAttempt: false, releasesCap: true }
}

function afterSenderThrottle(retryAfterMs: number | null, facts: RecordFacts, now: number): RecordDecision {
  const holdMs =
    retryAfterMs === null
      ? Math.min(HOLD_MAX_MS, HOLD_MS * 2 ** Math.min(facts.senderThrottles, 10))
      : clampRetryAfter(retryAfterMs)
  return { ...again(now), sender: { holdUntil: now + holdMs } }
}

/** The provider frees a pair after 4ⁿ seconds (Meta 131056: 1, 4, 16, 64 …). */
function afterPairThrottle(facts: RecordFacts, now: number): RecordDecision {
  const until = now + 1000 * 4 ** Math.min(facts.pairThrottles, 7)
  return { ...waitOrExpire(facts, until, 'pair_limit'), countsAttempt: false, blockContactUntil: until }
}

/** 24 h, then 48, then 96 (Meta 131049: no retry before a day); fails when the validity leaves no room. */
function afterCoolOff(
  result: Extract<SendResult, { kind: 'cool_off' }>,
  facts: RecordFacts,
  now: number,
): RecordDecision {
  const until = now + DAY_MS * 2 ** Math.min(facts.coolOffs, 4)
  if (until >= facts.expiresAt)
    return {
      to: 'failed',
      reason: result.error.code,
      countsAttempt: true,
      releasesCap: true,
      blockContactUntil: until,
    }
  return { ...again(until), waitReason: 'cool_off', countsAttempt: true, blockContactUntil: until }
}

function afterTemporary(
  result: Extract<SendResult, { kind: 'temporary' }>,
  facts: RecordFacts,
  now: number,
  random: number,
): RecordDecision {
  if (facts.attempts + 1 >= ATTEMPTS_MAX)
    return {
      to: 'failed',
      reason: errorOf(result)?.code ?? 'attempts',
      countsAttempt: true,
      releasesCap: true,
    }
  const waitMs = result.retryAfterMs === null ? backOffMs(facts.attempts, random) : clampRetryAfter(result.retryAfterMs)
  return waitOrExpire(facts, now + waitMs, 'retry')
}

/** A retry that would come too late ends the message now, with its last error (VA-05). */
function waitOrExpire(facts: RecordFacts, dueAt: number, waitReason: WaitReason): RecordDecision {
  if (dueAt >= facts.expiresAt) return { to: 'expired', reason: null, countsAttempt: true, releasesCap: true }
  return { ...again(dueAt), waitReason, countsAttempt: true }
}

/** 30 s × 2ⁿ ± 20 %, at most an hour. */
export function backOffMs(attempts: number, random: number): number {
  const spread = 0.8 + 0.4 * random
  return Math.min(BACK_OFF_MAX_MS, Math.round(BACK_OFF_MS * 2 ** Math.min(attempts, 20) * spread))
}

function clampRetryAfter(ms: number): number {
  return Number.isFinite(ms) ? Math.min(RETRY_AFTER_MAX_MS, Math.max(0, ms)) : HOLD_MAX_MS
}

/** Milliseconds that a Retry-After header asks for: seconds or an HTTP date; null when it is neither. */
export function parseRetryAfter(header: string | undefined, now: number): number | null {
  if (header === undefined) return null
  const text = header.trim()
  if (/^\d{1,9}$/.test(text)) return clampRetryAfter(Number(text) * 1000)
  const date = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? null : clampRetryAfter(date - now)
}
