// Cells of files that people open in spreadsheets: a cell that would run as a formula gets an apostrophe, and an
// import takes it off again. Source: OWASP, CSV injection; full-width variants run too.

/** First characters that make a spreadsheet calculate; apostrophes before them stand for themselves. */
const trigger = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/
/** Nothing but the characters of a number: calculating it changes its look and nothing else. */
const plainNumber = /^[+-][\d\s().-]*$/

export function neutraliseCell(text: string): string {
  return trigger.test(text) && !plainNumber.test(text) ? `'${text}` : text
}

/** The text that neutraliseCell was given. */
export function restoreCell(text: string): string {
  return text.startsWith("'") && trigger.test(text.slice(1)) ? text.slice(1) : text
}
