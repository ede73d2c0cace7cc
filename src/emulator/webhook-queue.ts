// Delivers callbacks: one message's in their order, each repeated until the receiver has taken it or the attempts are
// used up; different messages side by side. Every attempt stands in the ledger.
import { setMaxListeners } from 'node:events'
import { Agent, request } from 'undici'
import { AppError } from '../domain/errors.ts'
import type { AcceptedMessage, CallbackEvent, Dialect } from './dialect.ts'
import type { Ledger, WebhookEntry, WebhookEvent } from './ledger.ts'
import { wait } from './waiting.ts'
import type { Shipment, WebhookPlan } from './webhook-plan.ts'

export interface WebhookOptions {
  /** The receiver, for every dialect whose requests do not name one. */
  url: string
  /** Signs the callbacks (Meta: the app secret); without it dialects that sign send none. */
  appSecret?: string
  /** Attempts of one POST before it is given up. Default 20. */
  attemptsMax?: number
  /** Wait before the first repeat; doubles up to 5 s. Default 100. */
  retryDelayMs?: number
  /** Part of the messages that are read, 0 to 1. Default 0.5. */
  readShare?: number
  /** Most statuses of different messages in one POST. Default 1. */
  batchMax?: number
  /** How long a batch waits to become full. Default 5. */
  batchWaitMs?: number
  /** Connections to the receiver at once. Default 16. */
  connections?: number
}

type SetOptions = Required<Omit<WebhookOptions, 'appSecret'>> & Pick<WebhookOptions, 'appSecret'>

const webhookDefaults = {
  attemptsMax: 20,
  retryDelayMs: 100,
  readShare: 0.5,
  batchMax: 1,
  batchWaitMs: 5,
  connections: 16,
} as const

const RETRY_DELAY_MAX_MS = 5_000
const ANSWER_TIMEOUT_MS = 10_000

interface Batch {
  events: CallbackEvent[]
  isOver: Promise<void>
}

export class WebhookQueue {
  readonly #ledger: Ledger
  #options: SetOptions | undefined
  #agent: Agent | undefined
  /** Everything under way; empty when all is settled. */
  readonly #pending = new Set<Promise<void>>()
  /** Batches that still take events, by dialect and address. */
  readonly #batches = new Map<string, Batch>()
  #cancel = newCancel()

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  get options(): SetOptions | undefined {
    return this.#options
  }

  /**
   * Another receiver; attempts still to come go there too. Undefined: nothing is planned any more.
   * Throws AppError config.invalid.
   */
  setOptions(options: WebhookOptions | undefined): void {
    if (options !== undefined && !isWebAddress(options.url))
      throw new AppError('config.invalid', `the webhook address "${options.url}" is no http address`)
    this.#options = options && { ...webhookDefaults, ...options }
    const old = this.#agent
    this.#agent =
      this.#options &&
      new Agent({
        connections: this.#options.connections,
        pipelining: 1,
        headersTimeout: ANSWER_TIMEOUT_MS,
        bodyTimeout: ANSWER_TIMEOUT_MS,
      })
    void old?.close()
  }

  /** Starts the callbacks of a message. Resolves when the answer to its sender may go. */
  async start(dialect: Dialect, message: AcceptedMessage, plan: WebhookPlan, statusDelayMs: number): Promise<void> {
    if (dialect.signsCallbacks && this.#options?.appSecret === undefined) return
    const url = () => message.callbackUrl ?? this.#options?.url
    const first = url()
    if (first === undefined) return
    if (plan.isLost) return this.#lose(dialect, plan, first)
    const delayMs = plan.isBeforeAnswer ? 0 : statusDelayMs
    const { signal } = this.#cancel
    const run = async (onFailure: () => void) => {
      await wait(plan.lateMs, signal)
      for (const shipment of shipmentsFor(dialect, plan)) {
        await wait(delayMs, signal)
        await this.#ship({ dialect, url, shipment, signal, onFailure })
      }
    }
    // A receiver that refuses must not hold the answer for all the repeats.
    const isOverOrFailed = new Promise<void>((resolve) => {
      void this.#track(run(resolve)).then(resolve)
    })
    if (plan.isBeforeAnswer) await isOverOrFailed
  }

  /** Delivers one event; resolves when it was taken or given up. */
  async push(dialect: Dialect, event: CallbackEvent): Promise<void> {
    if (this.#options === undefined) throw new Error('there is no webhook address: set webhooks first')
    if (dialect.signsCallbacks && this.#options.appSecret === undefined)
      throw new Error(`${dialect.name} signs its callbacks: set a secret first`)
    const shipment: Shipment = { events: [event], hasWrongSignature: false }
    const { signal } = this.#cancel
    await this.#track(this.#deliver({ dialect, url: () => this.#options?.url, shipment, signal }))
  }

  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending)
  }

  /** Calls off everything planned. */
  cancel(): void {
    this.#cancel.abort()
    this.#cancel = newCancel()
    this.#batches.clear()
  }

  async stop(): Promise<void> {
    this.#cancel.abort()
    await this.settled()
    await this.#agent?.destroy()
  }

  #track(work: Promise<void>): Promise<void> {
    this.#pending.add(work)
    return work.finally(() => this.#pending.delete(work))
  }

  /** Alone, or together with statuses of other messages. */
  #ship(delivery: Delivery): Promise<void> {
    const batchMax = Math.min(
      this.#options?.batchMax ?? 1,
      delivery.dialect.eventsPerCallback ?? Number.POSITIVE_INFINITY,
    )
    const { events, hasWrongSignature } = delivery.shipment
    if (batchMax <= 1 || events.length >= batchMax || hasWrongSignature) return this.#deliver(delivery)
    const key = `${delivery.dialect.name} ${delivery.url()}`
    const open = this.#batches.get(key)
    const hasRoom = open !== undefined && open.events.length + events.length <= batchMax
    const batch = hasRoom ? open : this.#openBatch(key, delivery)
    batch.events.push(...events)
    return batch.isOver
  }

  #openBatch(key: string, delivery: Delivery): Batch {
    const events: CallbackEvent[] = []
    const run = async () => {
      await wait(this.#options?.batchWaitMs ?? 0, delivery.signal)
      if (this.#batches.get(key) === batch) this.#batches.delete(key)
      await this.#deliver({ ...delivery, shipment: { events, hasWrongSignature: false } })
    }
    const batch: Batch = { events, isOver: Promise.resolve() }
    this.#batches.set(key, batch)
    batch.isOver = run()
    return batch
  }

  async #deliver({ dialect, url, shipment, signal, onFailure }: Delivery): Promise<void> {
    const { attemptsMax, retryDelayMs } = this.#options ?? webhookDefaults
    for (let attempt = 1; attempt <= attemptsMax && !signal.aborted; attempt++) {
      const address = url()
      if (address === undefined) return
      const hasWrongSignature = shipment.hasWrongSignature && attempt === 1
      const outcome = await this.#post(
        { dialect, url: address, events: shipment.events, attempt, hasWrongSignature },
        signal,
      )
      if (outcome === 'delivered') return
      onFailure?.()
      if (attempt < attemptsMax) await wait(Math.min(retryDelayMs * 2 ** (attempt - 1), RETRY_DELAY_MAX_MS), signal)
    }
  }

  async #post(post: Post, signal: AbortSignal): Promise<WebhookEntry['outcome']> {
    const { dialect, url, events, hasWrongSignature } = post
    const secret = this.#options?.appSecret ?? ''
    const { headers, body } = dialect.callback(events, { url, secret: hasWrongSignature ? `not ${secret}` : secret })
    const entry = this.#enter(post, body)
    try {
      const dispatcher = this.#agent
      if (dispatcher === undefined) throw new Error('there is no receiver any more')
      const answer = await request(url, { method: 'POST', headers, body, dispatcher, signal })
      entry.status = answer.statusCode
      await answer.body.dump()
      entry.outcome = dialect.isReceipt(answer.statusCode) ? 'delivered' : 'refused'
    } catch {
      entry.outcome = 'unreachable'
    }
    this.#ledger.webhookEnded(entry)
    return entry.outcome
  }

  #lose(dialect: Dialect, plan: WebhookPlan, url: string): void {
    for (const { events } of shipmentsFor(dialect, plan)) {
      const { body } = dialect.callback(events, { url, secret: this.#options?.appSecret ?? '' })
      const entry = this.#enter({ dialect, url, events, attempt: 0, hasWrongSignature: false }, body)
      entry.outcome = 'lost'
      this.#ledger.webhookEnded(entry)
    }
  }

  #enter({ dialect, url, events, attempt, hasWrongSignature }: Post, body: string): WebhookEntry {
    return this.#ledger.webhook({
      monotonicMs: performance.now(),
      dialect: dialect.name,
      url,
      attempt,
      events: events.map(shortForm),
      hasWrongSignature,
      body,
      status: null,
      outcome: 'open',
    })
  }
}

/** Every callback that waits listens to it: as many as there are messages on their way. */
function newCancel(): AbortController {
  const cancel = new AbortController()
  setMaxListeners(0, cancel.signal)
  return cancel
}

/** What is to come in POSTs that the provider would make. */
function shipmentsFor({ eventsPerCallback = Number.POSITIVE_INFINITY }: Dialect, plan: WebhookPlan): Shipment[] {
  return plan.shipments.flatMap((shipment) =>
    shipment.events.length <= eventsPerCallback
      ? [shipment]
      : shipment.events.map((event) => ({ ...shipment, events: [event] })),
  )
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

interface Delivery {
  dialect: Dialect
  /** Asked before each attempt: the receiver may have moved. */
  url(): string | undefined
  shipment: Shipment
  /** Aborted when everything planned is called off. */
  signal: AbortSignal
  onFailure?(): void
}

interface Post {
  dialect: Dialect
  url: string
  events: CallbackEvent[]
  attempt: number
  hasWrongSignature: boolean
}

function shortForm(event: CallbackEvent): WebhookEvent {
  switch (event.kind) {
    case 'status': {
      const { trackingId, reference, to } = event.message
      return { kind: 'status', trackingId, reference, status: event.status, phone: to }
    }
    case 'inbound':
      return { kind: 'inbound', trackingId: event.id, reference: null, status: null, phone: event.from }
    case 'preference':
      return { kind: 'preference', trackingId: null, reference: null, status: event.wants, phone: event.phone }
  }
}
