// Text in which there is nothing to see. Spreadsheets and web forms leave invisible characters in cells that people take for empty:
// such a text is missing, wherever a value is asked for.

/** Zero-width spaces and joiners, soft hyphens, byte-order marks, fillers; and the blank pattern of Braille. */
const invisible = /[\p{Default_Ignorable_Code_Point}\u2800]/gu

export function isBlankText(text: string): boolean {
  return text === '' || text.trim() === '' || text.replace(invisible, '').trim() === ''
}
