// The file of rejected lines: original cells with line, code and hint, to be mended and imported alone.
import { existsSync } from 'node:fs'
import { basename, extname } from 'node:path'
import type { RejectCode } from '../../domain/errors.ts'
import { rejectHint } from '../../domain/phone.ts'
import { CsvFile, csvLine } from '../../runtime/csv-file.ts'
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

/** A line with too few or too many cells keeps them as they are: it is refused again until somebody has mended it. */
function originalCells(columns: readonly Column[], { cells }: Reject): string[] {
  if (cells.length !== columns.length) return cells
  return cells.filter((_, index) => !isOwnColumn(columns[index]?.name ?? ''))
}

/** Writes rejects with their original cells, line, code and hint: `add` each, then `finish`. */
export class RejectsFile implements AsyncDisposable {
  readonly #file: CsvFile
  readonly #columns: readonly Column[]

  private constructor(file: CsvFile, columns: readonly Column[]) {
    this.#file = file
    this.#columns = columns
  }

  static async create(path: string, columns: readonly Column[], isForced: boolean): Promise<RejectsFile> {
    const rejects = new RejectsFile(await CsvFile.create(path, { isForced }), columns)
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

/** The rejected lines of an applied import as a file that can be mended and imported alone, in pieces of CSV. */
export async function* rejectLines(ctx: Context, idText: string): AsyncGenerator<string> {
  const row = await ctx.db.read((tx) => getImport(tx, idText))
  const { columns } = row.options as { columns: Column[] }
  yield csvLine(headerOf(columns))
  for (let line = 0; ; ) {
    const rejects = await ctx.db.read((tx) => listRejects(tx, row.id, line, SLICE))
    if (rejects.length === 0) return
    yield rejects.map((reject) => csvLine(cellsOf(columns, reject))).join('')
    line = rejects.at(-1)?.line ?? line
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
  const { columns } = row.options as { columns: Column[] }
  await using target = await RejectsFile.create(path, columns, isForced)
  let rejected = 0
  for (let line = 0; ; ) {
    const rejects = await ctx.db.read((tx) => listRejects(tx, row.id, line, SLICE))
    if (rejects.length === 0) break
    for (const reject of rejects) await target.add(reject)
    rejected += rejects.length
    line = rejects.at(-1)?.line ?? line
  }
  await target.finish()
  return { path, rejected }
}
