// What a restore makes of an old database that is cut off, overwritten, without its log, or not the one used last. What was
// sent since the backup is never sent again, and what people asked for is carried over wherever a page of it is whole.
import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { resumeByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { eraseContactByOperator } from '../../../src/engine/contacts/erasure.ts'
import { raiseIncarnation } from '../../../src/store/incarnation.ts'
import type { RestoredDatabase } from '../../../src/store/restore/restore-database.ts'
import { applyInbound } from '../../support/callbacks.ts'
import { claim } from '../../support/claims.ts'
import { phoneNumber, type TestApp, tempDir } from '../../support/open-test-app.ts'
import { again, backedUp, restored, rows, sendSome } from '../../support/restored.ts'

/** Each of them opens three databases. */
const PATIENCE = { timeout: 120_000 }
const PAGE_BYTES = 4096
const PEOPLE = 300

interface Drill {
  /** Lies in a folder of its own, as a killed process left it. */
  test: TestApp
  file: string
  /** Who got it since the backup. */
  since: string[]
}

/** Backed up, then sent to thirty more, with an opt-out and an erasure, and killed. */
async function killedSince({ isLogged = true } = {}): Promise<Drill> {
  const { test, file } = await backedUp({}, PEOPLE)
  fold(test.dbPath)
  await sendSome(test, 30)
  await applyInbound(test, phoneNumber(0), 'STOP')
  await eraseContactByOperator(test.ctx, phoneNumber(1))
  fold(test.dbPath)
  test.clock.advance(60_000)
  if (isLogged) await sendSome(test, 30)
  await beat(test)
  if (!isLogged) fold(test.dbPath)
  const since = await rows<{ phone: string }>(
    test,
    `SELECT c.phone FROM messages m JOIN contacts c ON c.id = m.contact_id WHERE m.status = 'accepted' AND m.id > 2`,
  )
  const dir = tempDir()
  for (const name of ['herald.db', 'herald.db-wal', 'herald.db-nodes', 'herald.key'])
    if (existsSync(join(test.dir, name))) cpSync(join(test.dir, name), join(dir, name), { recursive: true })
  return { test: { ...test, dir, dbPath: join(dir, 'herald.db') }, file, since: since.map(({ phone }) => phone) }
}

function fold(path: string): void {
  const db = new Database(path)
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
}

/** What a process does every five seconds. */
async function beat({ ctx }: TestApp): Promise<void> {
  const note = await ctx.db.write((tx) => raiseIncarnation(tx, ctx.db.notes))
  if (note !== undefined) ctx.db.notes.write(note)
}

function erase(path: string, isLost: (page: number) => boolean): void {
  const file = openSync(path, 'r+')
  for (let page = 1; page <= statSync(path).size / PAGE_BYTES; page++)
    if (isLost(page)) writeSync(file, Buffer.alloc(PAGE_BYTES), 0, PAGE_BYTES, (page - 1) * PAGE_BYTES)
  closeSync(file)
}

function pagesOf(path: string, ...names: string[]): number[] {
  const db = new Database(path, { readonly: true })
  try {
    const marks = names.map(() => '?').join(', ')
    return db
      .prepare(`SELECT pageno FROM dbstat WHERE name IN (${marks})`)
      .pluck()
      .all(...names) as number[]
  } finally {
    db.close()
  }
}

/** Nobody who got it since the backup can get it again, and the books balance. */
async function expectSentOnce({ test, since }: Drill): Promise<TestApp> {
  const next = await again(test)
  await resumeByOperator(next.ctx, 'Spring sale', { isAcknowledged: true })
  const { claimed } = await claim(next, { room: PEOPLE })
  expect(claimed.filter(({ phone }) => since.includes(phone))).toEqual([])
  return next
}

async function restoredAfter(drill: Drill, damage: (path: string) => void): Promise<RestoredDatabase> {
  damage(drill.test.dbPath)
  return restored(drill.test, drill.file)
}

describe('P2: a damaged old database', PATIENCE, () => {
  it.each([30, 50, 70, 90])('that is cut off at %i percent sends nothing twice', async (percent) => {
    const drill = await killedSince({ isLogged: false })
    const { dbPath } = drill.test
    const left = Math.floor((statSync(dbPath).size * percent) / 100 / PAGE_BYTES)
    const isLeft = (...names: string[]) => pagesOf(dbPath, ...names).every((page) => page <= left)
    const hasOptOut = isLeft('suppressions') || isLeft('suppressions_key_scope')
    const hasErasure = isLeft('contacts') || isLeft('contacts_key_unique')
    const losses = [
      ...(isLeft('suppressions') ? [] : ['optOuts']),
      ...(isLeft('contacts') ? [] : ['erasures', 'consents']),
    ]
    const result = await restoredAfter(drill, (path) => truncateSync(path, left * PAGE_BYTES + 100))
    expect(result).toMatchObject({
      old: 'damaged',
      // Of a table whose pages are not all left, the page of the erased person may be.
      people: { suppressions: hasOptOut ? 2 : 0, erasures: hasErasure ? 1 : expect.any(Number) },
    })
    expect(result.losses).toEqual(expect.arrayContaining(losses))
    await expectSentOnce(drill)
  })

  it.each([
    ['its first page zeroed', (page: number) => page === 1],
    ['its first pages zeroed', (page: number) => page <= 10],
    ['a hole in the middle', (page: number, count: number) => page > count * 0.4 && page < count * 0.6],
  ])('with %s sends nothing twice', async (_what, isLost) => {
    const drill = await killedSince({ isLogged: false })
    const count = statSync(drill.test.dbPath).size / PAGE_BYTES
    const result = await restoredAfter(drill, (path) => erase(path, (page) => isLost(page, count)))
    expect(result.old).toBe('damaged')
    await expectSentOnce(drill)
  })

  it('carries over opt-outs and erasures when the pages of everything else are lost', async () => {
    const drill = await killedSince({ isLogged: false })
    const kept = new Set(pagesOf(drill.test.dbPath, 'suppressions', 'contacts'))
    const result = await restoredAfter(drill, (path) => erase(path, (page) => !kept.has(page)))
    expect(result).toMatchObject({ old: 'damaged', people: { suppressions: 2, erasures: 1 } })
    expect(result.losses).toEqual(['optOuts', 'erasures', 'consents', 'access', 'calls', 'caps', 'callbacks'])
    await expectSentOnce(drill)
  })

  it('carries over opt-outs and erasures that only an index knows', async () => {
    const drill = await killedSince({ isLogged: false })
    const kept = new Set(pagesOf(drill.test.dbPath, 'suppressions_key_scope', 'contacts_key_unique'))
    const result = await restoredAfter(drill, (path) => erase(path, (page) => !kept.has(page)))
    expect(result).toMatchObject({ old: 'damaged', people: { suppressions: 2, erasures: 1 } })
    await expectSentOnce(drill)
  })
})

describe('P2: an old database whose log is damaged', PATIENCE, () => {
  it('that is whole with its log carries everything over', async () => {
    const drill = await killedSince()
    expect(await restored(drill.test, drill.file)).toMatchObject({ old: 'whole', losses: [], inDoubt: 0 })
    await expectSentOnce(drill)
  })

  it('without its log is not taken for the last state', async () => {
    const drill = await killedSince()
    const result = await restoredAfter(drill, (path) => rmSync(`${path}-wal`))
    expect(result).toMatchObject({ old: 'behind', people: { suppressions: 2, erasures: 1 } })
    expect(result.losses).toContain('calls')
    expect(result.inDoubt).toBeGreaterThan(PEOPLE - 70)
    await expectSentOnce(drill)
  })

  it('with a log that is cut off is not taken for the last state', async () => {
    const drill = await killedSince()
    const result = await restoredAfter(drill, (path) =>
      truncateSync(`${path}-wal`, Math.floor(statSync(`${path}-wal`).size / 2)),
    )
    expect(result.old).toBe('behind')
    await expectSentOnce(drill)
  })

  it('is read behind the damage, and kept as it is', async () => {
    const drill = await killedSince()
    const log = `${drill.test.dbPath}-wal`
    const bytes = statSync(log).size
    const result = await restoredAfter(drill, () => {
      const file = openSync(log, 'r+')
      writeSync(file, Buffer.alloc(PAGE_BYTES, 7), 0, PAGE_BYTES, 32 + 24)
      closeSync(file)
    })
    expect(result.old).toBe('damaged')
    expect(statSync(`${result.movedTo}-wal`).size).toBe(bytes)
    await expectSentOnce(drill)
  })
})

describe('P2: a backup that was put in place by hand', PATIENCE, () => {
  it('is not taken for the last state when it is restored after all', async () => {
    const drill = await killedSince()
    const result = await restoredAfter(drill, (path) => {
      rmSync(`${path}-wal`)
      copyFileSync(drill.file, path)
    })
    expect(result).toMatchObject({ old: 'behind' })
    expect(result.inDoubt).toBe(PEOPLE - 2)
    await expectSentOnce(drill)
  })
})
