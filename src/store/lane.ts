// One connection and the queue of those who want it, first in, first out. Writes that wait together share one BEGIN and
// one COMMIT, each but the first in a savepoint: one that fails is rolled back alone. A caller is answered when
// everything that its transaction wrote or saw is on the disk.
import SqliteConnection from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { AppError } from '../domain/errors.ts'
import type { Orm, Present, WriteTx } from './database.ts'
import type { Durability } from './durability.ts'
import { type Param, sqliteDialect } from './sql-dialect.ts'
import { busyPause, type Connection, isBusy, type Statement, storageError } from './sqlite-connection.ts'

/** Waiting for another process's write lock. */
export const BUSY_PATIENCE_MS = 10_000
/** The event loop turns after so long, whatever waits; no shared commit gathers for longer. */
const TURN_MS = 10
/** Prepared statements kept per connection; audience filters make new texts without end. */
const STATEMENTS_MAX = 500
const SLOW_MS = 250

export interface LaneOptions {
  /** Called when transactions held the thread longer than 250 ms. */
  onSlow?: ((ms: number) => void) | undefined
  /** Absent where nobody acts upon what is read. */
  durability?: Durability | undefined
  /** Called after a commit that wrote something. */
  onWritten?: (() => void) | undefined
  /** What transactions take for the present (epoch ms); the machine's clock where none is given. */
  now?: (() => number) | undefined
}

interface Transaction {
  kind: 'transaction'
  run(tx: WriteTx): Promise<unknown>
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** Work on the connection outside of transactions. */
interface Alone {
  kind: 'alone'
  work(): Promise<void>
  reject(error: unknown): void
}

/** A transaction that has done its part and waits for the commit. */
interface Done {
  answer(): void
  reject(error: unknown): void
}

export class Lane {
  readonly #connection: Connection
  readonly #statement: Record<'begin' | 'commit' | 'rollback', Statement>
  readonly #savepoint: Record<'set' | 'release' | 'rollback', Statement>
  readonly #state: { version: Statement; changes: Statement }
  readonly #orm: Orm
  readonly #options: LaneOptions
  readonly #statements = new Map<string, Statement>()
  /** Apart from the others: the query builder asks its statements for rows of another form. */
  readonly #ormStatements = new Map<string, Statement>()
  readonly #queue: (Transaction | Alone)[] = []
  #isWorking = false
  #latest = Number.NEGATIVE_INFINITY
  /** The last state of the database that is known to be on the disk. */
  #proven: string | undefined
  #over: AppError | undefined

  constructor(connection: Connection, options: LaneOptions) {
    const prepare = (sql: string) => connection.prepare<unknown[]>(sql)
    this.#connection = connection
    this.#options = options
    const prepareKept = (sql: string) => this.#prepare(sql, this.#ormStatements)
    this.#orm = drizzle(Object.create(connection, { prepare: { value: prepareKept } })) as unknown as Orm
    const begin = prepare(connection.readonly ? 'BEGIN' : 'BEGIN IMMEDIATE')
    this.#statement = { begin, commit: prepare('COMMIT'), rollback: prepare('ROLLBACK') }
    this.#savepoint = {
      set: prepare('SAVEPOINT one'),
      release: prepare('RELEASE one'),
      rollback: prepare('ROLLBACK TO one'),
    }
    this.#state = {
      version: prepare('PRAGMA main.data_version').pluck(),
      changes: prepare('SELECT total_changes()').pluck(),
    }
  }

  transaction<T>(fn: (tx: WriteTx) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#enqueue({ kind: 'transaction', run: fn, resolve: resolve as (value: unknown) => void, reject })
    })
  }

  /** Work on the connection between two transactions; nobody else has it until the work has ended. */
  outside<T>(fn: (connection: Connection) => T | Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const work = async () => {
        try {
          resolve(await fn(this.#connection))
        } catch (error) {
          reject(this.#refusal(error, false))
        }
      }
      this.#enqueue({ kind: 'alone', work, reject })
    })
  }

  /** Remembers the state of the database as it is now; the function that is returned declares it proven. */
  watch(): () => void {
    // Within a transaction the state has what is not committed yet.
    if (!this.#connection.open || this.#connection.inTransaction) return () => {}
    const state = this.#stateNow()
    return () => {
      this.#proven = state
    }
  }

  /** Refuses whatever waits and comes, and closes the connection. */
  end(reason: AppError): void {
    this.#over = reason
    if (!this.#isWorking) this.#close()
  }

  #enqueue(job: Transaction | Alone): void {
    if (this.#over !== undefined) return job.reject(this.#over)
    this.#queue.push(job)
    if (!this.#isWorking) void this.#drain()
  }

  async #drain(): Promise<void> {
    this.#isWorking = true
    let turnedAt = performance.now()
    while (this.#queue.length > 0 && this.#over === undefined) {
      await this.#next()
      if (performance.now() - turnedAt <= TURN_MS) continue
      await turn()
      turnedAt = performance.now()
    }
    this.#isWorking = false
    if (this.#over !== undefined) this.#close()
  }

  #close(): void {
    for (const job of this.#queue.splice(0)) job.reject(this.#over)
    this.#connection.close()
  }

  async #next(): Promise<void> {
    const job = this.#queue.shift()
    if (job?.kind === 'alone') return job.work()
    if (job === undefined) return
    try {
      await this.#beginWhenFree()
    } catch (error) {
      return job.reject(error)
    }
    const startedAt = performance.now()
    await this.#share(job, startedAt)
    const ms = performance.now() - startedAt
    if (ms > SLOW_MS) this.#options.onSlow?.(ms)
  }

  /** Runs a transaction and those that wait behind it, and commits what succeeded. */
  async #share(first: Transaction, startedAt: number): Promise<void> {
    const done: Done[] = []
    for (let job: Transaction | undefined = first; job !== undefined; job = this.#takeAlong(startedAt)) {
      const failure = await this.#attempt(job, done)
      if (failure === undefined) continue
      job.reject(failure)
      // The first was alone in it; or SQLite has rolled back the whole, as it does for a full disk.
      if (!this.#connection.inTransaction) return rejectAll(done, failure)
    }
    this.#commit(done)
  }

  #takeAlong(startedAt: number): Transaction | undefined {
    const [job] = this.#queue
    if (job?.kind !== 'transaction' || this.#connection.readonly) return undefined
    if (performance.now() - startedAt > TURN_MS) return undefined
    this.#queue.shift()
    return job
  }

  /** Returns why it failed. */
  async #attempt(job: Transaction, done: Done[]): Promise<unknown> {
    const isFirst = done.length === 0
    const life = { isOver: false }
    const waiting = this.#queue.length
    try {
      if (!isFirst) this.#savepoint.set.run()
      const value = await withinOneTurn(job.run(this.#transactionObject(life)), () => this.#queue.length > waiting)
      if (!isFirst) this.#savepoint.release.run()
      done.push({ answer: () => job.resolve(value), reject: job.reject })
      return undefined
    } catch (error) {
      const { rollback, release } = this.#savepoint
      this.#undo(isFirst ? [this.#statement.rollback] : [rollback, release])
      return this.#refusal(error, false)
    } finally {
      life.isOver = true
    }
  }

  /** What cannot be rolled back ends with its connection, and with it what shares the transaction. */
  #undo(steps: Statement[]): void {
    if (!this.#connection.inTransaction) return
    try {
      for (const step of steps) step.run()
    } catch (error) {
      this.#options.durability?.fail(error)
    }
  }

  #commit(done: Done[]): void {
    let state: string
    try {
      if (this.#over !== undefined) throw this.#over
      state = this.#stateNow()
      this.#statement.commit.run()
    } catch (error) {
      this.#undo([this.#statement.rollback])
      return rejectAll(done, this.#refusal(error, true))
    }
    this.#answer(done, state)
  }

  /** At once when what was seen is proven and nothing was written, else after the next sync. */
  #answer(done: Done[], state: string): void {
    const { durability, onWritten } = this.#options
    const isLookingAtRuins = this.#connection.readonly && durability?.failure !== undefined
    if (durability === undefined || isLookingAtRuins || state === this.#proven) {
      for (const { answer } of done) answer()
      return
    }
    durability.reached().then(
      () => {
        for (const { answer } of done) answer()
      },
      (error) => rejectAll(done, error),
    )
    onWritten?.()
  }

  /** Differs from an earlier one when this connection (changes) or another one (version) has written in between. */
  #stateNow(): string {
    return `${this.#state.version.get()}/${this.#state.changes.get()}`
  }

  /** An error in our words. One after which nothing can be proven any more is the end of the database. */
  #refusal(error: unknown, isCommit: boolean): unknown {
    const { durability } = this.#options
    if (durability !== undefined && isSyncFailure(error, isCommit)) return durability.fail(error)
    return storageError(error, this.#connection.name)
  }

  async #beginWhenFree(): Promise<void> {
    const deadline = performance.now() + BUSY_PATIENCE_MS
    for (;;) {
      if (this.#over !== undefined) throw this.#over
      try {
        this.#statement.begin.run()
        return
      } catch (error) {
        if (!isBusy(error)) throw this.#refusal(error, false)
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
    let now: Present | undefined
    return {
      sql: sqliteDialect,
      now: async () => {
        now ??= this.#present()
        return now
      },
      // BEGIN IMMEDIATE holds every row already.
      lock: async () => {},
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
      isBeside: false,
      lockFree: async (_kind, ids) => new Set(ids),
      insertEach: async (sql, rows) => {
        const statement = prepared(sql)
        return rows.map((row) => Number(statement.run(row).lastInsertRowid))
      },
      insert: async (sql, params = []) => Number(prepared(sql).run(params).lastInsertRowid),
    }
  }

  #present(): Present {
    const { now = Date.now } = this.#options
    this.#latest = Math.max(this.#latest, now())
    return this.#latest as Present
  }

  #prepare(sql: string, kept: Map<string, Statement> = this.#statements): Statement {
    const known = kept.get(sql)
    if (known !== undefined) return known
    if (kept.size >= STATEMENTS_MAX) kept.clear()
    const statement = this.#connection.prepare<unknown[]>(sql)
    kept.set(sql, statement)
    return statement
  }
}

function rejectAll(done: Done[], error: unknown): void {
  for (const { reject } of done) reject(error)
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/**
 * Statements run at once, so a transaction that awaits only them ends before the event loop turns. When it does
 * turn, something else was awaited: the transaction would stay open for an unknown time.
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

/** A commit that could not be written may be on the disk in part; of a failed sync nobody knows what it wrote. */
function isSyncFailure(error: unknown, isCommit: boolean): boolean {
  if (!(error instanceof SqliteConnection.SqliteError)) return false
  const { code } = error
  return (
    code === 'SQLITE_IOERR_FSYNC' || code === 'SQLITE_IOERR_DIR_FSYNC' || (isCommit && code.startsWith('SQLITE_IOERR'))
  )
}
