// PostgreSQL behind the seam: the contract, and that what SQL says again there is what the program says. Without a
// server (test/support/postgres-server.ts) only the texts of statements are looked at.
import fc from 'fast-check'
import { Client } from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dateIn, numberIn } from '../../src/domain/comparison.ts'
import type { Database, ReadTx } from '../../src/store/database.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { preparePostgres } from '../../src/store/postgres-migrate.ts'
import { postgresText } from '../../src/store/postgres-text.ts'
import { findSetting, setSetting } from '../../src/store/settings.ts'
import { tempDir } from '../support/open-test-app.ts'
import { hasServer } from '../support/postgres-programs.ts'
import { emptyServerDatabase, freshServerDatabase } from '../support/postgres-server.ts'
import { describeStore } from './contract.ts'

async function open({ now }: { now?: () => number } = {}): Promise<Database> {
  const db = openPostgres({ url: await freshServerDatabase(), filesFolder: tempDir(), now })
  onTestFinished(() => db[Symbol.asyncDispose]())
  return db
}

describe('a statement for PostgreSQL', () => {
  it('numbers its places, and names the values that are numbers', () => {
    expect(postgresText(`SELECT ?, '?' || ? FROM t WHERE a = ? LIMIT ?`, ['x', 'y', 1.5, 2])).toBe(
      `SELECT $1, '?' || $2 FROM t WHERE a = $3::double precision LIMIT $4::bigint`,
    )
  })

  it('keeps names with capitals as they are written', () => {
    expect(postgresText(`SELECT run_id AS runId, "at" FROM t WHERE a = 'noName'`, [])).toBe(
      `SELECT run_id AS "runId", "at" FROM t WHERE a = 'noName'`,
    )
  })

  it('has none of the hints that are for SQLite', () => {
    const hinted = 'SELECT 1 FROM a INDEXED BY a_b CROSS JOIN c ON c.id = a.id WHERE +c.key > a.n + 1'
    expect(postgresText(hinted, [])).toBe('SELECT 1 FROM a JOIN c ON c.id = a.id WHERE c.key > a.n + 1')
  })

  it('reads a staged file where it was copied to', () => {
    expect(postgresText('SELECT n FROM staging.sorted', [], 'herald_staging_1')).toBe(
      'SELECT n FROM herald_staging_1.sorted',
    )
  })
})

describe.skipIf(!hasServer)('on a server', () => {
  describeStore('PostgreSQL', open)

  it('texts are numbers, days and instants as the program reads them', async () => {
    const db = await open()
    const two = (most: number) => fc.nat(most).map((n) => String(n).padStart(2, '0'))
    const date = fc
      .tuple(
        fc.nat(9999),
        two(13),
        two(32),
        fc.option(fc.tuple(two(24), two(60), fc.constantFrom('', 'Z', '+05:30', '-11'))),
      )
      .map(([year, month, day, time]) => {
        const at = time === null ? '' : `T${time[0]}:${time[1]}${time[2]}`
        return `${String(year).padStart(4, '0')}-${month}-${day}${at}`
      })
    const text = fc.oneof(date, fc.double().map(String), fc.string({ unit: fc.constantFrom(...'0123456789+-. eTZ:') }))
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 50, maxLength: 50 }), async (texts) => {
        const rows = await db.read((tx) =>
          tx.all(
            `SELECT herald_number(value) AS number, herald_day(value) AS day, herald_instant(value) AS at FROM ${tx.sql.texts} t`,
            [JSON.stringify(texts)],
          ),
        )
        const said = texts.map((one) => ({
          number: numberIn(one) ?? null,
          day: dateIn(one)?.day ?? null,
          at: dateIn(one)?.at ?? null,
        }))
        expect(rows).toEqual(said)
      }),
      { numRuns: 20 },
    )
  })

  it('a transaction that goes on after a statement that failed is never taken for written', async () => {
    const db = await open()
    const goesOn = db.write(async (tx) => {
      await setSetting(tx, 'epoch', 77)
      await tx.run('INSERT INTO nowhere (a) VALUES (1)').catch(() => {})
    })
    await expect(goesOn).rejects.toMatchObject({ code: 'fault' })
    expect(await db.read((tx) => findSetting(tx, 'epoch'))).toBe(1)
  })

  it.each([
    ['before its commit', `SELECT pg_terminate_backend(pg_backend_pid()) FROM nextval('cuts') n WHERE n = 1`],
    ['during its commit', 'SELECT 1'],
  ])('a transaction that loses its connection %s runs again, and is written once', async (_when, statement) => {
    const db = await open()
    await db.write(async (tx) => {
      await tx.run('CREATE SEQUENCE cuts')
      await tx.run(`CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('cuts') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
        RETURN NULL;
      END $$`)
      await tx.run(
        'CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON lists DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cut()',
      )
    })
    let runs = 0
    await db.write(async (tx) => {
      runs++
      await tx.run(`INSERT INTO lists (name, fields, created_at) VALUES ('once', '[]', 1)`)
      await tx.run(statement)
    })
    expect(runs).toBe(2)
    expect(await db.read((tx) => tx.all('SELECT name FROM lists'))).toEqual([{ name: 'once' }])
    expect(db.failure).toBeUndefined()
  })

  it('a NUL in a text is stored and found as the sign for what cannot be shown', async () => {
    const db = await open()
    const insert = `INSERT INTO lists (name, fields, created_at) VALUES (?, '[]', 1)`
    await db.write(async (tx) => {
      await tx.run(insert, ['a\0b'])
      await tx.runEach(insert, [['c\0'], ['\0']])
    })
    const found = (tx: ReadTx) =>
      tx.all('SELECT name FROM lists WHERE name = ? OR name = ? ORDER BY id', ['a\0b', '\0'])
    expect(await db.read(found)).toEqual([{ name: 'a\ufffdb' }, { name: '\ufffd' }])
  })

  it('one JSON object is laid over another as SQLite does it', async () => {
    const db = await open()
    const merged = await db.read((tx) =>
      tx.get(`SELECT ${tx.sql.jsonMerge('?', '?')} AS merged`, [
        '{"a":"1","b":"é\\n","c":"x"}',
        '{"b":null,"d":"4","a":"2"}',
      ]),
    )
    expect(merged).toEqual({ merged: '{"a":"2","c":"x","d":"4"}' })
  })

  it('a database is made by two that come at once, and one finds it made', async () => {
    const url = await emptyServerDatabase()
    const prepared: string[] = []
    const options = {
      appVersion: '0.0.0-test',
      mayCreate: true,
      onPrepared: ({ kind }: { kind: string }) => void prepared.push(kind),
    }
    await Promise.all([preparePostgres(url, 'it', options), preparePostgres(url, 'it', options)])
    expect(prepared).toEqual(['created'])
  })

  it('a database without tables is made only where that is allowed, and one of another program is left alone', async () => {
    const url = await emptyServerDatabase()
    await expect(preparePostgres(url, 'it', { appVersion: '0.0.0-test' })).rejects.toMatchObject({ code: 'db.missing' })
    const client = new Client({ connectionString: url })
    await client.connect()
    await client.query('CREATE TABLE theirs (id int)')
    await client.end()
    const other = preparePostgres(url, 'it', { appVersion: '0.0.0-test', mayCreate: true })
    await expect(other).rejects.toMatchObject({ code: 'db.not_ours' })
  })

  it('a server that is not there is named, with what to check', async () => {
    const nobody = 'postgres://postgres@127.0.0.1:1/herald'
    const refused = preparePostgres(nobody, nobody, { appVersion: '0.0.0-test' })
    await expect(refused).rejects.toMatchObject({ code: 'db.io', hint: expect.stringContaining('HERALD_DATABASE_URL') })
  })
})
