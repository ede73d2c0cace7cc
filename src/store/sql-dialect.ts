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
  numberIn: (value) => call('herald_number', value),
  dayIn: (value) => call('herald_day', value),
  instantIn: (value) => call('herald_instant', value),
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
