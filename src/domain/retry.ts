// What becomes of a message after a call: its next status, when it is due again, and what the result means for the
// sender, the campaign and the person.

import type { MessageStatus, WaitReason } from './message-status.ts'
import type { Failure, SendResult } from './send-result.ts'
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

/** What a result means for others than its message, whether an answer, a callback or a look-up tells it. */
export interface Consequences {
  sender?: { holdUntil: number } | { pause: true } | { recovered: true }
  /** Counts for the breaker, or stops the campaign at once. */
  campaign?: 'failed' | 'stop' | 'worked'
  suppress?: { scope: SuppressionScope; reason: SuppressionReason }
  blockContactUntil?: number
}

export interface RecordDecision extends Consequences {
  to: Extract<MessageStatus, 'accepted' | 'failed' | 'pending' | 'unknown' | 'expired' | 'skipped'>
  reason: string | null
  dueAt?: number
  waitReason?: WaitReason
  countsAttempt: boolean
}

type Move = Omit<RecordDecision, keyof Consequences>

/** What an answer makes of its message. `random` in [0, 1) spreads the retries of many messages. */
export function decideRecord(result: SendResult, facts: RecordFacts, now: number, random: number): RecordDecision {
  return { ...moveAfter(result, facts, now, random), ...consequencesOf(result, facts, now) }
}

/** Whether nothing of the sender may begin for now. */
export function holdsSender(result: SendResult): boolean {
  const { sender } = consequencesOf(
    result,
    { expiresAt: 0, coolOffs: 0, pairThrottles: 0, senderThrottles: 0, attempts: 0 },
    0,
  )
  return sender !== undefined && !('recovered' in sender)
}

/**
 * What a failure told after the call makes of its message: it has failed, and only a cool-off is documented as worth
 * another attempt. For everybody else it means what the same answer means.
 */
export function decideTold(failure: Failure, facts: RecordFacts, now: number): RecordDecision {
  const move: Move =
    failure.kind === 'cool_off'
      ? afterCoolOff(failure, facts, now)
      : { to: 'failed', reason: failure.error.code, countsAttempt: false }
  const { sender, ...others } = consequencesOf(failure, facts, now)
  // News of an earlier call is no answer that ends a throttling.
  return { ...move, ...others, ...(sender !== undefined && !('recovered' in sender) && { sender }) }
}

function moveAfter(result: SendResult, facts: RecordFacts, now: number, random: number): Move {
  switch (result.kind) {
    case 'accepted':
      return { to: 'accepted', reason: null, countsAttempt: true }
    case 'refused':
      return { to: 'failed', reason: result.error.code, countsAttempt: true }
    case 'account':
    case 'not_sent':
      return again(facts, now)
    case 'throttled':
      return result.scope === 'pair' ? again(facts, pairFreeAt(facts, now), 'pair_limit') : again(facts, now)
    case 'cool_off':
      return afterCoolOff(result, facts, now)
    case 'temporary':
      return afterTemporary(result, facts, now, random)
    case 'unknown':
      return { to: 'unknown', reason: result.error.code, countsAttempt: true }
    case 'not_started':
      return result.skip === undefined
        ? again(facts, now)
        : { to: 'skipped', reason: result.skip, countsAttempt: false }
  }
}

/** The one place that says what a class of results does to sender, campaign and person. */
export function consequencesOf(result: SendResult, facts: RecordFacts, now: number): Consequences {
  switch (result.kind) {
    case 'accepted':
      return { sender: { recovered: true }, campaign: 'worked' }
    case 'refused':
      return {
        sender: { recovered: true },
        ...(result.scope === 'template' && { campaign: result.stopsCampaign ? 'stop' : 'failed' }),
        ...(result.suppress && { suppress: result.suppress }),
      }
    case 'account':
      return { sender: { pause: true } }
    case 'throttled':
      return result.scope === 'pair'
        ? { blockContactUntil: pairFreeAt(facts, now) }
        : { sender: { holdUntil: now + holdMs(result.retryAfterMs, facts) } }
    case 'not_sent':
      return { sender: { holdUntil: now + holdMs(result.retryAfterMs ?? null, facts) } }
    case 'cool_off':
      return { blockContactUntil: coolOffUntil(facts, now) }
    // Whether or not the server took this message, it asks for time before the next one.
    case 'temporary':
    case 'unknown':
      return result.retryAfterMs == null ? {} : { sender: { holdUntil: now + holdMs(result.retryAfterMs, facts) } }
    case 'not_started':
      return {}
  }
}

/** Another attempt. One that would come too late ends the message now, with its last error (VA-05). */
function again(facts: RecordFacts, dueAt: number, waitReason?: WaitReason): Move {
  // Throttled calls, refused accounts and calls that were never begun do not count.
  const countsAttempt = waitReason === 'retry' || waitReason === 'cool_off'
  if (dueAt >= facts.expiresAt) return { to: 'expired', reason: null, countsAttempt }
  return { to: 'pending', reason: null, dueAt, countsAttempt, ...(waitReason && { waitReason }) }
}

function holdMs(retryAfterMs: number | null, { senderThrottles }: RecordFacts): number {
  return retryAfterMs === null
    ? Math.min(HOLD_MAX_MS, HOLD_MS * 2 ** Math.min(senderThrottles, 10))
    : clampRetryAfter(retryAfterMs)
}

/** The provider frees a pair after 4ⁿ seconds (Meta 131056: 1, 4, 16, 64 …). */
function pairFreeAt({ pairThrottles }: RecordFacts, now: number): number {
  return now + 1000 * 4 ** Math.min(pairThrottles, 7)
}

/** 24 h, then 48, then 96 (Meta 131049: no retry before a day). */
function coolOffUntil({ coolOffs }: RecordFacts, now: number): number {
  return now + DAY_MS * 2 ** Math.min(coolOffs, 4)
}

/** Fails when the validity leaves no room. */
function afterCoolOff(result: Extract<SendResult, { kind: 'cool_off' }>, facts: RecordFacts, now: number): Move {
  const until = coolOffUntil(facts, now)
  if (until >= facts.expiresAt) return { to: 'failed', reason: result.error.code, countsAttempt: true }
  return again(facts, until, 'cool_off')
}

function afterTemporary(
  result: Extract<SendResult, { kind: 'temporary' }>,
  facts: RecordFacts,
  now: number,
  random: number,
): Move {
  if (facts.attempts + 1 >= ATTEMPTS_MAX) return { to: 'failed', reason: result.error.code, countsAttempt: true }
  const waitMs = result.retryAfterMs === null ? backOffMs(facts.attempts, random) : clampRetryAfter(result.retryAfterMs)
  return again(facts, now + waitMs, 'retry')
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
