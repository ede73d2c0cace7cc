// SQLite behind the seam: the contract, and what only SQLite has: one file, its settings, its busy lock.
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startThread } from '../../src/runtime/thread.ts'
import type { Database } from '../../src/store/database.ts'
import { databasePath, type OpenOptions, openDatabase } from '../../src/store/open-database.ts'
import { findSetting, setSetting } from '../../src/store/settings.ts'
import { openConnection } from '../../src/store/sqlite-connection.ts'
import { turn } from '../support/fake-clock.ts'
import { tempDir } from '../support/open-test-app.ts'
import { describeStore } from './contract.ts'

async function openAt(path: string, options: Partial<OpenOptions> = {}): Promise<Database> {
  const db = await openDatabase(path, {
    appVersion: '0.0.0-test',
    filesFolder: dirname(path),
    mayCreate: true,
    ...options,
  })
  onTestFinished(() => closeQuietly(db))
  return db
}

/** Some tests close their database themselves. */
async function closeQuietly(db: Database): Promise<void> {
  try {
    await db[Symbol.asyncDispose]()
  } catch {}
}

function open(options: Partial<OpenOptions> = {}): Promise<Database> {
  return openAt(join(tempDir(), 'herald.db'), options)
}

/** Another process's connection, as SQLite sees it. */
function stranger(path: string): SqliteConnection.Database {
  const connection = new SqliteConnection(path, { timeout: 0 })
  onTestFinished(() => void connection.close())
  return connection
}

describeStore('SQLite', open)

describe('SQLite transactions', () => {
  it('run in the order in which they were asked for', async () => {
    const db = await open()
    const order: number[] = []
    await Promise.all([1, 2, 3, 4, 5].map((n) => db.write(async () => void order.push(n))))
    expect(order).toEqual([1, 2, 3, 4, 5])
  })

  it('roll back when a turn of the event loop passes within one', async () => {
    const db = await open()
    const slow = db.write(async (tx) => {
      await setSetting(tx, 'epoch', 99)
      await turn()
      await setSetting(tx, 'epoch', 100)
    })
    await expect(slow).rejects.toThrow(/did not end in its turn/)
    expect(await db.read((tx) => findSetting(tx, 'epoch'))).toBe(1)
    await db.write((tx) => setSetting(tx, 'epoch', 2))
    expect(await db.read((tx) => findSetting(tx, 'epoch'))).toBe(2)
  })

  it('write nothing afterwards when one went on behind its own rollback', async () => {
    const db = await open()
    let late: unknown
    const slow = db.write(async (tx) => {
      await turn()
      await turn()
      late = await tx.run('DELETE FROM settings').catch((error: unknown) => error)
    })
    await expect(slow).rejects.toThrow(/did not end in its turn/)
    await turn()
    await turn()
    expect(late).toMatchObject({ code: 'fault' })
    expect(await db.read((tx) => findSetting(tx, 'epoch'))).toBe(1)
  })

  it('let readers go on beside a writer, on the state before it', async () => {
    const db = await open()
    const path = db.shownName
    const other = stranger(path)
    other.exec(`BEGIN IMMEDIATE; UPDATE settings SET value = '5' WHERE key = 'epoch'`)
    expect(await db.read((tx) => findSetting(tx, 'epoch'))).toBe(1)
    other.exec('COMMIT')
    expect(await db.read((tx) => findSetting(tx, 'epoch'))).toBe(5)
  })
})

describe('the busy lock', () => {
  it('is met at the beginning only and waited for without blocking the event loop', async () => {
    const db = await open()
    const other = stranger(db.shownName)
    other.exec('BEGIN IMMEDIATE')
    let hasBegun = false
    const writing = db.write(async (tx) => {
      hasBegun = true
      await setSetting(tx, 'epoch', 3)
    })
    const startedAt = performance.now()
    let turns = 0
    while (performance.now() - startedAt < 60) {
      await turn()
      turns++
    }
    expect(hasBegun).toBe(false)
    expect(turns).toBeGreaterThan(20)
    other.exec('COMMIT')
    await writing
    expect(await db.read((tx) => findSetting(tx, 'epoch'))).toBe(3)
  })

  it('blocks no reader', async () => {
    const db = await open()
    stranger(db.shownName).exec('BEGIN IMMEDIATE')
    expect(await db.read((tx) => findSetting(tx, 'epoch'))).toBe(1)
  })
})

describe('a connection', () => {
  it.each([
    ['journal_mode', ['wal', 'wal']],
    // Commits are synced beside the event loop (durability.ts); copies that a backup makes are synced by SQLite.
    ['synchronous', [1, 2]],
    ['foreign_keys', [1, 1]],
    ['trusted_schema', [0, 0]],
    ['cell_size_check', [1, 1]],
    ['mmap_size', [0, 0]],
    ['journal_size_limit', [67_108_864, 67_108_864]],
    ['wal_autocheckpoint', [1000, 1000]],
    ['checkpoint_fullfsync', [1, 1]],
    ['secure_delete', [1, 1]],
    ['busy_timeout', [0, 0]],
  ])('runs with %s = %j, for writing and for reading', async (name, values) => {
    const { shownName } = await open()
    for (const [n, role] of (['write', 'read'] as const).entries()) {
      const connection = openConnection(shownName, role)
      expect(connection.pragma(name, { simple: true })).toBe(values[n])
      connection.close()
    }
  })

  it('for reading refuses every write', async () => {
    const { shownName } = await open()
    const reader = openConnection(shownName, 'read')
    expect(() => reader.exec('DELETE FROM settings')).toThrow(/readonly/)
    reader.close()
  })

  it('has at least the version whose bugs are mended', async () => {
    const { shownName } = await open()
    const connection = openConnection(shownName, 'write')
    const version = connection.prepare('SELECT sqlite_version()').pluck().get() as string
    connection.close()
    expect(version.localeCompare('3.51.3', 'en', { numeric: true })).toBeGreaterThanOrEqual(0)
  })
})

describe('the file', () => {
  it('is made in a folder that only its owner can read', async () => {
    const dir = join(tempDir(), 'data')
    await openAt(join(dir, 'herald.db'))
    expect(statSync(dir).mode & 0o077).toBe(0)
  })

  it('is refused when it is no database', async () => {
    const path = join(tempDir(), 'notes.txt')
    writeFileSync(path, 'these are notes and no database\n')
    await expect(openAt(path)).rejects.toMatchObject({ code: 'db.not_ours' })
  })

  it('is refused when it is the database of another program, and left as it was', async () => {
    const path = join(tempDir(), 'other.db')
    const other = new SqliteConnection(path)
    other.exec('CREATE TABLE notes (a)')
    other.close()
    await expect(openAt(path)).rejects.toMatchObject({ code: 'db.not_ours' })
    const again = stranger(path)
    expect(again.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()).toBe(1)
  })

  it('is refused when a newer program made it, with both versions', async () => {
    const path = join(tempDir(), 'herald.db')
    await (await openAt(path))[Symbol.asyncDispose]()
    const connection = stranger(path)
    connection.exec(`INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('x', 9999999999999)`)
    connection.exec(`UPDATE settings SET value = '"2.3.0"' WHERE key = 'appVersion'`)
    connection.close()
    await expect(openAt(path)).rejects.toMatchObject({
      code: 'db.newer_schema',
      message: expect.stringMatching(/2\.3\.0.*0\.0\.0-test/),
    })
  })

  it('is said to be damaged when its pages are not what they should be', async () => {
    const path = join(tempDir(), 'herald.db')
    await (await openAt(path))[Symbol.asyncDispose]()
    const size = statSync(path).size
    writeFileSync(path, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(size - 16, 0x5a)]))
    await expect(openAt(path)).rejects.toMatchObject({ code: expect.stringMatching(/^db\.(not_ours|damaged)$/) })
  })

  it.each([
    ['herald.db', /\/herald\.db$/],
    ['sqlite:data/h.db', /\/data\/h\.db$/],
    ['file:data/h.db', /\/data\/h\.db$/],
  ])('is named by %s', (url, path) => {
    expect(databasePath(url)).toMatch(path)
  })

  it('cannot be a database of a kind that is not supported', () => {
    expect(() => databasePath('mysql://localhost/herald')).toThrow(expect.objectContaining({ code: 'db.unsupported' }))
  })

  it('folds its log into itself when the last connection closes', async () => {
    const path = join(tempDir(), 'herald.db')
    const db = await openAt(path)
    await db.write((tx) => setSetting(tx, 'epoch', 8))
    await db[Symbol.asyncDispose]()
    expect(existsSync(`${path}-wal`)).toBe(false)
  })

  it('takes in its log beside those who write, in a thread, and the log begins anew', async () => {
    const db = await openAt(join(tempDir(), 'herald.db'), { startThread })
    const look = stranger(db.shownName).prepare<[], { log: number; checkpointed: number }>(
      'PRAGMA wal_checkpoint(NOOP)',
    )
    let longest = 0
    for (let n = 0, folded = 0; ; n++) {
      const long = [`long-${n % 500}`, `"${'x'.repeat(20_000)}"`]
      await db.write((tx) => tx.run('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)', long))
      const { log, checkpointed } = look.get() ?? { log: 0, checkpointed: 0 }
      folded = Math.max(folded, checkpointed)
      if (folded > 0 && log < longest) break
      longest = Math.max(longest, log)
    }
    expect(longest).toBeGreaterThanOrEqual(1000)
    expect(stranger(db.shownName).pragma('integrity_check', { simple: true })).toBe('ok')
  })

  it('is cut off from its log, where deleted rows still stand, once nobody reads there', async () => {
    const db = await open()
    const reader = stranger(db.shownName)
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM settings').get()
    await db.write((tx) => setSetting(tx, 'epoch', 2))
    const scrubbed = db.scrub()
    await turn()
    expect(statSync(`${db.shownName}-wal`).size).toBeGreaterThan(0)
    reader.exec('COMMIT')
    await scrubbed
    expect(statSync(`${db.shownName}-wal`).size).toBe(0)
  })

  it('tells readers that another connection has committed', async () => {
    const db = await open()
    const before = await db.dataVersion()
    expect(await db.dataVersion()).toBe(before)
    stranger(db.shownName).exec(`UPDATE settings SET value = '6' WHERE key = 'epoch'`)
    expect(await db.dataVersion()).not.toBe(before)
  })
})

describe('the lock of a node', () => {
  it('is not gone while it is held, and gone when it was freed', async () => {
    const db = await open()
    const lock = db.lockNode(7)
    expect(db.isNodeGone(7)).toBe(false)
    lock[Symbol.dispose]()
    expect(db.isNodeGone(7)).toBe(true)
  })

  it('says nothing about a node that never held one here', async () => {
    const db = await open()
    expect(db.isNodeGone(8)).toBe(false)
  })
})
