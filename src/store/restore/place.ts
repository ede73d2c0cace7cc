// The files of a restore: nobody else is at work on the database, it is moved away with everything that belongs to it, and
// what takes its place appears whole or not at all.
import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { AppError } from '../../domain/errors.ts'
import { beginPart, dropPart, publishPart, sideFiles, syncFolder, writingError } from '../part-file.ts'
import { readSchemaState } from '../schema-state.ts'
import { isBusy, nodesFolder, storageError, tryLock } from '../sqlite-connection.ts'

/** What belongs to a database: the log with the file, and the folder with the journals of its last processes. */
function belongings(path: string): string[] {
  return [path, ...sideFiles(path), nodesFolder(path)]
}

/**
 * Moves the database away with everything that belongs to it; repeated after a kill, what is left of it. Throws AppError
 * db.in_use when another process has it open.
 */
export function moveAwayUnlessInUse(path: string, to: string): void {
  if (isNodeAlive(nodesFolder(path))) throw inUse(path)
  const lock = existsSync(path) ? lockAlone(path) : undefined
  try {
    moveAway(path, to)
  } finally {
    // SQLite leaves the log of a file that was moved as it is, also where it is damaged.
    lock?.close()
  }
}

function inUse(path: string): AppError {
  return new AppError('db.in_use', `another process has ${path} open`, {
    hint: 'Stop every herald process on this database, then restore again.',
  })
}

function isNodeAlive(folder: string): boolean {
  if (!existsSync(folder)) return false
  const locks = readdirSync(folder).filter((name) => /^(\d+|migrate)$/.test(name))
  return locks.some((name) => {
    const lock = tryLock(join(folder, name))
    lock?.close()
    return lock === undefined
  })
}

/** Every connection to a database holds a lock that an exclusive one does not get along with. */
function lockAlone(path: string): SqliteConnection.Database {
  const connection = new SqliteConnection(path, { timeout: 0 })
  try {
    connection.pragma('locking_mode = EXCLUSIVE')
    connection.exec('BEGIN EXCLUSIVE; ROLLBACK')
  } catch (error) {
    // What is too damaged to be locked is open nowhere.
    if (isBusy(error)) {
      connection.close()
      throw inUse(path)
    }
  }
  return connection
}

/** Back, or away. What is at its target already was moved before. */
export function moveAway(path: string, to: string): void {
  const targets = belongings(to)
  for (const [index, from] of belongings(path).entries()) {
    const target = targets[index] ?? ''
    if (existsSync(from) && !existsSync(target)) renameSync(from, target)
  }
  syncFolder(dirname(path))
}

/** A copy of the backup beside the place that it is for, checked. Throws AppError file.*, db.*. */
export function copyBackup(file: string, part: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
    throw new AppError('file.not_found', `there is no file ${file}`, { hint: 'Name the backup to restore.' })
  try {
    beginPart(part)
    copyFileSync(file, part)
    // A copy that was made with its log is whole only with it.
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${part}-wal`)
  } catch (error) {
    throw writingError(error, part)
  }
  refuseUnlessOurs(file, part)
  const problem = findDamage(part)
  if (problem !== undefined)
    throw new AppError('db.damaged', `${file} is damaged: ${problem}`, { hint: 'Restore another backup.' })
}

function refuseUnlessOurs(file: string, part: string): void {
  let state: ReturnType<typeof readSchemaState>
  try {
    state = readSchemaState(part)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError(error.code, error.message.replaceAll(part, file), {
      cause: error,
      hint: 'Restore another backup.',
    })
  }
  if (state.kind !== 'ours')
    throw new AppError('db.not_ours', `${file} is not a database of Herald`, { hint: 'Name the backup to restore.' })
  if (state.isNewer)
    throw new AppError('db.newer_schema', `${file} was made by Herald ${state.madeBy}, which is newer than this`, {
      hint: 'Restore it with the newer program.',
    })
}

/**
 * What is wrong with the pages, the indexes or the tables of a database; undefined when nothing is. Unless it is only read,
 * its log is folded into it.
 */
export function findDamage(path: string, { isReadOnly = false } = {}): string | undefined {
  let connection: SqliteConnection.Database | undefined
  try {
    connection = new SqliteConnection(path, { readonly: isReadOnly, timeout: 0, fileMustExist: true })
    const said = connection.pragma('integrity_check(1)', { simple: true }) as string
    return said === 'ok' ? undefined : said
  } catch (error) {
    const known = storageError(error, path)
    return known instanceof Error ? known.message : String(known)
  } finally {
    connection?.close()
  }
}

/** The part takes the name of the database. */
export function placePart(part: string, path: string): void {
  for (const side of sideFiles(part))
    if ((statSync(side, { throwIfNoEntry: false })?.size ?? 0) > 0)
      throw new AppError('fault', `${side} has what ${part} lacks`)
  publishPart(part, path)
  discardPart(part)
}

export function discardPart(part: string): void {
  dropPart(part)
  rmSync(nodesFolder(part), { recursive: true, force: true })
}
