// 1MSG's callbacks: `ack[]` for statuses, `messages[]` for what people write, both at once where both are told; nothing is
// signed. With rawHooks Meta's own form comes instead.
import type { CallbackEvent, CallbackRequest } from '../dialect.ts'
import { titleOf } from './errors.ts'
import { type OneMsgOptions, oneMsgDefaults } from './options.ts'

type Event<Kind extends CallbackEvent['kind']> = Extract<CallbackEvent, { kind: Kind }>

export function oneMsgCallback(events: CallbackEvent[], options: OneMsgOptions): CallbackRequest {
  const statuses = events.filter((event) => event.kind === 'status')
  const inbound = events.filter((event) => event.kind === 'inbound')
  const preferences = events.filter((event) => event.kind === 'preference')
  const instanceId = statuses[0]?.message.sender ?? options.channelId ?? oneMsgDefaults.channelId
  // 1MSG has no form of its own for preferences: they are handed on.
  const isRaw = options.rawHooks === true || preferences.length > 0
  const body = isRaw
    ? { instanceId, entry: [{ id: '1000000000000001', changes: changesOf(statuses, inbound, preferences) }] }
    : {
        instanceId,
        ...(inbound.length > 0 && { messages: inbound.map(message) }),
        ...(statuses.length > 0 && { ack: statuses.map((status) => ack(status, options)) }),
      }
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

function ack({ message, status, errorCode }: Event<'status'>, { readWord }: OneMsgOptions): Record<string, unknown> {
  return {
    id: message.trackingId,
    bsuid: null,
    phone: message.to,
    chatId: `${message.to}@c.us`,
    status: status === 'read' ? (readWord ?? oneMsgDefaults.readWord) : status,
    category: message.facts.category,
    userName: null,
    ...(errorCode !== null && { error: titleOf(errorCode) }),
  }
}

function message({ id, from, text, buttonPayload, replyTo, at }: Event<'inbound'>): Record<string, unknown> {
  return {
    id: `wamid.${id}`,
    type: buttonPayload === null ? 'chat' : 'button',
    body: text ?? buttonPayload ?? '',
    fromMe: false,
    self: 0,
    isForwarded: false,
    author: `${from}@c.us`,
    time: Math.floor(at / 1000),
    chatId: `${from}@c.us`,
    chatName: from,
    senderName: 'Ada',
    caption: null,
    quotedMsgId: replyTo,
  }
}

function changesOf(statuses: Event<'status'>[], inbound: Event<'inbound'>[], preferences: Event<'preference'>[]) {
  const seconds = (at: number) => String(Math.floor(at / 1000))
  const value = { messaging_product: 'whatsapp', metadata: { phone_number_id: '1060000000000001' } }
  const messages = {
    statuses: statuses.map(({ message: { trackingId, to }, status, at, errorCode }) => ({
      id: trackingId,
      status,
      timestamp: seconds(at),
      recipient_id: to,
      ...(errorCode !== null && { errors: [{ code: Number(errorCode), title: titleOf(errorCode) }] }),
    })),
    messages: inbound.map(({ id, from, text, buttonPayload, at }) => ({
      id: `wamid.${id}`,
      from,
      timestamp: seconds(at),
      ...(buttonPayload === null
        ? { type: 'text', text: { body: text ?? '' } }
        : { type: 'button', button: { payload: buttonPayload, text: text ?? buttonPayload } }),
    })),
  }
  const user_preferences = preferences.map(({ phone, wants, at }) => ({
    wa_id: phone,
    category: 'marketing_messages',
    value: wants,
    detail: `User requested to ${wants} marketing messages`,
    timestamp: Math.floor(at / 1000),
  }))
  return [
    ...(statuses.length + inbound.length > 0 ? [{ field: 'messages', value: { ...value, ...messages } }] : []),
    ...(preferences.length > 0 ? [{ field: 'user_preferences', value: { ...value, user_preferences } }] : []),
  ]
}
