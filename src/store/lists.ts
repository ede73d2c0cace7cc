// Lists: named sets of contacts. A list is busy while an import into it is being applied.
import { and, eq, gt, isNull } from 'drizzle-orm'
import { AppError } from '../domain/errors.ts'
import { findIdIn } from '../domain/ids.ts'
import { findNamed, plainName } from '../domain/name.ts'
import type { ReadTx, WriteTx } from './database.ts'
import { lists } from './schema.ts'

export type List = typeof lists.$inferSelect

/** By its name as it is spelled, by its id, or by its name in any spelling. */
export async function findList(tx: ReadTx, idOrName: string | number): Promise<List | undefined> {
  const id = typeof idOrName === 'number' ? idOrName : findIdIn('list', idOrName)
  const byName = typeof idOrName === 'string' ? await findStoredList(tx, idOrName) : undefined
  if (byName !== undefined) return byName
  if (id === undefined) return typeof idOrName === 'string' ? findListNamed(tx, idOrName) : undefined
  const [byId] = await tx.orm
    .select()
    .from(lists)
    .where(and(eq(lists.id, id), isNull(lists.deletedAt)))
  return byId
}

async function findStoredList(tx: ReadTx, name: string): Promise<List | undefined> {
  const [list] = await tx.orm
    .select()
    .from(lists)
    .where(and(eq(lists.name, name), isNull(lists.deletedAt)))
  return list
}

/** The list of a name in any spelling. */
export async function findListNamed(tx: ReadTx, name: string): Promise<List | undefined> {
  return findNamed(await tx.orm.select().from(lists).where(isNull(lists.deletedAt)).orderBy(lists.id), name)
}

export async function getList(tx: ReadTx, idOrName: string | number): Promise<List> {
  const list = await findList(tx, idOrName)
  if (list === undefined)
    throw new AppError('list.not_found', `there is no list "${String(idOrName).slice(0, 100)}"`, {
      hint: 'See herald lists list.',
    })
  return list
}

/** The list of a name, created if it doesn't exist. */
export async function ensureList(tx: WriteTx, name: string, now: number): Promise<List> {
  const known = await findListNamed(tx, name)
  if (known !== undefined) return known
  return getList(
    tx,
    await tx.insert(`INSERT INTO lists (name, fields, created_at) VALUES (?, '[]', ?)`, [plainName(name), now]),
  )
}

/** Notes attribute names that an import brought, in the order in which they came. */
export async function addListFields(tx: WriteTx, list: List, fields: readonly string[]): Promise<void> {
  const all = [...new Set([...list.fields, ...fields])]
  if (all.length > list.fields.length) await tx.orm.update(lists).set({ fields: all }).where(eq(lists.id, list.id))
}

/** By name, from behind one on. */
export async function listLists(
  tx: ReadTx,
  { after, limit }: { after?: string | undefined; limit?: number | undefined } = {},
): Promise<(List & { isBusy: boolean })[]> {
  const behind = after === undefined ? undefined : gt(lists.name, after)
  const query = tx.orm
    .select()
    .from(lists)
    .where(and(isNull(lists.deletedAt), behind))
    .orderBy(lists.name)
  const all = await (limit === undefined ? query : query.limit(limit))
  const found: (List & { isBusy: boolean })[] = []
  for (const list of all) found.push({ ...list, isBusy: await isListBusy(tx, list.id) })
  return found
}

/** Counts a slice of the members; undefined behind the last one. A long list is counted in turns. */
export async function countMembersSlice(
  tx: ReadTx,
  slice: { listId: number; after: number; limit: number },
): Promise<{ count: number; through: number } | undefined> {
  const row = await tx.get<{ count: number; through: number | null }>(
    `SELECT count(*) AS count, max(contact_id) AS through
     FROM (SELECT contact_id FROM list_members WHERE list_id = ? AND contact_id > ? ORDER BY contact_id LIMIT ?) s`,
    [slice.listId, slice.after, slice.limit],
  )
  return row?.through == null ? undefined : { count: row.count, through: row.through }
}

export async function countMembers(tx: ReadTx, listId: number): Promise<number> {
  const row = await tx.get<{ count: number }>('SELECT count(*) AS count FROM list_members WHERE list_id = ?', [listId])
  return row?.count ?? 0
}

export async function isListBusy(tx: ReadTx, listId: number): Promise<boolean> {
  const row = await tx.get(`SELECT 1 FROM imports WHERE list_id = ? AND status IN ('applying', 'undoing') LIMIT 1`, [
    listId,
  ])
  return row !== undefined
}

/** Refuses a list that is neither to be planned nor shown just now. */
export async function checkListIsFree(tx: ReadTx, list: Pick<List, 'id' | 'name'>): Promise<void> {
  if (await isListBusy(tx, list.id))
    throw new AppError('list.busy', `an import into the list "${list.name}" is being applied`, {
      hint: 'Wait until it is done: herald imports list.',
    })
}

/** Removes a list and its memberships, in slices; contacts stay. Returns how many memberships went. */
export async function deleteMembers(tx: WriteTx, listId: number, limit: number): Promise<number> {
  return tx.run(
    `DELETE FROM list_members WHERE list_id = ? AND contact_id IN (SELECT contact_id FROM list_members WHERE list_id = ? LIMIT ?)`,
    [listId, listId, limit],
  )
}

/** Removed lists whose memberships are still there. */
export async function listDeletedWithMembers(tx: ReadTx): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(
    `SELECT l.id FROM lists l WHERE l.deleted_at IS NOT NULL AND EXISTS (SELECT 1 FROM list_members m WHERE m.list_id = l.id) ORDER BY l.id`,
  )
  return rows.map(({ id }) => id)
}

/** The list is gone for everybody; its name can be used again. */
export async function markListDeleted(tx: WriteTx, list: List, now: number): Promise<void> {
  await tx.run(`UPDATE lists SET name = ?, fields = '[]', deleted_at = ? WHERE id = ?`, [
    `deleted:${list.id}:${list.name}`,
    now,
    list.id,
  ])
}

/** The name of a list, deleted ones included. */
export async function listNameOf(tx: ReadTx, id: number): Promise<string> {
  const row = await tx.get<{ name: string }>('SELECT name FROM lists WHERE id = ?', [id])
  return row?.name ?? ''
}
