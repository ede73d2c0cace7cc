// The claim: due messages taken for sending, in one immediate transaction with every check.
//   1. gates of the sender: paused, held, no slot free soon: no claim, no row touched
//   2. one SELECT per run brings candidates with their facts
//   3. decideClaim (domain/) answers for each, in order
//   4. prepared single-row writes whose change count must be 1
// SQL brings facts and refuses illegal moves; what is decided about a person is decided in domain/message-rules.ts.
import { dailyRoom } from '../domain/daily-limit.ts'
import { AppError, kindOf } from '../domain/errors.ts'
import type { CapBlock } from '../domain/frequency-cap.ts'
import { formatInstant } from '../domain/instant.ts'
import {
  type ClaimDecision,
  type ClaimRules,
  countsForCaps,
  decideClaim,
  nothingTaken,
  type Taken,
  takeClaim,
} from '../domain/message-rules.ts'
import {
  CLAIM_AHEAD_US,
  CLAIM_WHEN_US,
  claimSize,
  earliestSlotUs,
  nextSlotUs,
  type Pace,
  paceOfCampaign,
} from '../domain/rate.ts'
import { type Candidate, CandidateLine, type OpenRun } from './claim-facts.ts'
import { CountChanges } from './counts.ts'
import type { WriteTx } from './database.ts'
import { type DeferMove, deferPending, type EndMove, endPending, startSending } from './messages.ts'
import { readSenderGate, type SenderGate, takePace, writeDailyUse, writeSlots } from './sender-gate.ts'
import { findSettingText } from './settings.ts'
import { storageError } from './sqlite-connection.ts'

/** Candidates that one claim looks at: bounds the transaction when a night defers a whole run. */
const LOOKED_AT_MAX = 500
/** A window without a free place is looked at again after this. */
const ROOM_SOON_MS = 5

export interface ClaimRequest {
  senderId: number
  nodeId: number
  now: number
  /** Calls that may still be started: the free places of the in-flight window. */
  room: number
  /** Only this campaign, for a command that sends in the foreground. */
  campaignId?: number
  /** Only test messages. */
  isTestOnly?: boolean
  rules: RulesInForce
  account: string
  /** Messages that are left alone: something about them failed a moment ago. */
  leftAlone?: ReadonlySet<number>
  /** Looks at one message only: a claim has failed, and it is to be known by which. */
  isCautious?: boolean
}

/** What the campaign revisions of a sender ask for. */
export interface RulesInForce {
  /** Of the revisions that are known; a run whose revision is missing here is named in the result. */
  byRevision: ReadonlyMap<number, ClaimRules>
  /** The setting `limits` under which they were made; another one in force refuses the claim. */
  limitsText: string
  /** The provider takes group ids. */
  hasGroups: boolean
}

export interface ClaimedMessage {
  messageId: number
  attemptId: number
  runId: number
  campaignId: number
  contactId: number
  revisionId: number
  phone: string
  variables: string | null
  expiresAt: number
  /** When the person last wrote to the sender; null when we never saw it. */
  lastInboundAt: number | null
  /** Microseconds: the call begins no earlier. */
  startAtUs: number
  /** The campaign's own rate; null when it has none. */
  campaignRatePerSecond: number | null
}

/** What keeps a whole sender waiting; read here, written on no row. */
export type Gate = 'sender_paused' | 'rate_limit' | 'daily_limit' | 'hold' | 'old_rules'

/** A message that could not be claimed, for a reason that is no decision: it is told and left alone for a while. */
export interface TroubledMessage {
  messageId: number
  runId: number
  error: unknown
}

export interface ClaimResult {
  claimed: ClaimedMessage[]
  deferred: number
  /** Runs in which the claim skipped or expired messages: one of them may be done. */
  endedIn: number[]
  troubled: TroubledMessage[]
  gate?: Gate
  /** When looking again can find something; null when nothing is planned. */
  nextLookAt: number | null
  /** Revisions of runs that could not be looked at, because their rules are not known yet. */
  unknownRevisions: number[]
  /** How the slots of the claim were taken. */
  mode: Pace['mode']
  /** The sender's rate as it is now: it may change while running. */
  ratePerSecond: number
}

/** Takes due messages of one sender. */
export async function claimMessages(tx: WriteTx, request: ClaimRequest): Promise<ClaimResult> {
  const { senderId, now, rules } = request
  const sender = await readSenderGate(tx, senderId, now)
  if (sender.status === 'paused') return nothing(sender, 'sender_paused', null)
  if (sender.holdUntil !== null && sender.holdUntil > now) return nothing(sender, 'hold', sender.holdUntil)
  if (request.room < 1) return nothing(sender, 'rate_limit', now + ROOM_SOON_MS)
  if ((await findSettingText(tx, 'limits')) !== rules.limitsText) return nothing(sender, 'old_rules', now)
  const runs = await listOpenRuns(tx, request)
  const unknownRevisions = [...new Set(runs.map((run) => run.revisionId).filter((id) => !rules.byRevision.has(id)))]
  const known = runs.filter((run) => rules.byRevision.has(run.revisionId))
  if (known.length === 0) return { ...nothing(sender, undefined, null), unknownRevisions }
  const pace = await takePace(tx, request, sender)
  if ('waitUntilUs' in pace) return nothing(sender, 'rate_limit', Math.ceil(pace.waitUntilUs / 1000))
  const claim = beginClaim(tx, request, sender, pace)
  const claimAt = Math.ceil((slotOfSender(claim) - CLAIM_WHEN_US) / 1000)
  if (claimAt > now) return nothing(sender, 'rate_limit', claimAt)
  try {
    await choose(claim, known)
    return { ...(await resultOf(claim)), unknownRevisions }
  } catch (error) {
    throw namingMessages(error, claim.choice)
  }
}

/** A failure with the messages that it may be about; those of the storage are about none. */
function namingMessages(error: unknown, { granted, defers, ends }: Choice): unknown {
  const known = storageError(error, 'the database')
  if (known instanceof AppError && kindOf(known.code) === 'storage') return error
  const messages = [...granted.map(({ fact }) => fact), ...defers, ...ends]
  return new AppError('fault', `a claim failed: ${String(error)}`, {
    cause: error,
    details: { messages: messages.map(({ messageId, runId }) => ({ messageId, runId })) },
  })
}

function nothing({ ratePerSecond }: SenderGate, gate: Gate | undefined, nextLookAt: number | null): ClaimResult {
  return {
    claimed: [],
    deferred: 0,
    endedIn: [],
    troubled: [],
    nextLookAt,
    unknownRevisions: [],
    ratePerSecond,
    mode: 'sole',
    ...(gate && { gate }),
  }
}

async function resultOf(claim: Claim): Promise<ClaimResult> {
  const { choice, sender, pace } = claim
  const claimed = await write(claim)
  const isDailyGate = (choice.leftForDaily > 0 || isDailyFull(claim)) && claimed.length === 0
  return {
    claimed,
    deferred: choice.defers.length,
    endedIn: [...new Set(choice.ends.map((end) => end.runId))],
    troubled: choice.troubled,
    nextLookAt: choice.nextLookAt,
    unknownRevisions: [],
    ratePerSecond: sender.ratePerSecond,
    mode: pace.mode,
    ...(isDailyGate && { gate: 'daily_limit' as const }),
  }
}

/** What a claim has decided so far. */
interface Choice {
  granted: { run: OpenRun; fact: Candidate }[]
  defers: DeferMove[]
  ends: EndMove[]
  troubled: TroubledMessage[]
  taken: Taken
  /** The newest slot of the sender. */
  lastStartAtUs: number | null
  lookedAt: number
  leftForDaily: number
  nextLookAt: number | null
}

/** What holds during one claim. */
interface Claim {
  tx: WriteTx
  request: ClaimRequest
  sender: SenderGate
  pace: Pace
  slotsMax: number
  choice: Choice
}

function beginClaim(tx: WriteTx, request: ClaimRequest, sender: SenderGate, pace: Pace): Claim {
  const choice: Choice = {
    granted: [],
    defers: [],
    ends: [],
    troubled: [],
    taken: nothingTaken(sender.dailyUsed),
    lastStartAtUs: pace.lastStartAtUs,
    lookedAt: 0,
    leftForDaily: 0,
    nextLookAt: null,
  }
  // After a throttled answer a single call asks whether the sender may go on.
  const slotsMax = sender.throttles > 0 ? 1 : Math.min(claimSize(sender.ratePerSecond), request.room)
  return { tx, request, sender, pace, slotsMax, choice }
}

/** Runs that are sending, in the order of priority; among equals the campaign served longest ago comes first. */
async function listOpenRuns(tx: WriteTx, request: ClaimRequest): Promise<OpenRun[]> {
  const runs = await tx.all<OpenRun>(
    `SELECT r.id, r.revision_id AS revisionId, r.campaign_id AS campaignId, r.kind, c.priority, c.rate_per_second AS ratePerSecond,
            c.last_start_at_us AS lastStartAtUs
     FROM runs r JOIN campaigns c ON c.id = r.campaign_id
     WHERE r.sender_id = ? AND r.status = 'sending' AND (c.status = 'running' OR r.kind = 'test')
     ORDER BY c.priority DESC, coalesce(c.last_start_at_us, 0), r.occurrence_at, r.occurrence_local, r.id`,
    [request.senderId],
  )
  const { campaignId, isTestOnly } = request
  return runs.filter(
    (run) =>
      (campaignId === undefined || run.campaignId === campaignId) && (isTestOnly !== true || run.kind === 'test'),
  )
}

async function choose(claim: Claim, runs: readonly OpenRun[]): Promise<void> {
  for (const priority of new Set(runs.map((run) => run.priority)))
    await chooseInTurns(
      claim,
      runs.filter((run) => run.priority === priority),
    )
  if (isFull(claim)) claim.choice.nextLookAt = claim.request.now
}

/** Round robin between campaigns of equal priority. */
async function chooseInTurns(claim: Claim, runs: readonly OpenRun[]): Promise<void> {
  const { tx, request, sender, choice, slotsMax } = claim
  const facts = { senderId: request.senderId, now: request.now, rules: request.rules.byRevision }
  const countedAfter = isDailyFull(claim) ? sender.dailyHorizonAt : null
  let lines = runs.map((run) => new CandidateLine(tx, facts, run, countedAfter))
  while (lines.length > 0 && !isFull(claim)) {
    const pageSize = Math.max(1, Math.ceil((slotsMax - choice.granted.length) / lines.length))
    const open: CandidateLine[] = []
    for (const line of lines) {
      if (isFull(claim)) break
      const fact = await line.next(pageSize)
      if (fact === undefined) lookLater(choice, await line.nextDueAt())
      else if (decide(claim, line.run, fact)) open.push(line)
    }
    lines = open
  }
}

function isFull({ request, choice, slotsMax }: Claim): boolean {
  const lookedAtMax = request.isCautious ? 1 : LOOKED_AT_MAX
  return choice.granted.length >= slotsMax || choice.lookedAt >= lookedAtMax
}

function isDailyFull({ sender, choice }: Claim): boolean {
  return dailyRoom(sender.dailyLimit, choice.taken.dailyUsed) === 0
}

function lookLater(choice: Choice, at: number | null): void {
  if (at !== null && (choice.nextLookAt === null || at < choice.nextLookAt)) choice.nextLookAt = at
}

/** Notes what becomes of a candidate. False when its campaign has no slot left in this claim. */
function decide(claim: Claim, run: OpenRun, fact: Candidate): boolean {
  const { request, choice } = claim
  if (request.leftAlone?.has(fact.messageId)) return true
  choice.lookedAt++
  try {
    const rules = rulesOf(claim, run)
    return note(claim, run, fact, decideClaim(fact, rules, choice.taken, request.now))
  } catch (error) {
    // One message that cannot be decided about keeps no other one waiting.
    choice.troubled.push({ messageId: fact.messageId, runId: fact.runId, error })
    return true
  }
}

function note(claim: Claim, run: OpenRun, fact: Candidate, decision: ClaimDecision): boolean {
  const { choice } = claim
  if (decision.act === 'send') return grant(claim, run, fact)
  if (decision.act === 'leave') choice.leftForDaily++
  else if (decision.act === 'defer') {
    const { messageId, runId, waitReason: from } = fact
    const { dueAt, waitReason } = decision
    choice.defers.push({ messageId, runId, from, dueAt, waitReason, detail: capsDetail(decision) })
    lookLater(choice, dueAt)
  } else choice.ends.push(endOf(fact, decision))
  return true
}

/** The rules of a run, with those of the sender as they are now. */
function rulesOf({ request, sender }: Claim, run: OpenRun): ClaimRules {
  const rules = request.rules.byRevision.get(run.revisionId)
  if (rules === undefined) throw new AppError('fault', `no rules for revision ${run.revisionId}`)
  const { dailyLimit, pairIntervalMs } = sender
  const takesGroups = sender.takesGroups === 1 && request.rules.hasGroups
  return { ...rules, dailyLimit, pairIntervalMs, takesGroups, isTest: run.kind === 'test' }
}

/** Gives out the next start slot: the later one of sender and campaign. */
function grant(claim: Claim, run: OpenRun, fact: Candidate): boolean {
  const { request, choice } = claim
  const startAtUs = Math.max(slotOfSender(claim), slotOfCampaign(claim, run))
  if (startAtUs > request.now * 1000 + CLAIM_AHEAD_US) {
    lookLater(choice, Math.ceil((startAtUs - CLAIM_AHEAD_US) / 1000))
    return false
  }
  takeClaim(fact, rulesOf(claim, run), choice.taken, request.now)
  choice.lastStartAtUs = startAtUs
  run.lastStartAtUs = startAtUs
  choice.granted.push({ run, fact: { ...fact, startAtUs } })
  return true
}

function slotOfSender({ request, choice, pace }: Claim): number {
  const { lastStartAtUs } = choice
  const earliestUs = earliestSlotUs({ ...pace, lastStartAtUs }, request.now * 1000)
  return nextSlotUs(lastStartAtUs, pace.ratePerSecond, earliestUs)
}

function slotOfCampaign({ request, pace }: Claim, run: OpenRun): number {
  if (run.ratePerSecond === null) return 0
  const own = paceOfCampaign(pace, run.ratePerSecond, run.lastStartAtUs)
  return nextSlotUs(own.lastStartAtUs, own.ratePerSecond, earliestSlotUs(own, request.now * 1000))
}

async function write(claim: Claim): Promise<ClaimedMessage[]> {
  const { tx, request, sender, pace, choice } = claim
  const { senderId, nodeId } = request
  const counts = new CountChanges()
  await deferPending(tx, choice.defers, counts)
  await endPending(tx, choice.ends, counts)
  const claimed = await writeGrants(claim, counts)
  await counts.write(tx, nodeId)
  if (claimed.length > 0) await writeSlots(tx, senderId, { nodeId, pace, lastStartAtUs: choice.lastStartAtUs })
  if (sender.dailyLimit !== null) await writeDailyUse(tx, senderId, { ...sender, dailyUsed: choice.taken.dailyUsed })
  return claimed
}

async function writeGrants(claim: Claim, counts: CountChanges): Promise<ClaimedMessage[]> {
  const { tx, request, choice } = claim
  const { nodeId, senderId, now, account } = request
  const claimed: ClaimedMessage[] = []
  for (const { run, fact } of choice.granted) {
    const attemptId = await tx.insert(
      `INSERT INTO attempts (message_id, node_id, sender_id, account, start_at_us) VALUES (?, ?, ?, ?, ?)`,
      [fact.messageId, nodeId, senderId, account, fact.startAtUs],
    )
    claimed.push(claimedOf(run, fact, attemptId))
  }
  const starts = choice.granted.map(({ fact: { messageId, runId, waitReason } }, index) => ({
    messageId,
    runId,
    waitReason,
    attemptId: claimed[index]?.attemptId ?? 0,
    nodeId,
  }))
  await startSending(tx, starts, counts)
  const counted = choice.granted.filter(({ run, fact }) => !fact.hasCapUse && countsForCaps(rulesOf(claim, run)))
  await tx.runEach(
    `INSERT INTO cap_uses (message_id, contact_id, campaign_id, at) VALUES (?, ?, ?, ?)`,
    counted.map(({ run, fact }) => [fact.messageId, fact.contactId, run.campaignId, now]),
  )
  await tx.runEach(
    `INSERT INTO contact_senders (contact_id, sender_id, last_claim_at) VALUES (?, ?, ?)
     ON CONFLICT (contact_id, sender_id) DO UPDATE SET last_claim_at = excluded.last_claim_at`,
    choice.granted.map(({ fact }) => [fact.contactId, senderId, now]),
  )
  const campaigns = new Map(choice.granted.map(({ run }) => [run.campaignId, run.lastStartAtUs]))
  await tx.runEach(
    `UPDATE campaigns SET last_start_at_us = ? WHERE id = ?`,
    [...campaigns].map(([id, lastStartAtUs]) => [lastStartAtUs, id]),
  )
  return claimed
}

function claimedOf(run: OpenRun, fact: Candidate, attemptId: number): ClaimedMessage {
  const { messageId, contactId, revisionId, phone, variables, expiresAt, lastInboundAt, startAtUs } = fact
  return {
    messageId,
    attemptId,
    runId: run.id,
    campaignId: run.campaignId,
    contactId,
    revisionId,
    phone,
    variables,
    expiresAt,
    lastInboundAt,
    startAtUs,
    campaignRatePerSecond: run.ratePerSecond,
  }
}

function endOf(fact: Candidate, decision: Extract<ClaimDecision, { act: 'skip' | 'expire' }>): EndMove {
  const { messageId, runId, waitReason } = fact
  if (decision.act === 'expire') return { messageId, runId, waitReason, to: 'expired', reason: null, detail: null }
  return {
    messageId,
    runId,
    waitReason,
    to: 'skipped',
    reason: decision.reason,
    detail: decision.detail ?? capsDetail(decision),
  }
}

/** The rules that block, their numbers and when they free a place: what `why` tells. */
function capsDetail(decision: { caps: CapBlock[] }): string | null {
  if (decision.caps.length === 0) return null
  return decision.caps
    .map(
      (block) =>
        `${block.rule.id}: ${block.count} of ${block.rule.max} in ${block.rule.window}, free at ${formatInstant(block.freeAt)}`,
    )
    .join('; ')
}
