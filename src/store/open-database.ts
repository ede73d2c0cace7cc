// A URL or a path → an open, migrated database.

import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '../domain/errors.ts'
import type { Database, ReadOnlyDatabase } from './database.ts'
import { prepareSqlite } from './migrate.ts'
import { openSqlite, openSqliteToRead, type SqliteOptions } from './sqlite.ts'

export interface OpenOptions extends SqliteOptions {
  appVersion: string
}

/** Opens `./herald.db`, `sqlite:…` or `file:…`; creates and migrates it on first use. */
export async function openDatabase(url: string, options: OpenOptions): Promise<Database> {
  const path = databasePath(url)
  await prepareSqlite(path, options.appVersion)
  return openSqlite(path, options)
}

/** A second way into a database that is open, for another thread. */
export function openDatabaseToRead(url: string): ReadOnlyDatabase {
  return openSqliteToRead(databasePath(url))
}

/** The file that a database URL means. Throws AppError db.unsupported for another kind of database. */
export function databasePath(url: string): string {
  if (url.startsWith('file://')) return fileURLToPath(url)
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase()
  if (scheme === undefined) return resolve(url)
  if (scheme === 'sqlite' || scheme === 'file') return resolve(url.slice(scheme.length + 1))
  throw new AppError('db.unsupported', `databases of the kind "${scheme}:" are not supported`, {
    hint: 'Name a file, for example ./data/herald.db.',
  })
}
