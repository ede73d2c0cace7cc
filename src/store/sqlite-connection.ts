// A connection to SQLite with every rule of operation set, and SQLite's errors in our words.
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { AppError } from '../domain/errors.ts'
import { sqliteFunctions } from './sql-dialect.ts'

export type Connection = SqliteConnection.Database
export type Statement = SqliteConnection.Statement<unknown[]>

/** What a connection is for: transactions that write, those that read, or folding the log into the file. */
export type ConnectionRole = 'write' | 'read' | 'checkpoint'

/** Page cache of the write connection; import and planning write random pages of large indexes. */
const CACHE_KIB = { write: 65_536, read: 32_768, checkpoint: 1024 } satisfies Record<ConnectionRole, number>
/** Pages in the log from which on it is folded into the file: some 4 MiB. */
export const CHECKPOINT_PAGES = 1000
const BUSY_PAUSE_MAX_MS = 25
const SQLITE_VERSION_MIN = '3.51.3'
/**
 * NORMAL keeps the file whole over a power cut but syncs no commit: that is store/durability.ts, and no write is
 * answered before.
 */
const SYNCHRONOUS = { write: 1, read: 2, checkpoint: 1 } satisfies Record<ConnectionRole, number>

/** Opens one connection; what durability rests on is read back. */
export function openConnection(path: string, role: ConnectionRole): Connection {
  const connection = connect(path, role === 'read')
  connection.pragma('journal_mode = WAL')
  connection.pragma(`synchronous = ${SYNCHRONOUS[role]}`)
  connection.pragma('foreign_keys = ON')
  connection.pragma('trusted_schema = OFF')
  connection.pragma('cell_size_check = ON')
  connection.pragma('mmap_size = 0')
  connection.pragma('journal_size_limit = 67108864')
  connection.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  // Where a plain fsync only reaches the disk's cache (macOS), what a checkpoint syncs goes through it.
  connection.pragma('checkpoint_fullfsync = ON')
  // Pages that become free are overwritten too: what was deleted can be read in no file.
  connection.pragma('secure_delete = ON')
  connection.pragma(`cache_size = -${CACHE_KIB[role]}`)
  if (role === 'read') connection.pragma('query_only = ON')
  for (const [name, rule] of Object.entries(sqliteFunctions))
    connection.function(name, { deterministic: true, directOnly: true }, (text) => rule(String(text ?? '')))
  for (const [name, wanted] of [
    ['synchronous', SYNCHRONOUS[role]],
    ['journal_mode', 'wal'],
  ] as const) {
    const found = connection.pragma(name, { simple: true })
    if (found !== wanted) throw new AppError('fault', `SQLite runs with ${name}=${String(found)} instead of ${wanted}`)
  }
  return connection
}

function connect(path: string, isReadOnly: boolean): Connection {
  let connection: Connection
  try {
    connection = new SqliteConnection(path, { readonly: isReadOnly, timeout: 0 })
  } catch (error) {
    throw storageError(error, path)
  }
  const version = connection.prepare('SELECT sqlite_version()').pluck().get() as string
  if (version.localeCompare(SQLITE_VERSION_MIN, 'en', { numeric: true }) < 0)
    throw new AppError('config.native_module', `SQLite ${version} is too old, need ${SQLITE_VERSION_MIN}`, {
      hint: 'Install better-sqlite3 again: npm ci.',
    })
  return connection
}

export function nodesFolder(databasePath: string): string {
  return `${databasePath}-nodes`
}

/** Where a node keeps its journal (store/journal.ts). */
export function journalPath(databasePath: string, nodeId: number): string {
  return join(nodesFolder(databasePath), `${nodeId}.journal`)
}

/** An exclusive lock on a small SQLite file, or undefined when another process holds it. */
export function tryLock(path: string): Connection | undefined {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const connection = new SqliteConnection(path, { timeout: 0 })
  try {
    connection.pragma('locking_mode = EXCLUSIVE')
    connection.exec('BEGIN EXCLUSIVE')
    return connection
  } catch (error) {
    connection.close()
    if (isBusy(error)) return undefined
    throw storageError(error, path)
  }
}

export function busyPause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * (BUSY_PAUSE_MAX_MS - 1)))
}

export function isBusy(error: unknown): boolean {
  return error instanceof SqliteConnection.SqliteError && error.code.startsWith('SQLITE_BUSY')
}

/** SQLite's errors in our words; everything else as it is. */
export function storageError(error: unknown, path: string): unknown {
  if (!(error instanceof SqliteConnection.SqliteError)) return error
  const { code, message } = error
  if (message.startsWith('illegal move')) return new AppError('db.illegal_move', message, { cause: error })
  if (code === 'SQLITE_FULL')
    return new AppError('db.full', `the disk of ${path} is full; sending has stopped`, {
      hint: 'Free some space; nothing was lost.',
      cause: error,
    })
  if (code === 'SQLITE_NOTADB')
    return new AppError('db.not_ours', `${path} is no SQLite database, or an encrypted one`, {
      hint: 'Name another file with --db.',
      cause: error,
    })
  if (code.startsWith('SQLITE_CORRUPT'))
    return new AppError('db.damaged', `${path} is damaged: ${message}`, {
      hint: `Restore the newest backup: herald restore FILE. It moves ${path}-wal and -shm away too; beside another file they would damage it.`,
      cause: error,
    })
  if (code.startsWith('SQLITE_IOERR') || code === 'SQLITE_CANTOPEN' || code === 'SQLITE_READONLY')
    return new AppError('db.io', `cannot use ${path}: ${message}`, {
      hint: 'Check the path, its permissions and the disk.',
      cause: error,
    })
  if (code.startsWith('SQLITE_BUSY'))
    return new AppError('db.busy', `${path} is locked by another process`, { cause: error })
  return error
}
