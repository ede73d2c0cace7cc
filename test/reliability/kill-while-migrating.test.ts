// An upgrade of a database is killed, or meets a power cut, at every kind of call that writes: the database has its old schema or
// the new one, with everybody in it, and the next start ends the upgrade. A staging file that is finished is there.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { expect, it } from 'vitest'
import { prepareSqlite } from '../../src/store/migrate.ts'
import { schemaNumber } from '../../src/store/schema-state.ts'
import { makeOlderDatabase } from '../support/older-database.ts'
import { tempDir } from '../support/open-test-app.ts'
import { callsOf, imagesOf, noStrace, putImage } from './recorded-disk.ts'

const IMAGES = Number(process.env.POWER_CUT_CALLS ?? 8)
const PEOPLE = 50
const OLD_SCHEMA = schemaNumber() - 3
const built = (module: string) => new URL(`../../dist/store/${module}.js`, import.meta.url).href
const why = noStrace ? ` (${noStrace})` : ''

function look<T>(path: string, ask: (db: SqliteConnection.Database) => T): T {
  const db = new SqliteConnection(path)
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    return ask(db)
  } finally {
    db.close()
  }
}

it.skipIf(noStrace !== undefined)(
  `an upgrade that is killed or meets a power cut leaves the old or the new database, and the next start ends it${why}`,
  async () => {
    const dir = tempDir()
    const path = join(dir, 'herald.db')
    mkdirSync(join(dir, 'herald.db-nodes'))
    makeOlderDatabase(
      path,
      OLD_SCHEMA,
      `INSERT INTO contacts (id, key, phone, attributes, created_at, updated_at)
       WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${PEOPLE})
       SELECT n, 'k' || n, '+1202555' || (1000 + n), '{}', 1, 1 FROM n`,
    )
    const people = (db: SqliteConnection.Database) => db.prepare('SELECT count(*) FROM contacts').pluck().get()
    const schema = (db: SqliteConnection.Database) =>
      db.prepare('SELECT count(*) FROM __drizzle_migrations').pluck().get()
    const upgrade = `const { prepareSqlite } = await import('${built('migrate')}')
      await prepareSqlite(${JSON.stringify(path)}, { appVersion: '0.0.0-test' })`
    const { images, last } = await imagesOf(dir, upgrade, IMAGES)
    expect(callsOf(images)).toEqual(expect.arrayContaining(['pwrite64', 'fsync']))
    const schemas = images.map((image) => {
      putImage(dir, image)
      return look(path, (db) => [schema(db), people(db)])
    })
    for (const [n, image] of images.entries()) {
      expect(
        [
          [OLD_SCHEMA, PEOPLE],
          [schemaNumber(), PEOPLE],
        ],
        image.label,
      ).toContainEqual(schemas[n])
      putImage(dir, image)
      await prepareSqlite(path, { appVersion: '0.0.0-test' })
      expect(
        look(path, (db) => [schema(db), people(db)]),
        image.label,
      ).toEqual([schemaNumber(), PEOPLE])
    }
    putImage(dir, last)
    expect(look(path, people)).toBe(PEOPLE)
  },
)

it.skipIf(noStrace !== undefined)(`a staging file that is finished survives a power cut${why}`, async () => {
  const dir = tempDir()
  const path = join(dir, 'staging', 'imp_1.db')
  const row = `phone: '', attributes: '{}', zone: null, zoneGuess: null, consent: null, suppressed: null`
  const staging = `const { StagingWriter } = await import('${built('staging')}')
    const writer = new StagingWriter(${JSON.stringify(path)})
    for (let line = 1; line <= ${PEOPLE}; line++) writer.addRow({ line, key: 'k' + line, ${row} })
    writer.finish('last')`
  const { last } = await imagesOf(dir, staging, 1)
  putImage(dir, last)
  expect(look(path, (db) => db.prepare('SELECT count(*) FROM sorted').pluck().get())).toBe(PEOPLE)
})
