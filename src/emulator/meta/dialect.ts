// The Meta Cloud API: Graph paths, the bearer token, and what each call does.

import type {
  AcceptedMessage,
  Answer,
  Dialect,
  DialectContext,
  EmulatorRequest,
  Outcome,
  RequestFacts,
} from '../dialect.ts'
import { jsonAnswer } from '../dialect.ts'
import { fieldsOf, parseJson, textOrNull } from '../request-parts.ts'
import { Account, displayNumberOf } from './account.ts'
import { errorAnswer, type MetaError, unknownObject } from './errors.ts'
import { type MetaOptions, type MetaPhoneNumber, metaDefaults } from './options.ts'
import { type MessageRequest, readMarketingMessage, readMarkRead, readMessage } from './requests.ts'
import { Templates } from './templates.ts'
import { metaCallback } from './webhooks.ts'

const SESSION_MS = 24 * 60 * 60 * 1000

/** What is asked, by method and the last part of the path; the objects themselves are told apart by their id. */
const operations: Record<string, string> = {
  'POST messages': 'send',
  'POST marketing_messages': 'send',
  'POST media': 'media.upload',
  'GET message_templates': 'templates.list',
  'POST message_templates': 'templates.create',
  'DELETE message_templates': 'templates.delete',
  'GET phone_numbers': 'numbers.list',
  'POST subscribed_apps': 'webhook.set',
  'GET ': 'node.get',
  'DELETE ': 'node.delete',
}

interface GraphPath {
  id: string
  edge: string
}

export function createMetaDialect(context: DialectContext, options: MetaOptions): Dialect {
  return new MetaDialect(context, options)
}

class MetaDialect implements Dialect {
  readonly name = 'meta'
  readonly signsCallbacks = true
  readonly #context: DialectContext
  readonly #options: MetaOptions
  readonly #account: Account
  readonly #templates: Templates
  /** Instant of each person's last message to us. */
  readonly #heardAt = new Map<string, number>()

  constructor(context: DialectContext, options: MetaOptions) {
    this.#context = context
    this.#options = options
    this.#account = new Account(options, context.ids)
    this.#templates = new Templates(options, context.ids)
  }

  read(request: EmulatorRequest): RequestFacts {
    const path = readPath(request.path)
    const body = fieldsOf(parseJson(request.body))
    const named = operations[`${request.method} ${path?.edge ?? '?'}`] ?? 'unknown'
    return {
      operation: named === 'send' && body.status === 'read' ? 'markRead' : named,
      to: textOrNull(body.to ?? body.recipient),
      reference: textOrNull(body.biz_opaque_callback_data),
      sender: path?.id ?? null,
    }
  }

  handle(request: EmulatorRequest): Outcome | Promise<Outcome> {
    const tokenProblem = this.#tokenProblem(request)
    if (tokenProblem !== undefined) return this.#refuse(tokenProblem)
    const path = readPath(request.path)
    const { operation } = this.read(request)
    if (path === undefined || operation === 'unknown')
      return this.#refuse({ code: '2500', message: `Unknown path components: ${request.path}` })
    const number = this.#account.findNumber(path.id)
    switch (operation) {
      case 'send':
      case 'markRead':
      case 'media.upload':
        return number === undefined ? this.#noSuchObject(request, path) : this.#atNumber(request, operation, number)
      case 'node.get':
      case 'node.delete':
        return this.#atNode(request, path, number)
      default:
        return path.id === this.#account.wabaId
          ? this.#atAccount(request, operation)
          : this.#noSuchObject(request, path)
    }
  }

  errorAnswer(code: string, details?: string): Answer {
    return errorAnswer(this.#context.ids, { code, details: details ?? 'scripted' })
  }

  throttleAnswer(): Answer {
    const details =
      'Message failed to send because there were too many messages sent from this phone number in a short period of time'
    return errorAnswer(this.#context.ids, { code: '130429', details })
  }

  failureAnswer(): Answer {
    return errorAnswer(this.#context.ids, {
      code: '131000',
      details: 'Message failed to send due to an unknown error.',
    })
  }

  callback(events: Parameters<Dialect['callback']>[0], { secret }: { secret: string }) {
    const [number = metaDefaults.phoneNumbers[0]] = this.#options.phoneNumbers ?? []
    return metaCallback(events, secret, {
      wabaId: this.#account.wabaId,
      phoneNumberId: number.id,
      displayPhoneNumber: displayNumberOf(number),
    })
  }

  isReceipt(status: number): boolean {
    return status === 200
  }

  heard(phone: string, at: number): void {
    this.#heardAt.set(phone, at)
  }

  reset(): void {
    this.#account.reset()
    this.#templates.reset()
    this.#heardAt.clear()
  }

  #tokenProblem({ headers }: EmulatorRequest): MetaError | undefined {
    const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1]
    const { accessToken = token } = this.#options
    if (token !== undefined && token === accessToken) return undefined
    const message = 'Error validating access token: the session is invalid or has expired'
    return { code: '190', message }
  }

  #atNumber(request: EmulatorRequest, operation: string, number: MetaPhoneNumber): Outcome | Promise<Outcome> {
    if (operation === 'media.upload') return this.#account.upload(request).then(served)
    const isJson = /^application\/json\b/i.test(request.headers['content-type'] ?? '')
    const body = parseJson(request.body)
    if (!isJson || body === undefined) return this.#refuse({ code: '100', details: 'the body is not application/json' })
    if (operation === 'markRead') {
      const reading = readMarkRead(body)
      return reading.isValid ? served(jsonAnswer(200, { success: true })) : this.#refuse(reading.error)
    }
    const isMarketing = request.path.endsWith('/marketing_messages')
    const reading = isMarketing ? readMarketingMessage(body) : readMessage(body)
    if (!reading.isValid) return this.#refuse(reading.error)
    const problem = this.#deliveryProblem(reading.value, number)
    return problem === undefined ? this.#accept(reading.value, number) : this.#refuse(problem)
  }

  #deliveryProblem(message: MessageRequest, number: MetaPhoneNumber): MetaError | undefined {
    const to = recipientOf(message)
    if (to === displayNumberOf(number)) return { code: '131021', details: 'Recipient cannot be sender' }
    if (message.type === 'template') return this.#templates.problemOf(message.template)
    const heardAt = this.#heardAt.get(to) ?? Number.NEGATIVE_INFINITY
    const isClosed = this.#options.needsSession === true && this.#context.now() - heardAt >= SESSION_MS
    return isClosed
      ? { code: '131047', details: 'more than 24 hours have passed since the customer last replied' }
      : undefined
  }

  #accept(message: MessageRequest, number: MetaPhoneNumber): Outcome {
    const to = recipientOf(message)
    const template = message.type === 'template' ? this.#templates.find(message.template) : undefined
    const category = message.type === 'template' ? (template?.category ?? 'MARKETING').toLowerCase() : 'service'
    const messageStatus = message.type === 'template' ? (template?.pacing ?? 'accepted') : undefined
    const accepted: AcceptedMessage = {
      trackingId: this.#newId(to),
      to,
      reference: message.biz_opaque_callback_data ?? null,
      sender: number.id,
      ...(this.#account.callbackUrl !== undefined && { callbackUrl: this.#account.callbackUrl }),
      facts: { category, displayPhoneNumber: displayNumberOf(number) },
    }
    const contact =
      message.to === undefined ? { input: message.recipient, user_id: to } : { input: message.to, wa_id: to }
    return {
      verdict: 'accepted',
      message: accepted,
      answerWith: (id) =>
        jsonAnswer(200, {
          messaging_product: 'whatsapp',
          contacts: [contact],
          messages: [{ ...(id !== null && { id }), ...(messageStatus && { message_status: messageStatus }) }],
        }),
    }
  }

  /** As real ones are: base64 of a frame with the recipient's number and 18 hexadecimal digits. */
  #newId(to: string): string {
    const frame = Buffer.concat([
      Buffer.from([0x1c, 0x18, to.length]),
      Buffer.from(to),
      Buffer.from([0x15, 0x02, 0x00, 0x11, 0x18, 0x12]),
      Buffer.from(this.#context.ids.hex(18)),
      Buffer.from([0x00]),
    ])
    return `wamid.${frame.toString('base64')}`
  }

  #atAccount({ query, body }: EmulatorRequest, operation: string): Outcome {
    switch (operation) {
      case 'templates.create':
        return served(this.#templates.create(parseJson(body)))
      case 'templates.delete':
        return served(this.#templates.delete(query))
      case 'numbers.list':
        return served(this.#account.numbers(query))
      case 'webhook.set':
        return served(this.#account.subscribe(parseJson(body)))
      default:
        return served(this.#templates.list(query))
    }
  }

  #atNode(request: EmulatorRequest, path: GraphPath, number: MetaPhoneNumber | undefined): Outcome {
    const isGet = request.method === 'GET'
    if (this.#account.hasMedia(path.id))
      return served(isGet ? this.#account.media(path.id) : this.#account.deleteMedia(path.id))
    if (isGet && number !== undefined) return served(this.#account.number(number, request.query))
    if (isGet && path.id === this.#account.wabaId) return served(this.#account.account(request.query))
    return this.#noSuchObject(request, path)
  }

  #noSuchObject({ method }: EmulatorRequest, { id }: GraphPath): Outcome {
    return { verdict: 'refused', answer: unknownObject(this.#context.ids, method, id) }
  }

  #refuse(error: MetaError): Outcome {
    return { verdict: 'refused', answer: errorAnswer(this.#context.ids, error) }
  }
}

function served(answer: Answer): Outcome {
  return { verdict: answer.status < 300 ? 'served' : 'refused', answer }
}

/** `/v25.0/{id}` or `/v25.0/{id}/{edge}`. */
function readPath(path: string): GraphPath | undefined {
  const [, id, edge = ''] = /^\/v\d{1,3}\.\d\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? []
  return id === undefined ? undefined : { id, edge }
}

/** The digits of the phone, or the user id where there is no phone. */
function recipientOf({ to, recipient = '' }: MessageRequest): string {
  return to === undefined ? recipient : to.replace(/^\+/, '')
}
