// Proof for unknown messages: the provider is asked where it can be; what the campaign's delivery policy allows is done
// when it cannot. Silence is never proof.
// Reads unknown messages; writes what was proved. Safe to kill: asking again changes nothing.
import { mergeStatus } from '../../domain/message-status.ts'
import { QUEUED_CODE } from '../../domain/send-result.ts'
import { HOUR_MS } from '../../domain/time-zone.ts'
import type { LookUpResult } from '../../providers/provider.ts'
import { findAttempt, findAttemptByTrackingId, setTrackingId } from '../../store/attempts.ts'
import { getRevision } from '../../store/campaigns.ts'
import { releaseAfterFailure } from '../../store/caps.ts'
import { CountChanges } from '../../store/counts.ts'
import type { WriteTx } from '../../store/database.ts'
import { findMessageState, listUnknown, moveMessage, notesOf, type UnknownMessage } from '../../store/messages.ts'
import { canSendAgain } from '../../store/runs.ts'
import { reopenIfFinished } from '../campaigns/finish.ts'
import type { Context } from '../context.ts'
import type { SenderConnections } from '../senders/sender-connections.ts'

/** A request can still arrive, and a provider's own books lag: nothing is concluded before. */
const QUARANTINE_MS = 5 * 60_000
const MESSAGES_PER_PASS = 200
/** Counts are kept per node; what no node holds is counted under this one. */
const NO_NODE = 0

/** Asks and decides once for every unknown message that is old enough. Returns how many were settled. */
export async function seekProof(
  ctx: Context,
  connections: SenderConnections,
  reference: (attemptId: number) => string,
): Promise<number> {
  const unknown = await ctx.db.read((tx) => listUnknown(tx, { limit: MESSAGES_PER_PASS }))
  let settled = 0
  for (const message of unknown) {
    const ageMs = ctx.clock.now() - message.startedAt - ctx.config.callDeadlineSeconds * 1000
    if (ageMs < QUARANTINE_MS || ageMs > ctx.config.unknownProofHours * HOUR_MS) continue
    if (await settle(ctx, connections, message, reference)) settled++
  }
  return settled
}

async function settle(
  ctx: Context,
  connections: SenderConnections,
  message: UnknownMessage,
  reference: (attemptId: number) => string,
): Promise<boolean> {
  const { driver, sender } = await connections.get(message.senderId)
  const revision = await ctx.db.read((tx) => getRevision(tx, message.revisionId))
  const delivery = revision.definition.delivery ?? 'atMostOnce'
  const answer = await driver.lookUp?.({
    trackingId: message.trackingId,
    reference: reference(message.attemptId),
    to: message.phone,
    startedAt: message.startedAt,
  })
  if (answer?.found === true) return ctx.db.write((tx) => acceptProof(ctx, tx, message, answer, sender.account))
  const mayResend = (delivery === 'reconcile' && answer?.isProof === true) || delivery === 'atLeastOnce'
  if (!mayResend || message.reason === QUEUED_CODE) return false
  return ctx.db.write((tx) => resend(ctx, tx, message.id))
}

async function acceptProof(
  ctx: Context,
  tx: WriteTx,
  message: UnknownMessage,
  answer: Extract<LookUpResult, { found: true }>,
  account: string,
): Promise<boolean> {
  const state = await findMessageState(tx, message.id)
  const attempt = await findAttempt(tx, message.attemptId)
  if (state === undefined || attempt === undefined || state.status !== 'unknown') return false
  // A provider that looks by person and time may find what another attempt has sent: that proves nothing of this one.
  const holder = await findAttemptByTrackingId(tx, account, answer.trackingId)
  if (holder !== undefined && holder.id !== attempt.id) return false
  await setTrackingId(tx, attempt, account, answer.trackingId)
  const counts = new CountChanges()
  const at = answer.at ?? ctx.clock.now()
  const merged = mergeStatus(
    { ...state, isFailedByAnswer: false, notes: notesOf(state.notes) },
    { status: answer.status, at },
  )
  const reason = merged.status === 'failed' ? (answer.error?.code ?? 'unknown') : null
  await moveMessage(tx, state, { ...merged, reason, detail: answer.error?.text ?? null, notes: merged.notes }, counts)
  await counts.write(tx, NO_NODE)
  if (merged.status === 'failed') await releaseAfterFailure(tx, message.id)
  return true
}

/** unknown → pending: only by negative proof, by the campaign's policy or by an operator. The place in the caps stays. */
async function resend(ctx: Context, tx: WriteTx, messageId: number): Promise<boolean> {
  const state = await findMessageState(tx, messageId)
  const now = ctx.clock.now()
  if (state === undefined || state.status !== 'unknown' || now >= state.expiresAt) return false
  if (!(await canSendAgain(tx, state.runId))) return false
  const counts = new CountChanges()
  const moved = await moveMessage(
    tx,
    state,
    { status: 'pending', reason: null, dueAt: now, waitReason: 'retry' },
    counts,
  )
  await counts.write(tx, NO_NODE)
  await reopenIfFinished(tx, state.runId, now)
  return moved
}
