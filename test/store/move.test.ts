// An installation that is moved into another database: all of it is there, it goes on there, and the old one sends nothing more.
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { reportOf } from '../../src/engine/report/report.ts'
import { verify } from '../../src/engine/report/verify.ts'
import type { Database } from '../../src/store/database.ts'
import { moveDatabase } from '../../src/store/move.ts'
import { openDatabase } from '../../src/store/open-database.ts'
import { findSetting } from '../../src/store/settings.ts'
import { claimAll, launchAndPlan, record } from '../support/claims.ts'
import { isOnPostgres } from '../support/on-postgres.ts'
import {
  addSandbox,
  addTestCampaign,
  importPeople,
  openTestApp,
  type TestApp,
  tempDir,
} from '../support/open-test-app.ts'
import { hasServer } from '../support/postgres-programs.ts'
import { emptyServerDatabase } from '../support/postgres-server.ts'

/** One campaign is over, one waits. */
async function installed(): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, 20)
  await addSandbox(test)
  await addTestCampaign(test)
  await launchAndPlan(test, 'Spring sale')
  await record(test, await claimAll(test))
  await addTestCampaign(test, { name: 'Summer sale' })
  return test
}

async function opened(url: string, now: number): Promise<Database> {
  const options = { appVersion: '0.0.0-test', filesFolder: tempDir(), onSlow: () => {}, mayCreate: true }
  const db = await openDatabase(url, { ...options, now: () => now, serverNow: () => now })
  onTestFinished(() => db[Symbol.asyncDispose]())
  return db
}

async function moved(from: Database, to: Database, now: number) {
  return (await moveDatabase(from, to, { now, onStep: () => {} })).tables
}

/** Every row of every table but the settings, as the move itself reports them. */
const contentsOf = (tables: Awaited<ReturnType<typeof moved>>) => tables.map(({ table, sha256 }) => [table, sha256])

describe.skipIf(!hasServer || isOnPostgres)('an installation that is moved', () => {
  it('to a server and back is what it was, and goes on', async () => {
    const test = await installed()
    const now = test.clock.now()
    const before = await reportOf(test.ctx, 'Spring sale')
    await test.app[Symbol.asyncDispose]()
    const file = await opened(test.dbPath, now)
    const server = await opened(await emptyServerDatabase(), now)
    const there = await moved(file, server, now)
    expect(there.find(({ table }) => table === 'messages')?.rows).toBe(20)
    expect(await file.read((tx) => findSetting(tx, 'copied_at'))).toBeDefined()
    const dir = tempDir()
    const back = await opened(join(dir, 'herald.db'), now)
    expect(contentsOf(await moved(server, back, now))).toEqual(contentsOf(there))
    await back[Symbol.asyncDispose]()
    const next = await openTestApp({ dir, clock: test.clock })
    expect(await reportOf(next.ctx, 'Spring sale')).toEqual(before)
    expect((await verify(next.ctx)).ok).toBe(true)
    await launchByOperator(next.ctx, 'Summer sale')
  })

  it('gives new rows ids behind those that it had', async () => {
    const test = await installed()
    await test.app[Symbol.asyncDispose]()
    const file = await opened(test.dbPath, test.clock.now())
    const server = await opened(await emptyServerDatabase(), test.clock.now())
    await moved(file, server, test.clock.now())
    const id = await server.write((tx) =>
      tx.insert(`INSERT INTO lists (name, fields, created_at) VALUES ('new', '[]', 1)`),
    )
    expect(id).toBe(2)
  })

  it('goes on after an interruption, and nobody works on what is half there', async () => {
    const test = await installed()
    const now = test.clock.now()
    await test.app[Symbol.asyncDispose]()
    const file = await opened(test.dbPath, now)
    const server = await opened(await emptyServerDatabase(), now)
    const dying = moveDatabase(file, server, {
      now,
      onStep: (table) => {
        if (table === 'messages') throw new Error('killed')
      },
    })
    await expect(dying).rejects.toThrow('killed')
    await expect(moved(server, await opened(await emptyServerDatabase(), now), now)).rejects.toMatchObject({
      code: 'db.in_use',
    })
    expect((await moved(file, server, now)).find(({ table }) => table === 'attempts')?.rows).toBe(20)
    expect(await server.read((tx) => findSetting(tx, 'moving'))).toBeUndefined()
  })

  it('stays where it is while a process is at work on it, and goes into nothing that is in use', async () => {
    const test = await installed()
    const now = test.clock.now()
    const server = await opened(await emptyServerDatabase(), now)
    const file = await opened(test.dbPath, now)
    await expect(moved(file, server, now)).rejects.toMatchObject({ code: 'db.in_use' })
    await test.app[Symbol.asyncDispose]()
    const other = await installed()
    await other.app[Symbol.asyncDispose]()
    await expect(moved(file, await opened(other.dbPath, now), now)).rejects.toMatchObject({ code: 'db.not_ours' })
  })
})
