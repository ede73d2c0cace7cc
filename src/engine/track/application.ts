// What an item of a callback changes: statuses, suppressions, sessions, templates. Applied twice, it comes to the same.

import { readTap, readText } from '../../domain/opt-out.ts'
import { parsePhone } from '../../domain/phone.ts'
import type { ReplyRules } from '../../domain/reply.ts'
import { DAY_MS } from '../../domain/time-zone.ts'
import type { WebhookItem } from '../../providers/provider.ts'
import { noteInbound } from '../../store/contact-senders.ts'
import type { WriteTx } from '../../store/database.ts'
import type { Sender } from '../../store/senders.ts'
import { applyTold, type Teller } from '../../store/told.ts'
import { contactOf } from '../contacts/known-contact.ts'
import type { Context } from '../context.ts'
import { takeReply } from '../replies/take-reply.ts'
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
  const parsed = parsePhone(phone)
  if (parsed.reject !== undefined) return `inbound message from ${parsed.reject.code}`
  const contact = await contactOf(source.ctx, tx, parsed.phone)
  if (contact === undefined) return passOver(source)
  const writtenAt = instantOf(item.at, source)
  await noteInbound(tx, { contactId: contact.id, senderId: source.sender.id }, writtenAt, source.counts)
  const isTap = buttonPayload !== null
  const reading = isTap
    ? readTap({ title: text, payload: buttonPayload, isDeclared: undefined }, source.rules)
    : readText(text ?? '', source.rules)
  const reply = {
    contact,
    kind: isTap ? 'tap' : 'text',
    text: text ?? '',
    payload: buttonPayload,
    reading,
    writtenAt,
    origin: messageId ?? ['inbound', phone, item.at ?? source.source, buttonPayload, text].join(' '),
  } as const
  await takeReply(tx, reply, source)
  return 'done'
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
  { phone, wants, detail, at }: Extract<WebhookItem, { kind: 'preference' }>,
  source: ItemSource,
): Promise<ItemOutcome> {
  const parsed = parsePhone(phone)
  if (parsed.reject !== undefined) return `preference of ${parsed.reject.code}`
  const contact = await contactOf(source.ctx, tx, parsed.phone)
  if (contact === undefined) return passOver(source)
  const reply = {
    contact,
    kind: 'preference',
    text: detail === '' ? `${wants} marketing messages` : detail,
    payload: null,
    // WhatsApp's own "resume" lifts nothing here: lifting needs the person's word to us, or a person and evidence.
    reading: wants === 'stop' ? 'opt_out' : 'other',
    writtenAt: instantOf(at, source),
    origin: ['preference', phone, wants, at ?? source.source].join(' '),
  } as const
  await takeReply(tx, reply, source)
  return 'done'
}
