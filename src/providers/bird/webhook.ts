// Bird's callbacks: the signature over timestamp, address and body, and what the three WhatsApp events say in our words.
// Reading is no status at Bird but an interaction.
import { createHash, createHmac } from 'node:crypto'
import type { DeliveryStatus } from '../../domain/message-status.ts'
import type { SentKind } from '../../domain/reply.ts'
import { parseJson } from '../http-result.ts'
import type { IncomingRequest, WebhookItem, WebhookVerdict } from '../provider.ts'
import { firstFilled, joined, sentKindOf } from '../said.ts'
import { arrayOf, isSameSecret, objectOf, readInstant, textOf } from '../webhook-parts.ts'
import { failureOf } from './errors.ts'

type Json = Record<string, unknown>

/** base64 of HMAC-SHA256 over `timestamp \n address \n` and the raw SHA-256 of the body. */
export function verifySignature(request: IncomingRequest, signingKey: string): WebhookVerdict {
  if (signingKey === '') return { isGenuine: false, code: 'webhook.not_configured' }
  const signature = request.header('messagebird-signature') ?? ''
  const timestamp = request.header('messagebird-request-timestamp') ?? ''
  if (signature === '' || timestamp === '') return { isGenuine: false, code: 'webhook.signature_missing' }
  const expected = createHmac('sha256', signingKey)
    .update(`${timestamp}\n${request.url}\n`)
    .update(createHash('sha256').update(request.body).digest())
    .digest('base64')
  return isSameSecret(signature, expected) ? { isGenuine: true } : { isGenuine: false, code: 'webhook.signature_wrong' }
}

export function parseWebhook(body: string): WebhookItem[] {
  const { event, payload } = objectOf(parseJson(body))
  const content = objectOf(payload)
  switch (event) {
    case 'whatsapp.outbound':
      return [statusItem(content)]
    case 'whatsapp.inbound':
      return [inboundItem(content)]
    case 'whatsapp.interaction':
      return interactionItems(content)
    default:
      return typeof event === 'string'
        ? [{ kind: 'ignored', why: `event ${event.slice(0, 60)}` }]
        : [{ kind: 'unreadable', why: 'no callback of a WhatsApp channel' }]
  }
}

const statuses: Record<string, DeliveryStatus> = {
  accepted: 'accepted',
  processing: 'accepted',
  scheduled: 'accepted',
  sent: 'sent',
  delivered: 'delivered',
  sending_failed: 'failed',
  delivery_failed: 'failed',
  rejected: 'failed',
  skipped: 'failed',
  deleted: 'failed',
}

/** What Bird's word for a status is in ours; undefined for one that is not known. */
export function statusOf(message: Json): DeliveryStatus | undefined {
  const word = textOf(message.status) ?? ''
  return Object.hasOwn(statuses, word) ? statuses[word] : undefined
}

function statusItem(message: Json): WebhookItem {
  const trackingId = textOf(message.id)
  const status = statusOf(message)
  if (trackingId === null) return { kind: 'unreadable', why: 'a status without the id of its message' }
  if (message.direction === 'incoming') return { kind: 'ignored', why: 'a message to us' }
  if (status === undefined) return { kind: 'ignored', why: `status ${String(message.status).slice(0, 40)}` }
  const to = phoneOf(objectOf(arrayOf(objectOf(message.receiver).contacts)[0]))
  return {
    kind: 'status',
    trackingId,
    reference: referenceOf(message.reference),
    to,
    status,
    at: instantOf(message),
    ...(status === 'failed' && { failure: failureOf(message) }),
  }
}

/** When the status was reached. */
export function instantOf(message: Json): number | null {
  return readInstant(message.lastStatusAt) ?? readInstant(message.updatedAt)
}

function referenceOf(value: unknown): string | null {
  const reference = textOf(value)
  return reference === '' ? null : reference
}

function inboundItem(message: Json): WebhookItem {
  const contact = objectOf(objectOf(message.sender).contact)
  const phone = phoneOf(contact)
  const userId = userIdOf(message, contact)
  if (phone === null && userId === null)
    return { kind: 'ignored', why: 'a message from a person without a phone number' }
  const body = objectOf(message.body)
  const part = objectOf(body[String(body.type)])
  const [pressed] = arrayOf(part.actions).flatMap((action) => textOf(objectOf(objectOf(action).postback).payload) ?? [])
  return {
    kind: 'inbound',
    phone,
    ...(userId !== null && { userId }),
    at: readInstant(message.createdAt),
    text: textIn(part),
    buttonPayload: pressed ?? null,
    ...(body.type !== 'text' && pressed === undefined && { content: contentOf(body.type, part) }),
    messageId: textOf(message.id),
  }
}

/** The text of a message, or the one beside its files. */
function textIn(part: Json): string | null {
  const beside = [...arrayOf(part.images), ...arrayOf(part.files)].map((file) => objectOf(file).altText)
  const place = objectOf(part.location)
  const names = arrayOf(part.contacts).map((contact) => objectOf(objectOf(contact).name).formattedName)
  return (
    firstFilled(part.text, part.caption, part.emoji, part.reaction, ...beside) ??
    joined(names) ??
    joined([part.name ?? place.name, part.address ?? place.address])
  )
}

/** Everything but pictures is a file: what it holds says which kind. */
function contentOf(type: unknown, part: Json): SentKind {
  if (type !== 'file') return sentKindOf(type) ?? 'other'
  const held = textOf(objectOf(arrayOf(part.files)[0]).contentType) ?? ''
  return held === 'image/webp' ? 'sticker' : (sentKindOf(held.split('/')[0]) ?? 'document')
}

/** WhatsApp's id of a person, beside the number or in its place. */
function userIdOf(message: Json, contact: Json): string | null {
  const told = textOf(objectOf(objectOf(message.meta).extraInformation).whatsappbsuid)
  const id = told ?? (contact.identifierKey === 'whatsappbsuid' ? textOf(contact.identifierValue) : null)
  return id === '' ? null : id
}

/** With +; null for a contact that is known by something else. */
function phoneOf(contact: Json): string | null {
  const digits = /^\+?(\d{5,15})$/.exec(textOf(contact.identifierValue) ?? '')?.[1]
  return digits === undefined ? null : `+${digits}`
}

/** What people do with a message of ours. */
function interactionItems(interaction: Json): WebhookItem[] {
  const trackingId = textOf(interaction.messageId)
  if (trackingId === null) return [{ kind: 'unreadable', why: 'an interaction without its message' }]
  const at = readInstant(interaction.createdAt)
  const reference = referenceOf(interaction.messageReference)
  const phone = phoneOf(objectOf(arrayOf(objectOf(interaction.receiver).contacts)[0]))
  const seen: WebhookItem = { kind: 'status', trackingId, reference, to: phone, status: 'read', at }
  switch (interaction.type) {
    case 'read':
    case 'opened':
      return [seen]
    case 'clicked': {
      const payload = textOf(objectOf(objectOf(interaction.metadata).button).payload)
      // The press is the person's word to us as well; its label comes as a message of its own.
      return phone === null || payload === null
        ? [seen]
        : [seen, { kind: 'inbound', phone, at, text: null, buttonPayload: payload, answersTo: trackingId }]
    }
    case 'reaction': {
      const { metadata, details } = interaction
      const { reaction, emoji } = objectOf(metadata)
      const text = firstFilled(reaction, objectOf(reaction).emoji, emoji, details)
      return phone === null
        ? [{ kind: 'ignored', why: 'interaction reaction' }]
        : [{ kind: 'inbound', phone, at, text, buttonPayload: null, content: 'reaction', answersTo: trackingId }]
    }
    case 'unsubscribe-request':
    case 'reported-as-spam':
      return phone === null
        ? [{ ...seen, suppress: { scope: 'marketing', reason: 'opted_out' } }]
        : [{ kind: 'preference', phone, at, wants: 'stop', detail: String(interaction.type) }]
    case 'subscribe-request':
    case 'subscribe-consent':
      return phone === null
        ? [{ kind: 'ignored', why: String(interaction.type) }]
        : [{ kind: 'preference', phone, at, wants: 'resume', detail: String(interaction.type) }]
    default:
      return [{ kind: 'ignored', why: `interaction ${String(interaction.type).slice(0, 40)}` }]
  }
}
