// Zixflow's refusals → our classes. Neither API has codes: a refusal is `status` or `success` false with a text, under any
// HTTP status. The two texts that are documented have words of ours as their codes.
import { clipText, type Failure, type ProviderError, type SendResult } from '../../domain/send-result.ts'
import { type CodeRule, failureBy, rule } from '../code-rules.ts'
import { type HttpAnswer, parseJson, resultOfForeign, resultOfStatus, retryAfterOf } from '../http-result.ts'
import { objectOf, textOf } from '../webhook-parts.ts'
import { whatsappCodeIn, whatsappRule } from '../whatsapp-codes.ts'

interface Reason extends CodeRule {
  code: string
  pattern: RegExp
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

const otherReason: CodeRule & { code: string } = {
  code: 'refused',
  class: 'template',
  advice: 'Zixflow refuses the message and gives no code: its text says why.',
}

/** What a text says no for: WhatsApp's own code where it names one, else words of Zixflow. */
function reasonIn(text: string): CodeRule & { code: string } {
  const code = whatsappCodeIn(text)
  const known = code === undefined ? undefined : whatsappRule(code)
  return known !== undefined && code !== undefined ? { ...known, code } : (ownRuleIn(text) ?? otherReason)
}

/** The text of a body that says no; undefined when it does not say so as Zixflow does, with a message. */
function refusalIn(text: string): string | undefined {
  const { status, success, message } = objectOf(parseJson(text))
  return status === false || success === false ? (textOf(message) ?? undefined) : undefined
}

/** What an answer that is no acceptance comes to. */
export function resultOfRefusal(answer: HttpAnswer, now: number): SendResult {
  const { status } = answer
  const said = refusalIn(answer.text)
  if (said === undefined) return resultOfForeign(answer, now)
  // A status of failure, a throttle or a redirect says more than any text beside it.
  if (status >= 500 || status === 408 || status === 429 || (status >= 300 && status < 400))
    return resultOfStatus(answer, now)
  const reason = reasonIn(said)
  const error = { code: reason.code, text: clipText(said), advice: reason.advice, httpStatus: status }
  if (status === 401 || status === 403) return { kind: 'account', error }
  return failureBy(reason, error, retryAfterOf(answer, now))
}

/** The error that a refused call about the account tells of. */
export function errorOfAnswer(answer: HttpAnswer): ProviderError | undefined {
  const said = refusalIn(answer.text)
  if (said === undefined) return undefined
  const { code, advice } = reasonIn(said)
  return { code, text: clipText(said), advice, httpStatus: answer.status }
}

/** A failure that a report tells: in words, which often hold WhatsApp's own code. */
export function failureOf(code: string | null, text: string): Failure {
  const known = code !== null && whatsappRule(code) !== undefined ? code : whatsappCodeIn(text)
  const advice = 'WhatsApp did not take the message; the text of the provider says why.'
  const own = known === undefined ? ownRuleIn(text) : undefined
  const found = whatsappRule(known ?? '') ?? own ?? rule('unknown', advice)
  return failureBy(found, {
    code: known ?? own?.code ?? code ?? 'failed',
    text: clipText(text),
    advice: found.advice,
    httpStatus: null,
  })
}

function ownRuleIn(text: string): Reason | undefined {
  return reasons.find(({ pattern }) => pattern.test(text))
}
