// Meta's callbacks: the signature over the raw bytes, the handshake, and what they say in our words.
import { createHmac } from 'node:crypto'
import type { DeliveryStatus } from '../../domain/message-status.ts'
import { parseJson } from '../http-result.ts'
import type { IncomingRequest, WebhookItem, WebhookVerdict } from '../provider.ts'
import { arrayOf, isSameSecret, objectOf, readInstant, textOf } from '../webhook-parts.ts'
import { isCoolOffCode, providerErrorOf, suppressionOf } from './errors.ts'

/** `X-Hub-Signature-256: sha256=<hex of HMAC-SHA256 over the raw body with the app secret>`. */
export function verifySignature(request: IncomingRequest, appSecret: string): WebhookVerdict {
  if (appSecret === '') return { isGenuine: false, code: 'webhook.not_configured' }
  const header = request.header('x-hub-signature-256')
  if (header === undefined || header === '') return { isGenuine: false, code: 'webhook.signature_missing' }
  const expected = `sha256=${createHmac('sha256', appSecret).update(request.body).digest('hex')}`
  return isSameSecret(header, expected) ? { isGenuine: true } : { isGenuine: false, code: 'webhook.signature_wrong' }
}

export function answerHandshake(query: URLSearchParams, token: string): { status: number; body: string } {
  const isOurs = query.get('hub.mode') === 'subscribe' && isSameSecret(query.get('hub.verify_token') ?? '', token)
  return isOurs ? { status: 200, body: query.get('hub.challenge') ?? '' } : { status: 403, body: '' }
}

export function parseWebhook(body: string): WebhookItem[] {
  const root = objectOf(parseJson(body))
  if (root.object !== 'whatsapp_business_account')
    return [{ kind: 'unreadable', why: 'no callback of a WhatsApp business account' }]
  return arrayOf(root.entry).flatMap((entry) =>
    arrayOf(objectOf(entry).changes).flatMap((change) => itemsOf(objectOf(change))),
  )
}

function itemsOf(change: Record<string, unknown>): WebhookItem[] {
  const value = objectOf(change.value)
  if (change.field === 'messages')
    return [
      ...arrayOf(value.statuses).map((status) => statusItem(objectOf(status))),
      ...arrayOf(value.messages).map((message) => inboundItem(objectOf(message))),
    ]
  if (change.field === 'user_preferences')
    return arrayOf(value.user_preferences).map((preference) => preferenceItem(objectOf(preference)))
  return [{ kind: 'ignored', why: `field ${String(change.field).slice(0, 60)}` }]
}

const statuses: Record<string, DeliveryStatus> = {
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  played: 'read',
  failed: 'failed',
}

function statusItem(status: Record<string, unknown>): WebhookItem {
  const known = statuses[String(status.status)]
  const trackingId = textOf(status.id)
  if (trackingId === null) return { kind: 'unreadable', why: 'a status without the id of its message' }
  if (known === undefined) return { kind: 'ignored', why: `status ${String(status.status).slice(0, 40)}` }
  const at = readInstant(status.timestamp)
  const reference = textOf(status.biz_opaque_callback_data)
  const [error] = arrayOf(status.errors).map(errorItem)
  const suppress = error === undefined ? undefined : suppressionOf(error.code)
  const isCoolOff = error !== undefined && isCoolOffCode(error.code)
  return {
    kind: 'status',
    trackingId,
    reference,
    status: known,
    at,
    ...(error && { error }),
    ...(suppress && { suppress }),
    ...(isCoolOff && { isCoolOff }),
  }
}

function errorItem(value: unknown) {
  const error = objectOf(value)
  const details = textOf(objectOf(error.error_data).details)
  const text = [textOf(error.title), details ?? textOf(error.message)].filter(Boolean).join(': ')
  return providerErrorOf({ code: textOf(error.code) ?? 'unknown', text, httpStatus: null })
}

function inboundItem(message: Record<string, unknown>): WebhookItem {
  const from = textOf(message.from)
  if (from === null) return { kind: 'unreadable', why: 'a message without its author' }
  const button = objectOf(message.button)
  const interactive = objectOf(message.interactive)
  const reply = objectOf(interactive.button_reply ?? interactive.list_reply)
  const text = textOf(objectOf(message.text).body) ?? textOf(button.text) ?? textOf(reply.title)
  const buttonPayload = textOf(button.payload) ?? textOf(reply.id)
  return {
    kind: 'inbound',
    phone: `+${from.replace(/\D/g, '')}`,
    at: readInstant(message.timestamp),
    text,
    buttonPayload,
  }
}

function preferenceItem(preference: Record<string, unknown>): WebhookItem {
  const phone = textOf(preference.wa_id)
  if (phone === null || preference.category !== 'marketing_messages')
    return { kind: 'ignored', why: 'a preference about something else' }
  const wants = preference.value === 'stop' ? 'stop' : 'resume'
  return {
    kind: 'preference',
    phone: `+${phone.replace(/\D/g, '')}`,
    wants,
    detail: textOf(preference.detail) ?? '',
  }
}
