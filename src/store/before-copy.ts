// The database as it was before an upgrade, beside it: `herald.db.before-0010` has the schema 10. Going back to the older
// program means to restore it, so the newest ones stay.
import { readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../domain/errors.ts'
import { copyFrom, listCopies } from './backup.ts'
import { partOf } from './part-file.ts'
import type { Connection } from './sqlite-connection.ts'

/** The last upgrade and the one before. */
const KEPT = 2
/** Tables that every new database has rows in. */
const OWN_TABLES = ['settings', 'status_moves', '__drizzle_migrations']

/** Copies a database that has data, by the connection that holds it alone; returns where. Throws AppError db.*. */
export function copyBefore(connection: Connection, schema: number, now: number): string | null {
  if (!hasData(connection)) return null
  const copy = freePath(connection.name, schema)
  try {
    copyFrom(connection, { path: copy, part: partOf(`${connection.name}.before`) }, now)
    return copy
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError(
      error.code,
      `the upgrade has not begun, because no copy could be made before it: ${error.message}`,
      {
        hint: `Make room beside the database (it needs as much as ${connection.name} again), then start again.`,
        cause: error,
      },
    )
  }
}

function hasData(connection: Connection): boolean {
  const tables = connection
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`)
    .pluck()
    .all() as string[]
  const hasRow = (table: string) => connection.prepare(`SELECT 1 FROM "${table}" LIMIT 1`).get() !== undefined
  return tables.some((table) => !OWN_TABLES.includes(table) && hasRow(table))
}

/** Another copy of that schema has other data: the database was restored meanwhile. */
function freePath(database: string, schema: number): string {
  const name = `${basename(database)}.before-${String(schema).padStart(4, '0')}`
  const numbers = readdirSync(dirname(database))
    .filter((other) => other.startsWith(name))
    .map((other) => Number(other.slice(name.length + 1) || 1))
  const next = Math.max(0, ...numbers.filter(Number.isInteger)) + 1
  return join(dirname(database), next === 1 ? name : `${name}-${next}`)
}

/** Deletes all but the newest copies that upgrades of this database made; returns those deleted. */
export function removeOldCopies(connection: Connection, now: number): string[] {
  const installation = connection.prepare(`SELECT value FROM settings WHERE key = 'installation'`).pluck().get()
  const begin = `${basename(connection.name)}.before-`
  const old = listCopies({
    folder: dirname(connection.name),
    isName: (name) => name.startsWith(begin) && /^\d{4}(-\d+)?$/.test(name.slice(begin.length)),
    installation: String(JSON.parse(String(installation ?? null))),
    now,
  }).slice(KEPT)
  for (const path of old) rmSync(path, { force: true })
  return old
}
