// The statements of the store are written once, as SQLite reads them. What PostgreSQL writes differently in every one of
// them is put right here: places of values, names with capitals, and hints at indexes, which it does not know. What only
// some differ in are the expressions of sql-dialect.ts.
import type { Param } from './sql-dialect.ts'

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

/**
 * A text of PostgreSQL has no NUL. The sign for what cannot be shown takes its place in what is written and in what is looked
 * for, as half a character has it in both databases.
 */
export function storable<T>(value: T): T {
  return typeof value === 'string' && value.includes('\0') ? (value.replaceAll('\0', '\ufffd') as T) : value
}

export interface PostgresStatement {
  text: string
  values: unknown[]
}

/**
 * One statement for many rows, whose values come as lists. Undefined for a statement that looks at other rows, or leaves out
 * what is there already: it has to see what those before it did.
 */
export function postgresEach(sql: string, rows: readonly (readonly Param[])[]): PostgresStatement | undefined {
  const shape = shapeOf(sql)
  if (shape === undefined) return undefined
  const values: unknown[] = []
  const columns: string[] = []
  const places = (rows[0] ?? []).map((_, at): string => {
    const list = rows.map((row) => storable(row[at]))
    const type = listType(list)
    // A list of nothing has no type that fits everywhere.
    if (type === undefined) return 'NULL'
    values.push(list)
    columns.push(`$${values.length}::${type}[]`)
    return `each_row.v${values.length}`
  })
  // For rows without a value that differs: how many there are.
  if (columns.length === 0) {
    values.push(rows.map(() => null))
    columns.push('$1::text[]')
  }
  const names = columns.map((_, at) => `v${at + 1}`).join(', ')
  const from = `unnest(${columns.join(', ')}) WITH ORDINALITY AS each_row(${names}, n)`
  let next = 0
  const filled = (part: string) =>
    postgresText(
      part.replace(/\?/g, () => places[next++] ?? 'NULL'),
      [],
    )
  const { before, after } = shape
  if (shape.kind === 'insert')
    return { text: `${before} SELECT ${filled(shape.row)} FROM ${from} ORDER BY each_row.n ${filled(after)}`, values }
  const word = shape.kind === 'update' ? 'FROM' : 'USING'
  return { text: `${filled(before)} ${word} ${from} WHERE ${filled(after)} RETURNING each_row.n`, values }
}

type Shape =
  | { kind: 'insert'; before: string; row: string; after: string }
  | { kind: 'update' | 'delete'; before: string; after: string }

function shapeOf(sql: string): Shape | undefined {
  if (/\bSELECT\b|\bDO NOTHING\b/.test(sql)) return undefined
  const kind = sql.slice(0, 6).toLowerCase()
  if (kind === 'insert') {
    const begin = sql.indexOf(' VALUES (')
    const end = sql.indexOf(')', begin)
    if (begin < 0) return undefined
    return {
      kind,
      before: sql.slice(0, begin),
      row: sql.slice(begin + ' VALUES ('.length, end),
      after: sql.slice(end + 1),
    }
  }
  if (kind !== 'update' && kind !== 'delete') return undefined
  const where = /\sWHERE\s/.exec(sql)
  if (where === null) return undefined
  return { kind, before: sql.slice(0, where.index), after: sql.slice(where.index + where[0].length) }
}

function listType(list: readonly (Param | undefined)[]): string | undefined {
  const present = list.filter((value) => value !== null && value !== undefined)
  if (present.length === 0) return undefined
  if (present.every((value) => typeof value === 'number'))
    return present.every(Number.isInteger) ? 'bigint' : 'double precision'
  return 'text'
}
