// Connections of a world, handed from each process that dies to the next one, with their prepared statements: to open and to
// prepare takes longer than all that most processes do with them. Nothing of one life is seen in the next.
import {
  type Connection,
  type ConnectionRole,
  openConnection,
  type Statement,
} from '../../../src/store/sqlite-connection.ts'

export class ConnectionPool {
  readonly #all: Kept[] = []

  lease(path: string, role: ConnectionRole): Connection {
    let kept = this.#all.find((one) => one.role === role && !one.isLeased)
    if (kept === undefined) {
      kept = new Kept(openConnection(path, role), role)
      this.#all.push(kept)
    }
    return kept.lease()
  }

  /** Those that write first: the last one to be closed has no log to fold into the file. */
  close(): void {
    for (const { role, real } of this.#all) if (role !== 'read') real.close()
    for (const { role, real } of this.#all) if (role === 'read') real.close()
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
