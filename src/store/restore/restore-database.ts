// A backup takes the place of the database, and nothing is sent twice: the old database is moved away, what it knows since the
// backup is carried over, what nobody knows is in doubt, and every campaign waits for an operator.
// Reads the backup and the old database; writes a file beside the database, then its name. Safe to kill: while the plan of a
// restore is there no process opens the database, and the same command goes on from it.
import { existsSync, realpathSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import { makeFolder } from '../database-file.ts'
import { prepareSqlite } from '../migrate.ts'
import { writeBesideNow } from '../notes-beside.ts'
import { openSqlite } from '../sqlite.ts'
import { journalPath, nodesFolder } from '../sqlite-connection.ts'
import { readOldDatabase } from './old-database.ts'
import { readInstallation } from './page-trees.ts'
import { copyBackup, discardPart, moveAway, moveAwayUnlessInUse, placePart } from './place.ts'
import { type RestorePlan, readRestorePlan, removeRestorePlan, restorePart, writeRestorePlan } from './restore-plan.ts'
import { type CarriedOver, carryOver } from './restored-database.ts'
import type { SalvagedTable } from './salvage.ts'

export interface RestoreOptions {
  /** Of the database. */
  path: string
  /** The backup. */
  file: string
  /** The old database, where it is elsewhere. */
  from?: string | undefined
  /** The operator knows that nothing was sent since the backup. */
  isNothingSent: boolean
  appVersion: string
  now: number
  onStep: (what: string) => void
}

export interface RestoredDatabase extends CarriedOver {
  database: string
  file: string
  /** Where the database that lay there is; null when none lay there. */
  movedTo: string | null
  /** What of a damaged old database could be read. */
  salvaged: SalvagedTable[] | null
}

/** Throws AppError file.*, db.*. Whatever is refused leaves everything as it was. */
export async function restoreDatabase(options: RestoreOptions): Promise<RestoredDatabase> {
  const { path, file } = options
  if (isSameFile(path, file))
    throw new AppError('usage.invalid_value', `${file} is the database itself`, { hint: 'Name the backup to restore.' })
  const interrupted = readRestorePlan(path)
  if (interrupted?.isReady === true && interrupted.file === file) return place(options, interrupted)
  makeFolder(dirname(path))
  const part = restorePart(path)
  options.onStep('copying and checking the backup')
  try {
    copyBackup(file, part)
    await prepareSqlite(part, { appVersion: options.appVersion })
    refuseOtherInstallation(options, interrupted)
  } catch (error) {
    discardPart(part)
    throw error
  }
  const plan = interrupted ?? { file, movedTo: placeFor(options), isReady: false, startedAt: options.now, report: null }
  writeRestorePlan(path, { ...plan, file, isReady: false })
  try {
    if (plan.movedTo !== null) moveAwayUnlessInUse(path, plan.movedTo)
    const ready: RestorePlan = { ...plan, file, isReady: true, report: await build(options, plan) }
    writeRestorePlan(path, ready)
    return place(options, ready)
  } catch (error) {
    giveUp(options, plan)
    throw error
  }
}

function isSameFile(path: string, file: string): boolean {
  return existsSync(path) && existsSync(file) && realpathSync(path) === realpathSync(file)
}

function placeFor({ path, now }: RestoreOptions): string | null {
  const isThere = [path, `${path}-wal`, nodesFolder(path)].some((name) => existsSync(name))
  return isThere ? `${path}.before-restore-${new Date(now).toISOString().slice(0, 19).replaceAll(':', '')}` : null
}

/** A path that was mistyped would move another installation away. */
function refuseOtherInstallation({ path, file, from }: RestoreOptions, interrupted: RestorePlan | undefined): void {
  const restored = readInstallation(restorePart(path))
  for (const old of [from, interrupted?.movedTo ?? path]) {
    const known = old == null ? undefined : readInstallation(old)
    if (known !== undefined && known !== restored)
      throw new AppError('restore.other_installation', `${file} is a backup of another installation than ${old}`, {
        hint: 'Check --db and --from. To replace it all the same, move it away first.',
      })
  }
}

/** What the operator is refused leaves the old database where it was. */
function giveUp({ path }: RestoreOptions, { movedTo }: RestorePlan): void {
  discardPart(restorePart(path))
  if (movedTo !== null) {
    if (existsSync(nodesFolder(movedTo))) rmSync(nodesFolder(path), { recursive: true, force: true })
    moveAway(movedTo, path)
  }
  removeRestorePlan(path)
}

type Report = Omit<RestoredDatabase, 'database' | 'file' | 'movedTo'>

async function build(options: RestoreOptions, { movedTo }: RestorePlan): Promise<Report> {
  const { path, now, isNothingSent, appVersion, onStep } = options
  const oldPath = options.from ?? movedTo ?? undefined
  onStep('reading the old database')
  const scratch = `${restorePart(path)}-salvage`
  const old = await readOldDatabase(oldPath, { scratch, appVersion, now })
  onStep('carrying over what happened since the backup')
  const db = openSqlite(restorePart(path), { now: () => now })
  try {
    await using _attached = old.readFrom === undefined ? undefined : await db.attachStaging(old.readFrom)
    const { carried, note } = await carryOver(db, {
      old,
      journalPath: (nodeId) => journalPath(oldPath ?? path, nodeId),
      isNothingSent,
      path,
    })
    rmSync(nodesFolder(path), { recursive: true, force: true })
    writeBesideNow(path, note)
    return { ...carried, salvaged: old.salvaged }
  } finally {
    await db[Symbol.asyncDispose]()
    discardPart(scratch)
  }
}

/** The last step, repeated by a process that finds it undone. */
function place({ path, onStep }: RestoreOptions, { file, movedTo, report }: RestorePlan): RestoredDatabase {
  onStep('putting it in place')
  const part = restorePart(path)
  if (existsSync(part)) placePart(part, path)
  removeRestorePlan(path)
  return { database: path, file, movedTo, ...(report as Report) }
}
