// What one call to a provider came to, in our classes. A driver turns every answer into one of these; only a
// definite "not accepted" may lead back to sending.
import type { DeliveryNote } from './message-status.ts'
import type { SuppressionReason, SuppressionScope } from './suppression.ts'

/** What the provider said, kept on the attempt and the message. */
export interface ProviderError {
  /** The provider's own code as text, or our word where there is none (`connection_refused`). */
  code: string
  /** The provider's text, at most 1,000 characters. */
  text: string
  /** What to do about it, in words for people. */
  advice: string
  httpStatus: number | null
}

/** Code of an unknown outcome: the provider keeps the message and will send it, but has not named it. */
export const QUEUED_CODE = 'queued'

/** Code of an unknown outcome: the provider says yes and names nothing. It most likely has the message. */
export const NAMELESS_CODE = 'http_2xx'

/** Unknown outcomes that mean most likely or certainly "taken": sent again under no delivery policy. */
export const takenCodes: readonly string[] = [QUEUED_CODE, NAMELESS_CODE]

/** Code of a message that an operator called failed. */
export const RESOLVED_CODE = 'resolved_by_operator'

export type SendResult =
  /** `trackingId` is null when the provider says yes and names nothing. */
  | {
      kind: 'accepted'
      trackingId: string | null
      notes?: readonly DeliveryNote[]
      providerAt?: string
      /** The provider's id of the person, where the answer tells one. */
      userId?: string
    }
  /** Definite and final. `recipient`: this person; `template`: everybody with this content. */
  | {
      kind: 'refused'
      scope: 'recipient' | 'template'
      error: ProviderError
      suppress?: { scope: SuppressionScope; reason: SuppressionReason } | undefined
      /** Certain to meet everybody with this content: the campaign stops at the first. */
      stopsCampaign?: boolean | undefined
    }
  /** Not accepted, because of the account or the number: nobody's message can go until an operator acts. */
  | { kind: 'account'; error: ProviderError }
  /** Not accepted, too fast: for the sender or for this person. */
  | { kind: 'throttled'; scope: 'sender' | 'pair'; retryAfterMs: number | null; error: ProviderError }
  /** Not accepted: the person gets too much marketing for now (Meta 131049). */
  | { kind: 'cool_off'; error: ProviderError }
  /** Not accepted, and the provider says so: try later. Where it says when, the sender waits for it too. */
  | { kind: 'temporary'; retryAfterMs: number | null; error: ProviderError }
  /** The request never left: no connection, or no leave to make it. */
  | { kind: 'not_sent'; retryAfterMs?: number; error: ProviderError }
  /**
   * The call was made and nobody can say whether it was accepted. Never resent blindly. A server that fails may ask for
   * patience (`Retry-After`): that holds the sender as a throttle does.
   */
  | { kind: 'unknown'; retryAfterMs?: number; error: ProviderError }
  /** We did not begin the call: pause, opt-out, expiry or shutdown came first, the text could not be rendered, or
   * the provider says that no session is open. */
  | { kind: 'not_started'; error: ProviderError | null; skip?: 'missing_variable' | 'no_session' }

/** Why a message is not with the person, from whatever source: an answer, a callback, a look-up. */
export type Failure = Exclude<SendResult, { kind: 'accepted' } | { kind: 'not_started' }>

export const attemptOutcomes = [
  'accepted',
  'refused',
  'account',
  'throttled',
  'throttled_pair',
  'cool_off',
  'temporary',
  'not_sent',
  'unknown',
  'not_started',
] as const
export type AttemptOutcome = (typeof attemptOutcomes)[number]

export function outcomeOf(result: SendResult): AttemptOutcome {
  return result.kind === 'throttled' && result.scope === 'pair' ? 'throttled_pair' : result.kind
}

export function errorOf(result: SendResult): ProviderError | null {
  return result.kind === 'accepted' ? null : result.error
}

/** A provider's text cut to what is stored. */
export function clipText(text: string): string {
  return text.length > 1000 ? `${text.slice(0, 999)}…` : text
}

/** A result as JSON of at most so many bytes: what a provider said may be cut for it. */
export function shortenedResult(result: SendResult, bytesMax: number): string {
  for (let length = 1000; ; length = Math.floor(length / 2)) {
    const error = errorOf(result)
    const text = JSON.stringify(error === null ? result : { ...result, error: clippedError(error, length) })
    if (length === 0 || Buffer.byteLength(text) <= bytesMax) return text
  }
}

function clippedError(error: ProviderError, length: number): ProviderError {
  const clip = (text: string) => text.slice(0, length)
  return { ...error, code: clip(error.code), text: clip(error.text), advice: clip(error.advice) }
}
