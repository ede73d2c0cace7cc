// What a transaction is: all or nothing, dead when it is over, never one within another.
import { describe, expect, it } from 'vitest'
import type { Database, WriteTx } from '../../../src/store/database.ts'
import { findSetting, setSetting } from '../../../src/store/settings.ts'
import type { OpenStore } from '../contract.ts'

const installationOf = (db: Database) => db.read((tx) => findSetting(tx, 'installation'))

export function describeTransactions(open: OpenStore): void {
  describe('a transaction', () => {
    it('keeps what was written when it ends, and answers with its value', async () => {
      const db = await open()
      const answer = await db.write(async (tx) => {
        await setSetting(tx, 'installation', 'written')
        return 42
      })
      expect(answer).toBe(42)
      expect(await installationOf(db)).toBe('written')
    })

    it('leaves nothing behind when it throws, and passes the error on', async () => {
      const db = await open()
      const before = await installationOf(db)
      const failed = db.write(async (tx) => {
        await setSetting(tx, 'installation', 'half')
        throw new Error('enough')
      })
      await expect(failed).rejects.toThrow('enough')
      expect(await installationOf(db)).toBe(before)
    })

    it('goes on after one that failed', async () => {
      const db = await open()
      await db.write((tx) => tx.run('INSERT INTO nowhere (a) VALUES (1)')).catch(() => {})
      await db.write((tx) => setSetting(tx, 'installation', 'after'))
      expect(await installationOf(db)).toBe('after')
    })

    it('has one present, of the clock that the database was opened with, which never goes back', async () => {
      let clock = 5_000
      const db = await open({ now: () => clock })
      const seen = await db.write(async (tx) => {
        const first = await tx.now()
        clock += 10
        return [first, await tx.now()]
      })
      expect(seen).toEqual([5_000, 5_000])
      expect(await db.write((tx) => tx.now())).toBe(5_010)
      clock -= 2_000
      expect(await db.write((tx) => tx.now())).toBe(5_010)
    })

    it('sees its own writes before anybody else does', async () => {
      const db = await open()
      const within = await db.write(async (tx) => {
        await setSetting(tx, 'installation', 'mine')
        return findSetting(tx, 'installation')
      })
      expect(within).toBe('mine')
    })

    it('refuses every use after its end', async () => {
      const db = await open()
      let kept: WriteTx | undefined
      await db.write(async (tx) => {
        kept = tx
      })
      await expect(kept?.run('DELETE FROM settings')).rejects.toThrow(/after the end/)
      await expect(kept?.get('SELECT 1')).rejects.toThrow(/after the end/)
      expect(() => kept?.orm).toThrow(/after the end/)
    })

    it('refuses a write within a write, and keeps nothing of the outer one', async () => {
      const db = await open()
      const nested = db.write(async (tx) => {
        await setSetting(tx, 'epoch', 77)
        await db.write((inner) => setSetting(inner, 'installation', 'inner'))
      })
      await expect(nested).rejects.toMatchObject({ code: 'fault' })
      expect(await db.read((tx) => findSetting(tx, 'epoch'))).not.toBe(77)
    })

    it('tells how many rows each statement changed', async () => {
      const db = await open()
      const [first, again, each] = await db.write(async (tx) => [
        await tx.run(
          `INSERT INTO lists (name, fields, created_at) VALUES ('a', '[]', 1) ON CONFLICT (name) DO NOTHING`,
        ),
        await tx.run(
          `INSERT INTO lists (name, fields, created_at) VALUES ('a', '[]', 1) ON CONFLICT (name) DO NOTHING`,
        ),
        await tx.runEach('UPDATE lists SET created_at = ? WHERE name = ?', [
          [2, 'a'],
          [3, 'nobody'],
        ]),
      ])
      expect([first, again, each]).toEqual([1, 0, [1, 0]])
    })

    it('writes many rows with one statement, with and without values, and names what it inserted in order', async () => {
      const db = await open()
      const now = Date.now()
      const [ids, changed, none] = await db.write(async (tx) => [
        await tx.insertEach(`INSERT INTO lists (name, fields, created_at) VALUES (?, '[]', ?)`, [
          ["it's {a}", now],
          ['b "," \\', now + 1],
          ['c', now + 2],
        ]),
        await tx.runEach(`UPDATE lists SET created_at = coalesce(?, created_at), fields = ? WHERE name = ?`, [
          [null, '["x"]', 'c'],
          [null, '[]', 'nobody'],
          [null, '["y"]', 'b "," \\'],
        ]),
        await tx.runEach('DELETE FROM lists WHERE name = ?', []),
      ])
      const rows = await db.read((tx) => tx.all('SELECT id, name, fields, created_at AS at FROM lists ORDER BY id'))
      expect(rows).toEqual([
        { id: ids?.[0], name: "it's {a}", fields: '[]', at: now },
        { id: ids?.[1], name: 'b "," \\', fields: '["y"]', at: now + 1 },
        { id: ids?.[2], name: 'c', fields: '["x"]', at: now + 2 },
      ])
      expect([changed, none]).toEqual([[1, 0, 1], []])
    })

    it('passes over what one of many rows has inserted before it', async () => {
      const db = await open()
      const insert = `INSERT INTO lists (name, fields, created_at) VALUES (?, '[]', 1) ON CONFLICT (name) DO NOTHING`
      const changed = await db.write((tx) => tx.runEach(insert, [['a'], ['a'], ['b']]))
      expect(changed).toEqual([1, 0, 1])
    })

    it('gives every inserted row an id of its own', async () => {
      const db = await open()
      const insert = (tx: WriteTx, name: string) =>
        tx.insert(`INSERT INTO lists (name, fields, created_at) VALUES (?, '[]', 1)`, [name])
      const ids = await db.write(async (tx) => [await insert(tx, 'a'), await insert(tx, 'b')])
      expect(new Set(ids).size).toBe(2)
      expect(ids.every((id) => Number.isInteger(id) && id > 0)).toBe(true)
    })

    it('keeps instants in microseconds and beyond exactly', async () => {
      const db = await open()
      const at = 4_102_444_800_000_123
      await db.write((tx) => tx.run(`INSERT INTO lists (name, fields, created_at) VALUES ('far', '[]', ?)`, [at]))
      const row = await db.read((tx) => tx.get<{ at: number }>(`SELECT created_at AS at FROM lists WHERE name = 'far'`))
      expect(row?.at).toBe(at)
    })

    it('runs every one of many that are asked for at once, and loses no update', async () => {
      const db = await open()
      await db.write((tx) => setSetting(tx, 'epoch', 0))
      const add = (tx: WriteTx) =>
        tx.run(`UPDATE settings SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE key = 'epoch'`)
      await Promise.all(Array.from({ length: 50 }, () => db.write(add)))
      expect(await db.read((tx) => findSetting(tx, 'epoch'))).toBe(50)
    })
  })

  describe('a reading transaction', () => {
    it('sees what was committed before it began', async () => {
      const db = await open()
      await db.write((tx) => setSetting(tx, 'installation', 'seen'))
      expect(await installationOf(db)).toBe('seen')
    })

    it('cannot write', async () => {
      const db = await open()
      const written = db.read((tx) => tx.get(`UPDATE settings SET value = '"x"' RETURNING key`))
      await expect(written).rejects.toThrow()
      expect(await installationOf(db)).not.toBe('x')
    })
  })
}
