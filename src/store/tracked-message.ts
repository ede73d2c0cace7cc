// A message with everything that is known of its attempts, as results and statuses find it; and the one place that writes
// what was learned of an attempt and moves the message to what its attempts amount to.
import {
  type AttemptFacts,
  type DeliveryNote,
  isEnded,
  type MessageFacts,
  type MessageStatus,
  messageFacts,
  stepsTo,
  type WaitReason,
} from '../domain/message-status.ts'
import type { AttemptOutcome } from '../domain/send-result.ts'
import { setRetry } from './attempts.ts'
import { leftUntil, releaseAfterFailure, releaseCapUse, takeCapUse } from './caps.ts'
import type { CountChanges } from './counts.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'
import { type MessageState, moveMessage, notesOf, type Outcome, stateColumns } from './messages.ts'
import { reopenIfFinished } from './runs.ts'

export interface TrackedAttempt extends AttemptFacts {
  id: number
  account: string
  outcome: AttemptOutcome | null
  trackingId: string | null
}

export interface TrackedMessage {
  state: MessageState
  /** The contact's, as messages.contact_id says; empty after erasure. */
  phone: string
  /** The window of the breaker that statuses fill: empty while nothing failed. */
  toldOutcomes: string
  /** Oldest first. */
  attempts: TrackedAttempt[]
  /** The one that was asked for. */
  attempt: TrackedAttempt
}

type Row = MessageState & {
  phone: string
  toldOutcomes: string
  aId: number
  account: string
  outcome: AttemptOutcome | null
  trackingId: string | null
  endedAt: number | null
  retryAt: number | null
  aAcceptedAt: number | null
  aSentAt: number | null
  aDeliveredAt: number | null
  aReadAt: number | null
  aFailedAt: number | null
}

// Every column counts: this is read for each callback. What only failures ask for is read when there is one.
const columns = `${stateColumns}, k.phone, c.told_outcomes AS toldOutcomes, a.id AS aId, a.account, a.outcome, a.tracking_id AS trackingId,
  a.ended_at AS endedAt, a.retry_at AS retryAt, a.accepted_at AS aAcceptedAt, a.sent_at AS aSentAt, a.delivered_at AS aDeliveredAt,
  a.read_at AS aReadAt, a.failed_at AS aFailedAt`

const joins = `JOIN messages m ON m.id = t.message_id JOIN runs r ON r.id = m.run_id JOIN campaigns c ON c.id = r.campaign_id
  JOIN contacts k ON k.id = m.contact_id JOIN attempts a ON a.message_id = m.id`

/** The message of an attempt, named by its id or by the provider's. */
export async function findTracked(
  tx: ReadTx,
  by: { attemptId: number } | { account: string; trackingId: string },
): Promise<TrackedMessage | undefined> {
  const rows =
    'attemptId' in by
      ? await tx.all<Row>(`SELECT ${columns} FROM attempts t ${joins} WHERE t.id = ? ORDER BY a.id`, [by.attemptId])
      : await tx.all<Row>(
          `SELECT ${columns} FROM attempts t ${joins} WHERE t.account = ? AND t.tracking_id = ? ORDER BY a.id`,
          [by.account, by.trackingId],
        )
  const attempts = rows.map(attemptOf)
  const attempt = attempts.find((one) =>
    'attemptId' in by ? one.id === by.attemptId : one.account === by.account && one.trackingId === by.trackingId,
  )
  const [row] = rows
  if (row === undefined || attempt === undefined) return undefined
  return { state: row, phone: row.phone, toldOutcomes: row.toldOutcomes, attempts, attempt }
}

function attemptOf(row: Row): TrackedAttempt {
  return {
    id: row.aId,
    account: row.account,
    outcome: row.outcome,
    trackingId: row.trackingId,
    answer: answerOf(row.outcome),
    endedAt: row.endedAt,
    retryAt: row.retryAt,
    acceptedAt: row.aAcceptedAt,
    sentAt: row.aSentAt,
    deliveredAt: row.aDeliveredAt,
    readAt: row.aReadAt,
    failedAt: row.aFailedAt,
  }
}

export function answerOf(outcome: AttemptOutcome | null): AttemptFacts['answer'] {
  if (outcome === null || outcome === 'accepted' || outcome === 'unknown') return outcome
  return outcome === 'not_started' || outcome === 'not_sent' ? 'not_begun' : 'refused'
}

/** What comes with the facts of an attempt, where the facts do not say it. */
export interface Learned {
  /** The attempt as it is known now. */
  attempt: TrackedAttempt
  /** A rule of ours ends the message here. */
  end?: 'skipped' | 'expired' | 'cancelled' | undefined
  /** Why it failed, is unknown or ended. */
  reason?: string | null | undefined
  waitReason?: WaitReason | undefined
  detail?: string | null | undefined
  notes?: readonly DeliveryNote[] | undefined
  /** Attempts that count against the most allowed. */
  attempts?: number | undefined
  /** It was told after the call: rules may count such failures. */
  isTold?: boolean | undefined
  /** The place in the caps stays while another attempt waits. */
  keepsCapUse?: boolean | undefined
}

/**
 * Moves the message to what its attempts amount to with what was learned, and notes on the attempt that another one follows.
 * The facts of the attempt are written by who learned them.
 */
export async function settleMessage(
  tx: WriteTx,
  found: TrackedMessage,
  learned: Learned,
  { now, counts }: { now: Present; counts: CountChanges },
): Promise<MessageStatus> {
  const { state } = found
  const { retryAt } = learned.attempt
  if (retryAt !== found.attempt.retryAt) await setRetry(tx, found.attempt.id, retryAt)
  const attempts = found.attempts.map((one) => (one.id === learned.attempt.id ? learned.attempt : one))
  const notes = [...notesOf(state.notes), ...(learned.notes ?? [])]
  const after = messageFacts({ status: learned.end ?? state.status, notes }, attempts)
  if (isAsBefore(state, after, learned)) return state.status
  const [step] = stepsTo(state.status, after.status)
  const isAway = step !== undefined && step !== after.status
  if (isAway) await moveMessage(tx, state, { status: step, reason: null }, counts)
  const from = isAway ? { ...state, status: step, reason: null, waitReason: null } : state
  await moveMessage(tx, from, outcomeOf(state, after, learned), counts)
  counts.result(state.status, after.status, { runId: state.runId, attemptId: learned.attempt.id })
  await settleCapUse(tx, state, after.status, learned, { now, counts })
  if (after.status === 'pending' && state.status !== 'sending') await reopenIfFinished(tx, state.runId, now)
  return after.status
}

/** A repetition, or news that changes nothing that is shown. */
function isAsBefore(state: MessageState, after: MessageFacts, learned: Learned): boolean {
  const { attempts } = learned
  return (
    state.status === after.status &&
    !isReasonOf(state, after, learned) &&
    state.acceptedAt === after.acceptedAt &&
    state.sentAt === after.sentAt &&
    state.deliveredAt === after.deliveredAt &&
    state.readAt === after.readAt &&
    state.failedAt === after.failedAt &&
    (state.notes ?? '') === after.notes.join(',') &&
    (attempts ?? state.attempts) === state.attempts
  )
}

/** A reason for a failure that was told without one. */
function isReasonOf(state: MessageState, { status }: MessageFacts, { reason }: Learned): boolean {
  return status === 'failed' && state.status === 'failed' && state.reason === UNTOLD_REASON && reason != null
}

/** The facts with their words; what was said of a status that stays, stays. */
function outcomeOf(state: MessageState, after: MessageFacts, learned: Learned): Outcome {
  const { status, acceptedAt, sentAt, deliveredAt, readAt, failedAt, notes } = after
  const isMoved = state.status !== status || isReasonOf(state, after, learned)
  return {
    status,
    reason: isMoved ? reasonOf(status, learned) : state.reason,
    waitReason: isMoved ? (status === 'pending' && learned.waitReason) || null : state.waitReason,
    detail: isMoved ? (learned.detail ?? null) : state.detail,
    attempts: learned.attempts ?? state.attempts,
    dueAt: isMoved && status === 'pending' ? (learned.attempt.retryAt ?? undefined) : undefined,
    acceptedAt,
    sentAt,
    deliveredAt,
    readAt,
    failedAt,
    notes,
  }
}

function reasonOf(status: MessageStatus, { reason }: Learned): string | null {
  if (status === 'failed' || status === 'unknown') return reason ?? UNTOLD_REASON
  return isEnded(status) ? (reason ?? null) : null
}

/** Nobody said why. */
const UNTOLD_REASON = 'unknown'

/** With one of these a marketing message holds its place in the caps. */
const counted: readonly MessageStatus[] = ['sending', 'accepted', 'sent', 'delivered', 'read', 'unknown']

async function settleCapUse(
  tx: WriteTx,
  { id: messageId, contactId, status: before }: MessageState,
  after: MessageStatus,
  { isTold, keepsCapUse, attempt, waitReason }: Learned,
  { now, counts }: { now: Present; counts: CountChanges },
): Promise<void> {
  if (counted.includes(after)) {
    if (!counted.includes(before)) await takeCapUse(tx, messageId, now)
    return
  }
  if (before === after || isEnded(before)) return
  if (after === 'failed' && isTold) return releaseAfterFailure(tx, { contactId, messageId }, counts)
  if (keepsCapUse) return
  // The provider wants nothing more for a day: nobody waits that long for a message that may fail again.
  const isTriedSoon = after === 'pending' && waitReason !== 'cool_off'
  const until = isTriedSoon && attempt.retryAt !== null ? leftUntil(attempt.retryAt) : undefined
  await releaseCapUse(tx, { contactId, messageId, leftUntil: until }, counts)
}
