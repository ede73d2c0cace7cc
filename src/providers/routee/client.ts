// Calls to Routee with an access token. A token that is refused (401, 403) is renewed once and the call made once more:
// such an answer says that nothing was done.
import type { ProviderError, SendResult } from '../../domain/send-result.ts'
import { clipText, errorOf } from '../../domain/send-result.ts'
import type { HttpClient, HttpOutcome, HttpRequest } from '../http-client.ts'
import { parseJson, resultOfFailure, resultOfForeign } from '../http-result.ts'
import type { AccountAnswer } from '../provider.ts'
import { objectOf } from '../webhook-parts.ts'
import { providerErrorOf, readError } from './errors.ts'
import type { TokenSource } from './token.ts'

export type RouteeRequest = Pick<HttpRequest, 'method' | 'path' | 'begin'> & { body?: Record<string, unknown> }

/** What came of a call; `refusal` when there was no token to make it with. */
export type CallOutcome = HttpOutcome | { kind: 'no_token'; refusal: SendResult }

export class RouteeClient {
  readonly #http: HttpClient
  readonly #tokens: TokenSource

  constructor(http: HttpClient, tokens: TokenSource) {
    this.#http = http
    this.#tokens = tokens
  }

  async call(request: RouteeRequest): Promise<CallOutcome> {
    const first = await this.#tokens.get()
    if ('refusal' in first) return { kind: 'no_token', refusal: first.refusal }
    const outcome = await this.#request(request, first.token)
    if (outcome.kind !== 'answer' || (outcome.status !== 401 && outcome.status !== 403)) return outcome
    const second = await this.#tokens.renew(first.token)
    return 'refusal' in second ? { kind: 'no_token', refusal: second.refusal } : this.#request(request, second.token)
  }

  /** A call about the account, whose answer is a JSON object. */
  async ask(request: RouteeRequest): Promise<AccountAnswer<Record<string, unknown>>> {
    const outcome = await this.call(request)
    if (outcome.kind === 'no_token') return { ok: false, error: errorIn(outcome.refusal) }
    if (outcome.kind !== 'answer') return { ok: false, error: errorIn(resultOfFailure(outcome)) }
    if (outcome.status < 200 || outcome.status >= 300) {
      const error = readError(outcome.text)
      const told = error === undefined ? errorIn(resultOfForeign(outcome, 0)) : providerErrorOf(error, outcome.status)
      return { ok: false, error: told }
    }
    return { ok: true, value: objectOf(parseJson(outcome.text)) }
  }

  #request({ method, path, body, begin }: RouteeRequest, token: string): Promise<HttpOutcome> {
    return this.#http.request({
      method,
      path,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
      ...(begin && { begin }),
    })
  }
}

function errorIn(result: SendResult): ProviderError {
  const error = errorOf(result)
  return error ?? { code: 'unknown', text: clipText(result.kind), advice: 'Try again.', httpStatus: null }
}
