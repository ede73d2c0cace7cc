// Contacts as people see them: shown and exported.
import { AppError } from '../../domain/errors.ts'
import { findIdIn, formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import type { MessageStatus } from '../../domain/message-status.ts'
import type { SuppressionReason, SuppressionScope } from '../../domain/suppression.ts'
import { listConsents } from '../../store/consents.ts'
import { type Contact, findContact, listIdsOfContact, listsOfContact } from '../../store/contacts.ts'
import type { ReadTx } from '../../store/database.ts'
import { listFormerNumbers } from '../../store/former-numbers.ts'
import { listMessagesOf, type PersonMessage } from '../../store/people.ts'
import { listRepliesOf } from '../../store/replies.ts'
import { findSuppressions } from '../../store/suppressions.ts'
import { listUserIds } from '../../store/user-ids.ts'
import type { Context } from '../context.ts'
import { type ReplyView, viewReply } from '../replies/replies.ts'
import { versionOf } from '../version.ts'
import { sentTexts } from './sent-text.ts'
import { getTypedNumber } from './typed-number.ts'

export interface ContactView {
  id: string
  phone: string
  zone: string | null
  consent: 'granted' | 'denied' | null
  attributes: Record<string, string>
  /** Numbers that they had before. */
  formerPhones: string[]
  /** By which the provider knows them. */
  userIds: string[]
  lists: string[]
  suppressions: { scope: SuppressionScope; reason: SuppressionReason; evidence: string; since: string }[]
  /** What they said of being messaged, oldest first. */
  consents: { consent: 'granted' | 'denied'; evidence: string; at: string }[]
  /** What they wrote and tapped, newest first. */
  replies: ReplyView[]
  /** What was sent to them, newest first. */
  messages: ContactMessage[]
  /** Whether more was sent before these. */
  hasOlderMessages: boolean
  createdAt: string
  updatedAt: string
  /** Of what is edited by hand: fields and lists. */
  version: string
}

export interface ContactMessage {
  id: string
  campaignId: string
  campaign: string
  status: MessageStatus
  reason: string | null
  /** When it was or is due. */
  at: string
  acceptedAt: string | null
  deliveredAt: string | null
  readAt: string | null
  failedAt: string | null
  /** What it said, of the newest twenty; null for the others and where it is no longer known. */
  text: string | null
}

/** Messages and replies shown of one person; a copy of everything holds more. */
const SHOWN = 100
const COPIED = 100_000
/** Read at once, some ten milliseconds. */
const SLICE = 1_000

export interface ContactOptions {
  /** With everything that was sent and said, up to 100,000 of each. */
  isCopy?: boolean
  /** Only messages before this one: the id of the last one seen. */
  before?: string | undefined
}

/** Throws AppError contact.not_found. */
export async function showContact(
  ctx: Context,
  phoneOrId: string,
  { isCopy = false, before }: ContactOptions = {},
): Promise<ContactView> {
  const limit = isCopy ? COPIED : SHOWN
  const first = (before === undefined ? undefined : findIdIn('message', before)) ?? Number.MAX_SAFE_INTEGER
  const { id } = await ctx.db.read((tx) => getContactBy(ctx, tx, phoneOrId))
  const found = await inSlices(ctx, { limit: limit + 1, first }, (tx, slice) => listMessagesOf(tx, id, slice))
  const messages = found.slice(0, limit)
  const replies = await inSlices(ctx, { limit, first: Number.MAX_SAFE_INTEGER }, (tx, slice) =>
    listRepliesOf(tx, id, slice),
  )
  return ctx.db.read(async (tx) => {
    const contact = await getContactBy(ctx, tx, phoneOrId)
    const suppressions = await findSuppressions(tx, contact.key)
    const consents = await listConsents(tx, contact.id)
    const texts = await sentTexts(tx, messages)
    return {
      id: formatId('contact', contact.id),
      phone: contact.phone,
      zone: contact.zone,
      consent: contact.consent,
      attributes: contact.attributes,
      formerPhones: (await listFormerNumbers(tx, contact.id)).map(({ phone }) => phone),
      userIds: await listUserIds(tx, contact.id),
      lists: await listsOfContact(tx, contact.id),
      suppressions: suppressions.map(({ scope, reason, evidence, createdAt }) => ({
        scope,
        reason,
        evidence,
        since: formatInstant(createdAt),
      })),
      consents: consents.map(({ consent, evidence, createdAt }) => ({
        consent,
        evidence,
        at: formatInstant(createdAt),
      })),
      replies: replies.map(viewReply),
      messages: messages.map((message) => viewMessage(message, texts.get(message.id) ?? null)),
      hasOlderMessages: found.length > messages.length,
      createdAt: formatInstant(contact.createdAt),
      updatedAt: formatInstant(contact.updatedAt),
      version: await versionOfContact(tx, contact),
    }
  })
}

/** Of what people edit by hand. */
export async function versionOfContact(tx: ReadTx, contact: Contact): Promise<string> {
  return versionOf([contact.id, contact.attributes, await listIdsOfContact(tx, contact.id)])
}

/** Rows by falling id, in slices: a schedule sends a hundred thousand messages to one person in a year. */
async function inSlices<T extends { id: number }>(
  ctx: Context,
  { limit, first }: { limit: number; first: number },
  read: (tx: ReadTx, slice: { before: number; limit: number }) => Promise<T[]>,
): Promise<T[]> {
  const found: T[] = []
  for (let before = first; ; ) {
    const slice = { before, limit: Math.min(SLICE, limit - found.length) }
    const more = await ctx.db.read((tx) => read(tx, slice))
    found.push(...more)
    const last = more.at(-1)
    if (last === undefined || more.length < slice.limit || found.length === limit) return found
    before = last.id
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function viewMessage(message: PersonMessage, text: string | null): ContactMessage {
  const { id, campaignId, campaign, status, reason, dueAt } = message
  const instant = (at: number | null) => (at === null ? null : formatInstant(at))
  return {
    id: formatId('message', id),
    campaignId: formatId('campaign', campaignId),
    campaign,
    status,
    reason,
    at: formatInstant(dueAt),
    acceptedAt: instant(message.acceptedAt),
    deliveredAt: instant(message.deliveredAt),
    readAt: instant(message.readAt),
    failedAt: instant(message.failedAt),
    text,
  }
}

/** Throws AppError contact.not_found, also for who was erased. */
export async function getContactBy(ctx: Pick<Context, 'config'>, tx: ReadTx, phoneOrId: string): Promise<Contact> {
  const isId = phoneOrId.startsWith('con_')
  const contact = await findContact(tx, isId ? phoneOrId : getTypedNumber(ctx, phoneOrId, { isExisting: true }).key)
  if (contact === undefined || contact.erasedAt !== null)
    throw new AppError('contact.not_found', `there is no contact "${phoneOrId.slice(0, 40)}"`, {
      hint: 'Phones are written with +, groups as group:ID, ids as con_12.',
    })
  return contact
}
