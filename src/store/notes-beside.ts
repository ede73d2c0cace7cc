// What is noted beside the file of a database, in `<database>-nodes`: its incarnation (incarnation.ts), and when it was
// last copied. A note of the incarnation is whole, or not there.
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { type Beside, isLater } from '../domain/incarnation.ts'
import type { Notes } from './database.ts'
import { newestCallOf } from './journal.ts'
import { syncFolder } from './part-file.ts'
import { journalPath, nodesFolder } from './sqlite-connection.ts'

/** What a note is filled up to, so that a longer number fits. */
const NOTE_CHARACTERS = 500
/** A note that is being written at this moment may be read half. */
const READ_TRIES = 20

export class NotesBeside implements Notes {
  readonly place: string
  readonly isShared: boolean
  readonly #isAlive: (nodeId: number) => boolean

  constructor(path: string, isAlive: (nodeId: number) => boolean, { isShared = false } = {}) {
    this.place = path
    this.isShared = isShared
    this.#isAlive = isAlive
  }

  read(): Beside | undefined {
    return readBeside(this.place)
  }

  /** A number that rises is written over the one before: whatever a power cut leaves of it can be read. */
  write(note: Beside): void {
    const known = this.read()
    if (known !== undefined && !isLater(note, known)) return
    if (known === undefined || textOf({ ...known, number: note.number }) !== textOf(note)) return this.writeNow(note)
    const file = openSync(besidePath(this.place), 'r+')
    try {
      writeSync(file, textOf(note), 0)
    } finally {
      closeSync(file)
    }
  }

  writeNow(note: Beside): void {
    writeBesideNow(this.place, note)
  }

  newestCalls(): Map<string, number> {
    return listNewestCalls(this.place, this.#isAlive)
  }

  isElsewhere({ path: usedAt, installation }: Beside): boolean {
    const there = statSync(usedAt, { throwIfNoEntry: false })
    const here = statSync(this.place, { throwIfNoEntry: false })
    if (this.isShared || usedAt === this.place || there === undefined || !there.isFile()) return false
    if (there.ino === here?.ino && there.dev === here.dev) return false
    return installationOf(usedAt) === installation
  }

  noteBackup(at: string): void {
    mkdirSync(nodesFolder(this.place), { recursive: true, mode: 0o700 })
    writeFileSync(this.#backupNote, at, { mode: 0o600 })
  }

  lastBackup(): string | undefined {
    try {
      const at = readFileSync(this.#backupNote, 'utf8')
      return Number.isNaN(Date.parse(at)) ? undefined : at
    } catch {
      return undefined
    }
  }

  get #backupNote(): string {
    return join(nodesFolder(this.place), 'last-backup')
  }
}

function besidePath(path: string): string {
  return join(nodesFolder(path), 'incarnation')
}

/** Of one length for one life. */
function textOf({ number, ...rest }: Beside): string {
  return `${JSON.stringify({ number, ...rest }).padEnd(NOTE_CHARACTERS)}\n`
}

/** On the disk when it returns. */
export function writeBesideNow(path: string, note: Beside): void {
  const folder = nodesFolder(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const part = join(folder, `incarnation.${process.pid}`)
  const file = openSync(part, 'w', 0o600)
  try {
    writeSync(file, textOf(note))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(part, besidePath(path))
  syncFolder(folder)
}

/** Undefined when there is none, or none that can be read. */
export function readBeside(path: string): Beside | undefined {
  for (let tries = 0; tries < READ_TRIES; tries++) {
    const text = findText(besidePath(path))
    if (text === undefined) return undefined
    const note = parseNote(text)
    if (note !== undefined) return note
  }
  return undefined
}

function findText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

function parseNote(text: string): Beside | undefined {
  try {
    const { installation, life = null, next = null, number, path } = JSON.parse(text) as Partial<Beside>
    if (typeof installation !== 'string' || typeof number !== 'number' || typeof path !== 'string') return undefined
    return { installation, life, next, number, path }
  } catch {
    return undefined
  }
}

/** The newest call in the journals of processes that have ended, by the epoch that each belongs to. */
export function listNewestCalls(path: string, isAlive: (nodeId: number) => boolean): Map<string, number> {
  const newest = new Map<string, number>()
  for (const nodeId of listJournals(path)) {
    if (isAlive(nodeId)) continue
    const found = newestCallOf(journalPath(path, nodeId))
    if (found !== undefined) newest.set(found.epoch, Math.max(newest.get(found.epoch) ?? 0, found.attemptId))
  }
  return newest
}

function listJournals(path: string): number[] {
  try {
    const names = readdirSync(nodesFolder(path))
    return names.flatMap((name) => /^(\d+)\.journal$/.exec(name)?.[1] ?? []).map(Number)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function installationOf(path: string): string | undefined {
  let connection: SqliteConnection.Database | undefined
  try {
    connection = new SqliteConnection(path, { readonly: true, fileMustExist: true, timeout: 0 })
    const text = connection.prepare("SELECT value FROM settings WHERE key = 'installation'").pluck().get()
    return typeof text === 'string' ? (JSON.parse(text) as string) : undefined
  } catch {
    // What cannot be read is no database in use.
    return undefined
  } finally {
    connection?.close()
  }
}
