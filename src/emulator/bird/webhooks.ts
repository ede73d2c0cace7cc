// Bird's callbacks: the envelope with one event, and the signature over timestamp, address and the raw hash of the body.
// Statuses are events of the message itself; reading and opting out are interactions.
import { createHash, createHmac } from 'node:crypto'
import type { AcceptedMessage, CallbackEvent, CallbackRequest } from '../dialect.ts'

type Json = Record<string, unknown>

export interface Envelope {
  event: 'whatsapp.outbound' | 'whatsapp.inbound' | 'whatsapp.interaction'
  payload: Json
}

export interface Signing {
  url: string
  secret: string
  now: number
}

export function birdCallback({ event, payload }: Envelope, { url, secret, now }: Signing): CallbackRequest {
  const body = JSON.stringify({ service: 'channels', event, payload })
  const timestamp = String(Math.floor(now / 1000))
  const hash = createHash('sha256').update(body).digest()
  const signed = Buffer.concat([Buffer.from(`${timestamp}\n${url}\n`), hash])
  return {
    headers: {
      'content-type': 'application/json',
      'messagebird-request-timestamp': timestamp,
      'messagebird-signature': createHmac('sha256', secret).update(signed).digest('base64'),
    },
    body,
  }
}

type Event<Kind extends CallbackEvent['kind']> = Extract<CallbackEvent, { kind: Kind }>

/** What a status changes on the message; reading changes nothing there. */
export function statusChange({ status, at, errorCode, message }: Event<'status'>): Json {
  const instant = new Date(at).toISOString()
  const isFailed = status === 'failed'
  return {
    status: isFailed ? failedStatus(errorCode ?? '') : status,
    reason: isFailed ? `code: ${errorCode}` : '',
    ...(isFailed && { failure: failure(errorCode ?? '') }),
    parts: [{ platformReference: `wamid.${message.trackingId.replaceAll('-', '').toUpperCase()}` }],
    lastStatusAt: instant,
    updatedAt: instant,
  }
}

/** Numbers of five digits are Bird's own, with their family in front; all others WhatsApp's. */
function isBirdsOwn(code: string): boolean {
  return /^1[1245]\d{3}$/.test(code)
}

function failedStatus(code: string): string {
  if (!isBirdsOwn(code)) return 'delivery_failed'
  return code.startsWith('15') ? 'sending_failed' : 'rejected'
}

function failure(code: string): Json {
  const source = isBirdsOwn(code) ? { name: 'pre-processing', code: '0' } : { name: 'whatsapp', code }
  return { code: isBirdsOwn(code) ? Number(code) : 15001, description: 'scripted', source }
}

export interface InteractionFrame {
  id: string
  channelId: string
  type: string
  at: number
  /** Null for one that belongs to no message of ours. */
  message: Pick<AcceptedMessage, 'trackingId' | 'reference'> | null
  contact: { id: string; phone: string }
}

export function interaction({ id, channelId, type, at, message, contact }: InteractionFrame): Json {
  return {
    id,
    messageId: message?.trackingId ?? id,
    channelId,
    platformId: 'whatsapp',
    type,
    messageReference: message?.reference ?? '',
    messagePartsCount: 1,
    receiver: {
      contacts: [{ id: contact.id, identifierKey: 'phonenumber', identifierValue: `+${contact.phone}` }],
    },
    createdAt: new Date(at).toISOString(),
    details: '',
    metadata: {},
  }
}

export interface InboundFrame {
  id: string
  channelId: string
  connectorId: string
  contactId: string
}

/** A message to us: sender and receiver swapped; a pressed button is a text with its label. */
export function inbound(event: Event<'inbound'>, { id, channelId, connectorId, contactId }: InboundFrame): Json {
  const at = new Date(event.at).toISOString()
  const pressed = { type: 'postback', postback: { text: event.text ?? '', payload: event.buttonPayload } }
  return {
    id,
    channelId,
    sender: { contact: { id: contactId, identifierKey: 'phonenumber', identifierValue: `+${event.from}` } },
    receiver: { connector: { id: connectorId, identifierValue: '' } },
    body: {
      type: 'text',
      text: {
        text: event.text ?? event.buttonPayload ?? '',
        ...(event.buttonPayload !== null && { actions: [pressed] }),
      },
    },
    ...(event.replyTo !== null && { replyTo: { id: event.replyTo, type: 'message' } }),
    reference: '',
    reason: '',
    parts: [{ platformReference: `wamid.${event.id}` }],
    status: 'delivered',
    direction: 'incoming',
    lastStatusAt: at,
    createdAt: at,
    updatedAt: at,
  }
}
