// What an HTTP outcome means when the provider's body does not say more. A driver may only be stricter, or name the
// page that allows more. Source: the classification of outcomes in docs/decisions/0003-in-doubt-is-unknown.md.
import { parseRetryAfter } from '../domain/retry.ts'
import { clipText, NAMELESS_CODE, type ProviderError, type SendResult } from '../domain/send-result.ts'
import type { HttpOutcome } from './http-client.ts'

export type HttpAnswer = Extract<HttpOutcome, { kind: 'answer' }>

/** A call that brought no answer at all. */
export function resultOfFailure(outcome: Exclude<HttpOutcome, HttpAnswer>): SendResult {
  if (outcome.kind === 'not_begun') return { kind: 'not_started', error: null }
  if (outcome.kind === 'not_sent')
    return {
      kind: 'not_sent',
      error: httpError(
        outcome.code,
        outcome.text,
        'The provider could not be reached; sending goes on when it can.',
        null,
      ),
    }
  return {
    kind: 'unknown',
    error: httpError(outcome.code, outcome.text, 'The answer was lost; proof is being looked for.', null),
  }
}

const NOBODY_THERE = 'The provider is not at this address: check baseUrl, pathPrefix and ids, whichever the sender has.'

/** So long the sender waits when another server said yes: time to look at it before everybody is in doubt. */
const FOREIGN_HOLD_MS = 10 * 60_000

/**
 * An answer that is not in the provider's own words: a gateway or a web server gave it, in front of the provider or
 * elsewhere. It refuses no message, so nobody is used up: the sender pauses, or waits where it says yes.
 */
export function resultOfForeign(answer: HttpAnswer, now: number): SendResult {
  const { status, text } = answer
  if (status >= 200 && status < 300 && isWhole(text))
    return inDoubt(httpError(NAMELESS_CODE, text, `${NOBODY_THERE} Another server answered.`, status), FOREIGN_HOLD_MS)
  const result = resultOfStatus(answer, now)
  if (result.kind !== 'refused' || status === TOO_LARGE) return result
  return { kind: 'account', error: { ...result.error, advice: NOBODY_THERE } }
}

/** Whether an error's code is no more than the HTTP status: so gateways fill their bodies, and no provider does. */
export function isHttpStatus(code: string): boolean {
  return /^[45]\d\d$/.test(code)
}

/** Each server on the way may say it, and it is about the message. */
const TOO_LARGE = 413

/** An empty body and the beginning of some JSON may be the provider's: what broke off says nothing of who wrote it. */
function isWhole(text: string): boolean {
  return text.trim() !== '' && (parseJson(text) !== undefined || !/^[\s\uFEFF]*[[{]/u.test(text))
}

/** A refusal in the provider's own words, or in nobody's, by its status alone. */
export function resultOfStatus(answer: HttpAnswer, now: number, text = answer.text): SendResult {
  const { status } = answer
  const code = `http_${status}`
  if (status >= 200 && status < 300)
    return {
      kind: 'unknown',
      error: httpError(
        NAMELESS_CODE,
        text,
        'The provider said yes without naming the message; its callback will.',
        status,
      ),
    }
  if (status === 429 || status === 425)
    return {
      kind: 'throttled',
      scope: 'sender',
      retryAfterMs: retryAfterOf(answer, now),
      error: httpError(code, text, 'The provider asks to slow down.', status),
    }
  if (status === 401 || status === 403)
    return {
      kind: 'account',
      error: httpError(code, text, 'The provider refuses our credentials: check the sender.', status),
    }
  if (status >= 300 && status < 400)
    return {
      kind: 'account',
      error: httpError(code, text, 'The provider redirects, which is never followed: check the base URL.', status),
    }
  if (status === 408 || status === 409 || status >= 500)
    return inDoubt(
      httpError(code, text, 'The provider did not say whether it took the message.', status),
      retryAfterOf(answer, now),
    )
  return {
    kind: 'refused',
    scope: 'template',
    error: httpError(code, text, 'The provider refuses the request: check the content.', status),
  }
}

/** A call in doubt, with the time that the server asks for. */
export function inDoubt(error: ProviderError, retryAfterMs: number | null): Extract<SendResult, { kind: 'unknown' }> {
  return { kind: 'unknown', ...(retryAfterMs !== null && { retryAfterMs }), error }
}

/** An answer whose body names no message although it says yes. */
export function acceptedWithoutId(answer: HttpAnswer): SendResult {
  return resultOfStatus({ ...answer, status: 200 }, 0)
}

/** Whether the number that an answer names is not the one called: then it answers another call. */
export function isAnotherNumber(named: unknown, to: string): boolean {
  const digits = typeof named === 'string' ? named.replace(/\D/g, '') : ''
  return digits !== '' && digits !== to.replace(/\D/g, '')
}

export function retryAfterOf(answer: HttpAnswer, now: number): number | null {
  return parseRetryAfter(answer.header('retry-after'), now)
}

function httpError(code: string, text: string, advice: string, httpStatus: number | null): ProviderError {
  return { code, text: clipText(text), advice, httpStatus }
}

/** Levels of a body; those of providers have some twelve. */
const DEPTH_MAX = 200

/** A body that should be JSON; undefined when it is not, or is nested deeper than any provider nests. */
export function parseJson(text: string): unknown {
  if (isDeep(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** JSON.parse takes 0.1 s for a megabyte of opening brackets, many times what it takes for a long text. */
function isDeep(text: string): boolean {
  let depth = 0
  let isInText = false
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if (sign === '"') isInText = !isInText
    else if (isInText) at += Number(sign === '\\')
    else if (sign === '[' || sign === '{') depth++
    else if (sign === ']' || sign === '}') depth--
    if (depth > DEPTH_MAX) return true
  }
  return false
}
