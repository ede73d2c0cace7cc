// Processes that are stopped (SIGSTOP) while others go on.
import type { ChildProcess } from 'node:child_process'
import SqliteConnection from 'better-sqlite3'

/** At an instant at which the process does not hold the write lock: nobody else could write meanwhile. */
export function stopBetweenTransactions(dbPath: string, child: ChildProcess): void {
  const db = new SqliteConnection(dbPath, { timeout: 50 })
  for (let isStopped = false; !isStopped; ) {
    child.kill('SIGSTOP')
    try {
      db.exec('BEGIN IMMEDIATE; ROLLBACK')
      isStopped = true
    } catch {
      child.kill('SIGCONT')
    }
  }
  db.close()
}
