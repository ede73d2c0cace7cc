// What was ordered is finished by whoever runs next: a cancel, the removal of a list, an erasure, changed limits, an import
// whose process is gone with its lock or without it.
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { finishCancels } from '../../../src/engine/campaigns/cancel.ts'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { archiveByOperator, cancelByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { finishErasures } from '../../../src/engine/contacts/erasure.ts'
import { deleteList, finishListRemovals, showList } from '../../../src/engine/contacts/lists.ts'
import { recoverImports } from '../../../src/engine/import/apply-import.ts'
import { pageImports } from '../../../src/engine/import/imports.ts'
import { undoImport } from '../../../src/engine/import/undo-import.ts'
import { planRuns } from '../../../src/engine/plan/planner.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { setQuietHours } from '../../../src/engine/service/limits.ts'
import { finishRedatings } from '../../../src/engine/service/redating.ts'
import { Service } from '../../../src/engine/service/service.ts'
import { claimAll, launchAndPlan, record, storedMessages } from '../../support/claims.ts'
import { FakeClock, until } from '../../support/fake-clock.ts'
import {
  addMeta,
  addSandbox,
  addTestCampaign,
  importLines,
  importPeople,
  openTestApp,
  type TestApp,
  templateContent,
} from '../../support/open-test-app.ts'
import { cure, poison } from '../../support/poison.ts'

const numbered = (count: number) => Array.from({ length: count }, (_, n) => `+4915112${String(300000 + n)}`)
const broken = async ({ ctx }: TestApp) => (await verify(ctx)).checks.filter(({ ok }) => !ok).map(({ name }) => name)

/** A campaign whose cancel ended with the process that took it, after its first transaction. */
async function halfCancelled(people = 30): Promise<TestApp> {
  const test = await openTestApp()
  await importLines(test, ['phone', ...numbered(people)])
  await addMeta(test)
  await addTestCampaign(test, { content: templateContent })
  await launchAndPlan(test, 'Spring sale')
  await test.ctx.db.write((tx) => tx.run(`UPDATE campaigns SET status = 'cancelled' WHERE id = 1`))
  return test
}

describe('a cancel that was interrupted', () => {
  it('H11: is told by verify, keeps the campaign from the archive, and is finished by the next process', async () => {
    const test = await halfCancelled()
    expect(await broken(test)).toEqual(['campaign_is_over'])
    await expect(archiveByOperator(test.ctx, 'Spring sale')).rejects.toMatchObject({
      code: 'campaign.running',
      hint: expect.stringContaining('campaigns cancel'),
    })
    const other = await openTestApp({ dir: test.dir, clock: test.clock })
    expect(await finishCancels(other.ctx)).toBe(true)
    const { runs } = await reportOf(test.ctx, 'Spring sale')
    expect(runs[0]).toMatchObject({ status: 'cancelled', byStatus: { cancelled: 30, pending: 0 } })
    expect(await broken(test)).toEqual([])
    expect(await archiveByOperator(test.ctx, 'Spring sale')).toMatchObject({ status: 'archived' })
  })

  it('H11: is finished by the same command again', async () => {
    const test = await halfCancelled(4_500)
    expect(await cancelByOperator(test.ctx, 'Spring sale')).toMatchObject({ cancelled: 4_500, onTheWire: 0 })
    expect(await cancelByOperator(test.ctx, 'Spring sale')).toMatchObject({ cancelled: 0 })
    expect(await broken(test)).toEqual([])
  })

  it('H11: is finished by the service, also when it was archived before this was refused', async () => {
    const test = await halfCancelled()
    await test.ctx.db.write((tx) => tx.run(`UPDATE campaigns SET status = 'archived' WHERE id = 1`))
    expect(await broken(test)).toEqual(['campaign_is_over'])
    const service = new Service(test.ctx, test.app.connections)
    onTestFinished(() => service.stop())
    await service.start()
    await until(test.clock, async () => (await broken(test)).length === 0)
  })

  it('H11: leaves no message of a run that is being planned meanwhile', async () => {
    const test = await openTestApp()
    await importLines(test, ['phone', ...numbered(5_000)])
    await addMeta(test)
    await addTestCampaign(test, { content: templateContent })
    await launchByOperator(test.ctx, 'Spring sale')
    const { tickAll } = await import('../../../src/engine/plan/tick.ts')
    await tickAll(test.ctx)
    let cancelling: Promise<unknown> | undefined
    await planRuns(test.ctx, {
      onProgress: () => {
        cancelling ??= cancelByOperator(test.ctx, 'Spring sale')
      },
    })
    await cancelling
    expect((await storedMessages(test)).filter(({ status }) => status === 'pending')).toEqual([])
    expect(await broken(test)).toEqual([])
  })

  it('H11: counts what comes back from the wire later as cancelled', async () => {
    const test = await openTestApp()
    await importPeople(test, 3)
    await addMeta(test)
    await addTestCampaign(test, { content: templateContent })
    await launchAndPlan(test, 'Spring sale')
    const claimed = await claimAll(test)
    await cancelByOperator(test.ctx, 'Spring sale')
    await record(test, claimed, () => ({ kind: 'not_started', error: null }))
    expect(await broken(test)).toEqual([])
  })
})

describe('the removal of a list that was interrupted', () => {
  it('H11: has taken the list away at once, and its members follow', async () => {
    const test = await openTestApp()
    await importPeople(test, 5)
    await test.ctx.db.write((tx) =>
      tx.run(`UPDATE lists SET name = 'deleted:1:people', deleted_at = ? WHERE id = 1`, [test.clock.now()]),
    )
    const members = () => test.ctx.db.read((tx) => tx.all('SELECT 1 FROM list_members'))
    expect(await members()).toHaveLength(5)
    expect(await finishListRemovals(test.ctx)).toBe(true)
    expect(await members()).toEqual([])
    expect(await finishListRemovals(test.ctx)).toBe(false)
  })

  it('H11: counts its members', async () => {
    const test = await openTestApp()
    await importPeople(test, 5)
    expect(await deleteList(test.ctx, 'people')).toEqual({ name: 'people', contacts: 5 })
    await expect(showList(test.ctx, 'people')).rejects.toMatchObject({ code: 'list.not_found' })
  })
})

describe('changed limits', () => {
  const night = { from: '21:00', to: '08:00' }

  async function deferred(people: number): Promise<TestApp> {
    const test = await openTestApp({ clock: new FakeClock('2027-06-01T03:00:00Z') })
    await importLines(test, ['phone,time_zone', ...numbered(people).map((phone) => `${phone},America/New_York`)])
    await addSandbox(test)
    await addTestCampaign(test, { content: templateContent, limits: { frequencyCap: 'ignore', validity: '3d' } })
    await launchAndPlan(test, 'Spring sale')
    await claimAll(test)
    expect((await storedMessages(test)).every(({ waitReason }) => waitReason === 'quiet_hours')).toBe(true)
    return test
  }

  it('H11: date anew what the old ones had deferred, each message once', async () => {
    const test = await deferred(4_500)
    await setQuietHours(test.ctx, null)
    const messages = await storedMessages(test)
    expect(messages.filter(({ waitReason }) => waitReason !== null)).toEqual([])
    expect(new Set(messages.map(({ dueAt }) => dueAt))).toEqual(new Set([test.clock.now()]))
    expect(await broken(test)).toEqual([])
  })

  it('H11: go on where a process left off, and end although a claim defers anew meanwhile', async () => {
    const test = await deferred(20)
    const at = test.clock.now()
    const mark = JSON.stringify({ at, after: { runId: 0, dueAt: at, scheduledAt: 0, id: 0 } })
    await test.ctx.db.write((tx) =>
      tx.run(`INSERT INTO duties (work, subject_id, node_id, mark) VALUES ('redating', 1, 999, ?)`, [mark]),
    )
    const other = await openTestApp({ dir: test.dir, clock: test.clock })
    expect(await finishRedatings(other.ctx)).toBe(true)
    expect((await storedMessages(test)).every(({ waitReason }) => waitReason === null)).toBe(true)
    expect(await finishRedatings(other.ctx)).toBe(false)
    await claimAll(test)
    expect(await setQuietHours(test.ctx, night)).toMatchObject({ quietHours: night })
    expect(await broken(test)).toEqual([])
  })
})

describe('an erasure that was interrupted', () => {
  it('H11: is finished with what the order says, and the order is forgotten', async () => {
    const test = await openTestApp()
    await importPeople(test, 1)
    await importLines(test, ['phone,name', '+12025550100,Ann', 'x12025550100,Ann'], { list: 'others', isForced: true })
    const rejects = () => test.ctx.db.read((tx) => tx.all('SELECT 1 FROM rejects'))
    expect(await rejects()).toHaveLength(1)
    const mark = JSON.stringify({ trace: { text: '25550100', isNumber: true } })
    await test.ctx.db.write((tx) =>
      tx.run(`INSERT INTO duties (work, subject_id, node_id, mark) VALUES ('erasure', 1, 999, ?)`, [mark]),
    )
    expect(await finishErasures(test.ctx)).toBe(true)
    expect(await rejects()).toEqual([])
    expect(await test.ctx.db.read((tx) => tx.all('SELECT * FROM duties'))).toEqual([])
  })
})

describe('an import that is under way', () => {
  /** The database was moved: the lock of the process that had it is not beside it. */
  async function moved(status: 'applying' | 'undoing', leaseMs: number) {
    const dying = await openTestApp()
    const { importId } = await importLines(dying, ['phone', ...numbered(5)])
    const id = Number(importId?.slice('imp_'.length))
    const node = await dying.ctx.node.id()
    await dying.ctx.db.write((tx) =>
      tx.run(`UPDATE imports SET status = ?, node_id = ? WHERE id = ?`, [status, node, id]),
    )
    await dying.app[Symbol.asyncDispose]()
    rmSync(dirname(dying.ctx.db.journalPath(node)), { recursive: true })
    const test = await openTestApp({ dir: dying.dir, clock: dying.clock })
    await test.ctx.db.write((tx) =>
      tx.run(`UPDATE nodes SET stopped_at = NULL, lease_until = ? WHERE id = ?`, [test.clock.now() + leaseMs, node]),
    )
    return { test, importId: importId ?? '' }
  }

  it.each(['applying', 'undoing'] as const)(
    'H12: is taken over by its lease where no lock can tell: %s',
    async (status) => {
      const { test } = await moved(status, 10_000)
      expect(await recoverImports(test.ctx)).toBe(0)
      await expect(showList(test.ctx, 'people')).rejects.toMatchObject({ code: 'list.busy' })
      test.clock.advance(10_000)
      expect(await recoverImports(test.ctx)).toBe(1)
      expect((await pageImports(test.ctx, { limit: 10 }))[0]).toMatchObject({ status: 'undone' })
      expect(await showList(test.ctx, 'people')).toMatchObject({ contacts: 0 })
    },
  )

  it('H12: is taken over at once when its lease is longer than any can be', async () => {
    const { test } = await moved('undoing', 31_536_000_000)
    expect(await recoverImports(test.ctx)).toBe(1)
  })

  it('H12: that another process undoes is not undone by two', async () => {
    const { test, importId } = await moved('undoing', 10_000)
    await expect(undoImport(test.ctx, importId)).rejects.toMatchObject({ code: 'list.busy' })
    test.clock.advance(10_000)
    expect(await undoImport(test.ctx, importId)).toMatchObject({ status: 'undone' })
  })

  it('H12: that failed in this process is continued by it', async () => {
    const test = await openTestApp()
    const { importId } = await importLines(test, ['phone', ...numbered(5)])
    await poison(test, { table: 'list_members', event: 'DELETE' })
    await expect(undoImport(test.ctx, importId ?? '')).rejects.toThrow()
    await expect(showList(test.ctx, 'people')).rejects.toMatchObject({ code: 'list.busy' })
    await cure(test)
    expect(await recoverImports(test.ctx)).toBe(1)
    expect(await showList(test.ctx, 'people')).toMatchObject({ contacts: 0 })
  })
})
