// A backup is killed, or meets a power cut, at every kind of call that writes: there is no copy, or a whole one, and the next
// one works.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { copyDatabase } from '../../src/store/backup.ts'
import { prepareSqlite } from '../../src/store/migrate.ts'
import { tempDir } from '../support/open-test-app.ts'
import { callsOf, imagesOf, noStrace, putImage } from './recorded-disk.ts'

const program = new URL('../../dist/store/backup.js', import.meta.url).href
const IMAGES = Number(process.env.POWER_CUT_CALLS ?? 8)

function marksOf(path: string): unknown[] {
  const db = new SqliteConnection(path, { readonly: true })
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    return db.prepare(`SELECT value FROM settings WHERE key IN ('copied_at', 'epoch') ORDER BY key`).pluck().all()
  } finally {
    db.close()
  }
}

const days = (n: number) => n * 86_400_000

describe('P4: a backup', () => {
  it.skipIf(noStrace !== undefined)(
    `that is killed or meets a power cut leaves the copy before or a whole one, and the next one works${noStrace ? `: ${noStrace}` : ''}`,
    async () => {
      const source = join(tempDir(), 'herald.db')
      await prepareSqlite(source, { appVersion: '0.0.0-test', mayCreate: true })
      const dir = tempDir()
      const place = { path: join(dir, 'copy.db'), part: join(dir, 'copy.db.part') }
      copyDatabase(source, place, days(0))
      const backup = `const { copyDatabase } = await import('${program}')
        copyDatabase(${JSON.stringify(source)}, ${JSON.stringify(place)}, ${days(1)})`
      const { images, last } = await imagesOf(dir, backup, IMAGES)
      expect(callsOf(images)).toEqual(expect.arrayContaining(['pwrite64', 'fsync', 'rename']))
      for (const image of images) {
        putImage(dir, image)
        expect(['"1970-01-01T00:00:00Z"', '"1970-01-02T00:00:00Z"'], image.label).toContain(marksOf(place.path)[0])
        copyDatabase(source, place, days(2))
        expect(marksOf(place.path), image.label).toEqual(['"1970-01-03T00:00:00Z"', '1'])
        expect(readdirSync(dir), image.label).toEqual(['copy.db'])
      }
      putImage(dir, last)
      expect(marksOf(place.path)).toEqual(['"1970-01-02T00:00:00Z"', '1'])
      expect(existsSync(place.part)).toBe(false)
    },
  )
})
