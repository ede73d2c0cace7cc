// What a result means for others than its message: the sender is held or paused, the campaign's breaker counts, the person
// is suppressed or left alone. The same for answers, callbacks and look-ups; what an older call tells overwrites nothing
// that was set, or mended, since it began.
import { type ContentOutcome, isTripped, pushOutcomes } from '../domain/breaker.ts'
import type { Consequences, RecordFacts } from '../domain/retry.ts'
import type { ProviderError } from '../domain/send-result.ts'
import { inSentences } from '../domain/sentence.ts'
import { countOthers } from './attempts.ts'
import { findBreaker, pauseCampaign, setBreaker } from './campaigns.ts'
import { blockPair } from './contact-senders.ts'
import type { CountChanges } from './counts.ts'
import type { Present, WriteTx } from './database.ts'
import { getSenderBrake, holdSender, pauseSender } from './senders.ts'
import { suppress } from './suppressions.ts'
import type { TrackedMessage } from './tracked-message.ts'

export interface Cause {
  senderId: number
  found: TrackedMessage
  error: ProviderError | null
  /** Which window of the breaker it belongs to. */
  source: 'answers' | 'told'
  /** What stands beside a suppression. */
  evidence: string
  now: Present
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
  senderId: number,
): Promise<RecordFacts> {
  const brake = await getSenderBrake(tx, senderId)
  const others = { id: attempt.id, messageId: state.id }
  return {
    attempts: state.attempts,
    expiresAt: state.expiresAt,
    pairThrottles: await countOthers(tx, others, 'throttled_pair'),
    coolOffs: await countOthers(tx, others, 'cool_off'),
    // The answers to calls of one back-off step ask for the same pause.
    senderThrottles: Math.max(0, brake.throttles - (attempt.id > brake.holdAfter ? 0 : 1)),
  }
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
  { senderId, found: { attempt }, error }: Cause,
): Promise<boolean> {
  if ('recovered' in sender) return false
  const brake = await getSenderBrake(tx, senderId)
  if ('holdUntil' in sender) {
    await holdSender(tx, senderId, { until: sender.holdUntil, isNewThrottle: attempt.id > brake.holdAfter })
    return false
  }
  if (attempt.id <= brake.resumedAfter) return false
  const detail = inSentences(`${error?.code ?? ''} ${error?.text ?? ''}`, error?.advice)
  return pauseSender(tx, senderId, 'account_error', detail)
}

/** Returns whether the breaker paused the campaign. */
async function countFailure(
  tx: WriteTx,
  campaignId: number,
  campaign: 'failed' | 'stop',
  { found: { attempt }, error, source, now }: Cause,
): Promise<boolean> {
  const windows = await findBreaker(tx, campaignId)
  if (windows === undefined || attempt.id <= windows.after) return false
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
