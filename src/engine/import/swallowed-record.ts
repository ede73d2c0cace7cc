// A quoted cell of several lines may be a text with line breaks, or a lone quote that swallowed people until the next lone
// quote closed it. A line inside it that reads as a line of this file, with a phone where the phones are, tells them apart.
import { parsePhone } from '../../domain/phone.ts'
import { looksLikeNumber } from './columns.ts'

export interface RecordShape {
  columns: number
  phoneIndex: number
  delimiter: string
  defaultCountry?: string
}

export interface SwallowedPlace {
  /** Line breaks of the record before the cell opens. */
  opensAfter: number
  /** The cell, counted from 1. */
  cell: number
  /** Line breaks inside the cell before the line that reads as a record. */
  linesIn: number
}

const lineEnd = /\r\n|\n|\r/

export function swallowedRecord(record: readonly string[], shape: RecordShape): SwallowedPlace | undefined {
  let opensAfter = 0
  for (const [index, cell] of record.entries()) {
    const lines = cell.split(lineEnd)
    const at = lines.findIndex((line, n) => n > 0 && readsAsRecord(line, shape))
    if (at > 0) return { opensAfter, cell: index + 1, linesIn: at }
    opensAfter += lines.length - 1
  }
  return undefined
}

/** Short lines are records too; one cell alone is none, unless a record of this file has no more. */
function readsAsRecord(line: string, { columns, phoneIndex, delimiter, defaultCountry }: RecordShape): boolean {
  const cells = line.split(delimiter)
  if (cells.length > columns || cells.length < Math.min(2, columns)) return false
  const phone = cells[phoneIndex] ?? ''
  return looksLikeNumber(phone) || parsePhone(phone, defaultCountry ? { defaultCountry } : {}).phone !== undefined
}
