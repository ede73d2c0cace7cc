// The breaker of a campaign: pauses it when what everybody gets is refused, before everybody was tried. It looks at the
// last outcomes in whatever order they come, answers and later statuses each in a window of their own: the accepted calls
// since a failed one say nothing about a failure that is told seconds after its call.

/** Failures of content or template among the last outcomes after which a campaign pauses. */
export const BREAKER_ERRORS = 5
/** Outcomes looked at: a quarter of them failing is no matter of single people any more. */
export const BREAKER_OUTCOMES = 20

/** `x` failed for its content or template, `.` went through. */
export type ContentOutcome = 'x' | '.'

/** A window after more outcomes. It begins with a failure: where none is, it is empty and nothing has to be stored. */
export function pushOutcomes(window: string, outcomes: string): string {
  return (window + outcomes).slice(-BREAKER_OUTCOMES).replace(/^\.+/, '')
}

/** Whether the failures of both windows together are too many. */
export function isTripped(...windows: readonly string[]): boolean {
  return windows.join('').replaceAll('.', '').length >= BREAKER_ERRORS
}
