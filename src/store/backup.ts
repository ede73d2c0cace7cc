// A copy of a database: whole, checked, on the disk and marked as a copy, or not there at all.
import { closeSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { AppError } from '../domain/errors.ts'
import { formatInstant } from '../domain/instant.ts'
import { beginPart, dropPart, publishPart, writingError } from './part-file.ts'
import { type Connection, storageError } from './sqlite-connection.ts'

export interface CopyPlace {
  /** Where the copy goes; what is there is replaced. */
  path: string
  /** Where it is written first: one name for all copies that may be interrupted and tried again. */
  part: string
}

/** Waiting for another process that recovers the log. */
const PATIENCE_MS = 5_000

/** Copies the database while others write in it. Throws AppError db.full, db.io, db.damaged; then there is no copy. */
export function copyDatabase(source: string, place: CopyPlace, copiedAt: number): void {
  const connection = new SqliteConnection(source, { readonly: true, timeout: PATIENCE_MS })
  try {
    copyFrom(connection, place, copiedAt)
  } finally {
    connection.close()
  }
}

/** The same by a connection of the caller, which is in no transaction. */
export function copyFrom(connection: Connection, { path, part }: CopyPlace, copiedAt: number): void {
  try {
    beginPart(part)
    connection.prepare('VACUUM INTO ?').run(part)
    finish(part, copiedAt)
    publishPart(part, path)
  } catch (error) {
    dropPart(part)
    throw isDamage(error) ? storageError(error, connection.name) : writingError(error, path)
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof SqliteConnection.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code)
}

/** Marks and checks it; synced is the file as a whole, when it gets its name. */
function finish(part: string, copiedAt: number): void {
  const copy = new SqliteConnection(part)
  try {
    copy.pragma('journal_mode = MEMORY')
    copy.pragma('synchronous = OFF')
    const set = copy.prepare(
      'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    )
    copy.transaction(() => {
      set.run('copied_at', JSON.stringify(formatInstant(copiedAt)))
      copy.exec(`INSERT INTO settings (key, value) SELECT 'copy_of', value FROM settings WHERE key = 'installation'
        ON CONFLICT (key) DO UPDATE SET value = excluded.value`)
    })()
    const found = copy.pragma('integrity_check', { simple: true })
    if (found !== 'ok')
      throw new AppError('db.damaged', `the copy of the database does not pass its check: ${String(found)}`, {
        hint: 'Check the disks of the database and of the copy, then try again.',
      })
  } finally {
    copy.close()
  }
}

interface CopyMark {
  /** The installation of the database that it is a copy of. */
  copyOf: string
  /** When it was made: epoch ms. */
  copiedAt: number
}

/**
 * What a copy says of itself; undefined for any other file, and for a copy that was opened as a database since: that one
 * has a log, and may be in use.
 */
function readCopyMark(path: string): CopyMark | undefined {
  let connection: Connection | undefined
  try {
    if (hasLog(path)) return undefined
    connection = new SqliteConnection(path, { readonly: true, fileMustExist: true })
    const find = connection.prepare('SELECT value FROM settings WHERE key = ?').pluck()
    const [of, at] = ['copy_of', 'copied_at'].map((key) => JSON.parse(String(find.get(key) ?? null)) as string | null)
    return of && at ? { copyOf: of, copiedAt: Date.parse(at) } : undefined
  } catch {
    return undefined
  } finally {
    connection?.close()
  }
}

export interface CopySearch {
  folder: string
  isName: (name: string) => boolean
  /** Of this database only. */
  installation: string
  now: number
}

/** The copies of a database in a folder, by their marks: the newest first, those from a wrong clock's future last. */
export function listCopies({ folder, isName, installation, now }: CopySearch): string[] {
  const copies = readdirSync(folder)
    .filter(isName)
    .map((name) => join(folder, name))
    .filter((path) => lstatSync(path).isFile())
    .flatMap((path) => {
      const mark = readCopyMark(path)
      if (mark === undefined || mark.copyOf !== installation) return []
      return [{ path, at: mark.copiedAt > now ? Number.NEGATIVE_INFINITY : mark.copiedAt }]
    })
  return copies.sort((a, b) => compare(b.at, a.at) || compare(b.path, a.path)).map(({ path }) => path)
}

function compare<T extends number | string>(a: T, b: T): number {
  return a < b ? -1 : Number(a > b)
}

/** Whether the header says that a write-ahead log belongs to the file. */
function hasLog(path: string): boolean {
  const header = Buffer.alloc(20)
  const file = openSync(path, 'r')
  try {
    readSync(file, header, 0, header.length, 0)
  } finally {
    closeSync(file)
  }
  return header[18] === 2
}
