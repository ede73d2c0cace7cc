// The heart: one chain of gates that every message passes before it is sent, and before it what planning decides about
// a person. Rules only; store/claim-facts.ts brings the facts. The claim takes the chain's first verdict, the forecast
// asks it on a virtual clock, `why` asks every gate to tell, and a launch asks those that know the person alone.
import { dailyRoom, isCountedToday } from './daily-limit.ts'
import { blockingCaps, type CapBlock, type CapRule, type CapUse } from './frequency-cap.ts'
import type { GateTold } from './gate-told.ts'
import { HORIZON_MS } from './horizon.ts'
import type { WaitReason } from './message-status.ts'
import { decideOverlap, type EarlierMessage, type OverlapDecision, type OverlapRules } from './overlap.ts'
import type { Due, PlanRules } from './planned-time.ts'
import { possibleBlock, possiblePast } from './possible-instant.ts'
import { nextAllowedAt, type QuietHours } from './quiet-hours.ts'
import { CLAIM_LAPSE_MS } from './rate.ts'
import { type Suppression, stops, type UseCase } from './suppression.ts'
import { DAY_MS } from './time-zone.ts'
import { expiresAt } from './validity.ts'

/** Why a message ends unsent, by rule; engine/report/reasons.ts has the words. */
export const skipReasons = [
  'opted_out',
  'blocked',
  'invalid_number',
  'erased',
  'frequency_cap',
  'quiet_hours',
  'quiet_hours_no_time_left',
  'horizon',
  'zone_passed',
  'missed',
  'paused',
  'overlap',
  'no_session',
  'missing_variable',
] as const
export type SkipReason = (typeof skipReasons)[number]

export const SESSION_MS = DAY_MS

/** What is known of a person whatever the time. */
export interface PersonFact {
  suppression: Suppression | null
  /** The recipient is a group, no person. */
  isGroup: boolean
}

/** One candidate with everything the rules ask about. Instants in epoch ms. */
export interface ClaimFact extends PersonFact {
  messageId: number
  contactId: number
  createdAt: number
  /** The message's own planned time. */
  scheduledAt: number
  expiresAt: number
  /** Stored zone of the contact: IANA, `country:XX`, or null when nobody knows. */
  zone: string | null
  capUses: readonly CapUse[]
  /** When the last message of this sender to this person was claimed. */
  lastClaimAt: number | null
  /** Last message of this person to this sender. */
  lastInboundAt: number | null
  /** Set by pair throttles and cool-offs of the provider. */
  blockedUntil: number | null
  /** True for a message that holds its place in the caps from an earlier attempt. */
  hasCapUse: boolean
  /** Of another run of the campaign, in recipients' zones; null when it is done. */
  earlier: EarlierMessage | null
}

export interface PersonRules {
  useCase: UseCase
  /** The sender may write to groups. */
  takesGroups: boolean
}

/** What holds for all messages of a campaign revision at a sender. */
export interface ClaimRules extends PersonRules, OverlapRules {
  campaignId: number
  tags: readonly string[]
  /** A test is neither kept back by caps and quiet hours nor counted. */
  isTest: boolean
  /** Empty when the campaign ignores caps or is no marketing. */
  capRules: readonly CapRule[]
  quietHours: QuietHours | null
  /** Zone of people whose own nobody knows: the campaign's, else the installation's. */
  fallbackZone: string
  /** The content goes only into an open session. */
  needsSession: boolean
  /** Between the starts of two messages to one person; 0 for none. */
  pairIntervalMs: number
  dailyLimit: number | null
}

/** What this claim has already granted, on top of what the facts show. */
export interface Taken {
  capUses: Map<number, CapUse[]>
  /** When each person was claimed last. */
  claims: Map<number, number>
  /** People counted by the sender's daily limit, these grants included. */
  dailyUsed: number
}

export function nothingTaken(dailyUsed = 0): Taken {
  return { capUses: new Map(), claims: new Map(), dailyUsed }
}

type Skip = { act: 'skip'; reason: SkipReason; caps: CapBlock[]; detail?: string }

/** What a gate that does not let a message through makes of it. */
export type Verdict =
  | Skip
  | { act: 'defer'; dueAt: number; waitReason: WaitReason; caps: CapBlock[] }
  | { act: 'expire' }
  /** A gate of the sender is shut for this person; the row is not touched. */
  | { act: 'leave'; gate: 'daily_limit' }

export type ClaimDecision = { act: 'send' } | Verdict

interface PersonQuestion {
  fact: PersonFact
  rules: PersonRules
}

interface Question extends PersonQuestion {
  fact: ClaimFact
  rules: ClaimRules
  taken: Taken
  now: number
}

interface Gate<Q> {
  decide(question: Q): Verdict | undefined
  tell(question: Q): GateTold[]
}

const validity: Gate<Question> = {
  decide: ({ fact, now }) => (now >= fact.expiresAt ? { act: 'expire' } : undefined),
  tell: (question) => {
    const { expiresAt } = question.fact
    return [{ check: 'validity', ...resultOf(validity, question), expiresAt, leftMs: expiresAt - question.now }]
  },
}

const suppression: Gate<PersonQuestion> = {
  decide: ({ fact, rules }) => {
    if (fact.suppression === null || !stops(fact.suppression.scope, rules.useCase)) return undefined
    return skip(fact.suppression.reason)
  },
  tell: (question) => [
    { check: 'suppression', ...resultOf(suppression, question), suppression: question.fact.suppression },
  ],
}

const group: Gate<PersonQuestion> = {
  decide: ({ fact, rules }) => {
    if (!fact.isGroup || rules.takesGroups) return undefined
    return { ...skip('invalid_number'), detail: 'a group: the sender does not say `groups: true`' }
  },
  tell: (question) =>
    question.fact.isGroup
      ? [{ check: 'group', ...resultOf(group, question), takesGroups: question.rules.takesGroups }]
      : [],
}

/** Runs in recipients' zones overlap person by person. */
const overlap: Gate<Question> = {
  decide: (question) => {
    const { fact, now } = question
    const decision = overlapOf(question)
    if (decision.act === 'pass') return undefined
    if (decision.act === 'skip') return skip('overlap')
    if (decision.until >= fact.expiresAt) return { act: 'expire' }
    return { act: 'defer', dueAt: Math.max(decision.until, now), waitReason: 'overlap', caps: [] }
  },
  tell: (question) => {
    const { earlier } = question.fact
    if (earlier === null) return []
    const decision = overlapOf(question)
    const says = { overlap: question.rules.overlap, isSentMeanwhile: earlier.dueAt === null }
    const until = decision.act === 'wait' ? decision.until : undefined
    return [{ check: 'overlap', ...resultOf(overlap, question), until, ...says }]
  },
}

function overlapOf({ fact, rules, now }: Question): OverlapDecision {
  return decideOverlap({ ...fact, now }, rules)
}

const session: Gate<Question> = {
  decide: ({ fact, rules, now }) => (!rules.needsSession || hasOpenSession(fact, now) ? undefined : skip('no_session')),
  tell: (question) => {
    const { fact, rules, now } = question
    const openSince = hasOpenSession(fact, now) ? fact.lastInboundAt : null
    return [{ check: 'session', ...resultOf(session, question), isNeeded: rules.needsSession, openSince }]
  },
}

/** Quiet hours and caps together: the message waits until both allow it (QH-24). */
const times: Gate<Question> = {
  decide: (question) => {
    const { fact, now } = question
    const { quiet, caps, allowedAt } = timesOf(question)
    if (allowedAt > now && quiet?.action === 'skip') return skip('quiet_hours', caps)
    if (caps.some((block) => block.rule.onCap === 'skip')) return skip('frequency_cap', caps)
    const isCapped = caps.length > 0
    if (!isCapped && allowedAt <= now) return undefined
    const dueAt = allowedFrom(question, quiet, Math.max(now, ...caps.map((block) => block.freeAt)))
    if (dueAt >= fact.expiresAt) return skip(isCapped ? 'frequency_cap' : 'quiet_hours_no_time_left', caps)
    if (dueAt - fact.createdAt > HORIZON_MS) return skip('horizon', caps)
    return { act: 'defer', dueAt, waitReason: isCapped ? 'frequency_cap' : 'quiet_hours', caps }
  },
  tell: tellTimes,
}

const pair: Gate<Question> = {
  decide: (question) => {
    const wait = pairWait(question)
    if (wait === undefined) return undefined
    return wait.dueAt >= question.fact.expiresAt ? { act: 'expire' } : { act: 'defer', ...wait, caps: [] }
  },
  tell: (question) => {
    const wait = pairWait(question)
    return [
      {
        check: 'pair_limit',
        ...resultOf(pair, question),
        until: wait?.dueAt,
        intervalMs: question.rules.pairIntervalMs,
        lastClaimAt: lastClaimOf(question),
        isBlocked: wait?.waitReason === 'cool_off',
      },
    ]
  },
}

const daily: Gate<Question> = {
  decide: (question) => {
    const { rules, taken, now } = question
    if (isCountedToday(lastClaimOf(question), now) || dailyRoom(rules.dailyLimit, taken.dailyUsed) > 0) return undefined
    return { act: 'leave', gate: 'daily_limit' }
  },
  tell: (question) => {
    const { rules, taken, now } = question
    const isCounted = isCountedToday(lastClaimOf(question), now)
    return [
      { check: 'daily_limit', ...resultOf(daily, question), limit: rules.dailyLimit, used: taken.dailyUsed, isCounted },
    ]
  },
}

/** Gates that ask neither the time nor what others were sent: a launch, a preview and a count know their answers. */
const personGates: readonly Gate<PersonQuestion>[] = [suppression, group]

/** The order in which a message passes them: its end first, then the person, then the clock. */
const gates: readonly Gate<Question>[] = [validity, ...personGates, overlap, session, times, pair]

/** A sender without room does not even look at a message: its own gate is asked before all others, and told last. */
const senderGates: readonly Gate<Question>[] = [daily]

/** What becomes of one due message, now. */
export function decideClaim(fact: ClaimFact, rules: ClaimRules, taken: Taken, now: number): ClaimDecision {
  return firstVerdict([...senderGates, ...gates], { fact, rules, taken, now }) ?? { act: 'send' }
}

/** What every gate has to say about a message, in their order, whatever the others say. */
export function tellClaim(fact: ClaimFact, rules: ClaimRules, taken: Taken, now: number): GateTold[] {
  return [...gates, ...senderGates].flatMap((gate) => gate.tell({ fact, rules, taken, now }))
}

/** Why a person gets nothing of a campaign at any time; undefined for everybody else. */
export function decidePerson(fact: PersonFact, rules: PersonRules): SkipReason | undefined {
  const verdict = firstVerdict(personGates, { fact, rules })
  return verdict?.act === 'skip' ? verdict.reason : undefined
}

function firstVerdict<Q>(chain: readonly Gate<Q>[], question: Q): Verdict | undefined {
  for (const gate of chain) {
    const verdict = gate.decide(question)
    if (verdict !== undefined) return verdict
  }
  return undefined
}

function resultOf<Q>(gate: Gate<Q>, question: Q): Pick<GateTold, 'result'> {
  const verdict = gate.decide(question)
  if (verdict === undefined) return { result: 'pass' }
  return { result: verdict.act === 'skip' || verdict.act === 'expire' ? 'stop' : 'wait' }
}

function skip(reason: SkipReason, caps: CapBlock[] = []): Skip {
  return { act: 'skip', reason, caps }
}

/** A session is open for 24 h after the person's last message, as far as we have seen it (all providers' rule). */
export function hasOpenSession(fact: Pick<ClaimFact, 'lastInboundAt'>, now: number): boolean {
  return fact.lastInboundAt !== null && now - fact.lastInboundAt < SESSION_MS
}

/** What of quiet hours and caps keeps a message back, and when quiet hours allow it. */
function timesOf(question: Question): { quiet: QuietHours | null; caps: CapBlock[]; allowedAt: number } {
  const { fact, rules, now } = question
  if (rules.isTest) return { quiet: null, caps: [], allowedAt: now }
  const quiet = hasOpenSession(fact, now) ? null : rules.quietHours
  return { quiet, caps: capsOf(question), allowedAt: allowedFrom(question, quiet, now) }
}

function capsOf({ fact, rules, taken, now }: Question): CapBlock[] {
  if (rules.capRules.length === 0 || fact.hasCapUse) return []
  const granted = taken.capUses.get(fact.contactId)
  const uses = granted === undefined ? fact.capUses : [...fact.capUses, ...granted]
  if (uses.length === 0) return []
  const { campaignId, tags, fallbackZone } = rules
  return blockingCaps(rules.capRules, uses, { campaignId, tags, zone: fact.zone ?? fallbackZone }, now)
}

/** A country whose free hours never meet is treated by the campaign's zone. */
function allowedFrom({ fact, rules }: Question, quiet: QuietHours | null, at: number): number {
  if (quiet === null) return at
  const zone = fact.zone ?? rules.fallbackZone
  return nextAllowedAt(zone, at, quiet) ?? nextAllowedAt(rules.fallbackZone, at, quiet) ?? at
}

function tellTimes(question: Question): GateTold[] {
  const { fact, rules, now } = question
  const { caps, allowedAt } = timesOf(question)
  const verdict = times.decide(question)
  const stop = verdict?.act === 'skip' ? verdict.reason : undefined
  const isQuiet = allowedAt > now
  const quiet: GateTold = {
    check: 'quiet_hours',
    result: !isQuiet ? 'pass' : stop === undefined || stop === 'frequency_cap' ? 'wait' : 'stop',
    until: isQuiet ? allowedAt : undefined,
    policy: rules.isTest ? null : rules.quietHours,
    zone: fact.zone ?? rules.fallbackZone,
    isInSession: hasOpenSession(fact, now),
    at: now,
  }
  const says = {
    check: 'frequency_cap',
    rules: rules.isTest ? [] : rules.capRules,
    holdsPlace: fact.hasCapUse,
  } as const
  if (caps.length === 0) return [quiet, { ...says, result: 'pass', block: null }]
  const result = stop === undefined || stop === 'quiet_hours' ? 'wait' : 'stop'
  return [quiet, ...caps.map((block): GateTold => ({ ...says, result, until: block.freeAt, block }))]
}

/** When the newest message to this person was claimed, by this claim too. */
function lastClaimOf({ fact, taken, now }: Question): number | null {
  return taken.claims.get(fact.contactId) ?? possiblePast(fact.lastClaimAt, now)
}

/** The earlier call may begin until its claim lapses: counted from there, two starts are never too close. */
function pairWait(question: Question): { dueAt: number; waitReason: WaitReason } | undefined {
  const { fact, rules, now } = question
  const blockedUntil = possibleBlock(fact.blockedUntil, now)
  if (blockedUntil !== null && blockedUntil > now) return { dueAt: blockedUntil, waitReason: 'cool_off' }
  const lastAt = lastClaimOf(question)
  if (lastAt === null || rules.pairIntervalMs === 0) return undefined
  const dueAt = lastAt + CLAIM_LAPSE_MS + rules.pairIntervalMs
  return dueAt > now ? { dueAt, waitReason: 'pair_limit' } : undefined
}

/** Notes a grant, so that the next candidate of the same claim sees it. */
export function takeClaim(fact: ClaimFact, rules: ClaimRules, taken: Taken, now: number): void {
  const { contactId, messageId } = fact
  if (countsForCaps(rules) && !fact.hasCapUse) {
    const use: CapUse = { at: now, messageId, campaignId: rules.campaignId, tags: rules.tags, isFailed: false }
    const known = taken.capUses.get(contactId)
    if (known === undefined) taken.capUses.set(contactId, [use])
    else known.push(use)
  }
  if (!isCountedToday(lastClaimOf({ fact, rules, taken, now }), now)) taken.dailyUsed++
  taken.claims.set(contactId, now)
}

/** Whether a message takes a place in the caps, also one that they do not keep back. */
export function countsForCaps(rules: ClaimRules): boolean {
  return rules.useCase === 'marketing' && !rules.isTest
}

export interface PlanFact {
  suppression: Suppression | null
  /** A field that the text needs is empty, and the campaign does not fill it in. */
  isMissingField: boolean
  /** What the contact's own field says about validity. */
  validUntil: number | null
}

export type PlannedDecision = { scheduledAt: number; expiresAt: number } & (
  | { act: 'plan' }
  | { act: 'skip'; reason: SkipReason }
  | { act: 'expire' }
)

/** What planning leaves people out for; the first that holds is the reason. store/plan.ts writes its SQL in this order. */
export const plannedSkips = ['suppressed', 'time', 'missing_variable'] as const
export type PlannedSkip = (typeof plannedSkips)[number]

const plannedReasons: Record<PlannedSkip, (fact: PlanFact, plan: PlanRules, due: Due) => SkipReason | undefined> = {
  suppressed: ({ suppression }, { useCase }) =>
    decidePerson({ suppression, isGroup: false }, { useCase, takesGroups: true }),
  time: (_fact, _plan, due) => due.leftOut ?? undefined,
  missing_variable: (fact) => (fact.isMissingField ? 'missing_variable' : undefined),
}

/** What planning makes of one person. */
export function decidePlanned(fact: PlanFact, plan: PlanRules, due: Due): PlannedDecision {
  const { scheduledAt } = due
  const ends = expiresAt({ scheduledAt, validityMs: plan.validityMs, validUntil: fact.validUntil ?? undefined })
  for (const name of plannedSkips) {
    const reason = plannedReasons[name](fact, plan, due)
    if (reason !== undefined) return { act: 'skip', reason, scheduledAt, expiresAt: ends }
  }
  return { act: ends <= plan.now ? 'expire' : 'plan', scheduledAt, expiresAt: ends }
}
