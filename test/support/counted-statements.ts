// Every statement that this process runs on any database: how many, and which. What grows with the rows that are stored, or with
// those that are shown, is seen here without a clock.
import SqliteConnection from 'better-sqlite3'
import { onTestFinished } from 'vitest'

type Run = (this: SqliteConnection.Statement, ...params: unknown[]) => unknown

export interface CountedStatements {
  /** Forgets what ran so far. */
  reset(): void
  /** The texts of what ran, in order. */
  texts(): string[]
}

/** Counts until the test ends. */
export function countStatements(): CountedStatements {
  const ran: string[] = []
  const probe = new SqliteConnection(':memory:')
  const statement = Object.getPrototypeOf(probe.prepare('SELECT 1')) as Record<string, Run>
  probe.close()
  for (const method of ['all', 'get', 'run', 'iterate'] as const) {
    const original = statement[method] as Run
    statement[method] = function (...params) {
      ran.push(this.source)
      return original.apply(this, params)
    }
    onTestFinished(() => {
      statement[method] = original
    })
  }
  return { reset: () => void ran.splice(0), texts: () => [...ran] }
}
