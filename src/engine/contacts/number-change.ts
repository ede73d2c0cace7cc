// WhatsApp tells that a person has another number: the contact goes on under it, and what stopped messages to the old one
// stops them to the new one. Moved only where WhatsApp says so: the old number may soon belong to another person.
import { formatId } from '../../domain/ids.ts'
import { type Phone, parsePhone } from '../../domain/phone.ts'
import { zoneOfCountry } from '../../domain/time-zone.ts'
import { recordConsent } from '../../store/consents.ts'
import { type Contact, findContact } from '../../store/contacts.ts'
import type { CountChanges } from '../../store/counts.ts'
import type { Present, WriteTx } from '../../store/database.ts'
import { renumberContact } from '../../store/former-numbers.ts'
import { listOpenRunsOf } from '../../store/people.ts'
import { findSuppressions, suppress } from '../../store/suppressions.ts'
import { learnUserId } from '../../store/user-ids.ts'
import type { Context } from '../context.ts'
import { contactByUserId, isErased } from './known-contact.ts'

export interface NumberChange {
  /** The old number; null when it is not told. */
  phone: string | null
  newPhone: string | null
  userId: string | null
  newUserId: string | null
}

interface Changes {
  now: Present
  source: string
  counts: CountChanges
  runs: Set<number>
}

/** What happened, as it is kept with the person's replies; undefined when nothing is known of either number. */
export async function changeNumber(
  ctx: Context,
  tx: WriteTx,
  change: NumberChange,
  changes: Changes,
): Promise<{ contact: Contact; text: string } | 'erased' | undefined> {
  const from = change.phone === null ? undefined : parsePhone(change.phone, { isExisting: true }).phone
  const to = change.newPhone === null ? undefined : parsePhone(change.newPhone, { isExisting: true }).phone
  for (const phone of [from, to]) if (phone !== undefined && (await isErased(ctx, tx, phone.key))) return 'erased'
  const old = await findOld(ctx, tx, from, change.userId)
  if (old?.erasedAt != null) return 'erased'
  if (to !== undefined) await inheritSuppressions(tx, old?.key ?? from?.key, to, changes)
  const contact = await moveTo(tx, { old, to }, changes)
  if (contact === undefined) return undefined
  for (const userId of [change.userId, change.newUserId])
    if (userId !== null) await learnUserId(tx, { contactId: contact.id, userId }, changes)
  const before = old?.phone ?? from?.phone ?? 'another number'
  return { contact, text: to === undefined ? 'has another id at WhatsApp' : `${before} became ${to.phone}` }
}

async function findOld(
  ctx: Context,
  tx: WriteTx,
  from: Phone | undefined,
  userId: string | null,
): Promise<Contact | undefined> {
  const byPhone = from === undefined ? undefined : await findContact(tx, from.key)
  return byPhone ?? (userId === null ? undefined : contactByUserId(ctx, tx, userId))
}

/** What the person or an operator said goes along; that a number is not in use belongs to the number. */
async function inheritSuppressions(
  tx: WriteTx,
  fromKey: string | undefined,
  to: Phone,
  { now, counts, source }: Changes,
): Promise<void> {
  if (fromKey === undefined || fromKey === to.key) return
  for (const { scope, reason, evidence } of await findSuppressions(tx, fromKey))
    if (reason === 'opted_out' || reason === 'blocked')
      await suppress(
        tx,
        { key: to.key, scope, reason, evidence: `${evidence}; number changed (${source})` },
        now,
        counts,
      )
}

/** The contact under its new number: the old one renumbered, or the one that has the number already. */
async function moveTo(
  tx: WriteTx,
  { old, to }: { old: Contact | undefined; to: Phone | undefined },
  changes: Changes,
): Promise<Contact | undefined> {
  if (to === undefined) return old
  const known = await findContact(tx, to.key)
  if (known !== undefined) {
    if (old !== undefined && old.id !== known.id) await inheritConsent(tx, old, known, changes)
    for (const runId of await listOpenRunsOf(tx, known.id)) changes.runs.add(runId)
    return known
  }
  if (old === undefined) return undefined
  const zone = (to.country === undefined ? undefined : zoneOfCountry(to.country)) ?? null
  await renumberContact(
    tx,
    old,
    { ...to, zone: parsePhone(old.phone, { isExisting: true }).phone?.country === to.country ? old.zone : zone },
    changes.now,
  )
  return findContact(tx, formatId('contact', old.id))
}

/** A no of before holds; a yes fills what is not known. */
async function inheritConsent(tx: WriteTx, old: Contact, known: Contact, { now, source }: Changes): Promise<void> {
  const { consent } = old
  if (consent === null || consent === known.consent || (consent === 'granted' && known.consent !== null)) return
  await recordConsent(tx, known.id, {
    consent,
    evidence: `as ${old.phone}, before the number changed (${source})`,
    createdAt: now,
  })
}
