// One call to a 1MSG channel. The token goes into the query of each; no text that leaves here holds it, because 1MSG
// repeats it in its own errors.
import { errorOf, type ProviderError } from '../../domain/send-result.ts'
import type { Begin, HttpClient, HttpOutcome } from '../http-client.ts'
import { type HttpAnswer, parseJson, resultOfFailure, resultOfForeign, resultOfStatus } from '../http-result.ts'
import type { Json } from '../message-parts.ts'
import type { AccountAnswer } from '../provider.ts'
import { objectOf } from '../webhook-parts.ts'
import type { OneMsgSettings } from './config.ts'
import { isOneMsgs, providerErrorOf, readError } from './errors.ts'

export interface OneMsgApi {
  get(method: string, query?: Record<string, string>): Promise<HttpOutcome>
  post(method: string, body: Json, begin?: Begin): Promise<HttpOutcome>
}

export function createApi(http: HttpClient, settings: OneMsgSettings): OneMsgApi {
  const { channelId, token } = settings
  const authorization = settings.authorizationHeader ? { authorization: `Bearer ${token}` } : {}
  // Some cabinets show the id with this word before it.
  const channel = channelId.replace(/^instance(?=.)/, '')
  const pathOf = (method: string, query: Record<string, string>) =>
    `/${channel}/${method}?${new URLSearchParams({ ...query, token })}`
  return {
    get: async (method, query = {}) =>
      withoutToken(await http.request({ method: 'GET', path: pathOf(method, query), headers: authorization }), token),
    post: async (method, body, begin) => {
      const headers = { ...authorization, 'content-type': 'application/json' }
      const request = { method: 'POST', path: pathOf(method, {}), headers, body: JSON.stringify(body) } as const
      return withoutToken(await http.request({ ...request, ...(begin && { begin }) }), token)
    },
  }
}

/** Very short tokens stand in every text; they are none of 1MSG's. */
const TOKEN_LENGTH_MIN = 6

function withoutToken(outcome: HttpOutcome, token: string): HttpOutcome {
  if (token.length < TOKEN_LENGTH_MIN) return outcome
  const text = outcome.text.replaceAll(token, '***').replaceAll(encodeURIComponent(token), '***')
  return { ...outcome, text }
}

/** The body of a call about the account, or why there is none. */
export function accountBody(outcome: HttpOutcome, now: number): AccountAnswer<unknown> {
  if (outcome.kind !== 'answer') return failed(errorOf(resultOfFailure(outcome)))
  const body = parseJson(outcome.text)
  const told = readError(body)
  if (outcome.status < 200 || outcome.status >= 300) return failed(errorOfStatus(outcome, now))
  const root = objectOf(body)
  if (root.error !== undefined || objectOf(root.response).error !== undefined)
    return failed(providerErrorOf({ code: told.code ?? 'refused', text: told.text, httpStatus: outcome.status }))
  if (body === undefined)
    return failed(providerErrorOf({ code: 'unreadable', text: 'the answer is no JSON', httpStatus: outcome.status }))
  return { ok: true, value: body }
}

function errorOfStatus(answer: HttpAnswer, now: number): ProviderError | null {
  const body = parseJson(answer.text) ?? answer.text
  return errorOf(isOneMsgs(body) ? resultOfStatus(answer, now, readError(body).text) : resultOfForeign(answer, now))
}

function failed(error: ProviderError | null): { ok: false; error: ProviderError } {
  return { ok: false, error: error ?? providerErrorOf({ code: 'unknown', text: '', httpStatus: null }) }
}
