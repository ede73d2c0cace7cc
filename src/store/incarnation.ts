// The incarnation of a database: in its settings and noted beside it. The database is always written first and the note
// afterwards, so that a program that dies in between leaves a note that is behind, never ahead; when a new life begins, the
// note names both lives first. What does not fit was put there by hand: sending is held.
import { randomBytes } from 'node:crypto'
import { AppError } from '../domain/errors.ts'
import { type Origin, type PastEpoch, risenEpoch } from '../domain/ids.ts'
import {
  type Beside,
  decideHold,
  type FileFacts,
  type Hold,
  type HoldReason,
  type Incarnation,
} from '../domain/incarnation.ts'
import { newestAttempt } from './attempts.ts'
import type { Database, Notes, Present, ReadTx, WriteTx } from './database.ts'
import { findSetting, removeSetting, setSetting } from './settings.ts'

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

/** A database that something is being moved into is nobody's yet. Throws AppError db.in_use. */
export async function refuseHalfMoved(db: Database): Promise<void> {
  if ((await db.read((tx) => findSetting(tx, 'moving'))) === undefined) return
  throw new AppError('db.in_use', `an installation is being moved into ${db.shownName}`, {
    hint: 'Wait for herald migrate, or run it again if it was interrupted.',
  })
}

/**
 * Compares the file with what is beside it, and holds sending, or lets it go on, accordingly. Called at each open; writes only
 * when the answer has changed.
 */
export async function holdUnlessLastUsed(db: Database): Promise<HoldReason | undefined> {
  const { notes } = db
  const { hold, file, origin, beside, calls } = await readFacts(db)
  const { installation } = origin
  const newestCall = calls.get(epochName(origin)) ?? 0
  const isAlsoThere = beside !== undefined && notes.isElsewhere(beside)
  const reason = decideHold({ installation, ...file }, { beside, newestCall, isAlsoThere, isShared: notes.isShared })
  if (reason === hold?.reason) return reason
  // Journals are written anew by later processes: what they prove is kept.
  if (reason === 'older' && beside !== undefined && newestCall > file.newestAttempt)
    notes.writeNow({ ...beside, number: Math.max(beside.number, (file.incarnation?.number ?? 0) + 1) })
  await db.write(async (tx) => {
    if (reason === undefined) await removeSetting(tx, 'hold')
    else await setSetting(tx, 'hold', { reason, since: await tx.now() })
  })
  return reason
}

/**
 * The file, and what is beside it. Another process may begin a life between the two looks: it names that one beside the file first,
 * so that a note which still says the same belongs to what was read.
 */
async function readFacts(db: Database): Promise<Facts> {
  const { notes } = db
  for (let beside = notes.read(); ; ) {
    // Before the file is read: what a process that runs begins meanwhile is in the file already.
    const calls = notes.newestCalls()
    const facts = await db.read(async (tx) => ({
      hold: await findSetting(tx, 'hold'),
      origin: await readOrigin(tx),
      file: {
        incarnation: await findSetting(tx, 'incarnation'),
        isCopy: (await findSetting(tx, 'copied_at')) !== undefined,
        newestAttempt: await newestAttempt(tx),
      },
    }))
    const after = notes.read()
    if (after?.life === beside?.life && after?.next === beside?.next) return { ...facts, beside, calls }
    beside = after
  }
}

interface Facts {
  hold: Hold | undefined
  origin: Origin
  file: Omit<FileFacts, 'installation'>
  beside: Beside | undefined
  /** By the epochs of journals. */
  calls: Map<string, number>
}

/** One step on, in a transaction; what it returns is noted beside the database when that is durable. Undefined while held. */
export async function raiseIncarnation(tx: WriteTx, notes: Notes): Promise<Beside | undefined> {
  if ((await findSetting(tx, 'hold')) !== undefined) return undefined
  const known = await findSetting(tx, 'incarnation')
  if (known === undefined) return beginLife(tx, notes)
  const raised = { ...known, number: known.number + 1 }
  await setSetting(tx, 'incarnation', raised)
  return besideOf(await readOrigin(tx), raised, notes.place)
}

/** A life of its own for this file, under the next epoch: sending goes on. The note beside it names both lives meanwhile. */
export async function beginEpoch(tx: WriteTx, notes: Notes, now: Present): Promise<Beside> {
  await removeSetting(tx, 'hold')
  await removeSetting(tx, 'copied_at')
  const origin = await readOrigin(tx)
  await setSetting(tx, 'pastEpochs', withPast(origin, await newestAttempt(tx)))
  await setSetting(tx, 'epoch', risenEpoch(origin.epoch, now))
  return beginLife(tx, notes)
}

export function withPast({ past, epoch }: Origin, through: number): PastEpoch[] {
  return [...past, { epoch, through }]
}

async function beginLife(tx: WriteTx, notes: Notes): Promise<Beside> {
  const origin = await readOrigin(tx)
  const known = await findSetting(tx, 'incarnation')
  const begun = newIncarnation(known)
  const before = known ?? { life: null, number: 0 }
  // In the transaction: no other process begins one at the same time.
  const noted = besideOf(origin, begun, notes.place)
  notes.writeNow({ ...noted, life: before.life, next: begun.life, number: before.number })
  await setSetting(tx, 'incarnation', begun)
  return noted
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
