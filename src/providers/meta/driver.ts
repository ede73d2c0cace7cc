// Meta WhatsApp Cloud API. No idempotency key exists; our reference comes back in every status (biz_opaque_callback_data),
// which proves acceptance when an answer was lost.
import { type Content, type ContentType, contentTypes } from '../../domain/content.ts'
import type { SendResult } from '../../domain/send-result.ts'
import { fileNameProblems, severalFilesProblems, templateNameProblems } from '../content-limits.ts'
import { refusalOf } from '../content-refusal.ts'
import type { HttpAnswer } from '../http-result.ts'
import {
  acceptedWithoutId,
  isAnotherNumber,
  parseJson,
  resultOfFailure,
  resultOfForeign,
  retryAfterOf,
} from '../http-result.ts'
import { fileTypeProblems } from '../media-types.ts'
import type { Connection, Driver, OutgoingMessage, Provider } from '../provider.ts'
import { arrayOf, objectOf, textOf } from '../webhook-parts.ts'
import { accountCalls } from './account.ts'
import { type MetaSettings, metaSecretKeys, metaSettings } from './config.ts'
import { messageObject } from './content.ts'
import { resultOfError } from './errors.ts'
import { errorIn, Graph } from './graph.ts'
import { templateCalls } from './templates.ts'
import { answerHandshake, parseWebhook, userIdOf, verifySignature } from './webhook.ts'

const content: readonly ContentType[] = contentTypes

export const metaProvider: Provider<MetaSettings> = {
  name: 'meta',
  title: 'Meta Cloud API',
  capabilities: {
    content,
    hasReplyTo: true,
    hasLinkTracking: false,
    needsSession: true,
    asksForSession: false,
    hasReference: true,
    lookUp: 'none',
    idempotencyWindowMs: 0,
    hasValidity: false,
    hasScheduling: false,
    hasFrequencyCap: false,
    hasTags: false,
    hasGroups: false,
    statuses: ['sent', 'delivered', 'read', 'failed'],
    webhookProof: 'signature',
    templates: ['list', 'create', 'delete'],
    hasTemplateStatus: true,
    hasAccountCheck: true,
  },
  settings: metaSettings,
  secretKeys: metaSecretKeys,
  baseUrl: 'https://graph.facebook.com',
  contentProblems,
  variantFor: ({ phoneNumberId, wabaId }) =>
    phoneNumberId !== undefined && wabaId === undefined ? withoutAccount : undefined,
  connect,
}

/** A sender that does not name its WhatsApp business account: templates belong to that. */
const withoutAccount: Provider<MetaSettings> = {
  ...metaProvider,
  title: 'Meta Cloud API (sender without wabaId)',
  capabilities: { ...metaProvider.capabilities, templates: [], hasTemplateStatus: false },
}

function contentProblems(content: Content): string[] {
  const isNamed = content.type === 'template' && content.body !== undefined && !Array.isArray(content.body)
  if (isNamed && content.header?.type === 'text')
    return ['the value of a text header has no name here: use a template with numbered values']
  return [
    ...(content.type === 'template' ? templateNameProblems(content) : []),
    ...severalFilesProblems(content),
    ...fileNameProblems(content),
    ...fileTypeProblems(content),
  ]
}

function connect(connection: Connection<MetaSettings>): Driver {
  const { settings, http } = connection
  const graph = new Graph(http, settings)
  const { wabaId } = settings
  return {
    async send(message) {
      const refusal = refusalOf(contentProblems(message.content))
      if (refusal !== undefined) return refusal
      const path = `${settings.phoneNumberId}/messages`
      const outcome = await graph.call('POST', path, requestBody(message), message.begin)
      return outcome.kind === 'answer'
        ? resultOfAnswer(outcome, message.to, connection.now())
        : resultOfFailure(outcome)
    },
    verifyWebhook: (request) => verifySignature(request, settings.appSecret),
    parseWebhook,
    answerHandshake: (query, token) => answerHandshake(query, settings.verifyToken ?? token),
    ...(wabaId !== undefined && { templates: templateCalls(graph, wabaId) }),
    ...accountCalls(graph, settings),
  }
}

function requestBody(message: OutgoingMessage): Record<string, unknown> {
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: message.to,
    ...messageObject(message.content),
    biz_opaque_callback_data: message.reference,
  }
}

function resultOfAnswer(answer: HttpAnswer, to: string, now: number): SendResult {
  const error = errorIn(answer)
  if (error !== undefined && answer.status >= 300) return resultOfError(error, retryAfterOf(answer, now))
  const accepted = objectOf(parseJson(answer.text))
  const isMetas = error !== undefined || accepted.messaging_product !== undefined || Array.isArray(accepted.messages)
  if (answer.status < 200 || answer.status >= 300 || !isMetas) return resultOfForeign(answer, now)
  const message = objectOf(arrayOf(accepted.messages)[0])
  const trackingId = textOf(message.id)
  const contact = objectOf(arrayOf(accepted.contacts)[0])
  if (trackingId === null || trackingId.length > 512 || isAnotherNumber(contact.input, to))
    return acceptedWithoutId(answer)
  const isHeld = message.message_status === 'held_for_quality_assessment' || message.message_status === 'paused'
  const userId = userIdOf(contact.user_id)
  return {
    kind: 'accepted',
    trackingId,
    ...(userId !== null && { userId }),
    ...(isHeld && { notes: ['held_by_whatsapp' as const] }),
  }
}
