// The seam between the program and its database: read(fn) and write(fn), asynchronous, one transaction each. Neither is
// answered before what it wrote or saw is on the disk. Behind it stands SQLite; what only SQLite knows is in sqlite.ts.

import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core'
import type { AppError } from '../domain/errors.ts'
import type { Beside } from '../domain/incarnation.ts'
import type { CopyPlace } from './backup.ts'
import type { LockedKind } from './lock-order.ts'
import type { Param, SqlDialect } from './sql-dialect.ts'

/** Drizzle's query builder over schema.ts, for every query that is not on a hot path. */
export type Orm = BaseSQLiteDatabase<'sync', unknown>

/**
 * A transaction that reads one snapshot. Inside `fn` only calls on the transaction may be awaited: after another
 * await it is rolled back. Statements are prepared once and kept by their text.
 */
export interface ReadTx {
  readonly orm: Pick<Orm, 'select' | 'selectDistinct' | '$count'>
  readonly sql: SqlDialect
  all<Row>(sql: string, params?: readonly Param[]): Promise<Row[]>
  get<Row>(sql: string, params?: readonly Param[]): Promise<Row | undefined>
}

declare const present: unique symbol

/** Epoch ms as the clock of the database shows it within a transaction that writes; no other instant is the present there. */
export type Present = number & { readonly [present]: true }

/** A transaction that writes. On SQLite it holds the write lock from its first moment (BEGIN IMMEDIATE). */
export interface WriteTx extends ReadTx {
  readonly orm: Orm
  /**
   * The present, one for the whole transaction: of the clock that the database was opened with, never before that of an
   * earlier one. Leases, holds, pauses, opt-outs, claims and deadlines count from it; what a provider or a call says of its
   * own time stays what it is.
   */
  now(): Promise<Present>
  /** Holds rows until the transaction has committed; called by locks.ts only, in the order of lock-order.ts. */
  lock(kind: LockedKind, ids: readonly number[]): Promise<void>
  /** Others write meanwhile: what was read before rows were locked is read again. */
  readonly isBeside: boolean
  /** Holds those of the rows that nobody else holds, without waiting for the others; returns their ids. */
  lockFree(kind: LockedKind, ids: readonly number[]): Promise<Set<number>>
  /** Returns how many rows changed. */
  run(sql: string, params?: readonly Param[]): Promise<number>
  /**
   * One statement for many rows, in order; returns how many rows each changed. No two of them are about the same row of the
   * table: PostgreSQL writes them at once.
   */
  runEach(sql: string, rows: readonly (readonly Param[])[]): Promise<number[]>
  /** Inserts many rows; returns their ids, which rise. */
  insertEach(sql: string, rows: readonly (readonly Param[])[]): Promise<number[]>
  /** Inserts one row and returns its id. */
  insert(sql: string, params?: readonly Param[]): Promise<number>
}

/** Reads only, beside other processes that have the database open. */
export interface ReadOnlyDatabase extends AsyncDisposable {
  read<T>(fn: (tx: ReadTx) => Promise<T>): Promise<T>
}

declare const opaque: unique symbol

/** By which another thread of this process opens the database (open-database.ts); what it says only the store knows. */
export type ThreadAddress = { readonly [opaque]: true }

/** What is noted of a database outside of it, so that one that was exchanged is noticed (incarnation.ts). */
export interface Notes {
  /** Where the database is, as notes name it. */
  readonly place: string
  /** Other machines use the database too, and what they do is not noted here. */
  readonly isShared: boolean
  /** Undefined when there is none, or none that can be read. */
  read(): Beside | undefined
  /** After the database was written, without waiting for the disk: a note that is lost is behind, which proves nothing wrong. */
  write(note: Beside): void
  /** On the disk when it returns. */
  writeNow(note: Beside): void
  /** The newest call that journals of ended processes know, by the epoch that each belongs to. */
  newestCalls(): Map<string, number>
  /** Whether the same database is still where it was used last: then this one is a copy of it, notes and all. */
  isElsewhere(note: Beside): boolean
  /** Beside it, because a commit makes the process that sends read its pages anew. */
  noteBackup(at: string): void
  /** When it was last backed up; undefined when it never was, or nobody can say. */
  lastBackup(): string | undefined
}

/** How much room the database has. */
export interface StorageGauges {
  /** The place that must not become full. */
  place: string
  freeBytes: number
  /** What was written and is not yet folded into the database. */
  logBytes: number
}

export interface WriteOptions {
  /**
   * The transaction locks by name every row by which it decides. On PostgreSQL it runs beside others that do; any other
   * transaction has the database for itself, as all have on SQLite.
   */
  isBeside?: boolean
}

export interface Database extends ReadOnlyDatabase {
  /** As people are told of it. No path is made of it: what goes beside the database has a name here. */
  readonly shownName: string
  /** Where files go that belong to the installation and are no rows: uploads, files that are being imported, the key. */
  readonly filesFolder: string
  readonly threadAddress: ThreadAddress
  readonly notes: Notes
  storage(): StorageGauges
  /** False when it was taken away under this process, which would go on without noticing. */
  isThere(): boolean
  /** Whether a path leads to the database, under whatever name, or to a file that belongs to it. */
  isPartOf(path: string): boolean
  /** Set once the disk has failed: nothing can be written before a restart, and what is read may be lost. */
  readonly failure: AppError | undefined
  /**
   * `fn` may run again when the database takes its transaction back (a deadlock): it changes nothing outside of it, and
   * what it found out it returns. Resolves when the transaction is on the disk. Throws AppError db.busy when the lock is not to be had for ten seconds,
   * db.sync_failed when it is not known whether it is on the disk, and at once after such a failure.
   */
  write<T>(fn: (tx: WriteTx) => Promise<T>, options?: WriteOptions): Promise<T>
  /** Whether anything was written through it since it was opened. */
  readonly hasWritten: boolean
  /** By how many ms the server's clock is ahead of this machine's; undefined for a file, which has no clock. */
  readonly clockAheadMs: number | undefined
  /** Changes whenever another connection has committed: live pages ask it before they ask anything else. */
  dataVersion(): Promise<number>
  /** Makes a staging file readable as schema `staging`, for one import at a time; dispose detaches it. */
  attachStaging(path: string): Promise<AsyncDisposable>
  /** Holds the lock of a node for the life of this process: the kernel frees it at our death. */
  lockNode(nodeId: number): Disposable
  /** True when the process of another node is certainly gone; false says nothing. */
  isNodeGone(nodeId: number): boolean
  /** Where a node keeps its journal (store/journal.ts). */
  journalPath(nodeId: number): string
  /** What came of the disk, in words, for every process on this machine that has failed and still runs. */
  listFailures(): string[]
  /** True when the process of a node certainly lives; false says nothing. */
  isNodeAlive(nodeId: number): boolean
  /**
   * Overwrites what deleted rows left behind, in the log too. False when traces may be left: in a large file, or when
   * others were at work all the time.
   */
  scrub(): Promise<boolean>
  /**
   * A copy of the whole database, marked with the instant, that does not disturb other writers: checked and on the disk,
   * or not there at all. One at a time; throws AppError db.in_use, db.full, db.io, db.damaged.
   */
  backup(place: CopyPlace, copiedAt: number): Promise<void>
}
