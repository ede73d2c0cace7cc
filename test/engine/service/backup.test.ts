// Copies into files and folders: whole or not there, named by their time, the newest kept, nobody else's deleted.
import { createHash } from 'node:crypto'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { formatInstant } from '../../../src/domain/instant.ts'
import { addUser } from '../../../src/engine/accounts/users.ts'
import { backUp } from '../../../src/engine/service/backup.ts'
import { diagnose } from '../../../src/engine/service/doctor.ts'
import { herald } from '../../support/cli.ts'
import { openTestApp, tempDir } from '../../support/open-test-app.ts'

const HOUR = 3_600_000

function settingsOf(path: string): Record<string, unknown> {
  const db = new SqliteConnection(path)
  onTestFinished(() => void db.close())
  const rows = db.prepare<[], { key: string; value: string }>('SELECT key, value FROM settings').all()
  return Object.fromEntries(rows.map(({ key, value }) => [key, JSON.parse(value)]))
}

describe('P4: a backup', () => {
  it('is a whole database for its owner alone, with its size and hash, taken while others write', async () => {
    const { ctx, dir } = await openTestApp()
    await addUser(ctx, { name: 'ada', password: 'orange kettle lantern', role: 'editor' })
    const writer = new SqliteConnection(ctx.db.shownName)
    onTestFinished(() => void writer.close())
    writer.exec('BEGIN IMMEDIATE')
    const copying = backUp(ctx, { target: join(dir, 'copy.db') })
    // The copy does not wait for the lock; the note of its time does.
    setImmediate(() => writer.exec('ROLLBACK'))
    const { file, bytes, sha256, kept, deleted, warnings } = await copying
    const content = readFileSync(file)
    expect([bytes, sha256]).toEqual([content.length, createHash('sha256').update(content).digest('hex')])
    expect([kept, deleted, warnings]).toEqual([[], [], []])
    expect(statSync(file).mode & 0o077).toBe(0)
    const db = new SqliteConnection(file)
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    expect(db.prepare('SELECT name FROM users').pluck().get()).toBe('ada')
    db.close()
    expect(readdirSync(dir).filter((name) => name.includes('part'))).toEqual([])
  })

  it('is marked as a copy, and its source is not', async () => {
    const { ctx, dir, clock } = await openTestApp()
    const { file, copiedAt } = await backUp(ctx, { target: join(dir, 'copy.db') })
    const source = settingsOf(ctx.db.shownName)
    expect(copiedAt).toBe(formatInstant(clock.now()))
    expect(settingsOf(file)).toMatchObject({ copied_at: copiedAt, copy_of: source.installation })
    expect(ctx.db.notes.lastBackup()).toBe(copiedAt)
    expect(Object.keys(source)).not.toEqual(expect.arrayContaining(['copied_at']))
  })

  it('writes nothing into the database, so that nobody who sends reads it anew', async () => {
    const test = await openTestApp()
    const watcher = new SqliteConnection(test.dbPath)
    const version = () => watcher.pragma('data_version', { simple: true })
    const before = version()
    expect((await herald(test, 'backup', join(test.dir, 'copy.db'))).exitCode).toBe(0)
    expect(version()).toBe(before)
    watcher.close()
  })

  it('goes over a file only by force, and over nothing else', async () => {
    const { ctx, dir } = await openTestApp()
    const target = join(dir, 'copy.db')
    await backUp(ctx, { target })
    await expect(backUp(ctx, { target })).rejects.toMatchObject({ code: 'file.exists' })
    const before = statSync(target).ino
    await backUp(ctx, { target, isForced: true })
    expect(statSync(target).ino).not.toBe(before)
    symlinkSync(target, join(dir, 'link.db'))
    linkSync(ctx.db.shownName, join(dir, 'same.db'))
    writeFileSync(join(dir, 'used.db-wal'), 'frames')
    writeFileSync(join(dir, 'a-file'), 'mine')
    for (const [name, code] of [
      ['link.db', 'file.not_a_regular_file'],
      ['herald.db', 'file.exists'],
      ['herald.db-wal', 'file.exists'],
      ['herald.db.part', 'file.exists'],
      ['same.db', 'file.exists'],
      ['used.db', 'file.exists'],
      ['a-file/copy.db', 'file.not_found'],
      ['no-folder/copy.db', 'file.not_found'],
      ['no-folder/', 'file.not_found'],
      ['.', 'usage.invalid_value'],
    ] as const)
      await expect(backUp(ctx, { target: `${dir}/${name}`, isForced: true }), name).rejects.toMatchObject({ code })
    await expect(backUp(ctx, { target: `${dir}/new.db`, keep: 7 })).rejects.toMatchObject({
      code: 'usage.invalid_value',
    })
    await expect(backUp(ctx, { target: '/dev/null', isForced: true })).rejects.toMatchObject({
      code: 'file.not_a_regular_file',
    })
    expect(existsSync(join(dir, 'new.db'))).toBe(false)
  })

  it('takes what an interrupted one left out of its way', async () => {
    const { ctx, dir } = await openTestApp()
    writeFileSync(join(dir, 'copy.db.part'), 'half a database')
    writeFileSync(join(dir, 'copy.db.part-journal'), 'of it')
    await backUp(ctx, { target: join(dir, 'copy.db') })
    expect(readdirSync(dir).filter((name) => name.includes('part'))).toEqual([])
  })

  it('waits for no other one', async () => {
    const { ctx, dir } = await openTestApp()
    mkdirSync(`${ctx.db.shownName}-nodes`, { recursive: true })
    const lock = new SqliteConnection(join(`${ctx.db.shownName}-nodes`, 'backup'))
    onTestFinished(() => void lock.close())
    lock.exec('BEGIN EXCLUSIVE')
    await expect(backUp(ctx, { target: join(dir, 'copy.db') })).rejects.toMatchObject({ code: 'db.in_use' })
    expect(existsSync(join(dir, 'copy.db'))).toBe(false)
  })

  it('that cannot be written leaves nothing, names its place, and does not hurt the database', async () => {
    const { ctx } = await openTestApp()
    const folder = tempDir()
    // It cannot be taken out of the way as a file.
    mkdirSync(join(folder, 'copy.db.part'))
    await expect(backUp(ctx, { target: join(folder, 'copy.db') })).rejects.toMatchObject({
      code: 'db.io',
      message: expect.stringContaining(folder),
    })
    expect(readdirSync(folder)).toEqual(['copy.db.part'])
    expect(ctx.db.failure).toBeUndefined()
    expect(ctx.db.notes.lastBackup()).toBeUndefined()
  })
})

describe('P4: backups into a folder', () => {
  it('are named by the minute in UTC, then by the second, then by a number', async () => {
    const { ctx, clock } = await openTestApp()
    const folder = tempDir()
    clock.set(Date.parse('2026-11-29T03:12:07Z'))
    const names: string[] = []
    for (let n = 0; n < 4; n++) names.push((await backUp(ctx, { target: folder })).file)
    expect(names).toEqual(
      ['T0312', 'T031207', 'T031207-2', 'T031207-3'].map((time) => join(folder, `herald-2026-11-29${time}.db`)),
    )
  })

  it('stay as many as are to be kept, and files of others always', async () => {
    const { ctx, clock } = await openTestApp()
    const other = await openTestApp()
    const folder = tempDir()
    const strangers = ['herald-2020-01-01T0000.db', 'notes.txt', 'herald-2020-01-01T0000.db.bak']
    for (const name of strangers) writeFileSync(join(folder, name), 'mine')
    symlinkSync(join(folder, 'notes.txt'), join(folder, 'herald-2020-01-02T0000.db'))
    const theirs = (await backUp(other.ctx, { target: folder })).file
    const mine: string[] = []
    for (let n = 0; n < 5; n++) {
      await clock.advance(24 * HOUR)
      const { file, kept, deleted } = await backUp(ctx, { target: `${folder}/`, keep: 3 })
      expect(deleted).toEqual(mine.slice(n - 3 < 0 ? mine.length : n - 3, n - 2))
      mine.push(file)
      expect(kept).toEqual(mine.slice(-3).reverse())
    }
    const left = readdirSync(folder).map((name) => join(folder, name))
    expect(left.sort()).toEqual(
      [
        ...mine.slice(-3),
        theirs,
        ...[...strangers, 'herald-2020-01-02T0000.db'].map((name) => join(folder, name)),
      ].sort(),
    )
  })

  it('that a wrong clock dated into the future go first, and one that is in use as a database never', async () => {
    const { ctx, clock } = await openTestApp()
    const folder = tempDir()
    const [today, future] = [clock.now(), clock.now() + 365 * 24 * HOUR]
    clock.set(future)
    const ahead = (await backUp(ctx, { target: folder })).file
    clock.set(today)
    const used = (await backUp(ctx, { target: folder })).file
    const db = new SqliteConnection(used)
    db.pragma('journal_mode = WAL')
    db.close()
    clock.set(today + HOUR)
    const first = (await backUp(ctx, { target: folder, keep: 2 })).file
    clock.set(today + 2 * HOUR)
    const { file, kept, deleted } = await backUp(ctx, { target: folder, keep: 2 })
    expect([kept, deleted]).toEqual([[file, first], [ahead]])
    expect(existsSync(used)).toBe(true)
  })
})

describe('P4: doctor', () => {
  it('knows the age of the last backup, and warns of none and of an old one without failing', async () => {
    const { ctx, clock } = await openTestApp()
    const finding = async () => {
      const { ok, findings } = await diagnose(ctx)
      return { ok, ...findings.find(({ check }) => check === 'backup') }
    }
    expect(await finding()).toMatchObject({ ok: true, isWarning: true, detail: expect.stringContaining('never made') })
    await backUp(ctx, { target: tempDir() })
    expect(await finding()).toMatchObject({ ok: true, detail: expect.stringContaining('less than an hour ago') })
    expect(await finding()).not.toHaveProperty('isWarning')
    await clock.advance(48 * HOUR)
    expect(await finding()).toMatchObject({
      ok: true,
      isWarning: true,
      detail: expect.stringContaining('48 hours ago'),
    })
  })
})
