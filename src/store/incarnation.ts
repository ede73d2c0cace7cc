// The incarnation of a database: in its settings and beside it, in `<database>-nodes/incarnation`. The file is always written
// first and the note beside it afterwards, so that a program that dies in between leaves a note that is behind, never ahead;
// when a new life begins, the note names both lives first. What does not fit was put there by hand: sending is held.
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { type Origin, type PastEpoch, risenEpoch } from '../domain/ids.ts'
import { type Beside, decideHold, type HoldReason, type Incarnation, isLater } from '../domain/incarnation.ts'
import { newestAttempt } from './attempts.ts'
import type { Database, ReadTx, WriteTx } from './database.ts'
import { newestCallOf } from './journal.ts'
import { syncFolder } from './part-file.ts'
import { findSetting, removeSetting, setSetting } from './settings.ts'
import { journalPath, nodesFolder } from './sqlite-connection.ts'

/** What a note is filled up to, so that a longer number fits. */
const NOTE_CHARACTERS = 500
/** A note that is being written at this moment may be read half. */
const READ_TRIES = 20

/** This installation in its present life: what its references are made of. */
export async function readOrigin(tx: ReadTx): Promise<Origin> {
  return {
    installation: (await findSetting(tx, 'installation')) ?? '',
    epoch: (await findSetting(tx, 'epoch')) ?? 1,
    past: (await findSetting(tx, 'pastEpochs')) ?? [],
  }
}

/** What the claim asks of the installation. */
export interface InstallationGate {
  isHeld: boolean
  /** The stored limits: cheaper to compare than to parse. */
  limitsText: string
  origin: Origin
}

/** One statement: every claim asks. */
export async function readInstallationGate(tx: ReadTx): Promise<InstallationGate> {
  const rows = await tx.all<{ key: string; value: string }>(
    `SELECT key, value FROM settings WHERE key IN ('hold', 'limits', 'installation', 'epoch')`,
  )
  const texts = new Map(rows.map(({ key, value }) => [key, value]))
  return {
    isHeld: texts.has('hold'),
    limitsText: texts.get('limits') ?? '',
    // What is claimed belongs to the present epoch.
    origin: {
      installation: JSON.parse(texts.get('installation') ?? '""') as string,
      epoch: JSON.parse(texts.get('epoch') ?? '1') as number,
      past: [],
    },
  }
}

/** The epoch that a journal belongs to: of another one it proves nothing. */
export function epochName({ installation, epoch }: Pick<Origin, 'installation' | 'epoch'>): string {
  return `${installation} ${epoch}`
}

/**
 * Compares the file with what is beside it, and holds sending, or lets it go on, accordingly. Called at each open; writes only
 * when the answer has changed.
 */
export async function holdUnlessLastUsed(db: Database, now: number): Promise<HoldReason | undefined> {
  const path = db.url
  const beside = readBeside(path)
  // Before the file is read: what a process that runs begins meanwhile is in the file already.
  const calls = listNewestCalls(path, (nodeId) => db.isNodeAlive(nodeId))
  const { hold, file, origin } = await db.read(async (tx) => ({
    hold: await findSetting(tx, 'hold'),
    origin: await readOrigin(tx),
    file: {
      incarnation: await findSetting(tx, 'incarnation'),
      isCopy: (await findSetting(tx, 'copied_at')) !== undefined,
      newestAttempt: await newestAttempt(tx),
    },
  }))
  const { installation } = origin
  const newestCall = calls.get(epochName(origin)) ?? 0
  const isAlsoThere = beside !== undefined && isElsewhere(beside, path)
  const reason = decideHold({ installation, ...file }, { beside, newestCall, isAlsoThere })
  if (reason === hold?.reason) return reason
  // Journals are written anew by later processes: what they prove is kept.
  if (reason === 'older' && beside !== undefined && newestCall > file.newestAttempt)
    writeBesideNow(path, { ...beside, number: Math.max(beside.number, (file.incarnation?.number ?? 0) + 1) })
  await db.write(async (tx) => {
    if (reason === undefined) await removeSetting(tx, 'hold')
    else await setSetting(tx, 'hold', { reason, since: now })
  })
  return reason
}

/** One step on, in a transaction; what it returns is noted beside the file when that is durable. Undefined while held. */
export async function raiseIncarnation(tx: WriteTx, path: string): Promise<Beside | undefined> {
  if ((await findSetting(tx, 'hold')) !== undefined) return undefined
  const known = await findSetting(tx, 'incarnation')
  if (known === undefined) return beginLife(tx, path)
  const raised = { ...known, number: known.number + 1 }
  await setSetting(tx, 'incarnation', raised)
  return besideOf(await readOrigin(tx), raised, path)
}

/**
 * Written beside the file after the file: a note that is lost or late is behind it, which proves nothing wrong. A number that
 * rises is written over the one before, without waiting for the disk: whatever a power cut leaves of it can be read.
 */
export function noteBeside(path: string, note: Beside): void {
  const known = readBeside(path)
  if (known !== undefined && !isLater(note, known)) return
  if (known === undefined || textOf({ ...known, number: note.number }) !== textOf(note))
    return writeBesideNow(path, note)
  const file = openSync(besidePath(path), 'r+')
  try {
    writeSync(file, textOf(note), 0)
  } finally {
    closeSync(file)
  }
}

/** A life of its own for this file, under the next epoch: sending goes on. The note beside it names both lives meanwhile. */
export async function beginEpoch(tx: WriteTx, path: string, now: number): Promise<Beside> {
  await removeSetting(tx, 'hold')
  await removeSetting(tx, 'copied_at')
  const origin = await readOrigin(tx)
  await setSetting(tx, 'pastEpochs', withPast(origin, await newestAttempt(tx)))
  await setSetting(tx, 'epoch', risenEpoch(origin.epoch, now))
  return beginLife(tx, path)
}

export function withPast({ past, epoch }: Origin, through: number): PastEpoch[] {
  return [...past, { epoch, through }]
}

async function beginLife(tx: WriteTx, path: string): Promise<Beside> {
  const origin = await readOrigin(tx)
  const known = await findSetting(tx, 'incarnation')
  const begun = newIncarnation(known)
  const before = known ?? { life: null, number: 0 }
  // In the transaction: no other process begins one at the same time.
  writeBesideNow(path, { ...besideOf(origin, begun, path), life: before.life, next: begun.life, number: before.number })
  await setSetting(tx, 'incarnation', begun)
  return besideOf(origin, begun, path)
}

export function newIncarnation(before: Incarnation | undefined): Incarnation {
  return { life: randomBytes(9).toString('base64url'), number: (before?.number ?? 0) + 1 }
}

export function besideOf(
  { installation }: Pick<Origin, 'installation'>,
  { life, number }: Incarnation,
  path: string,
): Beside {
  return { installation, life, next: null, number, path }
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

/** Whether the same database is still where it was used last: then this one is a copy of it, folder and all. */
function isElsewhere({ path: usedAt, installation }: Beside, path: string): boolean {
  const there = statSync(usedAt, { throwIfNoEntry: false })
  const here = statSync(path, { throwIfNoEntry: false })
  if (usedAt === path || there === undefined || !there.isFile()) return false
  if (there.ino === here?.ino && there.dev === here.dev) return false
  return installationOf(usedAt) === installation
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
