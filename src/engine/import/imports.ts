// Imports that were made: listed and shown. Taking one back loads what imports (undo-import.ts).
import { findIdIn, formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import type { ReadTx } from '../../store/database.ts'
import { getImport, type ImportRow, listImports, listRejects } from '../../store/imports.ts'
import { listNameOf } from '../../store/lists.ts'
import type { Context } from '../context.ts'

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
