// The claim: due messages taken for sending, in one immediate transaction with every check.
//   1. gates of the sender: paused, held, no slot free soon: no claim, no row touched
//   2. one SELECT per run brings candidates with their facts (claim-facts.ts)
//   3. the rules of domain/message-rules.ts answer for each, in order (claim-choice.ts)
//   4. prepared single-row writes whose change count must be 1
import { AppError, isStorageError } from '../domain/errors.ts'
import type { Origin } from '../domain/ids.ts'
import { countsForCaps } from '../domain/message-rules.ts'
import { CLAIM_WHEN_US, cutSlotUs, type Pace } from '../domain/rate.ts'
import {
  beginClaim,
  type Choice,
  type Claim,
  type ClaimRequest,
  choose,
  isDailyFull,
  rulesOf,
  slotOfSender,
  type TroubledMessage,
} from './claim-choice.ts'
import type { Candidate, OpenRun } from './claim-facts.ts'
import { CountChanges } from './counts.ts'
import type { WriteTx } from './database.ts'
import { readInstallationGate } from './incarnation.ts'
import { deferPending, endPending, startSending } from './messages.ts'
import { isOpenRun } from './runs.ts'
import { inOwnTime, readSenderGate, type SenderGate, takePace, writeDailyUse, writeSlots } from './sender-gate.ts'
import { lockSenders } from './senders.ts'
import { storageError } from './sqlite-connection.ts'

/** A window without a free place is looked at again after this. */
const ROOM_SOON_MS = 5

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
export type Gate = 'database_held' | 'sender_paused' | 'rate_limit' | 'daily_limit' | 'hold' | 'old_rules'

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
  /** What the references of the claimed attempts are made of. */
  origin: Origin
}

/** Takes due messages of one sender. */
export async function claimMessages(tx: WriteTx, request: ClaimRequest): Promise<ClaimResult> {
  const { senderId, now, rules } = request
  await lockSenders(tx, [senderId])
  const sender = await readSenderGate(tx, senderId, now)
  const { isHeld, limitsText, origin } = await readInstallationGate(tx)
  const nothing = (gate: Gate | undefined, nextLookAt: number | null) => noClaim({ sender, origin, gate, nextLookAt })
  if (isHeld) return nothing('database_held', null)
  if (sender.status === 'paused') return nothing('sender_paused', null)
  if (sender.holdUntil !== null && sender.holdUntil > now) return nothing('hold', sender.holdUntil)
  if (request.room < 1) return nothing('rate_limit', now + ROOM_SOON_MS)
  if (limitsText !== rules.limitsText) return nothing('old_rules', now)
  const inTime = await inOwnTime(tx, senderId, sender, request.clock)
  const runs = await listOpenRuns(tx, request)
  const unknownRevisions = [...new Set(runs.map((run) => run.revisionId).filter((id) => !rules.byRevision.has(id)))]
  const known = runs.filter((run) => rules.byRevision.has(run.revisionId))
  if (known.length === 0) return { ...nothing(undefined, null), unknownRevisions }
  const pace = await takePace(tx, request, inTime)
  if ('waitUntilUs' in pace) return nothing('rate_limit', Math.ceil(pace.waitUntilUs / 1000))
  const claim = beginClaim(tx, request, sender, pace)
  const claimAt = Math.ceil((slotOfSender(claim) - claim.leadUs - CLAIM_WHEN_US) / 1000)
  if (claimAt > now) return nothing('rate_limit', claimAt)
  try {
    await choose(claim, known)
    return { ...(await resultOf(claim)), unknownRevisions, origin }
  } catch (error) {
    throw namingMessages(error, claim.choice)
  }
}

/** A failure with the messages that it may be about; those of the storage are about none. */
function namingMessages(error: unknown, { granted, defers, ends }: Choice): unknown {
  if (isStorageError(storageError(error, 'the database'))) return error
  const messageIds = [...granted.map(({ fact }) => fact), ...defers, ...ends].map(({ messageId }) => messageId)
  return new AppError('fault', `a claim failed: ${String(error)}`, { cause: error, details: { messageIds } })
}

interface NoClaim {
  sender: SenderGate
  origin: Origin
  gate: Gate | undefined
  nextLookAt: number | null
}

function noClaim({ sender: { ratePerSecond }, origin, gate, nextLookAt }: NoClaim): ClaimResult {
  return {
    origin,
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

async function resultOf(claim: Claim): Promise<Omit<ClaimResult, 'origin'>> {
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

/** Runs that are sending, in the order of priority; among equals the campaign served longest ago comes first. */
async function listOpenRuns(tx: WriteTx, request: ClaimRequest): Promise<OpenRun[]> {
  const runs = await tx.all<OpenRun>(
    `SELECT r.id, r.revision_id AS revisionId, r.campaign_id AS campaignId, r.kind, c.priority, c.rate_per_second AS ratePerSecond,
            c.last_start_at_us AS lastStartAtUs
     FROM runs r JOIN campaigns c ON c.id = r.campaign_id
     WHERE r.sender_id = ? AND ${isOpenRun('r')} AND r.status = 'sending' AND (c.status = 'running' OR r.kind = 'test')
     ORDER BY c.priority DESC, coalesce(c.last_start_at_us, 0), r.occurrence_at, r.occurrence_local, r.id`,
    [request.senderId],
  )
  await cutInstantsAhead(tx, runs, request.now * 1000)
  const { campaignId, isTestOnly } = request
  return runs.filter(
    (run) =>
      (campaignId === undefined || run.campaignId === campaignId) && (isTestOnly !== true || run.kind === 'test'),
  )
}

/** As of the sender: what a clock that ran ahead has left passes within a moment. */
async function cutInstantsAhead(tx: WriteTx, runs: readonly OpenRun[], nowUs: number): Promise<void> {
  for (const run of runs) {
    const lastStartAtUs = cutSlotUs(run.lastStartAtUs, nowUs)
    if (lastStartAtUs === run.lastStartAtUs) continue
    run.lastStartAtUs = lastStartAtUs
    await tx.run(`UPDATE campaigns SET last_start_at_us = ? WHERE id = ?`, [lastStartAtUs, run.campaignId])
  }
}

async function write(claim: Claim): Promise<ClaimedMessage[]> {
  const { tx, request, sender, pace, choice } = claim
  const { senderId, nodeId, clock } = request
  const counts = new CountChanges()
  await deferPending(tx, choice.defers, counts)
  await endPending(tx, choice.ends, counts)
  const claimed = await writeGrants(claim, counts)
  await counts.write(tx, nodeId)
  if (claimed.length > 0) await writeSlots(tx, senderId, { nodeId, pace, lastStartAtUs: choice.lastStartAtUs, clock })
  if (sender.dailyLimit !== null) await writeDailyUse(tx, senderId, { ...sender, dailyUsed: choice.taken.dailyUsed })
  return claimed
}

async function writeGrants(claim: Claim, counts: CountChanges): Promise<ClaimedMessage[]> {
  const { tx, request, choice } = claim
  const { nodeId, senderId, now, account } = request
  const attemptIds = await tx.insertEach(
    `INSERT INTO attempts (message_id, node_id, sender_id, account, start_at_us) VALUES (?, ?, ?, ?, ?)`,
    choice.granted.map(({ fact }) => [fact.messageId, nodeId, senderId, account, fact.startAtUs]),
  )
  const claimed = choice.granted.map(({ run, fact }, index) => claimedOf(run, fact, attemptIds[index] ?? 0))
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
  for (const contactIds of timesOfEach(choice.granted.map(({ fact }) => fact.contactId)))
    await tx.runEach(
      `INSERT INTO contact_senders (contact_id, sender_id, last_claim_at) VALUES (?, ?, ?)
     ON CONFLICT (contact_id, sender_id) DO UPDATE SET previous_claim_at = contact_senders.last_claim_at, last_claim_at = excluded.last_claim_at`,
      contactIds.map((contactId) => [contactId, senderId, now]),
    )
  const campaigns = new Map(choice.granted.map(({ run }) => [run.campaignId, run.lastStartAtUs]))
  await tx.runEach(
    `UPDATE campaigns SET last_start_at_us = ? WHERE id = ?`,
    [...campaigns].map(([id, lastStartAtUs]) => [lastStartAtUs, id]),
  )
  return claimed
}

/** People of a claim, once each; then those again who have messages of several campaigns in it. */
function timesOfEach(ids: readonly number[]): number[][] {
  const times: number[][] = []
  const seen = new Map<number, number>()
  for (const id of ids) {
    const time = seen.get(id) ?? 0
    seen.set(id, time + 1)
    times[time] = [...(times[time] ?? []), id]
  }
  return times
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
