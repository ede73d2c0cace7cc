// One sheet of an Excel workbook → a CSV in UTF-8, row by row, so that a workbook is imported as a CSV is. Cells become what they
// show. Runs in a thread of its own. Reads the workbook; writes the CSV. Safe to kill: the caller removes the CSV.

import { once } from 'node:events'
import { createWriteStream, readFileSync, statSync } from 'node:fs'
import { finished } from 'node:stream/promises'
import { formatValue } from 'hucre'
import { type CellValue, readXlsx, type Sheet, streamXlsxRows } from 'hucre/xlsx'
import { AppError, nearestHint } from '../../domain/errors.ts'
import { csvLine } from '../../runtime/csv-file.ts'
import { unseenNotes } from './unseen-cells.ts'
import { notAWorkbook, tooLarge, unpackedBytes } from './zip-sizes.ts'

/** A workbook is read whole before it is unpacked. */
const FILE_BYTES_MAX = 128 * 1024 ** 2
const UNPACKED_BYTES_MAX = 1024 ** 3
/** Larger ones are read without the formats of their numbers: those are known only when the whole sheet is in memory. */
const FORMATTED_BYTES_MAX = 192 * 1024 ** 2
const CELLS_MAX = 20_000_000
/** A text is stored once and named by many cells: a sheet whose cells show more than this many times its workbook fills the disk. */
const SHOWN_TIMES_MAX = 20
/** Below it nothing is filled. */
const HARMLESS_BYTES = 64 * 1024 ** 2
const UNREAD = 'numbers are read without their formats, and hidden rows and formulas without a value are not looked for'
/** Up to here hidden rows are looked for in the whole sheet: in memory a sheet takes some twenty times its text. */
const WHOLE_BYTES_MAX = 16 * 1024 ** 2
/** Rows whose cells are read each with its own format; below them a column has the last one of these. */
const FORMATTED_ROWS = 2_000
/** Text is written in pieces of this length. */
const PIECE = 256 * 1024

export interface WorkbookOptions {
  path: string
  fileName: string
  /** Where the CSV goes. */
  target: string
  /** The first visible one is read when none is named. */
  sheet?: string
}

export interface WorkbookFacts {
  sheets: string[]
  sheet: string
  notes: string[]
}

/** Throws AppError csv.not_text, csv.workbook_too_large, csv.unknown_sheet. */
export async function convertWorkbook(options: WorkbookOptions): Promise<WorkbookFacts> {
  const { path, fileName, target } = options
  if (statSync(path).size > FILE_BYTES_MAX) throw tooLarge(fileName)
  const bytes = readFileSync(path)
  const unpacked = unpackedBytes(bytes, fileName)
  if (unpacked > UNPACKED_BYTES_MAX) throw tooLarge(fileName)
  const isFormatted = unpacked <= FORMATTED_BYTES_MAX
  const shownMax = Math.max(HARMLESS_BYTES, unpacked * SHOWN_TIMES_MAX)
  try {
    const { sheets, sheet } = await chooseSheet(bytes, options)
    if (!isFormatted) {
      await writeRows(streamXlsxRows(bytes, { sheet }), new Formats(undefined), { target, fileName, shownMax })
      return { sheets, sheet, notes: [`the workbook is large: ${UNREAD}`] }
    }
    const isWhole = unpacked <= WHOLE_BYTES_MAX
    const [read] = (
      await readXlsx(bytes, {
        sheets: [sheet],
        readStyles: true,
        ...(!isWhole && { maxRows: FORMATTED_ROWS }),
      })
    ).sheets
    await writeRows(streamXlsxRows(bytes, { sheet }), new Formats(read), { target, fileName, shownMax })
    const notes = read === undefined ? [] : unseenNotes(read)
    return { sheets, sheet, notes: isWhole ? notes : notes.map((note) => `of the first 2,000 rows: ${note}`) }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw isOverLimit(error) ? tooLarge(fileName) : notAWorkbook(fileName, error)
  }
}

/** The reader has limits of its own: cells of a sheet, bytes of a part. */
function isOverLimit(error: unknown): boolean {
  return /over the \d+ limit|exceeds? (?:the )?limit/.test((error as Error).message)
}

async function chooseSheet(
  bytes: Buffer,
  { fileName, sheet }: WorkbookOptions,
): Promise<{ sheets: string[]; sheet: string }> {
  const visible: string[] = []
  const hidden: string[] = []
  await readXlsx(bytes, {
    sheets: (info) => {
      ;(info.hidden || info.veryHidden ? hidden : visible).push(info.name)
      return false
    },
  })
  const sheets = [...visible, ...hidden]
  const chosen = sheet === undefined ? sheets[0] : sheets.find((name) => name === sheet || isAlike(name, sheet))
  if (chosen !== undefined) return { sheets, sheet: chosen }
  if (sheet === undefined) throw notAWorkbook(fileName)
  throw new AppError('csv.unknown_sheet', `${fileName} has no sheet "${sheet.slice(0, 60)}"`, {
    hint: nearestHint(sheet, sheets, `Its sheets: ${sheets.join(', ')}.`),
  })
}

function isAlike(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase()
}

/** How numbers and dates are shown, cell by cell and below that by column. */
class Formats {
  readonly #byCell = new Map<string, string>()
  readonly #byColumn = new Map<number, string>()

  constructor(sheet: Sheet | undefined) {
    for (const [place, { style }] of sheet?.cells ?? []) {
      const [row, column] = place.split(',').map(Number)
      if (style?.numFmt === undefined || row === undefined || row >= FORMATTED_ROWS) continue
      this.#byCell.set(place, style.numFmt)
      this.#byColumn.set(column ?? 0, style.numFmt)
    }
  }

  of(row: number, column: number): string | undefined {
    return row < FORMATTED_ROWS ? this.#byCell.get(`${row},${column}`) : this.#byColumn.get(column)
  }
}

async function writeRows(
  rows: AsyncIterable<{ index: number; values: CellValue[] }>,
  formats: Formats,
  { target, fileName, shownMax }: { target: string; fileName: string; shownMax: number },
): Promise<void> {
  const output = createWriteStream(target, { mode: 0o600 })
  let text = ''
  let cells = 0
  let shown = 0
  let next = 0
  for await (const { index, values } of rows) {
    cells += values.length
    shown += lengthOf(values)
    if (cells > CELLS_MAX || shown > shownMax) throw tooLarge(fileName)
    if (index < next) throw rowsOutOfOrder(fileName, index + 1)
    // A row that is not there is a blank line: rows keep their numbers.
    for (; next < index; next++) text += '\n'
    text += csvLine(shownCells(index, values, formats), true)
    next = index + 1
    if (text.length < PIECE) continue
    if (!output.write(text)) await once(output, 'drain')
    text = ''
  }
  output.end(text)
  await finished(output)
}

function lengthOf(values: readonly CellValue[]): number {
  return values.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 0), 0)
}

function rowsOutOfOrder(fileName: string, row: number): AppError {
  return new AppError('csv.not_text', `${fileName} has row ${row} out of its order`, {
    hint: 'Open it in a spreadsheet and save it: its rows then have their order.',
  })
}

function shownCells(row: number, values: readonly CellValue[], formats: Formats): string[] {
  const last = values.findLastIndex((value) => value !== null && value !== '')
  return values.slice(0, last + 1).map((value, column) => shownCell(value, formats.of(row, column)))
}

/** Dates whose form is that of the reader's country are written so that nobody can mistake them. */
const localDate = /^(?:mm-dd-yy|m\/d\/yy(?:yy)?(?: h:mm)?|d-mmm(?:-yy)?|\[\$-F800\].*|\[\$-x-sysdate\].*)$/i

function shownCell(value: CellValue, format: string | undefined): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date)
    return format === undefined || localDate.test(format) ? isoOf(value) : formatValue(value, format)
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE'
  if (typeof value !== 'number') return String(value)
  // A number in powers of ten is a phone that did not fit its column.
  const isPlain =
    format === undefined || /^general$/i.test(format) || /e\+/i.test(format) || format === '@' || isOfDates(format)
  return isPlain ? plainNumber(value) : formatValue(value, format)
}

/** The format of a column whose later cells are numbers: a cell whose own format is of dates comes as a date. */
function isOfDates(format: string): boolean {
  return /[dmyhs]/i.test(format.replace(/"[^"]*"|\\.|\[[^\][]*\]/g, ''))
}

function plainNumber(value: number): string {
  if (Number.isSafeInteger(value)) return String(value)
  return String(Number(value.toPrecision(15)))
}

function isoOf(date: Date): string {
  // What no calendar of a spreadsheet has is shown as it shows it: a cell that is blank would go unnoticed.
  const year = date.getUTCFullYear()
  if (!(year >= 1899 && year <= 9999)) return '#####'
  const [day = '', time = ''] = date.toISOString().split('T')
  return time.startsWith('00:00:00') ? day : `${day} ${time.slice(0, 8).replace(/:00$/, '')}`
}
