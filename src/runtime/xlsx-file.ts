// Workbooks that we write: of one sheet, row by row, whatever their size; behind a million rows another sheet goes on under the same
// header. A text stays a text, so that no spreadsheet calculates one or takes a phone for a number; counts are numbers.
import type { FileHandle } from 'node:fs/promises'
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { writeXlsxStream } from 'hucre/xlsx'
import { neutraliseCell, restoreCell } from '../domain/csv-cell.ts'
import { openNewFile } from './csv-file.ts'

export type ExportedCell = string | number | null

const SHEET = 'Herald'
/** Rows that wait to be packed. */
const WAITING_MAX = 1_000

/** The bytes of a workbook, made as they are read. */
export function xlsxBytes(
  header: readonly string[],
  slices: AsyncIterable<readonly (readonly ExportedCell[])[]>,
): ReadableStream<Uint8Array> {
  async function* rows() {
    yield cellsOf(header)
    for await (const slice of slices) {
      for (const cells of slice) yield cellsOf(cells)
      // What reads the database ends within its turn: without a pause nobody else would get one.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return writeXlsxStream(rows(), { name: SHEET })
}

/** An import takes apostrophes off where they would guard a formula; a cell that has such gets one more for that. */
function cellsOf(cells: readonly ExportedCell[]): (string | number)[] {
  return cells.map((cell) => {
    if (typeof cell === 'number') return cell
    const text = cell ?? ''
    return restoreCell(text) === text ? text : neutraliseCell(text)
  })
}

/** A workbook that is written row by row and removed again when it is not finished. */
export class XlsxFile implements AsyncDisposable {
  readonly path: string
  readonly #written: Promise<void>
  readonly #waiting: (string | number)[][] = []
  #wake = () => {}
  /** Called when the rows that wait have gone to be packed. */
  #taken = () => {}
  #isComplete = false
  #isFinished = false

  private constructor(path: string, handle: FileHandle) {
    this.path = path
    const bytes = writeXlsxStream(this.#rows(), { name: SHEET })
    // The stream closes the file at its end, and when it breaks off.
    this.#written = pipeline(Readable.fromWeb(bytes), handle.createWriteStream())
    this.#written.catch(() => {})
  }

  /** Throws AppError file.exists for a file that is there already, a link included. */
  static async create(path: string, isForced: boolean): Promise<XlsxFile> {
    return new XlsxFile(path, await openNewFile(path, isForced))
  }

  async add(cells: readonly ExportedCell[]): Promise<void> {
    this.#waiting.push(cellsOf(cells))
    this.#wake()
    if (this.#waiting.length <= WAITING_MAX) return
    const taken = new Promise<void>((resolve) => {
      this.#taken = resolve
    })
    await Promise.race([this.#written, taken])
  }

  async finish(): Promise<void> {
    this.#isComplete = true
    this.#wake()
    await this.#written
    this.#isFinished = true
  }

  async *#rows(): AsyncGenerator<(string | number)[]> {
    for (;;) {
      const rows = this.#waiting.splice(0)
      yield* rows
      if (rows.length > 0) {
        this.#taken()
        continue
      }
      if (this.#isComplete) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isComplete = true
    this.#wake()
    await this.#written.catch(() => {})
    if (!this.#isFinished) await rm(this.path, { force: true })
  }
}
