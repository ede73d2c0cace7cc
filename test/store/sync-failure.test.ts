// When the disk fails: nobody is told of a success that is not proven, nothing is tried again, and only a restart goes on.
import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { exitCodeOf } from '../../src/cli/exit-codes.ts'
import type { AppError } from '../../src/domain/errors.ts'
import { Checkpointer } from '../../src/store/checkpointer.ts'
import type { Database } from '../../src/store/database.ts'
import { openDatabase } from '../../src/store/open-database.ts'
import { findSetting, setSetting } from '../../src/store/settings.ts'
import { turn } from '../support/fake-clock.ts'
import { tempDir } from '../support/open-test-app.ts'

const eio = () => Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })

/** A database whose syncs end when the test says so. */
async function openWithSyncs() {
  const syncs: ((error: Error | null) => void)[] = []
  let isHeld = false
  const sync = (_file: number, done: (error: Error | null) => void) => {
    if (!isHeld) return done(null)
    syncs.push(done)
  }
  const db = await openDatabase(join(tempDir(), 'herald.db'), {
    appVersion: '0.0.0-test',
    filesFolder: '.',
    mayCreate: true,
    sync,
  })
  onTestFinished(() => db[Symbol.asyncDispose]())
  await db.write((tx) => setSetting(tx, 'epoch', 1))
  const hold = () => {
    isHeld = true
  }
  return { db, syncs, hold }
}

const setEpoch = (db: Database, epoch: number) => db.write((tx) => setSetting(tx, 'epoch', epoch))
const epochOf = (db: Database) => db.read((tx) => findSetting(tx, 'epoch'))

/** What came of a promise so far. */
function outcomeOf(work: Promise<unknown>): { is: string } {
  const outcome = { is: 'open' }
  work.then(
    () => {
      outcome.is = 'answered'
    },
    (error: AppError) => {
      outcome.is = error.code
    },
  )
  return outcome
}

describe('a sync that fails', () => {
  it('H17: refuses whatever waits and comes, is never repeated, and closes the connection that writes', async () => {
    const { db, syncs, hold } = await openWithSyncs()
    hold()
    const onItsWay = outcomeOf(setEpoch(db, 2))
    await turn()
    const committed = outcomeOf(setEpoch(db, 3))
    const seen = outcomeOf(epochOf(db))
    await turn()
    expect([onItsWay.is, committed.is, seen.is]).toEqual(['open', 'open', 'open'])
    const close = vi.spyOn(SqliteConnection.prototype, 'close')
    syncs[0]?.(eio())
    await turn()
    expect([onItsWay.is, committed.is, seen.is]).toEqual(['db.sync_failed', 'db.sync_failed', 'db.sync_failed'])
    expect(close).toHaveBeenCalledTimes(1)
    await expect(setEpoch(db, 4)).rejects.toMatchObject({
      code: 'db.sync_failed',
      hint: expect.stringMatching(/restart/),
    })
    expect(syncs).toHaveLength(1)
    expect(db.failure?.code).toBe('db.sync_failed')
    expect(exitCodeOf(db.failure as AppError)).toBe(7)
  })

  it('H17: leaves reading to those who look what is left, and a staging file to be let go', async () => {
    const { db, syncs, hold } = await openWithSyncs()
    const path = join(tempDir(), 'staging.db')
    new SqliteConnection(path).exec('CREATE TABLE t (a)').close()
    const staging = await db.attachStaging(path)
    hold()
    const lost = setEpoch(db, 2)
    await turn()
    syncs[0]?.(eio())
    await expect(lost).rejects.toMatchObject({ code: 'db.sync_failed' })
    expect(await epochOf(db)).toBe(2)
    await staging[Symbol.asyncDispose]()
    await db[Symbol.asyncDispose]()
  })

  it('H17: is met by a restart with what was proven', async () => {
    const { db, syncs, hold } = await openWithSyncs()
    await setEpoch(db, 2)
    hold()
    const lost = setEpoch(db, 3)
    await turn()
    syncs[0]?.(eio())
    await expect(lost).rejects.toMatchObject({ code: 'db.sync_failed' })
    await db[Symbol.asyncDispose]()
    const again = await openDatabase(db.shownName, { appVersion: '0.0.0-test', filesFolder: '.', mayCreate: true })
    await setEpoch(again, 4)
    expect(await epochOf(again)).toBe(4)
    await again[Symbol.asyncDispose]()
  })
})

describe('a COMMIT that meets an I/O error', () => {
  it('H17: is the end too, for everyone who shared it, but not for what was on its way to the disk', async () => {
    let isBroken = false
    const prepare = SqliteConnection.prototype.prepare
    vi.spyOn(SqliteConnection.prototype, 'prepare').mockImplementation(function (this: SqliteConnection.Database, sql) {
      const statement = prepare.call(this, sql)
      if (sql !== 'COMMIT') return statement
      const commit = statement.run.bind(statement) as unknown as () => SqliteConnection.RunResult
      statement.run = () => {
        if (isBroken) throw new SqliteConnection.SqliteError('disk I/O error', 'SQLITE_IOERR_WRITE')
        return commit()
      }
      return statement
    })
    const { db, syncs, hold } = await openWithSyncs()
    hold()
    const before = outcomeOf(setEpoch(db, 2))
    await turn()
    isBroken = true
    const shared = [outcomeOf(setEpoch(db, 3)), outcomeOf(setEpoch(db, 4))]
    await turn()
    expect(shared.map(({ is }) => is)).toEqual(['db.sync_failed', 'db.sync_failed'])
    expect(before.is).toBe('open')
    syncs[0]?.(null)
    await turn()
    expect(before.is).toBe('answered')
    await expect(setEpoch(db, 5)).rejects.toMatchObject({ code: 'db.sync_failed' })
  })
})

describe('commits of many', () => {
  it('H20: share the syncs: whoever asks while one is on its way is answered by the next', async () => {
    const { db, syncs, hold } = await openWithSyncs()
    hold()
    const first = Array.from({ length: 10 }, (_, n) => outcomeOf(setEpoch(db, 10 + n)))
    await turn()
    const second = Array.from({ length: 10 }, (_, n) => outcomeOf(setEpoch(db, 20 + n)))
    await turn()
    expect(syncs).toHaveLength(1)
    syncs[0]?.(null)
    await turn()
    expect(first.map(({ is }) => is)).toEqual(first.map(() => 'answered'))
    expect(second.map(({ is }) => is)).toEqual(second.map(() => 'open'))
    expect(syncs).toHaveLength(2)
    syncs[1]?.(null)
    await turn()
    expect(second.map(({ is }) => is)).toEqual(second.map(() => 'answered'))
  })

  it('H20: share a COMMIT, and one that throws among them is rolled back alone', async () => {
    const { db } = await openWithSyncs()
    const add = (by: number, fails = false) =>
      db.write(async (tx) => {
        await tx.run(`UPDATE settings SET value = value + ? WHERE key = 'epoch'`, [by])
        if (fails) throw new Error('thought better of it')
      })
    const before = await db.dataVersion()
    const outcomes = await Promise.allSettled([add(1, true), add(10), add(100, true), add(1000), add(10_000, true)])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled', 'rejected'])
    expect(await epochOf(db)).toBe(1011)
    // Another connection sees one commit.
    expect(await db.dataVersion()).toBe(before + 1)
  })

  it('H20: ask the disk for nothing when nothing was written and everything seen is proven', async () => {
    const { db, syncs, hold } = await openWithSyncs()
    await epochOf(db)
    hold()
    expect(await epochOf(db)).toBe(1)
    await db.write((tx) => tx.run(`UPDATE settings SET value = '5' WHERE key = 'nothing of the kind'`))
    expect(syncs).toHaveLength(0)
    // What another process has committed may not be on the disk yet.
    const other = new SqliteConnection(db.shownName)
    other.exec(`UPDATE settings SET value = '6' WHERE key = 'epoch'`)
    other.close()
    const seen = outcomeOf(db.write((tx) => findSetting(tx, 'epoch')))
    // The other process may hold the lock for a moment.
    while (syncs.length === 0 && seen.is === 'open') await turn()
    expect([seen.is, syncs.length]).toEqual(['open', 1])
    syncs[0]?.(null)
    while (seen.is === 'open') await turn()
    expect(seen.is).toBe('answered')
  })

  it('H20: let the event loop turn, however many wait', async () => {
    const { db } = await openWithSyncs()
    let turns = 0
    let isOver = false
    const count = () => {
      turns++
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    const busy = async () => {
      const until = performance.now() + 4
      while (performance.now() < until);
    }
    await Promise.all(Array.from({ length: 20 }, () => db.write(busy)))
    isOver = true
    expect(turns).toBeGreaterThanOrEqual(4)
  })
})

/** A checkpoint thread that answers as the test says, or dies. */
function checkpointing(answers: unknown[]) {
  const thread = Object.assign(new EventEmitter(), {
    ref: () => {},
    unref: () => {},
    postMessage: (order: string) => {
      if (order === 'end') return setImmediate(() => thread.emit('exit', 0))
      const answer = answers.shift()
      setImmediate(() => (answer === undefined ? thread.emit('exit', 1) : thread.emit('message', answer)))
    },
  })
  const told: string[] = []
  const checkpointer = new Checkpointer({
    path: 'herald.db',
    startThread: () => thread as unknown as Worker,
    held: async (work) => {
      told.push('held')
      await work()
    },
    onFailure: (error) => told.push(error.message),
    onGone: () => told.push('gone'),
  })
  return { checkpointer, told }
}

describe('the thread that folds the log into the file', () => {
  it('is asked from a thousand pages on, and with the writers held when the log has grown to four thousand', async () => {
    const { checkpointer, told } = checkpointing([{ pages: 1200 }, { pages: 4100 }, { pages: 4150 }])
    checkpointer.look({ pages: 1999, folded: 1000 })
    checkpointer.look({ pages: 1200, folded: 0 })
    await turn()
    await turn()
    expect(told).toEqual([])
    checkpointer.look({ pages: 2100, folded: 1000 })
    checkpointer.look({ pages: 4000, folded: 1000 })
    await turn()
    await turn()
    await checkpointer.end()
    expect(told).toEqual(['held'])
  })

  it('H17: ends the database when it meets an I/O error', async () => {
    const { checkpointer, told } = checkpointing([{ error: { code: 'SQLITE_IOERR_FSYNC', message: 'disk I/O error' } }])
    checkpointer.look({ pages: 1200, folded: 0 })
    await turn()
    await turn()
    expect(told).toEqual(['disk I/O error'])
  })

  it('leaves the work to SQLite when it dies', async () => {
    const { checkpointer, told } = checkpointing([])
    checkpointer.look({ pages: 1200, folded: 0 })
    await turn()
    await turn()
    checkpointer.look({ pages: 2400, folded: 0 })
    await checkpointer.end()
    expect(told).toEqual(['gone'])
  })
})
