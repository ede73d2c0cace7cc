// Edits of campaigns that were launched: what was due is decided by the old schedule, what comes counts from the edit.
import { describe, expect, it } from 'vitest'
import { showCampaign } from '../../../src/engine/campaigns/campaign-view.ts'
import { type EditOptions, editCampaign } from '../../../src/engine/campaigns/drafts.ts'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { pauseByOperator, resumeByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { planRuns } from '../../../src/engine/plan/planner.ts'
import { tickAll } from '../../../src/engine/plan/tick.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { claimAll, record, storedMessages } from '../../support/claims.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  addSandbox,
  addTestCampaign,
  campaignDefinition,
  importLines,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
} from '../../support/open-test-app.ts'

const name = 'Spring sale'
const daily = { cron: '0 9 * * *', timeZone: 'UTC' }
const once = (at: string) => ({ at, timeZone: 'UTC' })

async function launched(schedule: Record<string, unknown> | undefined, at = '2027-06-01T08:00:00Z'): Promise<TestApp> {
  const test = await openTestApp({ clock: new FakeClock(at) })
  await importPeople(test, 2)
  await addSandbox(test)
  await addTestCampaign(test, schedule && { schedule })
  await launchByOperator(test.ctx, name)
  return test
}

function edit(test: TestApp, schedule: Record<string, unknown> | undefined, options: EditOptions = {}) {
  const content = { type: 'text', text: 'New' }
  return editCampaign(test.ctx, name, campaignDefinition({ content, ...(schedule && { schedule }) }), options)
}

async function serve(test: TestApp, at?: string): Promise<void> {
  if (at !== undefined) test.clock.set(at)
  await tickAll(test.ctx)
  await planRuns(test.ctx)
  await record(test, await claimAll(test))
}

/** Runs as `2027-06-01T09:00 finished`, with the revision that they are of. */
async function runsOf(test: TestApp): Promise<string[]> {
  const { runs } = await reportOf(test.ctx, name)
  return runs
    .reverse()
    .map((run) => [run.occurrenceAt.slice(0, 16), run.status, run.reason, `r${run.revision}`].filter(Boolean).join(' '))
}

describe('the edit of a campaign that was launched', () => {
  it('moves a single time to a later or an earlier one that is still to come', async () => {
    for (const at of ['2027-06-01T12:00', '2027-06-01T09:00']) {
      const test = await launched(once('2027-06-01T10:00'))
      expect(await edit(test, once(at))).toMatchObject({ status: 'scheduled', nextRunAt: `${at}:00Z` })
      await serve(test, `${at}:01Z`)
      expect(await runsOf(test)).toEqual([`${at} finished r2`])
      expect((await showCampaign(test.ctx, name)).status).toBe('finished')
    }
  })

  it('takes a past time only when it is to be sent now, and measures the 35 days again', async () => {
    const test = await launched(once('2027-06-01T10:00'))
    await expect(edit(test, once('2027-06-01T07:00'))).rejects.toMatchObject({ code: 'schedule.in_the_past' })
    await expect(edit(test, once('2027-07-07T09:00'))).rejects.toMatchObject({ code: 'schedule.too_far' })
    await expect(edit(test, undefined)).rejects.toMatchObject({ code: 'schedule.in_the_past' })
    expect(await runsOf(test)).toEqual([])
    await edit(test, once('2027-06-01T07:00'), { isSendNow: true })
    await serve(test, '2027-06-01T08:00:01Z')
    expect(await runsOf(test)).toEqual(['2027-06-01T07:00 finished r2'])
  })

  it('keeps the run of a campaign that begins at its launch, paused before its first tick', async () => {
    const test = await launched(undefined)
    await pauseByOperator(test.ctx, name)
    test.clock.advance(60_000)
    await edit(test, undefined)
    await resumeByOperator(test.ctx, name)
    await serve(test)
    expect(await runsOf(test)).toEqual(['2027-06-01T08:00 finished r2'])
  })

  it('S8: records first what a pause covered', async () => {
    const test = await launched(daily)
    await pauseByOperator(test.ctx, name)
    test.clock.set('2027-06-02T10:00:00Z')
    await edit(test, { cron: '0 12 * * *', timeZone: 'UTC' })
    await resumeByOperator(test.ctx, name)
    await serve(test, '2027-06-02T12:00:01Z')
    expect(await runsOf(test)).toEqual([
      '2027-06-01T09:00 skipped paused r1',
      '2027-06-02T09:00 skipped paused r1',
      '2027-06-02T12:00 finished r2',
    ])
  })

  it('decides what is due by the old schedule, at the instant of the edit', async () => {
    const test = await launched(daily)
    test.clock.set('2027-06-01T09:00:00Z')
    const edited = await edit(test, { cron: '0 10 * * *', timeZone: 'UTC' })
    expect(edited).toMatchObject({ status: 'running', nextRunAt: '2027-06-01T10:00:00Z' })
    await serve(test)
    await serve(test, '2027-06-01T10:00:01Z')
    expect(await runsOf(test)).toEqual(['2027-06-01T09:00 finished r1', '2027-06-01T10:00 finished r2'])
  })

  it('leaves the schedule where it is when only the text changes', async () => {
    const test = await launched(daily)
    test.clock.set('2027-06-01T09:20:00Z')
    expect(await edit(test, daily)).toMatchObject({ nextRunAt: '2027-06-01T09:00:00Z' })
    await serve(test)
    expect(await runsOf(test)).toEqual(['2027-06-01T09:00 finished r2'])
  })

  it('goes from a single time to a recurring one and back', async () => {
    const test = await launched(once('2027-06-01T09:00'))
    await serve(test, '2027-06-01T08:30:00Z')
    await edit(test, daily)
    await serve(test, '2027-06-01T09:00:01Z')
    await serve(test, '2027-06-02T09:00:01Z')
    await edit(test, once('2027-06-02T15:00'))
    await serve(test, '2027-06-02T15:00:01Z')
    expect(await runsOf(test)).toEqual([
      '2027-06-01T09:00 finished r2',
      '2027-06-02T09:00 finished r2',
      '2027-06-02T15:00 finished r3',
    ])
    expect((await showCampaign(test.ctx, name)).status).toBe('finished')
  })

  it('starts no further run when it has had as many as the new limit, and says so', async () => {
    const test = await launched({ ...daily, maxRuns: 5 })
    for (const day of ['01', '02', '03']) await serve(test, `2027-06-${day}T09:00:01Z`)
    const edited = await edit(test, { ...daily, maxRuns: 2 })
    expect(edited).toMatchObject({ status: 'finished', nextRunAt: null })
    expect(edited.warnings).toContain('3 runs have started already: no further one will start')
    await serve(test, '2027-06-04T09:00:01Z')
    expect(await runsOf(test)).toHaveLength(3)
  })

  it('S3: goes from one zone to recipients’ zones while a run is planned, and writes twice to nobody at one time', async () => {
    const test = await openTestApp({ clock: new FakeClock('2027-06-01T06:00:00Z') })
    await importLines(test, [
      'phone,time_zone',
      `${phoneNumber(0)},Europe/Berlin`,
      `${phoneNumber(1)},America/New_York`,
    ])
    await addSandbox(test)
    const change = { schedule: { cron: '0 9 * * *', timeZone: 'Europe/Berlin' } }
    await addTestCampaign(test, { ...change, content: { type: 'text', text: 'Old' } })
    await launchByOperator(test.ctx, name)
    test.clock.set('2027-06-01T07:00:00Z')
    await tickAll(test.ctx)
    await planRuns(test.ctx)
    const edited = await edit(test, { cron: '0 9 * * *', timeZone: 'recipient', fallbackTimeZone: 'UTC' })
    expect(edited.warnings).toContain(
      '2 messages are already planned and keep their old text and time; the edit holds for what is planned from now on',
    )
    await tickAll(test.ctx)
    await planRuns(test.ctx)
    const planned = (await storedMessages(test)).map(({ runId, phone, status, reason }) => [
      runId,
      phone,
      reason ?? status,
    ])
    expect(planned.slice(0, 2).map(([, , status]) => status)).toEqual(['pending', 'pending'])
    const today = planned.filter(([runId]) => runId === 2)
    expect(today).toEqual([
      [2, phoneNumber(0), 'pending'],
      [2, phoneNumber(1), 'pending'],
    ])
    await record(test, await claimAll(test))
    expect((await storedMessages(test)).slice(0, 3).map(({ status, reason }) => reason ?? status)).toEqual([
      'accepted',
      'accepted',
      'overlap',
    ])
  })
})
