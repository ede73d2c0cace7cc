// Lists: named sets of contacts. A list is busy while an import into it is being applied.
import { and, eq, gt, inArray, isNull, type SQL } from 'drizzle-orm'
import { AppError } from '../domain/errors.ts'
import { findNamed, plainName } from '../domain/name.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'
import { findByIdOrName } from './id-or-name.ts'
import { lockRows } from './locks.ts'
import { nameHint } from './near-name.ts'
import { type NameChoice, type Picked, pickNamed } from './picked.ts'
import { lists } from './schema.ts'

export type List = typeof lists.$inferSelect

export async function findList(tx: ReadTx, idOrName: string | number): Promise<List | undefined> {
  const findWhere = async (is: SQL) =>
    (
      await tx.orm
        .select()
        .from(lists)
        .where(and(is, isNull(lists.deletedAt)))
    )[0]
  return findByIdOrName('list', idOrName, {
    byId: (id) => findWhere(eq(lists.id, id)),
    bySpelling: (name) => findWhere(eq(lists.name, name)),
    byAnySpelling: (name) => findListNamed(tx, name),
  })
}

/** The list of a name in any spelling. */
export async function findListNamed(tx: ReadTx, name: string): Promise<List | undefined> {
  return findNamed(await tx.orm.select().from(lists).where(isNull(lists.deletedAt)).orderBy(lists.id), name)
}

export async function getList(tx: ReadTx, idOrName: string | number): Promise<List> {
  const list = await findList(tx, idOrName)
  if (list === undefined)
    throw new AppError('list.not_found', `there is no list "${String(idOrName).slice(0, 100)}"`, {
      hint: await nameHint(tx, 'list', idOrName),
    })
  return list
}

/** The list, of which nobody else begins an import, a plan or a removal before the transaction has committed. */
export async function lockList(tx: WriteTx, idOrName: string | number): Promise<List> {
  const { id } = await getList(tx, idOrName)
  await lockRows(tx, 'list', [id])
  return getList(tx, id)
}

/** The list of a name, created if it doesn't exist. */
export async function ensureList(tx: WriteTx, name: string, now: Present): Promise<List> {
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

/** By name, from behind one on; only those whose name holds a text, in any spelling, where one is given. */
export async function listLists(
  tx: ReadTx,
  { after, nameHolds, limit }: { after?: string | undefined; nameHolds?: string | undefined; limit: number },
): Promise<(List & { isBusy: boolean })[]> {
  if (nameHolds !== undefined) {
    const names = await tx.all<{ id: number; name: string }>(
      'SELECT id, name FROM lists WHERE deleted_at IS NULL AND name > ? ORDER BY name',
      [after ?? ''],
    )
    const { ids } = pickNamed(names, { names: [], nameHolds, limit })
    return withBusy(tx, await tx.orm.select().from(lists).where(inArray(lists.id, ids)).orderBy(lists.name))
  }
  const behind = after === undefined ? undefined : gt(lists.name, after)
  return withBusy(
    tx,
    await tx.orm
      .select()
      .from(lists)
      .where(and(isNull(lists.deletedAt), behind))
      .orderBy(lists.name)
      .limit(limit),
  )
}

/** Lists to choose from, by name. */
export async function findLists(tx: ReadTx, choice: NameChoice): Promise<Picked<List & { isBusy: boolean }>> {
  const names = await tx.all<{ id: number; name: string }>(
    'SELECT id, name FROM lists WHERE deleted_at IS NULL ORDER BY name',
  )
  const { ids, hasMore } = pickNamed(names, choice)
  if (ids.length === 0) return { found: [], hasMore }
  const found = await tx.orm.select().from(lists).where(inArray(lists.id, ids)).orderBy(lists.name)
  return { found: await withBusy(tx, found), hasMore }
}

async function withBusy(tx: ReadTx, found: readonly List[]): Promise<(List & { isBusy: boolean })[]> {
  const busy = await tx.all<{ id: number }>(
    `SELECT DISTINCT list_id AS id FROM imports
     WHERE list_id IN (SELECT value FROM ${tx.sql.numbers} n) AND status IN ('applying', 'undoing')`,
    [JSON.stringify(found.map(({ id }) => id))],
  )
  const ids = new Set(busy.map(({ id }) => id))
  return found.map((list) => ({ ...list, isBusy: ids.has(list.id) }))
}

/** People who came into a list, or left it where the number is negative. Every write of list_members calls this. */
export async function countMembersIn(tx: WriteTx, listId: number, change: number): Promise<void> {
  if (change !== 0) await tx.run('UPDATE lists SET members = members + ? WHERE id = ?', [change, listId])
}

/** Takes a person out of every list. */
export async function leaveAllLists(tx: WriteTx, contactId: number): Promise<void> {
  await tx.run(
    'UPDATE lists SET members = members - 1 WHERE id IN (SELECT list_id FROM list_members WHERE contact_id = ?)',
    [contactId],
  )
  await tx.run('DELETE FROM list_members WHERE contact_id = ?', [contactId])
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
  const removed = await tx.run(
    `DELETE FROM list_members WHERE list_id = ? AND contact_id IN (SELECT contact_id FROM list_members WHERE list_id = ? LIMIT ?)`,
    [listId, listId, limit],
  )
  await countMembersIn(tx, listId, -removed)
  return removed
}

/** Removed lists whose memberships are still there. */
export async function listDeletedWithMembers(tx: ReadTx): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(
    `SELECT l.id FROM lists l WHERE l.deleted_at IS NOT NULL AND EXISTS (SELECT 1 FROM list_members m WHERE m.list_id = l.id) ORDER BY l.id`,
  )
  return rows.map(({ id }) => id)
}

/** The list is gone for everybody; its name can be used again. */
export async function markListDeleted(tx: WriteTx, list: List, now: Present): Promise<void> {
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
