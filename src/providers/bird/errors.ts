// Bird's refusals and failures → our classes. Answers to a call are told apart by their HTTP status, because Bird does not
// publish its codes; failures after acceptance by their source first (WhatsApp's own code where WhatsApp refused) and by
// the family of their number second. Source: pages "Sending WhatsApp messages" and "Message failure codes".
import { clipText, type Failure, type ProviderError, type SendResult } from '../../domain/send-result.ts'
import { type CodeRule, failureBy, findRule, rule } from '../code-rules.ts'
import type { HttpOutcome } from '../http-client.ts'
import {
  type HttpAnswer,
  isHttpStatus,
  parseJson,
  resultOfFailure,
  resultOfForeign,
  resultOfStatus,
  retryAfterOf,
} from '../http-result.ts'
import { arrayOf, objectOf, textOf } from '../webhook-parts.ts'
import { whatsappCodeIn, whatsappRule } from '../whatsapp-codes.ts'

type Json = Record<string, unknown>

const NO_CHANNEL = 'Bird does not know the channel: check workspaceId, channelId and baseUrl of the sender.'

/** An answer to a call that is no success. */
export function resultOfRefusal(answer: HttpAnswer, now: number): SendResult {
  const body = objectOf(parseJson(answer.text))
  const said = textOfRefusal(body)
  const code = textOf(body.code)
  if (said === null || code === null || isHttpStatus(code)) return resultOfForeign(answer, now)
  const result = inBirdsWords(resultOfStatus(answer, now, said), code)
  const refused = (scope: 'recipient' | 'template', advice: string): SendResult => ({
    kind: 'refused',
    scope,
    error: { ...errorIn(result), advice },
  })
  const known = knownFailure(answer, body)
  if (known !== undefined)
    return failureBy(known, { ...errorIn(result), code: known.code, advice: known.advice }, retryAfterOf(answer, now))
  switch (answer.status) {
    case 404:
      return isAboutContent(said)
        ? refused(
            'template',
            'Bird does not know what the message names: check the template, its version and language.',
          )
        : { kind: 'account', error: { ...errorIn(result), advice: NO_CHANNEL } }
    // Documented: the message was not created. What conflicts is about this person (a closed service window, a
    // frequency cap), so the others go on.
    case 409:
      return refused('recipient', 'Bird did not create the message, because something speaks against it: see its text.')
    case 422:
      return Object.keys(objectOf(body.details)).some((field) => field.startsWith('receiver'))
        ? refused('recipient', 'Bird does not take the recipient: check the number.')
        : refused('template', 'Bird refuses a field of the request: see its text and check the content.')
    default:
      return result
  }
}

/** Refusals that say no more than that the request was read and not taken. */
const readAndRefused = [400, 402, 404, 409, 422]

/** A failure of Bird's own table, or of WhatsApp's, that the answer names already: it says more than the status. */
function knownFailure(answer: HttpAnswer, body: Json): (CodeRule & { code: string }) | undefined {
  if (!readAndRefused.includes(answer.status)) return undefined
  const number = textOf(body.code) ?? ''
  const own = /^\d{5}$/.test(number) ? failureRuleOf(number) : undefined
  if (own !== undefined) return { ...own, code: number }
  const code = whatsappCodeIn(textOfRefusal(body) ?? '') ?? ''
  const known = whatsappRule(code)
  return known && { ...known, code }
}

/** Why a call about the account failed. */
export function errorOfCall(outcome: HttpOutcome, now: number): ProviderError {
  return errorIn(outcome.kind === 'answer' ? resultOfRefusal(outcome, now) : resultOfFailure(outcome))
}

/** With Bird's own code where it gave one. */
function inBirdsWords(result: SendResult, code: string): SendResult {
  if (result.kind !== 'accepted' && result.error !== null) result.error.code = code
  return result
}

function errorIn(result: SendResult): ProviderError {
  if (result.kind === 'accepted' || result.error === null) throw new Error('a refusal has an error')
  return result.error
}

/** Whether a 404 is about what the message names. Any other is about the path: channel, workspace, base URL. */
function isAboutContent(said: string): boolean {
  return /\b(?:templates?|projects?|versions?|locales?|languages?)\b/i.test(said)
}

/** Message and details of an error body; null when it has none. */
function textOfRefusal(body: Json): string | null {
  const message = textOf(body.message)
  const details = Object.entries(objectOf(body.details)).map(
    ([field, problems]) => `${field}: ${arrayOf(problems).map(String).join(', ')}`,
  )
  return message === null ? null : [message, ...details].join('; ')
}

/** Bird's own failures after acceptance, by number and by family. */
const failureRules: Record<string, CodeRule> = {
  '11001': rule('account', 'The channel is not set up properly: check it in Bird.'),
  '11002': rule('template', 'Bird does not take the content: check it.'),
  '11': rule('template', 'Bird checked the message after accepting it and refuses it: check content and recipient.'),
  '12001': rule(
    'recipient',
    'Something at Bird failed; the message was not sent. A new campaign can try this person again.',
  ),
  '12002': rule('template', 'WhatsApp has no message of this kind at Bird.'),
  '12003': rule('recipient', 'Bird does not send to this destination.'),
  '12': rule('recipient', 'Something at Bird failed; the message was not sent.'),
  '14': rule('account', 'Bird refuses because of the account (balance, permission or limit): check it in Bird.'),
  '15': rule('recipient', 'The platform refused the message without a reason that is documented.'),
}

/** Where a failure has no number: what the status itself says. */
const statusRules: Record<string, CodeRule> = {
  rejected: rule('recipient', 'Bird refused the message before sending, by its checks or its frequency caps.'),
  skipped: rule(
    'recipient',
    'Bird left the person out on purpose: frequency cap, quiet hours, hold-out group or opt-out.',
  ),
  deleted: rule('recipient', 'The message was deleted at Bird before it was sent.'),
  sending_failed: rule('recipient', 'Bird could not hand the message to WhatsApp.'),
  delivery_failed: rule('recipient', 'WhatsApp took the message and could not deliver it.'),
}

/** Families of numbers are named by their first two digits. */
export const documentedCodes = [...Object.keys(failureRules), ...Object.keys(statusRules)]

/** Why a message of Bird failed, from its `failure`, `reason`, `details` and status. */
export function failureOf(message: Json): Failure {
  const failure = objectOf(message.failure)
  const source = objectOf(failure.source)
  const status = textOf(message.status) ?? 'failed'
  const sourceCode = textOf(source.code)
  const number = textOf(failure.code)
  const isOfWhatsapp = textOf(source.name) === 'whatsapp' && sourceCode !== null && sourceCode !== ''
  const code = isOfWhatsapp ? sourceCode : (number ?? status)
  const known = isOfWhatsapp ? whatsappRuleOf(sourceCode) : ownRuleOf(number ?? '', status)
  const origin = [number, textOf(source.name), sourceCode].filter((part) => part !== null && part !== '').join(' ')
  const words = [failure.description, message.reason, message.details].map(textOf).filter(Boolean).join('; ')
  const text = [words === '' ? status : words, origin === '' ? '' : `(${origin})`].filter(Boolean).join(' ')
  return failureBy(known, { code, text: clipText(text), advice: known.advice, httpStatus: null })
}

function whatsappRuleOf(code: string): CodeRule {
  return whatsappRule(code) ?? rule('unknown', 'WhatsApp refused with a code that is not documented: see its text.')
}

/** By number, else by family. */
function failureRuleOf(number: string): CodeRule | undefined {
  return (
    findRule(failureRules, number) ?? (number.length === 5 ? findRule(failureRules, number.slice(0, 2)) : undefined)
  )
}

/** By number, which may be WhatsApp's own, by family, and where there is no number by what the status says. */
function ownRuleOf(number: string, status: string): CodeRule {
  return (
    failureRuleOf(number) ??
    whatsappRule(number) ??
    findRule(statusRules, status) ??
    rule('unknown', 'This failure is not documented: see what Bird says about it.')
  )
}

/** Bird answered with a message that has failed already: definitely not on its way. */
export function resultOfFailedMessage(message: Json): SendResult {
  const failure = failureOf(message)
  return failure.kind === 'unknown' ? { kind: 'refused', scope: 'recipient', error: failure.error } : failure
}
