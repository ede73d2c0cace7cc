// The database as one process has it: real, but gone for the process from the moment of its death. What was asked before
// is never answered, and nothing is written any more.
import type { CopyPlace } from '../../../src/store/backup.ts'
import type { Database, Notes, ReadTx, StorageGauges, ThreadAddress, WriteTx } from '../../../src/store/database.ts'
import { openSqlite } from '../../../src/store/sqlite.ts'
import type { Disk } from './disk.ts'

export interface NodeDatabaseOptions {
  /** Called when a sync begins; `done` when it has ended. */
  sync: (done: (error: Error | null) => void) => void
  disk: Disk
  /** The clock of the process. */
  now: () => number
  /** Called within each transaction that writes. */
  onWrite: () => void
  /** A planted bug: what becomes of each statement. */
  changeSql?: ((sql: string) => string) | undefined
}

export class NodeDatabase implements Database {
  readonly clockAheadMs = undefined
  readonly #inner: Database
  readonly #options: NodeDatabaseOptions
  readonly #locks = new Set<Disposable>()
  /** Syncs on their way. */
  readonly #syncs = new Set<(error: Error | null) => void>()
  #isDead = false

  constructor(options: NodeDatabaseOptions) {
    const { disk } = options
    this.#options = options
    this.#inner = openSqlite(disk.path, {
      open: (...asked) => disk.lease(...asked),
      now: options.now,
      sync: (_file, done) => {
        this.#syncs.add(done)
        const noteSynced = disk.syncing()
        options.sync((error) => {
          if (error === null && this.#syncs.has(done)) noteSynced()
          this.#endSync(done, error)
        })
      },
    })
  }

  #endSync(done: (error: Error | null) => void, error: Error | null): void {
    if (this.#syncs.delete(done)) done(error)
  }

  /** The process is dead: its locks are free, its connections closed. */
  kill(): void {
    this.#isDead = true
    for (const lock of this.#locks) lock[Symbol.dispose]()
    for (const done of this.#syncs) this.#endSync(done, null)
    void this.#inner[Symbol.asyncDispose]()
  }

  get shownName(): string {
    return this.#inner.shownName
  }

  get filesFolder(): string {
    return `${this.#inner.shownName}-data`
  }

  get threadAddress(): ThreadAddress {
    return this.#inner.threadAddress
  }

  get notes(): Notes {
    return this.#inner.notes
  }

  storage(): StorageGauges {
    return this.#inner.storage()
  }

  isThere(): boolean {
    return this.#inner.isThere()
  }

  isPartOf(path: string): boolean {
    return this.#inner.isPartOf(path)
  }

  get failure() {
    return this.#inner.failure
  }

  get hasWritten(): boolean {
    return this.#inner.hasWritten
  }

  write<T>(fn: (tx: WriteTx) => Promise<T>): Promise<T> {
    return this.#whileAlive(
      this.#inner.write((tx) => {
        if (this.#isDead) throw new Error('the process is dead')
        this.#options.onWrite()
        return fn(this.#changed(tx))
      }),
    )
  }

  read<T>(fn: (tx: ReadTx) => Promise<T>): Promise<T> {
    return this.#whileAlive(this.#inner.read((tx) => fn(this.#changed(tx as WriteTx))))
  }

  #whileAlive<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      answer.then(
        (value) => {
          if (!this.#isDead) resolve(value)
        },
        (error) => {
          if (!this.#isDead) reject(error)
        },
      )
    })
  }

  #changed(tx: WriteTx): WriteTx {
    const { changeSql } = this.#options
    if (changeSql === undefined) return tx
    return {
      sql: tx.sql,
      now: () => tx.now(),
      lock: (kind, ids) => tx.lock(kind, ids),
      isBeside: tx.isBeside,
      lockFree: (kind, ids) => tx.lockFree(kind, ids),
      get orm() {
        return tx.orm
      },
      all: (sql, params) => tx.all(changeSql(sql), params),
      get: (sql, params) => tx.get(changeSql(sql), params),
      run: (sql, params) => tx.run(changeSql(sql), params),
      runEach: (sql, rows) => tx.runEach(changeSql(sql), rows),
      insertEach: (sql, rows) => tx.insertEach(changeSql(sql), rows),
      insert: (sql, params) => tx.insert(changeSql(sql), params),
    }
  }

  dataVersion(): Promise<number> {
    return this.#whileAlive(this.#inner.dataVersion())
  }

  attachStaging(path: string): Promise<AsyncDisposable> {
    return this.#inner.attachStaging(path)
  }

  lockNode(nodeId: number): Disposable {
    const lock = this.#inner.lockNode(nodeId)
    const own = {
      [Symbol.dispose]: () => {
        if (this.#locks.delete(own)) lock[Symbol.dispose]()
      },
    }
    this.#locks.add(own)
    return own
  }

  isNodeGone(nodeId: number): boolean {
    return this.#inner.isNodeGone(nodeId)
  }

  isNodeAlive(nodeId: number): boolean {
    return this.#inner.isNodeAlive(nodeId)
  }

  journalPath(nodeId: number): string {
    return this.#inner.journalPath(nodeId)
  }

  listFailures(): string[] {
    return this.#inner.listFailures()
  }

  scrub(): Promise<boolean> {
    return this.#inner.scrub()
  }

  backup(place: CopyPlace, copiedAt: number): Promise<void> {
    return this.#inner.backup(place, copiedAt)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]()
  }
}
