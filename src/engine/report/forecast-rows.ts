// A forecast as rows that add up to its audience: what becomes of how many people, and why.
import type { OutcomeCounts } from '../../domain/reach-verdict.ts'
import type { ShortfallGate } from '../../domain/validity.ts'
import type { Outcomes } from './simulation.ts'

export interface ForecastRow {
  outcome: keyof OutcomeCounts
  /** A reason of reasonWords, or for `expired` the gate that takes too long; null for those who get it at its time. */
  reason: string | null
  count: number
}

/** Each outcome with the counts of its reasons. */
const partsOf: { [Outcome in keyof OutcomeCounts]: (outcomes: Outcomes) => Readonly<Record<string, number>> | null } = {
  sent: () => null,
  deferred: ({ deferredBy }) => deferredBy,
  skipped: ({ skippedBy }) => skippedBy,
  expired: ({ expiredBy }) => expiredBy,
}

export function forecastRows(outcomes: Outcomes): ForecastRow[] {
  const kinds = Object.keys(partsOf) as (keyof OutcomeCounts)[]
  return kinds.flatMap((outcome): ForecastRow[] => {
    const parts = partsOf[outcome](outcomes)
    if (parts === null) return [{ outcome, reason: null, count: outcomes.byOutcome[outcome] }]
    return Object.entries(parts)
      .filter(([, count]) => count > 0)
      .map(([reason, count]) => ({ outcome, reason, count }))
  })
}

/** Why people are too late, after "they". */
export const tooLateWords: Record<ShortfallGate, string> = {
  daily_limit: 'wait longer for the daily limit of the sender than the message is worth sending',
  rate_limit: 'wait longer for their turn at this speed than the message is worth sending',
  quiet_hours: 'have quiet hours until the message is no longer worth sending',
  frequency_cap: 'wait longer for a place in their frequency cap than the message is worth sending',
  pair_limit: 'had a message from this sender so shortly before that this one comes too late',
  overlap: 'wait longer for an earlier message of this campaign than this one is worth sending',
  horizon: 'would get it more than 35 days after the launch',
  validity: 'have a time at which the message is no longer worth sending',
}
