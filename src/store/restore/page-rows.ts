// Pages of SQLite's tables and indexes → their rows, as far as they are sound. Throws nothing for whatever a page holds:
// what is no row is left out, and counted.
import type { PageFile } from './page-file.ts'

export type Value = null | number | bigint | string | Buffer

export interface Row {
  /** 0 in an index. */
  rowid: number
  values: Value[]
}

export interface PageRows {
  rows: Row[]
  /** Of how many rows something is lost. */
  unreadable: number
}

/** Of a table only its leaves have rows; of an index all pages. Rows are read when they are asked for. */
export type Page =
  | { kind: 'interior'; children: number[] }
  | { kind: 'leaf'; read: () => PageRows }
  | { kind: 'index'; read: () => PageRows }

const LEAF = 0x0d
const INTERIOR = 0x05
const INDEX_LEAF = 0x0a
const INDEX_INTERIOR = 0x02
const CELL_BYTES_MIN = 4
/** The header of the file comes before the first page. */
const FIRST_PAGE_OFFSET = 100

/** Undefined for a page that is none of a table or an index: free, overwritten, the rest of a long row, or not there. */
export function readPage(file: PageFile, number: number): Page | undefined {
  const page = file.read(number)
  if (page === undefined) return undefined
  const start = number === 1 ? FIRST_PAGE_OFFSET : 0
  const type = page[start]
  const isInterior = type === INTERIOR || type === INDEX_INTERIOR
  if (!isInterior && type !== LEAF && type !== INDEX_LEAF) return undefined
  const cells = readCellPlaces(page, { start, headerBytes: isInterior ? 12 : 8, usableBytes: file.usableBytes })
  if (cells === undefined) return undefined
  if (type === INTERIOR)
    return { kind: 'interior', children: [...cells.map((at) => page.readUInt32BE(at)), page.readUInt32BE(start + 8)] }
  const isTable = type === LEAF
  const read = () => {
    const rows = cells.map((at) => readRow(file, page, { at: at + (isInterior ? 4 : 0), isTable }))
    const sound = rows.filter((row) => row !== undefined)
    return { rows: sound, unreadable: rows.length - sound.length }
  }
  return { kind: isTable ? 'leaf' : 'index', read }
}

function readCellPlaces(
  page: Buffer,
  { start, headerBytes, usableBytes }: { start: number; headerBytes: number; usableBytes: number },
): number[] | undefined {
  const count = page.readUInt16BE(start + 3)
  const first = start + headerBytes
  const end = first + 2 * count
  if (end > usableBytes) return undefined
  const places = Array.from({ length: count }, (_, index) => page.readUInt16BE(first + 2 * index))
  return places.every((at) => at >= end && at <= usableBytes - CELL_BYTES_MIN) ? places : undefined
}

function readRow(file: PageFile, page: Buffer, { at, isTable }: { at: number; isTable: boolean }): Row | undefined {
  try {
    const length = readVarint(page, at)
    const rowid = isTable ? readVarint(page, at + length.bytes) : { value: 0, bytes: 0 }
    const start = at + length.bytes + rowid.bytes
    const record = readPayload(file, page, { start, length: length.value, isTable })
    const values = record === undefined ? undefined : readRecord(record)
    return values === undefined ? undefined : { rowid: rowid.value, values }
  } catch (error) {
    // Lengths that lead out of the page.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** A long row goes on in pages of its own, one after the other. */
function readPayload(
  file: PageFile,
  page: Buffer,
  { start, length, isTable }: { start: number; length: number; isTable: boolean },
): Buffer | undefined {
  const { usableBytes, pageCount, pageBytes } = file
  if (length > pageCount * pageBytes) return undefined
  const local = localBytes(length, usableBytes, isTable)
  if (start + local > usableBytes) return undefined
  const parts = [page.subarray(start, start + local)]
  let left = length - local
  for (let next = left > 0 ? page.readUInt32BE(start + local) : 0; left > 0; ) {
    const more = file.read(next)
    if (more === undefined) return undefined
    parts.push(more.subarray(4, 4 + Math.min(left, usableBytes - 4)))
    left -= usableBytes - 4
    next = more.readUInt32BE(0)
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts)
}

/** How much of a row is in its own page, by SQLite's file format. */
function localBytes(length: number, usable: number, isTable: boolean): number {
  const most = isTable ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23
  if (length <= most) return length
  const least = Math.floor(((usable - 12) * 32) / 255) - 23
  const local = least + ((length - least) % (usable - 4))
  return local <= most ? local : least
}

function readVarint(bytes: Buffer, at: number): { value: number; bytes: number } {
  let value = 0
  for (let index = 0; index < 8; index++) {
    const byte = bytes.readUInt8(at + index)
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return { value, bytes: index + 1 }
  }
  return { value: value * 256 + bytes.readUInt8(at + 8), bytes: 9 }
}

/** Undefined when its parts do not come to its length. */
function readRecord(record: Buffer): Value[] | undefined {
  const header = readVarint(record, 0)
  const values: Value[] = []
  let place = header.value
  for (let at = header.bytes; at < header.value; ) {
    const { value: type, bytes } = readVarint(record, at)
    at += bytes
    const length = lengthOf(type)
    if (length === undefined || at > header.value || place + length > record.length) return undefined
    values.push(readValue(record.subarray(place, place + length), type))
    place += length
  }
  return place === record.length && header.value <= record.length ? values : undefined
}

const numberBytes = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0]

function lengthOf(type: number): number | undefined {
  return type < 12 ? numberBytes[type] : Math.floor((type - 12) / 2)
}

function readValue(bytes: Buffer, type: number): Value {
  if (type === 0) return null
  if (type === 7) return bytes.readDoubleBE(0)
  if (type === 8 || type === 9) return type - 8
  if (type === 6) return readLong(bytes)
  if (type < 6) return bytes.readIntBE(0, bytes.length)
  return type % 2 === 0 ? Buffer.from(bytes) : bytes.toString()
}

function readLong(bytes: Buffer): number | bigint {
  const value = bytes.readBigInt64BE(0)
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}
