// The heart: what becomes of one due message, now. Rules only; store/claim.ts brings the facts and writes the answer.
import { dailyRoom, isCountedToday } from './daily-limit.ts'
import { blockingCaps, type CapBlock, type CapRule, type CapUse } from './frequency-cap.ts'
import { HORIZON_MS } from './horizon.ts'
import type { SkipReason, WaitReason } from './message-status.ts'
import { nextAllowedAt, type QuietHours } from './quiet-hours.ts'
import { type SuppressionReason, type SuppressionScope, stops, type UseCase } from './suppression.ts'
import { DAY_MS } from './time-zone.ts'

/** A session is open for 24 h after the person's last message (all providers' rule). */
export const SESSION_MS = DAY_MS

/** One candidate with everything the rules ask about. Instants in epoch ms. */
export interface ClaimFact {
  messageId: number
  contactId: number
  createdAt: number
  expiresAt: number
  /** Stored zone of the contact: IANA, `country:XX`, or null when nobody knows. */
  zone: string | null
  suppression: { scope: SuppressionScope; reason: SuppressionReason } | null
  capUses: readonly CapUse[]
  /** Last message of this sender to this person. */
  lastClaimAt: number | null
  /** Last message of this person to this sender. */
  lastInboundAt: number | null
  /** Set by pair throttles and cool-offs of the provider. */
  blockedUntil: number | null
  /** True for a message that holds its place in the caps from an earlier attempt. */
  hasCapUse: boolean
  /** The recipient is a group, no person. */
  isGroup: boolean
}

/** What holds for all messages of a campaign revision at a sender. */
export interface ClaimRules {
  campaignId: number
  useCase: UseCase
  tags: readonly string[]
  isTest: boolean
  /** Empty when the campaign ignores caps or is no marketing. */
  capRules: readonly CapRule[]
  quietHours: QuietHours | null
  /** Zone of people whose own nobody knows: the campaign's, else the installation's. */
  fallbackZone: string
  /** The content goes only into an open session. */
  needsSession: boolean
  pairIntervalMs: number
  dailyLimit: number | null
  /** The sender may write to groups. */
  takesGroups: boolean
}

/** What this claim has already granted, on top of what the facts show. */
export interface Taken {
  capUses: Map<number, CapUse[]>
  claimedContacts: Set<number>
  /** People counted by the sender's daily limit, these grants included. */
  dailyUsed: number
}

export type ClaimDecision =
  | { act: 'send' }
  | { act: 'defer'; dueAt: number; waitReason: WaitReason; caps: CapBlock[] }
  | { act: 'skip'; reason: SkipReason; caps: CapBlock[]; detail?: string }
  | { act: 'expire' }
  /** A gate of the sender is shut for this person; the row is not touched. */
  | { act: 'leave'; gate: 'daily_limit' }

export function decideClaim(fact: ClaimFact, rules: ClaimRules, taken: Taken, now: number): ClaimDecision {
  return (
    decideExpiry(fact, now) ??
    decideSuppression(fact, rules) ??
    decideGroup(fact, rules) ??
    decideSession(fact, rules, now) ??
    decideTimes(fact, rules, taken, now) ??
    decidePair(fact, rules, taken, now) ??
    decideDaily(fact, rules, taken, now) ?? { act: 'send' }
  )
}

function decideExpiry(fact: ClaimFact, now: number): ClaimDecision | undefined {
  return now >= fact.expiresAt ? { act: 'expire' } : undefined
}

function decideSuppression(fact: ClaimFact, rules: ClaimRules): ClaimDecision | undefined {
  if (fact.suppression === null || !stops(fact.suppression.scope, rules.useCase)) return undefined
  return { act: 'skip', reason: fact.suppression.reason, caps: [] }
}

function decideGroup(fact: ClaimFact, rules: ClaimRules): ClaimDecision | undefined {
  if (!fact.isGroup || rules.takesGroups) return undefined
  return { act: 'skip', reason: 'invalid_number', caps: [], detail: 'a group: the sender does not say `groups: true`' }
}

/** Whether the person wrote within a day, as far as we have seen. */
export function hasOpenSession(fact: Pick<ClaimFact, 'lastInboundAt'>, now: number): boolean {
  return fact.lastInboundAt !== null && now - fact.lastInboundAt < SESSION_MS
}

function decideSession(fact: ClaimFact, rules: ClaimRules, now: number): ClaimDecision | undefined {
  if (!rules.needsSession || hasOpenSession(fact, now)) return undefined
  return { act: 'skip', reason: 'no_session', caps: [] }
}

/** Quiet hours and caps together: the message waits until both allow it (QH-24). */
function decideTimes(fact: ClaimFact, rules: ClaimRules, taken: Taken, now: number): ClaimDecision | undefined {
  if (rules.isTest) return undefined
  const quiet = hasOpenSession(fact, now) ? null : rules.quietHours
  const caps = capsOf(fact, rules, taken, now)
  const allowedAt = quiet === null ? now : allowedFrom(fact, rules, quiet, now)
  if (allowedAt > now && quiet?.action === 'skip') return { act: 'skip', reason: 'quiet_hours', caps }
  if (caps.some((block) => block.rule.onCap === 'skip')) return { act: 'skip', reason: 'frequency_cap', caps }
  if (caps.length === 0 && allowedAt <= now) return undefined
  const freeAt = Math.max(now, ...caps.map((block) => block.freeAt))
  const dueAt = quiet === null ? freeAt : allowedFrom(fact, rules, quiet, freeAt)
  const isCapped = caps.length > 0
  if (dueAt >= fact.expiresAt)
    return { act: 'skip', reason: isCapped ? 'frequency_cap' : 'quiet_hours_no_time_left', caps }
  if (dueAt - fact.createdAt > HORIZON_MS) return { act: 'skip', reason: 'horizon', caps }
  return { act: 'defer', dueAt, waitReason: isCapped ? 'frequency_cap' : 'quiet_hours', caps }
}

function capsOf(fact: ClaimFact, rules: ClaimRules, taken: Taken, now: number): CapBlock[] {
  if (rules.capRules.length === 0 || fact.hasCapUse) return []
  const granted = taken.capUses.get(fact.contactId)
  const uses = granted === undefined ? fact.capUses : [...fact.capUses, ...granted]
  if (uses.length === 0) return []
  return blockingCaps(
    rules.capRules,
    uses,
    { campaignId: rules.campaignId, tags: rules.tags, zone: fact.zone ?? rules.fallbackZone },
    now,
  )
}

/** A country whose free hours never meet is treated by the campaign's zone. */
function allowedFrom(fact: ClaimFact, rules: ClaimRules, quiet: QuietHours, at: number): number {
  const zone = fact.zone ?? rules.fallbackZone
  return nextAllowedAt(zone, at, quiet) ?? nextAllowedAt(rules.fallbackZone, at, quiet) ?? at
}

function decidePair(fact: ClaimFact, rules: ClaimRules, taken: Taken, now: number): ClaimDecision | undefined {
  if (fact.blockedUntil !== null && fact.blockedUntil > now) return wait(fact, fact.blockedUntil, 'cool_off')
  const lastAt = taken.claimedContacts.has(fact.contactId) ? now : fact.lastClaimAt
  if (lastAt === null || now - lastAt >= rules.pairIntervalMs) return undefined
  return wait(fact, lastAt + rules.pairIntervalMs, 'pair_limit')
}

function wait(fact: ClaimFact, dueAt: number, waitReason: WaitReason): ClaimDecision {
  return dueAt >= fact.expiresAt ? { act: 'expire' } : { act: 'defer', dueAt, waitReason, caps: [] }
}

function decideDaily(fact: ClaimFact, rules: ClaimRules, taken: Taken, now: number): ClaimDecision | undefined {
  if (isCountedToday(fact.lastClaimAt, now) || taken.claimedContacts.has(fact.contactId)) return undefined
  return dailyRoom(rules.dailyLimit, taken.dailyUsed) > 0 ? undefined : { act: 'leave', gate: 'daily_limit' }
}

/** Notes a grant, so that the next candidate of the same claim sees it. */
export function takeClaim(fact: ClaimFact, rules: ClaimRules, taken: Taken, now: number): void {
  if (rules.useCase === 'marketing' && !rules.isTest && !fact.hasCapUse) {
    const use: CapUse = {
      at: now,
      messageId: fact.messageId,
      campaignId: rules.campaignId,
      tags: rules.tags,
      isFailed: false,
    }
    const known = taken.capUses.get(fact.contactId)
    if (known === undefined) taken.capUses.set(fact.contactId, [use])
    else known.push(use)
  }
  if (!isCountedToday(fact.lastClaimAt, now) && !taken.claimedContacts.has(fact.contactId)) taken.dailyUsed++
  taken.claimedContacts.add(fact.contactId)
}
