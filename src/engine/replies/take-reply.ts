// What a person wrote or tapped: read, stored and obeyed, in the transaction that applies its callback.
// Reads the rules of the installation; writes replies, suppressions, consent. Safe to kill: the same callback again is the
// same reply, which is obeyed once.
import { hash } from 'node:crypto'
import type { ReplyReading } from '../../domain/opt-out.ts'
import type { ReplyKind, ReplyRules } from '../../domain/reply.ts'
import { recordConsent } from '../../store/consents.ts'
import type { Contact } from '../../store/contacts.ts'
import type { CountChanges } from '../../store/counts.ts'
import type { Present, WriteTx } from '../../store/database.ts'
import { closeRepliesOf, hasReply, insertReply, lastOptOutAt } from '../../store/replies.ts'
import { findSuppressions, liftOptOut } from '../../store/suppressions.ts'
import { optOut } from './opt-out.ts'

export interface TakenReply {
  /** Null when nobody knows whose it is. */
  contact: Contact | null
  /** The provider's id of the person, kept while nobody knows whose it is. */
  userId: string | null
  kind: ReplyKind
  text: string
  payload: string | null
  reading: ReplyReading
  /** Our message that it answers, where that is known. */
  messageId: number | null
  writtenAt: number
  /** The provider's name for it, or what else tells it from others. */
  origin: string
}

export interface ReplySource {
  sender: { id: number }
  rules: ReplyRules
  receivedAt: number
  /** By what it came, as it stands in evidence: `whe_12`. */
  source: string
  now: Present
  counts: CountChanges
  /** Collects the runs in which something may have ended. */
  runs: Set<number>
}

/** Longest text that is kept: WhatsApp takes no longer one. */
const TEXT_MAX = 4_096
const PAYLOAD_MAX = 1_000

export async function takeReply(tx: WriteTx, reply: TakenReply, source: ReplySource): Promise<void> {
  const { contact, reading } = reply
  const isNew = await insertReply(tx, {
    contactId: contact?.id ?? null,
    senderId: source.sender.id,
    receivedAt: source.receivedAt,
    writtenAt: reply.writtenAt,
    kind: reply.kind,
    text: reply.text.slice(0, TEXT_MAX),
    payload: reply.payload?.slice(0, PAYLOAD_MAX) ?? null,
    userId: contact === null ? reply.userId : null,
    messageId: reply.messageId,
    reading,
    isOpen: await needsSomebody(tx, reply),
    originSha256: hashOf(reply.origin),
  })
  if (isNew === undefined || contact === null) return
  if (reading === 'opt_out') await stopMarketing(tx, contact, { reply, source })
  if (reading === 'opt_in' && source.rules.onStart === 'lift') await lift(tx, contact, { reply, source })
}

/** Whether it was taken before: the same callback comes again, or is applied again. */
export async function wasTaken(tx: WriteTx, origin: string, { sender }: Pick<ReplySource, 'sender'>): Promise<boolean> {
  return hasReply(tx, { senderId: sender.id, originSha256: hashOf(origin) })
}

/** The ids of WhatsApp hold the number. */
function hashOf(origin: string): string {
  return hash('sha256', origin)
}

/** What may be an opt-out, unless the person gets no marketing anyway; and one of an unknown person. */
async function needsSomebody(tx: WriteTx, { contact, reading }: TakenReply): Promise<boolean> {
  if (contact === null) return reading === 'opt_out' || reading === 'probable_opt_out'
  return reading === 'probable_opt_out' && (await findSuppressions(tx, contact.key)).length === 0
}

interface Said {
  reply: TakenReply
  source: ReplySource
}

async function stopMarketing(tx: WriteTx, contact: Contact, { reply, source }: Said): Promise<void> {
  await closeRepliesOf(tx, contact.id)
  await optOut(tx, contact.id, evidenceOf(reply, source), source)
}

/** A START that was overtaken by a later STOP lifts nothing. */
async function lift(tx: WriteTx, contact: Contact, { reply, source }: Said): Promise<void> {
  const { writtenAt } = reply
  if (((await lastOptOutAt(tx, contact.id)) ?? 0) > writtenAt) return
  if (!(await liftOptOut(tx, contact.key))) return
  const evidence = evidenceOf(reply, source)
  await recordConsent(tx, contact.id, { consent: 'granted', evidence, createdAt: source.now })
}

const verbs: Record<ReplyKind, string> = {
  text: 'wrote',
  tap: 'tapped',
  image: 'wrote under a picture',
  video: 'wrote under a video',
  document: 'wrote under a file',
  audio: 'sent a recording',
  sticker: 'sent a sticker',
  reaction: 'reacted with',
  location: 'sent the place',
  contacts: 'sent the contact',
  order: 'wrote with an order',
  form: 'filled in',
  other: 'sent',
  preference: 'told WhatsApp',
  number_change: 'has another number',
}

function evidenceOf({ kind, text }: TakenReply, { source }: ReplySource): string {
  return `${verbs[kind]} "${text.slice(0, 100)}" (${source})`
}
