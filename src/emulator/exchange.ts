// One request from its first byte to the end of its answer: rate, faults before, the dialect's decision, callbacks,
// faults after, and the ledger's lines in the order in which things became true.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type AnswerPlan, type FaultSetting, playFault } from './answer-plan.ts'
import { writeAnswer } from './answer-writer.ts'
import { type AcceptedMessage, type Dialect, type EmulatorRequest, jsonAnswer, type Outcome } from './dialect.ts'
import type { FaultPhase, WebhookFault } from './fault-script.ts'
import type { FaultSubject, Faults } from './faults.ts'
import { type Ledger, maskHeaders, maskPath, type RequestEntry, type Verdict } from './ledger.ts'
import type { RateWindow } from './rate-window.ts'
import { wait } from './waiting.ts'
import { planWebhooks } from './webhook-plan.ts'
import type { WebhookQueue } from './webhook-queue.ts'

/** Longer than any upload that a provider takes. */
const BODY_BYTES_MAX = 128 * 1024 * 1024

export interface ExchangeSettings {
  dialects: ReadonlyMap<string, Dialect>
  ledger: Ledger
  faults: Faults
  queue: WebhookQueue
  rate: RateWindow | undefined
  latencyMs: number
  statusDelayMs: number
  seed: string
  now(): number
  /** Aborted when the emulator stops. */
  signal: AbortSignal
}

export class Exchanges {
  readonly #settings: ExchangeSettings
  readonly #connections = new WeakMap<Socket, number>()
  #connectionCount = 0
  /** Id of the message accepted last, per dialect, for answers that repeat an id. */
  readonly #lastIds = new Map<Dialect, string>()

  constructor(settings: ExchangeSettings) {
    this.#settings = settings
  }

  reset(): void {
    this.#lastIds.clear()
  }

  async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const monotonicMs = performance.now()
    const connection = this.#connectionNumber(incoming.socket)
    const body = await readBody(incoming)
    const { dialects } = this.#settings
    const { prefix, request } = readRequest(incoming, body ?? Buffer.alloc(0))
    const dialect = dialects.get(prefix)
    const entry = this.#enter({ dialect, request, monotonicMs, connection, address: incoming.url ?? '/' })
    if (body === undefined) {
      this.#decide(entry, 'dropped')
      response.socket?.destroy()
      return this.#end(entry, 'closed_by_client')
    }
    if (dialect === undefined) {
      this.#decide(entry, 'refused')
      const answer = jsonAnswer(404, {
        error: `no dialect at /${prefix}; there are ${[...dialects.keys()].join(', ')}`,
      })
      return this.#write(entry, response, { answer, writing: { how: 'whole' } })
    }
    const plan = await this.#plan({ dialect, request, entry, outcome: undefined })
    await this.#write(entry, response, plan)
  }

  #enter({ dialect, request, monotonicMs, connection, address }: Arrival): RequestEntry {
    const facts = dialect?.read(request) ?? { operation: 'unknown', sender: null, to: null, reference: null }
    return this.#settings.ledger.request(
      {
        monotonicMs,
        connection,
        dialect: dialect?.name ?? null,
        method: request.method,
        path: maskPath(address),
        headers: maskHeaders(request.headers),
        body: textBody(request),
        ...facts,
        verdict: 'dropped',
        trackingId: null,
        faults: [],
        answer: null,
        connectionEnd: 'open',
      },
      request.body,
    )
  }

  async #plan(matter: Matter): Promise<AnswerPlan> {
    const { dialect, request, entry } = matter
    if (this.#isTooFast(matter)) {
      entry.faults.push('rate')
      this.#decide(entry, 'refused')
      return { answer: dialect.throttleAnswer(), writing: { how: 'whole' } }
    }
    const before = await this.#play('before', matter, { answer: dialect.failureAnswer(), writing: { how: 'whole' } })
    let { plan } = before
    if (before.isAnswered) {
      this.#decide(entry, isSilent(plan) ? 'dropped' : 'refused')
    } else {
      matter.outcome = await dialect.handle(request)
      plan = await this.#carryOut(matter, matter.outcome)
    }
    await wait(this.#settings.latencyMs, this.#settings.signal)
    return (await this.#play('duringAnswer', matter, plan)).plan
  }

  /** Enters the verdict, and what follows an acceptance. */
  async #carryOut(matter: Matter, outcome: Outcome): Promise<AnswerPlan> {
    const { entry, dialect } = matter
    if (outcome.verdict !== 'accepted') {
      this.#decide(entry, outcome.verdict)
      return { answer: outcome.answer, writing: { how: 'whole' } }
    }
    const { trackingId } = outcome.message
    entry.trackingId = trackingId
    this.#decide(entry, 'accepted')
    const answer = outcome.answerWith(trackingId)
    const { plan } = await this.#play('afterAccept', matter, { answer, writing: { how: 'whole' } }, (orders) =>
      this.#startWebhooks(dialect, outcome.message, orders),
    )
    this.#lastIds.set(dialect, trackingId)
    return plan
  }

  async #startWebhooks(dialect: Dialect, message: AcceptedMessage, orders: WebhookFault[]): Promise<void> {
    const { queue, now, statusDelayMs, seed } = this.#settings
    const readShare = queue.options?.readShare ?? 0
    const webhooks = planWebhooks(message, orders, { now: now(), statusDelayMs, readShare, seed })
    await queue.start(dialect, message, webhooks, statusDelayMs)
  }

  /** Plays the faults of a phase; `onOrders` gets the orders for callbacks before anything is waited for. */
  async #play(
    phase: FaultPhase,
    matter: Matter,
    plan: AnswerPlan,
    onOrders: (orders: WebhookFault[]) => Promise<void> = async () => {},
  ): Promise<{ plan: AnswerPlan; isAnswered: boolean }> {
    const { dialect, entry, outcome } = matter
    const setting: FaultSetting = { phase, dialect, outcome, earlierId: this.#lastIds.get(dialect) }
    const actions = this.#settings.faults.actionsFor(phase, subjectOf(matter))
    entry.faults.push(...actions.map((action) => `${phase}:${action.type}`))
    const callbacks = onOrders(actions.filter((action) => action.type === 'webhooks'))
    for (const action of actions) if (action.type === 'delay') await wait(action.ms, this.#settings.signal)
    await callbacks
    const answering = actions.filter((action) => action.type !== 'delay' && action.type !== 'webhooks')
    return {
      plan: answering.reduce((current, action) => playFault(action, current, setting), plan),
      isAnswered: answering.length > 0,
    }
  }

  #isTooFast({ dialect, entry }: Matter): boolean {
    if (entry.operation !== 'send') return false
    return this.#settings.rate?.take(`${dialect.name} ${entry.sender}`, entry.monotonicMs) === false
  }

  #decide(entry: RequestEntry, verdict: Verdict): void {
    entry.verdict = verdict
    this.#settings.ledger.decided(entry)
  }

  async #write(entry: RequestEntry, response: ServerResponse, plan: AnswerPlan): Promise<void> {
    if (!isSilent(plan) && response.socket?.destroyed === false) entry.answer = { status: plan.answer.status }
    const end = await writeAnswer(response, plan, this.#settings.signal)
    this.#end(entry, end)
  }

  #end(entry: RequestEntry, end: RequestEntry['connectionEnd']): void {
    entry.connectionEnd = end
    this.#settings.ledger.ended(entry)
  }

  #connectionNumber(socket: Socket): number {
    const known = this.#connections.get(socket)
    if (known !== undefined) return known
    this.#connections.set(socket, ++this.#connectionCount)
    return this.#connectionCount
  }
}

interface Arrival {
  dialect: Dialect | undefined
  request: EmulatorRequest
  monotonicMs: number
  connection: number
  /** As it stood in the first line of the request. */
  address: string
}

/** One request and what became of it so far. */
interface Matter {
  dialect: Dialect
  request: EmulatorRequest
  entry: RequestEntry
  outcome: Outcome | undefined
}

function subjectOf({ dialect, request, entry }: Matter): FaultSubject {
  const { operation, to, reference, sender } = entry
  const { method, path } = request
  return { dialect: dialect.name, operation, to, reference, sender, method, path, body: entry.body ?? '' }
}

/** No byte of an answer leaves. */
function isSilent(plan: AnswerPlan): boolean {
  return plan.writing.how === 'nothing' || isReset(plan)
}

function isReset({ writing }: AnswerPlan): boolean {
  return writing.how === 'reset' && writing.after === 'nothing'
}

function readRequest(incoming: IncomingMessage, body: Buffer): { prefix: string; request: EmulatorRequest } {
  const { method = 'GET', headers, url: address = '/' } = incoming
  const [path = '', ...query] = address.split('?')
  const [, prefix = ''] = path.split('/')
  const request = {
    method,
    path: path.slice(prefix.length + 1),
    query: new URLSearchParams(query.join('?')),
    headers,
    body,
  }
  return { prefix, request }
}

/** Undefined when the client went away before the end, or sends without end. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let size = 0
  try {
    for await (const piece of incoming as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > BODY_BYTES_MAX) return undefined
      pieces.push(piece)
    }
    return Buffer.concat(pieces)
  } catch {
    return undefined
  }
}

function textBody({ headers, body }: EmulatorRequest): string | null {
  return headers['content-type']?.startsWith('multipart/') ? null : body.toString('utf8')
}
