// The file of a database before SQLite opens it: whether it is there, its folder, and that nobody else reads it.
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, type Stats, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { AppError } from '../domain/errors.ts'
import { syncFolder } from './part-file.ts'

/** Whether there is a file at the path. Throws AppError db.* for what can be no database, and for a link to nothing. */
export function isFileThere(path: string): boolean {
  const found = statOf(path, statSync)
  if (found === undefined) {
    if (statOf(path, lstatSync)?.isSymbolicLink())
      throw new AppError('db.missing', `${path} is a link, and there is nothing at its target`, {
        hint: 'Look whether the disk of the target is mounted; else remove the link.',
      })
    return false
  }
  if (found.isDirectory())
    throw new AppError('db.not_ours', `${path} is a folder`, { hint: 'Name a file in it with --db.' })
  if (!found.isFile())
    throw new AppError('db.not_ours', `${path} is not a regular file`, { hint: 'Name another file with --db.' })
  return true
}

function statOf(path: string, stat: (path: string) => Stats): Stats | undefined {
  try {
    return stat(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new AppError('db.io', `cannot read ${path}`, { hint: 'Check the path and its permissions.', cause: error })
  }
}

/** One level after the other: Node's own recursion never ends where a file system takes no folders, such as /proc. */
export function makeFolder(path: string): void {
  const missing: string[] = []
  for (let folder = path; !existsSync(folder); folder = dirname(folder)) missing.unshift(folder)
  for (const folder of missing) makeOneFolder(folder)
  if (!statSync(path).isDirectory())
    throw new AppError('db.io', `${path} is not a folder`, { hint: 'Name another file with --db.' })
}

function makeOneFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
    syncFolder(dirname(path))
  } catch (error) {
    // Two processes that start together may both make it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new AppError('db.io', `cannot make the folder ${path}`, {
        hint: 'Check the path and its permissions.',
        cause: error,
      })
  }
}

/** What Herald itself keeps beside a database; a disk of its own has the last one. */
const ownNames = ['herald.key', 'herald.yaml', 'uploads', 'staging', 'lost+found']

/**
 * Nobody else looks into the folder of a database: one that holds nothing but what is ours is closed, and its modes before and
 * after are returned. Throws AppError db.folder_open for one that others use, or that is not ours to close.
 */
export function closeFolder(database: string): { from: string; to: string } | undefined {
  const folder = dirname(database)
  const mode = statSync(folder).mode & 0o7777
  if (process.platform === 'win32' || (mode & 0o007) === 0) return undefined
  const from = mode.toString(8)
  // A folder in which everybody keeps files, such as /tmp, is nobody's to close.
  const isCommon = (mode & 0o1000) !== 0
  const foreign = isCommon
    ? 'the files of others'
    : readdirSync(folder).find((name) => !isOurs(name, basename(database)))
  if (foreign !== undefined)
    throw new AppError('db.folder_open', `other users of this machine may look into ${folder} (mode ${from})`, {
      hint: `Name a database in a folder of its own (--db), or close this one: chmod o= ${folder}. It also holds ${foreign}.`,
    })
  try {
    chmodSync(folder, mode & 0o7770)
  } catch (error) {
    throw new AppError('db.folder_open', `other users of this machine may look into ${folder} (mode ${from})`, {
      hint: `Let its owner close it: chmod o= ${folder}.`,
      cause: error,
    })
  }
  return { from, to: (mode & 0o7770).toString(8) }
}

function isOurs(name: string, database: string): boolean {
  return ownNames.includes(name) || name.startsWith(database) || /^herald-.*\.db/.test(name)
}

/** The log and its index take the mode of the file. A group that an operator let in stays in. */
export function keepFromOthers(path: string): void {
  try {
    for (const name of [path, `${path}-wal`, `${path}-shm`]) {
      const mode = statSync(name, { throwIfNoEntry: false })?.mode ?? 0
      if ((mode & 0o007) !== 0) chmodSync(name, mode & 0o770)
    }
  } catch (error) {
    // Who may not write, or is not the owner, is told so when it matters.
    if (!['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
