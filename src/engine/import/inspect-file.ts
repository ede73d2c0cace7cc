// What a file is before a line of it is imported: its bytes, encoding, delimiter, header and what its columns mean.
// Everything that makes the whole file unusable is refused here, in this order: not text, no phone column, bad header.
import { type Stats, statSync } from 'node:fs'
import { AppError } from '../../domain/errors.ts'
import { isBlankRow } from './blank-rows.ts'
import { type Column, checkHeader, consentNotes, countryNotes, mapColumns, unnamedNotes } from './columns.ts'
import { type Delimiter, delimiters, detectDelimiter, parseSample } from './delimiter.ts'
import { type ByteScan, decideEncoding, type Encoding, refuseOtherKinds, SAMPLE_BYTES, scanBytes } from './encoding.ts'
import { refuseDoubtfulEncoding } from './encoding-doubt.ts'
import { checkQuotes } from './quote-check.ts'
import { decodeStart } from './text-decoder.ts'
import type { WorkbookFacts } from './workbook.ts'

export interface FileFacts {
  path: string
  fileName: string
  bytes: number
  modifiedMs: number
  sha256: string
  /** A name of text-decoder.ts. */
  encoding: string
  delimiter: Delimiter
  /** Bytes before the header: a byte-order mark, a `sep=` line. */
  skipBytes: number
  /** Lines before the header that hold no cells: a `sep=` line. */
  linesBefore: number
  /** The sheet of a workbook that was read; its rows are its lines, whatever line breaks its cells have. */
  sheet: string | null
  hasHeader: boolean
  columns: Column[]
  notes: string[]
  /** First data lines, for a person to look at. */
  sample: string[][]
}

export interface InspectOptions {
  fileName?: string
  /** column → field; `-` leaves the column out; `field:date` makes it a date. */
  mapping?: Readonly<Record<string, string>>
  encoding?: string
  hasNoHeader?: boolean
  defaultCountry?: string
  /** The workbook that the file was made of. */
  workbook?: WorkbookFacts
}

/** Looks at a file. Throws AppError csv.* or file.*. */
export async function inspectFile(path: string, options: InspectOptions = {}): Promise<FileFacts> {
  const { header, ...file } = await readStart(path, options)
  const { fileName, hasHeader, rows } = file
  const { mapping = {}, defaultCountry } = options
  if (hasHeader) checkHeader(header, fileName, { mapping, defaultCountry, rows })
  const columns = mapColumns(columnNames(header, hasHeader), mapping, { fileName, sample: rows })
  const facts = factsOf(file)
  return { ...facts, notes: [...facts.notes, ...consentNotes(columns), ...countryNotes(columns)], columns }
}

export function columnNames(header: string[], hasHeader: boolean): string[] {
  return hasHeader ? header.map((name) => name.trim()) : header.map((_, index) => `column_${index + 1}`)
}

/** A file before anybody asks what its columns mean. */
export interface FileStart extends Omit<FileFacts, 'columns' | 'sample'> {
  /** Cells of the first line. */
  header: string[]
  /** Data lines that were looked at. */
  rows: string[][]
}

/** Encoding, delimiter and first lines; `scan` spares reading the bytes again. Throws AppError csv.* or file.*. */
export async function readStart(
  path: string,
  options: Omit<InspectOptions, 'mapping'> & { scan?: ByteScan },
): Promise<FileStart> {
  const stats = statFile(path, options.fileName)
  const fileName = options.fileName ?? path.split(/[\\/]/).at(-1) ?? path
  if (stats.size === 0) throw new AppError('csv.empty', `${fileName} is empty (0 bytes)`)
  const scan = options.scan ?? (await scanBytes(path, options.fileName))
  refuseOtherKinds(scan.start, fileName)
  const encoding = decideEncoding(scan, options.encoding, fileName)
  const text = decodeStart(scan.start.subarray(encoding.markBytes), encoding.label)
  const separator = options.workbook === undefined ? /^"?sep=(.)"?(?:\r\n|\n|\r)/i.exec(text) : null
  const body = separator === null ? text : text.slice(separator[0].length)
  if (body.trim() === '') throw new AppError('csv.empty', `${fileName} holds only blank lines`)
  const isWhole = stats.size <= SAMPLE_BYTES
  const delimiter = (delimiters as string[]).includes(separator?.[1] ?? '')
    ? (separator?.[1] as Delimiter)
    : options.workbook === undefined
      ? detectDelimiter(body, isWhole, fileName)
      : ','
  const linesBefore = separator === null ? 0 : 1
  const quoted = { fileName, delimiters: [delimiter], linesBefore }
  checkQuotes(body, isWhole, quoted)
  const records = parseSample(body, delimiter, isWhole).filter((record) => !isBlankRow(record))
  const [header] = records
  // The start holds no complete line: a cell that goes on and on, or nothing but delimiters.
  if (header === undefined) {
    checkQuotes(body, true, quoted)
    throw new AppError('csv.empty', `${fileName} holds only blank lines`)
  }
  refuseDoubtfulEncoding(scan, encoding, { fileName, rows: records, defaultCountry: options.defaultCountry })
  const hasHeader = !(options.hasNoHeader ?? false)
  return {
    path,
    fileName,
    bytes: stats.size,
    modifiedMs: stats.mtimeMs,
    sha256: scan.sha256,
    encoding: encoding.label,
    delimiter,
    skipBytes: encoding.markBytes + (separator === null ? 0 : byteLength(separator[0], encoding.label)),
    linesBefore,
    sheet: options.workbook?.sheet ?? null,
    hasHeader,
    notes: [
      ...notesOf(encoding, delimiter),
      ...workbookNotes(options.workbook),
      ...(hasHeader ? unnamedNotes(header) : []),
    ],
    header,
    rows: records.slice(hasHeader ? 1 : 0),
  }
}

function factsOf({ rows, ...file }: Omit<FileStart, 'header'>): Omit<FileFacts, 'columns'> {
  return { ...file, sample: rows.slice(0, file.hasHeader ? 5 : 6) }
}

/** Throws AppError file.* for what is no file that can be read; `shown` instead of its path. */
export function statFile(path: string, shown = path): Stats {
  let stats: Stats
  try {
    stats = statSync(path)
  } catch (error) {
    throw new AppError('file.not_found', `there is no file ${shown}`, { cause: error })
  }
  if (!stats.isFile())
    throw new AppError('file.not_a_regular_file', `${shown} is no regular file`, {
      hint: 'Name a CSV file, or - for standard input.',
    })
  return stats
}

function notesOf(encoding: Encoding, delimiter: Delimiter): string[] {
  const notes = encoding.note === undefined ? [] : [encoding.note]
  return delimiter === ','
    ? notes
    : [...notes, `delimiter ${delimiter === '\t' ? 'tab' : `'${delimiter}'`} was recognised`]
}

function workbookNotes(workbook: WorkbookFacts | undefined): string[] {
  if (workbook === undefined) return []
  const { sheet, sheets, notes } = workbook
  const others = sheets.filter((name) => name !== sheet)
  return [`Sheet "${sheet}" was read${others.length === 0 ? '' : `, not ${others.join(', ')}`}`, ...notes]
}

function byteLength(text: string, encoding: string): number {
  return encoding.startsWith('utf-16') ? text.length * 2 : text.length
}
