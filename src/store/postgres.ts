// PostgreSQL behind the seam. Rows are on the server; what is not rows (uploads, files being imported, the key) is in a folder,
// and what a machine keeps for itself (journals, locks of its nodes, notes) in one of its name within it. Nodes of other machines
// are known by their leases alone.
import { randomBytes } from 'node:crypto'
import { mkdirSync, statfsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, relative, resolve } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import type { Pool } from 'pg'
import { AppError } from '../domain/errors.ts'
import type {
  Database,
  Notes,
  ReadOnlyDatabase,
  ReadTx,
  StorageGauges,
  ThreadAddress,
  WriteOptions,
  WriteTx,
} from './database.ts'
import { NodeLocks } from './node-locks.ts'
import { NotesBeside } from './notes-beside.ts'
import { postgresError } from './postgres-errors.ts'
import { storable } from './postgres-text.ts'
import { openPool, PostgresTransactions } from './postgres-transactions.ts'
import { journalPath, nodesFolder } from './sqlite-connection.ts'

/** Staged rows that go to the server at once. */
const STAGED_ROWS = 5000
/** Schemas of staged files are named so, with an id of their own behind it. */
const STAGED_SCHEMA = 'herald_staging_'

export interface PostgresPlace {
  url: string
  /** Where files go that belong to the installation and are no rows. */
  filesFolder: string
  /** Stands in for the clock of the server in tests. */
  now?: (() => number) | undefined
}

export function openPostgres(place: PostgresPlace): PostgresDatabase {
  return new PostgresDatabase(place)
}

/** One more way in, for another thread. */
export function openPostgresToRead(address: ThreadAddress): ReadOnlyDatabase {
  const { url } = address as unknown as PostgresAddress
  return new PostgresTransactions(openPool(url, { connections: 1 }))
}

/** What a thread address is here. */
interface PostgresAddress {
  url: string
}

export class PostgresDatabase implements Database {
  readonly shownName: string
  readonly filesFolder: string
  readonly notes: Notes
  readonly #url: string
  /** No file: what this machine notes of the database is in a folder of this name. */
  readonly #notesPath: string
  readonly #nodes: NodeLocks
  readonly #pool: Pool
  readonly #transactions: PostgresTransactions
  /** Resolves when the staging file that is attached last is free again. */
  #stagingFree: Promise<void> = Promise.resolve()

  constructor({ url, filesFolder, now }: PostgresPlace) {
    this.#url = url
    this.shownName = shownUrl(url)
    this.filesFolder = resolve(filesFolder)
    this.#notesPath = join(this.filesFolder, `${databaseOf(url)}@${hostname()}`)
    mkdirSync(nodesFolder(this.#notesPath), { recursive: true, mode: 0o700 })
    this.#nodes = new NodeLocks(this.#notesPath)
    this.notes = new NotesBeside(this.#notesPath, (nodeId) => this.isNodeAlive(nodeId), { isShared: true })
    this.#pool = openPool(url)
    this.#transactions = new PostgresTransactions(this.#pool, now)
  }

  get threadAddress(): ThreadAddress {
    const address: PostgresAddress = { url: this.#url }
    return address as unknown as ThreadAddress
  }

  /** The disk of a server is its own affair: it refuses what it cannot write, and goes on. */
  get failure(): AppError | undefined {
    return this.#transactions.failure
  }

  get hasWritten(): boolean {
    return this.#transactions.hasWritten
  }

  read<T>(fn: (tx: ReadTx) => Promise<T>): Promise<T> {
    return this.#transactions.read(fn)
  }

  write<T>(fn: (tx: WriteTx) => Promise<T>, options?: WriteOptions): Promise<T> {
    return this.#transactions.write(fn, options)
  }

  /** How full the disk of the server is only the server knows. */
  storage(): StorageGauges {
    const { bavail, bsize } = statfsSync(this.filesFolder)
    return { place: this.filesFolder, freeBytes: bavail * bsize, logBytes: 0 }
  }

  isThere(): boolean {
    return true
  }

  isPartOf(path: string): boolean {
    return !relative(nodesFolder(this.#notesPath), resolve(path)).startsWith('..')
  }

  /** The number of the next transaction that writes, on the whole server. */
  async dataVersion(): Promise<number> {
    try {
      const { rows } = await this.#pool.query('SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS version')
      return (rows[0] as { version: number }).version
    } catch (error) {
      throw postgresError(error)
    }
  }

  get clockAheadMs(): number {
    return this.#transactions.clockAheadMs
  }

  learnClock(): Promise<void> {
    return this.#transactions.learnClock()
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
    return journalPath(this.#notesPath, nodeId)
  }

  listFailures(): string[] {
    return []
  }

  /** What rows leave behind on the server and in its logs is not ours to overwrite. */
  async scrub(): Promise<boolean> {
    return false
  }

  async backup(): Promise<void> {
    throw new AppError('db.unsupported', 'herald backup copies files of SQLite; this database is on PostgreSQL', {
      hint: `Use pg_dump --format=custom --no-owner --file=herald.dump ${this.shownName}, or the backups of the server.`,
    })
  }

  /** The staged rows go to tables of the server, for this node alone, and away when they are let go. */
  async attachStaging(path: string): Promise<AsyncDisposable> {
    const before = this.#stagingFree
    let free = () => {}
    this.#stagingFree = new Promise((done) => {
      free = done
    })
    await before
    const schema = STAGED_SCHEMA + randomBytes(6).toString('hex')
    const drop = async () => {
      this.#transactions.stagedIn = undefined
      try {
        await this.#pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
      } finally {
        free()
      }
    }
    try {
      await this.#stage(path, schema)
    } catch (error) {
      await drop()
      throw postgresError(error)
    }
    this.#transactions.stagedIn = schema
    return { [Symbol.asyncDispose]: drop }
  }

  async #stage(path: string, schema: string): Promise<void> {
    await this.#pool.query(`CREATE SCHEMA ${schema}`)
    const staged = new SqliteConnection(path, { readonly: true, fileMustExist: true })
    try {
      for (const table of STAGED_TABLES) await this.#copyTable(staged, schema, table)
    } finally {
      staged.close()
    }
  }

  async #copyTable(staged: SqliteConnection.Database, schema: string, table: StagedTable): Promise<void> {
    const { name, key, columns } = table
    const all = [key, ...columns.map((column) => column.name)]
    const types = ['bigint', ...columns.map((column) => column.type)]
    await this.#pool.query(
      `CREATE UNLOGGED TABLE ${schema}.${name} (${all.map((column, n) => `${column} ${types[n]}${n === 0 ? ' PRIMARY KEY' : ''}`).join(', ')})`,
    )
    const page = staged.prepare(`SELECT ${all.join(', ')} FROM ${name} WHERE ${key} > ? ORDER BY ${key} LIMIT ?`)
    const insert = `INSERT INTO ${schema}.${name} SELECT * FROM unnest(${types.map((type, n) => `$${n + 1}::${type.replace(' COLLATE "C"', '')}[]`).join(', ')})`
    for (let after = 0; ; ) {
      const rows = page.all(after, STAGED_ROWS) as Record<string, unknown>[]
      const last = rows.at(-1)?.[key]
      if (typeof last !== 'number') break
      await this.#pool.query(
        insert,
        all.map((column) => rows.map((row) => storable(row[column]))),
      )
      after = last
    }
    for (const column of columns.filter(({ isIndexed }) => isIndexed))
      await this.#pool.query(`CREATE INDEX ON ${schema}.${name} (${column.name})`)
    await this.#pool.query(`ANALYZE ${schema}.${name}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transactions[Symbol.asyncDispose]()
  }
}

interface StagedTable {
  name: string
  /** A number that pages follow. */
  key: string
  columns: readonly { name: string; type: string; isIndexed?: boolean }[]
}

const TEXT = 'text COLLATE "C"'

/** The tables of a staging file (staging.ts) that imports read. */
const STAGED_TABLES: readonly StagedTable[] = [
  {
    name: 'sorted',
    key: 'n',
    columns: [
      { name: 'line', type: 'bigint' },
      { name: 'key', type: TEXT, isIndexed: true },
      ...['phone', 'attributes', 'zone', 'zone_guess', 'consent', 'suppressed'].map((name) => ({ name, type: TEXT })),
    ],
  },
  {
    name: 'rejects',
    key: 'line',
    columns: ['column_name', 'code', 'detail', 'cells'].map((name) => ({ name, type: TEXT })),
  },
]

/** The name of a database, as a name of files. */
function databaseOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname).replaceAll(/[^a-z0-9_-]/gi, '_')
}

/** Without the password. */
function shownUrl(url: string): string {
  const shown = new URL(url)
  shown.password = ''
  return shown.href
}
