// Lines of a file → staged people and rejects. Each line ends in exactly one of: staged, rejected, duplicate.
// Reads the file; writes a staging file of its own. Safe to kill: the database has seen nothing, the staging file is
// dropped at the next start.
import { createReadStream, statSync } from 'node:fs'
import { CsvError, parse } from 'csv-parse'
import { cellProblem, readConsent } from '../../domain/contact.ts'
import { restoreCell } from '../../domain/csv-cell.ts'
import { AppError, type RejectCode } from '../../domain/errors.ts'
import { parseGroup } from '../../domain/group.ts'
import { fullYear, isoDate } from '../../domain/local-form.ts'
import { type PhoneNote, parsePhone } from '../../domain/phone.ts'
import { zoneOfCountry } from '../../domain/time-zone.ts'
import { canonicalZone, fixedZoneWarning } from '../../domain/zone-name.ts'
import { keyedHash } from '../../runtime/secrets.ts'
import { type StagedReject, type StagingSummary, StagingWriter } from '../../store/staging.ts'
import { type CellForms, cellForms } from './cell-forms.ts'
import type { Column } from './columns.ts'
import { type FileFacts, unclosedQuote } from './inspect-file.ts'
import { textStream } from './text-stream.ts'

/** One record; a field of 64 KiB is refused line by line, a file without line ends as a whole. */
const RECORD_LENGTH_MAX = 8 * 1024 * 1024
/** Spellings of zones kept in memory. */
const ZONE_NAMES_MAX = 1_000
/** Rejects kept in memory as examples. */
const EXAMPLES = 5

export type DateOrder = 'dmy' | 'mdy' | 'ymd'

export interface StageOptions {
  file: FileFacts
  stagingPath: string
  onDuplicate: 'first' | 'last'
  defaultCountry?: string
  isInternational?: boolean
  rejectLandline?: boolean
  /** The phone column holds ids of groups. */
  isGroups?: boolean
  /** A blank cell clears the stored value instead of keeping it. */
  overwriteBlanks?: boolean
  dateOrder?: DateOrder
  /** Forms in which the file writes dates and numbers, as declared. */
  dates?: string
  numbers?: string
  /** Keyed hashes of erased people, and the key to compare with; left out when nobody was erased. */
  erased?: { hashKey: string; hashes: readonly string[] }
}

export interface Staged extends StagingSummary {
  rows: number
  warnings: Record<string, number>
  rejectedBy: Partial<Record<RejectCode, number>>
  examples: StagedReject[]
}

const cellWords: Partial<Record<RejectCode, string>> = {
  'field.control_character': 'holds an invisible control character',
  'field.too_long': 'holds a cell that is too long',
  'field.invalid_unicode': 'holds a text that is broken',
}

/** How far staging has come: so many bytes are read, or all of them, and their people are sorted. */
export type StagePoint = { bytes: number } | { isSorting: true }

/** Parses the whole file. Throws AppError csv.* when it turns out to be unusable; nothing is kept then. */
export async function stageCsv(options: StageOptions, tell?: (point: StagePoint) => void): Promise<Staged> {
  using writer = new StagingWriter(options.stagingPath)
  const stage = new Stage(options, writer)
  const { file } = options
  const parser = parse({
    delimiter: file.delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: RECORD_LENGTH_MAX,
  })
  const source = textStream(file, (bytes) => tell?.({ bytes }))
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)
  try {
    await new Promise<void>((resolve, reject) => {
      parser.on('readable', () => {
        for (let record = parser.read() as string[] | null; record !== null; record = parser.read()) stage.add(record)
      })
      parser.on('end', resolve)
      parser.on('error', reject)
    })
  } catch (error) {
    source.destroy()
    throw await fileError(error, file, stage.line)
  }
  checkUnchanged(file)
  if (!stage.hasRows)
    throw new AppError('csv.no_rows', `${file.fileName} has a header and no lines`, {
      hint: 'Export it again with its rows.',
    })
  tell?.({ isSorting: true })
  const summary = writer.finish(options.onDuplicate)
  return stage.result(summary)
}

/** `line` is where the record begins that could not be read: the parser itself names the line where it gave up. */
async function fileError(error: unknown, file: FileFacts, line: number): Promise<unknown> {
  if (error instanceof CsvError) {
    if (error.code !== 'CSV_MAX_RECORD_SIZE' || !(await hasLongLine(file)))
      return unclosedQuote(file.fileName, line, error)
    return new AppError(
      'csv.line_too_long',
      `${file.fileName} line ${line} goes on for more than ${RECORD_LENGTH_MAX / 1024 / 1024} MiB`,
      { hint: 'Is it a CSV file? Every person needs a line of their own.', cause: error },
    )
  }
  if (error instanceof TypeError)
    return new AppError('csv.encoding', `${file.fileName} is not ${file.encoding} throughout`, {
      hint: 'Save it as CSV UTF-8.',
      cause: error,
    })
  return error
}

/** Whether one line alone is longer than a record may be; else a record swallowed many lines. */
async function hasLongLine(file: FileFacts): Promise<boolean> {
  let length = 0
  for await (const chunk of createReadStream(file.path) as AsyncIterable<Buffer>) {
    const lines = chunk.toString('latin1').split(/[\r\n]/)
    if (length + (lines[0]?.length ?? 0) > RECORD_LENGTH_MAX) return true
    length = (lines.length > 1 ? 0 : length) + (lines.at(-1)?.length ?? 0)
  }
  return false
}

function checkUnchanged(file: FileFacts): void {
  const stats = statSync(file.path, { throwIfNoEntry: false })
  if (stats?.size === file.bytes && stats.mtimeMs === file.modifiedMs) return
  throw new AppError('csv.changed_during_read', `${file.fileName} changed while it was read; nothing was imported`, {
    hint: 'Import it again when it is complete.',
  })
}

class LineReject extends Error {
  readonly column: string
  readonly code: RejectCode

  constructor(column: string, code: RejectCode, detail: string) {
    super(detail)
    this.column = column
    this.code = code
  }
}

/** Turns records into staged rows, one after the other. */
class Stage {
  /** Line of the file on which the next record begins. */
  line = 1
  readonly #options: StageOptions
  readonly #writer: StagingWriter
  readonly #columns: Column[]
  readonly #phoneIndex: number
  readonly #forms: CellForms[]
  readonly #warnings: Record<string, number> = {}
  readonly #rejectedBy: Partial<Record<RejectCode, number>> = {}
  readonly #examples: StagedReject[] = []
  readonly #zones = new Map<string, string | null>()
  readonly #zoneNames = new Map<string, string | null>()
  readonly #erasedHashes: ReadonlySet<string>
  #rows = 0
  #awaitsHeader: boolean

  constructor(options: StageOptions, writer: StagingWriter) {
    this.#options = options
    this.#writer = writer
    this.#columns = options.file.columns
    this.#phoneIndex = this.#columns.findIndex((column) => column.field === 'phone')
    this.#forms = cellForms(this.#columns, options)
    this.#awaitsHeader = options.file.hasHeader
    this.#erasedHashes = new Set(options.erased?.hashes)
    // The `sep=` line is a line of the file too.
    if (options.file.skipBytes > 3) this.line = 2
  }

  add(record: string[]): void {
    const line = this.line
    this.line += 1 + lineBreaksIn(record)
    if (record.length <= 1 && (record[0] ?? '').trim() === '') return
    if (this.#awaitsHeader) {
      // Lines of nothing but delimiters may stand above a header; below it they lack their phone.
      this.#awaitsHeader = record.every((cell) => cell.trim() === '')
      return
    }
    this.#rows++
    try {
      this.#addRow(record, line)
    } catch (error) {
      if (!(error instanceof LineReject)) throw error
      this.#reject({ line, column: error.column, code: error.code, detail: error.message, cells: record })
    }
  }

  get hasRows(): boolean {
    return this.#rows > 0
  }

  result(summary: StagingSummary): Staged {
    if (summary.conflicts > 0) this.#warnings.duplicate_conflict = summary.conflicts
    return {
      ...summary,
      rows: this.#rows,
      warnings: this.#warnings,
      rejectedBy: this.#rejectedBy,
      examples: this.#examples,
    }
  }

  #reject(reject: StagedReject): void {
    this.#writer.addReject(reject)
    this.#rejectedBy[reject.code] = (this.#rejectedBy[reject.code] ?? 0) + 1
    if (this.#examples.length < EXAMPLES) this.#examples.push(reject)
  }

  #warn(name: string): void {
    this.#warnings[name] = (this.#warnings[name] ?? 0) + 1
  }

  #addRow(record: string[], line: number): void {
    if (record.length !== this.#columns.length)
      throw new LineReject('', 'csv.column_count', `${record.length} fields, header has ${this.#columns.length}`)
    const phone = this.#phone(record[this.#phoneIndex] ?? '')
    if (this.#isErased(phone.key)) return this.#writer.addErased()
    const attributes: Record<string, string | null> = {}
    let zone: string | null = null
    let consent: 'granted' | 'denied' | null = null
    for (const [index, column] of this.#columns.entries()) {
      if (index === this.#phoneIndex || column.field === null) continue
      const cell = this.#cell(record[index] ?? '', column, this.#forms[index])
      if (column.field === 'zone') zone = this.#zone(cell)
      else if (column.field === 'consent') consent = this.#consent(cell, column)
      else if (cell !== '') attributes[column.field] = cell
      else if (this.#options.overwriteBlanks) attributes[column.field] = null
    }
    const zoneGuess = phone.country === undefined ? null : this.#zoneOf(phone.country)
    this.#writer.addRow({
      line,
      key: phone.key,
      phone: phone.phone,
      attributes: JSON.stringify(attributes),
      zone,
      zoneGuess,
      consent,
    })
  }

  #isErased(key: string): boolean {
    const { erased } = this.#options
    return erased !== undefined && this.#erasedHashes.has(keyedHash(erased.hashKey, key))
  }

  #phone(cell: string) {
    const { defaultCountry, isInternational, rejectLandline, isGroups } = this.#options
    const result = isGroups
      ? parseGroup(cell)
      : parsePhone(cell, {
          ...(defaultCountry && { defaultCountry }),
          ...(isInternational && { isInternational }),
          ...(rejectLandline && { rejectLandline }),
        })
    const name = this.#columns[this.#phoneIndex]?.name ?? 'phone'
    if (result.reject !== undefined)
      throw new LineReject(name, this.#controlIn(cell) ?? result.reject.code, result.reject.detail)
    for (const note of result.phone.notes) if (warned.has(note)) this.#warn(note)
    return result.phone
  }

  /** A control character explains a bad phone better than the phone's own rule. */
  #controlIn(cell: string): RejectCode | undefined {
    const problem = cellProblem(cell)
    return problem === 'field.control_character' || problem === 'field.too_long' ? problem : undefined
  }

  #cell(cell: string, column: Column, forms: CellForms | undefined): string {
    const problem = cellProblem(cell)
    if (problem !== undefined)
      throw new LineReject(column.name, problem, `column ${column.name} ${cellWords[problem] ?? 'cannot be read'}`)
    const text = restoreCell(cell.trim())
    if (column.isDate && text !== '') return forms?.date?.(text) ?? this.#date(text, column)
    return forms?.read(text, (warning) => this.#warn(warning)) ?? text
  }

  #zone(cell: string): string | null {
    if (cell === '') return null
    const zone = this.#namedZone(cell)
    if (zone === null) this.#warn('zone_invalid')
    else if (fixedZoneWarning(zone) !== undefined) this.#warn('zone_fixed')
    return zone
  }

  #namedZone(cell: string): string | null {
    const known = this.#zoneNames.get(cell)
    if (known !== undefined) return known
    const zone = canonicalZone(cell) ?? null
    // A column of anything else than zones must not grow the memory without bound.
    if (this.#zoneNames.size < ZONE_NAMES_MAX) this.#zoneNames.set(cell, zone)
    return zone
  }

  #zoneOf(country: string): string | null {
    const known = this.#zones.get(country)
    if (known !== undefined) return known
    const zone = zoneOfCountry(country) ?? null
    this.#zones.set(country, zone)
    return zone
  }

  #consent(cell: string, column: Column): 'granted' | 'denied' | null {
    const consent = readConsent(cell)
    if (consent === 'unclear') throw new LineReject(column.name, 'consent.unclear', `"${cell.slice(0, 40)}"`)
    return consent ?? null
  }

  #date(text: string, column: Column): string {
    const date = readDate(text, this.#options.dateOrder)
    if (date.code !== undefined) throw new LineReject(column.name, date.code, `"${text.slice(0, 40)}"`)
    return date.iso
  }
}

const warned = new Set<PhoneNote>(['landline', 'not_in_plan', 'extension_ignored', 'modernised'])

function lineBreaksIn(record: string[]): number {
  let count = 0
  for (const cell of record)
    if (cell.includes('\n') || cell.includes('\r')) count += cell.match(/\r\n|\n|\r/g)?.length ?? 0
  return count
}

type DateReading = { iso: string; code?: never } | { code: 'date.invalid' | 'date.ambiguous'; iso?: never }

/** A date as YYYY-MM-DD; one whose parts could stand in two orders needs the order named. */
function readDate(text: string, order?: DateOrder): DateReading {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text)
  if (iso !== null) return dateOf(Number(iso[1]), Number(iso[2]), Number(iso[3]))
  const parts = /^(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})$/.exec(text)
  if (parts === null) return { code: 'date.invalid' }
  const [a, b, c] = [Number(parts[1]), Number(parts[2]), Number(parts[3])] as [number, number, number]
  if (order === 'ymd' || parts[1]?.length === 4) return dateOf(fullYear(parts[1] ?? ''), b, c)
  const year = fullYear(parts[3] ?? '')
  if (order === 'dmy') return dateOf(year, b, a)
  if (order === 'mdy') return dateOf(year, a, b)
  if (parts[3]?.length !== 4 || (a <= 12 && b <= 12 && a !== b)) return { code: 'date.ambiguous' }
  return a > 12 ? dateOf(year, b, a) : dateOf(year, a, b)
}

function dateOf(year: number, month: number, day: number): DateReading {
  const iso = isoDate(year, month, day)
  return iso === undefined ? { code: 'date.invalid' } : { iso }
}
