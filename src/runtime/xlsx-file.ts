// Workbooks that we write: of one sheet, row by row, whatever their size. Every cell is a text, so that no spreadsheet calculates
// one or takes a phone for a number.
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
    yield textsOf(header)
    for await (const slice of slices) {
      for (const cells of slice) yield textsOf(cells)
      // What reads the database ends within its turn: without a pause nobody else would get one.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return writeXlsxStream(rows(), { name: SHEET })
}

/** An import takes apostrophes off where they would guard a formula; a cell that has such gets one more for that. */
function textsOf(cells: readonly ExportedCell[]): string[] {
  const texts = cells.map((cell) => (cell === null ? '' : String(cell)))
  return texts.map((text) => (restoreCell(text) === text ? text : neutraliseCell(text)))
}

/** A workbook that is written row by row and removed again when it is not finished. */
export class XlsxFile implements AsyncDisposable {
  readonly path: string
  readonly #written: Promise<void>
  readonly #waiting: string[][] = []
  #wake = () => {}
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
    this.#waiting.push(textsOf(cells))
    this.#wake()
    while (this.#waiting.length > WAITING_MAX)
      await Promise.race([this.#written, new Promise((resolve) => setImmediate(resolve))])
  }

  async finish(): Promise<void> {
    this.#isComplete = true
    this.#wake()
    await this.#written
    this.#isFinished = true
  }

  async *#rows(): AsyncGenerator<string[]> {
    for (;;) {
      const rows = this.#waiting.splice(0)
      yield* rows
      if (rows.length > 0) continue
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
