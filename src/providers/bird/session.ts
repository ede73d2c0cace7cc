// Whether a person may be written to without a template: Bird knows the service window of each contact. What it said is
// remembered until the window ends, a closed one only briefly, because the person may write at any moment.
import type { SendResult } from '../../domain/send-result.ts'
import { HOUR_MS } from '../../domain/time-zone.ts'
import { type HttpAnswer, parseJson, resultOfFailure } from '../http-result.ts'
import { arrayOf, objectOf, textOf } from '../webhook-parts.ts'
import { type BirdApi, isSuccess } from './api.ts'
import { resultOfRefusal } from './errors.ts'

const CLOSED_FOR_MS = 60_000
/** Sessions that Bird calls permanent are asked for again after this. */
const PERMANENT_FOR_MS = HOUR_MS
/** People remembered at once; the oldest are forgotten first. */
const PEOPLE_MAX = 20_000

interface Window {
  isOpen: boolean
  until: number
}

/** The answer to a question, or the result with which the message ends because it could not be asked. */
type Asked<T> = { value: T } | { result: SendResult }

export class ServiceWindows {
  readonly #api: BirdApi
  readonly #windows = new Map<string, Window>()
  readonly #contactIds = new Map<string, string>()

  constructor(api: BirdApi) {
    this.#api = api
  }

  /** Undefined when the message may go; else why it was not sent. */
  async refusalFor(phone: string): Promise<SendResult | undefined> {
    const asked = await this.#isOpen(phone)
    if ('result' in asked) return asked.result
    return asked.value ? undefined : { kind: 'not_started', error: null, skip: 'no_session' }
  }

  async #isOpen(phone: string): Promise<Asked<boolean>> {
    const known = this.#windows.get(phone)
    if (known !== undefined && this.#api.now() < known.until) return { value: known.isOpen }
    const contact = await this.#contactOf(phone)
    if ('result' in contact) return contact
    const asked = contact.value === undefined ? { value: this.#closed() } : await this.#askWindow(contact.value, phone)
    if ('result' in asked) return asked
    remember(this.#windows, phone, asked.value)
    return { value: asked.value.isOpen }
  }

  /** Undefined for a person whom Bird does not know: that person never wrote. */
  async #contactOf(phone: string): Promise<Asked<string | undefined>> {
    const known = this.#contactIds.get(phone)
    if (known !== undefined) return { value: known }
    const { identifierKey: key } = this.#api.settings
    const answer = await this.#api.call({
      method: 'POST',
      path: `${this.#api.workspacePath}/contacts/search`,
      body: { identifier: { key, value: phone } },
    })
    if (answer.kind !== 'answer') return { result: withoutDoubt(resultOfFailure(answer)) }
    if (answer.status === 404) return { value: undefined }
    if (!isSuccess(answer)) return { result: this.#refused(answer) }
    const [first] = arrayOf(objectOf(parseJson(answer.text)).results)
    const id = textOf(objectOf(first).id)
    if (id === null) return { value: undefined }
    remember(this.#contactIds, phone, id)
    return { value: id }
  }

  async #askWindow(contactId: string, phone: string): Promise<Asked<Window>> {
    const answer = await this.#api.call({
      method: 'GET',
      path: `${this.#api.channelPath}/contacts/${encodeURIComponent(contactId)}?contactIdentifierValue=${encodeURIComponent(phone)}`,
    })
    if (answer.kind !== 'answer') return { result: withoutDoubt(resultOfFailure(answer)) }
    if (answer.status === 404) return { value: this.#closed() }
    if (!isSuccess(answer)) return { result: this.#refused(answer) }
    const { serviceWindowExpireAt, isPermanentSession } = objectOf(parseJson(answer.text))
    if (isPermanentSession === true) return { value: { isOpen: true, until: this.#api.now() + PERMANENT_FOR_MS } }
    const until = Date.parse(textOf(serviceWindowExpireAt) ?? '')
    return { value: until > this.#api.now() ? { isOpen: true, until } : this.#closed() }
  }

  #closed(): Window {
    return { isOpen: false, until: this.#api.now() + CLOSED_FOR_MS }
  }

  #refused(answer: HttpAnswer): SendResult {
    const result = withoutDoubt(resultOfRefusal(answer, this.#api.now()))
    if (result.kind !== 'account') return result
    const advice =
      'Bird does not let the key read the contacts of the channel: give its role that right, or set session: assume.'
    return { ...result, error: { ...result.error, advice } }
  }
}

/** The message itself was never handed over, whatever became of the question: it may be tried later. */
function withoutDoubt(result: SendResult): SendResult {
  if (result.kind !== 'unknown' && result.kind !== 'refused') return result
  const advice = 'Bird did not say whether a session is open; it is asked again later.'
  const retryAfterMs = (result.kind === 'unknown' ? result.retryAfterMs : undefined) ?? null
  return { kind: 'temporary', retryAfterMs, error: { ...result.error, advice } }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= PEOPLE_MAX) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
