// Cells of files that people open in spreadsheets: what would run as a formula gets an apostrophe, and an import takes it off
// again. A formula may begin a cell, or a part of it where another program separates cells. Source: OWASP, CSV injection;
// full-width variants run too. Every expression here reads a text once.

/** Signs that make a spreadsheet calculate. */
const SIGN = '[=+\\-@\\uff1d\\uff0b\\uff0d\\uff20]'
/** What programs overlook before a sign: blanks of any width, and marks that nobody sees. */
const BLANK = '[ \\u00a0\\u2000-\\u200f\\u2060\\u3000\\ufeff]'
/** Nothing but the characters of a number: calculating it changes its look and nothing else. */
const NUMBER = '[+-][\\d ().-]*'

/** A cell that begins like a formula; apostrophes before it stand for themselves. */
const atStart = new RegExp(`^'*${BLANK}*(?:${SIGN}|[\\t\\r\\n])`)
const plainNumber = /^[+-][\d\s().-]*$/
/** Parts of a cell behind what separates cells elsewhere: a semicolon, a bar, a tab, a line break. */
const separated = new RegExp(
  `([;|\\t\\r\\n](?:${BLANK}|")*)(?:('+)(?=${SIGN})|(?=${SIGN})(?!${NUMBER}(?:[;|\\t\\r\\n]|$)))`,
  'g',
)
const guarded = new RegExp(`([;|\\t\\r\\n](?:${BLANK}|")*)'('*)(?=${SIGN})`, 'g')

export function neutraliseCell(text: string): string {
  const parts = text.replace(separated, "$1'$2")
  return atStart.test(parts) && !plainNumber.test(parts) ? `'${parts}` : parts
}

/** The text that neutraliseCell was given. */
export function restoreCell(text: string): string {
  const parts = text.startsWith("'") && atStart.test(text.slice(1)) ? text.slice(1) : text
  return parts.replace(guarded, '$1$2')
}
