// How far a database file has come: ours or another program's, which migrations it has, whether it has its identity.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import SqliteConnection from 'better-sqlite3'
import { AppError } from '../domain/errors.ts'
import { isFileThere } from './database-file.ts'
import { storageError } from './sqlite-connection.ts'

export const migrationsFolder = fileURLToPath(new URL('../../migrations/sqlite', import.meta.url))
/** "HRLD" in the header of the file: a database of another program is left alone. */
export const APPLICATION_ID = 0x48524c44
const MIGRATIONS_TABLE = '__drizzle_migrations'
/** What makes a database one of its own; without it no callback proves anything. */
const IDENTITY = ['installation', 'epoch', 'appVersion']

export interface SchemaState {
  /** Nothing: no file, an empty one, or one whose creation ended before its first table. */
  kind: 'nothing' | 'ours' | 'foreign'
  /** Migrations applied: the number of the schema. */
  applied: number
  /** Has migrations that this program does not know. */
  isNewer: boolean
  hasIdentity: boolean
  madeBy: string
}

/** Of this program's own schema. */
export function schemaNumber(): number {
  return knownMigrations().length
}

function knownMigrations(): number[] {
  const text = readFileSync(join(migrationsFolder, 'meta', '_journal.json'), 'utf8')
  return (JSON.parse(text) as { entries: { when: number }[] }).entries.map(({ when }) => when)
}

/** Throws AppError db.* for a file that cannot be read as a database. */
export function readSchemaState(path: string): SchemaState {
  const nothing: SchemaState = { kind: 'nothing', applied: 0, isNewer: false, hasIdentity: false, madeBy: 'unknown' }
  if (!isFileThere(path)) return nothing
  let connection: SqliteConnection.Database | undefined
  try {
    connection = new SqliteConnection(path, { timeout: 5000, fileMustExist: true })
    const tables = connection.prepare('SELECT name FROM sqlite_schema').pluck().all() as string[]
    const applicationId = connection.pragma('application_id', { simple: true })
    const isForeign = applicationId !== APPLICATION_ID && (applicationId !== 0 || tables.length > 0)
    if (isForeign || (tables.length > 0 && !tables.includes(MIGRATIONS_TABLE))) return { ...nothing, kind: 'foreign' }
    if (tables.length === 0) return nothing
    const times = migrationTimes(connection)
    if (times.length === 0) return nothing
    const known = new Set(knownMigrations())
    return {
      kind: 'ours',
      applied: times.length,
      isNewer: times.some((time) => !known.has(time)),
      ...readIdentity(connection),
    }
  } catch (error) {
    throw unreadable(error, path)
  } finally {
    connection?.close()
  }
}

function migrationTimes(connection: SqliteConnection.Database): number[] {
  return connection.prepare(`SELECT created_at FROM ${MIGRATIONS_TABLE}`).pluck().all().map(Number)
}

/** Migrations applied to an open database. */
export function readApplied(connection: SqliteConnection.Database): number {
  return migrationTimes(connection).length
}

function readIdentity(connection: SqliteConnection.Database): Pick<SchemaState, 'hasIdentity' | 'madeBy'> {
  const rows = connection.prepare<[], { key: string; value: string }>('SELECT key, value FROM settings').all()
  const settings = new Map(rows.map(({ key, value }) => [key, value]))
  return {
    hasIdentity: IDENTITY.every((key) => settings.has(key)),
    madeBy: settings.get('appVersion')?.replaceAll('"', '') ?? 'unknown',
  }
}

/** A statement that fails on a database of ours: a table was taken from it. */
function unreadable(error: unknown, path: string): unknown {
  if (!(error instanceof SqliteConnection.SqliteError) || error.code !== 'SQLITE_ERROR')
    return storageError(error, path)
  return new AppError('db.damaged', `${path} is damaged: ${error.message}`, {
    hint: 'Restore the newest backup: herald restore FILE.',
    cause: error,
  })
}
