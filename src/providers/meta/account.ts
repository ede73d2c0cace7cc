// What Meta tells of a number and its account, and what can be set there. Source: pages on health status, messaging limits
// and webhook overrides, graph v25.0.
import type { AccountAnswer, AccountFact, Driver, MediaFile } from '../provider.ts'
import { arrayOf, objectOf, textOf } from '../webhook-parts.ts'
import type { MetaSettings } from './config.ts'
import { type Graph, graphAnswer, isDone } from './graph.ts'

const numberFields = [
  'display_phone_number',
  'verified_name',
  'quality_rating',
  'status',
  'name_status',
  'code_verification_status',
  'platform_type',
  'throughput',
  'whatsapp_business_manager_messaging_limit',
  'health_status',
]

/** Statuses of a number with which messages leave. */
const workingStatuses = ['CONNECTED', 'FLAGGED', 'RATE_LIMITED']

export type AccountCalls = Pick<Driver, 'checkAccount' | 'setWebhook' | 'uploadMedia' | 'markRead'>

export function accountCalls(graph: Graph, settings: MetaSettings): AccountCalls {
  const { phoneNumberId, wabaId, verifyToken } = settings
  return {
    checkAccount: () => checkNumber(graph, phoneNumberId),
    uploadMedia: (file) => upload(graph, phoneNumberId, file),
    ...(wabaId !== undefined && { setWebhook: (url) => subscribe(graph, { wabaId, url, verifyToken }) }),
    ...(settings.markRead && { markRead: (messageId) => markRead(graph, phoneNumberId, messageId) }),
  }
}

async function checkNumber(graph: Graph, phoneNumberId: string): Promise<AccountAnswer<AccountFact[]>> {
  const outcome = await graph.call('GET', `${phoneNumberId}?fields=${numberFields.join()}`)
  return graphAnswer(outcome, (body) => (textOf(body.id) === null ? undefined : factsOf(body)))
}

function factsOf(body: Record<string, unknown>): AccountFact[] {
  const fact = (name: string, value: unknown, isProblem = false): AccountFact[] => {
    const text = textOf(value)
    return text === null ? [] : [{ name, value: text, isProblem }]
  }
  return [
    ...fact('number', body.display_phone_number),
    ...fact('verified name', body.verified_name),
    ...fact('name status', body.name_status),
    ...fact('status', body.status, !workingStatuses.includes(String(body.status))),
    ...fact('verification', body.code_verification_status),
    ...fact('platform', body.platform_type),
    ...fact('quality', body.quality_rating),
    ...fact('messaging limit', body.whatsapp_business_manager_messaging_limit),
    ...fact('throughput', objectOf(body.throughput).level),
    ...healthFacts(objectOf(body.health_status)),
  ]
}

/** One line for each part of the account: the number, the business account, the business, the app. */
function healthFacts({ entities }: Record<string, unknown>): AccountFact[] {
  return arrayOf(entities)
    .map(objectOf)
    .map((entity) => {
      const canSend = textOf(entity.can_send_message) ?? 'unknown'
      const errors = arrayOf(entity.errors).map(objectOf).map(errorText)
      const kind = (textOf(entity.entity_type) ?? 'entity').toLowerCase().replaceAll('_', ' ')
      return { name: `can send: ${kind}`, value: [canSend, ...errors].join('; '), isProblem: canSend === 'BLOCKED' }
    })
}

function errorText(error: Record<string, unknown>): string {
  return [error.error_code, error.error_description, error.possible_solution]
    .map(textOf)
    .filter((part) => part !== null)
    .join(' ')
}

async function upload(
  graph: Graph,
  phoneNumberId: string,
  file: MediaFile,
): Promise<AccountAnswer<{ mediaId: string }>> {
  const fields = { messaging_product: 'whatsapp', type: file.mimeType }
  const outcome = await graph.upload(`${phoneNumberId}/media`, fields, file)
  return graphAnswer(outcome, (body) => {
    const mediaId = textOf(body.id)
    return mediaId === null ? undefined : { mediaId }
  })
}

interface Subscription {
  wabaId: string
  url: string
  verifyToken: string | undefined
}

/** Meta asks the address for the token before it takes it: the last part of our address unless one is set. */
async function subscribe(
  graph: Graph,
  { wabaId, url, verifyToken }: Subscription,
): Promise<AccountAnswer<{ url: string }>> {
  const token = verifyToken ?? decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '')
  const outcome = await graph.call('POST', `${wabaId}/subscribed_apps`, {
    override_callback_uri: url,
    verify_token: token,
  })
  return graphAnswer(outcome, (body) => isDone(body) && { url })
}

async function markRead(graph: Graph, phoneNumberId: string, messageId: string): Promise<AccountAnswer<null>> {
  const outcome = await graph.call('POST', `${phoneNumberId}/messages`, {
    messaging_product: 'whatsapp',
    status: 'read',
    message_id: messageId,
  })
  return graphAnswer(outcome, (body) => isDone(body) && null)
}
