// What a disk may hold after a power cut. Of the write-ahead log, only what was there when the last sync that has ended
// began; of everything since, any sectors may have arrived and others not. Of the database file, what its last
// checkpoint left; in the middle of one, some pages of it.
import { closeSync, fstatSync, openSync, readSync, writeFileSync } from 'node:fs'
import SqliteConnection from 'better-sqlite3'
import type { SyncFile } from '../../src/store/durability.ts'

const SECTOR = 512
const PAGE = 4096
const WAL_HEADER = 32
const SALTS = { from: 16, until: 24 }
/** Turns of the event loop that a sync takes: others commit meanwhile. */
const SYNC_TURNS = 3

/** Two files as they lie on the disk. */
export interface Image {
  database: Buffer
  log: Buffer
}

export class Disk {
  readonly #random: () => number
  readonly #files: { database: number; log: number }
  #log: Buffer
  #database: Buffer
  syncs = 0

  /** The database is open already: its descriptors stay open as long, because closing one drops SQLite's locks. */
  constructor(path: string, random: () => number) {
    this.#random = random
    this.#files = { database: openSync(path, 'r'), log: openSync(`${path}-wal`, 'r') }
    this.#log = contentOf(this.#files.log)
    this.#database = contentOf(this.#files.database)
  }

  close(): void {
    closeSync(this.#files.database)
    closeSync(this.#files.log)
  }

  /** Some turns later, what the log held at the beginning is on the disk. */
  readonly sync: SyncFile = (_file, done) => {
    const log = contentOf(this.#files.log)
    this.syncs++
    const wait = (turns: number) => {
      if (turns > 0) return void setImmediate(wait, turns - 1)
      this.#log = log
      done(null)
    }
    wait(SYNC_TURNS)
  }

  /** SQLite syncs the log, copies pages and syncs the file; returns what a cut in the middle may leave. */
  checkpoint(connection: SqliteConnection.Database, images: number): Image[] {
    const before = this.#database
    connection.pragma('wal_checkpoint(PASSIVE)')
    this.#log = contentOf(this.#files.log)
    this.#database = contentOf(this.#files.database)
    return Array.from({ length: images }, () => ({
      database: this.#mixed(before, this.#database, PAGE),
      log: this.#log,
    }))
  }

  /** What a power cut at this moment may leave: nothing, all, a beginning, and any part of what is not synced. */
  cut(images: number): Image[] {
    const written = contentOf(this.#files.log)
    const synced = this.#withSyncedHeader(written)
    const logs = [synced, written]
    while (logs.length < images)
      logs.push(logs.length % 2 === 0 ? this.#torn(synced, written) : this.#mixed(synced, written, SECTOR))
    return logs.slice(0, images).map((log) => ({ database: this.#database, log }))
  }

  /** A log that begins anew has its header synced by SQLite before anything else is written. */
  #withSyncedHeader(written: Buffer): Buffer {
    const salts = (log: Buffer) => log.subarray(SALTS.from, SALTS.until)
    if (written.length < WAL_HEADER || salts(written).equals(salts(this.#log))) return this.#log
    this.#log = Buffer.concat([written.subarray(0, WAL_HEADER), this.#log.subarray(WAL_HEADER)])
    return this.#log
  }

  #torn(synced: Buffer, written: Buffer): Buffer {
    const from = firstDifference(synced, written)
    const until = from + Math.floor(this.#random() * (written.length - from))
    const beginning = written.subarray(0, until)
    return synced.length > until ? Buffer.concat([beginning, synced.subarray(until)]) : beginning
  }

  #mixed(before: Buffer, after: Buffer, size: number): Buffer {
    const mixed = Buffer.alloc(Math.max(before.length, after.length))
    before.copy(mixed)
    for (let at = 0; at < after.length; at += size)
      if (this.#random() < 0.5) after.copy(mixed, at, at, Math.min(at + size, after.length))
    return mixed
  }
}

function contentOf(file: number): Buffer {
  const content = Buffer.alloc(fstatSync(file).size)
  readSync(file, content, 0, content.length, 0)
  return content
}

function firstDifference(a: Buffer, b: Buffer): number {
  let at = 0
  while (at < a.length && at < b.length && a[at] === b[at]) at++
  return at
}

/** Opens an image as the next start would, and asks it. */
export function readImage<T>(path: string, image: Image, ask: (connection: SqliteConnection.Database) => T): T {
  writeFileSync(path, image.database)
  writeFileSync(`${path}-wal`, image.log)
  const connection = new SqliteConnection(path)
  // Recovering is what is looked at, not whether this copy outlives the next cut.
  connection.pragma('synchronous = OFF')
  try {
    return ask(connection)
  } finally {
    connection.close()
  }
}

/** Chance that is the same in each run. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
