// Zixflow's newer API ("Zixflow AI"): a key and a workspace in headers, a path for each kind, our reference in every
// postback, and reports, templates and accounts on request.
import type { Content } from '../../domain/content.ts'
import type { ProviderTemplate } from '../../domain/template.ts'
import { accountAnswerOf } from '../account-answer.ts'
import { whatsappLanguage } from '../content-limits.ts'
import { refusalOf } from '../content-refusal.ts'
import type { Json } from '../message-parts.ts'
import type { AccountAnswer, AccountFact, Connection, Driver, LookUpResult, OutgoingMessage } from '../provider.ts'
import { templateShapeOf, templateStatusOf, templateTextOf } from '../template-components.ts'
import { arrayOf, objectOf, readInstant, textOf } from '../webhook-parts.ts'
import { acceptedAs } from './acceptance.ts'
import type { ZixflowSettings } from './config.ts'
import { sessionObject } from './content.ts'
import { contentProblems } from './content-problems.ts'
import { errorOfAnswer, failureOf } from './errors.ts'
import { variablesOf } from './variables.ts'
import { parseWebhook, statusNamed, verifyWebhook } from './webhook.ts'

const DATA_PATH = '/api/data'
/** As on the page: no larger number is known to be taken. */
const TEMPLATES_PER_PAGE = 10
const TEMPLATE_PAGES_MAX = 500

type AiConnection = Connection<ZixflowSettings>

export function connectAiApi(connection: AiConnection): Driver {
  const { settings, http, now } = connection
  return {
    async send(message) {
      const refusal = refusalOf(contentProblems(message.content, true))
      if (refusal !== undefined) return refusal
      const outcome = await http.request({
        method: 'POST',
        path: `${settings.pathPrefix}/whatsapp/v1/${pathOf(message.content, settings)}/send`,
        headers: { ...headersOf(settings), 'content-type': 'application/json' },
        body: JSON.stringify(bodyOf(message, connection)),
        begin: message.begin,
      })
      return acceptedAs(outcome, now(), (body) => textOf(objectOf(body).request_id))
    },
    verifyWebhook: (request) => verifyWebhook(request, settings),
    parseWebhook,
    lookUp: ({ trackingId }) => lookUp(connection, trackingId),
    templates: { list: () => listTemplates(connection) },
    checkAccount: () => checkAccount(connection),
  }
}

function headersOf({ apiKey, workspaceId = '' }: ZixflowSettings): Record<string, string> {
  return { 'x-api-key': apiKey, 'x-workspace-id': workspaceId }
}

function pathOf({ type }: Content, { paths }: ZixflowSettings): string {
  if (type === 'template') return 'template'
  if (type === 'buttons') return 'message/interactive/reply-buttons'
  if (type === 'text' || type === 'contacts' || type === 'reaction') return `message/${type}`
  if (type === 'product') throw new Error('this API has no products')
  return `message/${paths[type]}`
}

function bodyOf({ to, content, useCase, reference }: OutgoingMessage, connection: AiConnection): Json {
  const { settings, webhookUrl } = connection
  return {
    recipient: to.replace(/^\+/, ''),
    phone_id: settings.phoneId,
    ...partOf(content, useCase, settings),
    ...(webhookUrl !== undefined && { post_back_url: webhookUrl }),
    post_back_data: reference,
  }
}

/** The path says the kind already. */
function partOf(content: Content, useCase: OutgoingMessage['useCase'], { headerVariable }: ZixflowSettings): Json {
  if (content.type === 'product') throw new Error('this API has no products')
  if (content.type === 'template') {
    const variables = variablesOf(content, { useCase, headerVariable })
    return { template_name: content.template, language: whatsappLanguage(content.language), variables }
  }
  const { type, ...object } = sessionObject(content, { hasTextDegrees: false, headerMedia: 'object' })
  return object
}

/** A call about the account; `data` of its answer. */
async function ask({ http, settings }: AiConnection, path: string): Promise<AccountAnswer<unknown>> {
  const outcome = await http.request({ method: 'GET', path: `${DATA_PATH}${path}`, headers: headersOf(settings) })
  return accountAnswerOf(
    outcome,
    (body) => {
      const { data, status, success } = objectOf(body)
      return status === false || success === false ? undefined : (data ?? undefined)
    },
    errorOfAnswer,
  )
}

/** That there is no report yet proves nothing. */
async function lookUp(connection: AiConnection, trackingId: string | null): Promise<LookUpResult> {
  if (trackingId === null) return { found: false, isProof: false }
  const answer = await ask(connection, `/messages/v1/delivery-report?request_id=${encodeURIComponent(trackingId)}`)
  const report = answer.ok ? objectOf(Array.isArray(answer.value) ? answer.value[0] : answer.value) : {}
  const word = textOf(report.status)
  if (textOf(report.request_id) !== trackingId || word === null) return { found: false, isProof: false }
  const status = statusNamed(word) ?? 'accepted'
  const at = readInstant(report.statusAt ?? report.status_at)
  const failure = status === 'failed' ? failureOf(null, textOf(report.remark) ?? '') : undefined
  return { found: true, trackingId, to: textOf(report.recipient), status, at, ...(failure && { failure }) }
}

async function checkAccount(connection: AiConnection): Promise<AccountAnswer<AccountFact[]>> {
  const answer = await ask(connection, '/whatsapp/v1/accounts')
  if (!answer.ok) return answer
  const { phoneId } = connection.settings
  const account = arrayOf(answer.value)
    .map(objectOf)
    .find(({ phone_id: id }) => textOf(id) === phoneId)
  if (account === undefined)
    return {
      ok: true,
      value: [{ name: 'phoneId', value: `${phoneId} is no number of the workspace`, isProblem: true }],
    }
  const facts = {
    number: 'display_phone_number',
    name: 'verified_name',
    quality: 'quality_rating',
    dailyLimit: 'daily_limit',
  }
  const value = Object.entries(facts).flatMap(([name, key]) => {
    const told = textOf(account[key])
    return told === null ? [] : [{ name, value: told, isProblem: false }]
  })
  return { ok: true, value }
}

async function listTemplates(connection: AiConnection): Promise<AccountAnswer<ProviderTemplate[]>> {
  const templates: ProviderTemplate[] = []
  const base = `/whatsapp/v1/${encodeURIComponent(connection.settings.phoneId)}/templates`
  for (let page = 0; page < TEMPLATE_PAGES_MAX; page++) {
    const answer = await ask(connection, `${base}?limit=${TEMPLATES_PER_PAGE}&offset=${page * TEMPLATES_PER_PAGE}`)
    if (!answer.ok) return answer
    const rows = arrayOf(objectOf(answer.value).data ?? answer.value).map(objectOf)
    templates.push(...rows.map(templateOf))
    if (rows.length < TEMPLATES_PER_PAGE) break
  }
  return { ok: true, value: templates }
}

function templateOf(template: Record<string, unknown>): ProviderTemplate {
  const name = textOf(template.name) ?? ''
  return {
    name,
    title: name,
    language: textOf(template.language) ?? '',
    status: templateStatusOf(template.status),
    statusDetail: textOf(template.status) ?? '',
    category: textOf(template.category),
    namespace: null,
    shape: templateShapeOf(template.components),
    text: templateTextOf(template.components),
  }
}
