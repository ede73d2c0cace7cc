// SQLite behind the seam: one connection that writes, one that reads, each behind a queue. No transaction is answered
// before what it wrote or saw is on the disk, and an error of that is the end of the connection that writes.
import { existsSync, lstatSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AppError } from '../domain/errors.ts'
import { type CopyPlace, copyDatabase } from './backup.ts'
import { copyInThread } from './backup-thread.ts'
import { Checkpointer, type StartThread } from './checkpointer.ts'
import type { Database, Notes, ReadOnlyDatabase, ReadTx, StorageGauges, ThreadAddress, WriteTx } from './database.ts'
import { Durability, type SyncFile } from './durability.ts'
import { BUSY_PATIENCE_MS, Lane } from './lane.ts'
import { NodeLocks } from './node-locks.ts'
import { NotesBeside } from './notes-beside.ts'
import { partOf, sideFiles } from './part-file.ts'
import {
  busyPause,
  CHECKPOINT_PAGES,
  type Connection,
  journalPath,
  nodesFolder,
  openConnection,
  tryLock,
} from './sqlite-connection.ts'

/** A file up to this size is rewritten whole to scrub it: some 0.3 s in which nobody else writes. */
const REWRITTEN_BYTES_MAX = 64 * 1024 * 1024

export interface SqliteOptions {
  /** Called when transactions held the thread longer than 250 ms. */
  onSlow?: ((ms: number) => void) | undefined
  /**
   * Where the log is folded into the file, and where a backup is made; without it both are done here, and who calls waits
   * for the disk.
   */
  startThread?: StartThread | undefined
  /** The clock of tx.now(): epoch ms, never going back. The machine's where none is given. */
  now?: (() => number) | undefined
  /** Replaces fdatasync in tests. */
  sync?: SyncFile | undefined
  /** Replaces the opening of connections in tests. */
  open?: typeof openConnection | undefined
}

export function openSqlite(path: string, options: SqliteOptions = {}): Database {
  return new SqliteDatabase(path, options)
}

/** One more connection that reads, for another thread; the database is open and migrated already. */
export function openSqliteToRead(address: ThreadAddress): ReadOnlyDatabase {
  const { path } = address as unknown as SqliteAddress
  const lane = new Lane(openConnection(path, 'read'), {})
  return {
    read: (fn) => lane.transaction(fn),
    [Symbol.asyncDispose]: () => lane.outside((connection) => void connection.close()),
  }
}

/** What a thread address is here. */
interface SqliteAddress {
  path: string
}

class SqliteDatabase implements Database {
  readonly #path: string
  readonly notes: Notes
  readonly #lanes: { writer: Lane; reader: Lane }
  readonly #durability: Durability
  readonly #checkpointer: Checkpointer | undefined
  readonly clockAheadMs = undefined
  readonly #nodes: NodeLocks
  readonly #startThread: StartThread | undefined
  #hasWritten = false
  /** Resolves when the staging file that is attached last is free again. */
  #stagingFree: Promise<void> = Promise.resolve()

  constructor(path: string, { onSlow, startThread, now, sync, open = openConnection }: SqliteOptions) {
    const writer = open(path, 'write')
    const reader = open(path, 'read')
    this.#path = path
    this.#nodes = new NodeLocks(path)
    this.notes = new NotesBeside(path, (nodeId) => this.isNodeAlive(nodeId))
    this.#startThread = startThread
    this.#durability = new Durability(path, {
      sync,
      watch: () => {
        const provers = Object.values(this.#lanes).map((lane) => lane.watch())
        return () => {
          for (const prove of provers) prove()
        }
      },
      onFailure: (failure) => this.#end(failure),
    })
    this.#checkpointer = startThread && this.#openCheckpointer(writer, startThread)
    const durability = this.#durability
    const onWritten = this.#checkpointer && watchLog(writer, this.#checkpointer)
    this.#lanes = {
      writer: new Lane(writer, { onSlow, durability, onWritten, now }),
      reader: new Lane(reader, { onSlow, durability }),
    }
  }

  get shownName(): string {
    return this.#path
  }

  get filesFolder(): string {
    return dirname(this.#path)
  }

  get threadAddress(): ThreadAddress {
    const address: SqliteAddress = { path: this.#path }
    return address as unknown as ThreadAddress
  }

  storage(): StorageGauges {
    const { bavail, bsize } = statfsSync(this.filesFolder)
    const logBytes = statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0
    return { place: this.filesFolder, freeBytes: bavail * bsize, logBytes }
  }

  isThere(): boolean {
    return existsSync(this.#path)
  }

  isPartOf(path: string): boolean {
    if ([this.#path, partOf(this.#path), ...sideFiles(this.#path)].includes(path)) return true
    const found = lstatSync(path, { throwIfNoEntry: false })
    const { ino, dev } = statSync(this.#path)
    return found !== undefined && found.ino === ino && found.dev === dev
  }

  get failure(): AppError | undefined {
    return this.#durability.failure
  }

  #openCheckpointer(writer: Connection, startThread: StartThread): Checkpointer {
    writer.pragma('wal_autocheckpoint = 0')
    return new Checkpointer({
      path: this.#path,
      startThread,
      held: (work) => this.#lanes.writer.outside(work),
      onFailure: (error) => void this.#durability.fail(error),
      onGone: () => {
        if (writer.open) writer.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
      },
    })
  }

  #end(failure: AppError): void {
    this.#nodes.noteFailure(failure)
    this.#lanes.writer.end(failure)
    void this.#checkpointer?.end()
  }

  get hasWritten(): boolean {
    return this.#hasWritten
  }

  write<T>(fn: (tx: WriteTx) => Promise<T>): Promise<T> {
    this.#hasWritten = true
    return this.#lanes.writer.transaction(fn)
  }

  read<T>(fn: (tx: ReadTx) => Promise<T>): Promise<T> {
    return this.#lanes.reader.transaction(fn)
  }

  async dataVersion(): Promise<number> {
    return this.#lanes.reader.outside((connection) => connection.pragma('data_version', { simple: true }) as number)
  }

  async attachStaging(path: string): Promise<AsyncDisposable> {
    const before = this.#stagingFree
    let free = () => {}
    this.#stagingFree = new Promise((resolve) => {
      free = resolve
    })
    await before
    const lanes = Object.values(this.#lanes)
    for (const lane of lanes) await lane.outside((connection) => connection.prepare('ATTACH ? AS staging').run(path))
    return {
      [Symbol.asyncDispose]: async () => {
        try {
          for (const lane of this.#livingLanes) await lane.outside((connection) => connection.exec('DETACH staging'))
        } finally {
          free()
        }
      },
    }
  }

  lockNode(nodeId: number): Disposable {
    return this.#nodes.hold(nodeId)
  }

  isNodeGone(nodeId: number): boolean {
    return this.#nodes.lockOf(nodeId) === 'free'
  }

  isNodeAlive(nodeId: number): boolean {
    return this.#nodes.lockOf(nodeId) === 'held'
  }

  journalPath(nodeId: number): string {
    return journalPath(this.#path, nodeId)
  }

  listFailures(): string[] {
    return this.#nodes.listFailures()
  }

  async scrub(): Promise<boolean> {
    const deadline = performance.now() + BUSY_PATIENCE_MS
    const isSmall = statSync(this.#path).size <= REWRITTEN_BYTES_MAX
    // Copies of a row that lay in a page before it was split stay in the gaps of that page.
    const isRewritten = isSmall && (await this.#untilFree(deadline, (connection) => void connection.exec('VACUUM')))
    // Deleted content stays in the log until it is folded into the file and cut off, which waits for readers of the log.
    const isCutOff = await this.#untilFree(deadline, (connection) => {
      if (connection.pragma('wal_checkpoint(TRUNCATE)', { simple: true }) !== 0) throw logIsRead()
    })
    return isRewritten && isCutOff
  }

  /** Work on the write connection for which no other process may be at work; false when one was until the deadline. */
  async #untilFree(deadline: number, work: (connection: Connection) => void): Promise<boolean> {
    for (;;) {
      try {
        await this.#lanes.writer.outside(work)
        return true
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'db.busy') throw error
        if (performance.now() > deadline) return false
      }
      await busyPause()
    }
  }

  async backup(place: CopyPlace, copiedAt: number): Promise<void> {
    const lock = tryLock(join(nodesFolder(this.#path), 'backup'))
    if (lock === undefined)
      throw new AppError('db.in_use', `a backup of ${this.#path} is under way`, {
        hint: 'Try again when it has ended.',
      })
    try {
      // By a connection of its own: an error of the other disk says nothing about this one.
      if (this.#startThread === undefined) copyDatabase(this.#path, place, copiedAt)
      else await copyInThread(this.#startThread, { source: this.#path, place, copiedAt })
    } finally {
      lock.close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#checkpointer?.end()
    // The one that writes last: the last connection that can folds the log into the file, and takes it away.
    const { writer, reader } = this.#lanes
    await reader.outside((connection) => connection.close())
    if (this.failure !== undefined) return this.#durability.close()
    await writer.outside(async (connection) => {
      await this.#durability.close()
      connection.close()
    })
  }

  /** The connection that writes is closed once the disk has failed. */
  get #livingLanes(): Lane[] {
    const { writer, reader } = this.#lanes
    return this.failure === undefined ? [writer, reader] : [reader]
  }
}

/** Asks after each commit how long the log has become; a look at shared memory. */
function watchLog(writer: Connection, checkpointer: Checkpointer): () => void {
  const state = writer.prepare<[], { log: number; checkpointed: number }>('PRAGMA main.wal_checkpoint(NOOP)')
  return () => {
    const log = state.get()
    if (log !== undefined) checkpointer.look({ pages: log.log, folded: log.checkpointed })
  }
}

function logIsRead(): AppError {
  return new AppError('db.busy', 'another process reads the write-ahead log')
}
