// A URL or a path → an open, migrated database.

import { lstatSync, realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '../domain/errors.ts'
import type { Database, ReadOnlyDatabase, ThreadAddress } from './database.ts'
import { type PrepareOptions, prepareSqlite } from './migrate.ts'
import { refuseInterruptedRestore } from './restore/restore-plan.ts'
import { openSqlite, openSqliteToRead, type SqliteOptions } from './sqlite.ts'

export interface OpenOptions extends SqliteOptions, PrepareOptions {
  /** Where files go that are no rows, for a database that is no file itself. */
  filesFolder: string
  /** Stands in for the clock of a server in tests. */
  serverNow?: (() => number) | undefined
}

/** Opens `./herald.db`, `sqlite:…`, `file:…` or `postgres://…` and migrates it; makes it only where that is allowed. */
export async function openDatabase(url: string, options: OpenOptions): Promise<Database> {
  if (isPostgres(url)) return openPostgresDatabase(url, options)
  const path = databasePath(url)
  refuseInterruptedRestore(path)
  await prepareSqlite(path, options)
  return openSqlite(path, options)
}

/** The driver is loaded only where it is used: commands on SQLite start without it. */
async function openPostgresDatabase(url: string, options: OpenOptions): Promise<Database> {
  const [{ openPostgres }, { preparePostgres }] = await Promise.all([
    import('./postgres.ts'),
    import('./postgres-migrate.ts'),
  ])
  const db = openPostgres({ url, filesFolder: options.filesFolder, now: options.serverNow })
  try {
    await preparePostgres(url, db.shownName, options)
    await db.learnClock()
    return db
  } catch (error) {
    await db[Symbol.asyncDispose]()
    throw error
  }
}

function isPostgres(url: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(url)
}

/** A second way into a database that is open, for another thread. */
export async function openDatabaseToRead(address: ThreadAddress): Promise<ReadOnlyDatabase> {
  if (!('url' in address)) return openSqliteToRead(address)
  const { openPostgresToRead } = await import('./postgres.ts')
  return openPostgresToRead(address)
}

/** The file that a database URL means. Throws AppError db.unsupported for another kind of database. */
export function databasePath(url: string): string {
  const path = pathIn(url)
  // A resolved path has no slash at its end, and would be made as a file.
  if (/[/\\]$/.test(path)) throw unsupported(`${url} is a folder`)
  return followLink(resolve(path))
}

function pathIn(url: string): string {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase()
  if (scheme !== undefined && scheme !== 'sqlite' && scheme !== 'file')
    throw unsupported(`databases of the kind "${scheme}:" are not supported`)
  const path = url.slice(scheme === undefined ? 0 : scheme.length + 1)
  if (path.trim() === '') throw unsupported('the address of the database is empty')
  if (path.startsWith(':memory:')) throw unsupported('a database in memory is not supported')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\0-\x1f\x7f]/.test(path)) throw unsupported('the address of the database has a control character')
  if (scheme === undefined) return path
  if (/[?#]/.test(path)) throw unsupported(`${url}: options after ? or # are not supported`)
  if (!path.startsWith('//')) return path
  try {
    return fileURLToPath(`file:${path}`)
  } catch {
    throw unsupported(`${url} does not name a file of this machine`)
  }
}

/** Log, locks and key are kept beside the file itself, whatever link leads to it. */
function followLink(path: string): string {
  try {
    return lstatSync(path).isSymbolicLink() ? realpathSync(path) : path
  } catch {
    // There is nothing, or a link to nothing; opening it says so.
    return path
  }
}

function unsupported(message: string): AppError {
  return new AppError('db.unsupported', message, {
    hint: 'Name a file, for example ./data/herald.db, or a server: postgres://….',
  })
}
