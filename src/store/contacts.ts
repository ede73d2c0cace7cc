// Contacts: people by their canonical number.
import { eq } from 'drizzle-orm'
import { AppError } from '../domain/errors.ts'
import { findIdIn } from '../domain/ids.ts'
import type { Phone } from '../domain/phone.ts'
import { zoneOfCountry } from '../domain/time-zone.ts'
import type { ReadTx, WriteTx } from './database.ts'
import { contacts } from './schema.ts'

export type Contact = typeof contacts.$inferSelect

async function findContactByKey(tx: ReadTx, key: string): Promise<Contact | undefined> {
  const [contact] = await tx.orm.select().from(contacts).where(eq(contacts.key, key))
  return contact
}

/** By id (`con_12`) or by a key that was made from a phone. */
export async function findContact(tx: ReadTx, idOrKey: string): Promise<Contact | undefined> {
  const byKey = await findContactByKey(tx, idOrKey)
  const id = idOrKey.startsWith('con_') ? findIdIn('contact', idOrKey) : undefined
  if (byKey !== undefined || id === undefined) return byKey
  const [byId] = await tx.orm.select().from(contacts).where(eq(contacts.id, id))
  return byId
}

/** The contact of a number, made without attributes when it is missing. */
export async function upsertContact(tx: WriteTx, phone: Phone, now: number): Promise<Contact> {
  const zone = phone.country === undefined ? null : (zoneOfCountry(phone.country) ?? null)
  await tx.run(
    `INSERT INTO contacts (key, phone, attributes, zone, created_at, updated_at) VALUES (?, ?, '{}', ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
    [phone.key, phone.phone, zone, now, now],
  )
  const contact = await findContactByKey(tx, phone.key)
  if (contact === undefined) throw new AppError('fault', 'a contact was not stored')
  return contact
}

const contactColumns = `c.id, c.key, c.phone, c.attributes, c.zone, c.consent, c.created_at AS createdAt,
  c.updated_at AS updatedAt, c.erased_at AS erasedAt`

export interface ContactPage {
  limit: number
  after: number
  listId?: number
}

export async function listContacts(tx: ReadTx, { limit, after, listId }: ContactPage): Promise<Contact[]> {
  const rows = await tx.all<Omit<Contact, 'attributes'> & { attributes: string }>(
    `SELECT ${contactColumns}
     FROM ${listId === undefined ? 'contacts c' : 'list_members lm JOIN contacts c ON c.id = lm.contact_id'}
     WHERE ${listId === undefined ? 'c.id > ?' : 'lm.list_id = ? AND lm.contact_id > ?'} AND c.erased_at IS NULL
     ORDER BY ${listId === undefined ? 'c.id' : 'lm.contact_id'} LIMIT ?`,
    [...(listId === undefined ? [] : [listId]), after, limit],
  )
  return rows.map(readRow)
}

export interface ContactSlice {
  listId: number
  after: number
  /** Members that are looked at. */
  limit: number
  /** A pattern of LIKE for the attributes, lower case. */
  pattern: string
}

/** Members of a slice whose attributes may hold a text; `through` is the last one looked at, undefined behind all. */
export async function searchContactSlice(
  tx: ReadTx,
  { listId, after, limit, pattern }: ContactSlice,
): Promise<{ contacts: Contact[]; through: number } | undefined> {
  const members = `SELECT contact_id FROM list_members WHERE list_id = ? AND contact_id > ? ORDER BY contact_id LIMIT ?`
  const params = [listId, after, limit]
  const last = await tx.get<{ through: number | null }>(`SELECT max(contact_id) AS through FROM (${members}) s`, params)
  if (last?.through == null) return undefined
  const rows = await tx.all<Omit<Contact, 'attributes'> & { attributes: string }>(
    `SELECT ${contactColumns} FROM (${members}) s JOIN contacts c ON c.id = s.contact_id
     WHERE c.erased_at IS NULL AND lower(c.attributes) LIKE ? ESCAPE '!' ORDER BY c.id`,
    [...params, pattern],
  )
  return { contacts: rows.map(readRow), through: last.through }
}

/**
 * Of the people whose number begins with digits, by number, those of a slice who are members; `through` is the last one
 * looked at, undefined behind all. Asked for as a join, a list of millions is read and sorted for each page of 20.
 */
export async function searchKeySlice(
  tx: ReadTx,
  { listId, prefix, after, limit }: { listId: number; prefix: string; after: string; limit: number },
): Promise<{ contacts: Contact[]; through: string } | undefined> {
  // No digit comes behind a colon.
  const people = `SELECT * FROM contacts WHERE key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?`
  const params = [prefix, `${prefix}:`, after, limit]
  const last = await tx.get<{ through: string | null }>(`SELECT max(key) AS through FROM (${people}) s`, params)
  if (last?.through == null) return undefined
  const rows = await tx.all<Omit<Contact, 'attributes'> & { attributes: string }>(
    `SELECT ${contactColumns} FROM (${people}) c WHERE c.erased_at IS NULL
     AND EXISTS (SELECT 1 FROM list_members lm WHERE lm.list_id = ? AND lm.contact_id = c.id) ORDER BY c.key`,
    [...params, listId],
  )
  return { contacts: rows.map(readRow), through: last.through }
}

function readRow(row: Omit<Contact, 'attributes'> & { attributes: string }): Contact {
  return { ...row, attributes: JSON.parse(row.attributes) as Record<string, string> }
}

/** Names of the lists that a contact is in. */
export async function listsOfContact(tx: ReadTx, contactId: number): Promise<string[]> {
  const rows = await tx.all<{ name: string }>(
    `SELECT l.name FROM list_members lm JOIN lists l ON l.id = lm.list_id WHERE lm.contact_id = ? ORDER BY l.name`,
    [contactId],
  )
  return rows.map((row) => row.name)
}

/** Begins the key of an erased contact; the keyed hash of its number follows. */
const ERASED = 'erased:'

export async function listErasedHashes(tx: ReadTx): Promise<string[]> {
  const rows = await tx.all<{ key: string }>(`SELECT key FROM contacts WHERE erased_at IS NOT NULL`)
  return rows.map((row) => row.key.slice(ERASED.length))
}

/** Removes everything personal about a contact. The row stays, so that caps and counts stay true. */
export async function eraseContact(tx: WriteTx, contact: Contact, keyHash: string, now: number): Promise<void> {
  await tx.run(
    `UPDATE contacts SET key = ?, phone = '', attributes = '{}', zone = NULL, consent = NULL, updated_at = ?, erased_at = ? WHERE id = ?`,
    [`${ERASED}${keyHash}`, now, now, contact.id],
  )
  await tx.run(`DELETE FROM list_members WHERE contact_id = ?`, [contact.id])
  await tx.run(`DELETE FROM import_changes WHERE contact_id = ?`, [contact.id])
  await tx.run(`DELETE FROM suppressions WHERE key = ?`, [contact.key])
  const own = `(SELECT m.id FROM runs r JOIN messages m ON m.run_id = r.id AND m.contact_id = ?)`
  await tx.run(`UPDATE messages SET variables = NULL, detail = NULL WHERE id IN ${own}`, [contact.id])
  await tx.run(`UPDATE attempts SET provider_text = NULL WHERE message_id IN ${own}`, [contact.id])
}

/** Removes stored callbacks that hold a number, within a stretch of ids. Undefined behind the last one. */
export async function eraseCallbacks(
  tx: WriteTx,
  digits: string,
  after: number,
  limit: number,
): Promise<{ through: number; erased: number } | undefined> {
  const last = await tx.get<{ id: number | null }>(
    `SELECT max(id) AS id FROM (SELECT id FROM webhook_events WHERE id > ? ORDER BY id LIMIT ?) s`,
    [after, limit],
  )
  if (last?.id == null) return undefined
  const erased = await tx.run(`DELETE FROM webhook_events WHERE id > ? AND id <= ? AND replace(body, ?, '') <> body`, [
    after,
    last.id,
    digits,
  ])
  return { through: last.id, erased }
}

/** Removes rejected lines that hold a number, however its digits are spaced. */
export async function eraseRejects(tx: WriteTx, digits: string): Promise<number> {
  const bare = `replace(replace(replace(replace(cells, ' ', ''), '-', ''), '(', ''), ')', '')`
  return tx.run(`DELETE FROM rejects WHERE replace(${bare}, ?, '') <> ${bare}`, [digits])
}
