// Calls about the account rather than a message: every outcome is a value, and a refusal keeps the provider's words.
import type { ProviderError } from '../domain/send-result.ts'
import type { HttpOutcome } from './http-client.ts'
import { type HttpAnswer, parseJson, resultOfFailure, resultOfForeign } from './http-result.ts'
import type { AccountAnswer } from './provider.ts'

const UNREADABLE = 'The answer could not be read: check the base URL.'

/** What a driver makes of a successful answer; undefined when it cannot be read. */
type Read<T> = (body: unknown, answer: HttpAnswer) => T | undefined

/** What the provider's error body says, where it says something. */
type ReadError = (answer: HttpAnswer) => ProviderError | undefined

/** The value of a success; the provider's error, or what the status means, of everything else. */
export function accountAnswerOf<T>(outcome: HttpOutcome, read: Read<T>, readError: ReadError): AccountAnswer<T> {
  if (outcome.kind !== 'answer') return { ok: false, error: errorIn(resultOfFailure(outcome)) }
  const isSuccess = outcome.status >= 200 && outcome.status < 300
  const value = isSuccess ? read(parseJson(outcome.text), outcome) : undefined
  if (value !== undefined) return { ok: true, value }
  const error = readError(outcome) ?? errorIn(resultOfForeign(outcome, 0))
  return {
    ok: false,
    error: isSuccess ? { ...error, advice: UNREADABLE } : error,
  }
}

/** A success that does not say what the provider would. */
export function unreadable(text: string): { ok: false; error: ProviderError } {
  return { ok: false, error: { code: 'unreadable', text, advice: UNREADABLE, httpStatus: 200 } }
}

function errorIn(result: ReturnType<typeof resultOfForeign>): ProviderError {
  if (result.kind === 'accepted' || result.error === null) throw new Error('a failure without an error')
  return result.error
}
