// A restore is killed, or meets a power cut, at every kind of call that writes: the same command finishes it, and nothing is
// sent twice.
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { findHold } from '../../src/engine/service/held.ts'
import { restoreDatabase } from '../../src/store/restore/restore-database.ts'
import { claim, launchAndPlan, record } from '../support/claims.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { addMeta, addTestCampaign, importPeople, openTestApp, templateContent } from '../support/open-test-app.ts'
import { callsOf, imagesOf, noStrace, putImage } from './recorded-disk.ts'

const program = new URL('../../dist/store/restore/restore-database.js', import.meta.url).href
const IMAGES = Number(process.env.POWER_CUT_CALLS ?? 8)

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

/** How many messages a process sends that opens the database after the restore. */
async function sentBy(dir: string, now: number): Promise<number> {
  const test = await openTestApp({ dir, clock: new FakeClock(now) })
  expect(await test.ctx.db.read(findHold)).toBeUndefined()
  const { claimed } = await claim(test)
  await test.app[Symbol.asyncDispose]()
  return claimed.length
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
    `that is killed or meets a power cut sends nothing, and the same command finishes it${noStrace ? `: ${noStrace}` : ''}`,
    async () => {
      const { dir, now } = await prepared()
      const { images, last } = await imagesOf(dir, restoring(dir, now), IMAGES)
      expect(callsOf(images)).toEqual(expect.arrayContaining(['pwrite64', 'fsync', 'rename', 'unlink']))
      for (const image of images) {
        putImage(dir, image)
        await restoreDatabase({ ...optionsIn(dir, now + 1000), onStep: () => {} })
        expect(statuses(dir), image.label).toEqual(['accepted', 'pending', 'pending', 'pending'])
        expect(await sentBy(dir, now + 2000), image.label).toBe(0)
      }
      putImage(dir, last)
      expect(await sentBy(dir, now + 2000)).toBe(0)
      expect(statuses(dir)).toEqual(['accepted', 'pending', 'pending', 'pending'])
    },
    300_000,
  )
})
