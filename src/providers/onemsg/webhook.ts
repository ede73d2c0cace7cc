// 1MSG's callbacks: `messages[]` and `ack[]`, or Meta's own form where the channel hands it on (rawHooks). Nothing is
// signed: only the secret in our address proves where a callback comes from, and the receiver has checked that.
import type { DeliveryStatus } from '../../domain/message-status.ts'
import type { SentKind } from '../../domain/reply.ts'
import type { Failure } from '../../domain/send-result.ts'
import { parseJson } from '../http-result.ts'
import type { WebhookItem } from '../provider.ts'
import { firstFilled, readSaid, type Said, sentKindOf } from '../said.ts'
import { arrayOf, objectOf, readInstant, textOf } from '../webhook-parts.ts'
import { failureBecauseOf, readError } from './errors.ts'

type Json = Record<string, unknown>

export function parseWebhook(body: string): WebhookItem[] {
  const root = objectOf(parseJson(body))
  const items = [
    ...arrayOf(root.ack).map((ack) => statusItem(objectOf(ack))),
    ...arrayOf(root.messages).map((message) => inboundItem(objectOf(message))),
    ...arrayOf(root.entry).flatMap((entry) =>
      arrayOf(objectOf(entry).changes).flatMap((one) => rawItems(objectOf(one))),
    ),
  ]
  if (items.length > 0) return items
  const isTold = ['ack', 'messages', 'entry', 'type'].some((key) => root[key] !== undefined)
  return isTold
    ? [{ kind: 'ignored', why: `nothing of messages: ${String(root.type ?? 'empty').slice(0, 40)}` }]
    : [{ kind: 'unreadable', why: 'no callback of a 1MSG channel' }]
}

const statuses: Record<string, DeliveryStatus> = {
  sent: 'sent',
  delivered: 'delivered',
  viewed: 'read',
  read: 'read',
  played: 'read',
  failed: 'failed',
}

/** 1MSG's word for a status in ours; undefined for words that say nothing of delivery. */
export function statusOf(word: unknown): DeliveryStatus | undefined {
  return typeof word === 'string' && Object.hasOwn(statuses, word) ? statuses[word] : undefined
}

/** An ack of 1MSG, which tells no instant and its errors in words, or a status of Meta's, which has both. */
function statusItem(status: Json): WebhookItem {
  const trackingId = textOf(status.id)
  if (trackingId === null) return { kind: 'unreadable', why: 'a status without the id of its message' }
  const known = statusOf(status.status)
  if (known === undefined) return { kind: 'ignored', why: `status ${String(status.status).slice(0, 40)}` }
  const item = {
    kind: 'status',
    trackingId,
    reference: null,
    to: recipientOf(status),
    ...userOf(textOf(status.bsuid) ?? textOf(status.recipient_user_id) ?? chatIdOf(status.chatId)),
    status: known,
    at: readInstant(status.timestamp ?? status.time),
  } as const
  return known === 'failed' ? { ...item, failure: failureOf(status) } : item
}

/** An ack names the person by phone or chat, Meta's form by number; who has a user id only is named by neither. */
export function recipientOf(status: Json): string | null {
  const chat = textOf(status.chatId) ?? ''
  const number = textOf(status.phone) ?? textOf(status.recipient_id) ?? /^(\d+)@c\.us$/.exec(chat)?.[1] ?? null
  if (number === null) return chat.endsWith('@g.us') ? chat : null
  return /^\+?\d{5,20}$/.test(number) ? `+${number.replace('+', '')}` : null
}

/** Why a message failed. */
export function failureOf(status: Json): Failure {
  const [first] = arrayOf(status.errors)
  const { code = 'unknown', text } = readError({ error: first ?? status.error ?? 'no reason was told' })
  return failureBecauseOf({ code, text, httpStatus: null })
}

/** The id of a person whose number is hidden is the name of their chat. */
function chatIdOf(chat: unknown): string | null {
  const text = textOf(chat)
  return text?.endsWith('@lid') ? text.slice(0, -'@lid'.length) : null
}

function userOf(userId: string | null): { userId?: string } {
  return userId === null || userId === '' || userId.length > 200 ? {} : { userId }
}

function inboundItem(message: Json): WebhookItem {
  if (isTrue(message.fromMe)) return { kind: 'ignored', why: 'an echo of what was sent' }
  const chat = textOf(message.chatId) ?? textOf(message.author) ?? ''
  const phone = /^(\d{5,20})(?:@c\.us)?$/.exec(chat)?.[1] ?? (chat.endsWith('@lid') ? textOf(message.phone) : null)
  if (chat.endsWith('@g.us')) return { kind: 'ignored', why: 'a message of a group' }
  const user = userOf(textOf(message.authorBsuid) ?? chatIdOf(chat))
  if (phone == null && user.userId === undefined) return { kind: 'unreadable', why: 'a message without its author' }
  const answersTo = textOf(message.quotedMsgId)
  return {
    kind: 'inbound',
    phone: phone == null ? null : `+${phone.replace(/\D/g, '')}`,
    ...user,
    ...(answersTo !== null && { answersTo }),
    at: readInstant(message.time),
    ...saidIn(message),
    messageId: textOf(message.id),
  }
}

const files: readonly (SentKind | undefined)[] = ['image', 'video', 'document', 'audio', 'sticker']

/** The body of a file is a passing address: its text is the caption. */
function saidIn(message: Json): Said {
  const { text, content, ...said } = readSaid(message)
  const isFile = files.includes(sentKindOf(message.type))
  const own = firstFilled(isFile ? message.caption : message.body)
  // A text may come under a type that is not known.
  const isText = content === 'other' && own !== null
  return { ...said, text: own ?? text, ...(content !== undefined && !isText && { content }) }
}

function isTrue(value: unknown): boolean {
  return value === true || value === 1 || value === '1' || value === 'true'
}

/** One change in Meta's form. */
function rawItems(change: Json): WebhookItem[] {
  const value = objectOf(change.value)
  return [
    ...arrayOf(value.statuses).map((status) => statusItem(objectOf(status))),
    ...arrayOf(value.messages).map((message) => rawInboundItem(objectOf(message))),
    ...arrayOf(value.message_echoes).map((): WebhookItem => ({ kind: 'ignored', why: 'an echo of what was sent' })),
    ...arrayOf(value.user_preferences).map((preference) => preferenceItem(objectOf(preference))),
  ]
}

function rawInboundItem(message: Json): WebhookItem {
  const from = textOf(message.from)
  const user = userOf(textOf(message.from_user_id))
  if (from === null && user.userId === undefined) return { kind: 'unreadable', why: 'a message without its author' }
  const answersTo = textOf(objectOf(message.context).id) ?? textOf(objectOf(message.reaction).message_id)
  return {
    kind: 'inbound',
    phone: from === null ? null : `+${from.replace(/\D/g, '')}`,
    ...user,
    ...(answersTo !== null && { answersTo }),
    at: readInstant(message.timestamp),
    ...readSaid(message),
    messageId: textOf(message.id),
  }
}

function preferenceItem(preference: Json): WebhookItem {
  const phone = textOf(preference.wa_id)
  const user = userOf(textOf(preference.user_id))
  if ((phone === null && user.userId === undefined) || preference.category !== 'marketing_messages')
    return { kind: 'ignored', why: 'a preference about something else' }
  return {
    kind: 'preference',
    phone: phone === null ? null : `+${phone.replace(/\D/g, '')}`,
    ...user,
    at: readInstant(preference.timestamp),
    wants: preference.value === 'stop' ? 'stop' : 'resume',
    detail: textOf(preference.detail) ?? '',
  }
}
