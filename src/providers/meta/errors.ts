// Meta's error codes → our classes. The HTTP status tells nothing (throttles come as 400); the code does.
// Source: WhatsApp Cloud API error codes, page of November 2025.
import { clipText, type Failure, type ProviderError, type SendResult } from '../../domain/send-result.ts'
import { type CodeRule, failureBy, rule } from '../code-rules.ts'
import { whatsappRule } from '../whatsapp-codes.ts'

/** Permissions are a range of codes. */
function ruleOf(code: string): CodeRule {
  const known = whatsappRule(code)
  if (known !== undefined) return known
  const number = Number(code)
  if (number >= 200 && number <= 299)
    return rule('account', 'The token lacks a permission: check the app in the Meta dashboard.')
  return rule('unknown', 'This code is not documented: see what the provider says about it.')
}

export interface MetaError {
  code: string
  /** An old key that Meta still sends: it alone tells an unknown number from a wrong parameter. */
  subcode?: string | null
  text: string
  httpStatus: number | null
}

/** "Object does not exist": of the ids in our calls only those of the account can be wrong like that. */
const NO_SUCH_OBJECT = '33'

function ruleOfError({ code, subcode }: MetaError): CodeRule {
  return code === '100' && subcode === NO_SUCH_OBJECT ? ruleOf(NO_SUCH_OBJECT) : ruleOf(code)
}

export function providerErrorOf(error: MetaError): ProviderError {
  const { code, text, httpStatus } = error
  return { code, text: clipText(text), advice: ruleOfError(error).advice, httpStatus }
}

/** A refusal in the answer to our call. */
export function resultOfError(error: MetaError, retryAfterMs: number | null): SendResult {
  // A code that nobody documented, with a status that means "bad request", was not accepted all the same.
  const known = ruleOfError(error)
  const isRefused = known.class === 'unknown' && isPlainRefusal(error)
  return failureBy(isRefused ? { ...known, class: 'template' } : known, providerErrorOf(error), retryAfterMs)
}

/** A failure told after the call. */
export function failureOf(error: MetaError): Failure {
  return failureBy(ruleOfError(error), providerErrorOf(error))
}

function isPlainRefusal({ code, httpStatus }: MetaError): boolean {
  return (
    whatsappRule(code) === undefined && httpStatus !== null && [400, 404, 405, 410, 413, 415, 422].includes(httpStatus)
  )
}
