// What the two providers of every world say, each in its own words: how a request names its attempt, how one is taken or
// refused, and what callbacks look like. Written from their documentation; it shares nothing with the drivers.
import { createHash, createHmac } from 'node:crypto'
import type { Call } from './ledger.ts'

/** The senders of every world. */
export const senderNames = ['main', 'other'] as const
export type SenderName = (typeof senderNames)[number]

/** What their campaigns send. */
export const templateOfSender = { main: 'hello', other: '7a6b5c4d-0000-4000-8000-000000000003' }

/** Definitely not accepted. */
export type Refusal = 'throttle' | 'pairThrottle' | 'coolOff' | 'badNumber' | 'badTemplate' | 'badAccount'

export interface Status {
  status: 'sent' | 'delivered' | 'read' | 'failed'
  /** Why it failed. */
  failure?: 'account' | 'person' | 'coolOff' | undefined
  /** When, epoch ms. */
  at: number
}

export interface Words {
  /** The reference that a request to send names. */
  referenceIn(body: string): string
  /** The answer to a request that was accepted. */
  accepted(call: Call): unknown
  /** A yes that forgets the id. */
  acceptedWithoutId: unknown
  /** Undefined where this provider refuses for no such reason. */
  refused(kind: Refusal): { status: number; body: unknown } | undefined
  callback(about: Pick<Call, 'trackingId' | 'phone'> & { reference: string }, told: Status): string
  sign(body: string, at: number): Record<string, string>
}

export const SIGNING_KEY = 'signing-key'

/** Codes of Meta's Cloud API. */
const metaCodes: Record<Refusal, number> = {
  throttle: 130429,
  pairThrottle: 131056,
  coolOff: 131049,
  badNumber: 131026,
  badTemplate: 132001,
  badAccount: 131031,
}
const metaFailures = { account: 131031, person: 131026, coolOff: 131049 }

export const metaWords: Words = {
  referenceIn: (body) => (JSON.parse(body) as { biz_opaque_callback_data: string }).biz_opaque_callback_data,
  accepted: ({ trackingId }) => ({ messages: [{ id: trackingId }] }),
  acceptedWithoutId: {},
  refused: (kind) => ({ status: 400, body: { error: { code: metaCodes[kind], message: `refused: ${kind}` } } }),
  callback: ({ trackingId, phone, reference }, { status, failure, at }) =>
    metaEnvelope({
      statuses: [
        {
          id: trackingId,
          status,
          timestamp: String(Math.floor(at / 1000)),
          recipient_id: phone.slice(1),
          biz_opaque_callback_data: reference,
          ...(failure !== undefined && { errors: [{ code: metaFailures[failure], title: 'failed' }] }),
        },
      ],
    }),
  sign: (body) => ({ 'x-hub-signature-256': `sha256=${createHmac('sha256', SIGNING_KEY).update(body).digest('hex')}` }),
}

export function metaEnvelope(value: Record<string, unknown>): string {
  const change = { field: 'messages', value: { messaging_product: 'whatsapp', ...value } }
  return JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '1', changes: [change] }] })
}

const birdRefusals: Partial<Record<Refusal, { status: number; body: unknown }>> = {
  throttle: { status: 429, body: { code: 'RateLimited', message: 'too many requests' } },
  badNumber: {
    status: 422,
    body: { code: 'InvalidPayload', message: 'invalid', details: { 'receiver.contacts': ['is no number'] } },
  },
  badTemplate: { status: 404, body: { code: 'NotFound', message: 'the template is not known' } },
  badAccount: { status: 401, body: { code: 'Unauthorized', message: 'the key is not known' } },
}
/** Numbers of Bird's table of failures. */
const birdFailures = { account: 14001, person: 12003, coolOff: 12001 }

export const birdWords: Words = {
  referenceIn: (body) => (JSON.parse(body) as { reference: string }).reference,
  accepted: (call) => birdMessage({ ...call, reference: '' }, { status: 'accepted', at: call.wallMs }),
  acceptedWithoutId: { channelId: '7a6b5c4d-0000-4000-8000-000000000002' },
  refused: (kind) => birdRefusals[kind],
  callback: (about, { status, failure, at }) => {
    if (status === 'read')
      return JSON.stringify({
        event: 'whatsapp.interaction',
        payload: {
          messageId: about.trackingId,
          messageReference: about.reference,
          type: 'read',
          createdAt: new Date(at).toISOString(),
          receiver: birdReceiver(about.phone),
        },
      })
    return JSON.stringify({ event: 'whatsapp.outbound', payload: birdMessage(about, { status, failure, at }) })
  },
  sign: (body, at) => {
    const timestamp = String(Math.floor(at / 1000))
    const digest = createHash('sha256').update(body).digest()
    const signature = createHmac('sha256', SIGNING_KEY).update(`${timestamp}\n\n`).update(digest).digest('base64')
    return { 'messagebird-signature': signature, 'messagebird-request-timestamp': timestamp }
  },
}

interface BirdStatus {
  status: Status['status'] | 'accepted'
  failure?: Status['failure']
  at: number
}

/** A message as lists, answers and callbacks have it; a read one is delivered, and its reading an interaction. */
export function birdMessage(
  { trackingId, phone, reference }: Pick<Call, 'trackingId' | 'phone'> & { reference: string },
  { status, failure, at }: BirdStatus,
): Record<string, unknown> {
  const word = status === 'failed' ? 'sending_failed' : status === 'read' ? 'delivered' : status
  return {
    id: trackingId,
    direction: 'outgoing',
    status: word,
    reference,
    receiver: birdReceiver(phone),
    lastStatusAt: new Date(at).toISOString(),
    ...(failure !== undefined && { failure: { code: birdFailures[failure], description: 'failed' } }),
  }
}

function birdReceiver(phone: string) {
  return { contacts: [{ identifierKey: 'phonenumber', identifierValue: phone }] }
}

export const wordsOfSender: Record<SenderName, Words> = { main: metaWords, other: birdWords }
