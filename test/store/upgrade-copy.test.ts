// Before a database is migrated it is copied beside itself; without the copy nothing is migrated.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import type { Preparation } from '../../src/domain/preparation.ts'
import { prepareSqlite } from '../../src/store/migrate.ts'
import { schemaNumber } from '../../src/store/schema-state.ts'
import { makeOlderDatabase } from '../support/older-database.ts'
import { tempDir } from '../support/open-test-app.ts'

const to = schemaNumber()
const from = to - 1
const before = `herald.db.before-${String(from).padStart(4, '0')}`
const withList = `INSERT INTO lists (name, fields, created_at) VALUES ('people', '[]', 0)`

function setup(sql = withList) {
  const dir = tempDir()
  const path = join(dir, 'herald.db')
  makeOlderDatabase(path, from, sql)
  let clock = Date.UTC(2026, 10, 29, 3)
  const upgrade = async (): Promise<Preparation | undefined> => {
    const seen: Preparation[] = []
    const onPrepared = (preparation: Preparation) => seen.push(preparation)
    await prepareSqlite(path, { appVersion: '0.0.0-test', onPrepared, now: () => clock++ })
    return seen[0]
  }
  return { dir, path, upgrade }
}

function ask(path: string, sql: string): unknown {
  const db = new SqliteConnection(path, { readonly: true })
  try {
    return db.prepare(sql).pluck().get()
  } finally {
    db.close()
  }
}

const applied = (path: string) => ask(path, 'SELECT count(*) FROM __drizzle_migrations')

describe('P4: an upgrade', () => {
  it('leaves the database as it was beside it, marked as a copy', async () => {
    const { dir, path, upgrade } = setup()
    expect(await upgrade()).toEqual({ kind: 'migrated', path, from, to, copy: join(dir, before), removed: [] })
    expect([applied(path), applied(join(dir, before))]).toEqual([to, from])
    expect(ask(join(dir, before), 'SELECT name FROM lists')).toBe('people')
    expect(ask(join(dir, before), `SELECT value FROM settings WHERE key = 'copied_at'`)).toMatch(/^"2026-11-29T03:00/)
    expect(ask(path, `SELECT count(*) FROM settings WHERE key LIKE 'cop%'`)).toBe(0)
    expect(await upgrade()).toBeUndefined()
  })

  it('copies no database that is empty', async () => {
    const { dir, path, upgrade } = setup('')
    expect(await upgrade()).toEqual({ kind: 'migrated', path, from, to, copy: null, removed: [] })
    expect(readdirSync(dir).filter((name) => name.includes('before'))).toEqual([])
  })

  it('does not begin where the copy cannot be made', async () => {
    const { dir, path, upgrade } = setup()
    mkdirSync(join(dir, 'herald.db.before.part', 'in-the-way'), { recursive: true })
    await expect(upgrade()).rejects.toMatchObject({
      code: 'db.io',
      message: expect.stringContaining('the upgrade has not begun'),
      hint: expect.stringContaining('Make room'),
    })
    expect(applied(path)).toBe(from)
    expect(existsSync(join(dir, before))).toBe(false)
  })

  it('that fails leaves no copy, because nothing has changed', async () => {
    const { dir, path, upgrade } = setup()
    const db = new SqliteConnection(path)
    db.exec(`CREATE TRIGGER refused BEFORE INSERT ON __drizzle_migrations BEGIN SELECT RAISE(ABORT, 'refused'); END`)
    db.close()
    await expect(upgrade()).rejects.toThrow()
    expect(applied(path)).toBe(from)
    expect(readdirSync(dir).filter((name) => name.includes('before'))).toEqual([])
  })

  it('keeps the newest two copies, goes over none, and names those that it deletes', async () => {
    const sql = `${withList}; UPDATE settings SET value = '"herald01"' WHERE key = 'installation'`
    const { dir, path, upgrade } = setup(sql)
    makeOlderDatabase(join(dir, 'herald.db.before-0001'), 1)
    const removed: string[] = []
    for (let n = 1; n <= 4; n++) {
      const done = await upgrade()
      if (done?.kind === 'migrated') removed.push(...done.removed)
      // Somebody goes back to the older version.
      rmSync(path)
      makeOlderDatabase(path, from, sql)
    }
    expect(removed).toEqual([join(dir, before), join(dir, `${before}-2`)])
    const left = readdirSync(dir).filter((name) => name.includes('before'))
    expect(left).toEqual(['herald.db.before-0001', `${before}-3`, `${before}-4`])
  })
})
