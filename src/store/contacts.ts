// Contacts: people by their canonical number.
import { eq } from 'drizzle-orm'
import { AppError } from '../domain/errors.ts'
import { findIdIn } from '../domain/ids.ts'
import { holdsTrace, type PersonTrace } from '../domain/person-trace.ts'
import type { Phone } from '../domain/phone.ts'
import { zoneOfCountry } from '../domain/time-zone.ts'
import { eraseConsents } from './consents.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'
import { eraseFormerNumbers } from './former-numbers.ts'
import { leaveAllLists } from './lists.ts'
import { lockRows } from './locks.ts'
import { eraseReplies } from './replies.ts'
import { contacts } from './schema.ts'
import { replaceUserIds } from './user-ids.ts'

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

/** What a number may be known by: its key, and where its person was erased the keyed hash of it. */
export interface PhoneKeys {
  phone: Phone
  keyHash: string
}

/**
 * The contact of a number, made without attributes when it is missing. Undefined when the person was erased: those who write
 * ask here, so that nothing brings them back.
 */
export async function upsertContact(
  tx: WriteTx,
  { phone, keyHash }: PhoneKeys,
  now: Present,
): Promise<Contact | undefined> {
  const known = await findContactByKey(tx, phone.key)
  if (known !== undefined) return known
  if ((await findErased(tx, keyHash)) !== undefined) return undefined
  const zone = phone.country === undefined ? null : (zoneOfCountry(phone.country) ?? null)
  await tx.run(
    `INSERT INTO contacts (key, phone, attributes, zone, created_at, updated_at) VALUES (?, ?, '{}', ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
    [phone.key, phone.phone, zone, now, now],
  )
  const contact = await findContactByKey(tx, phone.key)
  if (contact === undefined) throw new AppError('fault', 'a contact was not stored')
  return contact
}

/** What is left of an erased person, by the keyed hash of their number. */
export async function findErased(tx: ReadTx, keyHash: string): Promise<Contact | undefined> {
  return findContactByKey(tx, `${ERASED}${keyHash}`)
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
  /** All contacts without one. */
  listId?: number | undefined
  after: number
  /** Members that are looked at. */
  limit: number
  /** A pattern of LIKE, in which ASCII letters are large or small; lower case. */
  pattern: string
  /** Digits that a number may hold; empty for none. */
  digits: string
}

/** People of a slice whose attributes may hold a text, or whose number holds digits; `through` is the last one looked at, undefined behind all. */
export async function searchContactSlice(
  tx: ReadTx,
  { listId, after, limit, pattern, digits }: ContactSlice,
): Promise<{ contacts: Contact[]; through: number } | undefined> {
  const members =
    listId === undefined
      ? 'SELECT id AS contact_id FROM contacts WHERE id > ? ORDER BY id LIMIT ?'
      : 'SELECT contact_id FROM list_members WHERE list_id = ? AND contact_id > ? ORDER BY contact_id LIMIT ?'
  const params = [...(listId === undefined ? [] : [listId]), after, limit]
  const last = await tx.get<{ through: number | null }>(`SELECT max(contact_id) AS through FROM (${members}) s`, params)
  if (last?.through == null) return undefined
  const rows = await tx.all<Omit<Contact, 'attributes'> & { attributes: string }>(
    // CROSS, and the order of the members: in that of their ids SQLite reads every contact for each slice.
    `SELECT ${contactColumns} FROM (${members}) s CROSS JOIN contacts c ON c.id = s.contact_id
     WHERE c.erased_at IS NULL AND (c.attributes ${tx.sql.like} ? ESCAPE '!' OR (? <> '' AND c.key LIKE ?)) ORDER BY s.contact_id`,
    [...params, pattern, digits, `%${digits}%`],
  )
  return { contacts: rows.map(readRow), through: last.through }
}

/** Members of a short list whose number begins with digits, by number: each member is looked up, however many others begin so. */
export async function searchMembersByKey(
  tx: ReadTx,
  { listId, prefix, after, limit }: { listId: number; prefix: string; after: string; limit: number },
): Promise<Contact[]> {
  const rows = await tx.all<Omit<Contact, 'attributes'> & { attributes: string }>(
    // No digit comes behind a colon. The plus keeps SQLite from reading all numbers that begin so.
    `SELECT ${contactColumns} FROM list_members lm CROSS JOIN contacts c ON c.id = lm.contact_id
     WHERE lm.list_id = ? AND +c.key >= ? AND +c.key < ? AND +c.key > ? AND c.erased_at IS NULL ORDER BY +c.key LIMIT ?`,
    [listId, prefix, `${prefix}:`, after, limit],
  )
  return rows.map(readRow)
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
    `SELECT l.name FROM list_members lm INDEXED BY list_members_contact CROSS JOIN lists l ON l.id = lm.list_id
     WHERE lm.contact_id = ? ORDER BY l.name`,
    [contactId],
  )
  return rows.map((row) => row.name)
}

/** Lists that a contact is in. */
export async function listIdsOfContact(tx: ReadTx, contactId: number): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(
    'SELECT list_id AS id FROM list_members INDEXED BY list_members_contact WHERE contact_id = ? ORDER BY list_id',
    [contactId],
  )
  return rows.map(({ id }) => id)
}

/** The fields of a person, as they are from here on. */
export async function setAttributes(
  tx: WriteTx,
  contactId: number,
  attributes: Readonly<Record<string, string>>,
  now: Present,
): Promise<void> {
  await tx.run('UPDATE contacts SET attributes = ?, updated_at = ? WHERE id = ?', [
    JSON.stringify(attributes),
    now,
    contactId,
  ])
}

/** Begins the key of an erased contact; the keyed hash of its number follows. */
export const ERASED = 'erased:'

export async function listErasedHashes(tx: ReadTx): Promise<string[]> {
  const rows = await tx.all<{ key: string }>(`SELECT key FROM contacts WHERE erased_at IS NOT NULL`)
  return rows.map((row) => row.key.slice(ERASED.length))
}

export async function countErased(tx: ReadTx): Promise<number> {
  const row = await tx.get<{ count: number }>(`SELECT count(*) AS count FROM contacts WHERE erased_at IS NOT NULL`)
  return row?.count ?? 0
}

/** What is under way with a contact and would bring their data back after an erasure. */
export async function findWorkOn(tx: ReadTx, contactId: number): Promise<'import' | 'message' | undefined> {
  const open = await tx.get(`SELECT 1 FROM imports WHERE status IN ('applying', 'undoing')`)
  if (open !== undefined) return 'import'
  const sending = await tx.get(
    `SELECT 1 FROM runs r JOIN messages m ON m.run_id = r.id AND m.contact_id = ? WHERE m.status = 'sending'`,
    [contactId],
  )
  return sending === undefined ? undefined : 'message'
}

/** The person, whom nobody else claims for or changes before the transaction has committed. */
export async function lockContact(tx: WriteTx, id: number): Promise<void> {
  await lockRows(tx, 'contact', [id])
}

/**
 * Removes everything personal about a contact. The row stays, so that caps and counts stay true. Tracking ids go too:
 * those of WhatsApp hold the number.
 */
export async function eraseContact(tx: WriteTx, contact: Contact, keyHash: string, erasedAt: number): Promise<void> {
  await tx.run(
    `UPDATE contacts SET key = ?, phone = '', attributes = '{}', zone = NULL, consent = NULL, updated_at = ?, erased_at = ? WHERE id = ?`,
    [await freeErasedKey(tx, contact, keyHash), erasedAt, erasedAt, contact.id],
  )
  await leaveAllLists(tx, contact.id)
  await tx.run(`DELETE FROM import_changes WHERE contact_id = ?`, [contact.id])
  await tx.run(`DELETE FROM suppressions WHERE key = ?`, [contact.key])
  await eraseReplies(tx, contact.id)
  await eraseFormerNumbers(tx, contact.id)
  await replaceUserIds(tx, contact.id, [])
  await eraseConsents(tx, contact.id)
  const own = `(SELECT id FROM messages INDEXED BY messages_contact WHERE contact_id = ?)`
  await tx.run(`UPDATE messages SET variables = NULL, detail = NULL WHERE id IN ${own}`, [contact.id])
  await tx.run(`UPDATE attempts SET provider_text = NULL, tracking_id = NULL WHERE message_id IN ${own}`, [contact.id])
}

/** A person who came back into the database after an erasure and is erased again leaves two rows: keys differ. */
async function freeErasedKey(tx: ReadTx, { id }: Contact, keyHash: string): Promise<string> {
  return (await findErased(tx, keyHash)) === undefined ? `${ERASED}${keyHash}` : `${ERASED}${keyHash}:${id}`
}

/**
 * Removes stored callbacks that hold a trace, within a stretch of ids. Undefined behind the last one. One that is still
 * to be applied speaks of other people too: it is kept, without the trace.
 */
export async function eraseCallbacks(
  tx: WriteTx,
  { text }: PersonTrace,
  after: number,
  limit: number,
): Promise<{ through: number; erased: number } | undefined> {
  const last = await tx.get<{ id: number | null }>(
    `SELECT max(id) AS id FROM (SELECT id FROM webhook_events WHERE id > ? ORDER BY id LIMIT ?) s`,
    [after, limit],
  )
  if (last?.id == null) return undefined
  const holds = `id > ? AND id <= ? AND replace(body, ?, '') <> body`
  const isNew = 'next_try_at IS NOT NULL AND tries = 0'
  const erased = await tx.run(`DELETE FROM webhook_events WHERE ${holds} AND NOT (${isNew})`, [after, last.id, text])
  const blank = await tx.run(`UPDATE webhook_events SET body = replace(body, ?, ?) WHERE ${holds} AND ${isNew}`, [
    text,
    '0'.repeat(text.length),
    after,
    last.id,
    text,
  ])
  return { through: last.id, erased: erased + blank }
}

/** Where a walk through all rejected lines stands. */
export interface RejectPlace {
  importId: number
  line: number
}

/** Removes rejected lines that hold a trace, within the next lines. Undefined behind the last one. */
export async function eraseRejects(
  tx: WriteTx,
  trace: PersonTrace,
  after: RejectPlace,
  limit: number,
): Promise<{ through: RejectPlace; erased: number } | undefined> {
  const lines = await tx.all<RejectPlace & { cells: string; detail: string }>(
    `SELECT import_id AS importId, line, cells, detail FROM rejects WHERE (import_id, line) > (?, ?) ORDER BY import_id, line LIMIT ?`,
    [after.importId, after.line, limit],
  )
  const last = lines.at(-1)
  if (last === undefined) return undefined
  const found = lines.filter(({ cells, detail }) => holdsTrace(cells, trace) || holdsTrace(detail, trace))
  await tx.runEach(
    `DELETE FROM rejects WHERE import_id = ? AND line = ?`,
    found.map(({ importId, line }) => [importId, line]),
  )
  return { through: { importId: last.importId, line: last.line }, erased: found.length }
}

/** Forgets answers to requests that hold a trace; a request that is sent again is then served anew. */
export async function eraseAnswers(tx: WriteTx, { text }: PersonTrace): Promise<void> {
  await tx.run(`DELETE FROM idempotency_keys WHERE body IS NOT NULL AND replace(body, ?, '') <> body`, [text])
}
