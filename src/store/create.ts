// A new database in one step: made whole under another name, and only then given its own. A process that is killed on
// the way leaves nothing, or the whole. Called under the lock of the migration, so that one of several makes it.
import SqliteConnection from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { migrate } from 'drizzle-orm/better-sqlite3/migrator'
import { AppError } from '../domain/errors.ts'
import { writeIdentity } from './identity.ts'
import { beginPart, dropPart, findLog, partOf, publishPart, writingError } from './part-file.ts'
import { APPLICATION_ID, migrationsFolder } from './schema-state.ts'

/** Throws AppError db.missing when the log of another database is in the way, db.full, db.io. */
export function createDatabase(path: string, appVersion: string): void {
  refuseForeignLog(path)
  const part = partOf(path)
  try {
    beginPart(part)
    fill(part, appVersion)
    publishPart(part, path)
  } catch (error) {
    dropPart(part)
    throw writingError(error, path)
  }
}

/** SQLite would play the log of the old database into the new one. */
function refuseForeignLog(path: string): void {
  const log = findLog(path)
  if (log === undefined) return
  throw new AppError('db.missing', `there is no database at ${path}, but ${log} of one that was there`, {
    hint: `Put the database back in its place, or move ${log} away.`,
  })
}

function fill(part: string, appVersion: string): void {
  const connection = new SqliteConnection(part)
  try {
    // Nobody sees the file before it is synced as a whole.
    connection.pragma('journal_mode = MEMORY')
    connection.pragma('synchronous = OFF')
    connection.pragma(`application_id = ${APPLICATION_ID}`)
    // A table rebuild with foreign keys on would empty every table that refers to it.
    connection.pragma('foreign_keys = OFF')
    migrate(drizzle(connection), { migrationsFolder })
    writeIdentity(connection, appVersion)
    connection.pragma('journal_mode = WAL')
  } finally {
    connection.close()
  }
}
