// Who gets nothing, and who gets it too late, in words: one sentence with the numbers, and what to do about the reasons.
import { formatDuration } from '../../domain/duration.ts'
import type { SkipReason } from '../../domain/message-rules.ts'
import { counted } from '../../domain/plural.ts'
import type { ReachVerdict } from '../../domain/reach-verdict.ts'
import type { ShortfallGate } from '../../domain/validity.ts'
import type { RunReport } from './report.ts'
import type { Outcomes } from './simulation.ts'

/** A reason after the number of people whom it is about. */
const leftOutWords = {
  opted_out: 'opted out',
  blocked: 'blocked',
  invalid_number: 'with a number that cannot be reached',
  erased: 'erased on request',
  frequency_cap: 'held back by frequency caps',
  quiet_hours: 'in their quiet hours',
  quiet_hours_no_time_left: 'in quiet hours until it expires',
  horizon: 'more than 35 days after the launch',
  zone_passed: 'in zones where its time has passed',
  paused: 'whose time passed during a pause',
  overlap: 'who still wait for the run before',
  missed: 'whose time passed while nothing ran',
  no_session: 'without an open session',
  missing_variable: 'without a value that the text needs',
  expired: 'too late, after it expires',
  failed: 'refused by the provider',
  cancelled: 'cancelled',
  had_it: 'who have had it already',
} as const satisfies Record<SkipReason | 'expired' | 'failed' | 'cancelled' | 'had_it', string>

/** What can be done about a reason before a launch. */
const waysOut: Partial<Record<keyof typeof leftOutWords, string>> = {
  frequency_cap: 'Wait until the caps leave room, or launch it later',
  quiet_hours: 'Choose a time outside quiet hours',
  quiet_hours_no_time_left: 'Choose a longer validity or an earlier time of day',
  horizon: 'Choose an earlier time',
  zone_passed: 'Choose a later time, or another way with zones that have passed (`zonePassed`)',
  no_session: 'Send a template, or say that the session is open (`session: assume`)',
  missing_variable: 'Fill in the fields, or give the text a default',
  expired: 'Choose a later time or a longer validity',
}

/** `12 opted out, 3 without an open session`; the most first. */
export function leftOutText(by: Readonly<Record<string, number>>): string {
  return byCount(by)
    .map(([reason, count]) => `${count} ${wordsOf(reason)}`)
    .join(', ')
}

/** What to do when people are left out for these reasons: about the one that most are left out for. */
export function wayOutOf(by: Readonly<Record<string, number>>): string {
  const [most] = byCount(by)[0] ?? []
  return `${waysOut[most as keyof typeof leftOutWords] ?? 'Check lists and filter of its audience'}.`
}

/** Of a run that has ended and reached nobody: `nobody got it: 12 opted out`. */
export function nobodyGotText({
  status,
  reason,
  skippedBy,
  byStatus,
}: Pick<RunReport, 'status' | 'reason' | 'skippedBy' | 'byStatus'>): string {
  if (reason !== null) return `nobody got it: the run was ${status} (${reason})`
  const { expired, failed, cancelled } = byStatus
  const why = leftOutText({ ...skippedBy, expired, failed, cancelled })
  return `nobody got it: ${why === '' ? 'its audience was empty' : why}`
}

function wordsOf(reason: string): string {
  return Object.hasOwn(leftOutWords, reason)
    ? leftOutWords[reason as keyof typeof leftOutWords]
    : reason.replaceAll('_', ' ')
}

/**
 * Said where most people do not get it at its time; undefined where most do, and where nobody does: that has its own words.
 * Of a recurring campaign it is about the next occurrence, which is not the last.
 */
export function verdictText(forecast: ReachFacts, isRecurring: boolean): string | undefined {
  const words = verdictWords[forecast.verdict]
  return words?.(forecast, isRecurring ? nextOne : theOnlyOne)
}

const theOnlyOne = { it: 'it', itsTime: 'its time', later: '' }
const nextOne = {
  it: 'the next occurrence',
  itsTime: 'the time of the next occurrence',
  later: '; later ones go to the people who are in the audience then',
}

interface ReachFacts extends Pick<Outcomes, 'audience' | 'byOutcome'> {
  verdict: ReachVerdict
  leftOutBy: Readonly<Record<string, number>>
}

const verdictWords: Record<ReachVerdict, ((forecast: ReachFacts, said: typeof theOnlyOne) => string) | undefined> = {
  most: undefined,
  nobody: undefined,
  mostLeftOut: ({ audience, byOutcome: { sent, deferred }, leftOutBy }, { it, later }) =>
    `only ${sent + deferred} of ${counted(audience, 'person', 'people')} will get ${it}: ${leftOutText(leftOutBy)}${later} (campaign.mostly_left_out)`,
  mostLater: ({ audience, byOutcome: { sent, deferred } }, { itsTime }) =>
    `only ${sent} of ${counted(audience, 'person', 'people')} will get it at ${itsTime}: ${deferred} will get it later (campaign.mostly_later)`,
}

function byCount(by: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(by)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
}

/** What limits a campaign at its sender. */
export interface LimitsInForce {
  dailyLimit: number | null
  ratePerSecond: number
  validityMs: number
  pairIntervalMs: number
  /** `21:00–08:00`. */
  quietWindow: string
}

const shortfallWords: Record<ShortfallGate, (limits: LimitsInForce) => string> = {
  daily_limit: ({ dailyLimit }) => `by the daily limit of ${dailyLimit} people`,
  rate_limit: ({ ratePerSecond }) => `by the rate of ${ratePerSecond} a second`,
  quiet_hours: ({ quietWindow }) => `by ${quietWindow}`,
  frequency_cap: () => 'by frequency caps',
  pair_limit: ({ pairIntervalMs }) => `by the ${formatDuration(pairIntervalMs)} between two messages to one person`,
  overlap: () => 'by the run before, which is not over for them',
  horizon: () => 'by the 35 days that a message may wait',
  validity: () => 'by a validity that is over before their time',
}

/** People who will not get it in time, by what keeps them from it; undefined when all of them do. */
export function shortfallText(
  { audience, byOutcome, tooLateBy }: Pick<Outcomes, 'audience' | 'byOutcome' | 'tooLateBy'>,
  limits: LimitsInForce,
): string | undefined {
  const gates = byCount(tooLateBy) as [ShortfallGate, number][]
  const count = gates.reduce((sum, [, one]) => sum + one, 0)
  if (count === 0) return undefined
  const recipients = byOutcome.sent + byOutcome.deferred
  const why = gates.map(([gate, one]) => `${one} ${shortfallWords[gate](limits)}`).join(', ')
  return `about ${count} of ${counted(audience, 'person', 'people')} will not get it in time, at most ${recipients} will: ${why}; it expires ${formatDuration(limits.validityMs)} after its time (campaign.will_not_finish)`
}
