// What an item of a callback changes: statuses, suppressions, sessions, templates. Applied twice, it comes to the same.

import { readTap, readText } from '../../domain/opt-out.ts'
import { parsePhone } from '../../domain/phone.ts'
import { DAY_MS } from '../../domain/time-zone.ts'
import type { WebhookItem } from '../../providers/provider.ts'
import { noteInbound } from '../../store/contact-senders.ts'
import type { WriteTx } from '../../store/database.ts'
import { listOpenRunsOf } from '../../store/people.ts'
import type { Sender } from '../../store/senders.ts'
import { suppress } from '../../store/suppressions.ts'
import { applyTold, type Teller } from '../../store/told.ts'
import { contactOf } from '../contacts/known-contact.ts'
import type { Context } from '../context.ts'
import { applyTemplate } from './apply-template.ts'

export type ItemOutcome = 'done' | 'orphan' | (string & {})

/** The callback that an item came with. */
export interface ItemSource extends Teller {
  ctx: Context
  sender: Sender
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
  { phone, at, text, buttonPayload }: Extract<WebhookItem, { kind: 'inbound' }>,
  source: ItemSource,
): Promise<ItemOutcome> {
  const parsed = parsePhone(phone)
  if (parsed.reject !== undefined) return `inbound message from ${parsed.reject.code}`
  const contact = await contactOf(source.ctx, tx, parsed.phone)
  if (contact === undefined) return passOver(source)
  const pair = { contactId: contact.id, senderId: source.sender.id }
  await noteInbound(tx, pair, instantOf(at, source), source.counts)
  const reading =
    buttonPayload === null
      ? readText(text ?? '')
      : readTap({ title: text, payload: buttonPayload, isDeclared: undefined })
  if (reading === 'opt_out') await stopMarketing(tx, contact.id, `wrote "${(text ?? '').slice(0, 60)}"`, source)
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
  { phone, wants, detail }: Extract<WebhookItem, { kind: 'preference' }>,
  source: ItemSource,
): Promise<ItemOutcome> {
  // WhatsApp's own "resume" lifts nothing here: lifting needs a person and evidence.
  if (wants !== 'stop') return 'done'
  const parsed = parsePhone(phone)
  if (parsed.reject !== undefined) return `preference of ${parsed.reject.code}`
  const contact = await contactOf(source.ctx, tx, parsed.phone)
  if (contact === undefined) return passOver(source)
  await stopMarketing(tx, contact.id, `stopped marketing in WhatsApp: ${detail.slice(0, 100)}`, source)
  return 'done'
}

async function stopMarketing(tx: WriteTx, contactId: number, why: string, source: ItemSource): Promise<void> {
  const evidence = `${why} (${source.source})`
  await suppress(tx, { contactId, scope: 'marketing', reason: 'opted_out', evidence }, source.now, source.counts)
  for (const runId of await listOpenRunsOf(tx, contactId)) source.runs.add(runId)
}
