// The statements of the store are written once, as SQLite reads them. What PostgreSQL writes differently in every one of
// them is put right here: places of values, names with capitals, and hints at indexes, which it does not know. What only
// some differ in are the expressions of sql-dialect.ts.

/** Texts and names in quotes stay as they are. */
const QUOTED = /'(?:[^']|'')*'|"[^"]*"/
const HINT = / (?:NOT INDEXED|INDEXED BY \w+)|(?<= )\+(?=[a-z])/
/** Our keywords are all capitals, tables and columns have none: a name with some of each is an answer's. */
const MIXED_NAME = /\b[a-z][a-z0-9]*[A-Z]\w*/
const PLACE = /\?/
/** SQLite's way of fixing the order of a join; it always has a condition here. */
const FIXED_JOIN = /CROSS JOIN/
const STAGED = /\bstaging\./

const PARTS = new RegExp(
  [QUOTED, HINT, MIXED_NAME, PLACE, FIXED_JOIN, STAGED].map(({ source }) => `(${source})`).join('|'),
  'g',
)

/**
 * The text of a statement for PostgreSQL. The server learns from the text of which type a value is, and takes an unknown one
 * for a text: numbers are named.
 * `staged` is the schema that a staging file was copied to.
 */
export function postgresText(sql: string, values: readonly unknown[], staged = 'staging'): string {
  let places = 0
  return sql.replace(PARTS, (part, quoted, hint, mixed, place, join) => {
    if (quoted !== undefined) return part
    if (hint !== undefined) return ''
    if (mixed !== undefined) return `"${part}"`
    if (place !== undefined) return `$${places + 1}${typeOf(values[places++])}`
    return join === undefined ? `${staged}.` : 'JOIN'
  })
}

function typeOf(value: unknown): string {
  if (typeof value !== 'number') return ''
  return Number.isInteger(value) ? '::bigint' : '::double precision'
}
