// What an import answers: the buckets its lines fell into, what was recognised in the file, and why it was refused.
import { AppError, type RejectCode } from '../../domain/errors.ts'
import type { ImportRow, KnownBuckets, SampledPerson } from '../../store/imports.ts'
import type { Repeat } from '../../store/staging.ts'
import type { WarnedLine } from './import-warnings.ts'
import type { FileFacts } from './inspect-file.ts'

export interface ImportResult {
  importId: string | null
  list: string
  rows: number
  /** Physical lines of the file, the header and line breaks inside cells included; 0 when it was not read again. */
  lines: number
  /** Lines of nothing but delimiters and blanks. */
  blankLines: number
  added: number
  updated: number
  unchanged: number
  duplicates: number
  suppressed: number
  rejected: number
  /** Members that replace mode removes because the file does not name them; they are no lines of the file. */
  removed: number
  /** Rejected lines by their code. */
  rejectedBy: Partial<Record<RejectCode, number>>
  /** The first rejected lines. */
  examples: { line: number; column: string; code: RejectCode; detail: string }[]
  /** The first lines that name a person again, with the line that counts. */
  repeats: Repeat[]
  rejectsFile: string | null
  /** The first people of each bucket that the database decides, when they were asked for. */
  samples?: Samples
  encoding: string
  delimiter: string
  /** The sheet of a workbook; null for a CSV. */
  sheet: string | null
  columns: { name: string; field: string | null }[]
  warnings: Record<string, number>
  /** Lines of the first rows that each warning is about, where it is about lines. */
  warningLines: Record<string, number[]>
  /** The first of these lines, with what they hold and what became of it. */
  warned: WarnedLine[]
  notes: string[]
  alreadyImported?: true
  /** When the same file was imported before. */
  importedAt?: string
  dryRun?: true
}

/** The first people of each bucket. */
export type Samples = Record<keyof KnownBuckets, SampledPerson[]>

/** The same file was applied before: its buckets, with nothing added. */
export function alreadyImported(known: ImportRow, file: FileFacts, list: string): ImportResult {
  return {
    ...emptyResult(file, list),
    importId: `imp_${known.id}`,
    rows: known.rows,
    unchanged: known.added + known.updated + known.unchanged,
    duplicates: known.duplicates,
    suppressed: known.suppressed,
    rejected: known.rejected,
    alreadyImported: true,
    importedAt: new Date(known.appliedAt ?? known.createdAt).toISOString(),
  }
}

export function emptyResult(file: FileFacts, list: string): ImportResult {
  return {
    importId: null,
    list,
    rows: 0,
    lines: 0,
    blankLines: 0,
    added: 0,
    updated: 0,
    unchanged: 0,
    duplicates: 0,
    suppressed: 0,
    rejected: 0,
    removed: 0,
    rejectedBy: {},
    examples: [],
    repeats: [],
    rejectsFile: null,
    encoding: file.encoding,
    delimiter: file.delimiter,
    sheet: file.sheet,
    columns: file.columns.map(({ name, field }) => ({ name, field })),
    warnings: {},
    warningLines: {},
    warned: [],
    notes: file.notes,
  }
}

export function tooManyRejects(result: ImportResult): AppError {
  const share = Math.round((result.rejected / result.rows) * 100)
  const [first] = result.examples
  return new AppError(
    'csv.too_many_rejects',
    `${result.rejected} of ${result.rows} rows (${share} %) are rejected, first line ${first?.line}: ${first?.code}, ${first?.detail}; nothing was imported`,
    {
      hint: `Correct the file${result.rejectsFile === null ? '' : ` (its rejected lines are in ${result.rejectsFile})`}, or import the good lines with --force.`,
      details: { ...result },
    },
  )
}

/** The buckets of a file that was refused for its many rejects; undefined for another refusal. */
export function refusedResult(error: AppError): ImportResult | undefined {
  return error.code === 'csv.too_many_rejects' ? (error.details as unknown as ImportResult) : undefined
}

export function interrupted(): AppError {
  return new AppError('interrupted', 'the import was interrupted; nothing was imported', {
    hint: 'The same command starts it again.',
  })
}

/** Its people are stored in part, and nobody sees them yet. */
export function leftToTheNextStart(): AppError {
  return new AppError('interrupted', 'the import was interrupted while its people were stored', {
    hint: 'The next start of Herald finishes it by itself.',
  })
}

/** What an import warns of, said with its count before it. */
export const warningWords: Record<string, string> = {
  landline: 'landline number, accepted',
  not_in_plan: 'number that is in no numbering plan but as long as a mobile number, accepted',
  extension_ignored: 'extension left out',
  modernised: 'old form of a number brought to the modern one',
  zone_invalid: 'unknown time zone, taken from the number instead',
  not_a_date: 'not a date in the declared form, stored as it is; comparisons of dates leave it out',
  not_a_number: 'not a number in the declared form, stored as it is',
  zone_fixed: 'time zone without daylight saving (an offset, EST, MST or HST): the name of a place has it',
  duplicate_conflict: 'same person with different data in the file',
  short_rows_filled: 'row shorter than the header, accepted: its missing cells at the end are blank',
  blank_cells_ignored: 'row longer than the header, accepted: its cells too many are blank',
  status_ignored: 'opted-out person; an import lifts no suppression, whatever a status column says',
}
