// 1MSG: `/{channelId}/{method}?token=…`, and what each method does.

import type {
  AcceptedMessage,
  Answer,
  CallbackEvent,
  Dialect,
  DialectContext,
  EmulatorRequest,
  Outcome,
  RequestFacts,
} from '../dialect.ts'
import { jsonAnswer } from '../dialect.ts'
import { parseJson } from '../request-parts.ts'
import { Account } from './account.ts'
import { Books } from './books.ts'
import { errorAnswer, notSent, statusAnswer, wrongToken } from './errors.ts'
import type { OneMsgOptions } from './options.ts'
import { isSendMethod, readSend, type SendMethod } from './requests.ts'
import type { TemplateRequest } from './template-request.ts'
import { Templates } from './templates.ts'
import { oneMsgCallback } from './webhooks.ts'

const SESSION_MS = 24 * 60 * 60 * 1000

type Handler = (account: { account: Account; templates: Templates; books: Books }, request: ServedRequest) => Answer

interface ServedRequest {
  query: URLSearchParams
  /** Parsed JSON; undefined when it is none. */
  body: unknown
  hasHistory: boolean
}

const handlers: Record<string, Handler> = {
  'GET templates': ({ templates }, { query }) => templates.list(query),
  'POST addTemplate': ({ templates }, { body }) => templates.create(body),
  'POST removeTemplate': ({ templates }, { body }) => templates.remove(body),
  'POST uploadMedia': ({ account }, { body }) => account.upload(body),
  'GET retrieveMedia': ({ account }, { query }) => account.media(query.get('mediaId') ?? ''),
  'GET webhook': ({ account }) => account.webhook(),
  'POST webhook': ({ account }, { body }) => account.setWebhook(body),
  'GET settings': ({ account }) => account.settings(),
  'POST settings': ({ account }, { body }) => account.setSettings(body),
  'GET hookInfo': ({ books }, { query }) =>
    query.has('messageId') ? books.events(query.get('messageId') ?? '') : statusAnswer(400, 'messageId is required'),
  'GET messages': ({ books }, { query, hasHistory }) => books.history(query, hasHistory),
  'POST readMessage': ({ account }, { body }) => account.readMessage(body),
  'GET status': ({ account }) => account.status(),
  'GET statistics': ({ account }, { query }) => account.statistics(query),
  'GET extendedStatistics': ({ account }) => account.extendedStatistics(),
  'GET mmLiteStatus': ({ account }) => account.mmLiteStatus(),
  'GET outputIP': ({ account }) => account.outputIP(),
}

export function createOneMsgDialect(context: DialectContext, options: OneMsgOptions): Dialect {
  return new OneMsgDialect(context, options)
}

class OneMsgDialect implements Dialect {
  readonly name = 'onemsg'
  readonly #context: DialectContext
  readonly #options: OneMsgOptions
  readonly #account: Account
  readonly #templates: Templates
  readonly #books = new Books()
  /** Instant of each person's last message to the channel. */
  readonly #heardAt = new Map<string, number>()

  constructor(context: DialectContext, options: OneMsgOptions) {
    this.#context = context
    this.#options = options
    this.#account = new Account(options, context.ids)
    this.#templates = new Templates(options)
  }

  read({ method, path, body }: EmulatorRequest): RequestFacts {
    const { channel, call } = readPath(path)
    const isSend = method === 'POST' && isSendMethod(call)
    const known = handlers[`${method} ${call}`] !== undefined
    return {
      operation: isSend ? 'send' : known ? `${method.toLowerCase()}.${call}` : 'unknown',
      to: isSend ? recipientOf(parseJson(body)) : null,
      reference: null,
      sender: channel || null,
    }
  }

  handle(request: EmulatorRequest): Outcome {
    const { channel, call } = readPath(request.path)
    const token = request.query.get('token')
    const { channelId, token: expected } = this.#options
    const isRight = token !== null && token !== '' && (expected === undefined || token === expected)
    if (!isRight || (channelId !== undefined && channel !== channelId)) return refused(wrongToken(token ?? '', channel))
    if (request.method === 'POST' && isSendMethod(call)) return this.#send(call, request, channel)
    const handler = handlers[`${request.method} ${call}`]
    if (handler === undefined) return refused(statusAnswer(404))
    const body = isJson(request) ? parseJson(request.body) : undefined
    if (request.method === 'POST' && body === undefined) return refused(statusAnswer(400, 'the body is no JSON'))
    const parts = { account: this.#account, templates: this.#templates, books: this.#books }
    const hasHistory = this.#options.hasHistory === true
    const answer = handler(parts, { query: request.query, body, hasHistory })
    return { verdict: answer.status < 300 ? 'served' : 'refused', answer }
  }

  errorAnswer(code: string, details?: string): Answer {
    return errorAnswer(this.#context.ids, code, details)
  }

  throttleAnswer(): Answer {
    return statusAnswer(429)
  }

  failureAnswer(): Answer {
    return statusAnswer(500)
  }

  callback(events: CallbackEvent[]) {
    for (const event of events) if (event.kind === 'status') this.#books.note(event)
    return oneMsgCallback(events, this.#options)
  }

  isReceipt(status: number): boolean {
    return status >= 200 && status < 300
  }

  heard(phone: string, at: number): void {
    this.#heardAt.set(phone, at)
  }

  reset(): void {
    this.#account.reset()
    this.#templates.reset()
    this.#books.reset()
    this.#heardAt.clear()
  }

  #send(method: SendMethod, request: EmulatorRequest, channel: string): Outcome {
    const reading = isJson(request) ? readSend(method, parseJson(request.body)) : noJson
    if (!reading.isValid) return refused(statusAnswer(400, reading.problem))
    const to = recipientOf(reading.value) ?? ''
    const problem =
      method === 'sendTemplate' ? this.#templates.problemOf(reading.value as TemplateRequest) : this.#sessionProblem(to)
    return problem === undefined ? this.#accept({ method, to, channel, body: reading.value }) : refused(problem)
  }

  #sessionProblem(to: string): Answer | undefined {
    const heardAt = this.#heardAt.get(to) ?? Number.NEGATIVE_INFINITY
    const isClosed = this.#options.needsSession === true && this.#context.now() - heardAt >= SESSION_MS
    return isClosed ? notSent('Dialog window is closed', { code: 131047 }) : undefined
  }

  #accept({ method, to, channel, body }: Taken): Outcome {
    const message: AcceptedMessage = {
      trackingId: `wamid.${Buffer.from(`${to}${this.#context.ids.hex(18)}`).toString('base64')}`,
      to,
      reference: null,
      sender: channel,
      facts: { category: method === 'sendTemplate' ? 'marketing' : 'service' },
    }
    this.#books.enter(message, this.#context.now(), typeof body.body === 'string' ? body.body : '')
    return {
      verdict: 'accepted',
      message,
      answerWith: (id) =>
        jsonAnswer(200, {
          sent: true,
          ...(id !== null && { id }),
          message: `Sent to ${to}@c.us`,
          description: 'Message has been sent to the provider',
        }),
    }
  }
}

interface Taken {
  method: SendMethod
  to: string
  channel: string
  body: Record<string, unknown>
}

const noJson = { isValid: false, problem: 'the body is no JSON' } as const

function refused(answer: Answer): Outcome {
  return { verdict: 'refused', answer }
}

/** `/{channelId}/{method}`. */
function readPath(path: string): { channel: string; call: string } {
  const [, channel = '', call = ''] = /^\/([A-Za-z0-9]+)\/([A-Za-z]+)$/.exec(path) ?? []
  return { channel, call }
}

/** Digits of the phone or of the chat. */
function recipientOf(body: unknown): string | null {
  const { phone, chatId } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const to = phone ?? chatId
  return typeof to === 'string' || typeof to === 'number' ? (String(to).split('@')[0] ?? null) : null
}

function isJson({ headers }: EmulatorRequest): boolean {
  return /^application\/json\b/i.test(headers['content-type'] ?? '')
}
