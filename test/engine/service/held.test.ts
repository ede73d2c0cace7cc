// The restore guard: a file that is not the one used last sends nothing, says so everywhere, and goes on after an unlock under
// references of its own.
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { formatReference } from '../../../src/domain/ids.ts'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { pauseByOperator, resumeByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { whyFor } from '../../../src/engine/report/why.ts'
import { recoverLostNodes } from '../../../src/engine/send/recover.ts'
import { diagnose } from '../../../src/engine/service/doctor.ts'
import { runInForeground, sendTest } from '../../../src/engine/service/foreground.ts'
import { findHold } from '../../../src/engine/service/held.ts'
import { showHeldFile, unlock } from '../../../src/engine/service/unlock.ts'
import type { Database } from '../../../src/store/database.ts'
import { epochName, holdUnlessLastUsed, raiseIncarnation, readOrigin } from '../../../src/store/incarnation.ts'
import { Journal } from '../../../src/store/journal.ts'
import { insertNode } from '../../../src/store/nodes.ts'
import { readBeside } from '../../../src/store/notes-beside.ts'
import { findSetting } from '../../../src/store/settings.ts'
import { applyStatus } from '../../support/callbacks.ts'
import { accepted, claim, claimAll, launchAndPlan, record, storedMessages } from '../../support/claims.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  addMeta,
  addTestCampaign,
  importPeople,
  openTestApp,
  type TestApp,
  tempDir,
  templateContent,
} from '../../support/open-test-app.ts'
import { present } from '../../support/present.ts'

/** A campaign of ten people of whom three had it; the app is closed in good order. */
async function usedDatabase({ sent = 3 } = {}): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, 10)
  await addMeta(test)
  await addTestCampaign(test, { content: templateContent, limits: { quietHours: 'ignore', validity: '10d' } })
  await launchAndPlan(test, 'Spring sale')
  await sendSome(test, sent)
  await test.app[Symbol.asyncDispose]()
  return test
}

async function sendSome(test: TestApp, count: number): Promise<void> {
  const { claimed } = await claim(test, { room: count })
  await record(test, claimed)
}

/** What a `cp` made of it while it stood still. */
function copyOf({ dbPath }: TestApp): string {
  const copy = join(tempDir(), 'copy.db')
  cpSync(dbPath, copy)
  return copy
}

function putBack({ dbPath }: TestApp, copy: string): void {
  for (const side of ['-wal', '-shm']) rmSync(`${dbPath}${side}`, { force: true })
  cpSync(copy, dbPath)
}

function again(test: TestApp): Promise<TestApp> {
  return openTestApp({ dir: test.dir, clock: new FakeClock(test.clock.now() + 60_000) })
}

async function reasonOf(test: TestApp): Promise<string | undefined> {
  return (await test.ctx.db.read(findHold))?.reason
}

/** Held: an older file lies in the place of the one that sent to three more. */
async function heldDatabase(): Promise<TestApp> {
  const first = await usedDatabase()
  const copy = copyOf(first)
  const second = await again(first)
  await sendSome(second, 3)
  await second.app[Symbol.asyncDispose]()
  putBack(first, copy)
  return again(second)
}

it.each([
  ['a new one', undefined],
  ['one whose first life a power cut took back', { life: null, next: 'a life that never was', number: 0 }],
])('P2: holds nothing when another process begins to use a database meanwhile: %s', async (_, note) => {
  const test = await openTestApp()
  const { db } = test.ctx
  const beforeUse = await db.read(async (tx) => ({
    incarnation: await findSetting(tx, 'incarnation'),
    origin: await readOrigin(tx),
  }))
  expect(beforeUse.incarnation).toBeUndefined()
  if (note !== undefined) db.notes.writeNow({ ...note, installation: beforeUse.origin.installation, path: test.dbPath })
  // The other one begins between the two looks of this one.
  let isBegun = false
  const meanwhile: Database = Object.create(db, {
    read: {
      value: async (fn: Parameters<Database['read']>[0]) => {
        if (!isBegun) {
          isBegun = true
          const begun = await db.write((tx) => raiseIncarnation(tx, db.notes))
          if (begun !== undefined) db.notes.write(begun)
        }
        return db.read(fn)
      },
    },
  })
  expect(await holdUnlessLastUsed(meanwhile)).toBeUndefined()
  expect(isBegun).toBe(true)
})

describe('H6: a database that is used by one program after the other', () => {
  it('is never held, and raises its incarnation each time something is written', async () => {
    let test = await usedDatabase()
    let before = readBeside(test.dbPath)?.number ?? 0
    for (let round = 0; round < 3; round++) {
      test = await again(test)
      expect(await reasonOf(test)).toBeUndefined()
      await sendSome(test, 1)
      await test.app[Symbol.asyncDispose]()
      const now = readBeside(test.dbPath)?.number ?? 0
      expect(now).toBeGreaterThan(before)
      before = now
    }
  })

  it('is not changed by a command that only reads', async () => {
    const test = await usedDatabase()
    const before = readFileSync(`${test.dbPath}-nodes/incarnation`, 'utf8')
    const reading = await again(test)
    expect(await verify(reading.ctx)).toMatchObject({ ok: true })
    await reading.app[Symbol.asyncDispose]()
    expect(readFileSync(`${test.dbPath}-nodes/incarnation`, 'utf8')).toBe(before)
  })

  it('is not held when its note is behind, half written or from the moment between two lives', async () => {
    const test = await usedDatabase()
    const path = `${test.dbPath}-nodes/incarnation`
    const note = readBeside(test.dbPath)
    for (const behind of [
      { ...note, number: (note?.number ?? 0) - 1 },
      { ...note, life: 'before', next: note?.life },
      { ...note, next: 'never begun' },
    ]) {
      writeFileSync(path, JSON.stringify(behind))
      const next = await again(test)
      expect(await reasonOf(next)).toBeUndefined()
      await next.app[Symbol.asyncDispose]()
    }
  })

  it('may be moved with its folder, and opened by two at once', async () => {
    const test = await usedDatabase()
    const dir = tempDir()
    renameSync(test.dbPath, join(dir, 'herald.db'))
    renameSync(`${test.dbPath}-nodes`, join(dir, 'herald.db-nodes'))
    const moved = await openTestApp({ dir, clock: test.clock })
    const beside = await openTestApp({ dir, clock: test.clock })
    expect(await reasonOf(moved)).toBeUndefined()
    await Promise.all([sendSome(moved, 2), sendSome(beside, 2)])
    await beside.app[Symbol.asyncDispose]()
    await moved.app[Symbol.asyncDispose]()
    expect(await reasonOf(await openTestApp({ dir, clock: test.clock }))).toBeUndefined()
  })
})

describe('H6: a file that is not the one used last', () => {
  it('is held when an older one was put back after a stop in good order', async () => {
    expect(await reasonOf(await heldDatabase())).toBe('older')
  })

  it('is held when a copy from the same life of a killed process was put back', async () => {
    const test = await openTestApp()
    await importPeople(test, 10)
    await addMeta(test)
    await addTestCampaign(test, { content: templateContent, limits: { quietHours: 'ignore', validity: '10d' } })
    await launchAndPlan(test, 'Spring sale')
    await sendSome(test, 3)
    const copy = join(tempDir(), 'copy.db')
    await test.ctx.db.backup({ path: copy, part: `${copy}.part` }, test.clock.now())
    new SqliteConnection(copy).prepare("DELETE FROM settings WHERE key = 'copied_at'").run()
    // A process of its own that was killed after it had begun one more call.
    const node = await test.ctx.db.write((tx) => insertNode(tx, { host: 'here', pid: 1, appVersion: '0' }, present(1)))
    const { claimed } = await claim(test, { room: 1 })
    const journal = new Journal(test.ctx.db.journalPath(node), {
      nodeId: node,
      startedAt: 1,
      epoch: epochName(await test.ctx.db.read(readOrigin)),
    })
    journal.begun(claimed[0]?.attemptId ?? 0, 1)
    test.ctx.db.lockNode(node)[Symbol.dispose]()
    const beside = readFileSync(`${test.dbPath}-nodes/incarnation`)
    await test.app[Symbol.asyncDispose]()
    writeFileSync(`${test.dbPath}-nodes/incarnation`, beside)
    putBack(test, copy)
    const restored = await again(test)
    expect(await reasonOf(restored)).toBe('older')
    // Later processes write their journals over those that proved it.
    await restored.ctx.node.id()
    rmSync(restored.ctx.db.journalPath(node), { force: true })
    await restored.app[Symbol.asyncDispose]()
    expect(await reasonOf(await again(restored))).toBe('older')
  })

  it('is held without its folder, and goes on when the folder is back', async () => {
    const test = await usedDatabase()
    renameSync(`${test.dbPath}-nodes`, `${test.dbPath}-elsewhere`)
    const held = await again(test)
    expect(await reasonOf(held)).toBe('no_folder')
    await held.app[Symbol.asyncDispose]()
    rmSync(`${test.dbPath}-nodes`, { recursive: true, force: true })
    renameSync(`${test.dbPath}-elsewhere`, `${test.dbPath}-nodes`)
    expect(await reasonOf(await again(held))).toBeUndefined()
  })

  it('is held when it is marked as a backup', async () => {
    const test = await usedDatabase()
    const file = new SqliteConnection(test.dbPath)
    file.prepare("INSERT INTO settings (key, value) VALUES ('copied_at', '1')").run()
    file.close()
    const held = await again(test)
    expect(await reasonOf(held)).toBe('copy')
    await unlock(held.ctx)
    await held.app[Symbol.asyncDispose]()
    expect(await reasonOf(await again(held))).toBeUndefined()
  })

  it('is held as a second copy while the first is still in its place', async () => {
    const first = await usedDatabase()
    const dir = tempDir()
    cpSync(first.dbPath, join(dir, 'herald.db'))
    cpSync(`${first.dbPath}-nodes`, join(dir, 'herald.db-nodes'), { recursive: true })
    const original = await again(first)
    const copy = await openTestApp({ dir, clock: first.clock })
    expect([await reasonOf(original), await reasonOf(copy)]).toEqual([undefined, 'second'])
    await copy.app[Symbol.asyncDispose]()
    await original.app[Symbol.asyncDispose]()
    renameSync(first.dbPath, `${first.dbPath}.away`)
    expect(await reasonOf(await openTestApp({ dir, clock: first.clock }))).toBeUndefined()
  })
})

describe('H6: while sending is held', () => {
  it('nothing is claimed, planned, launched, resumed, run or tested', async () => {
    const test = await heldDatabase()
    const { ctx, app } = test
    expect(await claim(test)).toMatchObject({ claimed: [], gate: 'database_held' })
    await addTestCampaign(test, { name: 'Another', content: templateContent })
    const held = { code: 'db.held' }
    await expect(launchByOperator(ctx, 'Another')).rejects.toMatchObject(held)
    await expect(runInForeground(ctx, app.connections, 'Spring sale')).rejects.toMatchObject(held)
    await expect(sendTest(ctx, app.connections, 'Spring sale', '+12025550100')).rejects.toMatchObject(held)
    await pauseByOperator(ctx, 'Spring sale')
    await expect(resumeByOperator(ctx, 'Spring sale')).rejects.toMatchObject(held)
    expect((await storedMessages(test)).filter(({ status }) => status === 'pending')).toHaveLength(7)
  })

  it('doctor, verify, the report and `why` say so', async () => {
    const { ctx } = await heldDatabase()
    const lastUsed = { ok: false, broken: [expect.stringContaining('herald unlock')] }
    expect(await verify(ctx)).toMatchObject({
      ok: false,
      checks: expect.arrayContaining([expect.objectContaining(lastUsed)]),
    })
    const diagnosis = await diagnose(ctx)
    expect(diagnosis.findings).toContainEqual(expect.objectContaining({ check: 'last_used', ok: false }))
    expect((await reportOf(ctx, 'Spring sale')).runs[0]?.waitingFor).toMatchObject([
      { reason: 'database_held', count: 7 },
    ])
    const why = await whyFor(ctx, 'Spring sale', '+12025550109')
    expect(why.decision).toBe('database_held')
    expect(why.checks).toContainEqual(expect.objectContaining({ check: 'database', result: 'wait' }))
  })

  it('a journal beside it is not read as that of its own calls', async () => {
    const test = await usedDatabase()
    const copy = copyOf(test)
    const later = await again(test)
    await sendSome(later, 1)
    await later.app[Symbol.asyncDispose]()
    // The older file holds messages of a node whose journal lies there, rewritten since.
    putBack(test, copy)
    const held = await again(later)
    const node = await held.ctx.db.write((tx) => insertNode(tx, { host: 'here', pid: 1, appVersion: '0' }, present(1)))
    held.ctx.db.lockNode(node)[Symbol.dispose]()
    await held.ctx.db.write(async (tx) => {
      await tx.run("DELETE FROM settings WHERE key = 'hold'")
    })
    const claimed = await claimAll(held, { nodeId: node })
    await held.ctx.db.write((tx) =>
      tx.run(`INSERT INTO settings (key, value) VALUES ('hold', '{"reason":"older","since":1}')`),
    )
    const epoch = epochName(await held.ctx.db.read(readOrigin))
    new Journal(held.ctx.db.journalPath(node), { nodeId: node, startedAt: 1, epoch }).close()
    await recoverLostNodes(held.ctx)
    const states = await storedMessages(held)
    expect(claimed).not.toEqual([])
    expect(new Set(claimed.map(({ messageId }) => states.find(({ id }) => id === messageId)?.status))).toEqual(
      new Set(['unknown']),
    )
  })
})

describe('H6: unlock', () => {
  it('shows what the file sent last, and lets it send under another epoch', async () => {
    const test = await heldDatabase()
    expect(await showHeldFile(test.ctx)).toMatchObject({
      hold: { reason: 'older' },
      lastSent: { campaign: 'Spring sale', sender: 'main' },
      campaigns: [{ name: 'Spring sale', status: 'running', pending: 7 }],
    })
    const { epoch } = await unlock(test.ctx)
    expect(epoch).toBeGreaterThan(1)
    const result = await claim(test)
    expect(result.claimed).toHaveLength(7)
    expect(result.origin.epoch).toBe(epoch)
    await record(test, result.claimed)
    await test.app[Symbol.asyncDispose]()
    const next = await again(test)
    expect(await reasonOf(next)).toBeUndefined()
    expect(await unlock(next.ctx)).toEqual({ cleared: [], epoch: null })
  })

  it('leaves references of the lost calls without meaning, and those of kept calls with theirs', async () => {
    const test = await heldDatabase()
    await unlock(test.ctx)
    const installation = (await test.ctx.db.read((tx) => findSetting(tx, 'installation'))) ?? ''
    const { claimed } = await claim(test)
    await record(test, claimed, ({ attemptId }) => accepted(attemptId + 1000))
    const before = await storedMessages(test)
    // Attempts 4 to 6 were also made by the file that is lost, to others or to the same people.
    const status = 'failed'
    await applyStatus(
      test,
      ...[4, 5, 6].map((id) => ({
        reference: formatReference(installation, 1, id),
        trackingId: `lost-${id}`,
        status,
        code: 131050,
      })),
    )
    expect(await storedMessages(test)).toEqual(before)
    expect(await test.ctx.db.read((tx) => tx.all('SELECT * FROM suppressions'))).toEqual([])
    expect(await verify(test.ctx)).toMatchObject({ ok: true })
    await applyStatus(test, {
      reference: formatReference(installation, 1, 2),
      trackingId: 'track-2',
      status: 'delivered',
    })
    expect((await storedMessages(test))[1]).toMatchObject({ status: 'delivered' })
  })

  it('is obeyed by a process that runs already', async () => {
    const test = await heldDatabase()
    const other = await openTestApp({ dir: test.dir, clock: test.clock })
    const { epoch } = await unlock(other.ctx)
    expect(await claim(test)).toMatchObject({ claimed: { length: 7 }, origin: { epoch } })
  })
})
