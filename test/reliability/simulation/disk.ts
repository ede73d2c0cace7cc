// The file of the worlds, and the connections to it with their prepared statements: they are handed from each process that
// ends to the next one, and from each world to the next one, because to open and to prepare takes longer than all that most
// processes do with them. Nothing of one life is seen in the next, and each world begins with the rows of the template.
// It knows how much of the write-ahead log was synced, so that the power can fail: only that much is left then.
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
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

/** A part of the log: `salt` tells it from what was there before the log was cut off and begun anew. */
interface LogPart {
  salt: string
  bytes: number
}

const NO_LOG: LogPart = { salt: '', bytes: 0 }

/** Where SQLite writes into the log what tells it from the one before. */
const SALT = { at: 16, bytes: 8 }
/** Enough of a journal for its first two lines: what it is, and the name of the boot. */
const HEAD_BYTES = 200

export class Disk {
  readonly path: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'herald-simulation-'))
  readonly #connections: Kept[] = []
  #restorer: Restorer
  /** What was synced of the log. */
  #durable = NO_LOG

  /** `file` is a database without a log. */
  constructor(file: Buffer) {
    this.path = join(this.#folder, 'herald.db')
    writeFileSync(this.path, file)
    writeFileSync(this.#templatePath, file)
    this.#restorer = new Restorer(this.path, this.#templatePath)
  }

  get #templatePath(): string {
    return join(this.#folder, 'template.db')
  }

  /** A new world: what the one before has left is gone. `change` is what is particular about this one. */
  restore(change: (connection: Connection) => void): void {
    for (const kept of this.#connections.filter(({ isLeased }) => isLeased)) this.#drop(kept)
    rmSync(nodesFolder(this.path), { recursive: true, force: true })
    this.#restorer.restore(change)
    this.#durable = NO_LOG
  }

  /** A sync of the log begins; to be called when it has succeeded. */
  syncing(): () => void {
    const part = this.#log()
    return () => {
      // One that began earlier may end later, and takes nothing back.
      const { salt, bytes } = this.#durable
      if (part.salt !== salt || part.bytes > bytes) this.#durable = part
    }
  }

  #log(): LogPart {
    const file = openSync(`${this.path}-wal`, 'r')
    try {
      const salt = Buffer.alloc(SALT.bytes)
      readSync(file, salt, 0, SALT.bytes, SALT.at)
      return { salt: salt.toString('hex'), bytes: statSync(`${this.path}-wal`).size }
    } finally {
      closeSync(file)
    }
  }

  /**
   * The power fails, and the machine is started again: of the log there is what was synced, of a journal of calls, which
   * nobody syncs, as many bytes as `keeps` says. No process lives.
   */
  cutPower(keeps: (name: string, bytes: number) => number): void {
    // A log that was folded into the file and begun anew was synced before.
    const { salt, bytes } = this.#log()
    const durable = salt === this.#durable.salt ? Math.min(bytes, this.#durable.bytes) : 0
    const file = readFileSync(this.path)
    const log = readFileSync(`${this.path}-wal`).subarray(0, durable)
    for (const kept of [...this.#connections]) this.#drop(kept)
    this.#restorer.close()
    writeFileSync(this.path, file)
    writeFileSync(`${this.path}-wal`, log)
    this.#restorer = new Restorer(this.path, this.#templatePath)
    this.#durable = this.#log()
    this.#tearJournals(keeps)
  }

  #tearJournals(keeps: (name: string, bytes: number) => number): void {
    const folder = nodesFolder(this.path)
    // No process has begun yet.
    if (!existsSync(folder)) return
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.journal'))) {
      const bytes = readFileSync(join(folder, name))
      const [title = '', boot = ''] = bytes.toString('latin1', 0, HEAD_BYTES).split('\n')
      bytes.subarray(title.length + 1, title.length + 1 + boot.length).fill('0')
      writeFileSync(join(folder, name), bytes.subarray(0, keeps(name, bytes.length)))
    }
  }

  /** One that nobody else is given. */
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

/** Puts the rows of the template in the place of all others. */
class Restorer {
  readonly #connection: SqliteConnection.Database
  readonly #statements: SqliteConnection.Statement[]

  constructor(path: string, template: string) {
    this.#connection = new SqliteConnection(path)
    this.#connection.pragma('journal_mode = WAL')
    this.#connection.pragma('synchronous = OFF')
    this.#connection.pragma('foreign_keys = OFF')
    this.#connection.pragma('wal_autocheckpoint = 0')
    this.#connection.prepare('ATTACH ? AS template').run(template)
    this.#statements = this.#tables().flatMap((table) => [
      this.#connection.prepare(`DELETE FROM main."${table}"`),
      this.#connection.prepare(`INSERT INTO main."${table}" SELECT * FROM template."${table}"`),
    ])
  }

  #tables(): string[] {
    const sql = `SELECT name FROM template.sqlite_schema WHERE type = 'table' AND (name NOT LIKE 'sqlite_%' OR name = 'sqlite_sequence')`
    return this.#connection.prepare<[], string>(sql).pluck().all()
  }

  restore(change: (connection: Connection) => void): void {
    this.#connection.transaction(() => {
      for (const statement of this.#statements) statement.run()
      change(this.#connection)
    })()
    this.#connection.pragma('wal_checkpoint(TRUNCATE)')
  }

  close(): void {
    this.#connection.close()
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
