// Replies as people see them: what waits to be settled first.
import { AppError } from '../../domain/errors.ts'
import { findIdIn, formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import type { ReplyReading } from '../../domain/opt-out.ts'
import type { ReplyKind, Settlement } from '../../domain/reply.ts'
import { findContact } from '../../store/contacts.ts'
import { findReply, listReplies, type Reply } from '../../store/replies.ts'
import type { Context } from '../context.ts'

export interface ReplyView {
  id: string
  contactId: string | null
  phone: string | null
  /** The provider's id of a person whose number it does not tell. */
  userId: string | null
  sender: string
  at: string
  kind: ReplyKind
  text: string
  payload: string | null
  reading: ReplyReading
  /** Whether it waits to be settled. */
  isOpen: boolean
  settledAs: Settlement | null
  settledBy: string | null
  settledAt: string | null
}

export interface ReplyQuery {
  limit: number
  /** The place of the last one seen (placeOf). */
  after?: string | undefined
  isOpen?: boolean | undefined
  reading?: ReplyReading | undefined
  phone?: string | undefined
}

/** What waits to be settled first, then the others, each part newest first. */
export async function showReplies(ctx: Context, query: ReplyQuery): Promise<ReplyView[]> {
  const { limit, after, isOpen, reading, phone } = query
  const key = phone === undefined ? undefined : await keyOf(ctx, phone)
  return ctx.db.read(async (tx) => {
    const contactId = key === undefined ? undefined : ((await findContact(tx, key))?.id ?? 0)
    const place = after === undefined ? undefined : readPlace(after)
    return (await listReplies(tx, { limit, after: place, isOpen, reading, contactId })).map(viewReply)
  })
}

/** Reading numbers is loaded when there is one to read: it is the largest part of a command. */
async function keyOf(ctx: Context, phone: string): Promise<string> {
  const { getTypedNumber } = await import('../contacts/typed-number.ts')
  return getTypedNumber(ctx, phone, { isExisting: true }).key
}

/** Where a reply stands in the list, also when it is settled afterwards. */
export function placeOf({ isOpen, id }: Pick<ReplyView, 'isOpen' | 'id'>): string {
  return `${isOpen ? 'open' : 'rest'}-${id}`
}

function readPlace(place: string): { isOpen: boolean; id: number } | undefined {
  const [part, name = ''] = place.split('-')
  const id = findIdIn('reply', name)
  return id === undefined ? undefined : { isOpen: part === 'open', id }
}

/** Throws AppError reply.not_found. */
export async function showReply(ctx: Context, id: string): Promise<ReplyView> {
  return ctx.db.read(async (tx) => {
    const found = await findReply(tx, findIdIn('reply', id) ?? 0)
    if (found === undefined) throw replyNotFound(id)
    return viewReply(found)
  })
}

export function replyNotFound(id: string): AppError {
  return new AppError('reply.not_found', `there is no reply "${id.slice(0, 40)}"`, { hint: 'See herald replies list.' })
}

export function viewReply(reply: Reply): ReplyView {
  const { id, contactId, phone, userId, sender, writtenAt, kind, text, payload, reading } = reply
  return {
    id: formatId('reply', id),
    contactId: contactId === null ? null : formatId('contact', contactId),
    phone,
    userId,
    sender,
    at: formatInstant(writtenAt),
    kind,
    text,
    payload,
    reading,
    isOpen: reply.isOpen,
    settledAs: reply.settledAs,
    settledBy: reply.settledBy,
    settledAt: reply.settledAt === null ? null : formatInstant(reply.settledAt),
  }
}
