// What became of a message, by 1MSG's own books: the delivery events of an id, and the channel's history for messages
// whose answer was lost. The history may be switched off or have holes, so that nothing in it ever proves an absence.
import { type DeliveryInstants, lastStatus, withStatus } from '../../domain/message-status.ts'
import type { ToldStatus } from '../../domain/told-status.ts'
import { parseJson } from '../http-result.ts'
import type { LookUpQuery, LookUpResult } from '../provider.ts'
import { arrayOf, objectOf, readInstant, textOf } from '../webhook-parts.ts'
import type { OneMsgApi } from './api.ts'
import { failureOf, recipientOf, statusOf } from './webhook.ts'

const notFound: LookUpResult = { found: false, isProof: false }

/** Around the call, by the clock of the provider: a message elsewhere in time is another one. */
const BEFORE_MS = 5_000
const AFTER_MS = 120_000

export async function lookUp(api: OneMsgApi, query: LookUpQuery, usesHistory: boolean): Promise<LookUpResult> {
  if (query.trackingId !== null) return lookUpEvents(api, query.trackingId)
  if (!usesHistory) return notFound
  const found = await findInHistory(api, query)
  if (found === undefined) return notFound
  const events = await lookUpEvents(api, found.id)
  return events.found ? events : { found: true, trackingId: found.id, status: 'accepted', at: found.at }
}

/** GET /hookInfo: every event of one id; none proves nothing. */
async function lookUpEvents(api: OneMsgApi, trackingId: string): Promise<LookUpResult> {
  const answer = await api.get('hookInfo', { messageId: trackingId })
  if (answer.kind !== 'answer' || answer.status !== 200) return notFound
  const events = arrayOf(objectOf(parseJson(answer.text)).hooks)
    .map(objectOf)
    .flatMap(eventOf)
  const last = lastOf(events)
  return last === undefined ? notFound : { found: true, trackingId, ...last }
}

type HookEvent = Pick<ToldStatus, 'status' | 'at' | 'to' | 'failure'>

/** The event that says most: they come in no order. */
function lastOf(events: HookEvent[]): HookEvent | undefined {
  const facts = events.reduce(withEvent, nothingKnown)
  return events.find(({ status }) => status === lastStatus(facts))
}

const nothingKnown: DeliveryInstants = {
  acceptedAt: null,
  sentAt: null,
  deliveredAt: null,
  readAt: null,
  failedAt: null,
}

function withEvent(facts: DeliveryInstants, { status, at }: HookEvent): DeliveryInstants {
  return withStatus(facts, { status, at: at ?? 0 })
}

function eventOf(hook: Record<string, unknown>): HookEvent[] {
  const status = statusOf(hook.status)
  if (status === undefined) return []
  const failure = status === 'failed' ? failureOf(hook) : undefined
  return [{ status, at: readInstant(hook.timestamp), to: recipientOf(hook), failure }]
}

/** GET /messages: the only message that the API sent to this person around the call. Two are none: which was ours? */
async function findInHistory(api: OneMsgApi, query: LookUpQuery): Promise<{ id: string; at: number } | undefined> {
  const from = query.startedAt - BEFORE_MS
  const until = query.startedAt + AFTER_MS
  const answer = await api.get('messages', {
    chatId: `${query.to.replace(/\D/g, '')}@c.us`,
    min_time: String(Math.floor(from / 1000)),
    max_time: String(Math.ceil(until / 1000)),
  })
  if (answer.kind !== 'answer' || answer.status !== 200) return undefined
  const sent = arrayOf(objectOf(parseJson(answer.text)).messages)
    .map(objectOf)
    .filter((message) => (message.fromMe === true || message.fromMe === 1) && Number(message.self) === 1)
    .flatMap((message) => {
      const id = textOf(message.id)
      const at = readInstant(message.time)
      return id === null || at === null || at < from || at > until ? [] : [{ id, at }]
    })
  return new Set(sent.map(({ id }) => id)).size === 1 ? sent[0] : undefined
}
