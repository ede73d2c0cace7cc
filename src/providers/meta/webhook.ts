// Meta's callbacks: the signature over the raw bytes, the handshake, and what they say in our words.
import { isAscii } from 'node:buffer'
import { createHmac } from 'node:crypto'
import type { DeliveryStatus } from '../../domain/message-status.ts'
import { parseJson } from '../http-result.ts'
import type { IncomingRequest, WebhookItem, WebhookVerdict } from '../provider.ts'
import { readSaid } from '../said.ts'
import { templateStatusOf } from '../template-components.ts'
import { arrayOf, isSameSecret, objectOf, readInstant, textOf } from '../webhook-parts.ts'
import { failureOf, type MetaError } from './errors.ts'

/** `X-Hub-Signature-256: sha256=<hex of HMAC-SHA256 over the raw body with the app secret>`. */
export function verifySignature(request: IncomingRequest, appSecret: string): WebhookVerdict {
  if (appSecret === '') return { isGenuine: false, code: 'webhook.not_configured' }
  const header = request.header('x-hub-signature-256')
  if (header === undefined || header === '') return { isGenuine: false, code: 'webhook.signature_missing' }
  const isSigned = (body: Uint8Array | string) =>
    isSameSecret(header, `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`)
  return isSigned(request.body) || (!isAscii(request.body) && isSigned(escapedText(request.body)))
    ? { isGenuine: true }
    : { isGenuine: false, code: 'webhook.signature_wrong' }
}

/** Meta signs texts with everything but ASCII written as \\uXXXX, which is also how it sends them; a proxy may have undone it. */
function escapedText(body: Uint8Array): string {
  return Buffer.from(body)
    .toString('utf8')
    .replace(/[^\0-~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** What Meta sends as challenge is a number; nothing that a browser could take for a page is given back. */
const CHALLENGE = /^[\w.-]{1,200}$/

/** Each parameter once: of two the check could read the one and the answer the other. */
export function answerHandshake(query: URLSearchParams, token: string): { status: number; body: string } {
  const [mode, given, challenge] = ['mode', 'verify_token', 'challenge'].map((name) => onlyOne(query, `hub.${name}`))
  const isOurs = mode === 'subscribe' && isSameSecret(given ?? '', token) && CHALLENGE.test(challenge ?? '')
  return isOurs ? { status: 200, body: challenge ?? '' } : { status: 403, body: '' }
}

function onlyOne(query: URLSearchParams, name: string): string | undefined {
  const all = query.getAll(name)
  return all.length === 1 ? all[0] : undefined
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
  switch (change.field) {
    case 'messages':
      return [
        ...arrayOf(value.statuses).map((status) => statusItem(objectOf(status), value)),
        ...arrayOf(value.messages).flatMap((message) => messageItems(objectOf(message), value)),
        ...arrayOf(value.errors).map(problemItem),
      ]
    case 'user_preferences':
      return arrayOf(value.user_preferences).map((preference) => preferenceItem(objectOf(preference), value))
    case 'user_id_update':
      return arrayOf(value.user_id_update).map((update) => idUpdateItem(objectOf(update)))
    case 'message_template_status_update':
    case 'message_template_quality_update':
    case 'template_category_update':
      return [templateItem(value)]
    default:
      return [{ kind: 'ignored', why: `field ${String(change.field).slice(0, 60)}` }]
  }
}

/** A problem that belongs to no message: kept with the callback for people who look there. */
function problemItem(value: unknown): WebhookItem {
  const { code, text } = errorItem(value)
  return { kind: 'unreadable', why: `Meta reports ${code}: ${text}`.slice(0, 300) }
}

/** What Meta decided about a template: each field tells one thing of it. */
function templateItem(value: Record<string, unknown>): WebhookItem {
  const name = textOf(value.message_template_name)
  if (name === null) return { kind: 'unreadable', why: 'news of a template without its name' }
  const event = textOf(value.event)
  const quality = textOf(value.new_quality_score)
  const category = textOf(value.new_category)
  const reasons = [value.reason, objectOf(value.other_info).title, objectOf(value.other_info).description]
  const why = reasons.map(textOf).filter((reason) => reason !== null && reason !== '' && reason !== 'NONE')
  return {
    kind: 'template',
    name,
    language: textOf(value.message_template_language),
    ...(event !== null && { status: templateStatusOf(event), statusDetail: [event, ...why].join(': ') }),
    ...(quality !== null && { quality }),
    ...(category !== null && { category }),
  }
}

const statuses: Record<string, DeliveryStatus> = {
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  played: 'read',
  failed: 'failed',
}

/** The id of a person as it stands at a message, or beside it in `contacts`. */
function userOf(own: unknown, waId: unknown, value: Record<string, unknown>): { userId?: string } {
  const beside = arrayOf(value.contacts)
    .map(objectOf)
    .find((contact) => waId !== undefined && contact.wa_id === waId)
  const userId = userIdOf(own) ?? userIdOf(beside?.user_id)
  return userId === null ? {} : { userId }
}

/** Country, a dot, and letters or digits; compared as it stands. */
export function userIdOf(value: unknown): string | null {
  const text = textOf(value)
  return text !== null && /^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/.test(text) ? text : null
}

function statusItem(status: Record<string, unknown>, value: Record<string, unknown>): WebhookItem {
  const known = statuses[String(status.status)]
  const trackingId = textOf(status.id)
  if (trackingId === null) return { kind: 'unreadable', why: 'a status without the id of its message' }
  if (known === undefined) return { kind: 'ignored', why: `status ${String(status.status).slice(0, 40)}` }
  const at = readInstant(status.timestamp)
  const reference = textOf(status.biz_opaque_callback_data)
  const [error] = arrayOf(status.errors).map(errorItem)
  const failure = known === 'failed' && error !== undefined ? failureOf(error) : undefined
  const to = status.recipient_type === 'group' ? textOf(status.recipient_id) : phoneOf(status.recipient_id)
  const user = userOf(status.recipient_user_id, status.recipient_id, value)
  return { kind: 'status', trackingId, reference, to, ...user, status: known, at, ...(failure && { failure }) }
}

function errorItem(value: unknown): MetaError {
  const error = objectOf(value)
  const details = textOf(objectOf(error.error_data).details)
  const text = [textOf(error.title), details ?? textOf(error.message)].filter(Boolean).join(': ')
  return { code: textOf(error.code) ?? 'unknown', text, httpStatus: null }
}

/** What a person wrote; a tap on a button also says that its message was read, whatever receipts say. */
function messageItems(message: Record<string, unknown>, value: Record<string, unknown>): WebhookItem[] {
  if (message.type === 'system') return [systemItem(message)]
  const answered = textOf(objectOf(message.context).id)
  const isTap = message.type === 'button' || message.type === 'interactive'
  const inbound = inboundItem(message, value)
  if (!isTap || answered === null || inbound.kind !== 'inbound') return [inbound]
  const { at, phone: to } = inbound
  return [inbound, { kind: 'status', trackingId: answered, reference: null, to, status: 'read', at, isHint: true }]
}

function inboundItem(message: Record<string, unknown>, value: Record<string, unknown>): WebhookItem {
  const phone = phoneOf(message.from)
  const user = userOf(message.from_user_id, message.from, value)
  if (phone === null && user.userId === undefined)
    return { kind: 'unreadable', why: 'a message from a person without a phone number' }
  const answersTo = textOf(objectOf(message.context).id) ?? textOf(objectOf(message.reaction).message_id)
  return {
    kind: 'inbound',
    phone,
    ...user,
    at: readInstant(message.timestamp),
    ...readSaid(message),
    messageId: textOf(message.id),
    ...(answersTo !== null && { answersTo }),
  }
}

/** A new number, which may be hidden, or a new id. Older callbacks have the ids in their text only. */
function systemItem(message: Record<string, unknown>): WebhookItem {
  const system = objectOf(message.system)
  if (system.type !== 'user_changed_number' && system.type !== 'user_changed_user_id')
    return { kind: 'ignored', why: `system message ${String(system.type).slice(0, 40)}` }
  const ids = (textOf(system.body) ?? '').match(/\b[A-Z]{2}\.[A-Za-z0-9]{1,128}\b/g) ?? []
  return {
    kind: 'numberChange',
    phone: phoneOf(message.from),
    newPhone: phoneOf(system.wa_id) ?? phoneOf(system.new_wa_id),
    userId:
      userIdOf(system.previous_user_id) ?? userIdOf(message.from_user_id) ?? (ids.length > 1 ? (ids[0] ?? null) : null),
    newUserId: userIdOf(system.user_id) ?? (ids.length > 1 ? (ids.at(-1) ?? null) : null),
    at: readInstant(message.timestamp),
    messageId: textOf(message.id),
  }
}

/** The form in which Meta told of new ids for some months; others hand it on still. */
function idUpdateItem(update: Record<string, unknown>): WebhookItem {
  const ids = objectOf(update.user_id)
  return {
    kind: 'numberChange',
    phone: null,
    newPhone: phoneOf(update.wa_id),
    userId: userIdOf(ids.previous),
    newUserId: userIdOf(ids.current),
    at: readInstant(update.timestamp),
    messageId: null,
  }
}

function preferenceItem(preference: Record<string, unknown>, value: Record<string, unknown>): WebhookItem {
  if (preference.category !== 'marketing_messages') return { kind: 'ignored', why: 'a preference about something else' }
  const phone = phoneOf(preference.wa_id)
  const user = userOf(preference.user_id, preference.wa_id, value)
  if (phone === null && user.userId === undefined)
    return { kind: 'unreadable', why: 'a preference of a person without a phone number' }
  return {
    kind: 'preference',
    phone,
    ...user,
    at: readInstant(preference.timestamp),
    wants: preference.value === 'stop' ? 'stop' : 'resume',
    detail: textOf(preference.detail) ?? '',
  }
}

/** The digits by which WhatsApp knows a person; null for ids that stand for no phone. */
function phoneOf(waId: unknown): string | null {
  const text = textOf(waId)
  return text !== null && /^\+?\d{5,20}$/.test(text) ? `+${text.replace('+', '')}` : null
}
