// The migrations make what schema.ts describes, on an empty database and when two processes come at once.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { is } from 'drizzle-orm'
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, it } from 'vitest'
import { prepareSqlite } from '../../src/store/migrate.ts'
import * as schema from '../../src/store/schema.ts'
import { tempDir } from '../support/open-test-app.ts'

const tables = Object.values(schema)
  .filter((value) => is(value, SQLiteTable))
  .map((table) => getTableConfig(table))

async function migrated(): Promise<SqliteConnection.Database> {
  const path = join(tempDir(), 'herald.db')
  await prepareSqlite(path, { appVersion: '0.0.0-test', mayCreate: true })
  return new SqliteConnection(path, { readonly: true })
}

interface ColumnInfo {
  name: string
  type: string
  notnull: number
  dflt_value: string | null
  pk: number
}

const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name)
const defaultOf = (value: unknown): string | null => {
  if (value === undefined) return null
  const text = typeof value === 'object' ? JSON.stringify(value) : value
  return typeof text === 'string' ? `'${text}'` : String(text)
}

describe('the migrations', () => {
  it('make every table of the schema and no other', async () => {
    const db = await migrated()
    const made = db
      .prepare(
        `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_\\_%' ESCAPE '\\'`,
      )
      .pluck()
      .all()
    expect(made.sort()).toEqual(tables.map((table) => table.name).sort())
    expect(tables.length).toBeGreaterThan(15)
  })

  it.each(tables.map((table) => [table.name, table] as const))('make the columns of %s', async (name, table) => {
    const db = await migrated()
    const made = db.pragma(`table_info(${name})`) as ColumnInfo[]
    const keyColumns = table.primaryKeys.flatMap((key) => key.columns.map((column) => column.name))
    const found = made.map((column) => ({
      name: column.name,
      type: column.type.toLowerCase(),
      notNull: column.notnull === 1,
      default: column.dflt_value,
      isKey: column.pk > 0,
    }))
    const described = table.columns.map((column) => ({
      name: column.name,
      type: column.getSQLType(),
      notNull: column.notNull,
      default: defaultOf(column.default),
      isKey: column.primary || keyColumns.includes(column.name),
    }))
    // A column that came later stands last in the table, wherever it is described.
    expect(found.sort(byName)).toEqual(described.sort(byName))
  })

  it.each(tables.map((table) => [table.name, table] as const))('make the indexes of %s', async (name, table) => {
    const db = await migrated()
    const made = (
      db.pragma(`index_list(${name})`) as { name: string; unique: number; origin: string; partial: number }[]
    )
      .filter((index) => index.origin === 'c')
      .map((index) => ({
        name: index.name,
        isUnique: index.unique === 1,
        isPartial: index.partial === 1,
        columns: (db.pragma(`index_info(${index.name})`) as { name: string }[]).map((column) => column.name),
      }))
    const described = [
      ...table.indexes.map(({ config }) => ({
        name: config.name,
        isUnique: config.unique,
        isPartial: config.where !== undefined,
        columns: config.columns.map((column) => (column as { name?: string }).name ?? null),
      })),
      ...table.columns
        .filter((column) => column.isUnique)
        .map((column) => ({
          name: column.uniqueName ?? '',
          isUnique: true,
          isPartial: false,
          columns: [column.name],
        })),
    ]
    expect(made.sort(byName)).toEqual(described.sort(byName))
  })

  it.each(tables.map((table) => [table.name, table] as const))('make the references of %s', async (name, table) => {
    const db = await migrated()
    const made = (db.pragma(`foreign_key_list(${name})`) as { from: string; table: string; to: string }[]).map(
      ({ from, table: to, to: column }) => `${from} → ${to}.${column}`,
    )
    const described = table.foreignKeys.map((key) => {
      const { columns, foreignTable, foreignColumns } = key.reference()
      return `${columns[0]?.name} → ${getTableConfig(foreignTable).name}.${foreignColumns[0]?.name}`
    })
    expect(made.sort()).toEqual(described.sort())
  })

  it('are all in the journal, in their order', () => {
    const folder = new URL('../../migrations/sqlite/', import.meta.url)
    const files = readdirSync(folder).filter((name) => name.endsWith('.sql'))
    const journal = JSON.parse(readFileSync(new URL('meta/_journal.json', folder), 'utf8')) as {
      entries: { idx: number; when: number; tag: string }[]
    }
    expect(journal.entries.map((entry) => `${entry.tag}.sql`)).toEqual(files.sort())
    const times = journal.entries.map((entry) => entry.when)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  it('are applied once when several come at the same time', async () => {
    const path = join(tempDir(), 'herald.db')
    await Promise.all([1, 2, 3].map(() => prepareSqlite(path, { appVersion: '0.0.0-test', mayCreate: true })))
    const db = new SqliteConnection(path, { readonly: true })
    const entries = db.prepare('SELECT count(*) FROM __drizzle_migrations').pluck().get()
    expect(entries).toBe(
      readdirSync(new URL('../../migrations/sqlite/', import.meta.url)).filter((f) => f.endsWith('.sql')).length,
    )
    db.close()
  })

  it('give each installation a name of its own that stays', async () => {
    const installation = async (path: string) => {
      await prepareSqlite(path, { appVersion: '0.0.0-test', mayCreate: true })
      const db = new SqliteConnection(path, { readonly: true })
      const value = db.prepare(`SELECT value FROM settings WHERE key = 'installation'`).pluck().get()
      db.close()
      return value
    }
    const [a, b] = [join(tempDir(), 'a.db'), join(tempDir(), 'b.db')]
    const first = await installation(a)
    expect(await installation(a)).toBe(first)
    expect(await installation(b)).not.toBe(first)
  })

  it('leave foreign keys that all point at something', async () => {
    const db = await migrated()
    expect(db.pragma('foreign_key_check')).toEqual([])
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
  })
})
