// A copy of the whole database, into a file or into a folder that keeps the newest ones. Reads the database; writes the
// copy, and beside the database when it was made. Safe to kill: the copy gets its name when it is whole.
import { createHash } from 'node:crypto'
import { createReadStream, lstatSync, readdirSync, rmSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import { formatInstant } from '../../domain/instant.ts'
import { listCopies } from '../../store/backup.ts'
import { findLog, partOf, writingError } from '../../store/part-file.ts'
import { findSetting } from '../../store/settings.ts'
import type { Context } from '../context.ts'

export interface BackupRequest {
  /** A file, or a folder that is there. */
  target: string
  /** Of the copies of this database in the folder, so many newest stay. */
  keep?: number | undefined
  /** Replaces the file. */
  isForced?: boolean | undefined
}

export interface Backup {
  file: string
  bytes: number
  sha256: string
  seconds: number
  copiedAt: string
  /** Copies of this database in the folder, the newest first; empty for a file. */
  kept: string[]
  deleted: string[]
  /** What went wrong beside the copy, which is whole. */
  warnings: string[]
}

/** The names that copies get in a folder: to the minute, in UTC; more where there are several. */
const madeName = /^herald-\d{4}-\d{2}-\d{2}T\d{4}(\d{2}(-\d+)?)?\.db$/

/** Throws AppError usage.*, file.*, db.*; then there is no new copy. */
export async function backUp(ctx: Context, request: BackupRequest): Promise<Backup> {
  const startedAt = performance.now()
  const at = ctx.clock.now()
  const installation = (await ctx.db.read((tx) => findSetting(tx, 'installation'))) ?? ''
  const folder = folderIn(request)
  const place = folder === undefined ? placeOfFile(ctx, request) : placeIn(folder, installation, at)
  await ctx.db.backup(place, at)
  const { path: file } = place
  const { bytes, sha256 } = await digest(file)
  const warnings = noteIfPossible(ctx, at)
  const { kept, deleted } =
    folder === undefined
      ? { kept: [], deleted: [] }
      : rotate({ folder, installation, file, now: at, keep: request.keep ?? Number.POSITIVE_INFINITY }, warnings)
  const seconds = Math.round((performance.now() - startedAt) / 10) / 100
  return { file, bytes, sha256, seconds, copiedAt: formatInstant(at), kept, deleted, warnings }
}

/** The folder that is meant; undefined for a file. */
function folderIn({ target, keep, isForced }: BackupRequest): string | undefined {
  const isFolder = lookAt(target, statSync)?.isDirectory() ?? false
  // A folder whose disk is not mounted is not made on another one.
  if (!isFolder && /[/\\]$/.test(target)) throw new AppError('file.not_found', `there is no folder ${target}`)
  if (isFolder && isForced)
    throw new AppError('usage.invalid_value', `--force replaces a file, and ${target} is a folder`, {
      hint: 'Each copy in a folder gets a name of its own: leave --force out.',
    })
  if (!isFolder && keep !== undefined)
    throw new AppError('usage.invalid_value', `--keep needs a folder, and ${target} is not one`, {
      hint: 'Name a folder that exists: herald backup /backups/ --keep 7.',
    })
  return isFolder ? resolve(target) : undefined
}

function placeOfFile({ db }: Context, { target, isForced = false }: BackupRequest) {
  const path = resolve(target)
  if (!lookAt(dirname(path), statSync)?.isDirectory())
    throw new AppError('file.not_found', `there is no folder ${dirname(path)}`)
  const found = lookAt(path, lstatSync)
  if (db.isPartOf(path))
    throw new AppError('file.exists', `${target} belongs to the database itself`, { hint: 'Choose another name.' })
  // Nothing is written through a link, wherever it leads.
  if (found !== undefined && !found.isFile())
    throw new AppError('file.not_a_regular_file', `${target} is not a regular file`, { hint: 'Choose another name.' })
  const log = findLog(path)
  if (log !== undefined)
    throw new AppError('file.exists', `${log} is there: a database was opened under that name`, {
      hint: 'Choose another name.',
    })
  if (found !== undefined && !isForced)
    throw new AppError('file.exists', `${target} exists already`, {
      hint: 'Choose another name, replace it with --force, or name a folder: herald backup /backups/ --keep 7.',
    })
  return { path, part: partOf(path) }
}

/** What is at a path; undefined for nothing. */
function lookAt(path: string, stat: (path: string) => Stats): Stats | undefined {
  try {
    return stat(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw writingError(error, path)
  }
}

/** One name for the part of all copies of this database: the next backup removes what an interrupted one left. */
function placeIn(folder: string, installation: string, at: number) {
  return { path: join(folder, freeName(folder, at)), part: join(folder, `herald-${installation}.db.part`) }
}

function freeName(folder: string, at: number): string {
  const [day = '', time = ''] = formatInstant(at).split('T')
  const digits = time.replaceAll(':', '')
  const taken = new Set(namesIn(folder))
  const names = [digits.slice(0, 4), digits.slice(0, 6)].map((shown) => `herald-${day}T${shown}.db`)
  for (let n = 2; ; n++) {
    const free = names.find((name) => !taken.has(name))
    if (free !== undefined) return free
    names.push(`herald-${day}T${digits.slice(0, 6)}-${n}.db`)
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    throw writingError(error, folder)
  }
}

async function digest(file: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of createReadStream(file)) {
    hash.update(piece as Buffer)
    bytes += (piece as Buffer).length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** A full disk of the database is no reason to call its copy on another disk a failure. */
function noteIfPossible({ db }: Context, at: number): string[] {
  try {
    db.notes.noteBackup(formatInstant(at))
    return []
  } catch (error) {
    return [`doctor will not know of this backup: ${(error as Error).message}`]
  }
}

interface Rotation {
  folder: string
  installation: string
  /** The copy that was just made. */
  file: string
  now: number
  keep: number
}

/** Deletes copies that this database made here, and nothing else: neither other files nor those of other databases. */
function rotate(rotation: Rotation, warnings: string[]): { kept: string[]; deleted: string[] } {
  const { folder, file, keep } = rotation
  const older = listCopies({ ...rotation, isName: (name) => madeName.test(name) }).filter((path) => path !== file)
  const kept = [file, ...older.slice(0, keep - 1)]
  const deleted: string[] = []
  for (const path of older.slice(keep - 1)) {
    try {
      rmSync(path)
      deleted.push(path)
    } catch (error) {
      kept.push(path)
      warnings.push(`${basename(path)} in ${folder} could not be deleted: ${(error as Error).message}`)
    }
  }
  return { kept, deleted }
}
