// Brings a database to this program's schema, or makes it. Only a process that is alone may migrate; the others wait or
// stop. Safe to kill: the file is missing, as it was, or whole; one without its identity gets it.
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { migrate } from 'drizzle-orm/better-sqlite3/migrator'
import { AppError } from '../domain/errors.ts'
import type { Preparation } from '../domain/preparation.ts'
import { copyBefore, removeOldCopies } from './before-copy.ts'
import { createDatabase } from './create.ts'
import { closeFolder, isFileThere, keepFromOthers, makeFolder } from './database-file.ts'
import { writeIdentity } from './identity.ts'
import { migrationsFolder, readApplied, readSchemaState, type SchemaState, schemaNumber } from './schema-state.ts'
import { isBusy, nodesFolder, storageError, tryLock } from './sqlite-connection.ts'

const LOCK_PATIENCE_MS = 10_000
const ALONE_PATIENCE_MS = 2_000

export interface PrepareOptions {
  appVersion: string
  /** Makes the database and its folder where there is none. */
  mayCreate?: boolean | undefined
  onPrepared?: ((preparation: Preparation) => void) | undefined
  /** The clock by which copies are dated: epoch ms. */
  now?: (() => number) | undefined
}

/** Makes the database when it is missing and may be made, and applies what is pending. Throws AppError db.*. */
export async function prepareSqlite(path: string, options: PrepareOptions): Promise<void> {
  const { mayCreate = false } = options
  if (!isFileThere(path)) {
    if (!mayCreate) throw missing(path)
    makeFolder(dirname(path))
  }
  const closed = closeFolder(path)
  if (closed !== undefined) options.onPrepared?.({ kind: 'folder_closed', path: dirname(path), ...closed })
  const state = checkedState(path, options)
  if (!isWhole(state)) {
    const lock = await waitForLock(path)
    try {
      // Another process may have done it while we waited.
      const preparation = await complete(path, checkedState(path, options), options)
      if (preparation !== undefined) options.onPrepared?.(preparation)
    } finally {
      lock.close()
    }
  }
  keepFromOthers(path)
}

function missing(path: string): AppError {
  return new AppError('db.missing', `there is no database at ${path}`, {
    hint: 'Name it with --db or HERALD_DATABASE_URL; `herald start` makes a new one.',
  })
}

function checkedState(path: string, { appVersion, mayCreate = false }: PrepareOptions): SchemaState {
  const state = readSchemaState(path)
  if (state.kind === 'foreign')
    throw new AppError('db.not_ours', `${path} is a database of another program`, {
      hint: 'Name another file with --db.',
    })
  if (state.isNewer)
    throw new AppError(
      'db.newer_schema',
      `${path} was made by Herald ${state.madeBy}, this is ${appVersion} (its schema is ${state.applied}, and this program knows ${schemaNumber()})`,
      {
        hint: 'Start the newer program, or restore a backup that this version made.',
      },
    )
  if (state.kind === 'nothing' && !mayCreate)
    throw new AppError('db.missing', `${path} is empty: its creation was interrupted`, {
      hint: 'Name the database with --db or HERALD_DATABASE_URL; `herald start` makes it anew.',
    })
  return state
}

function isWhole({ kind, applied, hasIdentity }: SchemaState): boolean {
  return kind === 'ours' && applied === schemaNumber() && hasIdentity
}

async function complete(path: string, state: SchemaState, options: PrepareOptions): Promise<Preparation | undefined> {
  if (isWhole(state)) return undefined
  if (state.kind === 'nothing') {
    createDatabase(path, options.appVersion)
    return { kind: 'created', path }
  }
  const connection = new SqliteConnection(path, { timeout: 0 })
  try {
    const migrated = state.applied < schemaNumber() ? await upgrade(connection, state, options) : undefined
    writeIdentity(connection, options.appVersion)
    connection.pragma('journal_mode = WAL')
    return migrated ?? { kind: 'completed', path }
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

/** Copies the database, then migrates it; nobody else has it in between. */
async function upgrade(
  connection: SqliteConnection.Database,
  { applied }: SchemaState,
  { now = Date.now }: PrepareOptions,
): Promise<Preparation> {
  const path = connection.name
  await becomeAlone(connection, path)
  const copy = copyBefore(connection, applied, now())
  try {
    applyMigrations(connection)
  } catch (error) {
    // Nothing has changed: the next attempt makes its own.
    if (copy !== null && readApplied(connection) === applied) rmSync(copy, { force: true })
    throw error
  }
  const removed = copy === null ? [] : removeOldCopies(connection, now())
  return { kind: 'migrated', path, from: applied, to: schemaNumber(), copy, removed }
}

function applyMigrations(connection: SqliteConnection.Database): void {
  connection.pragma('synchronous = FULL')
  // A table rebuild with foreign keys on would empty every table that refers to it.
  connection.pragma('foreign_keys = OFF')
  migrate(drizzle(connection), { migrationsFolder })
  const broken = connection.pragma('foreign_key_check') as unknown[]
  if (broken.length > 0)
    throw new AppError('db.damaged', `${connection.name}: ${broken.length} rows refer to nothing after the migration`)
}

/**
 * Leaving WAL mode needs the only connection: SQLite itself tells whether another process is there. From then on the lock
 * is kept until the connection closes.
 */
async function becomeAlone(connection: SqliteConnection.Database, path: string): Promise<void> {
  const deadline = performance.now() + ALONE_PATIENCE_MS
  for (;;) {
    try {
      if (connection.pragma('journal_mode = DELETE', { simple: true }) === 'delete') {
        connection.pragma('locking_mode = EXCLUSIVE')
        connection.exec('BEGIN EXCLUSIVE; COMMIT')
        return
      }
    } catch (error) {
      if (!isBusy(error)) throw error
    }
    if (performance.now() > deadline)
      throw new AppError('db.in_use', `${path} needs a migration, but another process has it open`, {
        hint: 'Stop every other herald process on this database, then try again.',
      })
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
