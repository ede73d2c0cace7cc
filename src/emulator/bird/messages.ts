// The messages that Bird has, as its read side shows them: one by id, lists with filters, interactions.
import { type AcceptedMessage, type Answer, jsonAnswer } from '../dialect.ts'
import { invalid, notFound } from './errors.ts'
import type { CreateMessage } from './requests.ts'

type Json = Record<string, unknown>

const LIMIT_MAX = 1000
const LIMIT_DEFAULT = 10
const filters = ['limit', 'pageToken', 'reverse', 'direction', 'status', 'startAt', 'endAt', 'to', 'id', 'tag']

export interface Kept {
  message: Json
  /** Digits. */
  to: string
  createdAt: number
  interactions: Json[]
}

export class Messages {
  readonly #kept = new Map<string, Kept>()

  add(id: string, kept: Kept): void {
    this.#kept.set(id, kept)
  }

  find(id: string): Kept | undefined {
    return this.#kept.get(id)
  }

  reset(): void {
    this.#kept.clear()
  }

  /** A status was reached: the read side shows it from then on. */
  noteStatus(id: string, change: Json): Json {
    const kept = this.#kept.get(id)
    if (kept === undefined) return change
    kept.message = { ...kept.message, ...change }
    return kept.message
  }

  noteInteraction(id: string, interaction: Json): void {
    const kept = this.#kept.get(id)
    if (kept?.interactions.every((one) => one.type !== interaction.type)) kept.interactions.push(interaction)
  }

  get(id: string): Answer {
    const kept = this.#kept.get(id)
    return kept === undefined ? notFound('message') : jsonAnswer(200, kept.message)
  }

  interactions(id: string): Answer {
    const kept = this.#kept.get(id)
    return kept === undefined ? notFound('message') : jsonAnswer(200, { results: kept.interactions })
  }

  /** Newest first. */
  list(query: URLSearchParams): Answer {
    const unknown = [...query.keys()].find((key) => !filters.includes(key))
    if (unknown !== undefined) return invalid({ [unknown]: ['is no filter of this list'] })
    const limit = Number(query.get('limit') ?? LIMIT_DEFAULT)
    if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) return invalid({ limit: ['is not from 1 to 1000'] })
    for (const name of ['startAt', 'endAt'])
      if (query.has(name) && Number.isNaN(Date.parse(query.get(name) ?? '')))
        return invalid({ [name]: ['is no instant'] })
    const start = Number(query.get('pageToken') ?? 0)
    const matching = [...this.#kept.values()].reverse().filter((kept) => fits(kept, query))
    const isMore = start + limit < matching.length
    return jsonAnswer(200, {
      results: matching.slice(start, start + limit).map(({ message }) => message),
      ...(isMore && { nextPageToken: String(start + limit) }),
    })
  }
}

function fits(kept: Kept, query: URLSearchParams): boolean {
  const { message, to, createdAt } = kept
  const any = (name: string, value: unknown) => !query.has(name) || query.getAll(name).includes(String(value))
  return (
    any('direction', message.direction) &&
    any('status', message.status) &&
    any('id', message.id) &&
    (!query.has('to') || query.getAll('to').some((phone) => phone.replace(/\D/g, '') === to)) &&
    createdAt >= Date.parse(query.get('startAt') ?? '1970-01-01T00:00:00Z') &&
    createdAt <= Date.parse(query.get('endAt') ?? '9999-01-01T00:00:00Z')
  )
}

export interface MessageFrame {
  id: string
  channelId: string
  connectorId: string
  contactId: string
  phone: string
  now: number
}

/** The message as Bird answers it and tells of it in callbacks. */
export function messageObject(request: CreateMessage, frame: MessageFrame): Json {
  const at = new Date(frame.now).toISOString()
  return {
    id: frame.id,
    channelId: frame.channelId,
    sender: { connector: { id: frame.connectorId } },
    receiver: {
      contacts: [{ id: frame.contactId, identifierKey: 'phonenumber', identifierValue: `+${frame.phone}` }],
    },
    ...(request.body !== undefined && { body: request.body }),
    ...(request.template !== undefined && { template: request.template }),
    ...(request.meta !== undefined && { meta: request.meta }),
    ...(request.replyTo !== undefined && { replyTo: request.replyTo }),
    reference: request.reference ?? '',
    ...(request.tags !== undefined && { tags: request.tags.map((tag) => tag.toLowerCase()) }),
    parts: [],
    status: 'accepted',
    reason: '',
    direction: 'outgoing',
    lastStatusAt: at,
    createdAt: at,
    updatedAt: at,
  }
}

/** The envelope of a message whose frame is lost: after a reset, callbacks still tell of it. */
export function bareMessage({ trackingId, to, reference, sender }: AcceptedMessage): Json {
  return {
    id: trackingId,
    channelId: sender,
    receiver: { contacts: [{ identifierKey: 'phonenumber', identifierValue: `+${to}` }] },
    reference: reference ?? '',
    direction: 'outgoing',
  }
}
