// Lines of a file → staged people and rejects. Each line ends in exactly one of: staged, rejected, duplicate.
// Reads the file; writes a staging file of its own. Safe to kill: the database has seen nothing, the staging file is
// dropped at the next start.
import { isBlankText } from '../../domain/blank-text.ts'
import { readConsent, readOptOut } from '../../domain/consent-columns.ts'
import { cellProblem } from '../../domain/contact.ts'
import { countryColumnOf, countryOfCell } from '../../domain/country-name.ts'
import { restoreCell } from '../../domain/csv-cell.ts'
import { type DateOrder, readDate } from '../../domain/date-order.ts'
import { AppError, type RejectCode } from '../../domain/errors.ts'
import { isExportedColumn, SUPPRESSED_COLUMN } from '../../domain/exported-columns.ts'
import { parseGroup } from '../../domain/group.ts'
import { fieldName } from '../../domain/name.ts'
import { type Phone, type PhoneNote, type PhoneResult, parsePhone } from '../../domain/phone.ts'
import { zoneOfCountry } from '../../domain/time-zone.ts'
import { canonicalZone, fixedZoneWarning } from '../../domain/zone-name.ts'
import { keyedHash } from '../../runtime/secrets.ts'
import { type StagedReject, type StagingSummary, StagingWriter } from '../../store/staging.ts'
import { isBlankRow } from './blank-rows.ts'
import { type CellForms, cellForms } from './cell-forms.ts'
import { type Column, isOwnColumn, isRepeatable, lateValue } from './columns.ts'
import { quotedFile, readCsvRecords } from './csv-records.ts'
import { ImportWarnings, quoteCell, type WarnedLine } from './import-warnings.ts'
import type { FileFacts } from './inspect-file.ts'
import { unclosedQuote } from './quote-check.ts'
import { swallowedRecord } from './swallowed-record.ts'

/** Spellings of zones kept in memory. */
const ZONE_NAMES_MAX = 1_000
/** Spellings of countries kept in memory. */
const COUNTRIES_MAX = 1_000
/** Rejects kept in memory as examples. */
const EXAMPLES = 5

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
  /** A line with fewer cells than the header is rejected instead of filled. */
  strictColumns?: boolean
  dateOrder?: DateOrder
  /** Forms in which the file writes dates and numbers, as declared. */
  dates?: string
  numbers?: string
  /** Keyed hashes of erased people, and the key to compare with; left out when nobody was erased. */
  erased?: { hashKey: string; hashes: readonly string[] }
}

export interface Staged extends StagingSummary {
  rows: number
  /** Physical lines of the file: of the header, of blank lines and inside quoted cells too. */
  lines: number
  /** Lines of nothing but delimiters and blanks, which are no rows. */
  blankLines: number
  warnings: Record<string, number>
  /** Where the first rows of each warning begin. */
  warningLines: Record<string, number[]>
  /** The first rows of each warning, with what they hold. */
  warned: WarnedLine[]
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
  const { lines } = await readCsvRecords(file, stage, (bytes) => tell?.({ bytes }))
  if (!stage.hasRows)
    throw new AppError('csv.no_rows', `${file.fileName} has a header and no lines`, {
      hint: 'Export it again with its rows.',
    })
  tell?.({ isSorting: true })
  const summary = writer.finish(options.onDuplicate)
  return stage.result(summary, lines)
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
  readonly #suppressedIndex: number
  /** The column that says in which country a person is; -1 for none. */
  readonly #countryIndex: number
  readonly #countries = new Map<string, string | null>()
  /** An export of ours: its digits are complete numbers, whose + no spreadsheet takes for a sum. */
  readonly #isExport: boolean
  readonly #forms: CellForms[]
  readonly #warnings = new ImportWarnings()
  readonly #rejectedBy: Partial<Record<RejectCode, number>> = {}
  readonly #examples: StagedReject[] = []
  readonly #zones = new Map<string, string | null>()
  readonly #zoneNames = new Map<string, string | null>()
  readonly #erasedHashes: ReadonlySet<string>
  #rows = 0
  #blankLines = 0
  #rowLine = 1
  #awaitsHeader: boolean
  /** Columns that have neither a name nor, so far, a value. */
  readonly #unnamed: number[]
  /** In a file of rejected lines a short line would end with what Herald wrote behind it. */
  readonly #isStrict: boolean

  constructor(options: StageOptions, writer: StagingWriter) {
    this.#options = options
    this.#writer = writer
    this.#columns = options.file.columns
    this.#phoneIndex = this.#columns.findIndex((column) => column.field === 'phone')
    this.#suppressedIndex = this.#columns.findIndex(({ name }) => fieldName(name) === SUPPRESSED_COLUMN)
    this.#countryIndex = countryColumnOf(this.#columns.map(({ field }) => field))
    this.#isExport = this.#columns.some(({ name }) => isExportedColumn(name))
    this.#forms = cellForms(this.#columns, options)
    this.#awaitsHeader = options.file.hasHeader
    this.#erasedHashes = new Set(options.erased?.hashes)
    this.line += options.file.linesBefore
    this.#unnamed = this.#columns.flatMap(({ name }, index) => (name === '' ? [index] : []))
    this.#isStrict = options.strictColumns === true || this.#columns.some(({ name }) => isOwnColumn(name))
  }

  add(record: string[]): void {
    const line = this.line
    const breaks = this.#options.file.sheet === null ? lineBreaksIn(record) : 0
    this.line += 1 + breaks
    if (breaks > 0) this.#refuseSwallowed(record, line)
    if (isBlankRow(record)) {
      this.#blankLines += 1 + breaks
      return
    }
    if (this.#awaitsHeader) {
      this.#awaitsHeader = false
      return
    }
    this.#rows++
    this.#rowLine = line
    let cells = record
    try {
      cells = this.#fit(record)
      this.#refuseLateValues(cells)
      this.#addRow(cells, record.length)
    } catch (error) {
      if (!(error instanceof LineReject)) throw error
      this.#reject({ line, column: error.column, code: error.code, detail: error.message, cells })
    }
  }

  /** A lone quote may be closed by the next lone one: what is between them reads as people of this file. */
  #refuseSwallowed(record: string[], line: number): void {
    const { file, defaultCountry } = this.#options
    const place = swallowedRecord(record, {
      columns: this.#columns.length,
      phoneIndex: this.#phoneIndex,
      delimiter: file.delimiter,
      ...(defaultCountry && { defaultCountry }),
    })
    if (place === undefined) return
    const opened = { line: line - file.linesBefore + place.opensAfter, cell: place.cell }
    throw unclosedQuote(
      quotedFile(file),
      opened,
      `line ${line + place.opensAfter + place.linesIn} inside it is a person`,
    )
  }

  /** As many cells as the header has, where no cell can be shifted by it: cells are missing or blank at the end only. */
  #fit(record: string[]): string[] {
    const wanted = this.#columns.length
    if (record.length === wanted) return record
    const wrong = new LineReject('', 'csv.column_count', `${record.length} fields, header has ${wanted}`)
    if (this.#isStrict) throw wrong
    if (record.length > wanted) {
      if (!isBlankRow(record.slice(wanted))) throw wrong
      this.#warn('blank_cells_ignored')
      return record.slice(0, wanted)
    }
    // A line without a readable phone is no short line of a person; it is something else.
    if (this.#readPhone(record).reject !== undefined) throw wrong
    this.#warn('short_rows_filled')
    return [...record, ...Array.from({ length: wanted - record.length }, () => '')]
  }

  get hasRows(): boolean {
    return this.#rows > 0
  }

  result(summary: StagingSummary, lines: number): Staged {
    const { counts: warnings, lines: warningLines, shown: warned } = this.#warnings
    const conflicts = summary.repeats.filter(({ differs }) => differs)
    if (conflicts.length > 0)
      this.#warnings.set(
        'duplicate_conflict',
        summary.conflicts,
        conflicts.map(({ line, keptLine, phone }) => ({ line, detail: `${phone}; line ${keptLine} counts` })),
      )
    return {
      ...summary,
      rows: this.#rows,
      lines,
      blankLines: this.#blankLines,
      warnings,
      warningLines,
      warned,
      rejectedBy: this.#rejectedBy,
      examples: this.#examples,
    }
  }

  #reject(reject: StagedReject): void {
    this.#writer.addReject(reject)
    this.#rejectedBy[reject.code] = (this.#rejectedBy[reject.code] ?? 0) + 1
    if (this.#examples.length < EXAMPLES) this.#examples.push(reject)
  }

  #warn(name: string, detail?: string): void {
    this.#warnings.add(name, this.#rowLine, detail)
  }

  /** `written` is the number of cells that the file has; the rest was filled and clears nothing. */
  #addRow(record: string[], written: number): void {
    const phone = this.#phone(record)
    if (this.#isErased(phone.key)) return this.#writer.addErased()
    this.#warnOfPhone(phone, record[this.#phoneIndex] ?? '')
    const attributes: Record<string, string | null> = {}
    let zone: string | null = null
    let consent: Consent = null
    for (const [index, column] of this.#columns.entries()) {
      if (index === this.#phoneIndex || column.field === null) continue
      const cell = this.#cell(record[index] ?? '', column, this.#forms[index])
      if (column.field === 'zone') zone = this.#zone(cell)
      else if (isRepeatable(column.field)) consent = stricter(consent, this.#consent(cell, column))
      else if (cell !== '') attributes[column.field] = cell
      else if (this.#options.overwriteBlanks && index < written) attributes[column.field] = null
    }
    const zoneGuess = phone.country === undefined ? null : this.#zoneOf(phone.country)
    this.#writer.addRow({
      line: this.#rowLine,
      key: phone.key,
      phone: phone.phone,
      attributes: JSON.stringify(attributes),
      zone,
      zoneGuess,
      consent,
      suppressed: (record[this.#suppressedIndex] ?? '').trim() || null,
    })
  }

  #warnOfPhone({ phone, notes }: Phone, cell: string): void {
    const detail = cell.trim() === phone ? phone : `${quoteCell(cell)} is taken as ${phone}`
    for (const note of notes) if (warned.has(note)) this.#warn(note, detail)
  }

  #isErased(key: string): boolean {
    const { erased } = this.#options
    return erased !== undefined && this.#erasedHashes.has(keyedHash(erased.hashKey, key))
  }

  #refuseLateValues(cells: string[]): void {
    const index = this.#unnamed.find((unnamed) => !isBlankText(cells[unnamed] ?? ''))
    if (index !== undefined) throw lateValue(this.#options.file.fileName, index, this.#rowLine)
  }

  #readPhone(record: string[]): PhoneResult {
    const { defaultCountry, isInternational, rejectLandline, isGroups } = this.#options
    const cell = record[this.#phoneIndex] ?? ''
    if (isGroups) return parseGroup(cell)
    const options = {
      ...((isInternational || this.#isExport) && { isInternational: true }),
      ...(rejectLandline && { rejectLandline }),
    }
    const named = (record[this.#countryIndex] ?? '').trim()
    const country = named === '' ? defaultCountry : this.#countryOf(named)
    const result = parsePhone(cell, { ...options, ...(country !== undefined && { defaultCountry: country }) })
    if (result.reject?.code !== 'phone.no_country' || named === '' || country !== undefined) return result
    // Read by another country than that of the line, it would be the number of another person.
    const detail = `${result.reject.detail}, and ${quoteCell(named)} is no country`
    return { reject: { ...result.reject, detail } }
  }

  #countryOf(named: string): string | undefined {
    const known = this.#countries.get(named)
    if (known !== undefined) return known ?? undefined
    const country = countryOfCell(named) ?? null
    if (this.#countries.size < COUNTRIES_MAX) this.#countries.set(named, country)
    return country ?? undefined
  }

  #phone(record: string[]) {
    const result = this.#readPhone(record)
    const cell = record[this.#phoneIndex] ?? ''
    const name = this.#columns[this.#phoneIndex]?.name ?? 'phone'
    if (result.reject !== undefined)
      throw new LineReject(name, this.#controlIn(cell) ?? result.reject.code, result.reject.detail)
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
    const text = isBlankText(cell) ? '' : restoreCell(cell.trim())
    if (column.isDate && text !== '') return forms?.date?.(text) ?? this.#date(text, column)
    return forms?.read(text, (warning) => this.#warn(warning, `${quoteCell(cell)} in ${column.name}`)) ?? text
  }

  #zone(cell: string): string | null {
    if (cell === '') return null
    const zone = this.#namedZone(cell)
    if (zone === null) this.#warn('zone_invalid', quoteCell(cell))
    else if (fixedZoneWarning(zone) !== undefined) this.#warn('zone_fixed', quoteCell(cell))
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

  #consent(cell: string, column: Column): Consent {
    if (column.field === 'opt_out') return readOptOut(cell) ?? null
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

type Consent = 'granted' | 'denied' | null

/** One refusal outweighs every agreement. */
function stricter(one: Consent, other: Consent): Consent {
  return one === 'denied' || other === 'denied' ? 'denied' : (one ?? other)
}

const warned = new Set<PhoneNote>(['landline', 'not_in_plan', 'extension_ignored', 'modernised'])

function lineBreaksIn(record: string[]): number {
  let count = 0
  for (const cell of record)
    if (cell.includes('\n') || cell.includes('\r')) count += cell.match(/\r\n|\n|\r/g)?.length ?? 0
  return count
}
