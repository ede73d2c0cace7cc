// A database of an older version: the schema after only so many migrations.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { migrate } from 'drizzle-orm/better-sqlite3/migrator'
import { writeIdentity } from '../../src/store/identity.ts'
import { APPLICATION_ID, migrationsFolder } from '../../src/store/schema-state.ts'

/** Makes it at the path, with what `sql` adds. */
export function makeOlderDatabase(path: string, schema: number, sql = ''): void {
  const dir = mkdtempSync(join(tmpdir(), 'herald-older-'))
  const folder = join(dir, 'migrations')
  cpSync(migrationsFolder, folder, { recursive: true })
  const journal = join(folder, 'meta', '_journal.json')
  const { entries, ...rest } = JSON.parse(readFileSync(journal, 'utf8')) as { entries: unknown[] }
  writeFileSync(journal, JSON.stringify({ ...rest, entries: entries.slice(0, schema) }))
  const connection = new SqliteConnection(path)
  connection.pragma(`application_id = ${APPLICATION_ID}`)
  migrate(drizzle(connection), { migrationsFolder: folder })
  writeIdentity(connection, '0.0.0-older')
  connection.pragma('journal_mode = WAL')
  connection.exec(sql)
  connection.close()
  rmSync(dir, { recursive: true })
}
