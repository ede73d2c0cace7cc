// The file of rejected lines: original cells with line, code and hint, to be mended and imported alone.
import { createReadStream, existsSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { parse } from 'csv-parse'
import { restoreCell } from '../../domain/csv-cell.ts'
import type { RejectCode } from '../../domain/errors.ts'
import { rejectHint } from '../../domain/phone.ts'
import { CsvFile } from '../../runtime/csv-file.ts'
import type { ExportTable } from '../../runtime/download.ts'
import type { XlsxFile } from '../../runtime/xlsx-file.ts'
import { getImport, listRejects } from '../../store/imports.ts'
import type { Context } from '../context.ts'
import { type Column, isOwnColumn, rejectColumns } from './columns.ts'

interface Reject {
  line: number
  code: string
  detail: string
  cells: string[]
}

/** The first line of a rejects file. */
function headerOf(columns: readonly Column[]): string[] {
  const names = columns.map((column) => column.name).filter((name) => !isOwnColumn(name))
  return [...names, ...rejectColumns]
}

/** A rejected line with its number, code and hint. */
function cellsOf(columns: readonly Column[], reject: Reject): (string | number)[] {
  const hint = rejectHint(reject.code as RejectCode)
  return [...originalCells(columns, reject), reject.line, reject.code, `${reject.detail}. ${hint}`]
}

/** A line with too few or too many cells keeps them as they are: it is refused again until it is fixed. */
function originalCells(columns: readonly Column[], { cells }: Reject): string[] {
  if (cells.length !== columns.length) return cells
  return cells.filter((_, index) => !isOwnColumn(columns[index]?.name ?? ''))
}

/** A workbook where the name ends so; what writes them is loaded only when one is wanted. */
async function openFile(path: string, isForced: boolean): Promise<CsvFile | XlsxFile> {
  if (!/\.xlsx$/i.test(path)) return CsvFile.create(path, { isForced })
  const workbooks = await import('../../runtime/xlsx-file.ts')
  return workbooks.XlsxFile.create(path, isForced)
}

/** Writes rejects with their original cells, line, code and hint: `add` each, then `finish`. */
export class RejectsFile implements AsyncDisposable {
  readonly #file: CsvFile | XlsxFile
  readonly #columns: readonly Column[]

  private constructor(file: CsvFile | XlsxFile, columns: readonly Column[]) {
    this.#file = file
    this.#columns = columns
  }

  static async create(path: string, columns: readonly Column[], isForced: boolean): Promise<RejectsFile> {
    const rejects = new RejectsFile(await openFile(path, isForced), columns)
    await rejects.#file.add(headerOf(columns))
    return rejects
  }

  async add(reject: Reject): Promise<void> {
    await this.#file.add(cellsOf(this.#columns, reject))
  }

  finish(): Promise<void> {
    return this.#file.finish()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file[Symbol.asyncDispose]()
  }
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

/** Rejected lines read at once. */
const SLICE = 1000

/** The rejected lines of an applied import: as a file they can be corrected and imported alone. */
export async function rejectsTable(ctx: Context, idText: string): Promise<ExportTable> {
  const row = await ctx.db.read((tx) => getImport(tx, idText))
  const { columns } = row.options as { columns: Column[] }
  return { header: headerOf(columns), lines: slicesOf(ctx, row.id, columns) }
}

async function* slicesOf(ctx: Context, importId: number, columns: readonly Column[]) {
  for (let line = 0; ; ) {
    const rejects = await ctx.db.read((tx) => listRejects(tx, importId, line, SLICE))
    if (rejects.length === 0) return
    yield rejects.map((reject) => cellsOf(columns, reject))
    line = rejects.at(-1)?.line ?? line
  }
}

/** The same of a dry run or a refused file, whose lines are in a CSV that we wrote. */
export async function keptRejectsTable(path: string): Promise<ExportTable> {
  const slices = recordsOf(path)
  const { value: first } = await slices.next()
  const [header = [], ...rest] = first ?? []
  return { header, lines: followedBy(rest, slices) }
}

async function* followedBy<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first
  yield* rest
}

async function* recordsOf(path: string): AsyncGenerator<string[][]> {
  const records = createReadStream(path).pipe(parse({ relax_column_count: true }))
  let slice: string[][] = []
  for await (const record of records as AsyncIterable<string[]>) {
    slice.push(record.map(restoreCell))
    if (slice.length < SLICE) continue
    yield slice
    slice = []
  }
  yield slice
}

/** Writes them to a file: a workbook where its name ends so. */
export async function writeRejectsFile(
  ctx: Context,
  idText: string,
  path: string,
  isForced: boolean,
): Promise<{ path: string; rejected: number }> {
  const { header, lines } = await rejectsTable(ctx, idText)
  await using target = await openFile(path, isForced)
  let rejected = 0
  await target.add(header)
  for await (const slice of lines) {
    for (const cells of slice) await target.add(cells)
    rejected += slice.length
  }
  await target.finish()
  return { path, rejected }
}
