// What rows of each table look like, so that a page whose way from the root is lost still says which table it is of.
import SqliteConnection from 'better-sqlite3'
import type { Connection } from '../sqlite-connection.ts'
import type { Row, Value } from './page-rows.ts'

interface Column {
  name: string
  takes: (value: Value) => boolean
}

export interface TableShape {
  table: string
  columns: Column[]
  /** The column that is the row's number, stored as nothing in the row itself. */
  rowidColumn: string | undefined
}

/** A row of the table that lists tables and indexes. */
export interface SchemaRow {
  type: string
  table: string
  root: number
  sql: string
}

/** The tables that the rows of a schema make; statements that make none are left out. */
export function shapesOfSchema(rows: readonly SchemaRow[]): TableShape[] {
  const scratch = new SqliteConnection(':memory:')
  try {
    for (const { type, sql } of rows) if (type === 'table') createIfPossible(scratch, sql)
    return listShapes(scratch)
  } finally {
    scratch.close()
  }
}

function createIfPossible(connection: Connection, sql: string): void {
  try {
    connection.exec(sql)
  } catch {
    // SQLite's own tables, and what was overwritten.
  }
}

export function listShapes(connection: Connection): TableShape[] {
  const names = connection
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`)
    .pluck()
    .all() as string[]
  return names.map((table) => shapeOf(connection, table))
}

interface TableInfo {
  name: string
  type: string
  notnull: number
  pk: number
}

function shapeOf(connection: Connection, table: string): TableShape {
  const infos = connection.pragma(`table_info("${table}")`) as TableInfo[]
  const keys = infos.filter(({ pk }) => pk > 0)
  const rowidColumn = keys.length === 1 && keys[0]?.type.toUpperCase() === 'INTEGER' ? keys[0].name : undefined
  return {
    table,
    rowidColumn,
    columns: infos.map((info) => ({
      name: info.name,
      takes:
        info.name === rowidColumn
          ? (value) => value === null
          : (value) => (value === null ? info.notnull === 0 : (takesOf[info.type.toUpperCase()]?.(value) ?? true)),
    })),
  }
}

const isNumber = (value: Value) => typeof value === 'number' || typeof value === 'bigint'
const takesOf: Record<string, (value: Value) => boolean> = {
  INTEGER: isNumber,
  REAL: isNumber,
  // A page that was zeroed is no text.
  TEXT: (value) => typeof value === 'string' && !value.includes('\0'),
}

/** Columns that were added later are missing in older rows. */
export function fits({ columns }: TableShape, { values }: Row): boolean {
  return values.length <= columns.length && values.every((value, index) => columns[index]?.takes(value) === true)
}

/** The table that all of the rows fit; undefined when there is none, or more than one. */
export function guessTable(shapes: readonly TableShape[], rows: readonly Row[]): TableShape | undefined {
  if (rows.length === 0) return undefined
  const fitting = shapes.filter((shape) => rows.every((row) => fits(shape, row)))
  const full = fitting.filter(({ columns }) => rows.some(({ values }) => values.length === columns.length))
  const likely = full.length > 0 ? full : fitting
  return likely.length === 1 ? likely[0] : undefined
}

/** Undefined for rows of other tables. */
export function readSchemaRow({ values }: Row): SchemaRow | undefined {
  const [type, name, table, root, sql] = values
  if (values.length !== 5 || !['table', 'index', 'trigger', 'view'].includes(String(type))) return undefined
  if (typeof name !== 'string' || typeof table !== 'string' || typeof root !== 'number') return undefined
  return { type: String(type), table, root, sql: typeof sql === 'string' ? sql : '' }
}
