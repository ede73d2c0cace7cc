// SQLite behind the seam: one write connection with a first-in-first-out queue, one read-only connection.
// Durability is not negotiable: synchronous=FULL is read back, and a COMMIT that fails fails the caller.
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { AppError } from '../domain/errors.ts'
import type { Database, Orm, ReadOnlyDatabase, ReadTx, WriteTx } from './database.ts'
import { type Param, sqliteDialect } from './sql-dialect.ts'

type Connection = SqliteConnection.Database
type Statement = SqliteConnection.Statement<unknown[]>

/** Waiting for another process's write lock. */
const BUSY_PATIENCE_MS = 10_000
const BUSY_PAUSE_MAX_MS = 25
/** Prepared statements kept per connection; audience filters make new texts without end. */
const STATEMENTS_MAX = 500
/** Page cache of the write connection; import and planning write random pages of large indexes. */
const WRITE_CACHE_KIB = 65_536
const READ_CACHE_KIB = 32_768
/** A file up to this size is rewritten whole to scrub it: some 0.3 s in which nobody else writes. */
const REWRITTEN_BYTES_MAX = 64 * 1024 * 1024
const SQLITE_VERSION_MIN = '3.51.3'

export interface SqliteOptions {
  /** Called for a transaction that held the thread longer than 250 ms. */
  onSlow?: (ms: number) => void
}

export function openSqlite(path: string, options: SqliteOptions = {}): Database {
  const writer = openConnection(path, false)
  const reader = openConnection(path, true)
  return new SqliteDatabase(path, writer, reader, options)
}

/** One more connection that reads, for another thread; the database is open and migrated already. */
export function openSqliteToRead(path: string): ReadOnlyDatabase {
  const lane = new Lane(openConnection(path, true), 'BEGIN', {})
  return {
    read: (fn) => lane.transaction(fn),
    [Symbol.asyncDispose]: () => lane.outside((connection) => void connection.close()),
  }
}

/** Opens one connection with every rule of operation set and those that matter read back. */
export function openConnection(path: string, isReadOnly: boolean): Connection {
  const connection = connect(path, isReadOnly)
  connection.pragma('journal_mode = WAL')
  connection.pragma('synchronous = FULL')
  connection.pragma('foreign_keys = ON')
  connection.pragma('trusted_schema = OFF')
  connection.pragma('cell_size_check = ON')
  connection.pragma('mmap_size = 0')
  connection.pragma('journal_size_limit = 67108864')
  connection.pragma('wal_autocheckpoint = 1000')
  // Pages that become free are overwritten too: what was deleted can be read in no file.
  connection.pragma('secure_delete = ON')
  connection.pragma(`cache_size = -${isReadOnly ? READ_CACHE_KIB : WRITE_CACHE_KIB}`)
  if (isReadOnly) connection.pragma('query_only = ON')
  const synchronous = connection.pragma('synchronous', { simple: true })
  if (synchronous !== 2)
    throw new AppError('fault', `SQLite runs with synchronous=${String(synchronous)} instead of FULL`)
  return connection
}

function connect(path: string, isReadOnly: boolean): Connection {
  let connection: Connection
  try {
    connection = new SqliteConnection(path, { readonly: isReadOnly, timeout: 0 })
  } catch (error) {
    throw storageError(error, path)
  }
  const version = connection.prepare('SELECT sqlite_version()').pluck().get() as string
  if (version.localeCompare(SQLITE_VERSION_MIN, 'en', { numeric: true }) < 0)
    throw new AppError('config.native_module', `SQLite ${version} is too old, need ${SQLITE_VERSION_MIN}`, {
      hint: 'Install better-sqlite3 again: npm ci.',
    })
  return connection
}

type Job = () => Promise<void>

class SqliteDatabase implements Database {
  readonly url: string
  readonly #lanes: { writer: Lane; reader: Lane }
  /** Resolves when the staging file that is attached last is free again. */
  #stagingFree: Promise<void> = Promise.resolve()

  constructor(url: string, writer: Connection, reader: Connection, options: SqliteOptions) {
    this.url = url
    this.#lanes = {
      writer: new Lane(writer, 'BEGIN IMMEDIATE', options),
      reader: new Lane(reader, 'BEGIN', options),
    }
  }

  write<T>(fn: (tx: WriteTx) => Promise<T>): Promise<T> {
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
        for (const lane of lanes) await lane.outside((connection) => connection.exec('DETACH staging'))
        free()
      },
    }
  }

  lockNode(nodeId: number): Disposable {
    const lock = tryLock(this.#nodePath(nodeId))
    if (lock === undefined) throw new AppError('fault', `the lock of node ${nodeId} is held by another process`)
    return { [Symbol.dispose]: () => lock.close() }
  }

  isNodeGone(nodeId: number): boolean {
    const path = this.#nodePath(nodeId)
    // A node on another machine has no lock file here: only its lease can tell.
    if (!existsSync(path)) return false
    const lock = tryLock(path)
    lock?.close()
    return lock !== undefined
  }

  journalPath(nodeId: number): string {
    return `${this.#nodePath(nodeId)}.journal`
  }

  #nodePath(nodeId: number): string {
    return join(nodesFolder(this.url), String(nodeId))
  }

  async scrub(): Promise<boolean> {
    const deadline = performance.now() + BUSY_PATIENCE_MS
    const isSmall = statSync(this.url).size <= REWRITTEN_BYTES_MAX
    // Copies of a row that lay in a page before it was split stay in the gaps of that page.
    const isRewritten = isSmall && (await this.#untilFree(deadline, (connection) => void connection.exec('VACUUM')))
    // Deleted content stays in the log until it is folded into the file and cut off, which waits for readers of the log.
    const isCutOff = await this.#untilFree(deadline, (connection) => {
      if (connection.pragma('wal_checkpoint(TRUNCATE)', { simple: true }) !== 0) throw logIsRead()
    })
    return isRewritten && isCutOff
  }

  /** Work on the write connection for which nobody else may be at work; false when somebody was until the deadline. */
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

  async backup(path: string): Promise<void> {
    await this.#lanes.reader.outside((connection) => {
      // The connection is read-only all the same; query_only would forbid the copy too.
      connection.pragma('query_only = OFF')
      try {
        connection.prepare('VACUUM INTO ?').run(path)
      } finally {
        connection.pragma('query_only = ON')
      }
    })
    chmodSync(path, 0o600)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The reader first: the last connection that can write folds the log into the file.
    for (const lane of [this.#lanes.reader, this.#lanes.writer]) await lane.outside((connection) => connection.close())
  }
}

export function nodesFolder(databasePath: string): string {
  return `${databasePath}-nodes`
}

/** An exclusive lock on a small SQLite file, or undefined when another process holds it. */
export function tryLock(path: string): Connection | undefined {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const connection = new SqliteConnection(path, { timeout: 0 })
  try {
    connection.pragma('locking_mode = EXCLUSIVE')
    connection.exec('BEGIN EXCLUSIVE')
    return connection
  } catch (error) {
    connection.close()
    if (isBusy(error)) return undefined
    throw storageError(error, path)
  }
}

/** One connection and the queue of those who want it. */
class Lane {
  readonly #connection: Connection
  readonly #begin: Statement
  readonly #commit: Statement
  readonly #rollback: Statement
  readonly #orm: Orm
  readonly #options: SqliteOptions
  readonly #statements = new Map<string, Statement>()
  readonly #queue: Job[] = []
  #isWorking = false

  constructor(connection: Connection, begin: string, options: SqliteOptions) {
    this.#connection = connection
    this.#begin = connection.prepare(begin)
    this.#commit = connection.prepare('COMMIT')
    this.#rollback = connection.prepare('ROLLBACK')
    this.#orm = drizzle(connection) as unknown as Orm
    this.#options = options
  }

  transaction<T>(fn: (tx: WriteTx) => Promise<T>): Promise<T> {
    return this.#enqueue(() => this.#transact(fn))
  }

  /** Work on the connection between two transactions. */
  outside<T>(fn: (connection: Connection) => T): Promise<T> {
    return this.#enqueue(async () => {
      try {
        return fn(this.#connection)
      } catch (error) {
        throw storageError(error, this.#connection.name)
      }
    })
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push(() => work().then(resolve, reject))
      if (!this.#isWorking) void this.#drain()
    })
  }

  async #drain(): Promise<void> {
    this.#isWorking = true
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) await job()
    this.#isWorking = false
  }

  async #transact<T>(fn: (tx: WriteTx) => Promise<T>): Promise<T> {
    await this.#beginWhenFree()
    const startedAt = performance.now()
    const life = { isOver: false }
    const waiting = this.#queue.length
    try {
      const result = await withinOneTurn(fn(this.#transactionObject(life)), () => this.#queue.length > waiting)
      life.isOver = true
      this.#commit.run()
      return result
    } catch (error) {
      life.isOver = true
      if (this.#connection.inTransaction) this.#rollback.run()
      throw storageError(error, this.#connection.name)
    } finally {
      const ms = performance.now() - startedAt
      if (ms > 250) this.#options.onSlow?.(ms)
    }
  }

  /** A busy lock is met here only, and waited for by timers: a blocking wait would freeze the whole process. */
  async #beginWhenFree(): Promise<void> {
    const deadline = performance.now() + BUSY_PATIENCE_MS
    for (;;) {
      try {
        this.#begin.run()
        return
      } catch (error) {
        if (!isBusy(error)) throw storageError(error, this.#connection.name)
        if (performance.now() > deadline)
          throw new AppError('db.busy', 'the database is locked by another process for more than 10 s', {
            hint: 'Look for a program that keeps the file open in a transaction.',
            cause: error,
          })
      }
      await busyPause()
    }
  }

  #transactionObject(life: { isOver: boolean }): WriteTx {
    const prepared = (sql: string): Statement => {
      if (life.isOver) throw new AppError('fault', 'a statement came after the end of its transaction')
      return this.#prepare(sql)
    }
    const orm = this.#orm
    return {
      sql: sqliteDialect,
      get orm() {
        if (life.isOver) throw new AppError('fault', 'a query came after the end of its transaction')
        return orm
      },
      all: async <Row>(sql: string, params: readonly Param[] = []) => prepared(sql).all(params) as Row[],
      get: async <Row>(sql: string, params: readonly Param[] = []) => prepared(sql).get(params) as Row | undefined,
      run: async (sql, params = []) => prepared(sql).run(params).changes,
      runEach: async (sql, rows) => {
        const statement = prepared(sql)
        return rows.map((row) => statement.run(row).changes)
      },
      insert: async (sql, params = []) => Number(prepared(sql).run(params).lastInsertRowid),
    }
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    if (this.#statements.size >= STATEMENTS_MAX) this.#statements.clear()
    const statement = this.#connection.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

function logIsRead(): AppError {
  return new AppError('db.busy', 'another process reads the write-ahead log')
}

function busyPause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * (BUSY_PAUSE_MAX_MS - 1)))
}

/**
 * Statements run at once, so a transaction that awaits only them ends before the event loop turns. When it does
 * turn, somebody awaited something else: the transaction would stay open for an unknown time.
 */
function withinOneTurn<T>(work: Promise<T>, hasQueued: () => boolean): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const watch = setImmediate(() => {
      const cause = hasQueued() ? 'a transaction within a transaction, or another await' : 'an await of something else'
      reject(new AppError('fault', `a transaction did not end in its turn of the event loop: ${cause}`))
    })
    work.then(resolve, reject).finally(() => clearImmediate(watch))
  })
}

function isBusy(error: unknown): boolean {
  return error instanceof SqliteConnection.SqliteError && error.code.startsWith('SQLITE_BUSY')
}

/** SQLite's errors in our words; everything else as it is. */
export function storageError(error: unknown, path: string): unknown {
  if (!(error instanceof SqliteConnection.SqliteError)) return error
  const { code, message } = error
  if (message.startsWith('illegal move')) return new AppError('db.illegal_move', message, { cause: error })
  if (code === 'SQLITE_FULL')
    return new AppError('db.full', `the disk of ${path} is full; sending has stopped`, {
      hint: 'Free some space; nothing was lost.',
      cause: error,
    })
  if (code === 'SQLITE_NOTADB')
    return new AppError('db.not_ours', `${path} is no SQLite database, or an encrypted one`, {
      hint: 'Name another file with --db.',
      cause: error,
    })
  if (code.startsWith('SQLITE_CORRUPT'))
    return new AppError('db.damaged', `${path} is damaged: ${message}`, {
      hint: 'Restore the newest backup.',
      cause: error,
    })
  if (code.startsWith('SQLITE_IOERR') || code === 'SQLITE_CANTOPEN' || code === 'SQLITE_READONLY')
    return new AppError('db.io', `cannot use ${path}: ${message}`, {
      hint: 'Check the path, its permissions and the disk.',
      cause: error,
    })
  if (code.startsWith('SQLITE_BUSY'))
    return new AppError('db.busy', `${path} is locked by another process`, { cause: error })
  return error
}
