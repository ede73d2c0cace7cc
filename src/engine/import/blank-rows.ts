// Which lines of a file hold nothing that anybody can see.
import { isBlankText } from '../../domain/blank-text.ts'

/** A line of nothing but delimiters, blanks and empty quotes is a blank line. */
export function isBlankRow(cells: readonly string[]): boolean {
  return cells.every(isBlankText)
}
