// Meta's callbacks: the envelope, the signature over the raw bytes, statuses with timestamps as text in seconds, inbound
// messages and preferences, whose timestamp is a number.
import { createHmac } from 'node:crypto'
import type { AcceptedMessage, CallbackEvent, CallbackRequest } from '../dialect.ts'
import { titleOf } from './errors.ts'

export interface CallbackSource {
  wabaId: string
  /** Number that tells what belongs to no message of ours. */
  phoneNumberId: string
  displayPhoneNumber: string
}

/** Statuses in one change; more go into further changes, so that both ways of bundling occur. */
const STATUSES_PER_CHANGE = 2

export function metaCallback(events: CallbackEvent[], secret: string, source: CallbackSource): CallbackRequest {
  const changes = groupsOf(events).map((group) => change(group, source))
  const body = escaped(JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: source.wabaId, changes }] }))
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'facebookexternalua',
      'x-hub-signature-256': `sha256=${signature}`,
    },
    body,
  }
}

/** Meta writes everything but ASCII as \\uXXXX. */
function escaped(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Neighbours that one change can tell: statuses of one number. */
function groupsOf(events: CallbackEvent[]): CallbackEvent[][] {
  const groups: CallbackEvent[][] = []
  for (const event of events) {
    const last = groups.at(-1)
    const isJoined =
      last !== undefined && last.length < STATUSES_PER_CHANGE && last.every((one) => isSameNumber(one, event))
    if (isJoined) last.push(event)
    else groups.push([event])
  }
  return groups
}

function isSameNumber(a: CallbackEvent, b: CallbackEvent): boolean {
  return a.kind === 'status' && b.kind === 'status' && a.message.sender === b.message.sender
}

function change(group: CallbackEvent[], source: CallbackSource): Record<string, unknown> {
  const [first] = group
  const message = first?.kind === 'status' ? first.message : undefined
  const metadata = {
    display_phone_number: message?.facts.displayPhoneNumber ?? source.displayPhoneNumber,
    phone_number_id: message?.sender ?? source.phoneNumberId,
  }
  const value = { messaging_product: 'whatsapp', metadata }
  if (first?.kind === 'inbound')
    return {
      field: 'messages',
      value: { ...value, contacts: [contact(first.from)], messages: [inbound(first, source.displayPhoneNumber)] },
    }
  if (first?.kind === 'preference')
    return {
      field: 'user_preferences',
      value: { ...value, contacts: [contact(first.phone)], user_preferences: [preference(first)] },
    }
  const statuses = group.flatMap((event) => (event.kind === 'status' ? [event] : []))
  const people = [...new Set(statuses.filter(isGoodNews).map((event) => event.message.to))]
  return {
    field: 'messages',
    value: { ...value, ...(people.length > 0 && { contacts: people.map(contact) }), statuses: statuses.map(status) },
  }
}

type Event<Kind extends CallbackEvent['kind']> = Extract<CallbackEvent, { kind: Kind }>

/** Failures come without the contact. */
function isGoodNews(event: Event<'status'>): boolean {
  return event.status !== 'failed'
}

function contact(waId: string): Record<string, unknown> {
  return { profile: { name: 'Ada' }, wa_id: waId }
}

function seconds(at: number): number {
  return Math.floor(at / 1000)
}

function status({ message, status: name, at, errorCode }: Event<'status'>): Record<string, unknown> {
  const { trackingId, to, reference } = message
  return {
    id: trackingId,
    status: name,
    timestamp: String(seconds(at)),
    recipient_id: to,
    ...(reference !== null && { biz_opaque_callback_data: reference }),
    ...((name === 'sent' || name === 'delivered') && { pricing: pricing(message) }),
    ...(errorCode !== null && { errors: [failure(errorCode)] }),
  }
}

function pricing({ facts }: AcceptedMessage): Record<string, unknown> {
  const category = facts.category ?? 'service'
  const isFree = category === 'service'
  return { billable: !isFree, pricing_model: 'PMP', type: isFree ? 'free_customer_service' : 'regular', category }
}

function failure(code: string): Record<string, unknown> {
  const title = titleOf(code)
  return {
    code: Number(code),
    title,
    message: title,
    error_data: { details: `${title}.` },
    href: 'https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/',
  }
}

function inbound({ id, from, text, buttonPayload, replyTo, at }: Event<'inbound'>, ourPhone: string) {
  const message = {
    from,
    id: `wamid.${id}`,
    timestamp: String(seconds(at)),
    ...(replyTo !== null && { context: { from: ourPhone, id: replyTo } }),
  }
  if (buttonPayload !== null)
    return { ...message, type: 'button', button: { payload: buttonPayload, text: text ?? buttonPayload } }
  return { ...message, type: 'text', text: { body: text ?? '' } }
}

function preference({ phone, wants, at }: Event<'preference'>): Record<string, unknown> {
  return {
    wa_id: phone,
    detail: `User requested to ${wants} marketing messages`,
    category: 'marketing_messages',
    value: wants,
    timestamp: seconds(at),
  }
}
