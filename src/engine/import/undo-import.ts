// Taking an import back: an order that the next process finishes where this one ends.
// Reads the import; writes its status, then memberships and fields in slices. Safe to kill: the status is the order.
import { AppError } from '../../domain/errors.ts'
import { formatId } from '../../domain/ids.ts'
import type { WriteTx } from '../../store/database.ts'
import { finishImport, getImport, type ImportRow, lockImport } from '../../store/imports.ts'
import { checkListIsFree, listNameOf, lockList } from '../../store/lists.ts'
import type { Context } from '../context.ts'
import { isNodeOver } from '../node-life.ts'
import { alone } from './apply-import.ts'
import { type ImportView, viewImport } from './imports.ts'
import { type TakeBackOptions, takeBack } from './take-back.ts'

/**
 * Takes memberships and attributes back to what they were. Contacts, messages and caps stay as they are, and people whom
 * another import names too stay in the list.
 */
export async function undoImport(ctx: Context, id: string, options: TakeBackOptions = {}): Promise<ImportView> {
  const nodeId = await ctx.node.id()
  const before = await ctx.db.read((tx) => getImport(tx, id))
  const isAtWork = before.status === 'undoing' && before.nodeId !== nodeId && !(await isNodeOver(ctx, before.nodeId))
  if (isAtWork) throw undoneElsewhere(before)
  const row = await ctx.db.write((tx) => orderUndo(tx, before, nodeId))
  if (row.status === 'undoing') await alone(ctx, row.id, () => takeBack(ctx, row, options))
  return ctx.db.read(async (tx) => viewImport(tx, await getImport(tx, id)))
}

/** The order is the status of the import: the next process finishes it. */
async function orderUndo(tx: WriteTx, before: ImportRow, nodeId: number): Promise<ImportRow> {
  await lockList(tx, before.listId)
  await lockImport(tx, before.id)
  const found = await getImport(tx, before.id)
  if (found.status === 'undone') return found
  // Another process ordered it, or went on with it, after it was looked at.
  if (found.status === 'undoing' && found.nodeId !== before.nodeId && found.nodeId !== nodeId)
    throw undoneElsewhere(found)
  if (found.status !== 'applied' && found.status !== 'undoing')
    throw new AppError('import.not_undoable', `${formatId('import', found.id)} is ${found.status} and cannot be undone`)
  if (found.status === 'applied')
    await checkListIsFree(tx, { id: found.listId, name: await listNameOf(tx, found.listId) })
  await finishImport(tx, found.id, { status: 'undoing', nodeId })
  return getImport(tx, found.id)
}

function undoneElsewhere({ id }: ImportRow): AppError {
  return new AppError('list.busy', `${formatId('import', id)} is being undone by another process of Herald`, {
    hint: 'Wait until it is done: herald imports list.',
  })
}
