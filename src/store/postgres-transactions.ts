// Transactions of one process on PostgreSQL: a pool of connections, one transaction each. Writes of all nodes take turns by a lock of the
// server, so that what SQLite promises (one write at a time, each sees all before it) holds over machines too.
import { AsyncLocalStorage } from 'node:async_hooks'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool, type PoolClient, type QueryResult, types } from 'pg'
import { AppError } from '../domain/errors.ts'
import type { Orm, Present, ReadTx, WriteTx } from './database.ts'
import type { LockedKind } from './lock-order.ts'
import { postgresError, shouldRunAgain } from './postgres-errors.ts'
import { postgresText } from './postgres-text.ts'
import { type Param, postgresDialect } from './sql-dialect.ts'

/** Where the rows of each kind are. */
const lockedTables: Record<LockedKind, string> = {
  sender: 'senders',
  list: 'lists',
  import: 'imports',
  contact: 'contacts',
  campaign: 'campaigns',
  run: 'runs',
}

export interface PostgresOptions {
  /** Connections of this process: how many transactions it has under way at once. */
  connections?: number | undefined
}

const CONNECTIONS = 10
const CONNECT_TIMEOUT_MS = 10_000
/** A statement of ours is short; what takes longer waits for something that does not come. */
const STATEMENT_TIMEOUT_MS = 60_000
/** As long as SQLite's patience with another process (lane.ts). */
const LOCK_TIMEOUT_MS = 10_000
/** A node that stopped in the midst of a transaction holds what it locked until the server gives it up. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 15_000
/** Deadlocks and serialization failures of one transaction in a row. */
const TRIES = 10
const AGAIN_AFTER_MS = 5
/** The lock under which one transaction at a time writes: "herald" in base 36. */
export const WRITE_LOCK = Number.parseInt('herald', 36)

const BOOL = 16
const INT8 = 20
const NUMERIC = 1700

/** Values as SQLite gives them: numbers, and 1 or 0 for true and false. Nothing of ours reaches 2^53. */
const asNumbers = new Map<number, (text: string) => unknown>([
  [BOOL, (text) => (text === 't' ? 1 : 0)],
  [INT8, Number],
  [NUMERIC, Number],
])

export function openPool(url: string, { connections = CONNECTIONS }: PostgresOptions = {}): Pool {
  const pool = new Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    application_name: 'herald',
    types: { getTypeParser: (oid, format) => asNumbers.get(oid) ?? types.getTypeParser(oid, format) },
  })
  // A connection that breaks while nobody uses it is replaced when one is needed.
  pool.on('error', () => {})
  return pool
}

type Life = { isOver: boolean }

export class PostgresTransactions implements AsyncDisposable {
  /** The schema that `staging` names for now. */
  stagedIn: string | undefined
  readonly #pool: Pool
  readonly #orms = new WeakMap<PoolClient, Orm>()
  readonly #within = new AsyncLocalStorage<true>()
  readonly #now: (() => number) | undefined
  #latest = 0
  #lastWrite: Promise<unknown> = Promise.resolve()
  #hasWritten = false

  /** `now` stands in for the clock of the server in tests. */
  constructor(pool: Pool, now?: () => number) {
    this.#pool = pool
    this.#now = now
  }

  get hasWritten(): boolean {
    return this.#hasWritten
  }

  read<T>(fn: (tx: ReadTx) => Promise<T>): Promise<T> {
    return this.#transaction('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', fn)
  }

  async write<T>(fn: (tx: WriteTx) => Promise<T>): Promise<T> {
    this.#hasWritten = true
    if (this.#within.getStore()) throw new AppError('fault', 'a transaction within a transaction')
    const begin = `BEGIN; SELECT pg_advisory_xact_lock(${WRITE_LOCK})`
    return this.#inTurn(() => this.#within.run(true, () => this.#transaction(begin, fn)))
  }

  /** Writes of a process run in the order in which they were asked for. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lastWrite.then(work)
    this.#lastWrite = done.catch(() => {})
    return done
  }

  async #transaction<T>(begin: string, fn: (tx: WriteTx) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once(begin, fn)
      } catch (error) {
        if (tries === TRIES || !shouldRunAgain(error)) throw postgresError(error)
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS * tries))
    }
  }

  async #once<T>(begin: string, fn: (tx: WriteTx) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect()
    const life: Life = { isOver: false }
    let broken: unknown
    try {
      await client.query(begin)
      const value = await fn(this.#transactionObject(client, life))
      life.isOver = true
      // After a statement that failed the server undoes the whole, also where the failure was caught, and says so only here.
      if ((await client.query('COMMIT')).command !== 'COMMIT')
        throw new AppError('fault', 'a statement of a transaction failed, and it went on')
      return value
    } catch (error) {
      life.isOver = true
      // A connection on which nothing can be rolled back is thrown away, and the server rolls back.
      await client.query('ROLLBACK').catch((failure: unknown) => {
        broken = failure
      })
      throw error
    } finally {
      client.release(broken !== undefined)
    }
  }

  #transactionObject(client: PoolClient, life: Life): WriteTx {
    const query = async (sql: string, params: readonly Param[]): Promise<QueryResult> => {
      if (life.isOver) throw new AppError('fault', 'a statement came after the end of its transaction')
      return client.query(postgresText(sql, params, this.stagedIn), [...params])
    }
    const orm = this.#ormOf(client)
    let present: Promise<Present> | undefined
    return {
      sql: postgresDialect,
      now: () => {
        present ??= this.#present(query)
        return present
      },
      lock: async (kind, ids) => {
        // Rows that refer to them may come meanwhile: only their keys are left free.
        const rows = `SELECT 1 FROM ${lockedTables[kind]} WHERE id IN (SELECT value FROM ${postgresDialect.numbers} n)`
        await query(`${rows} ORDER BY id FOR NO KEY UPDATE`, [JSON.stringify(ids)])
      },
      get orm() {
        if (life.isOver) throw new AppError('fault', 'a query came after the end of its transaction')
        return orm
      },
      all: async <Row>(sql: string, params: readonly Param[] = []) => (await query(sql, params)).rows as Row[],
      get: async <Row>(sql: string, params: readonly Param[] = []) =>
        (await query(sql, params)).rows[0] as Row | undefined,
      run: async (sql, params = []) => (await query(sql, params)).rowCount ?? 0,
      runEach: async (sql, rows) => {
        const changed: number[] = []
        for (const row of rows) changed.push((await query(sql, row)).rowCount ?? 0)
        return changed
      },
      insert: async (sql, params = []) => {
        const { rows } = await query(`${sql} RETURNING id`, params)
        return (rows[0] as { id: number }).id
      },
    }
  }

  /** Never before that of an earlier transaction of this process. */
  async #present(query: (sql: string, params: readonly Param[]) => Promise<QueryResult>): Promise<Present> {
    const at = this.#now?.() ?? (await serverTime(query))
    this.#latest = Math.max(this.#latest, at)
    return this.#latest as Present
  }

  /**
   * Drizzle's builder of PostgreSQL over the tables of schema.ts: it asks them for names and for how values are read, which
   * are the same in both (schema-postgres.ts).
   */
  #ormOf(client: PoolClient): Orm {
    const known = this.#orms.get(client)
    if (known !== undefined) return known
    // Drizzle would read numbers as texts.
    const query = (config: object, values: unknown[]) => client.query({ ...config, types: undefined } as never, values)
    const orm = drizzle({ client: { query } as unknown as PoolClient }) as unknown as Orm
    this.#orms.set(client, orm)
    return orm
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#pool.ended) await this.#pool.end()
  }
}

/** Of all nodes the same, whatever their own clocks say. */
async function serverTime(query: (sql: string, params: readonly Param[]) => Promise<QueryResult>): Promise<number> {
  const { rows } = await query('SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS at', [])
  return (rows[0] as { at: number }).at
}
