// The header of a file and what each of its columns becomes: a field of the contact, an attribute, or nothing.
// Guessed where the name is known, as told where the person told it; two phone columns are never chosen between.
import {
  COLUMN_NAME_MAX,
  COLUMNS_MAX,
  type ContactField,
  contactFields,
  guessField,
  resemblesPhone,
} from '../../domain/contact.ts'
import { AppError, nearestWord } from '../../domain/errors.ts'
import { fieldName } from '../../domain/name.ts'
import { parsePhone } from '../../domain/phone.ts'

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
}

/** Names of properties that every object has: no column and no field is named so. */
const reservedNames = ['__proto__', 'constructor', 'prototype']
const plainName = /^[\p{L}\p{N}\p{M}_ -]+$/u

export function checkHeader(header: string[], fileName: string, options: HeaderOptions): void {
  refuseData(header, fileName, options.defaultCountry)
  if (header.length > COLUMNS_MAX)
    throw new AppError('csv.too_many_columns', `${fileName} has ${header.length} columns, at most ${COLUMNS_MAX}`, {
      hint: 'Remove the columns that no message needs.',
    })
  const unnamed = header.filter((name) => name.trim() === '').length
  const isTitle = unnamed > 0 && unnamed >= header.length / 2
  const seen = new Map<string, number>()
  for (const [index, raw] of header.entries()) {
    if (raw.trim() === '') throw emptyName(fileName, index, isTitle)
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
  if (plainName.test(name) || givenFor(name, mapping) !== undefined) return
  throw new AppError(
    'csv.bad_column_name',
    `${where} "${shown}" has other characters than letters, digits, spaces, - and _`,
    {
      hint: `Rename it, or say what it is: --map "${shown}=${proposedField(name)}" (- leaves it out).`,
    },
  )
}

/** A field name that a column can have whose own name has other characters. */
export function proposedField(name: string): string {
  if (resemblesPhone(name)) return 'phone'
  const plain = fieldName(name).replace(/[^\p{L}\p{N}\p{M}_]+/gu, '_')
  return plain.replace(/^_+|_+$/g, '') || 'field'
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
  settleOnce(columns, mapping)
  refuseSameField(columns)
  return columns
}

function checkMapping(names: string[], mapping: Mapping, fileName: string): void {
  for (const [column, field] of Object.entries(mapping)) {
    if (!names.some((name) => isSameColumn(name, column))) {
      const nearest = nearestWord(column, names)
      throw new AppError(
        'csv.unknown_column',
        `the mapping names the column "${column}", which ${fileName} does not have`,
        {
          hint: nearest === undefined ? `Columns: ${names.join(', ')}.` : `Did you mean "${nearest}"?`,
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
  return { name, field: isOwnColumn(name) ? null : (guessField(name) ?? fieldName(name)), isDate: false }
}

/** The attribute that a column becomes whose name promises a field that another column has. */
export function attributeName(name: string): string {
  const key = fieldName(name)
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
  const near = names.find(resemblesPhone) ?? names.find((_, index) => holdsNumbers(sample, index))
  return new AppError(
    'csv.phone_column_missing',
    `${fileName} has no phone column among ${names.slice(0, 20).join(', ')}`,
    {
      hint: near === undefined ? 'Name it: --map "COLUMN=phone".' : `Is it "${near}"? Then: --map "${near}=phone".`,
    },
  )
}

/** Whether a column holds nothing but what could be phones. */
export function holdsNumbers(sample: string[][], index: number): boolean {
  const cells = sample.map((row) => (row[index] ?? '').trim()).filter((cell) => cell !== '')
  return cells.length > 0 && cells.every((cell) => /^[+\d\s().\-/]{7,25}$/.test(cell))
}

/** Zone and consent come from one column; a second one that looks like it is an attribute. */
function settleOnce(columns: Column[], mapping: Mapping): void {
  for (const field of contactFields.filter((name): name is Exclude<ContactField, 'phone'> => name !== 'phone')) {
    const named = columns.filter((column) => column.field === field)
    const kept = named.find((column) => givenFor(column.name, mapping) !== undefined) ?? named[0]
    for (const column of named)
      if (column !== kept && givenFor(column.name, mapping) === undefined) column.field = attributeName(column.name)
  }
}

/** Of two columns for one field the second would overwrite the first, unseen. */
function refuseSameField(columns: Column[]): void {
  const seen = new Map<string, Column>()
  for (const column of columns) {
    if (column.field === null) continue
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
