// A restore is killed at every kind of call that writes: the database is the old one as it was, or nobody opens it and the same
// command finishes, or it is the restored one. In none of them does anything send.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { findHold } from '../../src/engine/service/held.ts'
import { restoreDatabase } from '../../src/store/restore/restore-database.ts'
import { claim, launchAndPlan, record } from '../support/claims.ts'
import { FakeClock } from '../support/fake-clock.ts'
import {
  addMeta,
  addTestCampaign,
  importPeople,
  openTestApp,
  type TestApp,
  tempDir,
  templateContent,
} from '../support/open-test-app.ts'
import { killAt, noStrace, pointsOf, twoAtATime } from './killed-at.ts'

const program = new URL('../../dist/store/restore/restore-database.js', import.meta.url).href
/** Syncs and removals are many; the others are the steps of a restore. */
const EVERY = { fsync: 3, fdatasync: 3, unlink: 4, pwrite64: 2, ftruncate: 4, chmod: 4 } as Record<string, number>

/** A folder with a database of which one more message was sent after its backup, and the backup. */
async function prepared(): Promise<{ dir: string; now: number }> {
  const test = await openTestApp()
  await importPeople(test, 4)
  await addMeta(test)
  await addTestCampaign(test, { content: templateContent, limits: { quietHours: 'ignore', validity: '10d' } })
  await launchAndPlan(test, 'Spring sale')
  const file = join(test.dir, 'backup.db')
  await test.ctx.db.backup({ path: file, part: `${file}.part` }, test.clock.now())
  const { claimed } = await claim(test, { room: 1 })
  await record(test, claimed)
  await test.app[Symbol.asyncDispose]()
  return { dir: test.dir, now: test.clock.now() + 60_000 }
}

function optionsIn(dir: string, now: number) {
  return {
    path: join(dir, 'herald.db'),
    file: join(dir, 'backup.db'),
    isNothingSent: false,
    appVersion: '0.0.0-test',
    now,
  }
}

const restoring = (dir: string, now: number) => `const { restoreDatabase } = await import('${program}')
  await restoreDatabase({ ...${JSON.stringify(optionsIn(dir, now))}, onStep: () => {} })`

/** The database as it is found: refused while the restore is unfinished, else open with what may be sent. */
async function sentBy(dir: string, now: number): Promise<'refused' | { test: TestApp; claimed: number }> {
  try {
    const test = await openTestApp({ dir, clock: new FakeClock(now) })
    expect(await test.ctx.db.read(findHold)).toBeUndefined()
    const { claimed } = await claim(test)
    return { test, claimed: claimed.length }
  } catch (error) {
    expect(error).toMatchObject({ code: 'db.restoring' })
    return 'refused'
  }
}

function statuses(dir: string): unknown[] {
  const db = new SqliteConnection(join(dir, 'herald.db'), { readonly: true })
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    return db.prepare('SELECT status FROM messages ORDER BY id').pluck().all()
  } finally {
    db.close()
  }
}

describe('P2: a restore', () => {
  it.skipIf(noStrace !== undefined)(
    `that is killed sends nothing, and the same command finishes it${noStrace ? `: ${noStrace}` : ''}`,
    async () => {
      const { dir: original, now } = await prepared()
      const copyInto = () => {
        const dir = tempDir()
        cpSync(original, dir, { recursive: true })
        // The copy is not one beside the original, as far as it knows.
        const note = join(dir, 'herald.db-nodes', 'incarnation')
        cpSync(join(original, 'herald.db-nodes', 'incarnation'), note)
        return dir
      }
      const all = await pointsOf(restoring(copyInto(), now))
      const points = all.filter(({ name, nth }) => nth % (EVERY[name] ?? 1) === 0)
      expect(points.map(({ name }) => name)).toEqual(expect.arrayContaining(['rename', 'fsync', 'mkdir']))
      await twoAtATime(points, async (point) => {
        const dir = copyInto()
        const at = JSON.stringify(point)
        expect(await killAt(point, restoring(dir, now)), at).toBe('SIGKILL')
        await restoreDatabase({ ...optionsIn(dir, now + 1000), onStep: () => {} })
        expect(statuses(dir), at).toEqual(['accepted', 'pending', 'pending', 'pending'])
        const found = await sentBy(dir, now + 2000)
        if (found === 'refused') throw new Error(`${at}: still refused`)
        expect(found.claimed, at).toBe(0)
        await found.test.app[Symbol.asyncDispose]()
      })
    },
    300_000,
  )
})
