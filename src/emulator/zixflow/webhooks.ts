// Zixflow's callbacks. Postbacks of the newer API carry a message_id of 64 bits as a number; reports of the older one are
// a guess, as no page shows them. Only incoming messages can carry a header of the account's choice.
import type { CallbackEvent, CallbackRequest } from '../dialect.ts'

export function zixflowCallback(events: CallbackEvent[], phoneId: string, secret: string): CallbackRequest {
  const told = events.map((event) => eventText(event, phoneId))
  const hasInbound = events.some((event) => event.kind === 'inbound')
  return {
    headers: { 'content-type': 'application/json', ...(hasInbound && secret !== '' && { 'x-webhook-secret': secret }) },
    body: told.length === 1 ? (told[0] ?? '') : `[${told.join(',')}]`,
  }
}

function eventText(event: CallbackEvent, phoneId: string): string {
  if (event.kind === 'preference') throw new Error('Zixflow tells of no preferences')
  if (event.kind === 'inbound') return JSON.stringify(inbound(event, phoneId))
  return event.message.facts.api === 'ai' ? postback(event) : JSON.stringify(report(event))
}

type StatusEvent = Extract<CallbackEvent, { kind: 'status' }>

function remarkOf({ errorCode }: StatusEvent): string {
  return errorCode === null ? '' : `${errorCode}: Message undeliverable`
}

function report(event: StatusEvent): Record<string, unknown> {
  const { message, status, at } = event
  return {
    messageId: message.trackingId,
    channel: 'whatsapp',
    to: message.to,
    status: status.toUpperCase(),
    remark: remarkOf(event),
    timestamp: at,
  }
}

function postback(event: StatusEvent): string {
  const { message, status, at } = event
  const { messageNumber = '604100000000000001', workspaceId = '' } = message.facts
  const fields = {
    workspace_id: workspaceId,
    type: 'delivery_status',
    message_id: '#',
    request_id: message.trackingId,
    channel: 'whatsapp',
    recipient: message.to,
    status,
    remark: remarkOf(event),
    status_at: new Date(at).toISOString().replace('Z', '174911Z'),
    ...(message.reference !== null && { post_back_data: message.reference }),
  }
  // Written as a number, which no JavaScript number can hold.
  return JSON.stringify(fields).replace('"#"', messageNumber)
}

function inbound(event: Extract<CallbackEvent, { kind: 'inbound' }>, phoneId: string): Record<string, unknown> {
  const { id, from, text, buttonPayload, at } = event
  const message =
    buttonPayload === null
      ? { type: 'text', text: { body: text ?? '' } }
      : { type: 'button', button: { payload: buttonPayload, text: text ?? buttonPayload } }
  return {
    event: 'incoming.whatsapp.message',
    eventId: `3f0c1b9e-0000-4000-8000-${id.slice(-12).toLowerCase().padStart(12, '0')}`,
    timestamp: at,
    phoneId,
    wabaId: '200000000000000',
    messageId: `wamid.${id}`,
    sender: { name: 'Ada', number: from },
    message,
  }
}
