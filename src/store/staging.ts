// The staging file of one import: lines are parsed into it, put in the order of their keys and freed of duplicates,
// before the database sees any of them. A file that was not finished is dropped.
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import type { RejectCode } from '../domain/errors.ts'

export interface StagedRow {
  line: number
  key: string
  phone: string
  /** JSON of the attributes; with null for those that a blank cell clears. */
  attributes: string
  /** From a column of the file. */
  zone: string | null
  /** From the number. */
  zoneGuess: string | null
  consent: 'granted' | 'denied' | null
  /** Suppressions that an export of people says, as it writes them. */
  suppressed: string | null
}

export interface StagedReject {
  line: number
  column: string
  code: RejectCode
  detail: string
  cells: string[]
}

/** A line that names a person whom another line names too. */
export interface Repeat {
  line: number
  /** The line of that person that counts. */
  keptLine: number
  phone: string
  /** Whether their data differ. */
  differs: boolean
}

export interface StagingSummary {
  /** People in the file, each once. */
  people: number
  duplicates: number
  /** Duplicates whose data differ from the line that is kept. */
  conflicts: number
  /** The first duplicates. */
  repeats: Repeat[]
  rejected: number
  /** Lines that say no to marketing. */
  denied: number
  /** Lines of people whose data were erased: they are not imported again. */
  erased: number
}

/** Rows of one transaction of the staging file: it is not durable until the end, so only the overhead counts. */
const TRANSACTION_ROWS = 20_000
/** Duplicates that are shown with both their lines. */
const REPEATS = 5

export class StagingWriter implements Disposable {
  readonly #path: string
  readonly #connection: SqliteConnection.Database
  readonly #insertRow: SqliteConnection.Statement
  readonly #insertReject: SqliteConnection.Statement
  #open = 0
  #erased = 0

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    this.#path = path
    this.#connection = new SqliteConnection(path)
    this.#connection.pragma('journal_mode = OFF')
    this.#connection.pragma('synchronous = OFF')
    this.#connection.exec(`
      CREATE TABLE raw (line INTEGER PRIMARY KEY, key TEXT NOT NULL, phone TEXT NOT NULL, attributes TEXT NOT NULL, zone TEXT, zone_guess TEXT, consent TEXT, suppressed TEXT);
      CREATE TABLE rejects (line INTEGER PRIMARY KEY, column_name TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL, cells TEXT NOT NULL);
      CREATE TABLE sorted (n INTEGER PRIMARY KEY, line INTEGER NOT NULL, key TEXT NOT NULL, phone TEXT NOT NULL, attributes TEXT NOT NULL, zone TEXT, zone_guess TEXT, consent TEXT, suppressed TEXT);
      CREATE TABLE duplicates (line INTEGER PRIMARY KEY, kept_line INTEGER NOT NULL, is_conflict INTEGER NOT NULL, phone TEXT NOT NULL);`)
    this.#insertRow = this.#connection.prepare('INSERT INTO raw VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
    this.#insertReject = this.#connection.prepare('INSERT INTO rejects VALUES (?, ?, ?, ?, ?)')
  }

  addRow(row: StagedRow): void {
    this.#beginRow()
    this.#insertRow.run(
      row.line,
      row.key,
      row.phone,
      row.attributes,
      row.zone,
      row.zoneGuess,
      row.consent,
      row.suppressed,
    )
  }

  addReject(reject: StagedReject): void {
    this.#beginRow()
    this.#insertReject.run(reject.line, reject.column, reject.code, reject.detail, JSON.stringify(reject.cells))
  }

  /** The line counts, and nothing of it is kept. */
  addErased(): void {
    this.#erased++
  }

  #beginRow(): void {
    if (this.#open === 0) this.#connection.exec('BEGIN')
    if (++this.#open < TRANSACTION_ROWS) return
    this.#connection.exec('COMMIT')
    this.#connection.exec('BEGIN')
    this.#open = 1
  }

  /** Keeps one line of each person and makes the file durable. */
  finish(keep: 'first' | 'last'): StagingSummary {
    if (this.#open > 0) this.#connection.exec('COMMIT')
    this.#open = 0
    const kept = keep === 'first' ? 'min' : 'max'
    // Statement by statement: a thread that is told to end can do so between two of them only.
    for (const statement of sortingStatements(kept)) this.#connection.exec(statement)
    const summary = this.#connection
      .prepare(
        `SELECT (SELECT count(*) FROM sorted) AS people, (SELECT count(*) FROM duplicates) AS duplicates,
                (SELECT count(*) FROM duplicates WHERE is_conflict) AS conflicts, (SELECT count(*) FROM rejects) AS rejected,
                (SELECT count(*) FROM sorted WHERE consent = 'denied') AS denied`,
      )
      .get() as Omit<StagingSummary, 'erased' | 'repeats'>
    const repeats = this.#repeats()
    this.#connection.close()
    syncFile(this.#path)
    return { ...summary, repeats, erased: this.#erased }
  }

  #repeats(): Repeat[] {
    const rows = this.#connection
      .prepare(
        'SELECT line, kept_line AS keptLine, is_conflict AS differs, phone FROM duplicates ORDER BY is_conflict DESC, line LIMIT ?',
      )
      .all(REPEATS) as (Omit<Repeat, 'differs'> & { differs: number })[]
    return rows.map((row) => ({ ...row, differs: row.differs === 1 }))
  }

  /** Closes and, unless finish came first, removes the file. */
  [Symbol.dispose](): void {
    if (!this.#connection.open) return
    this.#connection.close()
    rmSync(this.#path, { force: true })
  }
}

function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  fsyncSync(file)
  closeSync(file)
}

/** Off the thread, and detached first: the disk takes half a second to forget a file of a gigabyte. */
export async function dropStaging(path: string): Promise<void> {
  for (const end of ['', '-journal', '-wal', '-shm']) await rm(path + end, { force: true })
}

/** Rejected lines of a staging file that is finished, in their order. */
export function* stagedCells(path: string): Generator<StagedReject> {
  const connection = new SqliteConnection(path, { readonly: true })
  try {
    const rows = connection
      .prepare('SELECT line, column_name AS "column", code, detail, cells FROM rejects ORDER BY line')
      .iterate()
    for (const row of rows as Iterable<Omit<StagedReject, 'cells'> & { cells: string }>)
      yield { ...row, cells: JSON.parse(row.cells) as string[] }
  } finally {
    connection.close()
  }
}

/** `kept` is the SQL function that chooses among the lines of one person. */
function sortingStatements(kept: 'min' | 'max'): string[] {
  return [
    'BEGIN',
    'CREATE INDEX raw_key ON raw (key, line)',
    // In the order of keys the unique index of contacts grows page by page instead of at random places.
    `INSERT INTO sorted (line, key, phone, attributes, zone, zone_guess, consent, suppressed)
       SELECT r.line, r.key, r.phone, r.attributes, r.zone, r.zone_guess, r.consent, r.suppressed
       FROM (SELECT key, ${kept}(line) AS line FROM raw GROUP BY key ORDER BY key) k JOIN raw r ON r.line = k.line`,
    `INSERT INTO duplicates
       SELECT r.line, k.line, (r.attributes <> w.attributes OR r.zone IS DISTINCT FROM w.zone OR r.consent IS DISTINCT FROM w.consent), r.phone
       FROM (SELECT key, ${kept}(line) AS line FROM raw GROUP BY key HAVING count(*) > 1) k
       JOIN raw r ON r.key = k.key AND r.line <> k.line JOIN raw w ON w.line = k.line`,
    'DROP INDEX raw_key',
    'DELETE FROM raw',
    'CREATE UNIQUE INDEX sorted_key ON sorted (key)',
    'COMMIT',
  ]
}
