// People of a selection with their lists and suppressions, in slices, as an export writes them.
import type { Suppression } from '../domain/suppression.ts'
import { audienceCondition, nextRange, type ResolvedAudience } from './audience.ts'
import type { Contact } from './contacts.ts'
import type { ReadTx } from './database.ts'

export interface ExportedPerson extends Pick<Contact, 'phone' | 'attributes' | 'zone' | 'consent'> {
  lists: string[]
  suppressions: Suppression[]
}

interface Slice {
  after: number
  limit: number
}

/** Undefined behind the last one; `through` is where the next slice begins. */
export async function exportSlice(
  tx: ReadTx,
  selection: ResolvedAudience,
  { after, limit }: Slice,
): Promise<{ through: number; people: ExportedPerson[] } | undefined> {
  const range = await nextRange(tx, selection, after, limit)
  if (range === undefined) return undefined
  const condition = audienceCondition(selection, { after, through: range.through }, tx.sql)
  const rows = await tx.all<Omit<ExportedPerson, 'attributes' | 'lists' | 'suppressions'> & ExportedRow>(
    `SELECT c.id, c.phone, c.attributes, c.zone, c.consent,
       (SELECT ${tx.sql.jsonList('l.name')} FROM list_members lm INDEXED BY list_members_contact CROSS JOIN lists l ON l.id = lm.list_id
        WHERE lm.contact_id = c.id) AS lists,
       (SELECT ${tx.sql.jsonList(tx.sql.json(tx.sql.jsonObject({ scope: 's.scope', reason: 's.reason' })))} FROM suppressions s WHERE s.key = c.key) AS suppressions
     FROM contacts c WHERE ${condition.sql} AND c.erased_at IS NULL ORDER BY c.id`,
    condition.params,
  )
  const people = rows.map((row) => ({
    ...row,
    attributes: JSON.parse(row.attributes) as Record<string, string>,
    lists: (JSON.parse(row.lists) as string[]).sort(),
    suppressions: JSON.parse(row.suppressions) as Suppression[],
  }))
  return { through: range.through, people }
}

interface ExportedRow {
  attributes: string
  lists: string
  suppressions: string
}

/** Names of the fields that people of a slice have; undefined behind the last one. */
export async function fieldsInSlice(
  tx: ReadTx,
  selection: ResolvedAudience,
  { after, limit }: Slice,
): Promise<{ through: number; fields: string[] } | undefined> {
  const range = await nextRange(tx, selection, after, limit)
  if (range === undefined) return undefined
  const condition = audienceCondition(selection, { after, through: range.through }, tx.sql)
  const rows = await tx.all<{ name: string }>(
    `SELECT DISTINCT f.key AS name FROM contacts c, ${tx.sql.jsonMembers('c.attributes')} f WHERE ${condition.sql} AND c.erased_at IS NULL`,
    condition.params,
  )
  return { through: range.through, fields: rows.map(({ name }) => name) }
}
