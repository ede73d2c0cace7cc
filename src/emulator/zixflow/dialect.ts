// Zixflow: the older API under /api/v1, the newer one ("Zixflow AI") under /api/ingest and /api/data. Neither has codes:
// a refusal is a word and a text.

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
import { type ZixflowOptions, type ZixflowTemplate, zixflowDefaults } from './options.ts'
import { hasAiKind, readAiMessage, readCampaignMessage, type ZixflowMessage } from './requests.ts'
import { zixflowCallback } from './webhooks.ts'

type Api = 'campaign' | 'ai'

const CAMPAIGN_PATH = '/api/v1/campaign/whatsapp'
const DATA_PATH = '/api/data'

interface Route {
  api: Api
  operation: 'send' | 'accounts' | 'templates.list' | 'variables' | 'report' | 'unknown'
  /** Kind of message, or what the path names. */
  rest: string
}

interface Reported {
  message: AcceptedMessage
  status: string
  at: number
  remark: string
}

/** Texts of refusals by words of ours, so that fault scripts can name them. */
const refusals: Record<string, [status: number, message: string]> = {
  unauthorised: [401, 'Unauthorised'],
  invalid_data: [400, 'Invalid data Provided'],
}

export function createZixflowDialect(context: DialectContext, options: ZixflowOptions): Dialect {
  return new ZixflowDialect(context, options)
}

class ZixflowDialect implements Dialect {
  readonly name = 'zixflow'
  readonly #context: DialectContext
  readonly #options: ZixflowOptions
  readonly #phoneIds: readonly string[]
  readonly #pathPrefix: string
  readonly #reported = new Map<string, Reported>()
  /** The API that was called last: faults answer in its words. */
  #api: Api = 'campaign'

  constructor(context: DialectContext, options: ZixflowOptions) {
    this.#context = context
    this.#options = options
    this.#phoneIds = options.phoneIds ?? zixflowDefaults.phoneIds
    this.#pathPrefix = options.pathPrefix ?? zixflowDefaults.pathPrefix
  }

  read(request: EmulatorRequest): RequestFacts {
    const { api, operation } = this.#route(request)
    this.#api = api
    const body = operation === 'send' ? fieldsOf(parseJson(request.body)) : {}
    return {
      operation,
      to: textOrNull(body.to ?? body.recipient),
      reference: textOrNull(body.post_back_data),
      sender: textOrNull(body.phoneId ?? body.phone_id),
    }
  }

  handle(request: EmulatorRequest): Outcome {
    const route = this.#route(request)
    if (!this.#isAuthorised(request, route.api)) return this.#refuse(route.api, 'unauthorised')
    switch (route.operation) {
      case 'send':
        return this.#send(request, route)
      case 'accounts':
        return served({ data: this.#phoneIds.map(account) })
      case 'templates.list':
        return this.#listTemplates(route.rest, request.query)
      case 'variables':
        return this.#variables(request.query)
      case 'report':
        return this.#report(request.query.get('request_id') ?? '')
      default:
        return { verdict: 'refused', answer: jsonAnswer(404, { message: 'Not Found' }) }
    }
  }

  errorAnswer(code: string, details?: string): Answer {
    const [status, message] = refusals[code] ?? [400, code]
    return refusal(this.#api, status, details === undefined ? message : `${message} (${details})`)
  }

  throttleAnswer(): Answer {
    return refusal(this.#api, 429, 'Too many requests')
  }

  failureAnswer(): Answer {
    return refusal(this.#api, 500, 'Internal server error')
  }

  callback(events: CallbackEvent[], { secret }: { secret: string }) {
    for (const event of events) if (event.kind === 'status') this.#noteStatus(event)
    return zixflowCallback(events, this.#phoneIds[0] ?? '', secret)
  }

  isReceipt(status: number): boolean {
    return status >= 200 && status < 300
  }

  heard(): void {}

  reset(): void {
    this.#reported.clear()
  }

  #route({ method, path }: EmulatorRequest): Route {
    if (path.startsWith(`${CAMPAIGN_PATH}/`)) {
      const rest = path.slice(CAMPAIGN_PATH.length + 1)
      const isSend = method === 'POST' && (rest === 'send' || rest === 'message/send')
      const asks = method === 'GET' && rest === 'variable-keys'
      return { api: 'campaign', operation: isSend ? 'send' : asks ? 'variables' : 'unknown', rest }
    }
    const [, kind = ''] = /^\/whatsapp\/v1\/(.+)\/send$/.exec(path.slice(this.#pathPrefix.length)) ?? []
    if (method === 'POST' && path.startsWith(this.#pathPrefix) && hasAiKind(kind))
      return { api: 'ai', operation: 'send', rest: kind }
    if (method === 'GET' && path.startsWith(`${DATA_PATH}/`)) return dataRoute(path.slice(DATA_PATH.length))
    return { api: 'ai', operation: 'unknown', rest: '' }
  }

  #isAuthorised({ headers }: EmulatorRequest, api: Api): boolean {
    const { apiKey, workspaceId } = this.#options
    const [key, workspace] =
      api === 'campaign'
        ? [/^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1], undefined]
        : [headers['x-api-key'], headers['x-workspace-id']]
    if (typeof key !== 'string' || key === '' || (apiKey !== undefined && key !== apiKey)) return false
    if (api === 'campaign') return true
    return typeof workspace === 'string' && workspace !== '' && (workspaceId === undefined || workspace === workspaceId)
  }

  #send({ headers, body }: EmulatorRequest, { api, rest }: Route): Outcome {
    const isJson = /^application\/json\b/i.test(headers['content-type'] ?? '')
    const given = isJson ? parseJson(body) : undefined
    const message = api === 'campaign' ? readCampaignMessage(given, rest === 'send') : readAiMessage(given, rest)
    if (message === undefined || !this.#phoneIds.includes(message.phoneId)) return this.#refuse(api, 'invalid_data')
    if (message.template !== null && !this.#isKnown(message.template)) return this.#refuse(api, 'invalid_data')
    return api === 'campaign' ? this.#acceptCampaign(message) : this.#acceptAi(message, headers['x-workspace-id'])
  }

  #isKnown({ name, language }: { name: string; language: string }): boolean {
    const { templates } = this.#options
    const isIt = (one: { name: string; language: string }) => one.name === name && one.language === language
    return templates === undefined || templates.some((one) => isIt(one) && (one.status ?? 'APPROVED') === 'APPROVED')
  }

  #acceptCampaign(message: ZixflowMessage): Outcome {
    const trackingId = this.#context.ids.hex(24).toLowerCase()
    const campaignId = this.#context.ids.hex(24).toLowerCase()
    return this.#accept(message, trackingId, { api: 'campaign' }, (id) => ({
      status: true,
      message: 'Message sent successfully',
      ...(message.isNamed && id !== null && { campaignId, messageId: id }),
    }))
  }

  #acceptAi(message: ZixflowMessage, workspaceId: unknown): Outcome {
    const hex = this.#context.ids.hex(32).toLowerCase()
    const trackingId = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
      '-',
    )
    const facts = { api: 'ai', workspaceId: String(workspaceId), messageNumber: this.#context.ids.digits(18) }
    return this.#accept(message, trackingId, facts, (id) => ({
      success: true,
      message: 'Message queued',
      ...(id !== null && { request_id: id }),
    }))
  }

  #accept(
    { to, phoneId, callbackUrl, reference }: ZixflowMessage,
    trackingId: string,
    facts: Record<string, string>,
    bodyWith: (id: string | null) => Record<string, unknown>,
  ): Outcome {
    const message: AcceptedMessage = {
      trackingId,
      to,
      reference,
      sender: phoneId,
      ...(callbackUrl !== null && { callbackUrl }),
      facts,
    }
    this.#reported.set(trackingId, { message, status: 'queued', at: this.#context.now(), remark: '' })
    return { verdict: 'accepted', message, answerWith: (id) => jsonAnswer(200, bodyWith(id)) }
  }

  #noteStatus({ message, status, at, errorCode }: Extract<CallbackEvent, { kind: 'status' }>): void {
    const known = this.#reported.get(message.trackingId)
    if (known !== undefined && at >= known.at)
      this.#reported.set(message.trackingId, { message, status, at, remark: errorCode ?? '' })
  }

  #report(requestId: string): Outcome {
    const reported = this.#reported.get(requestId)
    if (reported?.message.facts.api !== 'ai') return this.#refuse('ai', 'invalid_data')
    const { message, status, at, remark } = reported
    return served({
      data: {
        channel: 'whatsapp',
        message_id: `wamid.${message.facts.messageNumber}`,
        recipient: message.to,
        request_id: requestId,
        status,
        statusAt: new Date(at).toISOString(),
        remark,
        workspace_id: message.facts.workspaceId,
      },
    })
  }

  /** The keys of the values of a template in one language. */
  #variables(query: URLSearchParams): Outcome {
    const { templates = [] } = this.#options
    const template = templates.find(
      ({ name, language }) => name === query.get('templateName') && language === query.get('language'),
    )
    if (!this.#phoneIds.includes(query.get('phoneId') ?? '') || template === undefined)
      return this.#refuse('campaign', 'invalid_data')
    const data = variableKeys(template).map((keyName) => ({ label: keyName, keyName, type: typeOf(keyName) }))
    return { verdict: 'served', answer: jsonAnswer(200, { status: true, message: 'Success', data }) }
  }

  #listTemplates(phoneId: string, query: URLSearchParams): Outcome {
    if (!this.#phoneIds.includes(phoneId)) return this.#refuse('ai', 'invalid_data')
    const [limit, offset] = [Number(query.get('limit') ?? 10), Number(query.get('offset') ?? 0)]
    const all = this.#options.templates ?? []
    const page = all.slice(offset, offset + limit).map((template) => ({
      category: 'MARKETING',
      status: 'APPROVED',
      components: [],
      ...template,
    }))
    return served({ data: { data: page, pagination: { size: page.length, count: all.length, pageSize: limit } } })
  }

  #refuse(api: Api, code: keyof typeof refusals): Outcome {
    const [status, message] = refusals[code] ?? [400, String(code)]
    return { verdict: 'refused', answer: refusal(api, status, message) }
  }
}

/** What a template takes, as its definition says. */
function variableKeys({ components = [], variables }: ZixflowTemplate): string[] {
  if (variables !== undefined) return [...variables]
  const part = (type: string) => components.find((one) => one.type === type)
  const places = (given: unknown) => new Set(String(given ?? '').match(/\{\{[^{}]+\}\}/g)).size
  const numbered = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}_${index + 1}`)
  const header = part('HEADER')
  const format = String(header?.format ?? '').toLowerCase()
  const buttons = (part('BUTTONS')?.buttons ?? []) as readonly Record<string, unknown>[]
  return [
    ...(['image', 'video', 'document'].includes(format) ? [format] : numbered('header', places(header?.text))),
    ...numbered('body', places(part('BODY')?.text)),
    ...numbered('button', buttons.filter(({ url }) => places(url) > 0).length),
  ]
}

function typeOf(key: string): string {
  if (['image', 'video', 'document'].includes(key)) return `${key.toUpperCase()}_URL`
  return key === 'otp' ? 'OTP' : 'TEXT'
}

function dataRoute(path: string): Route {
  if (path === '/whatsapp/v1/accounts') return { api: 'ai', operation: 'accounts', rest: '' }
  if (path === '/messages/v1/delivery-report') return { api: 'ai', operation: 'report', rest: '' }
  const [, phoneId] = /^\/whatsapp\/v1\/([^/]+)\/templates$/.exec(path) ?? []
  return phoneId === undefined
    ? { api: 'ai', operation: 'unknown', rest: '' }
    : { api: 'ai', operation: 'templates.list', rest: phoneId }
}

function account(phoneId: string): Record<string, unknown> {
  return {
    phone_id: phoneId,
    waba_id: '200000000000000',
    display_phone_number: '+1 555-010-0009',
    verified_name: 'Example Ltd',
    quality_rating: 'GREEN',
    daily_limit: 1000,
  }
}

function refusal(api: Api, status: number, message: string): Answer {
  return jsonAnswer(status, api === 'campaign' ? { status: false, message } : { success: false, message })
}

function served(body: Record<string, unknown>): Outcome {
  return { verdict: 'served', answer: jsonAnswer(200, { success: true, ...body }) }
}
