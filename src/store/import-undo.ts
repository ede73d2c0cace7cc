// What an import changed, remembered so that it can be taken back: memberships with everybody who named the person, and
// contacts as they were. Whom another import names too stays in the list.
import type { ReadTx, WriteTx } from './database.ts'
import { getImport, type ImportRow } from './imports.ts'
import { countMembersIn } from './lists.ts'

/** Removes a slice of them, remembering each. Returns how many went. */
export async function removeLeavers(tx: WriteTx, row: ImportRow, limit: number): Promise<number> {
  const leavers = await tx.all<{ contactId: number; importId: number | null; addedAt: number }>(
    `SELECT lm.contact_id AS contactId, lm.import_id AS importId, lm.added_at AS addedAt FROM list_members lm JOIN contacts c ON c.id = lm.contact_id
     WHERE lm.list_id = ? AND NOT EXISTS (SELECT 1 FROM staging.sorted s WHERE s.key = c.key) LIMIT ?`,
    [row.listId, limit],
  )
  const left: (readonly [number, number, string])[] = []
  for (const { contactId, ...membership } of leavers) {
    const namedBy = (await listNamers(tx, row.listId, contactId)).map(({ importId }) => importId)
    left.push([row.id, contactId, JSON.stringify({ ...membership, namedBy } satisfies Membership)])
    await forgetNamers(tx, contactId, namedBy)
  }
  await tx.runEach(`INSERT INTO import_changes (import_id, contact_id, kind, before) VALUES (?, ?, 'left', ?)`, left)
  await tx.runEach(
    `DELETE FROM list_members WHERE list_id = ? AND contact_id = ?`,
    leavers.map(({ contactId }) => [row.listId, contactId]),
  )
  await countMembersIn(tx, row.listId, -leavers.length)
  return leavers.length
}

/** A membership that replace mode removed. */
interface Membership {
  importId: number | null
  addedAt: number
  /** Other imports that named the person. */
  namedBy: number[]
}

/** The imports that stand and named a person who was in the list already, oldest first. */
async function listNamers(tx: ReadTx, listId: number, contactId: number): Promise<{ importId: number }[]> {
  return tx.all<{ importId: number }>(
    `SELECT n.import_id AS importId FROM import_changes n JOIN imports i ON i.id = n.import_id
     WHERE n.contact_id = ? AND n.kind = 'named' AND i.list_id = ? AND i.status = 'applied' ORDER BY n.import_id`,
    [contactId, listId],
  )
}

async function forgetNamers(tx: WriteTx, contactId: number, importIds: readonly number[]): Promise<void> {
  await tx.runEach(
    `DELETE FROM import_changes WHERE import_id = ? AND contact_id = ? AND kind = 'named'`,
    importIds.map((importId) => [importId, contactId]),
  )
}

/**
 * Takes a slice of the people whom an import brought out of the list, behind the mark. Whom another import names too stays
 * as one of that import. Returns the new mark; undefined at the end.
 */
export async function undoMembers(
  tx: WriteTx,
  row: ImportRow,
  { after, limit }: { after: number; limit: number },
): Promise<number | undefined> {
  const members = await tx.all<{ contactId: number }>(
    `SELECT contact_id AS contactId FROM list_members WHERE list_id = ? AND import_id = ? AND contact_id > ? ORDER BY contact_id LIMIT ?`,
    [row.listId, row.id, after, limit],
  )
  const stayed: [heir: number, listId: number, contactId: number][] = []
  const left: [listId: number, contactId: number][] = []
  for (const { contactId } of members) {
    const [heir] = await listNamers(tx, row.listId, contactId)
    if (heir === undefined) left.push([row.listId, contactId])
    else stayed.push([heir.importId, row.listId, contactId])
  }
  await tx.runEach(`DELETE FROM list_members WHERE list_id = ? AND contact_id = ?`, left)
  await countMembersIn(tx, row.listId, -left.length)
  await tx.runEach(`UPDATE list_members SET import_id = ? WHERE list_id = ? AND contact_id = ?`, stayed)
  for (const [heir, , contactId] of stayed) await forgetNamers(tx, contactId, [heir])
  await tx.run(`UPDATE imports SET stayed = stayed + ? WHERE id = ?`, [stayed.length, row.id])
  return members.at(-1)?.contactId
}

/** Takes back a slice of what else it changed. Contacts stay; one that was changed again since keeps that. */
export async function undoChanges(tx: WriteTx, row: ImportRow, limit: number): Promise<number> {
  const changes = await tx.all<{ contactId: number; kind: 'updated' | 'left' | 'named'; before: string }>(
    `SELECT contact_id AS contactId, kind, before FROM import_changes WHERE import_id = ? ORDER BY contact_id LIMIT ?`,
    [row.id, limit],
  )
  for (const { contactId, kind, before } of changes) {
    if (kind === 'updated') await undoUpdate(tx, row, contactId, JSON.parse(before) as Record<string, unknown>)
    if (kind === 'left') await undoLeaving(tx, row, contactId, JSON.parse(before) as Membership)
  }
  await tx.runEach(
    `DELETE FROM import_changes WHERE import_id = ? AND contact_id = ? AND kind = ?`,
    changes.map(({ contactId, kind }) => [row.id, contactId, kind]),
  )
  return changes.length
}

async function undoUpdate(
  tx: WriteTx,
  row: ImportRow,
  contactId: number,
  before: Record<string, unknown>,
): Promise<void> {
  await tx.run(
    `UPDATE contacts SET attributes = ?, zone = ?, consent = ?, updated_at = ? WHERE id = ? AND updated_at = ?`,
    [
      JSON.stringify(before.attributes),
      before.zone as string | null,
      before.consent as string | null,
      before.updatedAt as number,
      contactId,
      row.createdAt,
    ],
  )
}

/** Back into the list, as one of the imports that still stand; not when all of them were undone. */
async function undoLeaving(tx: WriteTx, row: ImportRow, contactId: number, before: Membership): Promise<void> {
  const { importId, addedAt, namedBy = [] } = before
  const standing: (number | null)[] = []
  for (const id of [importId, ...namedBy])
    if (id === null || (await getImport(tx, id)).status === 'applied') standing.push(id)
  const [owner, ...namers] = standing
  if (owner === undefined) return
  const isBack = await tx.run(
    `INSERT INTO list_members (list_id, contact_id, import_id, added_at) VALUES (?, ?, ?, ?) ON CONFLICT (list_id, contact_id) DO NOTHING`,
    [row.listId, contactId, owner, addedAt],
  )
  await countMembersIn(tx, row.listId, isBack)
  // A later import brought the person back: then all of them named a person who was there.
  await tx.runEach(
    `INSERT INTO import_changes (import_id, contact_id, kind, before) VALUES (?, ?, 'named', '{}') ON CONFLICT DO NOTHING`,
    (isBack === 1 ? namers : standing).filter((id) => id !== null).map((id) => [id, contactId]),
  )
}
