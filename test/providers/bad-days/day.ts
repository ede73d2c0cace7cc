// A bad day at a provider: bursts of 429, a token that dies and comes back, payment stopped and a template paused by callbacks
// alone, answers lost after acceptance, callbacks lost, late, repeated and before their answer, people who opt out or have had too
// much. The provider keeps its own ledger; time is the test's clock.
import { vi } from 'vitest'
import { applyEvents } from '../../../src/engine/track/apply-events.ts'
import { HttpClient, type HttpOutcome, type HttpRequest } from '../../../src/providers/http-client.ts'
import { type FakeClock, turn } from '../../support/fake-clock.ts'
import type { TestApp } from '../../support/open-test-app.ts'
import type { Answer, Message, StandIn, Told } from './stand-in.ts'

/** Time moves on by so much at least. */
const STEP_MS = 40
/** Milliseconds to the provider and back. */
const latencyOf = (n: number) => 60 + (n % 7) * 20
export const RETRY_AFTER_MS = 5_000
/** A callback comes so long after its message was taken. */
const NEWS_MS = 200
const LATE_MS = 20 * 60_000

/** What happens to single people, by their place in the list. */
export const fates = {
  isReset: (n: number) => n % 20 === 3,
  isFailedAfter: (n: number) => n % 20 === 7,
  isToldBefore: (n: number) => n % 20 === 11,
  isRepeated: (n: number) => n % 20 === 13,
  isUntold: (n: number) => n % 20 === 15,
  isLate: (n: number) => n % 20 === 17,
  /** 131050 by callback. */
  optsOut: (n: number) => n % 80 === 5,
  /** 131050, and the callback is lost. */
  optsOutUntold: (n: number) => n % 80 === 25,
  /** 131049 once. */
  isCooledOff: (n: number) => n % 80 === 45,
}

/** Calls taken or refused after which each trouble begins. */
const troubles = [
  [25, 'throttle'],
  [50, 'throttleWithoutTime'],
  [75, 'token'],
  [100, 'payment'],
  [125, 'template'],
] as const
export type Trouble = (typeof troubles)[number][1]

/** One call about a message, as the provider saw it. */
export interface Entry {
  n: number
  /** When it began, and when its answer was there (epoch ms). */
  startedAt: number
  answeredAt: number | null
  answer: 'taken' | 'throttled' | 'token' | 'wrong'
  retryAfterMs: number | null
  /** The message that the answer names. */
  id?: string
}

export class Day {
  readonly ledger: Entry[] = []
  /** Everything that was taken, by its id. */
  readonly messages = new Map<string, Message & { n: number }>()
  readonly wrong: string[] = []
  /** When a trouble was told first: the answer or the callback was there. */
  readonly toldAt = new Map<Trouble, number>()
  /** When the second campaign began. */
  secondAt = Number.POSITIVE_INFINITY
  /** The trouble of now. */
  trouble: Trouble | undefined
  #next = 0
  #troubleUntil = 0
  #busy = 0
  readonly #standIn: StandIn
  readonly #test: TestApp
  readonly #phones: readonly string[]
  readonly #cooledOff = new Set<number>()

  constructor(standIn: StandIn, test: TestApp, phones: readonly string[]) {
    this.#standIn = standIn
    this.#test = test
    this.#phones = phones.map((phone) => phone.slice(1))
    vi.spyOn(HttpClient.prototype, 'request').mockImplementation((request) => this.#exchange(request))
  }

  get #clock(): FakeClock {
    return this.#test.clock
  }

  /** The operator has mended it. */
  mend(): void {
    this.trouble = undefined
  }

  /** Lets time pass until something is true, from one thing that happens to the next. */
  async until(isTrue: () => boolean | Promise<boolean>, maxMs = 60_000): Promise<void> {
    const end = this.#clock.now() + maxMs
    while (!(await isTrue())) {
      for (let turns = 0; turns < 3 || this.#busy > 0; turns++) await turn()
      const { nextWake } = this.#clock
      if (nextWake === undefined) continue
      if (nextWake > end) throw new Error(`it did not become true; ${JSON.stringify(this.state)}`)
      this.#clock.set(Math.max(this.#clock.now() + STEP_MS, nextWake))
    }
  }

  /** Lets so much time pass at once, and what it brings settle. */
  async pass(ms: number): Promise<void> {
    const end = this.#clock.now() + 1_000
    if (ms > 1_000) this.#clock.set(this.#clock.now() + ms - 1_000)
    await this.until(() => this.#clock.now() >= end + Math.max(0, ms - 1_000))
  }

  get state() {
    return { calls: this.ledger.length, taken: this.messages.size, trouble: this.trouble, wrong: this.wrong[0] }
  }

  async #exchange({ method, path, headers = {}, body = '', begin }: HttpRequest): Promise<HttpOutcome> {
    if (begin?.() === false) return { kind: 'not_begun', code: 'not_begun', text: 'the call was not begun' }
    const clock = this.#clock
    const asked = this.#standIn.read({ method, path, headers, body: String(body) })
    if (asked.kind === 'wrong') this.wrong.push(asked.why)
    if (asked.kind === 'token') return answerOf(this.#standIn.token?.(this.trouble !== 'token'))
    if (asked.kind === 'lookUp') return answerOf(this.#standIn.known?.(this.#found(asked)))
    if (asked.kind !== 'send') return answerOf({ status: 404, body: {} })
    const n = this.#phones.indexOf(asked.to)
    const entry: Entry = { n, startedAt: clock.now(), answeredAt: null, answer: 'taken', retryAfterMs: null }
    this.ledger.push(entry)
    const latencyMs = latencyOf(this.ledger.length)
    await clock.wait(clock.now() + latencyMs / 2)
    this.#beginTrouble()
    const outcome = this.#decide(entry, asked.reference)
    if (entry.answer === 'taken' && fates.isToldBefore(n)) await this.#deliverDue()
    await clock.wait(clock.now() + latencyMs / 2)
    entry.answeredAt = clock.now()
    if (entry.id !== undefined) this.#answered.add(entry.id)
    if (entry.answer === 'token') this.#noteTold('token')
    return outcome
  }

  #beginTrouble(): void {
    const now = this.#clock.now()
    if (this.#troubleUntil !== 0 && now >= this.#troubleUntil) {
      this.trouble = undefined
      this.#troubleUntil = 0
    }
    const [after, name] = troubles[this.#next] ?? [Number.POSITIVE_INFINITY, undefined]
    if (this.trouble !== undefined || this.messages.size < after || name === undefined) return
    this.#next++
    this.trouble = name
    if (name === 'throttle') this.#troubleUntil = now + RETRY_AFTER_MS
    if (name === 'throttleWithoutTime') this.#troubleUntil = now + 800
  }

  #decide(entry: Entry, reference: string | null): HttpOutcome {
    const { n } = entry
    const { trouble } = this
    if (trouble === 'throttle' || trouble === 'throttleWithoutTime') {
      entry.answer = 'throttled'
      const restMs = this.#troubleUntil - this.#clock.now()
      entry.retryAfterMs = trouble === 'throttle' ? Math.ceil(restMs / 1000) * 1000 : null
      return answerOf(this.#standIn.throttled(), entry.retryAfterMs)
    }
    if (trouble === 'token') {
      entry.answer = 'token'
      return answerOf(this.#standIn.refusedToken())
    }
    const id = `0b1d2c3e-0000-4000-8000-${String(this.messages.size + 1).padStart(12, '0')}`
    const message = { id, n, to: this.#phones[n] ?? '', reference, at: this.#clock.now(), news: [] }
    this.messages.set(id, message)
    if (!fates.isReset(n) && !fates.isFailedAfter(n)) entry.id = id
    this.#plan(message)
    if (fates.isReset(n)) return { kind: 'unknown', code: 'econnreset', text: 'the connection was reset' }
    return answerOf(fates.isFailedAfter(n) ? this.#standIn.failing() : this.#standIn.accepted(id))
  }

  /** What becomes of a message that was taken. */
  #plan(message: Message & { n: number }): void {
    const { n, at } = message
    const told = { id: message.id, to: message.to, reference: message.reference }
    const code = this.#codeOf(n)
    const first = fates.isToldBefore(n) ? at : at + NEWS_MS
    const news: Told[] =
      code === undefined
        ? [
            { ...told, status: 'sent', at: first },
            { ...told, status: 'delivered', at: first + 100 },
          ]
        : [{ ...told, status: 'failed', at: first, code }]
    const isLost = fates.isUntold(n) || fates.optsOutUntold(n)
    const lateMs = fates.isLate(n) ? LATE_MS : 0
    for (const one of news)
      void this.#clock.wait(one.at).then(() => {
        message.news.push(one)
      })
    if (isLost && this.trouble === undefined) return
    const copies = fates.isRepeated(n) ? [...news, ...news].reverse().concat(news) : news
    for (const one of copies) this.#due.push({ told: one, at: one.at + lateMs })
    for (const at of new Set(copies.map((one) => one.at + lateMs)))
      void this.#clock.wait(at).then(() => this.#deliverDue())
  }

  /** Messages whose answer is there. */
  readonly #answered = new Set<string>()
  readonly #due: { told: Told; at: number }[] = []

  #codeOf(n: number): string | undefined {
    if (this.trouble === 'payment') return '131042'
    if (this.trouble === 'template') return '132015'
    if (fates.optsOut(n) || fates.optsOutUntold(n)) return '131050'
    if (!fates.isCooledOff(n) || this.#cooledOff.has(n)) return undefined
    this.#cooledOff.add(n)
    return '131049'
  }

  /** Hands over every callback whose time has come, signed as the provider signs. */
  async #deliverDue(): Promise<void> {
    const now = this.#clock.now()
    const due = this.#due.filter(({ at }) => at <= now)
    if (due.length === 0) return
    this.#due.splice(0, this.#due.length, ...this.#due.filter(({ at }) => at > now))
    this.#busy++
    const { receiver } = this.#test.app
    const door = await receiver.find('main', this.#token)
    if (door === undefined) throw new Error('the address for callbacks is wrong')
    const stored = due.map(({ told }) => {
      const url = `${this.#url}`
      const { body, headers } = this.#standIn.callback(told, url)
      return door.receive({ body: Buffer.from(body), header: (name) => headers[name.toLowerCase()], url })
    })
    await receiver.close()
    await Promise.all(stored)
    await this.apply()
    for (const { told } of due) {
      // Without our reference a callback that overtakes its answer means nothing until that is there.
      const isKnown = this.#standIn.hasReference || this.#answered.has(told.id)
      if (isKnown && told.code === '131042') this.#noteTold('payment')
      if (isKnown && told.code === '132015') this.#noteTold('template')
    }
    this.#busy--
  }

  #noteTold(trouble: Trouble): void {
    if (!this.toldAt.has(trouble)) this.toldAt.set(trouble, this.#clock.now())
  }

  #found({ id, to }: { id?: string; to?: string }): Message[] {
    const messages = [...this.messages.values()]
    return messages.filter((message) => (id === undefined ? message.to === to : message.id === id))
  }

  #token = ''
  #url = ''

  /** Where callbacks go. */
  callHere(url: string): void {
    this.#url = url
    this.#token = url.split('/').at(-1) ?? ''
  }

  /** Every callback that can be applied now. */
  async apply(): Promise<void> {
    const { ctx, connections } = this.#test.app
    while ((await applyEvents(ctx, connections)) === true);
  }
}

function answerOf(answer: Answer | undefined, retryAfterMs: number | null = null): HttpOutcome {
  const { status, body } = answer ?? { status: 404, body: {} }
  const retryAfter = retryAfterMs === null ? undefined : String(retryAfterMs / 1000)
  return {
    kind: 'answer',
    status,
    header: (name) => (name.toLowerCase() === 'retry-after' ? retryAfter : undefined),
    text: JSON.stringify(body),
  }
}
