// 1MSG's answers → our classes. HTTP 200 is no success by itself: `sent: false` is a refusal, a `jobId` means queued.
// Codes of WhatsApp keep Meta's meaning; what is told in words only goes through error-texts.ts.
import { STATUS_CODES } from 'node:http'
import { clipText, type Failure, type ProviderError, QUEUED_CODE, type SendResult } from '../../domain/send-result.ts'
import { type CodeRule, failureBy, findRule, rule } from '../code-rules.ts'
import { isHttpStatus } from '../http-result.ts'
import { objectOf, textOf } from '../webhook-parts.ts'
import { whatsappCodes, whatsappRule } from '../whatsapp-codes.ts'
import { codeOfText } from './error-texts.ts'

const ownCodes: Record<string, CodeRule> = {
  template_not_defined: rule(
    'template',
    'Name, language or namespace of the template is missing: sync the templates and set the namespace of the sender.',
  ),
  recipient_unknown: rule('recipient', '1MSG knows no WhatsApp user for this person: use the phone number.'),
  routing_disabled: rule('recipient', 'The channel may only reach people by phone number.'),
  rate_limited: rule('throttle', 'The channel sends too fast; sending slows down by itself.'),
  wrong_token: rule('account', '1MSG refuses the token: copy it again from the channel and set it on the sender.'),
  subscription_blocked: rule('account', 'The subscription of the channel is blocked or a trial: see the 1MSG cabinet.'),
  [QUEUED_CODE]: rule(
    'unknown',
    '1MSG queued the message without naming it; proof is being looked for, it is not sent again.',
  ),
  refused: rule('template', '1MSG refuses the message: its text says why; check the content.'),
  http_400: rule('template', '1MSG refuses the request: check the content.'),
  http_401: rule('account', '1MSG refuses the token: copy it again from the channel and set it on the sender.'),
  http_403: rule('account', 'The channel may not do this: its subscription is blocked or a trial.'),
  http_404: rule('account', '1MSG knows no such address: check channelId and baseUrl of the sender.'),
  http_422: rule('template', '1MSG refuses the request: check the content.'),
  http_501: rule('template', 'This channel does not have the call yet: use another kind of content.'),
}

export const documentedCodes = [...Object.keys(ownCodes), ...Object.keys(whatsappCodes)]

function ruleOf(code: string): CodeRule | undefined {
  return findRule(ownCodes, code) ?? whatsappRule(code)
}

export interface OneMsgError {
  code: string
  text: string
  httpStatus: number | null
}

const UNDOCUMENTED = 'This code is not documented: see what the provider says about it.'

export function providerErrorOf({ code, text, httpStatus }: OneMsgError): ProviderError {
  return { code, text: clipText(text), advice: ruleOf(code)?.advice ?? UNDOCUMENTED, httpStatus }
}

/** A refusal in the answer to our call. A code that nobody documented was refused all the same: 1MSG said so. */
export function resultOfRefusal(error: OneMsgError, retryAfterMs: number | null): SendResult {
  return failureBy(ruleOf(error.code) ?? rule('template', UNDOCUMENTED), providerErrorOf(error), retryAfterMs)
}

/** A failure told after the call. */
export function failureBecauseOf(error: OneMsgError): Failure {
  return failureBy(ruleOf(error.code) ?? rule('unknown', UNDOCUMENTED), providerErrorOf(error))
}

export interface ToldError {
  /** The code that stands in the body or is meant by its words; undefined when there is none. */
  code: string | undefined
  text: string
}

/** What an error of 1MSG has beside the word for itself: gateways add paths, times and statuses of their own. */
const errorKeys = ['error', 'message', 'code', 'description', 'response', 'error_code']

/**
 * Whether a body is in 1MSG's own words: it says whether something was sent, or nothing but what was wrong. A bare HTTP
 * status, as a code or in its usual words, says nothing that 1MSG would.
 */
export function isOneMsgs(body: unknown): boolean {
  const root = objectOf(body)
  if (root.sent !== undefined || root.jobId !== undefined) return true
  const { code, text } = readError(body)
  if (code !== undefined && ruleOf(code) !== undefined) return true
  const isError = root.error !== undefined || objectOf(root.response).error !== undefined
  const isPlain = Object.keys(root).every((key) => errorKeys.includes(key))
  const saysMore =
    code === undefined ? !Object.values(STATUS_CODES).includes(text.trim()) : /^\d+$/.test(code) && !isHttpStatus(code)
  return isError && isPlain && saysMore
}

/** What a body says of an error, in each of the shapes that 1MSG uses. */
export function readError(body: unknown): ToldError {
  if (typeof body === 'string') return { code: codeOfText(body), text: body }
  const root = objectOf(body)
  const inner = root.error ?? objectOf(root.response).error
  const error = objectOf(inner)
  const code = textOf(error.code) ?? textOf(error.error_code) ?? textOf(root.code)
  const texts = [
    textOf(root.message),
    typeof inner === 'string' ? inner : null,
    textOf(error.error_user_title),
    textOf(error.error_user_msg),
    textOf(error.title),
    textOf(error.message),
    textOf(objectOf(error.error_data).details),
  ].filter((text): text is string => text !== null && text !== '')
  const text = [...new Set(texts)].join(': ')
  return { code: code ?? codeOfText(text), text }
}
