// Attempts: one call each, stored before it began. They say which message a tracking id or a reference means.
import type { DeliveryStatus } from '../domain/message-status.ts'
import { type AttemptOutcome, errorOf, outcomeOf, type SendResult } from '../domain/send-result.ts'
import type { ReadTx, WriteTx } from './database.ts'

export interface Attempt {
  id: number
  messageId: number
  nodeId: number
  senderId: number
  startAtUs: number
  endedAt: number | null
  outcome: AttemptOutcome | null
  httpStatus: number | null
  providerCode: string | null
  providerText: string | null
  trackingId: string | null
  providerAt: string | null
}

const columns = `a.id, a.message_id AS messageId, a.node_id AS nodeId, a.sender_id AS senderId, a.start_at_us AS startAtUs, a.ended_at AS endedAt,
  a.outcome, a.http_status AS httpStatus, a.provider_code AS providerCode, a.provider_text AS providerText, a.tracking_id AS trackingId, a.provider_at AS providerAt`

export async function listAttempts(tx: ReadTx, messageId: number): Promise<Attempt[]> {
  return tx.all<Attempt>(`SELECT ${columns} FROM attempts a WHERE a.message_id = ? ORDER BY a.id`, [messageId])
}

/** What the answer to a call says of its attempt. */
export interface AnsweredAttempt {
  message: { attemptId: number }
  result: SendResult
  startedAtUs?: number | undefined
  endedAt: number
}

/** Acceptances of attempts of which nothing else is known: the ordinary case, with as few values as it takes. */
export async function acceptAttempts(tx: WriteTx, answers: Iterable<AnsweredAttempt>): Promise<void> {
  const rows = [...answers].map(({ message, result, startedAtUs, endedAt }) => {
    const { trackingId = null, providerAt = null } = result.kind === 'accepted' ? result : {}
    return [startedAtUs ?? null, endedAt, endedAt, providerAt, trackingId, trackingId, message.attemptId]
  })
  await tx.runEach(
    `UPDATE attempts SET start_at_us = coalesce(?, start_at_us), ended_at = ?, outcome = 'accepted', accepted_at = ?, provider_at = ?,
       tracking_id = CASE WHEN EXISTS (SELECT 1 FROM attempts o WHERE o.account = attempts.account AND o.tracking_id = ? AND o.id <> attempts.id)
                          THEN NULL ELSE ? END
     WHERE id = ?`,
    rows,
  )
}

/**
 * Any answer. A tracking id that another attempt holds already is the provider's mistake: it is left out,
 * not fought over. A failure that a callback told before keeps its code.
 */
export async function recordAnswer(tx: WriteTx, answer: AnsweredAttempt): Promise<void> {
  await tx.run(
    `UPDATE attempts SET start_at_us = coalesce(?, start_at_us), ended_at = ?, outcome = ?, http_status = ?,
       provider_code = coalesce(CASE WHEN failed_at IS NOT NULL THEN provider_code END, ?),
       provider_text = coalesce(CASE WHEN failed_at IS NOT NULL THEN provider_text END, ?), provider_at = ?,
       accepted_at = CASE WHEN accepted_at < ? THEN accepted_at ELSE coalesce(?, accepted_at) END,
       tracking_id = CASE WHEN CAST(? AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM attempts o WHERE o.account = attempts.account AND o.tracking_id = ? AND o.id <> attempts.id)
                          THEN tracking_id ELSE ? END
     WHERE id = ?`,
    answerParams(answer),
  )
}

/** A message that a node has claimed and not recorded, with its attempt. */
export interface HeldMessage {
  messageId: number
  attemptId: number
  runId: number
  campaignId: number
  senderId: number
}

/** What a node holds, in the order of messages. */
export async function listHeldMessages(
  tx: ReadTx,
  nodeId: number,
  after: number,
  limit: number,
): Promise<HeldMessage[]> {
  return tx.all<HeldMessage>(
    `SELECT m.id AS messageId, m.attempt_id AS attemptId, m.run_id AS runId, r.campaign_id AS campaignId, a.sender_id AS senderId
     FROM messages m JOIN runs r ON r.id = m.run_id JOIN attempts a ON a.id = m.attempt_id
     WHERE m.node_id = ? AND m.status = 'sending' AND m.id > ? ORDER BY m.id LIMIT ?`,
    [nodeId, after, limit],
  )
}

function answerParams({ message, result, startedAtUs, endedAt }: AnsweredAttempt) {
  const error = errorOf(result)
  const isAccepted = result.kind === 'accepted'
  const trackingId = isAccepted ? result.trackingId : null
  const acceptedAt = isAccepted ? endedAt : null
  return [
    startedAtUs ?? null,
    endedAt,
    outcomeOf(result),
    error?.httpStatus ?? null,
    error?.code ?? null,
    error?.text ?? null,
    isAccepted ? (result.providerAt ?? null) : null,
    acceptedAt,
    acceptedAt,
    trackingId,
    trackingId,
    trackingId,
    message.attemptId,
  ]
}

/** Whose attempt a tracking id is. */
export async function findTrackingId(tx: ReadTx, account: string, trackingId: string): Promise<number | undefined> {
  const row = await tx.get<{ id: number }>('SELECT id FROM attempts WHERE account = ? AND tracking_id = ?', [
    account,
    trackingId,
  ])
  return row?.id
}

/** The message that a tracking id names, and whom it was for. */
export async function findMessageByTracking(
  tx: ReadTx,
  account: string,
  trackingId: string,
): Promise<{ messageId: number; contactId: number } | undefined> {
  return tx.get<{ messageId: number; contactId: number }>(
    `SELECT m.id AS messageId, m.contact_id AS contactId FROM attempts a JOIN messages m ON m.id = a.message_id WHERE a.account = ? AND a.tracking_id = ?`,
    [account, trackingId],
  )
}

/** A callback told the tracking id of an attempt whose answer was lost. */
export async function setTrackingId(tx: WriteTx, attemptId: number, trackingId: string): Promise<void> {
  await tx.run(`UPDATE attempts SET tracking_id = ? WHERE id = ? AND tracking_id IS NULL`, [trackingId, attemptId])
}

const columnOf = {
  accepted: 'accepted_at',
  sent: 'sent_at',
  delivered: 'delivered_at',
  read: 'read_at',
  failed: 'failed_at',
} as const satisfies Record<DeliveryStatus, string>

/** When an attempt reached a status, as it was told after the call. */
export async function setStatus(
  tx: WriteTx,
  attemptId: number,
  status: DeliveryStatus,
  at: number | null,
): Promise<void> {
  await tx.run(`UPDATE attempts SET ${columnOf[status]} = ? WHERE id = ?`, [at, attemptId])
}

/** Why an attempt failed, as it was told after the call. */
export async function setFailure(
  tx: WriteTx,
  attemptId: number,
  { outcome, code, text }: { outcome: AttemptOutcome; code: string; text: string },
): Promise<void> {
  await tx.run(`UPDATE attempts SET failure = ?, provider_code = ?, provider_text = ? WHERE id = ?`, [
    outcome,
    code,
    text,
    attemptId,
  ])
}

/** The attempt claimed last, of whatever sender; 0 before the first one. */
export async function newestAttempt(tx: ReadTx): Promise<number> {
  const row = await tx.get<{ id: number | null }>('SELECT max(id) AS id FROM attempts')
  return row?.id ?? 0
}

/** What only a failure asks of an attempt. */
export interface CallFacts {
  senderId: number
  startAtUs: number
  /** Of the answer, or of the failure that was told since. */
  providerCode: string | null
}

export async function findCall(tx: ReadTx, attemptId: number): Promise<CallFacts | undefined> {
  return tx.get<CallFacts>(
    `SELECT sender_id AS senderId, start_at_us AS startAtUs, provider_code AS providerCode FROM attempts WHERE id = ?`,
    [attemptId],
  )
}

/** How many other attempts of a message came to something, by answer or told later. */
export async function countOthers(
  tx: ReadTx,
  { id, messageId }: { id: number; messageId: number },
  outcome: AttemptOutcome,
): Promise<number> {
  const row = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM attempts WHERE message_id = ? AND id <> ? AND (outcome = ? OR failure = ?)`,
    [messageId, id, outcome, outcome],
  )
  return row?.count ?? 0
}

/** Another attempt was decided in its place. */
export async function setRetry(tx: WriteTx, attemptId: number, retryAt: number | null): Promise<void> {
  await tx.run(`UPDATE attempts SET retry_at = ? WHERE id = ?`, [retryAt, attemptId])
}
