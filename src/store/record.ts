// Results of calls, written in groups. The ordinary answer "accepted" takes two prepared statements, calls that never began a
// few for all of them; everything else reads the message with its attempts first and asks domain/retry.ts.
import type { DeliveryNote } from '../domain/message-status.ts'
import { decideRecord, type RecordDecision } from '../domain/retry.ts'
import { errorOf, outcomeOf, type SendResult } from '../domain/send-result.ts'
import { acceptAttempts, recordAnswer } from './attempts.ts'
import type { ClaimedMessage } from './claim.ts'
import { applyConsequences, countSuccesses, failureFacts } from './consequences.ts'
import { takeBackClaims } from './contact-senders.ts'
import { CountChanges } from './counts.ts'
import type { Present, WriteTx } from './database.ts'
import { giveBackUnbegun } from './give-back.ts'
import { lockContactsOf } from './locks.ts'
import { acceptSending } from './messages.ts'
import { canSendAgain } from './runs.ts'
import { endHold, lockSenders } from './senders.ts'
import {
  answerOf,
  findTracked,
  type Learned,
  settleMessage,
  type TrackedAttempt,
  type TrackedMessage,
} from './tracked-message.ts'
import { learnUserId } from './user-ids.ts'

export interface Recorded {
  message: Pick<ClaimedMessage, 'messageId' | 'attemptId' | 'runId' | 'campaignId'>
  result: SendResult
  /** When the call really began, µs; undefined when it did not. */
  startedAtUs?: number | undefined
  endedAt: number
}

export interface RecordRequest {
  senderId: number
  nodeId: number
  now: Present
  results: readonly Recorded[]
  /** Spreads retries; in [0, 1). */
  random: () => number
}

export interface RecordOutcome {
  /** Campaigns that were paused for what failed, and whether the sender was. */
  pausedCampaigns: number[]
  isSenderPaused: boolean
}

/** Writes what calls came to. Safe to repeat: an attempt that has its answer is left alone. */
export async function recordResults(tx: WriteTx, request: RecordRequest): Promise<RecordOutcome> {
  await lockSenders(tx, [request.senderId])
  const ofPeople = request.results.filter((one) => !isPlain(one) || learnsUserId(one))
  await lockContactsOf(
    tx,
    ofPeople.map(({ message }) => message.messageId),
  )
  const counts = new CountChanges()
  const outcome: RecordOutcome = { pausedCampaigns: [], isSenderPaused: false }
  const plain = await acceptSending(tx, request.results.filter(isPlain), counts)
  await acceptAttempts(tx, plain)
  await countAccepted(tx, plain)
  const unbegun = request.results.filter((one) => hasNotLeft(one) && isGivenBack(one))
  const givenBack = await giveBackUnbegun(tx, unbegun, { ...request, counts })
  for (const recorded of request.results)
    if (!plain.has(recorded) && !givenBack.has(recorded)) await recordOne(tx, recorded, { request, counts, outcome })
  await learnUserIds(tx, request, counts)
  await endHoldBy(tx, request)
  outcome.pausedCampaigns.push(...(await counts.write(tx, request.nodeId)))
  return outcome
}

function isPlain({ result }: Recorded): boolean {
  return result.kind === 'accepted' && !result.notes?.length
}

/** Nothing is wrong with it: the next claim takes it again. */
function isGivenBack({ result }: Recorded): boolean {
  return result.kind === 'not_started' && result.skip === undefined && result.error === null
}

function learnsUserId({ result }: Recorded): boolean {
  return result.kind === 'accepted' && result.userId !== undefined
}

async function countAccepted(tx: WriteTx, accepted: Iterable<Recorded>): Promise<void> {
  const counts = new Map<number, number>()
  for (const { message } of accepted) counts.set(message.campaignId, (counts.get(message.campaignId) ?? 0) + 1)
  for (const [campaignId, count] of counts) await countSuccesses(tx, campaignId, 'answers', count)
}

async function learnUserIds(tx: WriteTx, { results, now }: RecordRequest, counts: CountChanges): Promise<void> {
  for (const { result, message } of results) {
    if (result.kind !== 'accepted' || result.userId === undefined) continue
    const contact = await tx.get<{ id: number }>(
      `SELECT c.id FROM messages m JOIN contacts c ON c.id = m.contact_id WHERE m.id = ? AND c.erased_at IS NULL`,
      [message.messageId],
    )
    if (contact !== undefined) await learnUserId(tx, { contactId: contact.id, userId: result.userId }, { now, counts })
  }
}

/** The provider works on what it is asked: whatever it said last of being too fast is over, if it was asked later. */
async function endHoldBy(tx: WriteTx, { senderId, results }: RecordRequest): Promise<void> {
  let newest = 0
  for (const { result, message } of results)
    if (result.kind === 'accepted' || result.kind === 'refused') newest = Math.max(newest, message.attemptId)
  if (newest > 0) await endHold(tx, senderId, newest)
}

interface Recording {
  request: RecordRequest
  counts: CountChanges
  outcome: RecordOutcome
}

async function recordOne(tx: WriteTx, recorded: Recorded, recording: Recording): Promise<void> {
  const found = await findTracked(tx, { attemptId: recorded.message.attemptId })
  if (found === undefined || isRepeated(found, recorded)) return
  const { request, counts, outcome } = recording
  await recordAnswer(tx, recorded)
  const { now, senderId } = request
  if (hasNotLeft(recorded))
    await takeBackClaims(tx, senderId, [{ contactId: found.state.contactId, attemptId: found.attempt.id }], counts)
  const facts = await failureFacts(tx, found, senderId)
  const attemptsBefore = facts.attempts - countedBefore(found)
  const decision = decideRecord(recorded.result, { ...facts, attempts: attemptsBefore }, now, request.random())
  const learned = await learnedFrom(tx, found, { recorded, decision })
  const attempts = attemptsBefore + (decision.countsAttempt ? 1 : 0)
  await settleMessage(tx, found, { ...learned, attempts }, { now, counts })
  if (decision.campaign === 'worked') await countSuccesses(tx, found.state.campaignId, 'answers', 1)
  const { isSenderPaused, isCampaignPaused } = await applyConsequences(tx, decision, {
    senderId,
    found,
    error: errorOf(recorded.result),
    source: 'answers',
    evidence: `provider answer ${decision.reason ?? ''} to msg_${found.state.id}`,
    now,
    counts,
  })
  outcome.isSenderPaused ||= isSenderPaused
  if (isCampaignPaused) outcome.pausedCampaigns.push(found.state.campaignId)
}

function hasNotLeft({ result: { kind }, startedAtUs }: Recorded): boolean {
  return startedAtUs === undefined && (kind === 'not_started' || kind === 'not_sent')
}

/** The attempt has its answer. Only a yes is believed after an operator's no, which was a guess. */
function isRepeated({ attempt: { outcome } }: TrackedMessage, { result }: Recorded): boolean {
  if (outcome === null || outcome === 'unknown') return false
  return outcome === 'accepted' || result.kind !== 'accepted'
}

/** An attempt that had an end before, as a lost node's has, is among the counted ones already. */
function countedBefore({ attempt }: TrackedMessage): number {
  return attempt.outcome === null ? 0 : 1
}

/** The attempt with its answer, and what the decision makes of the message while the attempt is the one that counts. */
async function learnedFrom(
  tx: WriteTx,
  found: TrackedMessage,
  { recorded, decision }: { recorded: Recorded; decision: RecordDecision },
): Promise<Learned> {
  const { result } = recorded
  const { state } = found
  const attempt = withAnswer(found.attempt, recorded)
  const detail = errorOf(result)?.text ?? null
  const { reason, waitReason } = decision
  const isOpen = state.attemptId === attempt.id && (state.status === 'sending' || state.status === 'unknown')
  if (result.kind === 'accepted') return { attempt, notes: notesOfAcceptance(found, result) }
  if (!isOpen) return { attempt, reason, detail }
  if (decision.to !== 'pending') {
    const end = decision.to === 'expired' || decision.to === 'skipped' ? decision.to : undefined
    return { attempt, end, reason, detail }
  }
  if (!(await canSendAgain(tx, state.runId))) return { attempt, end: 'cancelled', detail }
  return { attempt: { ...attempt, retryAt: decision.dueAt ?? null }, waitReason, detail }
}

function notesOfAcceptance(
  { attempt: { outcome } }: TrackedMessage,
  { notes = [] }: Extract<SendResult, { kind: 'accepted' }>,
): readonly DeliveryNote[] {
  const wasRefused = outcome !== null && outcome !== 'unknown'
  return wasRefused ? [...notes, 'late_evidence'] : notes
}

function withAnswer(attempt: TrackedAttempt, { result, endedAt }: Recorded): TrackedAttempt {
  const outcome = outcomeOf(result)
  const acceptedAt = outcome === 'accepted' ? Math.min(attempt.acceptedAt ?? endedAt, endedAt) : attempt.acceptedAt
  return { ...attempt, outcome, answer: answerOf(outcome), endedAt, acceptedAt }
}
