// A database file that appears whole or not at all: it is written under another name, reaches the disk, and only then
// takes its own. What a killed process left under the other name is removed by the next one.
import { closeSync, fsyncSync, openSync, renameSync, statSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError } from '../domain/errors.ts'
import { storageError } from './sqlite-connection.ts'

export function partOf(path: string): string {
  return `${path}.part`
}

/** Makes an empty file that only its owner can read, in place of what an interrupted process left there. */
export function beginPart(part: string): void {
  removePart(part)
  closeSync(openSync(part, 'wx', 0o600))
}

function removePart(part: string): void {
  for (const name of [part, ...sideFiles(part)]) {
    try {
      unlinkSync(name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}

/** After a failure, which is told instead of what goes wrong here. */
export function dropPart(part: string): void {
  try {
    removePart(part)
  } catch {
    // The next one begins by removing it.
  }
}

/** Gives the file its name, in place of what has it; nobody has it open any more. */
export function publishPart(part: string, path: string): void {
  const file = openSync(part, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(part, path)
  syncFolder(dirname(path))
}

/** The name of a file is content of its folder. Throws when the disk fails. */
export function syncFolder(path: string): void {
  let folder: number | undefined
  try {
    folder = openSync(path, 'r')
    fsyncSync(folder)
  } catch (error) {
    // Not every system opens or syncs folders; those that do not keep names durable themselves.
    if ((error as NodeJS.ErrnoException).code === 'EIO') throw error
  } finally {
    if (folder !== undefined) closeSync(folder)
  }
}

/** The first log beside the place of a database that has something in it: it belongs to the database of that name. */
export function findLog(path: string): string | undefined {
  return sideFiles(path)
    .filter((name) => !name.endsWith('-shm'))
    .find((name) => (statSync(name, { throwIfNoEntry: false })?.size ?? 0) > 0)
}

/** The names that SQLite gives to files of a database. */
export function sideFiles(path: string): string[] {
  return ['-wal', '-shm', '-journal'].map((suffix) => `${path}${suffix}`)
}

/** What kept a file from being written, in our words: a full disk, a folder that may not be written. */
export function writingError(error: unknown, path: string): unknown {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (['SQLITE_FULL', 'ENOSPC', 'EDQUOT'].includes(code))
    return new AppError('db.full', `the disk of ${path} is full`, {
      hint: 'Free some space there, then try again.',
      cause: error,
    })
  if (/^(E[A-Z]+$|SQLITE_(IOERR|CANTOPEN|READONLY|PERM))/.test(code))
    return new AppError('db.io', `cannot write ${path}: ${message}`, {
      hint: 'Check the path, its permissions and the disk.',
      cause: error,
    })
  return storageError(error, path)
}
