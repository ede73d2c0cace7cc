// Routee's callbacks in our words. Nothing signs them: the secret is in our address. Routee's own samples pad numbers with
// blanks, so every text is trimmed. Source: "WhatsApp messaging statuses" in Routee's documentation.
import type { DeliveryStatus } from '../../domain/message-status.ts'
import type { SentKind } from '../../domain/reply.ts'
import type { Failure } from '../../domain/send-result.ts'
import { parseJson } from '../http-result.ts'
import type { WebhookItem } from '../provider.ts'
import { firstFilled, joined, sentKindOf } from '../said.ts'
import { arrayOf, objectOf, readInstant, textOf } from '../webhook-parts.ts'
import { failureOfCode } from './errors.ts'

export function parseWebhook(body: string): WebhookItem[] {
  const root = parseJson(body)
  if (typeof root !== 'object' || root === null) return [{ kind: 'unreadable', why: 'no callback of Routee' }]
  return (Array.isArray(root) ? root : [root]).map((event) => itemOf(objectOf(event)))
}

type Fields = Record<string, unknown>

function itemOf(event: Fields): WebhookItem {
  const name = trimmed(event.event)
  if (name === null) return { kind: 'unreadable', why: 'a callback without an event' }
  const [family = '', detail = ''] = name.toLowerCase().split('::')
  if (family === 'momessage') return inboundItem(event)
  if (family !== 'messagestatus') return ignored(name)
  return statusItem(event, detail)
}

/**
 * `channelFailed` is no end: a last event follows it. `deleted` speaks of a person's own message, and `unknown` of
 * nothing.
 */
const statuses: Record<string, DeliveryStatus> = {
  accepted: 'accepted',
  delivered: 'delivered',
  seen: 'read',
  failed: 'failed',
}

export function statusNamed(word: string): DeliveryStatus | undefined {
  const last = word.trim().toLowerCase().split('::').at(-1) ?? ''
  return Object.hasOwn(statuses, last) ? statuses[last] : undefined
}

function statusItem(event: Fields, word: string): WebhookItem {
  const trackingId = trimmed(event.messageId)
  if (trackingId === null) return { kind: 'unreadable', why: 'a status without the id of its message' }
  const status = statusNamed(word)
  if (status === undefined) return ignored(`status ${word}`)
  const at = instantOf(event.timestamp)
  const failure = status === 'failed' ? failureOf(objectOf(event.details)) : undefined
  // `from` is the person here: the other side of the sender's line.
  const to = (trimmed(event.from) ?? trimmed(objectOf(event.details).from))?.replace(/^00/, '')
  return { kind: 'status', trackingId, reference: null, to, status, at, ...(failure && { failure }) }
}

/** Why a message failed, by the `details` of its last status. */
export function failureOf(details: Fields): Failure {
  return failureOfCode(trimmed(details.code) ?? 'failed', trimmed(details.message) ?? '')
}

function inboundItem(event: Fields): WebhookItem {
  const from = trimmed(event.from)
  if (from === null) return { kind: 'unreadable', why: 'a message without its author' }
  // What is said in a group opens no session with a person and stops nothing for the others.
  if (trimmed(event.groupId) !== null) return ignored('a message in a group')
  const whatsapp = objectOf(event.whatsapp)
  const postback = trimmed(objectOf(event.postback).data)
  const tapped = postback === null ? null : (trimmed(whatsapp.text) ?? trimmed(whatsapp.title))
  const content = objectOf(event.content)
  const interactive = objectOf(content.interactive)
  const reply = objectOf(interactive.reply ?? interactive.buttonReply ?? interactive.listReply)
  const buttonPayload = postback ?? trimmed(reply.payload) ?? trimmed(reply.id)
  const text = textIn(content) ?? trimmed(reply.title) ?? tapped
  const sent = buttonPayload === null ? sentIn(content, text) : undefined
  return {
    kind: 'inbound',
    phone: `+${from.replace(/^00/, '').replace(/\D/g, '')}`,
    at: instantOf(event.timestamp ?? event.receivedAt),
    text,
    buttonPayload,
    ...(sent !== undefined && { content: sent }),
    messageId: trimmed(event.messageId),
  }
}

/** The text of a message, or what is written beside what it carries. */
function textIn(content: Fields): string | null {
  const { reaction } = content
  const place = objectOf(content.location)
  const names = arrayOf(content.contacts).map((contact) => {
    const { name } = objectOf(contact)
    return firstFilled(name, objectOf(name).formattedName)
  })
  const written = [content.text, objectOf(content.media).caption, content.caption]
  const text = firstFilled(...written, reaction, objectOf(reaction).emoji, objectOf(content.order).text)
  return trimmed(text ?? joined(names) ?? joined([place.name, place.address]))
}

/** What a message carries; undefined for a text. */
function sentIn(content: Fields, text: string | null): SentKind | undefined {
  const { type } = objectOf(content.media)
  const kind = sentKindOf(content.contentType) ?? sentKindOf(type)
  if (kind !== undefined) return kind
  if (content.media !== undefined) return 'document'
  return trimmed(content.contentType)?.toLowerCase() === 'text' || text !== null ? undefined : 'other'
}

function ignored(what: string): WebhookItem {
  return { kind: 'ignored', why: what.slice(0, 60) }
}

function instantOf(value: unknown): number | null {
  return readInstant(typeof value === 'string' ? value.trim() : value)
}

function trimmed(value: unknown): string | null {
  const text = textOf(value)?.trim() ?? ''
  return text === '' ? null : text
}
