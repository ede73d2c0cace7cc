// Marks of schedules in the impossible future, left by a clock that ran ahead: no run is lost, doctor names them.
import { describe, expect, it } from 'vitest'
import { showCampaign } from '../../../src/engine/campaigns/campaign-view.ts'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { tickAll } from '../../../src/engine/plan/tick.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { findImpossible, unlock } from '../../../src/engine/service/unlock.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { addSandbox, addTestCampaign, importPeople, openTestApp, type TestApp } from '../../support/open-test-app.ts'

const name = 'Spring sale'
const schedules: Record<string, Record<string, unknown>> = {
  'by cron': { cron: '0 9 * * *', timeZone: 'UTC' },
  'by interval': { every: '1d', from: '2027-01-01T09:00', timeZone: 'UTC' },
  once: { at: '2027-06-02T09:00', timeZone: 'UTC' },
  'in recipients’ zones': { cron: '0 9 * * *', timeZone: 'recipient', fallbackTimeZone: 'UTC' },
}
const YEAR = 365 * 86_400_000

async function launched(schedule: Record<string, unknown> | undefined): Promise<TestApp> {
  const test = await openTestApp({ clock: new FakeClock('2027-06-01T10:00:00Z') })
  await importPeople(test, 1)
  await addSandbox(test)
  await addTestCampaign(test, { schedule })
  await launchByOperator(test.ctx, name)
  await tickAll(test.ctx)
  return test
}

async function plant({ ctx }: TestApp, marks: Record<string, number | null>): Promise<void> {
  for (const [column, value] of Object.entries(marks))
    await ctx.db.write((tx) => tx.run(`UPDATE campaigns SET ${column} = ?`, [value]))
}

async function startedOf(test: TestApp): Promise<string[]> {
  const { runs } = await reportOf(test.ctx, name)
  return runs
    .filter(({ status }) => !['missed', 'skipped'].includes(status))
    .map((run) => run.occurrenceAt.slice(0, 10))
}

describe('a schedule whose marks are in the impossible future', () => {
  it.each(Object.keys(schedules))('H7: loses no run after a restart: %s', async (kind) => {
    for (const marks of [
      { decided_until: Date.parse('2027-06-01T10:00:00Z') + 3 * YEAR },
      { next_tick_at: Date.parse('2027-06-01T10:00:00Z') + 3 * YEAR },
      { decided_until: 9e15, next_tick_at: null },
    ]) {
      const test = await launched(schedules[kind])
      await plant(test, marks)
      expect((await findImpossible(test.ctx)).map(({ what }) => what)).toEqual([`campaign "${name}"`])
      await showCampaign(test.ctx, name)
      await tickAll(test.ctx, { isEvery: true })
      expect(await findImpossible(test.ctx)).toEqual([])
      test.clock.set('2027-06-02T09:00:01Z')
      await tickAll(test.ctx)
      expect(await startedOf(test)).toContain('2027-06-02')
    }
  })

  it('H7: is set right by unlock, and goes on with the next tick', async () => {
    const test = await launched(schedules['by cron'])
    await plant(test, { decided_until: Date.parse('2040-01-01'), next_tick_at: Date.parse('2040-01-02') })
    const { cleared } = await unlock(test.ctx)
    expect(cleared).toEqual([{ what: `campaign "${name}"`, field: 'schedule', at: '2040-01-01T00:00:00Z' }])
    expect((await unlock(test.ctx)).cleared).toEqual([])
    await tickAll(test.ctx)
    expect((await showCampaign(test.ctx, name)).nextRunAt).toBe('2027-06-02T09:00:00Z')
  })

  it('H7: runs what a clock that was days ahead has left out, when its time comes', async () => {
    const test = await launched(schedules['by cron'])
    test.clock.jump(3 * 86_400_000)
    expect(await tickAll(test.ctx)).toMatchObject({ started: 1, missed: 2 })
    test.clock.jump(-3 * 86_400_000)
    await tickAll(test.ctx, { isEvery: true })
    for (const day of ['02', '03', '04']) {
      test.clock.set(`2027-06-${day}T09:00:01Z`)
      await tickAll(test.ctx)
    }
    const { runs } = await reportOf(test.ctx, name)
    expect(runs.map((run) => [run.occurrenceAt.slice(0, 10), run.status, run.reason])).toEqual([
      ['2027-06-04', 'planning', null],
      ['2027-06-03', 'skipped', 'overlap'],
      ['2027-06-02', 'skipped', 'overlap'],
    ])
  })

  it('H7: is no reason to name a schedule that is as it should be', async () => {
    for (const schedule of [...Object.values(schedules), { cron: '0 0 29 2 *', timeZone: 'UTC' }, undefined]) {
      const test = await launched(schedule)
      expect(await findImpossible(test.ctx)).toEqual([])
    }
  })
})
