// Which cells and lines hold nothing that anybody can see.

const invisible = /\p{Default_Ignorable_Code_Point}/gu

export function isBlankCell(cell: string): boolean {
  return cell === '' || cell.trim() === '' || cell.replace(invisible, '').trim() === ''
}

/** A line of nothing but delimiters, blanks and empty quotes is a blank line. */
export function isBlankRow(cells: readonly string[]): boolean {
  return cells.every(isBlankCell)
}
