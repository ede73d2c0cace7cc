// Bird's Channels API: paths of one workspace and one channel, the access key, and what each call does.

import {
  type AcceptedMessage,
  type Answer,
  type CallbackEvent,
  type Dialect,
  type DialectContext,
  type EmulatorRequest,
  jsonAnswer,
  type Outcome,
  type RequestFacts,
} from '../dialect.ts'
import { parseJson, textOrNull } from '../request-parts.ts'
import { errorAnswer, invalid, notFound } from './errors.ts'
import { bareMessage, Messages, messageObject } from './messages.ts'
import { type BirdOptions, birdDefaults } from './options.ts'
import { newId, People } from './people.ts'
import { type CreateMessage, presign, readMessage, readWith, search, subscription } from './requests.ts'
import { type Route, routeOf } from './routes.ts'
import { Studio } from './studio.ts'
import { birdCallback, type Envelope, inbound, interaction, statusChange } from './webhooks.ts'

export function createBirdDialect(context: DialectContext, options: BirdOptions): Dialect {
  return new BirdDialect(context, options)
}

class BirdDialect implements Dialect {
  readonly name = 'bird'
  readonly signsCallbacks = true
  readonly eventsPerCallback = 1
  readonly #context: DialectContext
  readonly #options: BirdOptions
  readonly #workspaceId: string
  readonly #channelId: string
  readonly #people: People
  readonly #messages = new Messages()
  readonly #studio: Studio
  /** Content types of uploads that were announced, by the last part of their address. */
  readonly #uploads = new Map<string, string>()

  constructor(context: DialectContext, options: BirdOptions) {
    this.#context = context
    this.#options = options
    this.#workspaceId = options.workspaceId ?? birdDefaults.workspaceId
    this.#channelId = options.channelId ?? birdDefaults.channelId
    this.#people = new People(context.ids)
    this.#studio = new Studio(options.templates, context.ids)
  }

  read(request: EmulatorRequest): RequestFacts {
    const route = routeOf(request)
    const body = objectOf(parseJson(request.body))
    const [contact] = arrayOf(objectOf(body.receiver).contacts).map(objectOf)
    return {
      operation: route?.operation ?? 'unknown',
      to: textOrNull(contact?.identifierValue),
      reference: textOrNull(body.reference),
      sender: route?.ids.channels ?? null,
    }
  }

  handle(request: EmulatorRequest): Outcome {
    const route = routeOf(request)
    if (route?.operation === 'media.upload') return served(this.#upload(request, route.ids.uploads ?? ''))
    const refusal = this.#keyProblem(request) ?? this.#placeProblem(route)
    if (refusal !== undefined || route === undefined)
      return { verdict: 'refused', answer: refusal ?? notFound('resource') }
    if (request.method === 'GET' || request.method === 'DELETE') return served(this.#withoutBody(route, request.query))
    const isJson = /^application\/json\b/i.test(request.headers['content-type'] ?? '')
    const body = parseJson(request.body)
    if (!isJson || body === undefined) return served(errorAnswer('BadRequest'))
    return route.operation === 'send' ? this.#send(body) : served(this.#withBody(route, body, request))
  }

  errorAnswer(code: string, details?: string): Answer {
    return errorAnswer(code, details)
  }

  throttleAnswer(): Answer {
    return errorAnswer('TooManyRequests')
  }

  failureAnswer(): Answer {
    return errorAnswer('InternalError')
  }

  callback([event]: CallbackEvent[], { url, secret }: { url: string; secret: string }) {
    if (event === undefined) throw new Error('a callback tells something')
    return birdCallback(this.#envelope(event), { url, secret, now: this.#context.now() })
  }

  isReceipt(status: number): boolean {
    return status >= 200 && status < 300
  }

  heard(phone: string, at: number): void {
    this.#people.heard(phone, at)
  }

  reset(): void {
    this.#people.reset()
    this.#messages.reset()
    this.#studio.reset()
    this.#uploads.clear()
  }

  #keyProblem({ headers }: EmulatorRequest): Answer | undefined {
    const key = /^AccessKey (\S+)$/.exec(headers.authorization ?? '')?.[1]
    const { accessKey = key } = this.#options
    return key !== undefined && key === accessKey ? undefined : errorAnswer('Unauthorized')
  }

  #placeProblem(route: Route | undefined): Answer | undefined {
    if (route === undefined) return notFound('resource')
    const { workspaces, channels, organizations } = route.ids
    const organizationId = this.#options.organizationId ?? birdDefaults.organizationId
    if (organizations !== undefined && organizations !== organizationId) return notFound('organization')
    if (workspaces !== this.#workspaceId) return notFound('workspace')
    return channels === undefined || channels === this.#channelId ? undefined : notFound('channel')
  }

  #withoutBody({ operation, ids }: Route, query: URLSearchParams): Answer {
    switch (operation) {
      case 'messages.list':
        return this.#messages.list(query)
      case 'message.get':
        return this.#messages.get(ids.messages ?? '')
      case 'interactions.list':
        return this.#messages.interactions(ids.messages ?? '')
      case 'window.get':
        return this.#window(ids.contacts ?? '', query)
      case 'projects.delete':
        return this.#studio.delete(ids.projects ?? '')
      case 'projects.list':
        return this.#studio.list(query)
      default:
        return this.#studio.versions(ids.projects ?? '', query)
    }
  }

  #withBody({ operation, ids }: Route, body: unknown, request: EmulatorRequest): Answer {
    switch (operation) {
      case 'contacts.search':
        return this.#search(body)
      case 'media.presign':
        return this.#presign(body, request)
      case 'subscription.create': {
        const reading = readWith(subscription, body)
        return reading.isValid
          ? jsonAnswer(201, { id: newId(this.#context.ids), ...reading.value })
          : invalid(reading.problems)
      }
      case 'projects.create':
        return this.#studio.create(body)
      case 'templates.create':
        return this.#studio.createVersion(ids.projects ?? '', body)
      default:
        return this.#studio.activate(ids.projects ?? '', ids['channel-templates'] ?? '')
    }
  }

  #send(body: unknown): Outcome {
    const now = this.#context.now()
    const reading = readMessage(body, now)
    if (!reading.isValid) return served(invalid(reading.problems))
    const message = reading.value
    const phone = this.#phoneOf(message)
    if (phone === undefined) return served(invalid({ 'receiver.contacts.0.id': ['names no contact'] }))
    const problems = message.template === undefined ? undefined : this.#studio.problemsOf(message.template)
    if (problems !== undefined) return served(invalid(problems))
    const person = this.#people.ensure(phone)
    const isClosed = message.template === undefined && this.#people.windowUntil(person, now) === null
    if (isClosed && this.#options.needsSession === true)
      return served(errorAnswer('Conflict', 'The service window of the contact is closed: send a template'))
    return this.#accept(message, phone, person.id)
  }

  #phoneOf({ receiver }: CreateMessage): string | undefined {
    const [contact] = receiver.contacts
    return contact?.identifierValue?.replace(/\D/g, '') ?? this.#people.findById(contact?.id ?? '')?.phone
  }

  #accept(request: CreateMessage, phone: string, contactId: string): Outcome {
    const id = newId(this.#context.ids)
    const now = this.#context.now()
    const { connectorId } = birdDefaults
    const object = messageObject(request, { id, channelId: this.#channelId, connectorId, contactId, phone, now })
    this.#messages.add(id, { message: object, to: phone, createdAt: now, interactions: [] })
    const message: AcceptedMessage = {
      trackingId: id,
      to: phone,
      reference: request.reference ?? null,
      sender: this.#channelId,
      ...(request.notification !== undefined && { callbackUrl: request.notification.url }),
      facts: {},
    }
    const { id: _, ...nameless } = object
    return {
      verdict: 'accepted',
      message,
      answerWith: (named) => jsonAnswer(202, named === null ? nameless : { ...object, id: named }),
    }
  }

  #search(body: unknown): Answer {
    const reading = readWith(search, body)
    if (!reading.isValid) return invalid(reading.problems)
    const { key, value } = reading.value.identifier
    const person = key === 'phonenumber' ? this.#people.findByPhone(value.replace(/\D/g, '')) : undefined
    const isUnknown = person === undefined && this.#options.hasOpenWindows !== true
    const found = isUnknown ? undefined : (person ?? this.#people.ensure(value.replace(/\D/g, '')))
    return jsonAnswer(200, {
      results: found === undefined ? [] : [{ id: found.id, featuredIdentifiers: [{ key, value }], identifierCount: 1 }],
    })
  }

  #window(contactId: string, query: URLSearchParams): Answer {
    const unknown = [...query.keys()].find((key) => key !== 'contactIdentifierValue')
    if (unknown !== undefined) return invalid({ [unknown]: ['is not known here'] })
    const person = this.#people.findById(contactId)
    const value = query.get('contactIdentifierValue')
    if (person === undefined || (value !== null && value !== `+${person.phone}`)) return notFound('contact')
    const now = this.#context.now()
    const until = this.#options.hasOpenWindows === true ? now + 3_600_000 : this.#people.windowUntil(person, now)
    const serviceWindowExpireAt = until === null ? null : new Date(until).toISOString()
    return jsonAnswer(200, { serviceWindowExpireAt, isPermanentSession: false, metadata: {} })
  }

  #presign(body: unknown, { headers }: EmulatorRequest): Answer {
    const reading = readWith(presign, body)
    if (!reading.isValid) return invalid(reading.problems)
    const name = newId(this.#context.ids)
    this.#uploads.set(name, reading.value.contentType)
    return jsonAnswer(200, {
      mediaUrl: `https://media.api.bird.com/workspaces/${this.#workspaceId}/media/${name}`,
      uploadUrl: `http://${headers.host}/bird/uploads/${name}`,
      uploadMethod: 'POST',
      uploadFormData: { key: name, policy: 'policy-of-the-emulator' },
    })
  }

  /** The store of files takes the form fields, and no key of ours. */
  #upload({ headers, body }: EmulatorRequest, name: string): Answer {
    const form = body.toString('latin1')
    const isForm = /^multipart\/form-data; boundary=/.test(headers['content-type'] ?? '')
    const isWhole = [`name="key"`, name, `name="policy"`, `name="file"`].every((part) => form.includes(part))
    if (headers.authorization !== undefined) return errorAnswer('Forbidden', 'the store of files takes no access key')
    if (!isForm || !isWhole || !this.#uploads.has(name)) return errorAnswer('BadRequest')
    return { status: 204, headers: {}, body: '' }
  }

  #envelope(event: CallbackEvent): Envelope {
    switch (event.kind) {
      case 'inbound': {
        const frame = { id: newId(this.#context.ids), contactId: this.#people.ensure(event.from).id }
        const { connectorId } = birdDefaults
        return {
          event: 'whatsapp.inbound',
          payload: inbound(event, { ...frame, channelId: this.#channelId, connectorId }),
        }
      }
      case 'preference': {
        const type = event.wants === 'stop' ? 'unsubscribe-request' : 'subscribe-request'
        return { event: 'whatsapp.interaction', payload: this.#interaction(type, event.phone, event.at, null) }
      }
      case 'status':
        return event.status === 'read' ? this.#readEnvelope(event) : this.#statusEnvelope(event)
    }
  }

  #readEnvelope({ message, at }: Extract<CallbackEvent, { kind: 'status' }>): Envelope {
    const payload = this.#interaction('read', message.to, at, message)
    this.#messages.noteInteraction(message.trackingId, payload)
    return { event: 'whatsapp.interaction', payload }
  }

  #statusEnvelope(event: Extract<CallbackEvent, { kind: 'status' }>): Envelope {
    const change = statusChange(event)
    const known = this.#messages.noteStatus(event.message.trackingId, change)
    return {
      event: 'whatsapp.outbound',
      payload: known === change ? { ...bareMessage(event.message), ...change } : known,
    }
  }

  #interaction(type: string, phone: string, at: number, message: AcceptedMessage | null): Record<string, unknown> {
    const contact = { id: this.#people.ensure(phone).id, phone }
    const id = newId(this.#context.ids)
    return interaction({ id, channelId: this.#channelId, type, at, message, contact })
  }
}

function served(answer: Answer): Outcome {
  return { verdict: answer.status < 300 ? 'served' : 'refused', answer }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function arrayOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
