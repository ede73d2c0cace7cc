// The header of a file and what each of its columns becomes: a field of the contact, an attribute, or nothing.
// Guessed where the name is known, as told where the person told it; two phone columns are never chosen between.

import { isBlankText } from '../../domain/blank-text.ts'
import { resemblesConsent } from '../../domain/consent-columns.ts'
import { COLUMN_NAME_MAX, COLUMNS_MAX, contactFields, guessField } from '../../domain/contact.ts'
import { countryColumnOf } from '../../domain/country-name.ts'
import { AppError, nearestHint } from '../../domain/errors.ts'
import { isExportedColumn } from '../../domain/exported-columns.ts'
import { fieldName } from '../../domain/name.ts'
import { parsePhone } from '../../domain/phone.ts'
import { resemblesPhone } from '../../domain/phone-columns.ts'

/** What one column becomes. */
export interface Column {
  name: string
  /** A field of the contact, the name of an attribute, or null when the column is left out. */
  field: string | null
  /** A date column is checked and stored as YYYY-MM-DD. */
  isDate: boolean
}

/** column → field, as a person gave it; `-` leaves the column out, `field:date` makes it a date. */
export type Mapping = Readonly<Record<string, string>>

export interface HeaderOptions {
  mapping: Mapping
  defaultCountry: string | undefined
  /** First rows: a column without a name and without values is nothing. */
  rows: readonly string[][]
}

/** Names of properties that every object has: no column and no field is named so. */
const reservedNames = ['__proto__', 'constructor', 'prototype']
const plainName = /^[\p{L}\p{N}\p{M}_ -]+$/u
/** Signs in names that other programs give their columns: `Manager's Name`, `Country/Region`. They become _ in the field. */
const vendorName = /^[\p{L}\p{N}\p{M}_ '\u2019/&().#:-]+$/u

export function checkHeader(header: string[], fileName: string, options: HeaderOptions): void {
  refuseData(header, fileName, options.defaultCountry)
  if (header.length > COLUMNS_MAX)
    throw new AppError('csv.too_many_columns', `${fileName} has ${header.length} columns, at most ${COLUMNS_MAX}`, {
      hint: 'Remove the columns that no message needs.',
    })
  const unnamed = header.filter(isBlankText).length
  const isTitle = unnamed > 0 && unnamed >= header.length / 2
  const seen = new Map<string, number>()
  for (const [index, raw] of header.entries()) {
    if (isBlankText(raw)) {
      if (options.rows.every((row) => isBlankText(row[index] ?? ''))) continue
      throw emptyName(fileName, index, isTitle)
    }
    checkColumnName(raw.trim(), `${fileName}: column ${index + 1}`, options.mapping)
    checkNotSeen(raw.trim(), index, seen, fileName)
  }
}

/** A number as people write it at home, in whichever country. */
const nationalNumber = /^\(?0[\d\s().\-/]{6,24}$/

function refuseData(header: string[], fileName: string, defaultCountry: string | undefined): void {
  const options = defaultCountry === undefined ? {} : { defaultCountry }
  const index = header.findIndex(
    (cell) =>
      nationalNumber.test(cell.trim()) ||
      (/\d{7,}/.test(cell.replace(/[\s().-]/g, '')) && parsePhone(cell, options).phone !== undefined),
  )
  if (index < 0) return
  throw new AppError(
    'csv.header_missing',
    `the first line of ${fileName} holds a phone number: it is data, no header`,
    {
      hint: `Add a header line, or import with --no-header --map column_${index + 1}=phone.`,
    },
  )
}

function emptyName(fileName: string, index: number, isTitle: boolean): AppError {
  return new AppError('csv.empty_column_name', `${fileName}: column ${index + 1} has no name`, {
    hint: isTitle
      ? 'Is the first line a title? Remove it: the header comes first.'
      : 'Give every column a name, or remove the column.',
  })
}

/** A column that nobody named and that was empty where the file was looked at first has a value further down. */
export function lateValue(fileName: string, index: number, line: number): AppError {
  return new AppError(
    'csv.empty_column_name',
    `${fileName}: column ${index + 1} has no name, and line ${line} has a value in it`,
    { hint: 'Give the column a name, or empty it.' },
  )
}

/** What is told of columns without name and values. */
export function unnamedNotes(header: readonly string[]): string[] {
  const unnamed = header.flatMap((name, index) => (isBlankText(name) ? [index + 1] : []))
  if (unnamed.length === 0) return []
  return [
    unnamed.length === 1
      ? `column ${unnamed[0]} has no name and no values: it is left out`
      : `columns ${unnamed.join(', ')} have no name and no values: they are left out`,
  ]
}

function checkColumnName(name: string, where: string, mapping: Mapping): void {
  const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name
  if (name.length > COLUMN_NAME_MAX)
    throw new AppError(
      'csv.column_name_too_long',
      `${where} "${shown}" has a name of ${name.length} characters, at most ${COLUMN_NAME_MAX}`,
      { hint: 'Rename the column.' },
    )
  if (reservedNames.includes(fieldName(name)))
    throw new AppError('csv.reserved_column', `${where}: the name '${shown}' is not allowed`, {
      hint: 'Rename the column.',
    })
  if (plainName.test(name) || isVendorName(name) || givenFor(name, mapping) !== undefined) return
  throw new AppError(
    'csv.bad_column_name',
    `${where} "${shown}" has other characters than letters, digits, spaces, - and _`,
    {
      hint: `Rename it, or say what it is: --map "${shown}=${proposedField(name)}" (- leaves it out).`,
    },
  )
}

function isVendorName(name: string): boolean {
  return vendorName.test(name) && /[\p{L}\p{N}]/u.test(name) && !reservedNames.some((word) => name.includes(word))
}

/** A field name that a column can have whose own name has other characters. */
export function proposedField(name: string): string {
  return resemblesPhone(name) ? 'phone' : plainField(name)
}

/** The name of a column with nothing in it that a field's name cannot have. */
export function plainField(name: string): string {
  const plain = fieldName(name).replace(/[^\p{L}\p{N}\p{M}_]+/gu, '_')
  let end = plain.length
  while (plain[end - 1] === '_') end--
  return plain.slice(0, end).replace(/^_+/, '') || 'field'
}

function checkNotSeen(name: string, index: number, seen: Map<string, number>, fileName: string): void {
  const key = fieldName(name)
  const first = seen.get(key)
  if (first !== undefined)
    throw new AppError(
      'csv.duplicate_column',
      `${fileName}: column '${name}' appears twice (${first + 1} and ${index + 1})`,
      {
        hint: 'Rename or remove one of them.',
      },
    )
  seen.set(key, index)
}

/** Columns that a rejects file has beside the original ones; an import leaves them out. */
export const rejectColumns = ['herald_line', 'herald_code', 'herald_hint'] as const

export function isOwnColumn(name: string): boolean {
  return rejectColumns.some((own) => own === fieldName(name))
}

export interface MapOptions {
  fileName: string
  /** First rows: what a column holds tells which one to offer. */
  sample: string[][]
}

export function mapColumns(names: string[], mapping: Mapping, options: MapOptions): Column[] {
  checkMapping(names, mapping, options.fileName)
  const columns = names.map((name) => mapColumn(name, mapping))
  settlePhone(columns, mapping, options)
  settleZone(columns, mapping)
  refuseSameField(columns)
  return columns
}

function checkMapping(names: string[], mapping: Mapping, fileName: string): void {
  for (const [column, field] of Object.entries(mapping)) {
    if (!names.some((name) => isSameColumn(name, column))) {
      throw new AppError(
        'csv.unknown_column',
        `the mapping names the column "${column}", which ${fileName} does not have`,
        {
          hint: nearestHint(column, names, `Columns: ${namesIn(names)}.`),
        },
      )
    }
    if (field === '-' || field === '') continue
    const name = field.replace(/:date$/, '')
    const where = `the column "${column}" cannot become "${field.slice(0, 40)}"`
    if (reservedNames.includes(fieldName(name)))
      throw new AppError('csv.reserved_column', `${where}: this field name is not allowed`, {
        hint: 'Choose another one.',
      })
    if (!plainName.test(name) || name.length > COLUMN_NAME_MAX)
      throw new AppError('csv.bad_column_name', `${where}: no field can be named so`, {
        hint: `Field names have letters, digits, - and _, at most ${COLUMN_NAME_MAX}.`,
      })
  }
}

export function isSameColumn(name: string, given: string): boolean {
  return name === given || fieldName(name) === fieldName(given)
}

function givenFor(name: string, mapping: Mapping): string | undefined {
  return Object.entries(mapping).find(([column]) => isSameColumn(name, column))?.[1]
}

function mapColumn(name: string, mapping: Mapping): Column {
  const given = givenFor(name, mapping)
  if (given !== undefined) {
    const isDate = given.endsWith(':date')
    const field = fieldName(isDate ? given.slice(0, -':date'.length) : given)
    return { name, field: given === '-' || given === '' ? null : field, isDate }
  }
  const isNothing = name === '' || isOwnColumn(name) || isExportedColumn(name)
  return { name, field: isNothing ? null : (guessField(name) ?? attributeOf(name)), isDate: false }
}

/** A column that is nothing else is an attribute of its name. */
function attributeOf(name: string): string {
  return plainName.test(name) ? fieldName(name) : plainField(name)
}

/** The attribute that a column becomes whose name promises a field that another column has. */
export function attributeName(name: string): string {
  const key = attributeOf(name)
  return contactFields.some((field) => field === key) ? `${key}_2` : key
}

function settlePhone(columns: Column[], mapping: Mapping, options: MapOptions): void {
  const isGiven = (column: Column) => givenFor(column.name, mapping) !== undefined
  const phones = () => columns.filter((column) => column.field === 'phone')
  if (phones().some(isGiven))
    for (const column of phones()) if (!isGiven(column)) column.field = attributeName(column.name)
  const [first, second] = phones()
  if (first === undefined) throw phoneMissing(columns, options)
  if (second === undefined) return
  throw new AppError(
    'csv.phone_column_ambiguous',
    `${options.fileName} has several phone columns: ${phones()
      .map((column) => column.name)
      .join(', ')}`,
    {
      hint: `Choose one: --map "${first.name}=phone".`,
    },
  )
}

function phoneMissing(columns: Column[], { fileName, sample }: MapOptions): AppError {
  const names = columns.map((column) => column.name)
  const [near, ...others] = phoneCandidates(names, sample).slice(0, 4)
  const all = [near, ...others].map((name) => `"${name}"`).join(' or ')
  return new AppError('csv.phone_column_missing', `${fileName} has no phone column among ${namesIn(names)}`, {
    hint: near === undefined ? 'Name it: --map "COLUMN=phone".' : `Is it ${all}? Then: --map "${near}=phone".`,
  })
}

function namesIn(names: readonly string[]): string {
  return names
    .filter((name) => name !== '')
    .slice(0, 20)
    .join(', ')
}

/** A column that says of which kind a number is, as `Phone 1 - Type` beside `Phone 1 - Value`. */
const kindOfPhone = /(?:^|[\s_-])(?:type|label|kind|typ|art|tipo)$/i

/** Columns that may hold the phone, best first: by their names and by what is in them. */
export function phoneCandidates(names: readonly string[], sample: string[][]): string[] {
  const mark = (name: string, index: number) => {
    if (guessField(name) === 'phone') return 4
    const share = shareOfNumbers(sample, index)
    if (!resemblesPhone(name)) return share === 1 ? 2 : 0
    if (share !== undefined && share >= 0.5) return 3
    return kindOfPhone.test(name) ? 0 : 1
  }
  return names
    .map((name, index) => ({ name, mark: mark(name, index) }))
    .filter((one) => one.mark > 0)
    .sort((a, b) => b.mark - a.mark)
    .map(({ name }) => name)
}

/** How much of a column could be phones, several of them in a cell included; undefined for an empty one. */
function shareOfNumbers(sample: string[][], index: number): number | undefined {
  const cells = sample.map((row) => row[index] ?? '').filter((cell) => !isBlankText(cell))
  if (cells.length === 0) return undefined
  return cells.filter((cell) => cell.split(':::').every(looksLikeNumber)).length / cells.length
}

/** Whether a text is made as phones are, of whichever country. */
export function looksLikeNumber(text: string): boolean {
  const trimmed = text.trim()
  return /^[+\p{Nd}\s().\-/]{7,25}$/u.test(trimmed) && trimmed.replace(/\P{Nd}/gu, '').length >= 7
}

/** The zone comes from one column; a second one that looks like it is an attribute. */
function settleZone(columns: Column[], mapping: Mapping): void {
  const named = columns.filter((column) => column.field === 'zone')
  const kept = named.find((column) => givenFor(column.name, mapping) !== undefined) ?? named[0]
  for (const column of named)
    if (column !== kept && givenFor(column.name, mapping) === undefined) column.field = attributeName(column.name)
}

/** Fields that several columns may speak of: who refuses in one of them has refused. */
export function isRepeatable(field: string): boolean {
  return field === 'consent' || field === 'opt_out'
}

/** Of two columns for one field the second would overwrite the first, unseen. */
function refuseSameField(columns: Column[]): void {
  const seen = new Map<string, Column>()
  for (const column of columns) {
    if (column.field === null || isRepeatable(column.field)) continue
    const first = seen.get(column.field)
    if (first !== undefined)
      throw new AppError(
        'csv.duplicate_column',
        `the columns "${first.name}" and "${column.name}" both become the field ${column.field}`,
        {
          hint: `Give one of them another field: --map "${column.name}=${column.field}_2" (- leaves it out).`,
        },
      )
    seen.set(column.field, column)
  }
}

/** What is told of columns that may say who agreed or refused, and are taken as fields all the same. */
export function consentNotes(columns: readonly Column[]): string[] {
  return columns
    .filter(({ name, field }) => field !== null && field === attributeOf(name) && resemblesConsent(name))
    .map(
      ({ name }) =>
        `column "${name}" is taken as a field; if it says who refuses messages, map it to opt_out, and if it says who agreed, to consent`,
    )
}

/** What is told of a column that decides how numbers are read. */
export function countryNotes(columns: readonly Column[]): string[] {
  const column = columns[countryColumnOf(columns.map(({ field }) => field))]
  return column === undefined ? [] : [`numbers without a calling code are read by the country in "${column.name}"`]
}
