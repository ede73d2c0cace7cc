// The creation of a database is killed, or meets a power cut, at every kind of call that writes: there is no database, or a
// whole one.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { prepareSqlite } from '../../src/store/migrate.ts'
import { tempDir } from '../support/open-test-app.ts'
import { callsOf, imagesOf, noStrace, putImage } from './recorded-disk.ts'

const program = new URL('../../dist/store/migrate.js', import.meta.url).href
const IMAGES = Number(process.env.POWER_CUT_CALLS ?? 8)

function creation(path: string): string {
  return `const { prepareSqlite } = await import('${program}')
    await prepareSqlite(${JSON.stringify(path)}, { appVersion: '0.0.0-test', mayCreate: true })`
}

/** What makes a database whole; throws when it is not one. */
function identityOf(path: string): unknown {
  const db = new SqliteConnection(path, { readonly: true })
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    const triggers = db.prepare(`SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'`).pluck().get()
    expect(triggers).toBeGreaterThanOrEqual(3)
    const keys = db.prepare('SELECT key FROM settings').pluck().all()
    expect(keys).toEqual(expect.arrayContaining(['appVersion', 'epoch', 'installation']))
    return db.prepare(`SELECT value FROM settings WHERE key = 'installation'`).pluck().get()
  } finally {
    db.close()
  }
}

describe('H10: a creation', () => {
  it.skipIf(noStrace !== undefined)(
    `that is killed or meets a power cut leaves nothing or a whole database, and the next one ends it${noStrace ? `: ${noStrace}` : ''}`,
    async () => {
      const dir = tempDir()
      const path = join(dir, 'data', 'herald.db')
      const { images, last } = await imagesOf(dir, creation(path), IMAGES)
      expect(callsOf(images)).toEqual(expect.arrayContaining(['pwrite64', 'fsync', 'rename']))
      for (const image of images) {
        putImage(dir, image)
        const left = existsSync(path) ? identityOf(path) : undefined
        if (left === undefined)
          await expect(prepareSqlite(path, { appVersion: '0.0.0-test' }), image.label).rejects.toMatchObject({
            code: 'db.missing',
          })
        await prepareSqlite(path, { appVersion: '0.0.0-test', mayCreate: true })
        const now = identityOf(path)
        if (left !== undefined) expect(now, image.label).toBe(left)
        const parts = readdirSync(join(dir, 'data')).filter((name) => name.includes('part'))
        expect(parts, image.label).toEqual([])
      }
      putImage(dir, last)
      expect(identityOf(path)).toMatch(/^"[a-z0-9]{8}"$/)
    },
  )

  it('by several processes at once makes one database', async () => {
    const path = join(tempDir(), 'data', 'deep', 'herald.db')
    const script = `${creation(path)}
      const { default: Sqlite } = await import('${import.meta.resolve('better-sqlite3')}')
      const db = new Sqlite(${JSON.stringify(path)}, { readonly: true })
      console.log(db.prepare("SELECT value FROM settings WHERE key = 'installation'").pluck().get())`
    const answers = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        let said = ''
        child.stdout.on('data', (piece) => {
          said += piece
        })
        expect(await once(child, 'close')).toEqual([0, null])
        return said.trim()
      }),
    )
    expect(new Set(answers)).toEqual(new Set([identityOf(path)]))
    expect(answers[0]).toMatch(/^"[a-z0-9]{8}"$/)
  })
})
