// Imports that were made: listed, shown, taken back.
import { AppError } from '../../domain/errors.ts'
import { findIdIn, formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import type { ReadTx, WriteTx } from '../../store/database.ts'
import { finishImport, getImport, type ImportRow, listImports, listRejects } from '../../store/imports.ts'
import { checkListIsFree, listNameOf } from '../../store/lists.ts'
import type { Context } from '../context.ts'
import { isNodeOver } from '../node-life.ts'
import { alone } from './apply-import.ts'
import { type TakeBackOptions, takeBack } from './take-back.ts'

export interface ImportView {
  id: string
  list: string
  fileName: string
  status: ImportRow['status']
  rows: number
  added: number
  updated: number
  unchanged: number
  duplicates: number
  suppressed: number
  rejected: number
  /** People who stayed in the list when it was undone: another import names them too. */
  stayed: number
  warnings: Record<string, number>
  /** People stored so far, while it is applying; else null. */
  progress: { done: number; total: number } | null
  createdAt: string
  appliedAt: string | null
  undoneAt: string | null
}

export async function viewImport(tx: ReadTx, row: ImportRow): Promise<ImportView> {
  return viewOf(row, await listNameOf(tx, row.listId))
}

function viewOf(row: ImportRow, list: string): ImportView {
  const { fileName, status, rows, added, updated, unchanged, duplicates, suppressed, rejected, stayed, warnings } = row
  return {
    id: formatId('import', row.id),
    list,
    fileName,
    status,
    rows,
    added,
    updated,
    unchanged,
    duplicates,
    suppressed,
    rejected,
    stayed,
    warnings,
    progress: status === 'applying' ? { done: row.appliedThrough, total: row.people } : null,
    createdAt: formatInstant(row.createdAt),
    appliedAt: row.appliedAt === null ? null : formatInstant(row.appliedAt),
    undoneAt: row.undoneAt === null ? null : formatInstant(row.undoneAt),
  }
}

export interface ImportQuery {
  /** Older than this one: the last id of the page before. */
  beforeId?: string | undefined
  limit: number
}

/** A page of imports, newest first; one more than `limit` when another page follows. */
export async function pageImports(ctx: Context, { beforeId, limit }: ImportQuery): Promise<ImportView[]> {
  const before = beforeId === undefined ? undefined : findIdIn('import', beforeId)
  const rows = await ctx.db.read((tx) => listImports(tx, { limit: limit + 1, before }))
  return rows.map((row) => viewOf(row, row.list))
}

export interface ShownImport extends ImportView {
  rejects: { line: number; column: string; code: string; detail: string }[]
  /** Lines of the first rows of each warning. */
  warningLines: Record<string, number[]>
}

/** Rejected lines shown with an import. */
const REJECTS_SHOWN = 20

export async function showImport(ctx: Context, id: string): Promise<ShownImport> {
  return ctx.db.read(async (tx) => {
    const row = await getImport(tx, id)
    const rejects = await listRejects(tx, row.id, 0, REJECTS_SHOWN)
    return {
      ...(await viewImport(tx, row)),
      warningLines: row.warningLines,
      rejects: rejects.map(({ line, column, code, detail }) => ({ line, column, code, detail })),
    }
  })
}

/**
 * Takes memberships and attributes back to what they were. Contacts, messages and caps stay as they are, and people whom
 * another import names too stay in the list.
 */
export async function undoImport(ctx: Context, id: string, options: TakeBackOptions = {}): Promise<ImportView> {
  const nodeId = await ctx.node.id()
  const before = await ctx.db.read((tx) => getImport(tx, id))
  const isAtWork = before.status === 'undoing' && before.nodeId !== nodeId && !(await isNodeOver(ctx, before.nodeId))
  if (isAtWork)
    throw new AppError('list.busy', `${formatId('import', before.id)} is being undone by another process of Herald`, {
      hint: 'Wait until it is done: herald imports list.',
    })
  const row = await ctx.db.write((tx) => orderUndo(tx, id, nodeId))
  if (row.status === 'undoing') await alone(ctx, row.id, () => takeBack(ctx, row, options))
  return ctx.db.read(async (tx) => viewImport(tx, await getImport(tx, id)))
}

/** The order is the status of the import: the next process finishes it. */
async function orderUndo(tx: WriteTx, idText: string, nodeId: number): Promise<ImportRow> {
  const found = await getImport(tx, idText)
  if (found.status === 'undone') return found
  if (found.status !== 'applied' && found.status !== 'undoing')
    throw new AppError('import.not_undoable', `${formatId('import', found.id)} is ${found.status} and cannot be undone`)
  if (found.status === 'applied')
    await checkListIsFree(tx, { id: found.listId, name: await listNameOf(tx, found.listId) })
  await finishImport(tx, found.id, { status: 'undoing', nodeId })
  return getImport(tx, found.id)
}
