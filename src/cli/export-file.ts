// Tables that commands write: as CSV to standard output or to a file, as a workbook to a file that is named so.
import { rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { CsvFile, csvLine, openNewFile } from '../runtime/csv-file.ts'
import type { ExportTable } from '../runtime/download.ts'
import { writeOut } from './output.ts'

/** What `-o` says of itself. */
export const outputHelp = 'file instead of standard output; a name that ends in .xlsx makes a workbook'

export interface TableTarget {
  /** Standard output without it. */
  path?: string | undefined
  isForced?: boolean | undefined
  /** Cells as they are, for programs. */
  isRaw?: boolean | undefined
  /** By the name of the file where it is not said. */
  isWorkbook?: boolean | undefined
}

/** Returns how many lines were written, the header apart. Throws AppError file.*. */
export async function writeTable(table: ExportTable, target: TableTarget): Promise<number> {
  const { path, isForced = false, isRaw = false, isWorkbook = /\.xlsx$/i.test(path ?? '') } = target
  if (path === undefined) return writeLines(table, (cells) => writeOut(csvLine(cells, isRaw)))
  await using file = isWorkbook ? await openWorkbook(path, isForced) : await CsvFile.create(path, { isForced, isRaw })
  const lines = await writeLines(table, (cells) => file.add(cells))
  await file.finish()
  return lines
}

/** What writes workbooks is loaded only when one is wanted. */
async function openWorkbook(path: string, isForced: boolean) {
  const { XlsxFile } = await import('../runtime/xlsx-file.ts')
  return XlsxFile.create(path, isForced)
}

async function writeLines(
  { header, lines }: ExportTable,
  add: (cells: readonly (string | number | null)[]) => Promise<void>,
): Promise<number> {
  let count = 0
  await add(header)
  for await (const slice of lines) {
    for (const line of slice) await add(line)
    count += slice.length
  }
  return count
}

/** Pieces of text, to a file or to standard output. Throws AppError file.*. */
export async function writePieces(
  pieces: AsyncIterable<string>,
  { path, isForced = false }: TableTarget,
): Promise<void> {
  if (path === undefined) {
    for await (const piece of pieces) await writeOut(piece)
    return
  }
  const handle = await openNewFile(path, isForced)
  try {
    await pipeline(pieces, handle.createWriteStream())
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}
