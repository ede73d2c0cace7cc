// A backup is killed at every kind of call that writes: there is no copy, or a whole one, and the next one works.
import { copyFileSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { copyDatabase } from '../../src/store/backup.ts'
import { prepareSqlite } from '../../src/store/migrate.ts'
import { tempDir } from '../support/open-test-app.ts'
import { killAt, noStrace, pointsOf, twoAtATime } from './killed-at.ts'

const program = new URL('../../dist/store/backup.js', import.meta.url).href

function marksOf(path: string): unknown[] {
  const db = new SqliteConnection(path, { readonly: true })
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    return db.prepare(`SELECT value FROM settings WHERE key IN ('copied_at', 'epoch') ORDER BY key`).pluck().all()
  } finally {
    db.close()
  }
}

describe('P4: a backup', () => {
  it.skipIf(noStrace !== undefined)(
    `that is killed leaves no copy or a whole one, the one before stays, and the next one works${noStrace ? `: ${noStrace}` : ''}`,
    async () => {
      const original = join(tempDir(), 'herald.db')
      await prepareSqlite(original, { appVersion: '0.0.0-test', mayCreate: true })
      // A database of its own for each: two that have one open at once spare each other some of the calls.
      const sourceOf = () => {
        const source = join(tempDir(), 'herald.db')
        copyFileSync(original, source)
        return source
      }
      const placeIn = (dir: string) => ({ path: join(dir, 'copy.db'), part: join(dir, 'copy.db.part') })
      const backup = (source: string, dir: string, at: number) => `const { copyDatabase } = await import('${program}')
        copyDatabase(${JSON.stringify(source)}, ${JSON.stringify(placeIn(dir))}, ${at})`
      const points = await pointsOf(backup(sourceOf(), tempDir(), 0))
      expect(points.map(({ name }) => name)).toEqual(expect.arrayContaining(['pwrite64', 'fsync', 'rename']))
      await twoAtATime([...points.entries()], async ([n, point]) => {
        const source = sourceOf()
        const dir = tempDir()
        const place = placeIn(dir)
        const at = JSON.stringify(point)
        const hasOlder = n % 2 === 0
        if (hasOlder) copyDatabase(source, place, 0)
        expect(await killAt(point, backup(source, dir, 86_400_000)), at).toBe('SIGKILL')
        if (hasOlder || existsSync(place.path))
          expect(['"1970-01-01T00:00:00Z"', '"1970-01-02T00:00:00Z"'], at).toContain(marksOf(place.path)[0])
        copyDatabase(source, place, 172_800_000)
        expect(marksOf(place.path), at).toEqual(['"1970-01-03T00:00:00Z"', '1'])
        expect(readdirSync(dir), at).toEqual(['copy.db'])
        expect(marksOf(source), at).toEqual(['1'])
      })
    },
    120_000,
  )
})
