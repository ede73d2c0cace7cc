// The database that a restore replaces, as something to read from: itself where it is sound, else what can be salvaged of it.
// Nothing is written to it.
import { existsSync } from 'node:fs'
import SqliteConnection from 'better-sqlite3'
import { decideHold, type Incarnation } from '../../domain/incarnation.ts'
import { epochName } from '../incarnation.ts'
import { listNewestCalls, readBeside } from '../notes-beside.ts'
import { readSchemaState, schemaNumber } from '../schema-state.ts'
import { PageFile } from './page-file.ts'
import { discardPart, findDamage } from './place.ts'
import { type SalvagedTable, salvage } from './salvage.ts'

/**
 * What of the old database could be read. One that is `behind` is sound, but not the state that was used last: its log is
 * missing, or it is an older copy.
 */
export type OldState = 'whole' | 'behind' | 'damaged' | 'unreadable' | 'missing'

export interface OldDatabase {
  state: OldState
  /** What it says of messages is how they were at the end. */
  isNewest: boolean
  /** A database of this program's schema to read from. */
  readFrom?: string
  /** What of each table could be read where something could not. */
  salvaged: SalvagedTable[] | null
}

export interface ReadOptions {
  /** Where what can be read of a damaged one goes. */
  scratch: string
  appVersion: string
  now: number
}

export async function readOldDatabase(path: string | undefined, options: ReadOptions): Promise<OldDatabase> {
  if (path === undefined || !existsSync(path)) return { state: 'missing', isNewest: false, salvaged: null }
  const isSound = !isLogTorn(path) && findDamage(path, { isReadOnly: true }) === undefined
  if (isSound && isOfThisSchema(path)) return soundOne(path, path)
  discardPart(options.scratch)
  const { tables, isLogTorn: isTorn } = await salvage(path, options.scratch, options)
  if (tables.every(({ rows }) => rows === 0)) return { state: 'unreadable', isNewest: false, salvaged: null }
  if (isSound) return soundOne(path, options.scratch)
  const isNewest = !isTorn && isNewestState(path, options.scratch)
  return { state: 'damaged', isNewest, readFrom: options.scratch, salvaged: tables }
}

function soundOne(path: string, readFrom: string): OldDatabase {
  const isNewest = isNewestState(path, readFrom)
  return { state: isNewest ? 'whole' : 'behind', isNewest, readFrom, salvaged: null }
}

/** Asked first: SQLite deletes a log of which it can read nothing. */
function isLogTorn(path: string): boolean {
  using file = new PageFile(path)
  return file.isLogTorn
}

function isOfThisSchema(path: string): boolean {
  const { kind, applied, isNewer } = readSchemaState(path)
  return kind === 'ours' && !isNewer && applied === schemaNumber()
}

/** By what is beside it, as when a database is opened: what a copy or a lost log lacks shows there. */
function isNewestState(path: string, readFrom: string): boolean {
  const file = readFacts(readFrom)
  const beside = readBeside(path)
  // What was read of it does not even say which life it is in.
  if (file.incarnation === undefined && beside !== undefined) return false
  const calls = listNewestCalls(path, () => false)
  const newestCall = calls.get(epochName(file)) ?? 0
  return decideHold(file, { beside, newestCall, isAlsoThere: false, isShared: false }) === undefined
}

function readFacts(path: string) {
  const connection = new SqliteConnection(path, { readonly: true })
  try {
    const find = connection.prepare('SELECT value FROM settings WHERE key = ?').pluck()
    const setting = <T>(key: string) => JSON.parse(String(find.get(key) ?? null)) as T | null
    return {
      installation: setting<string>('installation') ?? '',
      epoch: setting<number>('epoch') ?? 1,
      incarnation: setting<Incarnation>('incarnation') ?? undefined,
      isCopy: setting('copied_at') !== null,
      newestAttempt: Number(connection.prepare('SELECT coalesce(max(id), 0) FROM attempts').pluck().get()),
    }
  } finally {
    connection.close()
  }
}
