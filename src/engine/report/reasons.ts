// Reasons in words: why people are left out or wait, what each gate says, and what a code of a failed call means. Codes
// that no table knows stay what they are: the provider's own.
import { formatDuration } from '../../domain/duration.ts'
import type { FailedShareDetail } from '../../domain/failed-share.ts'
import type { GateTold } from '../../domain/gate-told.ts'
import { formatId } from '../../domain/ids.ts'
import { formatInstant, formatLocal } from '../../domain/instant.ts'
import type { SkipReason } from '../../domain/message-rules.ts'
import type { PROOF_EXPIRED_REASON, RESTORED_REASON, StandingWait, WaitReason } from '../../domain/message-status.ts'
import type { QuietHours } from '../../domain/quiet-hours.ts'
import { clocksOf, localTime } from '../../domain/time-zone.ts'
import { whatsappCodes } from '../../providers/whatsapp-codes.ts'

/** What a reason says of the people whom it is about, after "they". */
export const reasonWords = {
  opted_out: 'have asked for no more messages',
  blocked: 'are on the suppression list',
  invalid_number: 'have a number that nobody can reach',
  erased: 'were erased on request',
  frequency_cap: 'have had as many marketing messages as one person may get',
  quiet_hours: 'are in their quiet hours',
  quiet_hours_no_time_left: 'have quiet hours until the message is no longer worth sending',
  horizon: 'would get it more than 35 days after the launch',
  zone_passed: 'are in a time zone where the time had passed at the launch',
  missed: 'had their time while Herald was not running',
  paused: 'had their time while the campaign was paused',
  overlap: 'have an earlier message of this campaign that was still waiting when this one came due',
  no_session: 'have not written to us within 24 hours, which this content needs',
  missing_variable: 'lack a value that the text needs, or the text filled in for them cannot be sent',
  proof_expired: 'were asked about for as long as Herald asks, and nobody knows',
  restored: 'may have had it before the database was restored, and nobody knows',
  pair_limit: 'had a message from this sender a moment ago',
  retry: 'wait for another attempt',
  cool_off: 'have received a lot of marketing recently; WhatsApp asks to wait',
  schedule: 'wait for the time in their own zone',
  rate_limit: 'wait for their turn at the speed of the campaign or its sender',
  daily_limit: 'wait because the sender has written to as many people as it may in 24 hours',
  hold: 'wait because the provider asked the sender to pause, or could not be reached',
  database_held: 'wait because the database is not the one used last',
  sender_paused: 'wait because the sender is paused',
  sender_failing: 'wait because the sender cannot be used',
  campaign_paused: 'wait because the campaign is paused',
  list_busy: 'wait until the import into their list is done',
  failing: 'wait because something about them fails; Herald tries again',
  next_run: 'get it when the next run of the schedule begins',
} as const satisfies Record<
  SkipReason | WaitReason | StandingWait | typeof PROOF_EXPIRED_REASON | typeof RESTORED_REASON,
  string
>

/** What the words of a gate need beside what it says. */
export interface GateContext {
  sender: string
  /** Where the person's suppressions come from. */
  evidence: readonly { scope: string; reason: string; evidence: string; createdAt: number }[]
}

/** The words of each gate, by the name of its check. */
const gateWords: {
  [Check in GateTold['check']]: (told: Extract<GateTold, { check: Check }>, context: GateContext) => string
} = {
  validity: ({ expiresAt, leftMs }) =>
    `${leftMs > 0 ? `worth sending for another ${formatDuration(leftMs)}` : `expired ${formatDuration(-leftMs)} ago`} (until ${formatInstant(expiresAt)})`,
  suppression: ({ suppression }, { evidence }) => {
    if (suppression === null) return 'none'
    const { scope, reason } = suppression
    const known = evidence.find((one) => one.scope === scope)
    const since = known === undefined ? '' : ` since ${formatInstant(known.createdAt)}: ${known.evidence}`
    return `${reason} (scope ${scope})${since}`
  },
  group: ({ takesGroups }, { sender }) =>
    takesGroups ? `${sender} writes to groups` : `a group, and ${sender} does not write to groups (\`groups: true\`)`,
  overlap: ({ overlap, isSentMeanwhile, result }) => {
    const earlier = isSentMeanwhile ? 'was sent after this one came due' : 'is not sent yet'
    const then = result === 'wait' ? ': this one waits for it' : ''
    return `an earlier message of the campaign ${earlier}${then} (\`overlap: ${overlap}\`)`
  },
  session: ({ isNeeded, openSince }) => {
    if (!isNeeded) return 'not needed for this content'
    return openSince === null
      ? 'this content needs a message of the person within 24 h, and there was none'
      : `open since ${formatInstant(openSince)}`
  },
  quiet_hours: ({ policy, zone, isInSession, result, at }) => {
    if (policy === null) return 'do not apply to this message'
    if (isInSession) return 'do not apply within 24 h of a message of the person'
    const clock = clocksOf(zone)[0] ?? zone
    const local = formatLocal(Math.floor(localTime(clock, at) / 60_000) * 60_000).slice(11)
    return `${local} in ${zone} is ${result === 'pass' ? 'outside' : 'within'} ${quietWindowText(policy)}`
  },
  frequency_cap: ({ rules, block, holdsPlace }) => {
    if (rules.length === 0) return 'do not apply to this message'
    if (holdsPlace) return 'it holds its own place from an earlier attempt'
    if (block === null) return rules.map((rule) => `${rule.id}: at most ${rule.max} in ${rule.window}`).join(', ')
    const used = block.uses
      .map((use) => `${formatId('message', use.messageId)} of cmp_${use.campaignId} at ${formatInstant(use.at)}`)
      .join(', ')
    return `rule ${block.rule.id}: ${block.count} of ${block.rule.max} in ${block.rule.window}, used by ${used}`
  },
  pair_limit: ({ intervalMs, lastClaimAt, isBlocked, result }) => {
    if (isBlocked) return 'the provider asked to wait before the next message to this person'
    if (result !== 'pass') return `${formatDuration(intervalMs)} between two messages to one person`
    return `last message to this person: ${lastClaimAt === null ? 'never' : formatInstant(lastClaimAt)}`
  },
  daily_limit: ({ limit, used, isCounted }) =>
    limit === null
      ? 'the sender has none'
      : `${used} of ${limit} people in 24 h${isCounted ? ', this one among them' : ''}`,
}

/** What a gate says of a message, as a sentence. */
export function gateText(told: GateTold, context: GateContext): string {
  const words = gateWords[told.check] as (told: GateTold, context: GateContext) => string
  return words(told, context)
}

/** Why a campaign is paused: the reason, with its numbers where it has any. */
export function pauseText(reason: string | null, detail: Record<string, unknown> | null): string {
  if (reason !== 'failed_share' || detail === null) return reason ?? 'operator'
  return `failed_share: ${failedShareText(detail as unknown as FailedShareDetail)}`
}

function failedShareText({ results, failed, shareMax, codes }: FailedShareDetail): string {
  const named = codes.map(({ code, count }) => `${code} (${count})`).join(', ')
  return `${failed} of the last ${results} results failed, which is ${percentText(failed / results)}; it pauses at ${percentText(shareMax)}. Most frequent in this run: ${named}`
}

/** A tenth of a percent is told where it is there: 25%, 33.3%. */
function percentText(share: number): string {
  return `${Math.round(share * 1000) / 10}%`
}

/** The hours of a day in which nothing is sent: 21:00–08:00. */
export function quietWindowText({ fromMinute, toMinute }: Pick<QuietHours, 'fromMinute' | 'toMinute'>): string {
  return `${clockText(fromMinute)}–${clockText(toMinute)}`
}

function clockText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}

const own: Record<string, string> = {
  resolved_by_operator: 'Settled by an operator as not delivered.',
  campaign_cancelled: 'The campaign was cancelled while the message was on its way.',
  connection_refused: 'The provider could not be reached.',
  deadline: 'The provider did not answer in time.',
  answer_too_long: 'The answer of the provider was too long to be read.',
  queued: 'The provider keeps the message and will send it by itself.',
  'content.not_supported': 'The provider does not take this content.',
  unknown: 'The provider did not say why.',
}

/** Codes of the system for lines that broke, and for those that never stood. */
const unreachable = /^(?:econnrefused|enotfound|eai_\w+|e(?:host|net)unreach|eaddrnotavail|und_err_connect_timeout)$/
const untrusted =
  /^(?:depth_zero_self_signed_cert|self_signed_cert_in_chain|unable_to_\w+|cert_\w+|err_(?:tls|ssl)\w*)$/
const broken = /^(?:und_err_\w+|e(?:connreset|pipe|timedout|connaborted|proto))$/

/** What a code of a failed message or call means; undefined when only the provider knows. */
export function explainFailure(code: string): string | undefined {
  if (Object.hasOwn(own, code)) return own[code]
  if (unreachable.test(code)) return 'The provider could not be reached.'
  if (untrusted.test(code)) return 'The line to the provider is not safe: its certificate is not trusted.'
  if (broken.test(code)) return 'The line broke before the provider answered.'
  const [, status] = /^http_(\d{3})$/.exec(code) ?? []
  if (status !== undefined) return answerText(Number(status))
  return Object.hasOwn(whatsappCodes, code) ? whatsappCodes[code]?.advice : undefined
}

function answerText(status: number): string {
  if (status === 401 || status === 403) return 'The provider refused our credentials.'
  if (status === 429) return 'The provider asked to slow down.'
  if (status >= 500) return 'The provider failed and did not say whether it took the message.'
  return 'The provider refused the request.'
}
