// Who is in a list, changed by hand: each change counts itself. Imports write theirs in their own statements.
import type { Present, WriteTx } from './database.ts'
import { countMembersIn } from './lists.ts'

/** Returns how many were not in the list before. */
export async function addMembers(
  tx: WriteTx,
  listId: number,
  contactIds: readonly number[],
  now: Present,
): Promise<number> {
  const added = await tx.run(
    `INSERT INTO list_members (list_id, contact_id, added_at)
     SELECT ?, value, ? FROM ${tx.sql.numbers} n WHERE EXISTS (SELECT 1 FROM contacts c WHERE c.id = value AND c.erased_at IS NULL)
     ON CONFLICT (list_id, contact_id) DO NOTHING`,
    [listId, now, JSON.stringify([...new Set(contactIds)])],
  )
  await countMembersIn(tx, listId, added)
  return added
}

/** Returns whether they were in it. */
export async function removeMember(tx: WriteTx, listId: number, contactId: number): Promise<boolean> {
  const removed = await tx.run('DELETE FROM list_members WHERE list_id = ? AND contact_id = ?', [listId, contactId])
  await countMembersIn(tx, listId, -removed)
  return removed > 0
}
