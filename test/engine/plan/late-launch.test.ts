// What a launch accepted is not dropped as late, and in recipients' zones each person's own time decides.
import { describe, expect, it } from 'vitest'
import { showCampaign } from '../../../src/engine/campaigns/campaign-view.ts'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { pauseByOperator, resumeByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { planRuns } from '../../../src/engine/plan/planner.ts'
import { tickAll } from '../../../src/engine/plan/tick.ts'
import { forecastFor } from '../../../src/engine/report/forecast.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { iso, storedMessages, tickAndPlan } from '../../support/claims.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  addSandbox,
  addTestCampaign,
  importLines,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
} from '../../support/open-test-app.ts'

const name = 'Spring sale'
const content = { type: 'text', text: 'Good morning' }
const limits = { quietHours: 'ignore', frequencyCap: 'ignore' }

async function open(at: string, zones?: readonly string[]): Promise<TestApp> {
  const test = await openTestApp({ clock: new FakeClock(at) })
  if (zones === undefined) await importPeople(test, 2)
  else await importLines(test, ['phone,time_zone', ...zones.map((zone, n) => `${phoneNumber(n)},${zone}`)])
  await addSandbox(test)
  return test
}

async function runsOf(test: TestApp): Promise<string[]> {
  const { runs } = await reportOf(test.ctx, name)
  return runs.reverse().map((run) => [run.occurrenceAt.slice(0, 10), run.status, run.reason].filter(Boolean).join(' '))
}

/** What becomes of each person, in the order of their zones: when it is due, or why they are left out. */
async function outcomes(test: TestApp): Promise<(string | null)[]> {
  return (await storedMessages(test)).map(({ status, reason, dueAt }) =>
    status === 'pending' ? iso(dueAt) : (reason ?? status),
  )
}

describe('a launch after its own time', () => {
  it.each([
    ['hours after it', {}, '36h', '2027-06-01T05:00', true],
    ['days after it', {}, '36h', '2027-05-20T05:00', true],
    ['later than its validity', {}, '5m', '2027-06-01T09:51', false],
    ['later than its catch-up', { catchUp: '1m' }, '36h', '2027-06-01T09:51', false],
    ['when nothing is caught up', { missed: 'none' }, '36h', '2027-06-01T09:51', false],
  ])('S1: sends to everybody, %s', async (_, change, validity, at, isSendNow) => {
    const test = await open('2027-06-01T10:00:00Z')
    const schedule = { at, timeZone: 'UTC', ...change }
    await addTestCampaign(test, { content, schedule, limits: { ...limits, validity } })
    expect((await forecastFor(test.ctx, name)).byOutcome).toMatchObject({ sent: 2 })
    await launchByOperator(test.ctx, name, { isSendNow })
    test.clock.advance(2_000)
    await tickAndPlan(test, name)
    expect((await runsOf(test)).map((run) => run.slice(11))).toEqual(['sending'])
    const messages = await storedMessages(test)
    const launchedAt = Date.parse('2027-06-01T10:00:00Z')
    expect(messages.map(({ status, scheduledAt }) => [status, scheduledAt])).toEqual([
      ['pending', launchedAt],
      ['pending', launchedAt],
    ])
    expect(messages[0]?.expiresAt).toBe(launchedAt + (validity === '5m' ? 300_000 : 36 * 3_600_000))
  })

  it('S1: waits for whoever runs first when nobody ran at the launch', async () => {
    const test = await open('2027-06-01T10:00:00Z')
    await addTestCampaign(test, { content, schedule: { at: '2027-06-01T09:55', timeZone: 'UTC', missed: 'none' } })
    await launchByOperator(test.ctx, name)
    test.clock.advance(5 * 3_600_000)
    await tickAndPlan(test, name)
    expect(await runsOf(test)).toEqual(['2027-06-01 sending'])
  })
})

describe('in recipients’ zones', () => {
  const zones = ['Pacific/Kiritimati', 'Europe/Berlin', 'America/New_York', 'Pacific/Pago_Pago']
  const at = { at: '2027-06-01T09:00', timeZone: 'recipient', fallbackTimeZone: 'UTC' }

  it.each([
    ['now', ['2027-06-01T11:30:00.000Z', '2027-06-01T11:30:00.000Z']],
    ['skip', ['zone_passed', 'zone_passed']],
    ['nextDay', ['2027-06-01T19:00:00.000Z', '2027-06-02T07:00:00.000Z']],
  ])('S2: loses nobody whose time is ahead, hours after it in the fallback zone: %s', async (zonePassed, passed) => {
    const test = await open('2027-06-01T11:30:00Z', zones)
    await addTestCampaign(test, { content, schedule: { ...at, zonePassed, catchUp: '1m' } })
    const forecast = await forecastFor(test.ctx, name)
    expect(forecast.byOutcome.skipped).toBe(zonePassed === 'skip' ? 2 : 0)
    await launchByOperator(test.ctx, name)
    test.clock.advance(1_000)
    await tickAndPlan(test, name)
    expect(await outcomes(test)).toEqual([...passed, '2027-06-01T13:00:00.000Z', '2027-06-01T20:00:00.000Z'])
  })

  it('S2: judges a downtime by each person’s own time, as the forecast says', async () => {
    const test = await open('2027-05-30T00:00:00Z', zones)
    await addTestCampaign(test, { content, schedule: { ...at, catchUp: '2h' } })
    await launchByOperator(test.ctx, name)
    test.clock.set('2027-06-01T14:30:00Z')
    expect((await forecastFor(test.ctx, name)).skippedBy).toEqual({ missed: 2 })
    await tickAndPlan(test, name)
    expect(await outcomes(test)).toEqual(['missed', 'missed', '2027-06-01T13:00:00.000Z', '2027-06-01T20:00:00.000Z'])
  })

  it('S2: catches up for each person the latest of several times that were missed', async () => {
    const test = await open('2027-05-30T12:00:00Z', ['Pacific/Kiritimati', 'Pacific/Pago_Pago'])
    const daily = { cron: '0 9 * * *', timeZone: 'recipient', fallbackTimeZone: 'UTC', catchUp: '3d' }
    await addTestCampaign(test, { content, schedule: daily, limits: { ...limits, validity: '4d' } })
    await launchByOperator(test.ctx, name)
    test.clock.set('2027-06-03T12:00:00Z')
    await tickAndPlan(test, name)
    const pending = (await storedMessages(test)).filter(
      ({ status, dueAt }) => status === 'pending' && dueAt <= test.clock.now(),
    )
    expect(pending.map(({ phone, dueAt }) => [phone, iso(dueAt)])).toEqual([
      [phoneNumber(1), '2027-06-02T20:00:00.000Z'],
      [phoneNumber(0), '2027-06-02T19:00:00.000Z'],
    ])
  })

  it('S2: counts a recurring campaign for each person from the launch', async () => {
    const test = await open('2027-06-01T10:00:00Z', zones)
    await addTestCampaign(test, {
      content,
      schedule: { cron: '0 9 * * *', timeZone: 'recipient', fallbackTimeZone: 'UTC' },
    })
    await launchByOperator(test.ctx, name)
    await tickAndPlan(test, name)
    const first = (await outcomes(test)).slice(0, 4)
    expect(first).toEqual(['zone_passed', 'zone_passed', '2027-06-01T13:00:00.000Z', '2027-06-01T20:00:00.000Z'])
  })
})

describe('a pause', () => {
  const daily = { cron: '0 9 * * *', timeZone: 'UTC' }

  it.each([true, false])('S8: covers the same whether a service runs meanwhile or not (%s)', async (isServed) => {
    const test = await open('2027-06-01T08:00:00Z')
    await addTestCampaign(test, { content, schedule: daily })
    await launchByOperator(test.ctx, name)
    await pauseByOperator(test.ctx, name)
    for (const at of ['2027-06-01T09:00:01Z', '2027-06-02T09:00:01Z', '2027-06-02T09:30:00Z']) {
      test.clock.set(at)
      if (isServed) await tickAll(test.ctx)
    }
    const resumed = await resumeByOperator(test.ctx, name)
    expect(resumed).toMatchObject({ status: 'scheduled', skipped: 2, nextRunAt: '2027-06-03T09:00:00Z' })
    expect(resumed.warnings).toContain('2 occurrences came during the pause and were skipped')
    await tickAll(test.ctx)
    expect(await runsOf(test)).toEqual(['2027-06-01 skipped paused', '2027-06-02 skipped paused'])
  })

  it.each([true, false])('S8: over the time of a single one ends the campaign, and says so (%s)', async (isServed) => {
    const test = await open('2027-06-01T08:00:00Z')
    await addTestCampaign(test, { content, schedule: { at: '2027-06-01T09:00', timeZone: 'UTC' } })
    await launchByOperator(test.ctx, name)
    await pauseByOperator(test.ctx, name)
    test.clock.set('2027-06-01T09:20:00Z')
    if (isServed) await tickAll(test.ctx)
    const resumed = await resumeByOperator(test.ctx, name)
    expect(resumed).toMatchObject({ status: 'finished', skipped: 1, nextRunAt: null })
    expect(resumed.warnings).toContain(
      '1 occurrence came during the pause and was skipped: no other is left, and the campaign is finished',
    )
    expect(await runsOf(test)).toEqual(['2027-06-01 skipped paused'])
  })

  it.each([true, false])('S8: leaves what was due before it to go on after it (%s)', async (isServed) => {
    const test = await open('2027-06-01T08:00:00Z')
    await addTestCampaign(test, { content, schedule: daily })
    await launchByOperator(test.ctx, name)
    test.clock.set('2027-06-01T09:00:10Z')
    if (isServed) await tickAll(test.ctx)
    await pauseByOperator(test.ctx, name)
    test.clock.set('2027-06-02T12:00:00Z')
    if (isServed) await tickAll(test.ctx)
    expect(await resumeByOperator(test.ctx, name)).toMatchObject({ status: 'running', skipped: 1 })
    await planRuns(test.ctx)
    expect(await runsOf(test)).toEqual(['2027-06-01 sending', '2027-06-02 skipped paused'])
  })

  it.each([true, false])('S8: covers in recipients’ zones those whose time came during it (%s)', async (isServed) => {
    const test = await open('2027-05-30T00:00:00Z', ['Pacific/Kiritimati', 'Europe/Berlin', 'America/New_York'])
    const at = { at: '2027-06-01T09:00', timeZone: 'recipient', fallbackTimeZone: 'UTC' }
    await addTestCampaign(test, { content, schedule: at })
    await launchByOperator(test.ctx, name)
    await pauseByOperator(test.ctx, name)
    for (const tickAt of ['2027-05-31T07:00:00Z', '2027-06-01T09:00:01Z', '2027-06-01T10:00:00Z']) {
      test.clock.set(tickAt)
      if (isServed) await tickAll(test.ctx)
    }
    await resumeByOperator(test.ctx, name)
    await planRuns(test.ctx)
    expect(await outcomes(test)).toEqual(['paused', 'paused', '2027-06-01T13:00:00.000Z'])
    expect((await showCampaign(test.ctx, name)).status).toBe('running')
  })
})
