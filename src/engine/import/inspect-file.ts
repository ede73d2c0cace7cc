// What a file is before a line of it is imported: its bytes, encoding, delimiter, header and what its columns mean.
// Everything that makes the whole file unusable is refused here, in this order: not text, no phone column, bad header.
import { createHash } from 'node:crypto'
import { createReadStream, type Stats, statSync } from 'node:fs'
import { TextDecoder } from 'node:util'
import { parse } from 'csv-parse/sync'
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

/** Read to find delimiter and header. */
const SAMPLE_BYTES = 64 * 1024
const CHUNK_BYTES = 1024 * 1024
/** Share of non-ASCII bytes that stand beside another one: single accented letters in western text, pairs elsewhere. */
const PAIRED_SHARE_MAX = 0.35

export type Delimiter = ',' | ';' | '\t' | '|'
const delimiters: Delimiter[] = [',', ';', '\t', '|']

/** What one column becomes. */
export interface Column {
  name: string
  /** A field of the contact, the name of an attribute, or null when the column is left out. */
  field: string | null
  /** A date column is checked and stored as YYYY-MM-DD. */
  isDate: boolean
}

export interface FileFacts {
  path: string
  fileName: string
  bytes: number
  modifiedMs: number
  sha256: string
  /** A label of TextDecoder. */
  encoding: string
  delimiter: Delimiter
  /** Bytes before the header: a byte-order mark, a `sep=` line. */
  skipBytes: number
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
}

/** Looks at a file. Throws AppError csv.* or file.*. */
export async function inspectFile(path: string, options: InspectOptions = {}): Promise<FileFacts> {
  const stats = statFile(path)
  const fileName = options.fileName ?? path.split(/[\\/]/).at(-1) ?? path
  if (stats.size === 0) throw new AppError('csv.empty', `${fileName} is empty (0 bytes)`)
  const scan = await scanBytes(path)
  refuseOtherKinds(scan.start, fileName)
  const encoding = decideEncoding(scan, options.encoding, fileName)
  const text = new TextDecoder(encoding.label).decode(scan.start.subarray(encoding.markBytes))
  const separator = /^sep=(.)(?:\r\n|\n|\r)/i.exec(text)
  const body = separator === null ? text : text.slice(separator[0].length)
  if (body.trim() === '') throw new AppError('csv.empty', `${fileName} holds only blank lines`)
  const isWhole = stats.size <= SAMPLE_BYTES
  const delimiter = (delimiters as string[]).includes(separator?.[1] ?? '')
    ? (separator?.[1] as Delimiter)
    : detectDelimiter(body, isWhole, fileName)
  const records = parseSample(body, delimiter, isWhole).filter((record) => record.some((cell) => cell.trim() !== ''))
  const notes = notesOf(encoding, delimiter)
  const header = records[0] ?? []
  const hasHeader = !(options.hasNoHeader ?? false)
  if (hasHeader) checkHeader(header, records[1], fileName, options.defaultCountry)
  const names = hasHeader ? header.map((name) => name.trim()) : header.map((_, index) => `column_${index + 1}`)
  return {
    path,
    fileName,
    bytes: stats.size,
    modifiedMs: stats.mtimeMs,
    sha256: scan.sha256,
    encoding: encoding.label,
    delimiter,
    skipBytes: encoding.markBytes + (separator === null ? 0 : byteLength(separator[0], encoding.label)),
    hasHeader,
    columns: mapColumns(names, options.mapping ?? {}, fileName),
    notes,
    sample: records.slice(hasHeader ? 1 : 0, 6),
  }
}

function statFile(path: string): Stats {
  let stats: Stats
  try {
    stats = statSync(path)
  } catch (error) {
    throw new AppError('file.not_found', `there is no file ${path}`, { cause: error })
  }
  if (!stats.isFile())
    throw new AppError('file.not_a_regular_file', `${path} is no regular file`, {
      hint: 'Name a CSV file, or - for standard input.',
    })
  return stats
}

interface ByteScan {
  start: Buffer
  sha256: string
  /** Offset of the first byte that is no UTF-8, or undefined. */
  invalidUtf8At: number | undefined
  hasValidMultibyte: boolean
  /** Non-ASCII bytes, and those of them beside another one. */
  high: number
  paired: number
  /** Bytes that Windows-1252 does not use. */
  undefined1252: number
  /** Zero bytes at even and odd offsets of the start. */
  zeros: [number, number]
}

async function scanBytes(path: string): Promise<ByteScan> {
  const hash = createHash('sha256')
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const scan: ByteScan = {
    start: Buffer.alloc(0),
    sha256: '',
    invalidUtf8At: undefined,
    hasValidMultibyte: false,
    high: 0,
    paired: 0,
    undefined1252: 0,
    zeros: [0, 0],
  }
  let offset = 0
  try {
    for await (const chunk of createReadStream(path, {
      highWaterMark: CHUNK_BYTES,
    }) as AsyncIterable<Buffer>) {
      if (offset === 0) scan.start = chunk.subarray(0, SAMPLE_BYTES)
      hash.update(chunk)
      checkUtf8(scan, decoder, chunk, offset)
      offset += chunk.length
    }
    if (scan.invalidUtf8At === undefined) decoder.decode()
  } catch (error) {
    if (!(error instanceof TypeError)) throw new AppError('file.not_readable', `cannot read ${path}`, { cause: error })
    scan.invalidUtf8At ??= offset
  }
  for (let i = 0; i < Math.min(scan.start.length, 1024); i++) if (scan.start[i] === 0) scan.zeros[i % 2 === 0 ? 0 : 1]++
  scan.sha256 = hash.digest('hex')
  return scan
}

function checkUtf8(scan: ByteScan, decoder: TextDecoder, chunk: Buffer, offset: number): void {
  if (scan.invalidUtf8At === undefined) {
    try {
      const text = decoder.decode(chunk, { stream: true })
      scan.hasValidMultibyte ||= text.length !== chunk.length
      return
    } catch {
      scan.invalidUtf8At = offset + firstInvalidUtf8(chunk)
    }
  }
  // Only a file that is no UTF-8 is counted byte by byte.
  for (let i = 0; i < chunk.length; i++) {
    const byte = chunk[i] ?? 0
    if (byte < 0x80) continue
    scan.high++
    if ((chunk[i - 1] ?? 0) >= 0x80 || (chunk[i + 1] ?? 0) >= 0x80) scan.paired++
    if (byte === 0x81 || byte === 0x8d || byte === 0x8f || byte === 0x90 || byte === 0x9d) scan.undefined1252++
  }
}

function firstInvalidUtf8(chunk: Buffer): number {
  let low = 0
  let high = chunk.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(chunk.subarray(0, middle), { stream: true })
      low = middle
    } catch {
      high = middle
    }
  }
  return low
}

const kinds: [string, string][] = [
  ['PK\x03\x04', 'an Excel or ZIP file'],
  ['\xd0\xcf\x11\xe0', 'an old Excel file'],
  ['\x1f\x8b', 'a gzip file'],
  ['%PDF', 'a PDF'],
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['SQLite format 3', 'an SQLite database'],
  ['{\\rtf', 'an RTF document'],
]

function refuseOtherKinds(start: Buffer, fileName: string): void {
  const head = start.subarray(0, 64).toString('latin1')
  const text = start.toString('latin1').trimStart().toLowerCase()
  const kind = kinds.find(([magic]) => head.startsWith(magic))?.[1] ?? textKind(text)
  if (kind !== undefined)
    throw new AppError('csv.not_text', `${fileName} is ${kind}, no CSV`, {
      hint: 'Open it in a spreadsheet and save it as CSV UTF-8.',
    })
}

function textKind(text: string): string | undefined {
  if (/^(?:\xef\xbb\xbf)?(?:<!doctype html|<html|<head|<body)/.test(text)) return 'an HTML page'
  if (/^(?:\xef\xbb\xbf)?<\?xml/.test(text)) return 'an XML file'
  return /^(?:\xef\xbb\xbf)?(?:\{\s*"|\[\s*[{["])/.test(text) ? 'a JSON file' : undefined
}

interface Encoding {
  label: string
  markBytes: number
  note?: string
}

function decideEncoding(scan: ByteScan, named: string | undefined, fileName: string): Encoding {
  const { start } = scan
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf && scan.invalidUtf8At === undefined)
    return { label: 'utf-8', markBytes: 3 }
  if (start[0] === 0xff && start[1] === 0xfe)
    return { label: 'utf-16le', markBytes: 2, note: 'encoding UTF-16 was converted' }
  if (start[0] === 0xfe && start[1] === 0xff)
    return { label: 'utf-16be', markBytes: 2, note: 'encoding UTF-16 was converted' }
  if (named !== undefined) return namedEncoding(named)
  refuseUnmarkedUtf16(scan, fileName)
  if (scan.invalidUtf8At === undefined) return { label: 'utf-8', markBytes: 0 }
  return westernEncoding(scan, scan.invalidUtf8At, fileName)
}

function namedEncoding(label: string): Encoding {
  try {
    return { label: new TextDecoder(label).encoding, markBytes: 0 }
  } catch (error) {
    throw new AppError('csv.encoding', `"${label}" is no known encoding`, {
      hint: 'Examples: utf-8, windows-1252, shift_jis, gb18030.',
      cause: error,
    })
  }
}

function refuseUnmarkedUtf16({ start, zeros: [even, odd] }: ByteScan, fileName: string): void {
  const looked = Math.min(start.length, 1024)
  if (Math.max(even, odd) <= looked / 8) return
  throw new AppError('csv.encoding', `${fileName} has NUL bytes at offset ${start.indexOf(0)}: it looks like UTF-16`, {
    hint: 'Save it as CSV UTF-8.',
  })
}

function westernEncoding(scan: ByteScan, invalidAt: number, fileName: string): Encoding {
  const isWestern = scan.undefined1252 === 0 && scan.paired <= scan.high * PAIRED_SHARE_MAX
  if (isWestern && !scan.hasValidMultibyte)
    return {
      label: 'windows-1252',
      markBytes: 0,
      note: 'encoding Windows-1252 was recognised: check names with accents',
    }
  const why = scan.hasValidMultibyte ? 'it mixes UTF-8 with another encoding' : 'its encoding cannot be told'
  throw new AppError('csv.encoding', `${fileName} is not UTF-8 from byte ${invalidAt} on, and ${why}`, {
    hint: 'Save it as CSV UTF-8, or name its encoding: --encoding shift_jis.',
  })
}

function byteLength(text: string, encoding: string): number {
  return encoding.startsWith('utf-16') ? text.length * 2 : text.length
}

function detectDelimiter(text: string, isWhole: boolean, fileName: string): Delimiter {
  const scores = delimiters
    .map((delimiter) => ({ delimiter, ...scoreDelimiter(text, delimiter, isWhole) }))
    .filter((score) => score.columns > 1)
  const best = scores.sort(
    (a, b) => Number(b.hasPhone) - Number(a.hasPhone) || b.steady - a.steady || b.columns - a.columns,
  )
  const [first, second] = best
  if (first === undefined) return ','
  const isTie =
    second !== undefined &&
    second.hasPhone === first.hasPhone &&
    second.steady === first.steady &&
    second.columns === first.columns
  if (isTie)
    throw new AppError(
      'csv.delimiter_unclear',
      `${fileName} can be split by ${JSON.stringify(first.delimiter)} and by ${JSON.stringify(second.delimiter)}`,
      {
        hint: 'Put a first line "sep=;" with the right character into the file.',
      },
    )
  return first.delimiter
}

/** How well a delimiter splits the sample: columns of the first line, and the share of lines with as many. */
function scoreDelimiter(
  text: string,
  delimiter: Delimiter,
  isWhole: boolean,
): { columns: number; steady: number; hasPhone: boolean } {
  const records = parseSample(text, delimiter, isWhole).slice(0, 100)
  const columns = records[0]?.length ?? 0
  const steady = records.filter((record) => record.length === columns).length / Math.max(1, records.length)
  return {
    columns,
    steady: Math.round(steady * 10),
    hasPhone: records[0]?.some((name) => guessField(name) === 'phone') ?? false,
  }
}

/** Records of the sample; the last one may be cut and is left out unless the sample is the whole file. */
function parseSample(text: string, delimiter: Delimiter, isWhole: boolean): string[][] {
  try {
    const records = parse(text, {
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      to: 200,
    }) as string[][]
    return isWhole || records.length < 2 ? records : records.slice(0, -1)
  } catch {
    // A quote that closes after the sample, or never: the lines before it tell enough, and staging names the place.
    const upTo = text.indexOf('"')
    return text
      .slice(0, upTo < 0 ? undefined : upTo)
      .split(/\r\n|\n|\r/)
      .filter(Boolean)
      .map((line) => line.split(delimiter))
  }
}

function notesOf(encoding: Encoding, delimiter: Delimiter): string[] {
  const notes = encoding.note === undefined ? [] : [encoding.note]
  return delimiter === ','
    ? notes
    : [...notes, `delimiter ${delimiter === '\t' ? 'tab' : `'${delimiter}'`} was recognised`]
}

function checkHeader(
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

function mapColumns(names: string[], mapping: Readonly<Record<string, string>>, fileName: string): Column[] {
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
