// Numbers that people had before: the contact goes on under the new one, and late callbacks name the old.
import type { Phone } from '../domain/phone.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'

export interface FormerNumber {
  key: string
  phone: string
}

/** The contact has another number from here on; what it was sent, its lists and its consent stay. */
export async function renumberContact(
  tx: WriteTx,
  contact: { id: number; key: string; phone: string },
  to: Pick<Phone, 'key' | 'phone'> & { zone: string | null },
  now: Present,
): Promise<void> {
  await tx.run(
    `INSERT INTO former_numbers (contact_id, key, phone, changed_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (contact_id, key) DO UPDATE SET phone = excluded.phone, changed_at = excluded.changed_at`,
    [contact.id, contact.key, contact.phone, now],
  )
  await tx.run(`UPDATE contacts SET key = ?, phone = ?, zone = ?, updated_at = ? WHERE id = ?`, [
    to.key,
    to.phone,
    to.zone,
    now,
    contact.id,
  ])
}

export async function listFormerNumbers(tx: ReadTx, contactId: number): Promise<FormerNumber[]> {
  return tx.all<FormerNumber>(`SELECT key, phone FROM former_numbers WHERE contact_id = ? ORDER BY changed_at`, [
    contactId,
  ])
}

/** The number of the person who had this one last; undefined when nobody had it or the person was erased. */
export async function findNumberOfToday(tx: ReadTx, key: string): Promise<string | undefined> {
  const found = await tx.get<{ phone: string }>(
    `SELECT c.phone FROM former_numbers f JOIN contacts c ON c.id = f.contact_id
     WHERE f.key = ? AND c.erased_at IS NULL ORDER BY f.changed_at DESC LIMIT 1`,
    [key],
  )
  return found?.phone
}

/** Also what was stopped for them, unless another person has the number since. */
export async function eraseFormerNumbers(tx: WriteTx, contactId: number): Promise<void> {
  await tx.run(
    `DELETE FROM suppressions WHERE key IN (SELECT key FROM former_numbers WHERE contact_id = ?)
     AND NOT EXISTS (SELECT 1 FROM contacts c WHERE c.key = suppressions.key)`,
    [contactId],
  )
  await tx.run(`DELETE FROM former_numbers WHERE contact_id = ?`, [contactId])
}
