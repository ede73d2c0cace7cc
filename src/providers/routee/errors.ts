// Routee's errors → our classes. A code has nine digits: the HTTP status, the module, the error within the module; Routee
// names no module for WhatsApp, so the status decides and the module is told in the advice. Source: Routee's error codes
// and status codes pages.
import { clipText, type Failure, type ProviderError, type SendResult } from '../../domain/send-result.ts'
import { type CodeRule, failureBy, findRule, rule } from '../code-rules.ts'
import { type HttpAnswer, inDoubt, parseJson, resultOfForeign, retryAfterOf } from '../http-result.ts'
import { objectOf, textOf } from '../webhook-parts.ts'
import { whatsappCodeIn, whatsappRule } from '../whatsapp-codes.ts'

const modules: Record<string, string> = {
  '000': 'generic',
  '001': 'account',
  '002': 'contact',
  '003': 'user',
  '004': 'localization',
  '005': 'SMS',
  '007': 'report',
  '009': 'campaign',
  '010': 'application',
  '011': 'two-step verification',
  '012': 'contact import',
  '013': 'voice',
  '014': 'lookup',
  '016': 'number validation',
  '017': 'exceptions',
  '018': 'price',
  '019': 'Viber',
  '020': 'Viber sender info',
  '021': 'numbers',
}

/** The statuses that Routee documents, and 429, which every gateway may answer. */
const statusRules: Record<string, CodeRule> = {
  '400': { class: 'template', advice: 'Routee refuses a value: check the content and the number it is sent from.' },
  '401': { class: 'account', advice: 'Routee refuses the access token: check applicationId and applicationSecret.' },
  '403': {
    class: 'account',
    advice: 'Routee forbids the call: check that WhatsApp is active for the application, its balance and its IP list.',
  },
  '404': { class: 'template', advice: 'Routee does not find what the message names: check template and sender.' },
  '409': { class: 'template', advice: 'Routee says that this exists already: check what the message names.' },
  '429': { class: 'throttle', advice: 'Routee asks to slow down; sending slows down by itself.' },
  '500': { class: 'unknown', advice: 'Routee failed without saying whether it took the message; its callback will.' },
}

/** Codes that Routee's page gives by number: both belong to SMS, but their meaning is the same. */
const codeRules: Record<string, CodeRule> = {
  '400005000': { class: 'recipient', advice: 'Routee finds no valid recipient or sender: check both numbers.' },
  '404005000': { class: 'template', advice: 'Routee does not know the tracking id.' },
}

export const documentedCodes = [
  ...Object.keys(codeRules),
  ...Object.keys(statusRules).map((status) => `${status}000000`),
]

interface RouteeError {
  code: string
  text: string
}

/** Routee's error body; undefined when the body is another one. */
export function readError(text: string): RouteeError | undefined {
  const body = objectOf(parseJson(text))
  const code = textOf(body.code)?.trim()
  if (code === undefined || !isRouteeCode(code)) return undefined
  return { code, text: textOf(body.developerMessage) ?? text }
}

function isRouteeCode(code: string): boolean {
  return /^[1-5]\d{8}$/.test(code)
}

/** Routee refuses in its own words, under a status that its pages do not list. */
const otherRefusal: CodeRule = {
  class: 'template',
  advice: 'Routee refuses the message: its text says why; check the content, such as the size of a file.',
}

function ruleOf(code: string): CodeRule | undefined {
  const status = code.slice(0, 3)
  // 408 and 425 say that a request came late or early, not that it was read and refused.
  const refuses = status.startsWith('4') && status !== '408' && status !== '425'
  return findRule(codeRules, code) ?? findRule(statusRules, status) ?? (refuses ? otherRefusal : undefined)
}

export function providerErrorOf(error: RouteeError, httpStatus: number | null): ProviderError {
  const advice = ruleOf(error.code)?.advice ?? 'Routee does not document this code: ask its support about it.'
  const module = modules[error.code.slice(3, 6)]
  const from = module === undefined || module === 'generic' ? '' : ` (Routee's module: ${module})`
  return { code: error.code, text: clipText(error.text), advice: advice + from, httpStatus }
}

/** An answer that is no acceptance. */
export function resultOfRefusal(answer: HttpAnswer, now: number): SendResult {
  const error = readError(answer.text)
  if (error === undefined) return resultOfForeign(answer, now)
  const providerError = providerErrorOf(error, answer.status)
  const known = ruleOf(error.code)
  // Never more certain than the status of the answer: a body may speak of something else that failed.
  if (answer.status >= 500 || answer.status === 408 || known === undefined || known.class === 'unknown')
    return inDoubt(providerError, retryAfterOf(answer, now))
  if (answer.status === 429)
    return { kind: 'throttled', scope: 'sender', retryAfterMs: retryAfterOf(answer, now), error: providerError }
  // What WhatsApp said stands in Routee's words, and says more than its status.
  const code = whatsappCodeIn(error.text)
  if (code !== undefined) return failureOfCode(code, error.text, answer.status)
  if (answer.status === 401 || answer.status === 403) return { kind: 'account', error: providerError }
  return failureBy(known, providerError, retryAfterOf(answer, now))
}

/** A failure told after the call: WhatsApp's code in Routee's wrapper (`whatsapp::external::131050`), Routee's own, or another. */
export function failureOfCode(told: string, text: string, httpStatus: number | null = null): Failure {
  const code = whatsappRule(told) === undefined ? (whatsappCodeIn(told) ?? whatsappCodeIn(text)) : told
  const own = code === undefined && isRouteeCode(told) ? ruleOf(told) : undefined
  if (own !== undefined) return failureBy(own, providerErrorOf({ code: told, text }, httpStatus))
  const known =
    whatsappRule(code ?? '') ??
    rule('unknown', "WhatsApp did not take the message; Routee's log tells more about this code.")
  return failureBy(known, {
    code: (code ?? told).slice(0, 100),
    text: clipText(text),
    advice: known.advice,
    httpStatus,
  })
}
