// Transactions of one process on PostgreSQL: a pool of connections, one transaction each. A write has the database for itself, by a lock
// of the server, so that what SQLite promises (one write at a time, each sees all before it) holds over machines too. Writes that
// lock the rows by which they decide share that lock, and run beside each other.
import { AsyncLocalStorage } from 'node:async_hooks'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool, type PoolClient, type QueryResult, types } from 'pg'
import { AppError } from '../domain/errors.ts'
import type { Orm, Present, ReadTx, WriteOptions, WriteTx } from './database.ts'
import type { LockedKind } from './lock-order.ts'
import { addressOf } from './postgres-address.ts'
import { inDoubt, isLost, postgresError, shouldRunAgain } from './postgres-errors.ts'
import { type PostgresStatement, postgresEach, postgresText, storable } from './postgres-text.ts'
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
/** A node that stopped in the midst of a transaction holds what it locked until the server takes it back: before others give up. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000
/** An answer that does not come later than the server would have given up is lost with its connection. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000
/** Deadlocks and serialization failures of one transaction in a row. */
const TRIES = 10
const AGAIN_AFTER_MS = 5
/** A server that restarts is waited for as long as a lock. */
const RECONNECT_FOR_MS = 10_000
const RECONNECT_AFTER_MS = 50
const RECONNECT_AT_MOST_MS = 1_000
/** The lock under which one transaction at a time writes: "herald" in base 36. */
const WRITE_LOCK = Number.parseInt('herald', 36)

const READ = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'
const WRITE_ALONE = `BEGIN; SELECT pg_current_xact_id()::text AS xid, pg_advisory_xact_lock(${WRITE_LOCK})`
const WRITE_BESIDE = `BEGIN; SELECT pg_current_xact_id()::text AS xid, pg_advisory_xact_lock_shared(${WRITE_LOCK})`

/** What was learned of the server's clock is trusted less the longer ago it was: ms for each ms. */
const CLOCK_DRIFT = 0.001

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
    connectionString: addressOf(url),
    max: connections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    keepAlive: true,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    application_name: 'herald',
    // Statements for many rows that have to see each other do not wait for each other's answers.
    pipeline: true,
    types: { getTypeParser: (oid, format) => asNumbers.get(oid) ?? types.getTypeParser(oid, format) },
  })
  // A connection that breaks while nobody uses it is replaced when one is needed; one that is in use says so by its statement.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
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
  #failure: AppError | undefined
  #clock = { aheadMs: 0, doubtMs: Number.POSITIVE_INFINITY, at: 0 }

  /** `now` stands in for the clock of the server in tests. */
  constructor(pool: Pool, now?: () => number) {
    this.#pool = pool
    this.#now = now
  }

  /** Set once it could not be found out whether a transaction was committed. */
  get failure(): AppError | undefined {
    return this.#failure
  }

  get clockAheadMs(): number {
    return this.#clock.aheadMs
  }

  get hasWritten(): boolean {
    return this.#hasWritten
  }

  read<T>(fn: (tx: ReadTx) => Promise<T>): Promise<T> {
    return this.#transaction(READ, fn)
  }

  async write<T>(fn: (tx: WriteTx) => Promise<T>, { isBeside = false }: WriteOptions = {}): Promise<T> {
    this.#hasWritten = true
    if (this.#within.getStore()) throw new AppError('fault', 'a transaction within a transaction')
    if (this.#failure !== undefined) throw this.#failure
    if (isBeside) return this.#within.run(true, () => this.#transaction(WRITE_BESIDE, fn))
    return this.#inTurn(() => this.#within.run(true, () => this.#transaction(WRITE_ALONE, fn)))
  }

  /** Writes of a process that are alone run in the order in which they were asked for. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lastWrite.then(work)
    this.#lastWrite = done.catch(() => {})
    return done
  }

  async #transaction<T>(begin: string, fn: (tx: WriteTx) => Promise<T>): Promise<T> {
    const lostSince = performance.now()
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once(begin, fn)
      } catch (error) {
        // What may be stored is not done again.
        if (this.#failure !== undefined) throw this.#failure
        const isAgain = isLost(error) ? hasPatience(lostSince) : tries < TRIES && shouldRunAgain(error)
        if (!isAgain || this.#pool.ending) throw postgresError(error)
        await pause(isLost(error) ? reconnectAfter(tries) : AGAIN_AFTER_MS * tries)
      }
    }
  }

  async #once<T>(begin: string, fn: (tx: WriteTx) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect()
    const life: Life = { isOver: false }
    let broken: unknown
    try {
      const xid = xidOf(await client.query(begin))
      const value = await fn(this.#transactionObject(client, { life, isBeside: begin === WRITE_BESIDE }))
      life.isOver = true
      await this.#commit(client, xid)
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

  async #commit(client: PoolClient, xid: string | undefined): Promise<void> {
    try {
      // After a statement that failed the server undoes the whole, also where the failure was caught, and says so only here.
      if ((await client.query('COMMIT')).command !== 'COMMIT')
        throw new AppError('fault', 'a statement of a transaction failed, and it went on')
    } catch (error) {
      if (!isLost(error) || xid === undefined || !(await this.#wasCommitted(xid, error))) throw error
    }
  }

  /** What became of a transaction whose answer was lost only the server knows. */
  async #wasCommitted(xid: string, lost: unknown): Promise<boolean> {
    const since = performance.now()
    for (let tries = 1; hasPatience(since); tries++) {
      try {
        const { rows } = await this.#pool.query('SELECT pg_xact_status($1::xid8) AS status', [xid])
        const { status } = rows[0] as { status: 'committed' | 'aborted' | 'in progress' | null }
        if (status === 'committed') return true
        if (status === 'aborted') return false
        if (status === null) break
      } catch (error) {
        if (!isLost(error)) break
      }
      await pause(reconnectAfter(tries))
    }
    this.#failure = inDoubt(lost)
    throw this.#failure
  }

  #transactionObject(client: PoolClient, { life, isBeside }: { life: Life; isBeside: boolean }): WriteTx {
    const send = async (statement: PostgresStatement): Promise<QueryResult> => {
      if (life.isOver) throw new AppError('fault', 'a statement came after the end of its transaction')
      return inOurWords(client.query(this.stagedIn === undefined ? prepared(statement) : statement))
    }
    const query = (sql: string, params: readonly Param[]): Promise<QueryResult> =>
      send({ text: postgresText(sql, params, this.stagedIn), values: params.map(storable) })
    const orm = this.#ormOf(client)
    let present: Promise<Present> | undefined
    const held = new Set<string>()
    return {
      sql: postgresDialect,
      now: () => {
        present ??= this.#present(query)
        return present
      },
      lock: async (kind, ids) => {
        const missing = ids.filter((id) => !held.has(`${kind} ${id}`))
        if (missing.length === 0) return
        await query(lockSql(kind), [JSON.stringify(missing)])
        for (const id of missing) held.add(`${kind} ${id}`)
      },
      isBeside,
      lockFree: async (kind, ids) => {
        const { rows } = await query(`${lockSql(kind)} SKIP LOCKED`, [JSON.stringify(ids)])
        return new Set((rows as { id: number }[]).map(({ id }) => id))
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
        if (rows.length === 0) return []
        const statement = postgresEach(sql, rows)
        if (statement === undefined)
          return (await Promise.all(rows.map((row) => query(sql, row)))).map(({ rowCount }) => rowCount ?? 0)
        return changesOf(rows.length, await send(statement))
      },
      insertEach: async (sql, rows) => {
        const statement = rows.length === 0 ? undefined : postgresEach(`${sql} RETURNING id`, rows)
        if (statement === undefined) return []
        return ((await send(statement)).rows as { id: number }[]).map(({ id }) => id)
      },
      insert: async (sql, params = []) => {
        const { rows } = await query(`${sql} RETURNING id`, params)
        return (rows[0] as { id: number }).id
      },
    }
  }

  /** Of all nodes the same, whatever their own clocks say: each learns with it how far its own is off. */
  async #serverTime(query: (sql: string, params: readonly Param[]) => Promise<QueryResult>): Promise<number> {
    const [asked, since] = [Date.now(), performance.now()]
    const { rows } = await query('SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS at', [])
    const { at } = rows[0] as { at: number }
    const doubtMs = (performance.now() - since) / 2
    const { doubtMs: before, at: learned } = this.#clock
    if (doubtMs <= before + (since - learned) * CLOCK_DRIFT)
      this.#clock = { aheadMs: at - asked - doubtMs, doubtMs, at: since }
    return at
  }

  async learnClock(): Promise<void> {
    await inOurWords(this.#serverTime((text) => this.#pool.query(text)))
  }

  /** Never before that of an earlier transaction of this process. */
  async #present(query: (sql: string, params: readonly Param[]) => Promise<QueryResult>): Promise<Present> {
    const at = this.#now?.() ?? (await this.#serverTime(query))
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
    const query = (config: object, values: unknown[]) =>
      inOurWords(client.query({ ...config, types: undefined } as never, values.map(storable)))
    const orm = drizzle({ client: { query } as unknown as PoolClient }) as unknown as Orm
    this.#orms.set(client, orm)
    return orm
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#pool.ended) await this.#pool.end()
  }
}

const names = new Map<string, string>()
const PREPARED_MAX = 1_000

/** The server reads and plans a statement once for each connection that runs it again and again. */
function prepared(statement: PostgresStatement): PostgresStatement & { name?: string } {
  const known = names.get(statement.text)
  if (known !== undefined) return { ...statement, name: known }
  // Texts that depend on how many values they have are many.
  if (names.size >= PREPARED_MAX) return statement
  const name = `herald_${names.size}`
  names.set(statement.text, name)
  return { ...statement, name }
}

/** Rows that refer to them may come meanwhile: only their keys are left free. */
function lockSql(kind: LockedKind): string {
  const ids = `SELECT value FROM ${postgresDialect.numbers} n`
  return `SELECT id FROM ${lockedTables[kind]} WHERE id IN (${ids}) ORDER BY id FOR NO KEY UPDATE`
}

/** At once, because what goes on within a transaction asks whether it was the storage that failed. */
function inOurWords<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw postgresError(error)
  })
}

/** Of a transaction that writes: its number, by which it is known after its connection is lost. */
function xidOf(answers: QueryResult | QueryResult[]): string | undefined {
  const last = Array.isArray(answers) ? answers.at(-1) : undefined
  return (last?.rows[0] as { xid: string } | undefined)?.xid
}

function hasPatience(since: number): boolean {
  return performance.now() - since < RECONNECT_FOR_MS
}

function reconnectAfter(tries: number): number {
  return Math.min(RECONNECT_AFTER_MS * 2 ** (tries - 1), RECONNECT_AT_MOST_MS)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** An insert changes each of its rows, or fails. */
function changesOf(count: number, { command, rows }: QueryResult): number[] {
  const changes = new Array<number>(count).fill(command === 'INSERT' ? 1 : 0)
  for (const { n } of rows as { n: number }[]) changes[n - 1] = (changes[n - 1] ?? 0) + 1
  return changes
}
