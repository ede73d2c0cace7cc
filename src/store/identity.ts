// What makes a database one of its own: written once, when it is made.
import { randomBytes } from 'node:crypto'
import type SqliteConnection from 'better-sqlite3'

/** Adds what is missing of it, and notes the program that made the schema. */
export function writeIdentity(connection: SqliteConnection.Database, appVersion: string): void {
  const add = connection.prepare('INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING')
  const set = connection.prepare(
    'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  )
  connection.transaction(() => {
    add.run('installation', JSON.stringify(randomBytes(5).readUIntBE(0, 5).toString(36).padStart(8, '0')))
    add.run('epoch', JSON.stringify(1))
    set.run('appVersion', JSON.stringify(appVersion))
  })()
}
