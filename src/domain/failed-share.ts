// The operator's own brake: a campaign that says `limits.pauseWhenFailed: 25%` pauses when so many of the last results of a
// run are failures, whatever they failed for. A result is counted once for each message, however many attempts it took: a
// failure that is told after the acceptance takes the place of it.
import { AppError } from './errors.ts'
import type { MessageStatus } from './message-status.ts'

/** Fewer results say nothing about a share. */
export const RESULTS_MIN = 100
/** The last results that are looked at are a full block of so many and those since: 500 to 999. */
export const RESULTS_BLOCK = 500

export interface ResultCount {
  results: number
  failed: number
}

/** The last results of one run. */
export interface ResultWindow {
  /** The block before, once one was full. */
  full: ResultCount
  /** Results since. */
  recent: ResultCount
}

export const emptyWindow: ResultWindow = { full: { results: 0, failed: 0 }, recent: { results: 0, failed: 0 } }

/** `25%` → 0.25. Throws AppError campaign.invalid. */
export function parseFailedShare(text: string): number {
  const match = /^(\d{1,3}(?:\.\d)?) ?%$/.exec(text.trim())
  const percent = Number(match?.[1] ?? Number.NaN)
  if (percent >= 1 && percent <= 100) return percent / 100
  throw new AppError('campaign.invalid', `"${text}" is not a percentage from 1% to 100%`, { hint: 'Write 25%.' })
}

/** The share at which a campaign pauses, as its definition says; null for never. Throws AppError campaign.invalid. */
export function failedShareOf({
  limits,
}: {
  limits?: { pauseWhenFailed?: string | undefined } | undefined
}): number | null {
  return limits?.pauseWhenFailed === undefined ? null : parseFailedShare(limits.pauseWhenFailed)
}

/** What a move of a message changes in the counts of results. */
export function resultChange(from: MessageStatus, to: MessageStatus): ResultCount {
  return { results: isResult(to) - isResult(from), failed: isFailed(to) - isFailed(from) }
}

function isResult(status: MessageStatus): number {
  return ['accepted', 'sent', 'delivered', 'read', 'failed'].includes(status) ? 1 : 0
}

function isFailed(status: MessageStatus): number {
  return status === 'failed' ? 1 : 0
}

/** A window after more results. What changes about older messages is counted where it is told. */
export function addResults({ full, recent }: ResultWindow, change: ResultCount): ResultWindow {
  const sum = {
    results: Math.max(0, recent.results + change.results),
    failed: Math.max(0, recent.failed + change.failed),
  }
  return sum.results < RESULTS_BLOCK ? { full, recent: sum } : { full: sum, recent: { results: 0, failed: 0 } }
}

/** What is kept with the pause. */
export interface FailedShareDetail extends ResultCount {
  share: number
  /** The share at which the campaign pauses. */
  shareMax: number
  /** The most frequent codes among the failures of the run, most first. */
  codes: { code: string; count: number }[]
}

/** Results of a window, and the share of them that failed. */
export function shareOf({ full, recent }: ResultWindow): ResultCount & { share: number } {
  const results = full.results + recent.results
  const failed = Math.min(results, full.failed + recent.failed)
  return { results, failed, share: results === 0 ? 0 : failed / results }
}

export function failsTooOften(window: ResultWindow, shareMax: number): boolean {
  const { results, share } = shareOf(window)
  return results >= RESULTS_MIN && share >= shareMax
}
