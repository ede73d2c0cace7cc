// The header of a file and what each of its columns becomes: a field of the contact, an attribute, or nothing.
// Guessed where the name is known, as told where the person told it; two phone columns are never chosen between.
import {
  COLUMN_NAME_MAX,
  COLUMNS_MAX,
  type ContactField,
  contactFields,
  fieldName,
  guessField,
  resemblesPhone,
} from '../../domain/contact.ts'
import { AppError, nearestWord } from '../../domain/errors.ts'
import { parsePhone } from '../../domain/phone.ts'

/** What one column becomes. */
export interface Column {
  name: string
  /** A field of the contact, the name of an attribute, or null when the column is left out. */
  field: string | null
  /** A date column is checked and stored as YYYY-MM-DD. */
  isDate: boolean
}

export function checkHeader(
  header: string[],
  firstRow: string[] | undefined,
  fileName: string,
  defaultCountry: string | undefined,
): void {
  const looksLikeData = header.some(
    (cell) =>
      /\d{7,}/.test(cell.replace(/[\s().-]/g, '')) &&
      parsePhone(cell, defaultCountry === undefined ? {} : { defaultCountry }).phone !== undefined,
  )
  if (looksLikeData)
    throw new AppError(
      'csv.header_missing',
      `the first line of ${fileName} holds a phone number: it is data, no header`,
      {
        hint: 'Add a header line, or import with --no-header and --map column_1=phone.',
      },
    )
  if (header.length > COLUMNS_MAX)
    throw new AppError('csv.too_many_columns', `${fileName} has ${header.length} columns, at most ${COLUMNS_MAX}`)
  const seen = new Map<string, number>()
  for (const [index, raw] of header.entries()) checkColumnName(raw, index, seen)
  if (firstRow === undefined) throw new AppError('csv.no_rows', `${fileName} has a header and no lines`)
}

function checkColumnName(raw: string, index: number, seen: Map<string, number>): void {
  const name = raw.trim()
  const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name
  if (name === '')
    throw new AppError('csv.empty_column_name', `column ${index + 1} has no name`, {
      hint: 'Give every column a name.',
    })
  if (name.length > COLUMN_NAME_MAX)
    throw new AppError(
      'csv.column_name_too_long',
      `column ${index + 1} "${shown}" has a name of ${name.length} characters, at most ${COLUMN_NAME_MAX}`,
    )
  const key = fieldName(name)
  if (['__proto__', 'constructor', 'prototype'].includes(key))
    throw new AppError('csv.reserved_column', `column name '${shown}' is not allowed`, {
      hint: 'Rename the column.',
    })
  if (!/^[\p{L}\p{N}\p{M}_ -]+$/u.test(name))
    throw new AppError(
      'csv.bad_column_name',
      `column ${index + 1} "${shown}" has other characters than letters, digits, spaces, - and _`,
      { hint: 'Rename the column.' },
    )
  const first = seen.get(key)
  if (first !== undefined)
    throw new AppError('csv.duplicate_column', `column '${shown}' appears twice (${first + 1} and ${index + 1})`, {
      hint: 'Rename or remove one of them.',
    })
  seen.set(key, index)
}

/** Columns that our own rejects files add; they are never imported. */
const ownColumns = /^herald_/

export function mapColumns(names: string[], mapping: Readonly<Record<string, string>>, fileName: string): Column[] {
  for (const column of Object.keys(mapping)) {
    if (names.some((name) => isSameColumn(name, column))) continue
    const nearest = nearestWord(column, names)
    throw new AppError('csv.unknown_column', `--map names the column "${column}", which ${fileName} does not have`, {
      hint: nearest === undefined ? `Columns: ${names.join(', ')}.` : `Did you mean "${nearest}"?`,
    })
  }
  const columns = names.map((name) => mapColumn(name, mapping))
  settlePhone(columns, names, mapping, fileName)
  settleOnce(columns, mapping)
  return columns
}

function isSameColumn(name: string, given: string): boolean {
  return name === given || fieldName(name) === fieldName(given)
}

function mapColumn(name: string, mapping: Readonly<Record<string, string>>): Column {
  const given = Object.entries(mapping).find(([column]) => isSameColumn(name, column))?.[1]
  if (given !== undefined) {
    const isDate = given.endsWith(':date')
    const field = fieldName(isDate ? given.slice(0, -':date'.length) : given)
    return { name, field: field === '_' || given === '-' || given === '' ? null : field, isDate }
  }
  const key = fieldName(name)
  return { name, field: ownColumns.test(key) ? null : (guessField(name) ?? key), isDate: false }
}

function settlePhone(
  columns: Column[],
  names: string[],
  mapping: Readonly<Record<string, string>>,
  fileName: string,
): void {
  const guessed = columns.filter((column) => column.field === 'phone')
  const isMapped = Object.values(mapping).includes('phone')
  if (guessed.length > 1 && isMapped) {
    for (const column of guessed)
      if (!Object.keys(mapping).some((name) => isSameColumn(column.name, name))) column.field = fieldName(column.name)
    return
  }
  if (guessed.length > 1)
    throw new AppError(
      'csv.phone_column_ambiguous',
      `${fileName} has several phone columns: ${guessed.map((column) => column.name).join(', ')}`,
      {
        hint: `Choose one: --map "${guessed[0]?.name}=phone".`,
      },
    )
  if (guessed.length === 1) return
  const near = names.find(resemblesPhone)
  throw new AppError(
    'csv.phone_column_missing',
    `${fileName} has no phone column among ${names.slice(0, 20).join(', ')}`,
    {
      hint: `Name it: --map "${near ?? names[0] ?? 'column'}=phone".`,
    },
  )
}

/** Zone and consent come from one column; a second one that looks like it is an attribute. */
function settleOnce(columns: Column[], mapping: Readonly<Record<string, string>>): void {
  for (const field of contactFields.filter((name): name is Exclude<ContactField, 'phone'> => name !== 'phone')) {
    const named = columns.filter((column) => column.field === field)
    const kept =
      named.find((column) => Object.keys(mapping).some((name) => isSameColumn(column.name, name))) ?? named[0]
    for (const column of named) if (column !== kept) column.field = fieldName(column.name)
  }
}
