// Brings a database to this program's schema. Only a process that is alone may; the others wait or stop.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import SqliteConnection from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { migrate } from 'drizzle-orm/better-sqlite3/migrator'
import { AppError } from '../domain/errors.ts'
import { prepareDatabaseFile } from './database-file.ts'
import { nodesFolder, storageError, tryLock } from './sqlite-connection.ts'

const migrationsFolder = fileURLToPath(new URL('../../migrations/sqlite', import.meta.url))
/** "HRLD" in the header of the file: a database of another program is left alone. */
const APPLICATION_ID = 0x48524c44
const LOCK_PATIENCE_MS = 10_000
const ALONE_PATIENCE_MS = 2_000

interface SchemaState {
  /** Migrations applied, of those that this program knows. */
  applied: number
  isNewer: boolean
  isForeign: boolean
  madeBy: string
}

/** Creates the file when it is missing and applies what is pending. Throws AppError db.*. */
export async function prepareSqlite(path: string, appVersion: string): Promise<void> {
  prepareDatabaseFile(path)
  const wanted = journal().length
  const state = readState(path)
  refuse(state, path, appVersion)
  if (state.applied === wanted) return
  const lock = await waitForLock(path)
  try {
    // Another process may have done it while we waited.
    const now = readState(path)
    refuse(now, path, appVersion)
    if (now.applied < wanted) await applyMigrations(path, now, appVersion)
  } finally {
    lock.close()
  }
}

function refuse(state: SchemaState, path: string, appVersion: string): void {
  if (state.isForeign)
    throw new AppError('db.not_ours', `${path} is a database of another program`, {
      hint: 'Name another file with --db.',
    })
  if (state.isNewer)
    throw new AppError('db.newer_schema', `${path} was made by Herald ${state.madeBy}, this is ${appVersion}`, {
      hint: 'Start the newer program, or restore a backup that this version made.',
    })
}

interface JournalEntry {
  idx: number
  when: number
  tag: string
}

function journal(): JournalEntry[] {
  const text = readFileSync(join(migrationsFolder, 'meta', '_journal.json'), 'utf8')
  return (JSON.parse(text) as { entries: JournalEntry[] }).entries
}

function readState(path: string): SchemaState {
  const none: SchemaState = { applied: 0, isNewer: false, isForeign: false, madeBy: '' }
  if (!existsSync(path)) return none
  const connection = new SqliteConnection(path, { timeout: 5000 })
  try {
    const tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[]
    if (tables.length === 0) return none
    const isOurs = connection.pragma('application_id', { simple: true }) === APPLICATION_ID
    if (!isOurs || !tables.includes('__drizzle_migrations')) return { ...none, isForeign: true }
    const times = connection.prepare('SELECT created_at FROM __drizzle_migrations').pluck().all().map(Number)
    const known = new Set(journal().map((entry) => entry.when))
    const madeBy = connection.prepare("SELECT value FROM settings WHERE key = 'appVersion'").pluck().get() as
      | string
      | undefined
    return {
      applied: times.length,
      isNewer: times.some((time) => !known.has(time)),
      isForeign: false,
      madeBy: madeBy === undefined ? 'unknown' : String(JSON.parse(madeBy)),
    }
  } catch (error) {
    throw storageError(error, path)
  } finally {
    connection.close()
  }
}

async function waitForLock(path: string): Promise<SqliteConnection.Database> {
  const deadline = performance.now() + LOCK_PATIENCE_MS
  for (;;) {
    const lock = tryLock(join(nodesFolder(path), 'migrate'))
    if (lock !== undefined) return lock
    if (performance.now() > deadline)
      throw new AppError('db.in_use', `${path} is being migrated by another process`, {
        hint: 'Try again in a moment.',
      })
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function applyMigrations(path: string, state: SchemaState, appVersion: string): Promise<void> {
  const connection = new SqliteConnection(path, { timeout: 0 })
  try {
    if (state.applied > 0) await becomeAlone(connection, path)
    connection.pragma(`application_id = ${APPLICATION_ID}`)
    connection.pragma('synchronous = FULL')
    // A table rebuild with foreign keys on would empty every table that refers to it.
    connection.pragma('foreign_keys = OFF')
    migrate(drizzle(connection), { migrationsFolder })
    const broken = connection.pragma('foreign_key_check') as unknown[]
    if (broken.length > 0)
      throw new AppError('db.damaged', `${path}: ${broken.length} rows refer to nothing after the migration`)
    writeIdentity(connection, appVersion)
    connection.pragma('journal_mode = WAL')
  } catch (error) {
    throw storageError(error, path)
  } finally {
    connection.close()
  }
}

/** Leaving WAL mode needs the only connection: SQLite itself tells whether somebody else is there. */
async function becomeAlone(connection: SqliteConnection.Database, path: string): Promise<void> {
  const deadline = performance.now() + ALONE_PATIENCE_MS
  for (;;) {
    try {
      if (connection.pragma('journal_mode = DELETE', { simple: true }) === 'delete') return
    } catch (error) {
      if (!(error instanceof SqliteConnection.SqliteError) || !error.code.startsWith('SQLITE_BUSY')) throw error
    }
    if (performance.now() > deadline)
      throw new AppError('db.in_use', `${path} needs a migration, but another process has it open`, {
        hint: 'Stop every other herald process on this database, then try again.',
      })
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

function writeIdentity(connection: SqliteConnection.Database, appVersion: string): void {
  const set = connection.prepare('INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING')
  set.run('installation', JSON.stringify(randomBytes(5).readUIntBE(0, 5).toString(36).padStart(8, '0')))
  set.run('epoch', JSON.stringify(1))
  connection
    .prepare('INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value')
    .run('appVersion', JSON.stringify(appVersion))
}
