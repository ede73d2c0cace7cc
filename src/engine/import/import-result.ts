// What an import answers: the buckets its lines fell into, what was recognised in the file, and why it was refused.
import { AppError } from '../../domain/errors.ts'
import type { ImportRow } from '../../store/imports.ts'
import type { FileFacts } from './inspect-file.ts'
import type { Staged } from './stage-csv.ts'

export interface ImportResult {
  importId: string | null
  list: string
  rows: number
  added: number
  updated: number
  unchanged: number
  duplicates: number
  suppressed: number
  rejected: number
  rejectsFile: string | null
  encoding: string
  delimiter: string
  columns: { name: string; field: string | null }[]
  warnings: Record<string, number>
  notes: string[]
  alreadyImported?: true
  /** When the same file was imported before. */
  importedAt?: string
  dryRun?: true
}

/** The same file was applied before: its buckets, with nothing added. */
export function alreadyImported(known: ImportRow, file: FileFacts, list: string): ImportResult {
  return {
    ...emptyResult(file, list),
    importId: `imp_${known.id}`,
    rows: known.rows,
    unchanged: known.added + known.updated + known.unchanged,
    duplicates: known.duplicates,
    suppressed: known.suppressed,
    rejected: known.rejected,
    alreadyImported: true,
    importedAt: new Date(known.appliedAt ?? known.createdAt).toISOString(),
  }
}

export function emptyResult(file: FileFacts, list: string): ImportResult {
  return {
    importId: null,
    list,
    rows: 0,
    added: 0,
    updated: 0,
    unchanged: 0,
    duplicates: 0,
    suppressed: 0,
    rejected: 0,
    rejectsFile: null,
    encoding: file.encoding,
    delimiter: file.delimiter,
    columns: file.columns.map(({ name, field }) => ({ name, field })),
    warnings: {},
    notes: file.notes,
  }
}

export function tooManyRejects(result: ImportResult, staged: Staged): AppError {
  const share = Math.round((staged.rejected / staged.rows) * 100)
  const [first] = staged.examples
  return new AppError(
    'csv.too_many_rejects',
    `${staged.rejected} of ${staged.rows} lines (${share} %) are rejected, first line ${first?.line}: ${first?.code}; nothing was imported`,
    {
      hint: 'Mend the file, or import the good lines with --force.',
      details: {
        ...result,
        examples: staged.examples.map(({ line, column, code, detail }) => ({ line, column, code, detail })),
      },
    },
  )
}
