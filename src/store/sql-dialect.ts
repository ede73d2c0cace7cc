// The few expressions that SQLite and PostgreSQL write differently.

/** What a statement takes in place of a question mark. */
export type Param = string | number | null

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
  /** Whether a text reads as a decimal number. */
  isNumber(value: SqlPart): SqlPart
}

export const sqliteDialect: SqlDialect = {
  jsonText: (column, key) => ({ sql: `json_extract(${column}, ?)`, params: [pathOf(key)] }),
  jsonPick: (column, keys) => ({
    sql: `json_object(${keys.map(() => `?, json_extract(${column}, ?)`).join(', ')})`,
    params: keys.flatMap((key) => [key, pathOf(key)]),
  }),
  jsonMerge: (first, second) => `json_patch(${first}, ${second})`,
  json: (column) => `json(${column})`,
  jsonObject: (members) =>
    `json_object(${Object.entries(members)
      .map(([key, sql]) => `'${key}', ${sql}`)
      .join(', ')})`,
  isNumber: (value) => ({
    sql: `(${value.sql} GLOB '*[0-9]*' AND ${value.sql} NOT GLOB '*[^0-9.-]*' AND ltrim(${value.sql}, '-') NOT GLOB '*-*' AND ${value.sql} NOT GLOB '*.*.*')`,
    params: [...value.params, ...value.params, ...value.params, ...value.params],
  }),
}

function pathOf(key: string): string {
  return `$."${key.replaceAll('"', '')}"`
}
