// The file of rejected lines: original cells with line, code and hint, to be mended and imported alone.
import { existsSync } from 'node:fs'
import { basename, extname } from 'node:path'
import type { RejectCode } from '../../domain/errors.ts'
import { rejectHint } from '../../domain/phone.ts'
import { getImport, listRejects } from '../../store/imports.ts'
import type { Context } from '../context.ts'
import { CsvFile } from '../csv-file.ts'
import type { FileFacts } from './inspect-file.ts'

/** Columns that a rejects file has beside the original ones; an import leaves them out. */
export const rejectColumns = ['herald_line', 'herald_code', 'herald_hint'] as const

/** The original cells with line, code and hint; a line with other fields than the header is filled up or kept long. */
export function rejectCells(
  reject: { line: number; code: string; detail: string; cells: string[] },
  columns: number,
): (string | number)[] {
  const cells = [...reject.cells.slice(0, columns)]
  while (cells.length < columns) cells.push('')
  const hint = rejectHint(reject.code as RejectCode)
  return [...cells, reject.line, reject.code, `${reject.detail}. ${hint}`]
}

/** contacts.csv → contacts.rejects.csv, contacts.rejects-2.csv … beside it. */
export function freeName(path: string, fileName: string): string {
  const isPiped = basename(path) !== fileName
  const base = isPiped ? basename(fileName, extname(fileName)) : path.slice(0, path.length - extname(path).length)
  for (let n = 1; ; n++) {
    const name = `${base}.rejects${n === 1 ? '' : `-${n}`}.csv`
    if (!existsSync(name)) return name
  }
}

/** The rejected lines of an applied import as a file that can be mended and imported alone. */
export async function writeRejectsFile(
  ctx: Context,
  idText: string,
  path: string,
  isForced: boolean,
): Promise<{ path: string; rejected: number }> {
  const row = await ctx.db.read((tx) => getImport(tx, idText))
  const { columns } = row.options as { columns: FileFacts['columns'] }
  await using target = await CsvFile.create(path, { isForced })
  await target.add([...columns.map((column) => column.name), ...rejectColumns])
  let rejected = 0
  for (let line = 0; ; ) {
    const rejects = await ctx.db.read((tx) => listRejects(tx, row.id, line, 1000))
    if (rejects.length === 0) break
    for (const reject of rejects) await target.add(rejectCells(reject, columns.length))
    rejected += rejects.length
    line = rejects.at(-1)?.line ?? line
  }
  await target.finish()
  return { path, rejected }
}
