// The file of the worlds, and the connections to it with their prepared statements: they are handed from each process that
// ends to the next one, and from each world to the next one, because to open and to prepare takes longer than all that most
// processes do with them. Nothing of one life is seen in the next, and each world begins with the rows of the template.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import {
  type Connection,
  type ConnectionRole,
  nodesFolder,
  openConnection,
  type Statement,
} from '../../../src/store/sqlite-connection.ts'

export class Disk {
  readonly path: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'herald-simulation-'))
  readonly #connections: Kept[] = []
  readonly #restorer: SqliteConnection.Database
  readonly #restoring: SqliteConnection.Statement[]

  /** `file` is a database without a log. */
  constructor(file: Buffer) {
    this.path = join(this.#folder, 'herald.db')
    const template = join(this.#folder, 'template.db')
    writeFileSync(this.path, file)
    writeFileSync(template, file)
    this.#restorer = new SqliteConnection(this.path)
    this.#restorer.pragma('journal_mode = WAL')
    this.#restorer.pragma('synchronous = OFF')
    this.#restorer.pragma('foreign_keys = OFF')
    this.#restorer.prepare('ATTACH ? AS template').run(template)
    this.#restoring = this.#tables().flatMap((table) => [
      this.#restorer.prepare(`DELETE FROM main."${table}"`),
      this.#restorer.prepare(`INSERT INTO main."${table}" SELECT * FROM template."${table}"`),
    ])
  }

  #tables(): string[] {
    const sql = `SELECT name FROM template.sqlite_schema WHERE type = 'table' AND (name NOT LIKE 'sqlite_%' OR name = 'sqlite_sequence')`
    return this.#restorer.prepare<[], string>(sql).pluck().all()
  }

  /** A new world: what the one before has left is gone. `change` is what is particular about this one. */
  restore(change: (connection: Connection) => void): void {
    for (const kept of this.#connections.filter(({ isLeased }) => isLeased)) this.#drop(kept)
    rmSync(nodesFolder(this.path), { recursive: true, force: true })
    this.#restorer.transaction(() => {
      for (const statement of this.#restoring) statement.run()
      change(this.#restorer)
    })()
    this.#restorer.pragma('wal_checkpoint(TRUNCATE)')
  }

  /** A connection that a world has left open. */
  #drop(kept: Kept): void {
    kept.real.close()
    this.#connections.splice(this.#connections.indexOf(kept), 1)
  }

  lease(path: string, role: ConnectionRole): Connection {
    let kept = this.#connections.find((one) => one.role === role && !one.isLeased)
    if (kept === undefined) {
      kept = new Kept(openConnection(path, role), role)
      // Folding the log into the file would be work of a world that happens to come after others.
      kept.real.pragma('wal_autocheckpoint = 0')
      this.#connections.push(kept)
    }
    return kept.lease()
  }

  close(): void {
    for (const { real } of this.#connections) real.close()
    this.#restorer.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

class Kept {
  readonly real: Connection
  readonly role: ConnectionRole
  isLeased = false
  /** By their text; one for each time that a life asks for it. */
  readonly #statements = new Map<string, Statement[]>()

  constructor(real: Connection, role: ConnectionRole) {
    this.real = real
    this.role = role
  }

  lease(): Connection {
    const asked = new Map<string, number>()
    let isOpen = true
    this.isLeased = true
    const prepare = (sql: string): Statement => {
      if (!isOpen) throw new TypeError('The database connection is not open')
      const times = asked.get(sql) ?? 0
      asked.set(sql, times + 1)
      return this.#statement(sql, times)
    }
    const close = (): Connection => {
      if (isOpen && this.real.inTransaction) this.real.exec('ROLLBACK')
      if (isOpen) this.isLeased = false
      isOpen = false
      return this.real
    }
    return Object.create(this.real, {
      prepare: { value: prepare },
      close: { value: close },
      open: { get: () => isOpen },
    }) as Connection
  }

  #statement(sql: string, at: number): Statement {
    const known = this.#statements.get(sql) ?? []
    this.#statements.set(sql, known)
    const statement = known[at]
    if (statement === undefined) {
      const prepared = this.real.prepare<unknown[]>(sql)
      known[at] = prepared
      return prepared
    }
    if (statement.reader) statement.pluck(false).raw(false)
    return statement
  }
}
