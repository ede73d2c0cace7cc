// Unknown messages settled without proof: by an operator who knows, or by what the campaign's delivery policy allows. What is
// said is kept as a fact of the attempt, so that later proof finds it there and is stronger.
import type { MessageStatus, Resolution } from '../domain/message-status.ts'
import { RESOLVED_CODE } from '../domain/send-result.ts'
import type { CountChanges } from './counts.ts'
import type { Present, WriteTx } from './database.ts'
import { findMessageState } from './messages.ts'
import { findTracked, settleMessage, type TrackedAttempt } from './tracked-message.ts'

export interface Settlement {
  resolution: Resolution
  now: Present
  counts: CountChanges
  detail?: string | undefined
}

/** Settles the last attempt of an unknown message. Returns the status that the message has then. */
export async function settleUnknown(tx: WriteTx, messageId: number, settlement: Settlement): Promise<MessageStatus> {
  const state = await findMessageState(tx, messageId)
  const found = state?.attemptId == null ? undefined : await findTracked(tx, { attemptId: state.attemptId })
  if (found === undefined || state?.status !== 'unknown') throw new Error(`message ${messageId} is not unknown`)
  const { resolution, now, detail } = settlement
  const attempt = settledAttempt(found.attempt, resolution, now)
  await tx.run(`UPDATE attempts SET outcome = ?, accepted_at = ?, ended_at = ? WHERE id = ?`, [
    attempt.outcome,
    attempt.acceptedAt,
    attempt.endedAt,
    attempt.id,
  ])
  const waitReason = resolution === 'resend' ? 'retry' : undefined
  return settleMessage(
    tx,
    found,
    { attempt, reason: RESOLVED_CODE, detail, waitReason, keepsCapUse: resolution === 'resend' },
    settlement,
  )
}

function settledAttempt(attempt: TrackedAttempt, resolution: Resolution, now: number): TrackedAttempt {
  switch (resolution) {
    case 'accepted':
      return { ...attempt, acceptedAt: now }
    case 'failed':
      return { ...attempt, outcome: 'refused', answer: 'refused', endedAt: now }
    case 'resend':
      return { ...attempt, retryAt: now }
  }
}
