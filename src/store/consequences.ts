// What a result means for others than its message: the sender is held or paused, the campaign's breaker counts, the person
// is suppressed or left alone. The same for answers, callbacks and look-ups; what an older call tells overwrites nothing
// that was set, or mended, since it began.
import { type ContentOutcome, isTripped, pushOutcomes } from '../domain/breaker.ts'
import type { Consequences, RecordFacts } from '../domain/retry.ts'
import type { ProviderError } from '../domain/send-result.ts'
import { countOthers } from './attempts.ts'
import { findBreaker, pauseCampaign, setBreaker } from './campaigns.ts'
import { blockPair } from './contact-senders.ts'
import type { CountChanges } from './counts.ts'
import type { WriteTx } from './database.ts'
import { getSenderBrake, holdSender, pauseSender, type SenderBrake } from './senders.ts'
import { suppress } from './suppressions.ts'
import type { TrackedMessage } from './tracked-message.ts'

/** The call that a result is of. */
export interface Call {
  senderId: number
  /** When it began, µs. */
  calledAtUs: number
}

export interface Cause extends Call {
  found: TrackedMessage
  error: ProviderError | null
  /** Which window of the breaker it belongs to. */
  source: 'answers' | 'told'
  /** What stands beside a suppression. */
  evidence: string
  now: number
  counts: CountChanges
}

export interface ConsequenceOutcome {
  isSenderPaused: boolean
  isCampaignPaused: boolean
}

/** What the rules about a failure ask about its message and its sender. */
export async function failureFacts(
  tx: WriteTx,
  { state, attempt }: TrackedMessage,
  { senderId, calledAtUs }: Call,
): Promise<RecordFacts> {
  const brake = await getSenderBrake(tx, senderId)
  const others = { id: attempt.id, messageId: state.id }
  return {
    attempts: state.attempts,
    expiresAt: state.expiresAt,
    pairThrottles: await countOthers(tx, others, 'throttled_pair'),
    coolOffs: await countOthers(tx, others, 'cool_off'),
    // The answers to calls of one back-off step ask for the same pause.
    senderThrottles: Math.max(0, brake.throttles - (isNewerThanHold(brake, calledAtUs) ? 0 : 1)),
  }
}

function isNewerThanHold({ holdSetAt }: SenderBrake, calledAtUs: number): boolean {
  return calledAtUs > (holdSetAt ?? 0) * 1000
}

export async function applyConsequences(
  tx: WriteTx,
  consequences: Consequences,
  cause: Cause,
): Promise<ConsequenceOutcome> {
  const { found, now, counts } = cause
  const { contactId, campaignId } = found.state
  const { sender, campaign, suppress: scope, blockContactUntil } = consequences
  if (blockContactUntil !== undefined) await blockPair(tx, contactId, cause.senderId, blockContactUntil)
  if (scope !== undefined) await suppress(tx, { contactId, ...scope, evidence: cause.evidence }, now, counts)
  const isSenderPaused = sender !== undefined && (await brakeSender(tx, sender, cause))
  const isCampaignPaused =
    campaign !== undefined && campaign !== 'worked' && (await countFailure(tx, campaignId, campaign, cause))
  return { isSenderPaused, isCampaignPaused }
}

/** Returns whether the sender was paused. */
async function brakeSender(
  tx: WriteTx,
  sender: NonNullable<Consequences['sender']>,
  { senderId, calledAtUs, error, now }: Cause,
): Promise<boolean> {
  if ('recovered' in sender) return false
  const brake = await getSenderBrake(tx, senderId)
  if ('holdUntil' in sender) {
    const isNewThrottle = isNewerThanHold(brake, calledAtUs)
    await holdSender(tx, senderId, { until: sender.holdUntil, isNewThrottle, now })
    return false
  }
  if (calledAtUs < (brake.resumedAt ?? 0) * 1000) return false
  const detail = `${error?.code ?? ''} ${error?.text ?? ''}. ${error?.advice ?? ''}`.trim()
  return pauseSender(tx, senderId, 'account_error', detail)
}

/** Returns whether the breaker paused the campaign. */
async function countFailure(
  tx: WriteTx,
  campaignId: number,
  campaign: 'failed' | 'stop',
  { calledAtUs, error, source, now }: Cause,
): Promise<boolean> {
  const windows = await findBreaker(tx, campaignId)
  if (windows === undefined || calledAtUs < windows.from * 1000) return false
  windows[source] = pushOutcomes(windows[source], 'x' satisfies ContentOutcome)
  await setBreaker(tx, campaignId, windows)
  if (campaign !== 'stop' && !isTripped(windows.answers, windows.told)) return false
  const detail = { code: error?.code, text: error?.text, advice: error?.advice }
  return pauseCampaign(tx, campaignId, 'template_errors', detail, now)
}

/** Messages whose content went through; costs a look at the campaign, and a write only while failures are in its window. */
export async function countSuccesses(
  tx: WriteTx,
  campaignId: number,
  source: 'answers' | 'told',
  count: number,
): Promise<void> {
  const windows = await findBreaker(tx, campaignId)
  if (windows === undefined || windows[source] === '') return
  windows[source] = pushOutcomes(windows[source], '.'.repeat(count))
  await setBreaker(tx, campaignId, windows)
}
