// How a table of error codes reads: a class for each code, and what a class is as a result. Answers, callbacks and look-ups
// of a provider read the same table, so that a failure means the same wherever it is read.
import type { Failure, ProviderError } from '../domain/send-result.ts'
import type { SuppressionReason, SuppressionScope } from '../domain/suppression.ts'
import { inDoubt } from './http-result.ts'

/** `template`: what everybody gets. `unknown`: the code says neither yes nor no. */
export type ErrorClass = 'recipient' | 'template' | 'account' | 'throttle' | 'pair' | 'cool_off' | 'unknown'

export interface CodeRule {
  class: ErrorClass
  advice: string
  suppress?: { scope: SuppressionScope; reason: SuppressionReason }
  /** Certain to meet everybody: the campaign stops at the first. */
  stopsCampaign?: boolean
  /** How long it lasts, as the page says; what the provider asks for itself counts more. */
  pauseMs?: number
}

export const rule = (cls: ErrorClass, advice: string): CodeRule => ({ class: cls, advice })

/** Codes come from outside: only what stands in the table itself is found. */
export function findRule(table: Readonly<Record<string, CodeRule>>, code: string): CodeRule | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined
}

/** A refusal or a failure by its rule. */
export function failureBy(
  { class: cls, suppress, stopsCampaign, pauseMs }: CodeRule,
  error: ProviderError,
  askedMs: number | null = null,
): Failure {
  const retryAfterMs = askedMs ?? pauseMs ?? null
  switch (cls) {
    case 'recipient':
    case 'template':
      return {
        kind: 'refused',
        scope: cls,
        error,
        ...(suppress && { suppress }),
        ...(stopsCampaign && { stopsCampaign }),
      }
    case 'throttle':
      return { kind: 'throttled', scope: 'sender', retryAfterMs, error }
    case 'pair':
      return { kind: 'throttled', scope: 'pair', retryAfterMs, error }
    case 'unknown':
      return inDoubt(error, retryAfterMs)
    case 'account':
    case 'cool_off':
      return { kind: cls, error }
  }
}
