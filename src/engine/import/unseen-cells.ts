// What a spreadsheet hides of a sheet, or works out only when it opens it: rows that a filter left out, columns, formulas without a
// stored value. All of it is in the file and is read, so it is named before anything goes to people who were filtered out.
import type { Sheet } from 'hucre/xlsx'
import { counted } from '../../domain/plural.ts'

/** Row numbers and column letters that a note names. */
const NAMED_MAX = 5

/** Notes on a sheet as it was read, which may be its first rows only. */
export function unseenNotes(sheet: Sheet): string[] {
  const rows = [...(sheet.rowDefs ?? [])].filter(([row, { hidden }]) => hidden && sheet.rows[row]?.some(isFilled))
  const width = sheet.rows.reduce((widest, row) => Math.max(widest, row.length), 0)
  const columns = (sheet.columns ?? []).flatMap(({ hidden }, column) => (hidden && column < width ? [column] : []))
  const formulas = [...(sheet.cells ?? [])].filter(
    ([, { formula, value }]) => formula !== undefined && !isFilled(value),
  )
  const columnsOfFormulas = [...new Set(formulas.map(([place]) => Number(place.split(',')[1])))]
  return [
    ...(rows.length > 0
      ? [
          `${counted(rows.length, 'hidden row', 'hidden rows')} read too (${named(rows.map(([row]) => String(row + 1)))}): copy the visible rows into a new sheet if a filter was to leave them out`,
        ]
      : []),
    ...(columns.length > 0
      ? [`${counted(columns.length, 'hidden column', 'hidden columns')} read too (${letters(columns)})`]
      : []),
    ...(formulas.length > 0
      ? [
          `${counted(formulas.length, 'formula', 'formulas')} without a value read as blank (column ${letters(columnsOfFormulas)}): open the workbook in a spreadsheet and save it`,
        ]
      : []),
  ]
}

function isFilled(value: unknown): boolean {
  return value !== null && value !== undefined && value !== ''
}

function named(names: string[]): string {
  return names.length > NAMED_MAX ? `${names.slice(0, NAMED_MAX).join(', ')} …` : names.join(', ')
}

function letters(columns: number[]): string {
  return named(columns.map(letterOf))
}

/** 0 → A, 26 → AA. */
function letterOf(column: number): string {
  const letter = String.fromCharCode(65 + (column % 26))
  return column < 26 ? letter : letterOf(Math.floor(column / 26) - 1) + letter
}
