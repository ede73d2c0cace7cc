// Every move of a message goes through this file: UPDATE … WHERE status = from; the change count is what is counted.

import { AppError } from '../domain/errors.ts'
import type { SkipReason } from '../domain/message-rules.ts'
import type { DeliveryNote, MessageStatus, WaitReason } from '../domain/message-status.ts'
import { releaseCapUses } from './caps.ts'
import type { CountChanges } from './counts.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'

/**
 * The reason under which a message is counted: what it waits for, why it ended, or that it was delivered late. A
 * report reads these counts and no message.
 */
function countReason(state: CountedState): string | null {
  if (state.status === 'pending') return state.waitReason
  if (state.status === 'delivered' || state.status === 'read')
    return state.deliveredAt !== null && state.deliveredAt > state.expiresAt ? 'late' : null
  return state.reason
}

type CountedState = Pick<MessageState, 'status' | 'reason' | 'waitReason' | 'deliveredAt' | 'expiresAt'>

/** The same in SQL, for recounting. */
export const countReasonSql = `CASE WHEN status = 'pending' THEN coalesce(wait_reason, '')
  WHEN status IN ('delivered', 'read') THEN CASE WHEN delivered_at > expires_at THEN 'late' ELSE '' END
  ELSE coalesce(reason, '') END`

export interface StartMove {
  messageId: number
  runId: number
  /** What it waited for. */
  waitReason: WaitReason | null
  attemptId: number
  nodeId: number
}

/** pending → sending, in the claim. Each must happen: the claim holds the lock under which it read the row. */
export async function startSending(tx: WriteTx, moves: StartMove[], counts: CountChanges): Promise<void> {
  const changes = await tx.runEach(
    `UPDATE messages SET status = 'sending', wait_reason = NULL, detail = NULL, node_id = ?, attempt_id = ?
     WHERE id = ? AND status = 'pending'`,
    moves.map((move) => [move.nodeId, move.attemptId, move.messageId]),
  )
  for (const [index, move] of moves.entries()) {
    if (changes[index] !== 1) throw new AppError('fault', `message ${move.messageId} was claimed but is not pending`)
    counts.move(move.runId, ['pending', move.waitReason], ['sending', null])
  }
}

export interface DeferMove {
  messageId: number
  runId: number
  dueAt: number
  /** What it waited for before. */
  from: WaitReason | null
  waitReason: WaitReason
  detail: string | null
}

/** A later due_at for pending messages; no move of status. */
export async function deferPending(tx: WriteTx, moves: DeferMove[], counts: CountChanges): Promise<void> {
  for (const move of moves) counts.move(move.runId, ['pending', move.from], ['pending', move.waitReason])
  await tx.runEach(
    `UPDATE messages SET due_at = ?, wait_reason = ?, detail = ? WHERE id = ? AND status = 'pending'`,
    moves.map((move) => [move.dueAt, move.waitReason, move.detail, move.messageId]),
  )
}

export interface EndMove {
  messageId: number
  runId: number
  /** What it waited for. */
  waitReason: WaitReason | null
  to: 'skipped' | 'expired' | 'cancelled'
  reason: SkipReason | null
  detail: string | null
}

/** pending → skipped, expired or cancelled. Returns how many moved. */
export async function endPending(tx: WriteTx, moves: EndMove[], counts: CountChanges): Promise<number> {
  const changes = await tx.runEach(
    `UPDATE messages SET status = ?, reason = ?, wait_reason = NULL, detail = coalesce(?, detail) WHERE id = ? AND status = 'pending'`,
    moves.map((move) => [move.to, move.reason, move.detail, move.messageId]),
  )
  const ended = moves.filter((_, index) => changes[index] === 1)
  for (const move of ended) counts.move(move.runId, ['pending', move.waitReason], [move.to, move.reason])
  // A message that waited for another attempt may still hold its place in the caps.
  await releaseCapUses(
    tx,
    ended.map((move) => move.messageId),
    counts,
  )
  return ended.length
}

/** A message with what recording a result or a status update has to know. */
export interface MessageState {
  id: number
  runId: number
  contactId: number
  campaignId: number
  status: MessageStatus
  reason: string | null
  waitReason: WaitReason | null
  detail: string | null
  attempts: number
  attemptId: number | null
  expiresAt: number
  acceptedAt: number | null
  sentAt: number | null
  deliveredAt: number | null
  readAt: number | null
  failedAt: number | null
  notes: string | null
}

/** From `messages m JOIN runs r`. */
export const stateColumns = `m.id, m.run_id AS runId, m.contact_id AS contactId, r.campaign_id AS campaignId,
  m.status, m.reason, m.wait_reason AS waitReason, m.detail, m.attempts, m.attempt_id AS attemptId, m.expires_at AS expiresAt,
  m.accepted_at AS acceptedAt, m.sent_at AS sentAt, m.delivered_at AS deliveredAt, m.read_at AS readAt, m.failed_at AS failedAt, m.notes`

export async function findMessageState(tx: ReadTx, messageId: number): Promise<MessageState | undefined> {
  return tx.get<MessageState>(`SELECT ${stateColumns} FROM messages m JOIN runs r ON r.id = m.run_id WHERE m.id = ?`, [
    messageId,
  ])
}

export function notesOf(text: string | null): DeliveryNote[] {
  return text === null ? [] : (text.split(',') as DeliveryNote[])
}

export interface Outcome {
  status: MessageStatus
  reason: string | null
  waitReason?: WaitReason | null
  detail?: string | null
  dueAt?: number | undefined
  attempts?: number
  acceptedAt?: number | null
  sentAt?: number | null
  deliveredAt?: number | null
  readAt?: number | null
  failedAt?: number | null
  notes?: readonly DeliveryNote[]
}

/** Writes what became of a message after a call or by a status update. Returns whether it still was as `state` says. */
export async function moveMessage(
  tx: WriteTx,
  state: MessageState,
  outcome: Outcome,
  counts: CountChanges,
): Promise<boolean> {
  const { status, reason, waitReason = null } = outcome
  const deliveredAt = orBefore(outcome.deliveredAt, state.deliveredAt)
  const changes = await tx.run(
    // Only a message on the wire is held by a node.
    `UPDATE messages SET status = ?, reason = ?, wait_reason = ?, detail = ?, due_at = coalesce(?, due_at), attempts = ?,
       node_id = CASE WHEN ? = 'sending' THEN node_id END,
       accepted_at = ?, sent_at = ?, delivered_at = ?, read_at = ?, failed_at = ?, notes = ?
     WHERE id = ? AND status = ?`,
    [
      status,
      reason,
      waitReason,
      outcome.detail ?? null,
      outcome.dueAt ?? null,
      outcome.attempts ?? state.attempts,
      status,
      orBefore(outcome.acceptedAt, state.acceptedAt),
      orBefore(outcome.sentAt, state.sentAt),
      deliveredAt,
      orBefore(outcome.readAt, state.readAt),
      orBefore(outcome.failedAt, state.failedAt),
      outcome.notes === undefined ? state.notes : outcome.notes.join(',') || null,
      state.id,
      state.status,
    ],
  )
  if (changes !== 1) return false
  const after = countReason({ status, reason, waitReason, deliveredAt, expiresAt: state.expiresAt })
  counts.move(state.runId, [state.status, countReason(state)], [status, after])
  return true
}

/** Only what the outcome says changes; null takes an instant back. */
function orBefore(told: number | null | undefined, before: number | null): number | null {
  return told === undefined ? before : told
}

interface Unbegun {
  messageId: number
  runId: number
  attemptId: number
}

/** sending → pending, due at once, for calls that never began. Returns those that moved: the others were moved by another process. */
export async function returnUnbegun<T extends Unbegun>(
  tx: WriteTx,
  unbegun: readonly T[],
  now: Present,
  counts: CountChanges,
): Promise<T[]> {
  const changes = await tx.runEach(
    `UPDATE messages SET status = 'pending', reason = NULL, wait_reason = NULL, detail = NULL, due_at = ?, node_id = NULL
     WHERE id = ? AND attempt_id = ? AND status = 'sending'`,
    unbegun.map(({ messageId, attemptId }) => [now, messageId, attemptId]),
  )
  const moved = unbegun.filter((_, index) => changes[index] === 1)
  for (const { runId } of moved) counts.move(runId, ['sending', null], ['pending', null])
  return moved
}

/** An answer "accepted" to a call. */
interface Accepted {
  message: { messageId: number; runId: number; attemptId: number }
  endedAt: number
}

/** sending → accepted for answers that came in the ordinary way. Returns those that moved: the others were moved by another process. */
export async function acceptSending<T extends Accepted>(
  tx: WriteTx,
  accepted: readonly T[],
  counts: CountChanges,
): Promise<Set<T>> {
  const changes = await tx.runEach(
    `UPDATE messages SET status = 'accepted', accepted_at = ?, attempts = attempts + 1, node_id = NULL
     WHERE id = ? AND attempt_id = ? AND status = 'sending'`,
    accepted.map(({ message, endedAt }) => [endedAt, message.messageId, message.attemptId]),
  )
  const moved = new Set(accepted.filter((_, index) => changes[index] === 1))
  for (const { message } of moved) {
    const { runId, attemptId } = message
    counts.move(runId, ['sending', null], ['accepted', null])
    counts.result('sending', 'accepted', { runId, attemptId })
  }
  return moved
}

/** pending → cancelled for a slice of a campaign's messages. */
export async function cancelPending(
  tx: WriteTx,
  campaignId: number,
  limit: number,
  counts: CountChanges,
): Promise<number> {
  const rows = await tx.all<{ messageId: number; runId: number; waitReason: WaitReason | null }>(
    `SELECT m.id AS messageId, m.run_id AS runId, m.wait_reason AS waitReason FROM runs r JOIN messages m ON m.run_id = r.id
     WHERE r.campaign_id = ? AND r.status IN ('planning', 'sending') AND m.status = 'pending' LIMIT ?`,
    [campaignId, limit],
  )
  const moves = rows.map((row): EndMove => ({ ...row, to: 'cancelled', reason: null, detail: null }))
  return endPending(tx, moves, counts)
}

/** Calls of a campaign that have begun and not ended, by the counts. */
export async function countOnTheWire(tx: ReadTx, campaignId: number): Promise<number> {
  const row = await tx.get<{ count: number | null }>(
    `SELECT sum(count) AS count FROM campaign_counts WHERE campaign_id = ? AND status = 'sending'`,
    [campaignId],
  )
  return row?.count ?? 0
}

/** Messages looked at to find when a wait ends. */
const WAITS_LOOKED_AT = 2_000

/** When the first message of a run that waits for each reason is looked at next; only among the nearest ones. */
export async function listWaitEnds(tx: ReadTx, runId: number): Promise<Map<string, number>> {
  const rows = await tx.all<{ reason: string; until: number }>(
    `SELECT coalesce(wait_reason, '') AS reason, min(due_at) AS until FROM (
       SELECT wait_reason, due_at FROM messages WHERE run_id = ? AND status = 'pending' ORDER BY due_at, scheduled_at LIMIT ?) w
     GROUP BY 1`,
    [runId, WAITS_LOOKED_AT],
  )
  return new Map(rows.map((row) => [row.reason, row.until]))
}

/** Pending messages whose validity is over: they expire when the campaign goes on. */
export async function countExpired(tx: ReadTx, campaignId: number, now: number): Promise<number> {
  const row = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM runs r JOIN messages m ON m.run_id = r.id
     WHERE r.campaign_id = ? AND r.status = 'sending' AND m.status = 'pending' AND m.expires_at <= ?`,
    [campaignId, now],
  )
  return row?.count ?? 0
}

/** Messages that wait and were planned with another revision than this one. */
export async function countPlannedOtherwise(tx: ReadTx, campaignId: number, revisionId: number): Promise<number> {
  const row = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM runs r JOIN messages m ON m.run_id = r.id
     WHERE r.campaign_id = ? AND r.status IN ('planning', 'sending') AND m.status = 'pending' AND m.revision_id <> ?`,
    [campaignId, revisionId],
  )
  return row?.count ?? 0
}

/** Messages that wait in the runs of a campaign, by the counts. */
export async function countPlanned(tx: ReadTx, campaignId: number): Promise<number> {
  const row = await tx.get<{ count: number | null }>(
    `SELECT sum(n.count) AS count FROM runs r JOIN run_counts n ON n.run_id = r.id AND n.status = 'pending'
     WHERE r.campaign_id = ? AND r.status IN ('planning', 'sending') AND r.kind = 'scheduled'`,
    [campaignId],
  )
  return row?.count ?? 0
}

/** How many messages a campaign has, or all of them have; counted no further than `atMost`. */
export async function countMessagesAtMost(tx: ReadTx, campaignId: number | undefined, atMost: number): Promise<number> {
  const ofCampaign = 'FROM runs r JOIN messages m ON m.run_id = r.id WHERE r.campaign_id = ?'
  const row = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM (SELECT 1 ${campaignId === undefined ? 'FROM messages' : ofCampaign} LIMIT ?) s`,
    campaignId === undefined ? [atMost] : [campaignId, atMost],
  )
  return row?.count ?? 0
}

/** Calls of a campaign that have begun and will be recorded when they end. */
export async function countCalls(tx: ReadTx, campaignId: number): Promise<number> {
  return (await countOnTheWire(tx, campaignId)) - (await countUnrecorded(tx, campaignId))
}

/** Calls of a campaign that have ended and cannot be recorded. */
async function countUnrecorded(tx: ReadTx, campaignId: number): Promise<number> {
  const row = await tx.get<{ count: number }>(
    `SELECT count(DISTINCT m.id) AS count FROM troubles t JOIN messages m ON m.id = t.subject_id JOIN runs r ON r.id = m.run_id
     WHERE t.work = 'result' AND r.campaign_id = ? AND m.status = 'sending'`,
    [campaignId],
  )
  return row?.count ?? 0
}

export interface TestState {
  status: MessageStatus
  trackingId: string | null
  /** What the provider said, or the rule that stopped it. */
  detail: string | null
}

/** What has become of a test message. */
export async function readTestState(tx: ReadTx, messageId: number): Promise<TestState> {
  const row = await tx.get<TestState>(
    `SELECT m.status, a.tracking_id AS trackingId, coalesce(m.detail, a.provider_text, m.reason) AS detail
     FROM messages m LEFT JOIN attempts a ON a.id = m.attempt_id WHERE m.id = ?`,
    [messageId],
  )
  if (row === undefined) throw new AppError('fault', `message ${messageId} is gone`)
  return row
}
