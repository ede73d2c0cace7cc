// Routee: tokens of one application, the campaign call, tracking, templates and the registration of callbacks.

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
import { fieldsOf, parseJson, textOrNull } from '../request-parts.ts'
import { type RouteeOptions, type RouteeSettings, routeeDefaults } from './options.ts'
import {
  type CampaignRequest,
  type Reading,
  readCampaign,
  readDefinition,
  readWebhooks,
  type TemplateDefinition,
} from './requests.ts'
import { routeeCallback, routeeWords } from './webhooks.ts'

const FORM = /^application\/x-www-form-urlencoded\b/i
const JSON_TYPE = /^application\/json\b/i

/** What is asked, by method and path; `prefix` stands for the one that is set. */
const routes: [operation: string, method: RegExp, path: RegExp][] = [
  ['token', /^POST$/, /^\/oauth\/token$/],
  ['balance', /^GET$/, /^\/accounts\/me\/balance$/],
  ['send', /^POST$/, /^prefix\/campaign$/],
  ['tracking.info', /^GET$/, /^prefix\/tracking\/campaign\/([^/]+)$/],
  ['tracking.history', /^GET$/, /^prefix\/tracking\/campaign\/([^/]+)\/history$/],
  ['templates.find', /^GET$/, /^prefix\/accounts\/templates\/([^/]+)$/],
  ['templates.create', /^POST$/, /^prefix\/accounts\/([^/]+)\/templates$/],
  ['webhook.set', /^(?:POST|PUT)$/, /^prefix\/webhook$/],
]

interface Tracked {
  from: string
  to: string
  text: string
  createdAt: number
  history: { date: string; status: string }[]
}

export function createRouteeDialect(context: DialectContext, options: RouteeOptions): Dialect {
  return new RouteeDialect(context, { ...routeeDefaults, ...options })
}

class RouteeDialect implements Dialect {
  readonly name = 'routee'
  readonly #context: DialectContext
  readonly #options: RouteeSettings
  /** Instant at which each token runs out. */
  readonly #tokens = new Map<string, number>()
  readonly #tracked = new Map<string, Tracked>()
  readonly #templates = new Map<string, TemplateDefinition>()
  #callbackUrl: string | undefined

  constructor(context: DialectContext, options: RouteeSettings) {
    this.#context = context
    this.#options = options
  }

  read(request: EmulatorRequest): RequestFacts {
    const { operation } = this.#route(request)
    const body = operation === 'send' ? fieldsOf(parseJson(request.body)) : {}
    return { operation, to: textOrNull(body.to), reference: null, sender: textOrNull(body.from) }
  }

  handle(request: EmulatorRequest): Outcome {
    const { operation, id } = this.#route(request)
    if (operation === 'token') return this.#giveToken(request)
    if (!this.#isAuthorised(request)) return refuse('401000000', 'The access token is missing, wrong or has expired')
    if (operation === 'unknown') return refuse('404000000', `There is nothing at ${request.method} ${request.path}`)
    const body = request.method === 'GET' ? undefined : this.#readBody(request)
    if (request.method !== 'GET' && body === undefined) return refuse('400000000', 'The body is not application/json')
    switch (operation) {
      case 'send':
        return this.#send(readCampaign(body))
      case 'balance':
        return served({ balance: 25.5, currency: { code: 'EUR', name: 'Euro', sign: '€' } })
      case 'webhook.set':
        return this.#setWebhook(body)
      case 'templates.create':
        return this.#createTemplate(id, body)
      case 'templates.find':
        return this.#findTemplate(id)
      default:
        return this.#track(id, operation === 'tracking.history')
    }
  }

  errorAnswer(code: string, details = 'scripted'): Answer {
    return errorAnswer(code, details)
  }

  throttleAnswer(): Answer {
    return errorAnswer('429000000', 'Too many requests')
  }

  failureAnswer(): Answer {
    return errorAnswer('500000000', 'Internal error')
  }

  callback(events: CallbackEvent[]) {
    for (const event of events) if (event.kind === 'status') this.#noteStatus(event)
    return routeeCallback(events, this.#options.numbers?.[0] ?? '302101234567')
  }

  isReceipt(status: number): boolean {
    return status === 200
  }

  heard(): void {}

  reset(): void {
    this.#tokens.clear()
    this.#tracked.clear()
    this.#templates.clear()
    this.#callbackUrl = undefined
  }

  #route({ method, path }: EmulatorRequest): { operation: string; id: string } {
    const { pathPrefix } = this.#options
    const inside = path.startsWith(pathPrefix) ? `prefix${path.slice(pathPrefix.length)}` : ''
    for (const [operation, methods, pattern] of routes) {
      const match = methods.test(method) ? (pattern.exec(path) ?? pattern.exec(inside)) : null
      if (match !== null) return { operation, id: decodeURIComponent(match[1] ?? '') }
    }
    return { operation: 'unknown', id: '' }
  }

  #giveToken({ headers, body }: EmulatorRequest): Outcome {
    const [, basic = ''] = /^Basic ([A-Za-z0-9+/=]+)$/.exec(headers.authorization ?? '') ?? []
    const [id, ...secret] = Buffer.from(basic, 'base64').toString('utf8').split(':')
    const { applicationId = id, applicationSecret = secret.join(':'), tokenLifetimeSeconds } = this.#options
    if (basic === '' || id !== applicationId || secret.join(':') !== applicationSecret)
      return oauthError(401, 'invalid_client', 'Bad client credentials')
    const form = new URLSearchParams(body.toString('utf8'))
    if (!FORM.test(headers['content-type'] ?? '')) return oauthError(400, 'invalid_request', 'The body is no form')
    if (form.get('grant_type') !== 'client_credentials')
      return oauthError(400, 'unsupported_grant_type', 'Only client_credentials is supported')
    const token = this.#context.ids.hex(32).toLowerCase()
    this.#tokens.set(token, this.#context.now() + tokenLifetimeSeconds * 1000)
    return served({
      access_token: token,
      token_type: 'bearer',
      expires_in: tokenLifetimeSeconds,
      scope: 'whatsapp',
      permissions: ['MT_ROLE_WHATSAPP'],
    })
  }

  #isAuthorised({ headers }: EmulatorRequest): boolean {
    const [, token = ''] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? []
    return this.#context.now() < (this.#tokens.get(token) ?? 0)
  }

  #readBody({ headers, body }: EmulatorRequest): unknown {
    return JSON_TYPE.test(headers['content-type'] ?? '') ? parseJson(body) : undefined
  }

  #send(reading: Reading<CampaignRequest>): Outcome {
    if (!reading.isValid) return refuse('400000000', reading.problem)
    const { from, to, text, template } = reading.value
    const { numbers, needsText = true } = this.#options
    if (text === undefined && (needsText || isTextAlone(reading.value))) return refuse('400000000', 'text is required')
    if (numbers !== undefined && !numbers.includes(from))
      return refuse('400005000', 'from is no number of this account')
    if (template !== undefined && this.#templates.size > 0 && !this.#templates.has(template.templateId))
      return refuse('404000000', `there is no template ${template.templateId}`)
    const createdAt = this.#context.now()
    const trackingId = this.#uuid()
    this.#tracked.set(trackingId, {
      from,
      to,
      text: text ?? '',
      createdAt,
      history: [{ date: new Date(createdAt).toISOString(), status: 'accepted' }],
    })
    const message: AcceptedMessage = {
      trackingId,
      to: to.replace(/^(?:\+|00)/, ''),
      reference: null,
      sender: from,
      ...(this.#callbackUrl !== undefined && { callbackUrl: this.#callbackUrl }),
      facts: {},
    }
    return {
      verdict: 'accepted',
      message,
      answerWith: (id) =>
        jsonAnswer(200, { ...(id !== null && { trackingId: id }), createdAt: new Date(createdAt).toISOString() }),
    }
  }

  #uuid(): string {
    const hex = this.#context.ids.hex(32).toLowerCase()
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  }

  #noteStatus({ message, status, at }: Extract<CallbackEvent, { kind: 'status' }>): void {
    const history = this.#tracked.get(message.trackingId)?.history
    const step = { date: new Date(at).toISOString(), status: routeeWords[status] }
    if (history !== undefined && !history.some((known) => known.status === step.status)) history.push(step)
  }

  #track(trackingId: string, isHistory: boolean): Outcome {
    const tracked = this.#tracked.get(trackingId)
    if (tracked === undefined) return refuse('404009000', 'There is no campaign with this tracking id')
    if (isHistory) return served({ trackingId, history: tracked.history })
    const { from, to, text, createdAt } = tracked
    return served({ trackingId, from, to, date: new Date(createdAt).toISOString(), message: { text } })
  }

  #setWebhook(body: unknown): Outcome {
    const reading = readWebhooks(body)
    if (!reading.isValid) return refuse('400000000', reading.problem)
    const { webhooks } = reading.value
    const takesStatuses = ({ events }: { events: string[] }) =>
      events.length === 0 || events.includes('MessageStatus::delivered')
    this.#callbackUrl = webhooks.find(takesStatuses)?.callbackUrl
    return served({ webhooks })
  }

  #createTemplate(accountId: string, body: unknown): Outcome {
    if (accountId !== this.#options.whatsappAccountId) return refuse('404001000', 'There is no such account')
    const reading = readDefinition(body)
    if (!reading.isValid) return refuse('400000000', reading.problem)
    const { templateName } = reading.value
    if (this.#templates.has(templateName)) return refuse('409000000', `there is a template ${templateName} already`)
    this.#templates.set(templateName, reading.value)
    return served(withoutComponentType(reading.value))
  }

  #findTemplate(id: string): Outcome {
    const template = this.#templates.get(id)
    if (template === undefined) return refuse('404000000', `there is no template ${id}`)
    const { localizations, ...rest } = withoutComponentType(template)
    const { createdStatus: status } = this.#options
    const rejection = status === 'REJECTED' ? { rejectionReason: 'INVALID_FORMAT' } : {}
    return served({ ...rest, localizations: localizations.map((one) => ({ ...one, status, ...rejection })) })
  }
}

/** Answers name the kind of a component otherwise than requests do. */
function withoutComponentType({ localizations, ...template }: TemplateDefinition) {
  return {
    ...template,
    localizations: localizations.map(({ language, components }) => ({
      language,
      components: components.map(({ componentType: type, ...component }) => ({ type, ...component })),
    })),
  }
}

function isTextAlone({ from, to, text, ...rest }: CampaignRequest): boolean {
  return Object.keys(rest).length === 0
}

function errorAnswer(code: string, developerMessage: string): Answer {
  const status = Number(code.slice(0, 3))
  return jsonAnswer(status >= 400 && status <= 599 ? status : 400, { code, developerMessage })
}

function refuse(code: string, developerMessage: string): Outcome {
  return { verdict: 'refused', answer: errorAnswer(code, developerMessage) }
}

function oauthError(status: number, error: string, description: string): Outcome {
  return { verdict: 'refused', answer: jsonAnswer(status, { error, error_description: description }) }
}

function served(body: unknown): Outcome {
  return { verdict: 'served', answer: jsonAnswer(200, body) }
}
