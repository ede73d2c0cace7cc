// What a person sees of a file who decides what its columns are: first rows, guesses and why, what is still to be
// answered. An open question is no refusal here; only a file that no answer makes usable is refused.
import { type ContactField, guessField } from '../../domain/contact.ts'
import { countryColumnOf, countryOfCell } from '../../domain/country-name.ts'
import { AppError } from '../../domain/errors.ts'
import { isExportedColumn } from '../../domain/exported-columns.ts'
import { parsePhone } from '../../domain/phone.ts'
import {
  attributeName,
  checkHeader,
  isOwnColumn,
  isRepeatable,
  phoneCandidates,
  plainField,
  proposedField,
} from './columns.ts'
import type { ByteScan } from './encoding.ts'
import { columnNames, type FileStart, type InspectOptions, readStart } from './inspect-file.ts'
import type { WorkbookFacts } from './workbook.ts'

/** Why a column is taken for what it is: its name says so, nothing says more of it, or Herald wrote it. */
export const guessReasons = ['name', 'attribute', 'rejects_file', 'export'] as const
export type GuessReason = (typeof guessReasons)[number]

export interface ColumnGuess {
  name: string
  /** A contact's field or an attribute's name; null to leave the column out. */
  field: string | null
  reason: GuessReason
  /** What stands in it in the first rows. */
  values: string[]
}

/** Which question about the phone is open; null when the file answers it. */
export type PhoneQuestion = 'missing' | 'ambiguous' | null

export interface Inspection {
  fileName: string
  bytes: number
  encoding: string
  delimiter: string
  /** The sheet that was read, and all of its workbook; null and none for a CSV. */
  sheet: string | null
  sheets: string[]
  /** False when the first line is data: columns are then column_1, column_2 … */
  hasHeader: boolean
  notes: string[]
  columns: ColumnGuess[]
  phoneQuestion: PhoneQuestion
  /** Columns that may hold the phone, best first. */
  phoneCandidates: string[]
  /** Some numbers of the first rows say no country: a default country is needed for them. */
  needsCountry: boolean
  rows: string[][]
}

export interface MappingOptions extends Pick<InspectOptions, 'encoding' | 'hasNoHeader' | 'defaultCountry'> {
  /** Of a workbook; the first one when none is named. */
  sheet?: string
}

const ROWS_SHOWN = 5

interface Looking extends MappingOptions {
  fileName: string
  scan?: ByteScan
  workbook?: WorkbookFacts
}

/** Throws AppError csv.*, file.* for a file that cannot be imported whatever anybody answers. */
export async function inspectForMapping(path: string, options: Looking): Promise<Inspection> {
  const { file, isDataFirst } = await startOf(path, options)
  const { names, rows } = namedColumns(columnNames(file.header, file.hasHeader), file.rows)
  const candidates = phoneCandidates(names, rows)
  const named = names.filter((name) => guessField(name) === 'phone')
  const phone = named.length === 1 ? named[0] : undefined
  return {
    fileName: file.fileName,
    bytes: file.bytes,
    encoding: file.encoding,
    delimiter: file.delimiter,
    sheet: file.sheet,
    sheets: options.workbook?.sheets ?? [],
    hasHeader: file.hasHeader,
    notes: isDataFirst ? [...file.notes, 'the first line holds a phone number: it is taken as data'] : file.notes,
    columns: guessColumns(names, rows, phone),
    phoneQuestion: named.length > 1 ? 'ambiguous' : phone === undefined ? 'missing' : null,
    phoneCandidates: candidates,
    needsCountry: !names.some(isExportedColumn) && saysNoCountry(names, rows, phone ?? candidates[0] ?? ''),
    rows: rows.slice(0, ROWS_SHOWN),
  }
}

/** Without the columns that have no name: they have no values either. */
function namedColumns(names: string[], rows: string[][]): { names: string[]; rows: string[][] } {
  const kept = names.flatMap((name, index) => (name === '' ? [] : [index]))
  return {
    names: kept.map((index) => names[index] ?? ''),
    rows: rows.map((row) => kept.map((index) => row[index] ?? '')),
  }
}

/** A first line that holds a number is data, whatever was said: a header never does. */
async function startOf(path: string, options: Looking): Promise<{ file: FileStart; isDataFirst: boolean }> {
  const file = await readStart(path, options)
  if (!file.hasHeader) return { file, isDataFirst: false }
  // Names of any characters can be mended by a mapping, so they are no reason to refuse the file here.
  const mapping = Object.fromEntries(file.header.map((name) => [name.trim(), proposedField(name)]))
  try {
    checkHeader(file.header, file.fileName, { mapping, defaultCountry: options.defaultCountry, rows: file.rows })
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'csv.header_missing') throw error
    return { file: await readStart(path, { ...options, hasNoHeader: true }), isDataFirst: true }
  }
  return { file, isDataFirst: false }
}

function guessColumns(names: string[], rows: string[][], phone: string | undefined): ColumnGuess[] {
  const taken = new Set<ContactField>()
  return names.map((name, index) => {
    const values = rows.slice(0, ROWS_SHOWN).map((row) => row[index] ?? '')
    if (isOwnColumn(name)) return { name, field: null, reason: 'rejects_file', values }
    if (isExportedColumn(name)) return { name, field: null, reason: 'export', values }
    const field = guessField(name)
    const isTaken = field === undefined || taken.has(field) || (field === 'phone' && name !== phone)
    if (field === undefined || (isTaken && !isRepeatable(field)))
      return { name, field: attributeName(name), reason: 'attribute', values }
    taken.add(field)
    return { name, field, reason: 'name', values }
  })
}

/** Whether some numbers say no country, and no column of their lines does. */
function saysNoCountry(names: string[], rows: string[][], phone: string): boolean {
  const country = countryColumnOf(names.map(plainField))
  return rows.some((row) => {
    const defaultCountry = countryOfCell(row[country] ?? '')
    const read = parsePhone(row[names.indexOf(phone)] ?? '', defaultCountry === undefined ? {} : { defaultCountry })
    return read.reject?.code === 'phone.no_country'
  })
}
