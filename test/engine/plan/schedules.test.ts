// Occurrences and their runs: each exactly once, late ones decided, none pulled in by an edit.
import { describe, expect, it } from 'vitest'
import { showCampaign } from '../../../src/engine/campaigns/campaign-view.ts'
import { editCampaign } from '../../../src/engine/campaigns/drafts.ts'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { pauseByOperator, resumeByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { addSuppression, removeSuppression } from '../../../src/engine/contacts/suppressions.ts'
import { planRuns } from '../../../src/engine/plan/planner.ts'
import { tickAll, tickCampaign } from '../../../src/engine/plan/tick.ts'
import { pageRuns, reportOf } from '../../../src/engine/report/report.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { pauseSenderByOperator } from '../../../src/engine/senders/senders.ts'
import { SystemClock } from '../../../src/runtime/clock.ts'
import { claimAll, iso, launchAndPlan, record, storedMessages, tickAndPlan } from '../../support/claims.ts'
import { FakeClock, fakeTime } from '../../support/fake-clock.ts'
import {
  addSandbox,
  addTestCampaign,
  campaignDefinition,
  importLines,
  importPeople,
  openTestApp,
  type TestApp,
} from '../../support/open-test-app.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

async function setup(at: string, people = 2): Promise<TestApp> {
  const test = await openTestApp({ clock: new FakeClock(at) })
  await importPeople(test, people)
  await addSandbox(test)
  return test
}

/** Runs as `occurrence status reason`, oldest first. */
async function runsOf(test: TestApp, name = 'Spring sale'): Promise<string[]> {
  const runs = await pageRuns(test.ctx, name, { limit: 1000 })
  return runs.reverse().map((run) => [run.occurrenceAt.slice(0, 16), run.status, run.reason].filter(Boolean).join(' '))
}

async function launch(test: TestApp, schedule: Record<string, unknown>, change: Record<string, unknown> = {}) {
  await addTestCampaign(test, { schedule, ...change })
  await launchByOperator(test.ctx, 'Spring sale')
}

/** Sends everything that is due, so that the run is over. */
async function sendAll(test: TestApp): Promise<void> {
  await planRuns(test.ctx)
  await record(test, await claimAll(test))
}

const daily = { cron: '0 9 * * *', timeZone: 'UTC' }
const hourly = { cron: '0 * * * *', timeZone: 'UTC' }

describe('schedules', () => {
  it('RC-01 runs an occurrence that is twenty seconds late as usual', async () => {
    const test = await setup('2027-06-01T08:00:00Z')
    await launch(test, daily)
    test.clock.set('2027-06-01T09:00:20Z')
    await tickAndPlan(test, 'Spring sale')
    expect(await runsOf(test)).toEqual(['2027-06-01T09:00 sending'])
  })

  it('RC-02 runs once after a short downtime and says how late it is', async () => {
    const test = await setup('2027-06-01T08:00:00Z')
    await launch(test, daily)
    test.clock.set('2027-06-01T09:40:00Z')
    await tickAndPlan(test, 'Spring sale')
    const { runs } = await reportOf(test.ctx, 'Spring sale')
    expect(runs).toHaveLength(1)
    expect(runs[0]).toMatchObject({
      occurrence: '2027-06-01T09:00@UTC',
      status: 'sending',
      warnings: ['late: started 40m after its time'],
    })
  })

  it('RC-03 misses an occurrence after a long downtime and goes on with the next', async () => {
    const test = await setup('2027-06-01T08:00:00Z')
    await launch(test, daily)
    test.clock.set('2027-06-01T13:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    expect(await runsOf(test)).toEqual(['2027-06-01T09:00 missed downtime'])
    expect((await showCampaign(test.ctx, 'Spring sale')).nextRunAt).toBe('2027-06-02T09:00:00Z')
  })

  it('RC-04 runs only the latest of several missed occurrences', async () => {
    const test = await setup('2027-06-01T08:30:00Z')
    await launch(test, hourly)
    test.clock.set('2027-06-01T13:20:00Z')
    await tickAndPlan(test, 'Spring sale')
    expect(await runsOf(test)).toEqual([
      '2027-06-01T09:00 missed downtime',
      '2027-06-01T10:00 missed downtime',
      '2027-06-01T11:00 missed downtime',
      '2027-06-01T12:00 missed downtime',
      '2027-06-01T13:00 sending',
    ])
  })

  it('RC-05 misses all of them when the campaign catches nothing up', async () => {
    const test = await setup('2027-06-01T08:30:00Z')
    await launch(test, { ...hourly, missed: 'none' })
    test.clock.set('2027-06-01T13:20:00Z')
    await tickAndPlan(test, 'Spring sale')
    expect(await runsOf(test)).toHaveLength(5)
    expect((await runsOf(test)).every((run) => run.endsWith('missed policy'))).toBe(true)
    expect((await showCampaign(test.ctx, 'Spring sale')).nextRunAt).toBe('2027-06-01T14:00:00Z')
  })

  it('RC-06 starts one run when two schedulers tick together', async () => {
    const test = await setup('2027-06-01T08:00:00Z')
    const other = await openTestApp({ dir: test.dir, clock: test.clock })
    await launch(test, daily)
    test.clock.set('2027-06-01T09:00:00Z')
    await Promise.all([tickAll(test.ctx), tickAll(other.ctx), tickAll(test.ctx)])
    expect(await runsOf(test)).toEqual(['2027-06-01T09:00 planning'])
  })

  it('RC-07 continues planning after the last committed chunk, without a double', async () => {
    const test = await setup('2027-06-01T08:00:00Z', 1)
    await importLines(test, ['phone', ...Array.from({ length: 3000 }, (_, n) => `+4915112${String(300000 + n)}`)])
    await launch(test, daily, { content: { type: 'text', text: 'Hi' } })
    test.clock.set('2027-06-01T09:00:00Z')
    await tickAll(test.ctx)
    const stop = new AbortController()
    await planRuns(test.ctx, { signal: stop.signal, onProgress: () => stop.abort() })
    const half = (await storedMessages(test)).length
    expect(half).toBeGreaterThan(0)
    expect(half).toBeLessThan(3001)
    const other = await openTestApp({ dir: test.dir, clock: test.clock })
    await planRuns(other.ctx)
    expect(await storedMessages(test)).toHaveLength(3001)
    expect((await reportOf(test.ctx, 'Spring sale')).runs[0]).toMatchObject({
      status: 'sending',
      audience: 3001,
      byStatus: { pending: 3001 },
    })
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('RC-08 goes on when the process died after the last chunk and before the run moved on', async () => {
    const test = await setup('2027-06-01T08:00:00Z')
    await launch(test, daily)
    test.clock.set('2027-06-01T09:00:00Z')
    await tickAll(test.ctx)
    // The signal comes with the last chunk: the run is still `planning`.
    const stop = new AbortController()
    await planRuns(test.ctx, { signal: stop.signal, onProgress: () => stop.abort() })
    expect(await runsOf(test)).toEqual(['2027-06-01T09:00 planning'])
    await planRuns(test.ctx)
    expect(await runsOf(test)).toEqual(['2027-06-01T09:00 sending'])
    expect(await storedMessages(test)).toHaveLength(2)
  })

  it('RC-09 fires nothing twice when the clock jumps three days ahead and back', async () => {
    const time = fakeTime(Date.parse('2027-06-01T08:00:00Z'))
    const test = await setup('2027-06-01T08:00:00Z')
    await launch(test, daily)
    const ctx = { ...test.ctx, clock: new SystemClock(time) }
    const tickAfter = async (ms: number) => {
      time.pass(ms)
      return tickAll(ctx)
    }
    time.set(3 * DAY)
    // The jump is believed when it has lasted for two minutes.
    expect(await tickAfter(1_000)).toEqual({ started: 0, missed: 0, skipped: 0 })
    expect(await tickAfter(3 * 60_000)).toEqual({ started: 0, missed: 3, skipped: 0 })
    time.set(-3 * DAY)
    expect(await tickAfter(1_000)).toEqual({ started: 0, missed: 0, skipped: 0 })
    expect(await tickAfter(90 * 60_000)).toEqual({ started: 0, missed: 0, skipped: 0 })
    const runs = await runsOf(test)
    expect(new Set(runs).size).toBe(runs.length)
    expect(runs).toHaveLength(3)
  })

  it('H7: starts nothing early when the clock is an hour ahead for 30 seconds and right again', async () => {
    const time = fakeTime(Date.parse('2027-06-01T08:30:00Z'))
    const test = await setup('2027-06-01T08:30:00Z')
    await launch(test, daily)
    const ctx = { ...test.ctx, clock: new SystemClock(time) }
    const startedAt: (string | null)[] = []
    for (let second = 0; second < 45 * 60; second += 10) {
      if (second === 60) time.set(HOUR)
      if (second === 90) time.set(-HOUR)
      if ((await tickAll(ctx)).started > 0) startedAt.push(iso(ctx.clock.now()))
      time.pass(10_000)
    }
    expect(startedAt).toEqual(['2027-06-01T09:00:00.000Z'])
  })

  it('H7: starts nothing early when a clock that was an hour ahead from the start is set right', async () => {
    const time = fakeTime(Date.parse('2027-06-01T08:30:00Z'))
    const test = await setup('2027-06-01T08:30:00Z')
    await launch(test, daily)
    time.set(25 * 60_000)
    const ctx = { ...test.ctx, clock: new SystemClock(time) }
    const startedAt: (string | null)[] = []
    for (let second = 0; second < 45 * 60; second += 10) {
      if (second === 60) time.set(-25 * 60_000)
      if ((await tickAll(ctx)).started > 0) startedAt.push(iso(time.wallMs))
      time.pass(10_000)
    }
    expect(startedAt).toEqual(['2027-06-01T09:00:00.000Z'])
  })

  it('RC-10 fires nothing again when the clock jumps an hour back', async () => {
    const test = await setup('2027-06-01T08:00:00Z')
    await launch(test, daily)
    test.clock.set('2027-06-01T09:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    await sendAll(test)
    test.clock.jump(-HOUR)
    await tickAndPlan(test, 'Spring sale')
    test.clock.advance(HOUR)
    await tickAndPlan(test, 'Spring sale')
    expect(await runsOf(test)).toEqual(['2027-06-01T09:00 finished'])
  })

  it('RC-11 leaves a run alone when the schedule is edited, and counts from the edit', async () => {
    const test = await setup('2027-06-01T08:00:00Z')
    await launch(test, daily)
    test.clock.set('2027-06-01T09:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    await pauseByOperator(test.ctx, 'Spring sale')
    test.clock.set('2027-06-01T12:30:00Z')
    await editCampaign(test.ctx, 'Spring sale', campaignDefinition({ schedule: hourly }))
    await resumeByOperator(test.ctx, 'Spring sale')
    await tickAndPlan(test, 'Spring sale')
    expect(await runsOf(test)).toEqual(['2027-06-01T09:00 sending'])
    await sendAll(test)
    test.clock.set('2027-06-01T13:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    expect(await runsOf(test)).toEqual(['2027-06-01T09:00 finished', '2027-06-01T13:00 sending'])
  })

  it('RC-12 catches nothing up after two weeks of pause', async () => {
    const test = await setup('2027-06-01T08:00:00Z')
    await launch(test, daily)
    await pauseByOperator(test.ctx, 'Spring sale')
    for (let day = 1; day <= 14; day++) {
      test.clock.set(`2027-06-${String(day).padStart(2, '0')}T09:00:10Z`)
      await tickAndPlan(test, 'Spring sale')
    }
    test.clock.set('2027-06-15T08:00:00Z')
    await resumeByOperator(test.ctx, 'Spring sale')
    await tickAndPlan(test, 'Spring sale')
    expect((await runsOf(test)).every((run) => run.endsWith('skipped paused'))).toBe(true)
    expect((await showCampaign(test.ctx, 'Spring sale')).nextRunAt).toBe('2027-06-15T09:00:00Z')
  })

  it('RC-13 skips an occurrence while the one before is still sending; may queue it or allow both', async () => {
    for (const [overlap, expected] of [
      ['skip', ['sending', 'skipped overlap']],
      ['queue', ['sending', 'planning']],
      ['allow', ['sending', 'sending']],
    ] as const) {
      const test = await setup('2027-06-01T08:30:00Z')
      await launch(test, { ...hourly, overlap })
      for (const hour of ['09', '10']) {
        test.clock.set(`2027-06-01T${hour}:00:00Z`)
        await tickAndPlan(test, 'Spring sale')
      }
      expect((await runsOf(test)).map((run) => run.slice(17))).toEqual(expected)
    }
  })

  it('RC-13 plans a queued run when the one before it is done', async () => {
    const test = await setup('2027-06-01T08:30:00Z')
    await launch(test, { ...hourly, overlap: 'queue' })
    for (const hour of ['09', '10', '11']) {
      test.clock.set(`2027-06-01T${hour}:00:00Z`)
      await tickAndPlan(test, 'Spring sale')
    }
    await record(test, await claimAll(test))
    await planRuns(test.ctx)
    expect((await runsOf(test)).map((run) => run.slice(17))).toEqual(['finished', 'sending', 'skipped overlap'])
  })

  it('RC-14 includes a firing that is exactly at the end', async () => {
    const test = await setup('2027-06-01T08:00:00Z')
    await launch(test, { ...daily, until: '2027-06-01T09:00:00Z' })
    test.clock.set('2027-06-01T09:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    await sendAll(test)
    expect(await runsOf(test)).toEqual(['2027-06-01T09:00 finished'])
    expect((await showCampaign(test.ctx, 'Spring sale')).status).toBe('finished')
  })

  it('RC-19 finishes a run for nobody with nothing to send', async () => {
    const test = await setup('2027-06-01T08:00:00Z')
    await launch(test, daily, { audience: { lists: ['people'], filter: { field: 'first_name', is: 'nobody' } } })
    test.clock.set('2027-06-01T09:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    await tickAndPlan(test, 'Spring sale')
    const { runs } = await reportOf(test.ctx, 'Spring sale')
    expect(runs).toHaveLength(1)
    expect(runs[0]).toMatchObject({ status: 'finished', audience: 0 })
  })

  it('RC-22 reaches only new people in later occurrences when each person gets it once', async () => {
    const test = await setup('2027-06-01T08:00:00Z')
    await launch(test, daily, { oncePerContact: true })
    test.clock.set('2027-06-01T09:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    await sendAll(test)
    await importLines(test, ['phone,first_name', '+12025550188,New'])
    test.clock.set('2027-06-02T09:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    const messages = await storedMessages(test)
    expect(messages.slice(2).map((message) => message.phone)).toEqual(['+12025550188'])
  })

  it('RC-22 reaches in a later occurrence also a person whom a rule left out of the first', async () => {
    const test = await setup('2027-06-01T08:00:00Z')
    await launch(test, daily, { oncePerContact: true })
    test.clock.set('2027-06-01T09:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    await addSuppression(test.ctx, '+12025550100')
    await sendAll(test)
    await removeSuppression(test.ctx, '+12025550100', undefined)
    test.clock.set('2027-06-02T09:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    expect((await storedMessages(test)).slice(2).map((message) => message.phone)).toEqual(['+12025550100'])
  })

  it('RC-24 makes the messages of a paused sender, which wait and expire by their validity', async () => {
    const test = await setup('2027-06-01T08:00:00Z')
    await launch(test, daily)
    await pauseSenderByOperator(test.ctx, 'main')
    test.clock.set('2027-06-01T09:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    await claimAll(test)
    expect((await reportOf(test.ctx, 'Spring sale')).runs[0]?.waitingFor).toEqual([
      { reason: 'sender_paused', count: 2, until: null },
    ])
  })

  it('runs a campaign without a schedule when it is launched, and only once', async () => {
    const test = await setup('2027-06-01T08:00:00Z')
    await addTestCampaign(test)
    await launchAndPlan(test, 'Spring sale')
    await sendAll(test)
    await tickAndPlan(test, 'Spring sale')
    expect((await reportOf(test.ctx, 'Spring sale')).runs).toHaveLength(1)
    expect((await showCampaign(test.ctx, 'Spring sale')).status).toBe('finished')
  })

  it('stops after the largest number of runs', async () => {
    const test = await setup('2027-06-01T08:00:00Z')
    await launch(test, { ...daily, maxRuns: 2 })
    for (const day of ['01', '02', '03']) {
      test.clock.set(`2027-06-${day}T09:00:00Z`)
      await tickAndPlan(test, 'Spring sale')
      await sendAll(test)
    }
    expect(await runsOf(test)).toHaveLength(2)
    expect((await showCampaign(test.ctx, 'Spring sale')).status).toBe('finished')
  })

  it('misses a one-shot campaign that is late by more than its catch-up', async () => {
    const test = await setup('2027-06-01T08:00:00Z')
    await launch(test, { at: '2027-06-01T09:00:00Z' })
    test.clock.set('2027-06-01T11:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    expect(await runsOf(test)).toEqual(['2027-06-01T09:00 missed downtime'])
    expect((await showCampaign(test.ctx, 'Spring sale')).status).toBe('finished')
  })

  it('keeps deciding after a downtime of more occurrences than one tick decides', async () => {
    const test = await setup('2027-06-01T00:00:00Z')
    await launch(test, { cron: '*/30 * * * *', timeZone: 'UTC' })
    test.clock.advance(8 * DAY)
    for (let i = 0; i < 4; i++) await tickAll(test.ctx)
    const runs = await runsOf(test)
    expect(runs).toHaveLength(384)
    expect(runs.filter((run) => run.endsWith('planning'))).toHaveLength(1)
  })

  it.each([
    ['latest', ['10:00']],
    ['all', ['09:50', '09:55', '10:00']],
    ['none', []],
  ])('H8: decides a downtime of weeks as one, also when it dies on the way: %s', async (missed, started) => {
    const test = await setup('2027-05-25T00:02:00Z')
    await launch(test, { every: '5m', from: '2027-01-01T00:00', timeZone: 'UTC', missed })
    test.clock.set('2027-06-01T10:02:00Z')
    const stop = new AbortController()
    setImmediate(() => stop.abort())
    await tickAll(test.ctx, { signal: stop.signal })
    const countRuns = () => test.ctx.db.read((tx) => tx.get<{ n: number }>('SELECT count(*) AS n FROM runs'))
    const first = (await countRuns())?.n ?? 0
    expect(first).toBeLessThan(2_136)
    const other = await openTestApp({ dir: test.dir, clock: test.clock })
    const result = await tickAll(other.ctx)
    expect(first + result.missed + result.started).toBe(2_136)
    expect(result.started).toBe(started.length)
    const runs = (await runsOf(test)).filter((run) => run.endsWith('planning'))
    expect(runs.map((run) => run.slice(11, 16))).toEqual(started)
    await planRuns(other.ctx)
    expect((await runsOf(test)).filter((run) => run.endsWith('planning'))).toHaveLength(Math.max(0, started.length - 1))
    expect((await countRuns())?.n).toBe(2_136)
  })
})

describe('schedules in recipients’ zones', () => {
  const zones = ['Pacific/Kiritimati', 'Europe/Berlin', 'America/New_York', 'Pacific/Pago_Pago']
  const people = ['phone,time_zone', ...zones.map((zone, n) => `+1202555010${n},${zone}`)]
  const schedule = { at: '2027-06-01T09:00', timeZone: 'recipient', fallbackTimeZone: 'UTC' }
  const content = { type: 'text', text: 'Good morning' }

  async function planned(at: string, change: Record<string, unknown> = {}, launchedAt = '2027-05-28T00:00:00Z') {
    const test = await openTestApp({ clock: new FakeClock(launchedAt) })
    await importLines(test, people)
    await addSandbox(test)
    await addTestCampaign(test, { content, schedule: { ...schedule, ...change } })
    await launchByOperator(test.ctx, 'Spring sale')
    test.clock.set(at)
    await tickAndPlan(test, 'Spring sale')
    return test
  }

  it('DS-14 plans 26 hours before, and dates each message at nine o’clock of its person', async () => {
    expect(await storedMessages(await planned('2027-05-31T06:59:59Z'))).toHaveLength(0)
    const messages = await storedMessages(await planned('2027-05-31T07:00:00Z'))
    expect(messages.map((message) => iso(message.dueAt))).toEqual([
      '2027-05-31T19:00:00.000Z',
      '2027-06-01T07:00:00.000Z',
      '2027-06-01T13:00:00.000Z',
      '2027-06-01T20:00:00.000Z',
    ])
  })

  it('DS-15 sends now to zones whose time is over, or skips them, or takes the next day', async () => {
    const late = '2027-06-01T08:00:00Z'
    const now = await storedMessages(await planned(late, {}, late))
    expect(now.slice(0, 2).map((message) => iso(message.dueAt))).toEqual([
      '2027-06-01T08:00:00.000Z',
      '2027-06-01T08:00:00.000Z',
    ])
    const skipped = await storedMessages(await planned(late, { zonePassed: 'skip' }, late))
    expect(skipped.map((message) => message.reason)).toEqual(['zone_passed', 'zone_passed', null, null])
    const nextDay = await storedMessages(await planned(late, { zonePassed: 'nextDay' }, late))
    expect(nextDay.slice(0, 2).map((message) => iso(message.dueAt))).toEqual([
      '2027-06-01T19:00:00.000Z',
      '2027-06-02T07:00:00.000Z',
    ])
  })

  it('DS-16 skips people whose next day comes after the validity', async () => {
    const test = await openTestApp({ clock: new FakeClock('2027-06-01T08:00:00Z') })
    await importLines(test, people)
    await addSandbox(test)
    await addTestCampaign(test, {
      content,
      schedule: { ...schedule, zonePassed: 'nextDay' },
      limits: { quietHours: 'ignore', frequencyCap: 'ignore', validity: '20h' },
    })
    await launchByOperator(test.ctx, 'Spring sale')
    await tickAndPlan(test, 'Spring sale')
    expect((await storedMessages(test)).map((message) => message.reason)).toEqual([
      'zone_passed',
      'zone_passed',
      null,
      null,
    ])
  })

  it('DS-17 dates two patterns of one gap at the same instant, in the order of the planned wall time', async () => {
    const test = await openTestApp({ clock: new FakeClock('2027-03-13T20:00:00Z') })
    await importPeople(test, 1)
    await addSandbox(test)
    for (const [name, cron] of [
      ['Late', '45 2 * * *'],
      ['Early', '15 2 * * *'],
    ] as const)
      await addTestCampaign(test, { name, schedule: { cron, timeZone: 'America/New_York' } })
    for (const name of ['Late', 'Early']) await launchByOperator(test.ctx, name)
    test.clock.set('2027-03-14T07:00:00Z')
    await tickAll(test.ctx)
    await planRuns(test.ctx)
    const claimed = await claimAll(test)
    const early = await storedMessages(test, 'Early')
    expect(early[0]?.dueAt).toBe(Date.parse('2027-03-14T07:00:00Z'))
    expect(claimed[0]?.messageId).toBe(early[0]?.id)
  })

  it('takes the latest clock of a country with several, so that nobody is written to too early', async () => {
    const test = await openTestApp({ clock: new FakeClock('2027-05-28T00:00:00Z') })
    await importLines(test, ['phone', '+5511987654321'])
    await addSandbox(test)
    await addTestCampaign(test, { content, schedule })
    await launchByOperator(test.ctx, 'Spring sale')
    test.clock.set('2027-05-31T07:00:00Z')
    await tickCampaign(test.ctx, 1)
    await planRuns(test.ctx)
    expect(iso((await storedMessages(test))[0]?.dueAt)).toBe('2027-06-01T14:00:00.000Z')
  })
})
