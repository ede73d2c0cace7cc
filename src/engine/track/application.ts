// What an item of a callback changes: statuses, suppressions, sessions, templates. Applied twice, it comes to the same.

import { formatId } from '../../domain/ids.ts'
import { readSent, readTap } from '../../domain/opt-out.ts'
import { parsePhone } from '../../domain/phone.ts'
import type { ReplyRules } from '../../domain/reply.ts'
import { DAY_MS } from '../../domain/time-zone.ts'
import type { WebhookItem } from '../../providers/provider.ts'
import { findMessageByTracking } from '../../store/attempts.ts'
import { noteInbound } from '../../store/contact-senders.ts'
import { type Contact, findContact } from '../../store/contacts.ts'
import type { WriteTx } from '../../store/database.ts'
import { isDeclaredAt, isDeclaredBy } from '../../store/declared-opt-outs.ts'
import type { Sender } from '../../store/senders.ts'
import { applyTold, type Teller } from '../../store/told.ts'
import { learnUserId } from '../../store/user-ids.ts'
import { contactByUserId, contactOf } from '../contacts/known-contact.ts'
import { changeNumber } from '../contacts/number-change.ts'
import type { Context } from '../context.ts'
import { takeReply, wasTaken } from '../replies/take-reply.ts'
import { applyTemplate } from './apply-template.ts'

export type ItemOutcome = 'done' | 'orphan' | (string & {})

/** The callback that an item came with. */
export interface ItemSource extends Teller {
  ctx: Context
  sender: Sender
  /** What the installation makes of replies. */
  rules: ReplyRules
}

export async function applyItem(tx: WriteTx, item: WebhookItem, source: ItemSource): Promise<ItemOutcome> {
  switch (item.kind) {
    case 'status':
      return applyTold(tx, item, source)
    case 'inbound':
      return applyInbound(tx, item, source)
    case 'preference':
      return applyPreference(tx, item, source)
    case 'numberChange':
      return applyNumberChange(tx, item, source)
    case 'template':
      await applyTemplate(tx, source.sender, item, source.now)
      return 'done'
    case 'ignored':
      return 'done'
    case 'unreadable':
      return item.why
  }
}

async function applyInbound(
  tx: WriteTx,
  item: Extract<WebhookItem, { kind: 'inbound' }>,
  source: ItemSource,
): Promise<ItemOutcome> {
  const { phone, text, buttonPayload, messageId } = item
  const answered = await findAnswered(tx, item.answersTo ?? null, source)
  const clues = { source, answered }
  const contact = await whoIs(tx, item, clues)
  if (contact === 'erased') return passOver(source)
  const writtenAt = instantOf(item.at, source)
  if (contact !== null)
    await noteInbound(tx, { contactId: contact.id, senderId: source.sender.id }, writtenAt, source.counts)
  const isTap = buttonPayload !== null
  const kind = isTap ? 'tap' : (item.content ?? 'text')
  const reading = isTap
    ? readTap(
        { title: text, payload: buttonPayload, isDeclared: await isDeclared(tx, buttonPayload, clues) },
        source.rules,
      )
    : readSent(kind, text ?? '', source.rules)
  const reply = {
    contact,
    userId: item.userId ?? phone,
    kind,
    text: text ?? '',
    payload: buttonPayload,
    reading,
    messageId: answered?.messageId ?? null,
    writtenAt,
    origin: messageId ?? ['inbound', phone ?? item.userId, item.at ?? source.source, buttonPayload, text].join(' '),
  } as const
  await takeReply(tx, reply, source)
  return 'done'
}

/** The campaign that asked says what its buttons mean. */
function isDeclared(tx: WriteTx, payload: string, { source, answered }: Clues): Promise<boolean> {
  return answered === undefined
    ? isDeclaredAt(tx, source.sender.id, payload)
    : isDeclaredBy(tx, answered.messageId, payload)
}

interface Answered {
  messageId: number
  contactId: number
}

/** Our message that a person answers. */
async function findAnswered(
  tx: WriteTx,
  trackingId: string | null,
  { sender: { account } }: ItemSource,
): Promise<Answered | undefined> {
  if (trackingId === null) return undefined
  return findMessageByTracking(tx, account, trackingId)
}

interface Clues {
  source: ItemSource
  /** A person who answers a message of ours is its recipient. */
  answered?: Answered | undefined
}

/** Whose word it is: by number, by the provider's id, by the message that is answered. Null when nobody knows. */
async function whoIs(
  tx: WriteTx,
  { phone, userId }: { phone: string | null; userId?: string },
  { source, answered }: Clues,
): Promise<Contact | 'erased' | null> {
  const parsed = phone === null ? undefined : parsePhone(phone, { isExisting: true }).phone
  const found =
    parsed === undefined
      ? await findByOtherClues(tx, userId, { source, answered })
      : ((await contactOf(source.ctx, tx, parsed)) ?? 'erased')
  if (found === undefined) return null
  if (found === 'erased' || found.erasedAt !== null) return 'erased'
  if (userId !== undefined) await learnUserId(tx, { contactId: found.id, userId }, source)
  return found
}

async function findByOtherClues(
  tx: WriteTx,
  userId: string | undefined,
  { source, answered }: Clues,
): Promise<Contact | undefined> {
  const known = userId === undefined ? undefined : await contactByUserId(source.ctx, tx, userId)
  return known ?? (answered === undefined ? undefined : findContact(tx, formatId('contact', answered.contactId)))
}

/** Nothing is sent to an erased person, and nothing that they write is kept. */
function passOver({ meetErased }: ItemSource): ItemOutcome {
  meetErased?.()
  return 'done'
}

/** Provider clocks more than a day away from ours are shown nowhere. */
function instantOf(at: number | null, { receivedAt }: ItemSource): number {
  return at === null || Math.abs(at - receivedAt) > DAY_MS ? receivedAt : at
}

async function applyPreference(
  tx: WriteTx,
  item: Extract<WebhookItem, { kind: 'preference' }>,
  source: ItemSource,
): Promise<ItemOutcome> {
  const { phone, wants, detail, at } = item
  const contact = await whoIs(tx, item, { source })
  if (contact === 'erased') return passOver(source)
  const reply = {
    contact,
    userId: item.userId ?? phone,
    kind: 'preference',
    text: detail === '' ? `${wants} marketing messages` : detail,
    payload: null,
    // WhatsApp's own "resume" lifts nothing here: lifting needs the person's word to us, or a person and evidence.
    reading: wants === 'stop' ? 'opt_out' : 'other',
    messageId: null,
    writtenAt: instantOf(at, source),
    origin: ['preference', phone ?? item.userId, wants, at ?? source.source].join(' '),
  } as const
  await takeReply(tx, reply, source)
  return 'done'
}

async function applyNumberChange(
  tx: WriteTx,
  item: Extract<WebhookItem, { kind: 'numberChange' }>,
  source: ItemSource,
): Promise<ItemOutcome> {
  const { phone, newPhone, userId, newUserId, at } = item
  const origin = item.messageId ?? ['number', phone, newPhone, userId, newUserId, at ?? source.source].join(' ')
  // Applied again, it would move the person who has the old number by now.
  if (await wasTaken(tx, origin, source)) return 'done'
  const changed = await changeNumber(source.ctx, tx, item, source)
  if (changed === 'erased') return passOver(source)
  if (changed === undefined) return 'done'
  const { contact, text } = changed
  const reply = {
    contact,
    userId: null,
    kind: 'number_change',
    text,
    payload: null,
    reading: 'other',
    messageId: null,
    writtenAt: instantOf(at, source),
    origin,
  } as const
  await takeReply(tx, reply, source)
  return 'done'
}
