// Routee's callbacks: one event each, nothing signed, numbers padded with blanks as in Routee's own samples.
import type { CallbackEvent, CallbackRequest, StatusName } from '../dialect.ts'

export function routeeCallback(events: CallbackEvent[], ourNumber: string): CallbackRequest {
  const told = events.map((event) => eventOf(event, ourNumber))
  return {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(told.length === 1 ? told[0] : told),
  }
}

/** Routee tells nothing between its own acceptance and the delivery. */
export const routeeWords: Record<StatusName, string> = {
  sent: 'accepted',
  delivered: 'delivered',
  read: 'seen',
  failed: 'failed',
}

function eventOf(event: CallbackEvent, ourNumber: string): Record<string, unknown> {
  if (event.kind === 'preference') throw new Error('Routee tells of no preferences')
  return event.kind === 'status' ? status(event) : inbound(event, ourNumber)
}

function status(event: Extract<CallbackEvent, { kind: 'status' }>): Record<string, unknown> {
  const word = routeeWords[event.status]
  const from = ` ${event.message.to} `
  const failure = { code: event.errorCode ?? 'whatsapp::external::1009', message: 'Failed to deliver' }
  return {
    messageId: event.message.trackingId,
    channel: 'whatsapp',
    deliveryChannel: 'whatsapp',
    event: `MessageStatus::${word}`,
    status: word,
    timestamp: new Date(event.at).toISOString(),
    ...(word === 'failed' && { details: failure }),
    ...((word === 'delivered' || word === 'seen') && { from, details: { from } }),
  }
}

function inbound(event: Extract<CallbackEvent, { kind: 'inbound' }>, ourNumber: string): Record<string, unknown> {
  const { id, from, text, buttonPayload, replyTo, at } = event
  const message = {
    messageId: `in-${id.toLowerCase()}`,
    channel: 'whatsapp',
    from,
    to: ourNumber,
    timestamp: new Date(at).toISOString(),
    ...(replyTo !== null && { context: { messageId: replyTo } }),
  }
  if (buttonPayload !== null)
    return {
      event: 'MoMessage::Postback',
      ...message,
      postback: { data: buttonPayload },
      whatsapp: { senderName: 'Ada', text: text ?? buttonPayload },
    }
  return {
    event: 'MoMessage',
    ...message,
    content: { contentType: 'text', text: text ?? '' },
    whatsapp: { senderName: 'Ada' },
  }
}
