// What can still be read of a damaged database, page by page: along the trees of its tables, and where a way is lost, by what
// the rows on a page look like. It goes into a database of this program's schema, so that whatever reads it need not know.
// Reads the old file and its log, and writes to neither.
import SqliteConnection from 'better-sqlite3'
import { suppressionScopes } from '../../domain/suppression.ts'
import { ERASED } from '../contacts.ts'
import { prepareSqlite } from '../migrate.ts'
import type { Connection } from '../sqlite-connection.ts'
import { PageFile } from './page-file.ts'
import { type Page, type PageRows, type Row, readPage } from './page-rows.ts'
import { pagesBelow, readSchema } from './page-trees.ts'
import { fits, guessTable, listShapes, type SchemaRow, shapesOfSchema, type TableShape } from './table-shapes.ts'

/** Tables of which something is carried over. */
export const salvagedTables = [
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
export type SalvagedTableName = (typeof salvagedTables)[number]

export interface SalvagedTable {
  table: SalvagedTableName
  rows: number
  /** Some of its rows cannot be read, or nobody can say. */
  hasGaps: boolean
}

export interface Salvaged {
  tables: SalvagedTable[]
  /** What was written last may be lost: a part of the log is damaged. */
  isLogTorn: boolean
}

const PAGES_PER_TRANSACTION = 500
/** `created_at` of people of whom only an index tells. */
export const CREATED_UNKNOWN = 0

export async function salvage(
  path: string,
  into: string,
  { appVersion, now }: { appVersion: string; now: number },
): Promise<Salvaged> {
  using file = new PageFile(path)
  await prepareSqlite(into, { appVersion, mayCreate: true })
  const to = new SqliteConnection(into)
  try {
    to.pragma('foreign_keys = OFF')
    to.pragma('synchronous = OFF')
    // Rows of a damaged file need not fit together.
    to.pragma('ignore_check_constraints = ON')
    to.exec('DELETE FROM settings')
    return { tables: new Salvage(file, to, now).run(), isLogTorn: file.isLogTorn }
  } finally {
    to.close()
  }
}

class Salvage {
  readonly #file: PageFile
  readonly #to: Connection
  readonly #now: number
  readonly #targets: Map<string, Target>
  readonly #shapes: Map<string, TableShape>
  readonly #map: FileMap
  readonly #gaps = new Set<string>()
  readonly #found: { suppressions: [string, string][]; erased: [number, string][] } = { suppressions: [], erased: [] }

  constructor(file: PageFile, to: Connection, now: number) {
    this.#now = now
    this.#file = file
    this.#to = to
    this.#map = mapFile(file)
    const ours = listShapes(to)
    // A file of an older program has its columns in its own way.
    this.#shapes = new Map([...ours, ...shapesOfSchema(this.#map.schema)].map((shape) => [shape.table, shape]))
    this.#targets = new Map(
      ours.flatMap((shape) =>
        salvagedTables.some((name) => name === shape.table) ? [[shape.table, new Target(to, shape)]] : [],
      ),
    )
  }

  run(): SalvagedTable[] {
    const { ownerOf, lost } = this.#map
    for (const table of lost) this.#gaps.add(table)
    this.#eachPage((number, page) => {
      if (page.kind === 'index') this.#noteEntries(page.read().rows)
      if (page.kind === 'leaf' && this.#isOwned(number, page.read())) this.#take(ownerOf.get(number) ?? '', page.read())
    })
    // Afterwards, because what a tree leads to is the row that counts.
    this.#eachPage((number, page) => {
      if (page.kind !== 'leaf') return
      const found = page.read()
      if (this.#isOwned(number, found)) return
      this.#gaps.add(ownerOf.get(number) ?? '')
      const table = guessTable([...this.#shapes.values()], found.rows)?.table
      if (table !== undefined) this.#take(table, found)
    })
    this.#addFromIndexes()
    return salvagedTables.map((table) => ({
      table,
      rows: this.#targets.get(table)?.rows ?? 0,
      hasGaps: this.#gaps.has(table),
    }))
  }

  /** Along a tree that is as it was once, pages are of other tables by now. */
  #isOwned(number: number, { rows }: PageRows): boolean {
    const owner = this.#map.ownerOf.get(number)
    const shape = owner === undefined ? undefined : this.#shapes.get(owner)
    return shape !== undefined && (rows.length === 0 || rows.some((row) => fits(shape, row)))
  }

  #eachPage(take: (number: number, page: Page) => void): void {
    for (let first = 1; first <= this.#file.pageCount; first += PAGES_PER_TRANSACTION) {
      const end = Math.min(this.#file.pageCount + 1, first + PAGES_PER_TRANSACTION)
      this.#to.transaction(() => {
        for (let number = first; number < end; number++) {
          const page = readPage(this.#file, number)
          if (page !== undefined) take(number, page)
        }
      })()
    }
  }

  #take(table: string, { rows, unreadable }: PageRows): void {
    const shape = this.#shapes.get(table)
    const target = this.#targets.get(table)
    if (shape === undefined || target === undefined) return
    if (unreadable > 0) this.#gaps.add(table)
    for (const row of rows) if (!fits(shape, row) || !target.insert(shape, row)) this.#gaps.add(table)
  }

  /** Whom nothing may be sent to, and who was erased, is in an index too. */
  #noteEntries(rows: readonly Row[]): void {
    for (const { values } of rows) {
      const [key, second, rowid] = values
      if (typeof key !== 'string') continue
      if (values.length === 3 && suppressionScopes.some((scope) => scope === second) && typeof rowid === 'number')
        this.#found.suppressions.push([key, String(second)])
      if (values.length === 2 && key.startsWith(ERASED) && typeof second === 'number')
        this.#found.erased.push([second, key])
    }
  }

  #addFromIndexes(): void {
    const suppress = this.#to.prepare(
      `INSERT OR IGNORE INTO suppressions (key, scope, reason, evidence, created_at)
       VALUES (?, ?, 'opted_out', 'from the index of the damaged database', ?)`,
    )
    const erase = this.#to.prepare(
      `INSERT INTO contacts (id, key, phone, attributes, created_at, updated_at, erased_at) VALUES (?, ?, '', '{}', ${CREATED_UNKNOWN}, ?, ?)
       ON CONFLICT (id) DO UPDATE SET key = excluded.key, phone = '', attributes = '{}', zone = NULL, consent = NULL, erased_at = excluded.erased_at
       WHERE erased_at IS NULL ON CONFLICT DO NOTHING`,
    )
    this.#to.transaction(() => {
      for (const entry of this.#found.suppressions)
        this.#targets.get('suppressions')?.count(suppress.run(...entry, this.#now))
      for (const entry of this.#found.erased)
        this.#targets.get('contacts')?.count(erase.run(...entry, this.#now, this.#now))
    })()
  }
}

/** A table of the new database, with the statements that fill it. */
class Target {
  rows = 0
  readonly #to: Connection
  readonly #shape: TableShape
  readonly #statements = new Map<number, { insert: SqliteConnection.Statement; indexes: number[] }>()

  constructor(to: Connection, shape: TableShape) {
    this.#to = to
    this.#shape = shape
  }

  count({ changes }: { changes: number }): void {
    this.rows += changes
  }

  /** False when the database does not take it. */
  insert(from: TableShape, { rowid, values }: Row): boolean {
    const { insert, indexes } = this.#statementFor(from, values.length)
    try {
      this.count(
        insert.run(...indexes.map((index) => (from.columns[index]?.name === from.rowidColumn ? rowid : values[index]))),
      )
      return true
    } catch {
      return false
    }
  }

  /** For rows of so many values: what they lack has its default. */
  #statementFor(from: TableShape, count: number) {
    const known = this.#statements.get(count)
    if (known !== undefined) return known
    const own = new Set(this.#shape.columns.map(({ name }) => name))
    const indexes = from.columns.slice(0, count).flatMap(({ name }, index) => (own.has(name) ? [index] : []))
    const names = indexes.map((index) => `"${from.columns[index]?.name}"`).join(', ')
    const insert = this.#to.prepare(
      `INSERT OR IGNORE INTO "${this.#shape.table}" (${names}) VALUES (${indexes.map(() => '?').join(', ')})`,
    )
    this.#statements.set(count, { insert, indexes })
    return { insert, indexes }
  }
}

interface FileMap {
  schema: SchemaRow[]
  /** Which table a page is of, along the trees. */
  ownerOf: Map<number, string>
  /** Tables of which pages are lost, or whose root is. */
  lost: Set<string>
}

function mapFile(file: PageFile): FileMap {
  const schema = readSchema(file)
  const ownerOf = new Map<number, string>()
  const tables = schema.filter(({ type }) => type === 'table')
  const lost = new Set<string>(salvagedTables.filter((name) => !tables.some(({ table }) => table === name)))
  // Where the schema was searched for, a table may be there twice: as it is, and as it was while the database was made.
  for (const { table, root } of tables) {
    for (const [number, page] of pagesBelow(file, root)) {
      if (page?.kind === 'leaf') ownerOf.set(number, table)
      else if (page?.kind !== 'interior') lost.add(table)
    }
  }
  return { schema, ownerOf, lost }
}
