// The file of a database before SQLite opens it: its folder, its kind, and that nobody else reads it.
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError } from '../domain/errors.ts'

/** Makes the data directory and the file, or refuses a file that is no SQLite database. */
export function prepareDatabaseFile(path: string): void {
  makeFolder(dirname(path))
  if (existsSync(path)) refuseOtherKinds(path)
  keepFromOthers(path)
}

function refuseOtherKinds(path: string): void {
  if (statSync(path).isDirectory())
    throw new AppError('db.not_ours', `${path} is a folder`, { hint: 'Name a file in it with --db.' })
  const header = Buffer.alloc(16)
  let length = 0
  try {
    const file = openSync(path, 'r')
    length = readSync(file, header, 0, 16, 0)
    closeSync(file)
  } catch (error) {
    throw new AppError('db.io', `cannot read ${path}`, {
      hint: 'Check the path and its permissions.',
      cause: error,
    })
  }
  if (length > 0 && header.toString('latin1') !== 'SQLite format 3\0')
    throw new AppError('db.not_ours', `${path} is no SQLite database`, {
      hint: 'Name another file with --db.',
    })
}

/** One level after the other: Node's own recursion never ends where a file system takes no folders, such as /proc. */
function makeFolder(path: string): void {
  const missing: string[] = []
  for (let folder = path; !existsSync(folder); folder = dirname(folder)) missing.unshift(folder)
  try {
    for (const folder of missing) mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Two processes that start together may both make it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new AppError('db.io', `cannot make the folder ${path}`, {
        hint: 'Check the path and its permissions.',
        cause: error,
      })
  }
  if (!statSync(path).isDirectory())
    throw new AppError('db.io', `${path} is no folder`, { hint: 'Name another file with --db.' })
}

/** The log and its index take the mode of the file. A group that an operator let in stays in. */
function keepFromOthers(path: string): void {
  try {
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
    for (const name of [path, `${path}-wal`, `${path}-shm`]) {
      const mode = statSync(name, { throwIfNoEntry: false })?.mode ?? 0
      if ((mode & 0o007) !== 0) chmodSync(name, mode & 0o770)
    }
  } catch (error) {
    // Who may not write, or is not the owner, is told so when it matters.
    if (!['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
