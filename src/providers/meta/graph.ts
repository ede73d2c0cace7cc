// Calls of the Graph API: version, token, and what its errors say.
import { createHmac } from 'node:crypto'
import { clipText, type ProviderError } from '../../domain/send-result.ts'
import { accountAnswerOf } from '../account-answer.ts'
import type { Begin, HttpClient, HttpOutcome } from '../http-client.ts'
import { type HttpAnswer, isHttpStatus, parseJson } from '../http-result.ts'
import { multipartBody } from '../multipart.ts'
import type { AccountAnswer, MediaFile } from '../provider.ts'
import { objectOf, textOf } from '../webhook-parts.ts'
import type { MetaSettings } from './config.ts'
import { type MetaError, providerErrorOf } from './errors.ts'

export type GraphMethod = 'GET' | 'POST' | 'DELETE'

export class Graph {
  readonly #http: HttpClient
  readonly #version: string
  readonly #authorization: string
  readonly #proof: string | undefined

  constructor(http: HttpClient, settings: MetaSettings) {
    this.#http = http
    this.#version = settings.graphVersion
    this.#authorization = `Bearer ${settings.accessToken}`
    this.#proof = settings.appSecretProof
      ? createHmac('sha256', settings.appSecret).update(settings.accessToken).digest('hex')
      : undefined
  }

  /** One request; a body goes as JSON. */
  call(method: GraphMethod, path: string, body?: unknown, begin?: Begin): Promise<HttpOutcome> {
    const json = body === undefined ? undefined : JSON.stringify(body)
    return this.#http.request({
      method,
      path: this.#address(path),
      headers: {
        authorization: this.#authorization,
        ...(json !== undefined && { 'content-type': 'application/json' }),
      },
      ...(json !== undefined && { body: json }),
      ...(begin && { begin }),
    })
  }

  upload(path: string, fields: Record<string, string>, file: MediaFile): Promise<HttpOutcome> {
    const { contentType, body } = multipartBody(fields, 'file', file)
    return this.#http.request({
      method: 'POST',
      path: this.#address(path),
      headers: { authorization: this.#authorization, 'content-type': contentType },
      body,
    })
  }

  #address(path: string): string {
    const address = `/${this.#version}/${path}`
    if (this.#proof === undefined) return address
    return `${address}${path.includes('?') ? '&' : '?'}appsecret_proof=${this.#proof}`
  }
}

/** What a call about the account came to; `read` tells the value from the body of a success. */
export function graphAnswer<T>(
  outcome: HttpOutcome,
  read: (body: Record<string, unknown>) => T | undefined,
): AccountAnswer<T> {
  return accountAnswerOf(
    outcome,
    (body) => read(objectOf(body)),
    (answer) => graphError(answer),
  )
}

/** Only whether it was done. */
export function isDone(body: Record<string, unknown>): true | undefined {
  return body.success === true ? true : undefined
}

function graphError(answer: HttpAnswer): ProviderError | undefined {
  const error = errorIn(answer)
  return error === undefined ? undefined : providerErrorOf(error)
}

/** The error that a body names; undefined when it names none, or is not Meta's: gateways say `{"error":{"code":404}}` too. */
export function errorIn(answer: HttpAnswer): MetaError | undefined {
  const error = objectOf(objectOf(parseJson(answer.text)).error)
  const code = textOf(error.code)
  if (code === null || !isMetas(error, code)) return undefined
  const details = textOf(objectOf(error.error_data).details) ?? textOf(error.error_user_msg)
  const text = clipText([textOf(error.message), details].filter(Boolean).join(': '))
  return { code, subcode: textOf(error.error_subcode), text, httpStatus: answer.status }
}

/** Each error of Meta has a type and the trace of its call; without them the code alone can say whose it is. */
function isMetas(error: Record<string, unknown>, code: string): boolean {
  if (textOf(error.type) !== null || textOf(error.fbtrace_id) !== null) return true
  return /^\d+$/.test(code) && !isHttpStatus(code)
}
