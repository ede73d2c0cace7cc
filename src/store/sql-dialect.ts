// The few expressions that SQLite and PostgreSQL write differently.
import { dateIn, numberIn } from '../domain/comparison.ts'

/** What a statement takes in place of a question mark. */
export type Param = string | number | null

/**
 * For statements that run all the time: SQLite prepares one with a bare `LIMIT ?` anew whenever it is run, because its planner
 * looks at the number, and that takes longer than most pages.
 */
export const LIMIT = 'LIMIT ? + 0'

export interface SqlPart {
  sql: string
  params: Param[]
}

export interface SqlDialect {
  /** The text of one key of a JSON column, null when it is missing. */
  jsonText(column: string, key: string): SqlPart
  /** A JSON object of some keys of a JSON column. */
  jsonPick(column: string, keys: readonly string[]): SqlPart
  /** One JSON object laid over another; keys that are null in the second are removed. */
  jsonMerge(first: string, second: string): string
  /** A JSON column as a value within another JSON object, not as a text. */
  json(column: string): string
  jsonObject(members: Record<string, string>): string
  /** All values of a group as a JSON list. */
  jsonList(value: string): string
  /** Whether a text is JSON. */
  isJson(column: string): string
  /** What is at a path in a column, as JSON; null when it is not there, or the column is no JSON. */
  jsonPart(column: string, path: readonly string[]): string
  /** The texts of a JSON list at a path in a column, as a table of `value`; empty when there is none. */
  jsonTexts(column: string, path: readonly string[]): string
  /** The members of a JSON column, as a table of `key` and `value`. */
  jsonMembers(column: string): string
  /** What a value says in JSON, as a table of `value`. */
  readonly numbers: string
  readonly texts: string
  /** The larger of two values that are both there. */
  larger(first: string, second: string): string
  /** Lets the next id of a table come behind those that were written with their ids; undefined where it does by itself. */
  nextIdBehind(table: string): string | undefined
  /** LIKE in which ASCII letters are large or small. */
  readonly like: string
  /** What comparisons read out of a text (domain/comparison.ts); null when it is not there. */
  numberIn(value: SqlPart): SqlPart
  dayIn(value: SqlPart): SqlPart
  instantIn(value: SqlPart): SqlPart
}

export const sqliteDialect: SqlDialect = {
  jsonText: valueAt,
  jsonPick: (column, keys) => {
    const values = keys.map((key) => valueAt(column, key))
    return {
      sql: `json_object(${values.map(({ sql }) => `?, ${sql}`).join(', ')})`,
      params: keys.flatMap((key, at) => [key, ...(values[at]?.params ?? [])]),
    }
  },
  jsonMerge: (first, second) => `json_patch(${first}, ${second})`,
  json: (column) => `json(${column})`,
  jsonObject: (members) =>
    `json_object(${Object.entries(members)
      .map(([key, sql]) => `'${key}', ${sql}`)
      .join(', ')})`,
  jsonList: (value) => `json_group_array(${value})`,
  isJson: (column) => `json_valid(${column})`,
  jsonPart: (column, path) => `CASE WHEN json_valid(${column}) THEN ${column} -> '${pathOf(path)}' END`,
  jsonTexts: (column, path) =>
    `json_each(CASE WHEN json_valid(${column}) AND json_type(${column}, '${pathOf(path)}') = 'array' THEN ${column} -> '${pathOf(path)}' ELSE '[]' END)`,
  jsonMembers: (column) => `json_each(${column})`,
  numbers: 'json_each(?)',
  texts: 'json_each(?)',
  larger: (first, second) => `max(${first}, ${second})`,
  nextIdBehind: () => undefined,
  like: 'LIKE',
  numberIn: (value) => call('herald_number', value),
  dayIn: (value) => call('herald_day', value),
  instantIn: (value) => call('herald_instant', value),
}

function pathOf(path: readonly string[]): string {
  return ['$', ...path].join('.')
}

/**
 * Functions of the same names are made with the schema (migrations/postgres). A column of JSON is read anew for each key,
 * as SQLite does.
 */
export const postgresDialect: SqlDialect = {
  jsonText: pgValueAt,
  jsonPick: (column, keys) => ({
    sql: `json_build_object(${keys.map(() => `?::text, ${column}::json ->> ?::text`).join(', ')})::text`,
    params: keys.flatMap((key) => [key, key]),
  }),
  jsonMerge: (first, second) => `herald_merge(${first}, ${second})`,
  json: (column) => `${column}::json`,
  jsonObject: (members) =>
    `json_build_object(${Object.entries(members)
      .map(([key, sql]) => `'${key}', ${sql}`)
      .join(', ')})::text`,
  jsonList: (value) => `coalesce(json_agg(${value}), '[]')::text`,
  isJson: (column) => `herald_json(${column}) IS NOT NULL`,
  jsonPart: (column, path) => `(herald_json(${column}) #> '{${path.join(',')}}')::text`,
  jsonTexts: (column, path) => `herald_texts(herald_json(${column}) #> '{${path.join(',')}}')`,
  jsonMembers: (column) => `json_each(${column}::json)`,
  numbers: '(SELECT value::bigint AS value FROM json_array_elements_text(?::json))',
  texts: '(SELECT value FROM json_array_elements_text(?::json))',
  larger: (first, second) => `greatest(${first}, ${second})`,
  nextIdBehind: (table) =>
    `SELECT setval(pg_get_serial_sequence('${table}', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM ${table}), false)`,
  like: 'ILIKE',
  numberIn: (value) => call('herald_number', value),
  dayIn: (value) => call('herald_day', value),
  instantIn: (value) => call('herald_instant', value),
}

function pgValueAt(column: string, key: string): SqlPart {
  return { sql: `(${column}::json ->> ?::text)`, params: [key] }
}

function call(name: keyof typeof sqliteFunctions, value: SqlPart): SqlPart {
  return { sql: `${name}(${value.sql})`, params: value.params }
}

/** Functions that every connection of SQLite has: the rules themselves, so that SQL says nothing else. */
export const sqliteFunctions = {
  herald_number: (text: string) => numberIn(text) ?? null,
  herald_day: (text: string) => dateIn(text)?.day ?? null,
  herald_instant: (text: string) => dateIn(text)?.at ?? null,
} as const

/** A path cannot name a key with quotes, backslashes or control characters: no field has one, so it is not there. */
function valueAt(column: string, key: string): SqlPart {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/["\\\0-\x1f]/.test(key)) return { sql: 'NULL', params: [] }
  return { sql: `json_extract(${column}, ?)`, params: [`$."${key}"`] }
}
