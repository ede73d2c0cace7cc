// Zixflow's refusals → our classes. Neither API has codes: a refusal is `status` or `success` false with a text, under any
// HTTP status. The two texts that are documented have words of ours as their codes.
import { clipText, type ProviderError, type SendResult } from '../../domain/send-result.ts'
import type { SuppressionReason, SuppressionScope } from '../../domain/suppression.ts'
import { type HttpAnswer, parseJson, resultOfStatus, retryAfterOf } from '../http-result.ts'
import { objectOf, textOf } from '../webhook-parts.ts'
import { whatsappCodes } from '../whatsapp-codes.ts'

interface Reason {
  code: string
  pattern: RegExp
  class: 'account' | 'template'
  advice: string
}

const reasons: readonly Reason[] = [
  {
    code: 'unauthorised',
    pattern: /unauthori[sz]ed/i,
    class: 'account',
    advice: 'Zixflow refuses the key: check apiKey (and workspaceId), its permissions and its IP list.',
  },
  {
    code: 'invalid_data',
    pattern: /invalid data/i,
    class: 'template',
    advice: 'Zixflow misses or refuses a value: check the content, the template and its variables.',
  },
]

export const documentedCodes = reasons.map(({ code }) => code)

const otherReason = {
  code: 'refused',
  class: 'template',
  advice: 'Zixflow refuses the message and gives no code: its text says why.',
} as const

/** The text of a body that says no; undefined when it does not say so. */
function refusalIn(text: string): string | undefined {
  const body = objectOf(parseJson(text))
  if (body.status !== false && body.success !== false) return undefined
  return textOf(body.message) ?? text
}

/** What an answer that is no acceptance comes to. */
export function resultOfRefusal(answer: HttpAnswer, now: number): SendResult {
  const { status } = answer
  const said = refusalIn(answer.text)
  // A status of failure, a throttle or a redirect says more than any text beside it.
  if (said === undefined || status >= 500 || status === 408 || status === 429 || (status >= 300 && status < 400))
    return withoutWord(answer, now)
  const reason = reasons.find(({ pattern }) => pattern.test(said)) ?? otherReason
  const error = { code: reason.code, text: clipText(said), advice: reason.advice, httpStatus: status }
  if (reason.class === 'account' || status === 401 || status === 403) return { kind: 'account', error }
  return { kind: 'refused', scope: 'template', error }
}

function withoutWord(answer: HttpAnswer, now: number): SendResult {
  const result = resultOfStatus(answer, now)
  if (answer.status === 429 && result.kind === 'throttled')
    return { ...result, retryAfterMs: retryAfterOf(answer, now) }
  if (answer.status !== 404 && answer.status !== 405) return result
  const advice = 'Nobody answers at this path: check api, pathPrefix and baseUrl of the sender.'
  const text = clipText(answer.text)
  return { kind: 'account', error: { code: `http_${answer.status}`, text, advice, httpStatus: answer.status } }
}

/** The error that a refused call about the account tells of. */
export function errorOfAnswer(answer: HttpAnswer): ProviderError | undefined {
  const said = refusalIn(answer.text)
  if (said === undefined) return undefined
  const { code, advice } = reasons.find(({ pattern }) => pattern.test(said)) ?? otherReason
  return { code, text: clipText(said), advice, httpStatus: answer.status }
}

export interface Failure {
  error: ProviderError
  suppress?: { scope: SuppressionScope; reason: SuppressionReason }
}

/** A failure that a report tells: in words, which often hold WhatsApp's own code. */
export function failureOf(code: string | null, text: string): Failure {
  const known = code ?? /\b\d{3,6}\b/g.exec(text)?.[0] ?? ''
  const rule = Object.hasOwn(whatsappCodes, known) ? whatsappCodes[known] : undefined
  const advice = rule?.advice ?? 'WhatsApp did not take the message; the text of the provider says why.'
  const error = {
    code: rule === undefined ? (code ?? 'failed') : known,
    text: clipText(text),
    advice,
    httpStatus: null,
  }
  return rule?.suppress === undefined ? { error } : { error, suppress: rule.suppress }
}
