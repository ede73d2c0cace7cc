// A file of rejected lines that comes back mended: what its columns meant, and where its lines were to go, when they were
// rejected. Its own columns are left out; the mode is never `replace`, because the file names only a few.
import { isCountry } from '../../domain/numbering-plan.ts'
import { listImportsWithRejects } from '../../store/imports.ts'
import type { Context } from '../context.ts'
import { type Column, isOwnColumn } from './columns.ts'
import type { LineReading } from './import-csv.ts'
import type { ImportRequest } from './import-request.ts'
import type { Inspection } from './inspection.ts'
import type { WatchedImports } from './watched-imports.ts'

export interface RejectsOrigin {
  fileName: string
  request: Partial<ImportRequest>
}

/** Imports looked at for the one whose lines they are. */
const IMPORTS_LOOKED_AT = 100

/** Undefined for a file that no import wrote, and when nobody knows the import any more. */
export async function findRejectsOrigin(
  ctx: Context,
  imports: WatchedImports,
  { userId, columns }: { userId: number; columns: Inspection['columns'] },
): Promise<RejectsOrigin | undefined> {
  const names = columns.map(({ name }) => name)
  if (!names.some(isOwnColumn)) return undefined
  const isLike = (others: readonly { name: string }[]) => originals(others.map(({ name }) => name)) === originals(names)
  const watched = imports.newestOf(userId, ({ request, result }) => {
    return request !== null && result !== null && result.rejected > 0 && isLike(result.columns)
  })
  if (watched?.request) return { fileName: watched.fileName, request: { ...watched.request, mode: 'upsert' } }
  const stored = await ctx.db.read((tx) => listImportsWithRejects(tx, IMPORTS_LOOKED_AT))
  const origin = stored.find(({ options }) => isLike((options as unknown as StoredReading).columns))
  return origin && { fileName: origin.fileName, request: requestOf(origin.list, origin.options) }
}

function originals(names: readonly string[]): string {
  return JSON.stringify(names.filter((name) => !isOwnColumn(name)))
}

type StoredReading = Partial<LineReading> & { columns: Column[] }

function requestOf(list: string, options: Record<string, unknown>): Partial<ImportRequest> {
  const { columns, onDuplicate, defaultCountry, dateOrder, dates, numbers, ...flags } = options as StoredReading
  return {
    list,
    mapping: Object.fromEntries(columns.map((column) => [column.name, targetOf(column)])),
    international: flags.isInternational ?? false,
    rejectLandline: flags.rejectLandline ?? false,
    groups: flags.isGroups ?? false,
    overwriteBlanks: flags.overwriteBlanks ?? false,
    strictColumns: flags.strictColumns ?? false,
    ...(onDuplicate && { onDuplicate }),
    ...(defaultCountry && isCountry(defaultCountry) && { defaultCountry }),
    ...(dateOrder && { dateOrder }),
    ...(dates && { dates }),
    ...(numbers && { numbers }),
  }
}

function targetOf({ field, isDate }: Column): string {
  return field === null ? '-' : isDate ? `${field}:date` : field
}
