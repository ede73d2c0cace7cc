// The statements of the store are written once, as SQLite reads them. What PostgreSQL writes differently in every one of
// them is put right here: places of values, names with capitals, and hints at indexes, which it does not know. What only
// some differ in are the expressions of sql-dialect.ts.

const HINT = / INDEXED BY \w+/g
/** Keeps SQLite from taking the index of a column. */
const PLUS = / \+(?=[a-z])/g
const WORD_OR_PLACE = /\w+|\?/g

/**
 * The text of a statement for PostgreSQL. The server learns from the text of which type a value is, and takes an unknown one
 * for a text: numbers are named. `staged` is the schema that a staging file was copied to.
 */
export function postgresText(sql: string, values: readonly unknown[], staged = 'staging'): string {
  let places = 0
  const place = () => `$${places + 1}${typeOf(values[places++])}`
  return unquoted(sql, "'", (statement) =>
    unquoted(statement, '"', (code) =>
      code
        .replace(HINT, '')
        .replace(PLUS, ' ')
        // SQLite's way of fixing the order of a join; it always has a condition here.
        .replaceAll('CROSS JOIN', 'JOIN')
        .replaceAll('staging.', `${staged}.`)
        .replace(WORD_OR_PLACE, (word) => (word === '?' ? place() : isMixed(word) ? `"${word}"` : word)),
    ),
  )
}

/** Changes what is outside of quotes. A quote that is doubled within quotes ends them and begins them again. */
function unquoted(text: string, quote: string, change: (part: string) => string): string {
  return text
    .split(quote)
    .map((part, index) => (index % 2 === 0 ? change(part) : part))
    .join(quote)
}

/** Our keywords are all capitals, tables and columns have none: a name that begins small and has some is an answer's. */
function isMixed(word: string): boolean {
  return /^[a-z]/.test(word) && /[A-Z]/.test(word)
}

function typeOf(value: unknown): string {
  if (typeof value !== 'number') return ''
  return Number.isInteger(value) ? '::bigint' : '::double precision'
}
