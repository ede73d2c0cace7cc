// Calls to Bird with its key: paths of the workspace and the channel, answers as values.
import type { Begin, HttpClient, HttpOutcome, HttpRequest } from '../http-client.ts'
import { type HttpAnswer, parseJson } from '../http-result.ts'
import type { AccountAnswer } from '../provider.ts'
import { objectOf } from '../webhook-parts.ts'
import type { BirdSettings } from './config.ts'
import { errorOfCall } from './errors.ts'

type Json = Record<string, unknown>

export interface BirdCall {
  method: HttpRequest['method']
  path: string
  body?: Json
  begin?: Begin
}

export class BirdApi {
  readonly settings: BirdSettings
  readonly #http: HttpClient
  readonly #now: () => number

  constructor(settings: BirdSettings, http: HttpClient, now: () => number) {
    this.settings = settings
    this.#http = http
    this.#now = now
  }

  get workspacePath(): string {
    return `/workspaces/${this.settings.workspaceId}`
  }

  get channelPath(): string {
    return `${this.workspacePath}/channels/${this.settings.channelId}`
  }

  now(): number {
    return this.#now()
  }

  call({ method, path, body, begin }: BirdCall): Promise<HttpOutcome> {
    const authorization = `AccessKey ${this.settings.accessKey}`
    return body === undefined
      ? this.#http.request({ method, path, headers: { authorization } })
      : this.#http.request({
          method,
          path,
          headers: { authorization, 'content-type': 'application/json' },
          body: JSON.stringify(body),
          ...(begin && { begin }),
        })
  }

  /** A call about the account: what it answers, or why it failed. */
  async ask(call: BirdCall): Promise<AccountAnswer<Json>> {
    const outcome = await this.call(call)
    return outcome.kind === 'answer' && isSuccess(outcome)
      ? { ok: true, value: objectOf(parseJson(outcome.text)) }
      : { ok: false, error: errorOfCall(outcome, this.#now()) }
  }
}

export function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300
}
