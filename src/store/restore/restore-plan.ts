// A restore under way, in a file beside the database: while it is there no process opens the database, and the next restore
// goes on from what it says.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import { syncFolder } from '../part-file.ts'

export interface RestorePlan {
  /** The backup. */
  file: string
  /** Where the database that lay there is moved to; null when none lay there. */
  movedTo: string | null
  /** The restored database is whole and only has to take its name. */
  isReady: boolean
  startedAt: number
  /** What was carried over, for the process that finishes an interrupted restore. */
  report: unknown
}

export function restorePart(path: string): string {
  return `${path}.restore-part`
}

function planPath(path: string): string {
  return `${path}.restore`
}

export function readRestorePlan(path: string): RestorePlan | undefined {
  let text: string
  try {
    text = readFileSync(planPath(path), 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined
    throw error
  }
  return JSON.parse(text) as RestorePlan
}

/** On the disk when it returns. */
export function writeRestorePlan(path: string, plan: RestorePlan): void {
  const part = `${planPath(path)}.${process.pid}`
  const file = openSync(part, 'w', 0o600)
  try {
    writeSync(file, `${JSON.stringify(plan)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(part, planPath(path))
  syncFolder(dirname(path))
}

export function removeRestorePlan(path: string): void {
  rmSync(planPath(path), { force: true })
  syncFolder(dirname(path))
}

/** Throws AppError db.restoring: the file at the path, if there is one, may be the old one or half of the two. */
export function refuseInterruptedRestore(path: string): void {
  const plan = readRestorePlan(path)
  if (plan === undefined) return
  throw new AppError('db.restoring', `${path} is being restored from ${plan.file}, or that was interrupted`, {
    hint: `If no restore runs, finish it: herald restore ${plan.file}. Nothing is sent meanwhile.`,
  })
}
