// What can still be read of a damaged database: table by table, and row by row around the places that cannot be read. It goes
// into a database of this program's schema, so that whatever reads it need not know.
import SqliteConnection from 'better-sqlite3'
import { prepareSqlite } from '../migrate.ts'
import type { Connection } from '../sqlite-connection.ts'

/** Tables of which something is carried over. */
const SALVAGED = [
  'settings',
  'nodes',
  'contacts',
  'suppressions',
  'consents',
  'contact_user_ids',
  'former_numbers',
  'replies',
  'senders',
  'campaigns',
  'campaign_revisions',
  'runs',
  'messages',
  'attempts',
  'cap_uses',
  'contact_senders',
  'webhook_events',
  'users',
  'api_keys',
  'idempotency_keys',
] as const

export interface SalvagedTable {
  table: string
  rows: number
  /** Some of its rows cannot be read. */
  hasGaps: boolean
}

/** Rows in one transaction. */
const ROWS_PER_TRANSACTION = 5_000
/** A walk over unreadable rows doubles its steps; no table has more rows than this. */
const ROWID_MAX = 2 ** 48

/** Undefined when not even its schema can be read. */
export async function salvage(path: string, into: string, appVersion: string): Promise<SalvagedTable[] | undefined> {
  const from = openDamaged(path)
  if (from === undefined) return undefined
  await prepareSqlite(into, { appVersion, mayCreate: true })
  const to = new SqliteConnection(into)
  try {
    to.pragma('foreign_keys = OFF')
    to.pragma('synchronous = OFF')
    // Rows of a damaged file need not fit together.
    to.pragma('ignore_check_constraints = ON')
    to.exec('DELETE FROM settings')
    const tables = SALVAGED.map((table) => new TableSalvage(from, to, table).run())
    rescueSuppressions(from, to, tables)
    return tables
  } finally {
    to.close()
    closeQuietly(from)
  }
}

function openDamaged(path: string): Connection | undefined {
  let connection: Connection | undefined
  try {
    connection = new SqliteConnection(path, { timeout: 0, fileMustExist: true })
    connection.unsafeMode(true)
    // A file that was cut off is read as far as it goes.
    connection.pragma('writable_schema = ON')
    connection.pragma('cell_size_check = ON')
    connection.prepare('SELECT count(*) FROM sqlite_schema').get()
    return connection
  } catch {
    if (connection !== undefined) closeQuietly(connection)
    return undefined
  }
}

function closeQuietly(connection: Connection): void {
  try {
    connection.close()
  } catch {
    // The file is damaged: that is why it is read here.
  }
}

class TableSalvage {
  readonly #from: Connection
  readonly #to: Connection
  readonly #table: string
  readonly #columns: string[]
  #rows = 0
  #hasGaps = false

  constructor(from: Connection, to: Connection, table: string) {
    this.#from = from
    this.#to = to
    this.#table = table
    const known = new Set(columnsOf(to, table))
    this.#columns = columnsOf(from, table).filter((column) => known.has(column))
  }

  run(): SalvagedTable {
    if (this.#columns.length === 0) this.#hasGaps = true
    else for (let after: number | undefined = -1; after !== undefined; ) after = this.#readStretch(after)
    return { table: this.#table, rows: this.#rows, hasGaps: this.#hasGaps }
  }

  /** Copies rows behind one; returns behind which to go on, or undefined at the end. */
  #readStretch(after: number): number | undefined {
    const names = this.#columns.map((column) => `"${column}"`).join(', ')
    const insert = this.#to.prepare(
      `INSERT OR IGNORE INTO "${this.#table}" (${names}) VALUES (${this.#columns.map(() => '?').join(', ')})`,
    )
    let last = after
    let count = 0
    this.#to.exec('BEGIN')
    try {
      const rows = this.#from
        .prepare<[number], Record<string, unknown>>(
          `SELECT rowid AS "~rowid", ${names} FROM "${this.#table}" NOT INDEXED WHERE rowid > ? ORDER BY rowid LIMIT ${ROWS_PER_TRANSACTION}`,
        )
        .iterate(after)
      for (const row of rows) {
        this.#rows += this.#insert(insert, row)
        last = Number(row['~rowid'])
        count++
      }
      return count < ROWS_PER_TRANSACTION ? undefined : last
    } catch {
      this.#hasGaps = true
      return this.#behindGap(last)
    } finally {
      this.#to.exec('COMMIT')
    }
  }

  #insert(insert: SqliteConnection.Statement, row: Record<string, unknown>): number {
    try {
      return insert.run(...this.#columns.map((column) => row[column])).changes
    } catch {
      // Pages that were overwritten may hold rows of anything.
      this.#hasGaps = true
      return 0
    }
  }

  /** Behind which row the rows can be read again; undefined when none can. */
  #behindGap(last: number): number | undefined {
    let step = 1
    while (!this.#canRead(last + step)) {
      step *= 2
      if (step > ROWID_MAX) return undefined
    }
    let unreadable = last + Math.floor(step / 2)
    let readable = last + step
    while (readable - unreadable > 1) {
      const middle = Math.floor((readable + unreadable) / 2)
      if (this.#canRead(middle)) readable = middle
      else unreadable = middle
    }
    return readable
  }

  /** Whether the row behind one can be read; behind the last there is none, which is an answer too. */
  #canRead(after: number): boolean {
    try {
      const names = this.#columns.map((column) => `"${column}"`).join(', ')
      this.#from
        .prepare(`SELECT ${names} FROM "${this.#table}" NOT INDEXED WHERE rowid > ? ORDER BY rowid LIMIT 1`)
        .get(after)
      return true
    } catch {
      return false
    }
  }
}

function columnsOf(connection: Connection, table: string): string[] {
  try {
    return (connection.pragma(`table_info("${table}")`) as { name: string }[]).map(({ name }) => name)
  } catch {
    return []
  }
}

/** Whom nothing may be sent to stands in an index too, with the scope. */
function rescueSuppressions(from: Connection, to: Connection, tables: readonly SalvagedTable[]): void {
  const suppressions = tables.find(({ table, hasGaps }) => table === 'suppressions' && hasGaps)
  if (suppressions === undefined) return
  const insert = to.prepare(
    `INSERT OR IGNORE INTO suppressions (key, scope, reason, evidence, created_at)
     VALUES (?, ?, 'opted_out', 'from the index of the damaged database', 0)`,
  )
  try {
    const rows = from
      .prepare<[], { key: string; scope: string }>(
        'SELECT key, scope FROM suppressions INDEXED BY suppressions_key_scope',
      )
      .iterate()
    for (const { key, scope } of rows) suppressions.rows += insert.run(key, scope).changes
  } catch {
    // The index is damaged as well, or missing.
  }
}
