// Results of calls, written in groups. The ordinary answer "accepted" takes two prepared statements; everything else
// reads the message first and asks domain/retry.ts.
import { mergeStatus } from '../domain/message-status.ts'
import { decideRecord, type RecordDecision } from '../domain/retry.ts'
import { errorOf, outcomeOf, type SendResult } from '../domain/send-result.ts'
import { findAttempt, listEnded } from './attempts.ts'
import { notesOfCampaignError, pauseCampaign } from './campaigns.ts'
import { releaseCapUse, takeCapUse } from './caps.ts'
import type { ClaimedMessage } from './claim.ts'
import { blockPair } from './contact-senders.ts'
import { CountChanges } from './counts.ts'
import type { WriteTx } from './database.ts'
import { acceptSending, findMessageState, type MessageState, moveMessage, notesOf } from './messages.ts'
import { canSendAgain } from './runs.ts'
import { pauseSender } from './senders.ts'
import { suppress } from './suppressions.ts'

/** Template errors in a row after which a campaign pauses. */
export const BREAKER_ERRORS = 5

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
  account: string
  now: number
  results: readonly Recorded[]
  /** Spreads retries; in [0, 1). */
  random: () => number
}

export interface RecordOutcome {
  /** Campaigns that the breaker paused, and whether the sender was. */
  pausedCampaigns: number[]
  isSenderPaused: boolean
}

/** Writes what calls came to. Safe to repeat: an attempt that has ended is left alone. */
export async function recordResults(tx: WriteTx, request: RecordRequest): Promise<RecordOutcome> {
  const recording = new Recording(tx, request)
  return recording.run()
}

class Recording {
  readonly #tx: WriteTx
  readonly #request: RecordRequest
  readonly #counts = new CountChanges()
  readonly #outcome: RecordOutcome = { pausedCampaigns: [], isSenderPaused: false }
  /** Attempts that had ended before as unknown: they are counted already. */
  #countedBefore: ReadonlySet<number> = new Set()
  #hasRecovered = false

  constructor(tx: WriteTx, request: RecordRequest) {
    this.#tx = tx
    this.#request = request
  }

  async run(): Promise<RecordOutcome> {
    const { results } = this.#request
    const isPlain = ({ result }: Recorded) => result.kind === 'accepted' && !result.notes?.length
    const accepted = results.filter(isPlain)
    const late = await acceptSending(
      this.#tx,
      accepted.map(({ message, endedAt }) => ({ ...message, acceptedAt: endedAt })),
      this.#counts,
    )
    const lateIds = new Set(late.map((move) => move.attemptId))
    const others = results.filter((recorded) => !isPlain(recorded) || lateIds.has(recorded.message.attemptId))
    this.#countedBefore = await listEnded(
      this.#tx,
      others.map(({ message }) => message.attemptId),
    )
    await this.#endAttempts()
    for (const recorded of others) await this.#recordOne(recorded)
    if (accepted.length > 0) await this.#noteSuccess(accepted)
    if (this.#hasRecovered)
      await this.#tx.run(`UPDATE senders SET throttles = 0, hold_until = NULL WHERE id = ? AND throttles > 0`, [
        this.#request.senderId,
      ])
    await this.#counts.write(this.#tx, this.#request.nodeId)
    return this.#outcome
  }

  async #endAttempts(): Promise<void> {
    // A tracking id that another attempt holds already is the provider's mistake: it is left out, not fought over.
    // A cool-off that a callback told before is what the attempt came to, whatever its answer was.
    await this.#tx.runEach(
      `UPDATE attempts SET start_at_us = coalesce(?, start_at_us), ended_at = ?, outcome = CASE outcome WHEN 'cool_off' THEN outcome ELSE ? END, http_status = ?, provider_code = ?, provider_text = ?, provider_at = ?,
         tracking_id = CASE WHEN EXISTS (SELECT 1 FROM attempts o WHERE o.account = ? AND o.tracking_id = ? AND o.id <> attempts.id)
                            THEN NULL ELSE ? END
       WHERE id = ? AND (ended_at IS NULL OR outcome = 'unknown')`,
      this.#request.results.map(({ message, result, startedAtUs, endedAt }) => {
        const error = errorOf(result)
        const trackingId = result.kind === 'accepted' ? result.trackingId : null
        const providerAt = result.kind === 'accepted' ? (result.providerAt ?? null) : null
        return [
          startedAtUs ?? null,
          endedAt,
          outcomeOf(result),
          error?.httpStatus ?? null,
          error?.code ?? null,
          error?.text ?? null,
          providerAt,
          this.#request.account,
          trackingId,
          trackingId,
          message.attemptId,
        ]
      }),
    )
  }

  async #noteSuccess(accepted: Recorded[]): Promise<void> {
    this.#hasRecovered = true
    const campaigns = new Set(accepted.map(({ message }) => message.campaignId))
    await this.#tx.runEach(
      `UPDATE campaigns SET template_errors = 0 WHERE id = ? AND template_errors > 0`,
      [...campaigns].map((id) => [id]),
    )
  }

  async #recordOne({ message, result, endedAt }: Recorded): Promise<void> {
    const state = await findMessageState(this.#tx, message.messageId)
    if (state === undefined) return
    if (result.kind === 'accepted') return this.#acceptLate(state, message, result, endedAt)
    const isCurrent = state.attemptId === message.attemptId
    if (!isCurrent || (state.status !== 'sending' && state.status !== 'unknown')) return
    const decision = decideRecord(result, await this.#facts(state), this.#request.now, this.#request.random())
    await this.#apply(state, result, decision, endedAt)
  }

  /** Late truth is welcome from every status that is not an end of ours: it prevents a second send. */
  async #acceptLate(
    state: MessageState,
    message: Recorded['message'],
    result: Extract<SendResult, { kind: 'accepted' }>,
    at: number,
  ): Promise<void> {
    const attempt = await findAttempt(this.#tx, message.attemptId)
    if (state.status === 'pending' && state.attemptId === message.attemptId && attempt?.outcome === 'cool_off')
      return this.#countAttempt(message)
    const isEnded = state.status === 'skipped' || state.status === 'expired' || state.status === 'cancelled'
    const extra = [...(result.notes ?? [])]
    if (isEnded) extra.push('late_evidence')
    if (state.attemptId !== message.attemptId && state.status === 'sending') extra.push('duplicate_evidence')
    const notes = [...new Set([...notesOf(state.notes), ...extra])].sort()
    const merged = mergeStatus(
      { ...state, isFailedByAnswer: await this.#wasRefused(state), notes },
      { status: 'accepted', at },
    )
    const status = isEnded ? state.status : merged.status
    const reason = isEnded || status === 'failed' ? state.reason : null
    const attempts = state.attempts + (this.#countedBefore.has(message.attemptId) ? 0 : 1)
    await moveMessage(this.#tx, state, { ...merged, status, reason, attempts, notes: merged.notes }, this.#counts)
    if (!isEnded && status !== 'failed') await takeCapUse(this.#tx, state.id, at)
    this.#hasRecovered = true
  }

  async #countAttempt({ messageId, attemptId }: Recorded['message']): Promise<void> {
    this.#hasRecovered = true
    if (this.#countedBefore.has(attemptId)) return
    await this.#tx.run(`UPDATE messages SET attempts = attempts + 1 WHERE id = ?`, [messageId])
  }

  /** Failed by the answer to a call; a failure that a callback told may overtake our own result, and is the truth. */
  async #wasRefused({ status, attemptId }: MessageState): Promise<boolean> {
    if (status !== 'failed') return false
    const attempt = attemptId === null ? undefined : await findAttempt(this.#tx, attemptId)
    return attempt?.outcome !== 'accepted' && attempt?.outcome !== 'unknown' && attempt?.outcome !== null
  }

  async #facts(state: MessageState) {
    const row = await this.#tx.get<{ pairThrottles: number; coolOffs: number; senderThrottles: number }>(
      `SELECT (SELECT count(*) FROM attempts WHERE message_id = ? AND outcome = 'throttled_pair') - 1 AS pairThrottles,
              (SELECT count(*) FROM attempts WHERE message_id = ? AND outcome = 'cool_off') - 1 AS coolOffs,
              (SELECT throttles FROM senders WHERE id = ?) AS senderThrottles`,
      [state.id, state.id, this.#request.senderId],
    )
    return {
      attempts: state.attempts,
      expiresAt: state.expiresAt,
      // This attempt is among the counted ones already.
      pairThrottles: Math.max(0, row?.pairThrottles ?? 0),
      coolOffs: Math.max(0, row?.coolOffs ?? 0),
      senderThrottles: row?.senderThrottles ?? 0,
    }
  }

  async #apply(state: MessageState, result: SendResult, decision: RecordDecision, at: number): Promise<void> {
    const detail = errorOf(result)?.text ?? null
    const isOver = decision.to === 'pending' && !(await canSendAgain(this.#tx, state.runId))
    const { status, reason } = isOver ? endOf(state) : { status: decision.to, reason: decision.reason }
    const isCounted = state.attemptId !== null && this.#countedBefore.has(state.attemptId)
    await moveMessage(
      this.#tx,
      state,
      {
        status,
        reason,
        waitReason: isOver ? null : (decision.waitReason ?? null),
        detail,
        attempts: state.attempts + (decision.countsAttempt && !isCounted ? 1 : 0),
        ...(decision.dueAt !== undefined && { dueAt: decision.dueAt }),
        ...(status === 'failed' && { failedAt: at }),
      },
      this.#counts,
    )
    if (decision.releasesCap) await releaseCapUse(this.#tx, state.id)
    await this.#applyToSender(result, decision)
    if (decision.blockContactUntil !== undefined)
      await blockPair(this.#tx, state.contactId, this.#request.senderId, decision.blockContactUntil)
    if (decision.suppress !== undefined)
      await suppress(
        this.#tx,
        {
          contactId: state.contactId,
          ...decision.suppress,
          evidence: `provider answer ${decision.reason ?? ''} to msg_${state.id}`,
        },
        this.#request.now,
        this.#counts,
      )
    if (decision.campaign === 'template_error') await this.#countTemplateError(state, result)
  }

  async #applyToSender(result: SendResult, decision: RecordDecision): Promise<void> {
    const { sender } = decision
    if (sender === undefined) return
    if ('recovered' in sender) this.#hasRecovered = true
    else if ('pause' in sender) {
      const error = errorOf(result)
      await pauseSender(
        this.#tx,
        this.#request.senderId,
        'account_error',
        `${error?.code ?? ''} ${error?.text ?? ''}. ${error?.advice ?? ''}`.trim(),
      )
      this.#outcome.isSenderPaused = true
    } else
      await this.#tx.run(
        `UPDATE senders SET throttles = throttles + CASE WHEN coalesce(hold_until, 0) > ? THEN 0 ELSE 1 END,
           hold_until = CASE WHEN coalesce(hold_until, 0) < ? THEN ? ELSE hold_until END WHERE id = ?`,
        // Several answers of one back-off step are one throttling.
        [this.#request.now, sender.holdUntil, sender.holdUntil, this.#request.senderId],
      )
  }

  async #countTemplateError(state: MessageState, result: SendResult): Promise<void> {
    await this.#tx.run(`UPDATE campaigns SET template_errors = template_errors + 1 WHERE id = ?`, [state.campaignId])
    const row = await this.#tx.get<{ errors: number }>(`SELECT template_errors AS errors FROM campaigns WHERE id = ?`, [
      state.campaignId,
    ])
    if ((row?.errors ?? 0) < BREAKER_ERRORS) return
    const isPaused = await pauseCampaign(
      this.#tx,
      state.campaignId,
      'template_errors',
      notesOfCampaignError(result),
      this.#request.now,
    )
    if (isPaused) this.#outcome.pausedCampaigns.push(state.campaignId)
  }
}

/** What was on the wire for a cancelled campaign and was not accepted: a call that came to nothing ends as the rest. */
function endOf(state: MessageState): { status: MessageState['status']; reason: string | null } {
  return state.status === 'sending'
    ? { status: 'cancelled', reason: null }
    : { status: 'failed', reason: 'campaign_cancelled' }
}
