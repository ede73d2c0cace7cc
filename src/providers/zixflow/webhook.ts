// Zixflow's callbacks in our words: the postbacks of the newer API, the reports of the older one, whose form no page tells,
// and incoming messages. The secret is in our address; the webhook for incoming messages may carry one in a header too.
import type { DeliveryStatus } from '../../domain/message-status.ts'
import { parseJson } from '../http-result.ts'
import type { IncomingRequest, WebhookItem, WebhookVerdict } from '../provider.ts'
import { readSaid } from '../said.ts'
import { isSameSecret, objectOf, readInstant, textOf } from '../webhook-parts.ts'
import type { ZixflowSettings } from './config.ts'
import { failureOf } from './errors.ts'

type Fields = Record<string, unknown>

export function verifyWebhook(
  request: IncomingRequest,
  { webhookSecret, webhookHeader }: Pick<ZixflowSettings, 'webhookSecret' | 'webhookHeader'>,
): WebhookVerdict {
  if (webhookSecret === undefined) return { isGenuine: true }
  // Only the account's own webhook can be given headers; reports and postbacks cannot. What cannot be read proves nothing.
  const records = recordsOf(Buffer.from(request.body).toString('utf8'))
  if (records?.every(({ event }) => event === undefined)) return { isGenuine: true }
  const given = request.header(webhookHeader)
  if (given === undefined || given === '') return { isGenuine: false, code: 'webhook.signature_missing' }
  return isSameSecret(given, webhookSecret)
    ? { isGenuine: true }
    : { isGenuine: false, code: 'webhook.signature_wrong' }
}

export function parseWebhook(body: string): WebhookItem[] {
  const records = recordsOf(body)
  return records === undefined ? [{ kind: 'unreadable', why: 'no callback of Zixflow' }] : records.map(itemOf)
}

/** What a body tells of; the same for the check and for what is applied. */
function recordsOf(body: string): Fields[] | undefined {
  const root = parseLossless(body)
  if (typeof root !== 'object' || root === null) return undefined
  return (Array.isArray(root) ? root : [root]).map(objectOf)
}

/** Ids of 64 bits come as numbers, which JSON.parse would round: they are read as texts. */
function parseLossless(body: string): unknown {
  return parseJson(body.replace(/("(?:message_?id|messageId)"\s*:\s*)(\d{16,20})(?=\s*[,}])/g, '$1"$2"'))
}

function itemOf(fields: Fields): WebhookItem {
  const event = textOf(fields.event)
  if (event === 'incoming.whatsapp.message') return inboundItem(fields)
  if (event?.startsWith('incoming.')) return { kind: 'ignored', why: event.slice(0, 60) }
  return reportItem({ ...objectOf(fields.data), ...fields })
}

const statuses: Record<string, DeliveryStatus> = {
  accepted: 'accepted',
  queued: 'accepted',
  submitted: 'accepted',
  processing: 'accepted',
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  seen: 'read',
  // A person who taps has read.
  clicked: 'read',
  failed: 'failed',
  undelivered: 'failed',
  rejected: 'failed',
}

export function statusNamed(word: string | null): DeliveryStatus | undefined {
  const known = (word ?? '').trim().toLowerCase()
  return Object.hasOwn(statuses, known) ? statuses[known] : undefined
}

/** A postback says `request_id`, which is the name that the sending call answered; a report of the older API its `messageId`. */
function reportItem(fields: Fields): WebhookItem {
  const trackingId = firstText(fields, ['request_id', 'messageId', 'message_id', 'requestId'])
  const reference = firstText(fields, ['post_back_data'])
  const word = firstText(fields, ['status', 'deliveryStatus'])
  if ((trackingId === null && reference === null) || word === null)
    return { kind: 'unreadable', why: 'a report without message or status' }
  const status = statusNamed(word)
  if (status === undefined) return { kind: 'ignored', why: `status ${word.slice(0, 40)}` }
  const at = readInstant(fields.status_at ?? fields.statusAt ?? fields.timestamp)
  const remark = firstText(fields, ['remark', 'reason', 'message']) ?? ''
  const code = firstText(fields, ['code', 'errorCode', 'error_code'])
  const failure = status === 'failed' ? failureOf(code, remark) : undefined
  const to = firstText(fields, ['recipient', 'to'])
  return { kind: 'status', trackingId, reference, to, status, at, ...(failure && { failure }) }
}

function firstText(fields: Fields, names: readonly string[]): string | null {
  for (const name of names) {
    const text = textOf(fields[name])?.trim() ?? ''
    if (text !== '') return text
  }
  return null
}

function inboundItem(fields: Fields): WebhookItem {
  const number = textOf(objectOf(fields.sender).number)?.replace(/\D/g, '') ?? ''
  if (number === '') return { kind: 'unreadable', why: 'a message without its author' }
  return {
    kind: 'inbound',
    phone: `+${number}`,
    at: readInstant(fields.timestamp),
    ...readSaid(objectOf(fields.message)),
    messageId: textOf(fields.messageId),
  }
}
