// Access tokens of Routee's applications: one per application, for all its senders, fetched once at a time and renewed a minute
// before they run out. Source: Routee's authentication page.
import { clipText, type ProviderError, type SendResult } from '../../domain/send-result.ts'
import type { HttpClient, HttpOutcome } from '../http-client.ts'
import { parseJson, resultOfFailure, resultOfForeign, retryAfterOf } from '../http-result.ts'
import { objectOf, textOf } from '../webhook-parts.ts'
import type { RouteeSettings } from './config.ts'

const RENEW_BEFORE_MS = 60_000
const ASK_AGAIN_MS = 10_000
/** What Routee gives by default. */
const LIFETIME_SECONDS = 3600

export type TokenAnswer = { token: string } | { refusal: SendResult }

interface Token {
  value: string
  renewAt: number
  expiresAt: number
}

interface TokenState {
  /** After a refusal, calls ahead of need wait until then. */
  askAgainAt: number
  token: Token | undefined
  fetching: Promise<TokenAnswer> | undefined
}

export interface TokenSourceOptions {
  http: HttpClient
  /** Tells apart the same application at two addresses. */
  address: string
  /** Senders of one application share its token. */
  shared: Map<string, unknown>
  settings: Pick<RouteeSettings, 'applicationId' | 'applicationSecret'>
  now(): number
}

export class TokenSource {
  readonly #options: TokenSourceOptions
  readonly #state: TokenState

  constructor(options: TokenSourceOptions) {
    this.#options = options
    const { applicationId, applicationSecret } = options.settings
    const key = JSON.stringify(['routee token', options.address, applicationId, applicationSecret])
    const known = options.shared.get(key) as TokenState | undefined
    this.#state = known ?? { token: undefined, fetching: undefined, askAgainAt: 0 }
    options.shared.set(key, this.#state)
  }

  /** Gets one ahead of need; where there is none to be had, not again and again. */
  async prepare(): Promise<void> {
    if (this.#options.now() < this.#state.askAgainAt) return
    if ('refusal' in (await this.get())) this.#state.askAgainAt = this.#options.now() + ASK_AGAIN_MS
  }

  /** A token that is good for another minute, where Routee gives one. */
  async get(): Promise<TokenAnswer> {
    const { token } = this.#state
    const now = this.#options.now()
    if (token !== undefined && now < token.renewAt) return { token: token.value }
    const answer = await this.#fetchOnce()
    const isStillGood = 'refusal' in answer && token !== undefined && now < token.expiresAt
    return isStillGood ? { token: token.value } : answer
  }

  /** Another token than the one that was refused. */
  async renew(refused: string): Promise<TokenAnswer> {
    const { token } = this.#state
    if (token !== undefined && token.value !== refused) return { token: token.value }
    this.#state.token = undefined
    return this.#fetchOnce()
  }

  #fetchOnce(): Promise<TokenAnswer> {
    this.#state.fetching ??= this.#fetch().finally(() => {
      this.#state.fetching = undefined
    })
    return this.#state.fetching
  }

  async #fetch(): Promise<TokenAnswer> {
    const { http, settings, now } = this.#options
    const basic = Buffer.from(`${settings.applicationId}:${settings.applicationSecret}`).toString('base64')
    const outcome = await http.request({
      method: 'POST',
      path: '/oauth/token',
      headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials',
    })
    const token = readToken(outcome, now())
    if (token === undefined) return { refusal: refusalOf(outcome, now()) }
    this.#state.token = token
    return { token: token.value }
  }
}

function readToken(outcome: HttpOutcome, now: number): Token | undefined {
  if (outcome.kind !== 'answer' || outcome.status < 200 || outcome.status >= 300) return undefined
  const body = objectOf(parseJson(outcome.text))
  const value = textOf(body.access_token)
  if (value === null || !/^[\x21-\x7e]+$/.test(value)) return undefined
  const seconds = Number(body.expires_in ?? LIFETIME_SECONDS)
  const lifetimeMs = (Number.isFinite(seconds) && seconds > 0 ? seconds : LIFETIME_SECONDS) * 1000
  const expiresAt = now + lifetimeMs
  return { value, expiresAt, renewAt: expiresAt - Math.min(RENEW_BEFORE_MS, lifetimeMs / 2) }
}

/** Without a token no message has left: whatever became of the question for one, nothing is in doubt. */
function refusalOf(outcome: HttpOutcome, now: number): SendResult {
  if (outcome.kind !== 'answer') {
    const { error } = resultOfFailure(outcome) as Extract<SendResult, { error: ProviderError }>
    return {
      kind: 'not_sent',
      error: { ...error, advice: 'Routee gave no access token; sending goes on when it does.' },
    }
  }
  const { status } = outcome
  const error = tokenError(outcome.text, status)
  const retryAfterMs = retryAfterOf(outcome, now)
  if (status === 429) return { kind: 'throttled', scope: 'sender', retryAfterMs, error }
  if (status >= 500 || status === 408)
    return { kind: 'not_sent', ...(retryAfterMs !== null && { retryAfterMs }), error }
  if (status >= 300 && status < 400) return resultOfForeign(outcome, now)
  return { kind: 'account', error }
}

/** Of a success nothing is told: it may hold a token. */
function tokenError(body: string, status: number): ProviderError {
  const { error, error_description: description } = objectOf(parseJson(body))
  const told = [textOf(error), textOf(description)].filter(Boolean).join(': ')
  const isSuccess = status >= 200 && status < 300
  return {
    code: isSuccess ? 'token_missing' : (textOf(error) ?? `http_${status}`).slice(0, 60),
    text: isSuccess ? 'the answer holds no access_token' : clipText(told || body),
    advice: 'Routee gives no access token: check applicationId and applicationSecret of the sender.',
    httpStatus: status,
  }
}
