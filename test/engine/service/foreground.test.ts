// `herald run`: stays while something can go within a minute, and says of everything else what it waits for.
import { describe, expect, it } from 'vitest'
import { formatInstant } from '../../../src/domain/instant.ts'
import type { SendResult } from '../../../src/domain/send-result.ts'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { pauseByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { liveReportOf } from '../../../src/engine/report/live-report.ts'
import { type Report, reportOf, type Waiting } from '../../../src/engine/report/report.ts'
import { whyFor } from '../../../src/engine/report/why.ts'
import { pauseSenderByOperator } from '../../../src/engine/senders/senders.ts'
import { runInForeground } from '../../../src/engine/service/foreground.ts'
import { pauseCampaign } from '../../../src/store/campaigns.ts'
import {
  claim,
  claimAll,
  launchAndPlan,
  providerError,
  record,
  storedMessages,
  tickAndPlan,
} from '../../support/claims.ts'
import { FakeClock, turn } from '../../support/fake-clock.ts'
import {
  addMeta,
  addSandbox,
  addTestCampaign,
  importLines,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
} from '../../support/open-test-app.ts'
import { present } from '../../support/present.ts'
import { isAtWork } from '../../support/under-way.ts'

const name = 'Spring sale'
const START = '2027-06-01T10:00:00Z'
const MINUTE = 60_000

/** A clock that is let run meanwhile takes more of the machine's time than most tests do. */
const PATIENCE = { timeout: 60_000 }

interface Setup {
  people?: number
  sender?: Record<string, unknown>
  campaign?: Record<string, unknown>
  at?: string
}

async function setup({ people = 3, sender = {}, campaign = {}, at = START }: Setup = {}): Promise<TestApp> {
  const test = await openTestApp({ clock: new FakeClock(at) })
  await importPeople(test, people)
  await addSandbox(test, sender)
  await addTestCampaign(test, campaign)
  return test
}

/** Lets time pass in steps while nothing happens: short ones to a start, a second where only loops look around. */
async function passTime(clock: FakeClock, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    for (let turns = 0; turns < 200 && !isOver(); turns++) {
      await turn()
      if (isAtWork()) turns = 0
    }
    const nextMs = (clock.nextWake ?? clock.now()) - clock.now()
    clock.advance(nextMs < 60 ? Math.max(1, nextMs) : 1_000)
  }
}

interface Ran {
  report: Report
  tookMs: number
  statuses: string[]
}

async function run(test: TestApp, campaign = name): Promise<Ran> {
  const startedAt = test.clock.now()
  let isDone = false
  const running = runInForeground(test.ctx, test.app.connections, campaign, { isEvenIfNobody: true }).finally(() => {
    isDone = true
  })
  await passTime(test.clock, () => isDone)
  const { report } = await running
  const statuses = (await storedMessages(test, campaign)).map(({ status }) => status)
  return { report, tookMs: test.clock.now() - startedAt, statuses }
}

/** What a run leaves: within moments, and told the same by the report of the campaign and of its newest run. */
async function waitsLeft(test: TestApp): Promise<Waiting[]> {
  const { report, tookMs } = await run(test)
  expect(tookMs).toBeLessThan(MINUTE)
  expect(report.runs.flatMap(({ waitingFor }) => waitingFor)).toEqual(report.waitingFor)
  expect((await liveReportOf(test.ctx, name)).waitingFor).toEqual(report.waitingFor)
  return report.waitingFor
}

/** Records of everything that is due what its call came to. */
async function answerAll(test: TestApp, result: SendResult): Promise<void> {
  await launchAndPlan(test, name)
  await record(test, await claimAll(test), () => result)
}

const write = (test: TestApp, sql: string, params: (string | number)[] = []) =>
  test.ctx.db.write((tx) => tx.run(sql, params))

describe('a run in the foreground leaves what waits for a gate', () => {
  it('S6: a full daily limit, and says when it has its next place', PATIENCE, async () => {
    const test = await setup({ people: 5, sender: { dailyLimit: 2 } })
    const [wait, ...others] = await waitsLeft(test)
    expect(others).toEqual([])
    expect(wait).toMatchObject({ reason: 'daily_limit', count: 3 })
    const { at } = (await test.ctx.db.read((tx) =>
      tx.get<{ at: number }>('SELECT min(last_claim_at) AS at FROM contact_senders'),
    )) ?? { at: 0 }
    expect(Date.parse(wait?.until ?? '')).toBe(at + 24 * 60 * MINUTE)
  })

  it('S6: a daily limit that was lowered below what was sent needs more than one place', async () => {
    const test = await setup({ people: 4 })
    await addTestCampaign(test, { name: 'First', audience: { lists: ['people'] } })
    await launchAndPlan(test, 'First')
    await record(test, await claimAll(test, { room: 1 }))
    await importLines(test, ['phone,first_name', `${phoneNumber(9)},Ada`], { list: 'new' })
    const claimedAt = (
      await test.ctx.db.read((tx) =>
        tx.all<{ at: number }>('SELECT last_claim_at AS at FROM contact_senders ORDER BY last_claim_at'),
      )
    ).map(({ at }) => at)
    await write(test, 'UPDATE senders SET daily_limit = 2')
    await addTestCampaign(test, { name: 'Late', audience: { lists: ['new'] } })
    await launchAndPlan(test, 'Late')
    await claimAll(test)
    const { waitingFor } = await reportOf(test.ctx, 'Late')
    expect(waitingFor).toEqual([
      { reason: 'daily_limit', count: 1, until: formatInstant((claimedAt[2] ?? 0) + 24 * 60 * MINUTE) },
    ])
  })

  it('S6: a full daily limit still lets those pass who count already', PATIENCE, async () => {
    const test = await setup({ people: 2, sender: { dailyLimit: 2 } })
    await addTestCampaign(test, { name: 'First' })
    await launchAndPlan(test, 'First')
    await record(test, await claimAll(test))
    await importPeople(test, 4)
    const { report, statuses } = await run(test)
    expect(statuses.filter((status) => status !== 'pending')).toHaveLength(2)
    expect(report.waitingFor).toMatchObject([{ reason: 'daily_limit', count: 2 }])
  })

  it('S6: quiet hours', async () => {
    const limits = { quietHours: 'respect', frequencyCap: 'ignore' }
    const test = await setup({ at: '2027-06-02T03:00:00Z', campaign: { limits } })
    expect(await waitsLeft(test)).toEqual([{ reason: 'quiet_hours', count: 3, until: '2027-06-02T12:00:00Z' }])
  })

  it('S6: a frequency cap', async () => {
    const test = await setup({ campaign: { limits: { quietHours: 'ignore' } } })
    await addTestCampaign(test, { name: 'First', limits: { quietHours: 'ignore' } })
    await launchAndPlan(test, 'First')
    await record(test, await claimAll(test))
    expect(await waitsLeft(test)).toMatchObject([
      { reason: 'frequency_cap', count: 3, until: expect.stringMatching(/^2027-06-02T10:00:0/) },
    ])
  })

  it('S6: a long pair interval', async () => {
    const test = await setup({ people: 1, sender: { pairIntervalSeconds: 3_600 } })
    await addTestCampaign(test, { name: 'First' })
    await launchAndPlan(test, 'First')
    await record(test, await claimAll(test))
    expect(await waitsLeft(test)).toMatchObject([
      { reason: 'pair_limit', count: 1, until: expect.stringMatching(/^2027-06-01T11:00:0/) },
    ])
  })

  it('S6: but waits for a short pair interval', PATIENCE, async () => {
    const test = await setup({ people: 1, sender: { pairIntervalSeconds: 20 } })
    await addTestCampaign(test, { name: 'First' })
    await launchAndPlan(test, 'First')
    await record(test, await claimAll(test))
    const { report, tookMs } = await run(test)
    expect(report.campaign.status).toBe('finished')
    expect(report.waitingFor).toEqual([])
    expect(tookMs).toBeGreaterThan(19_000)
  })

  it('S6: the time in recipients’ own zones', async () => {
    const schedule = { at: '2027-06-01T18:00', timeZone: 'recipient' }
    const test = await setup({ campaign: { schedule } })
    expect(await waitsLeft(test)).toEqual([{ reason: 'schedule', count: 3, until: '2027-06-01T22:00:00Z' }])
  })

  it('S6: a run that is not due yet', async () => {
    const schedule = { at: '2027-06-03T09:00', timeZone: 'America/New_York' }
    const test = await setup({ campaign: { schedule } })
    const { report, tookMs } = await run(test)
    expect(tookMs).toBeLessThan(MINUTE)
    expect(report.runs).toEqual([])
    expect(report.waitingFor).toEqual([{ reason: 'next_run', count: 0, until: '2027-06-03T13:00:00Z' }])
  })

  it('S6: but waits for a run that is due within a minute', PATIENCE, async () => {
    const test = await setup({ campaign: { schedule: { at: '2027-06-01T10:00:30Z' } } })
    const { report } = await run(test)
    expect(report.campaign.status).toBe('finished')
  })

  it('S6: the next run of a schedule, after the present one is done', PATIENCE, async () => {
    const schedule = { every: '1d', from: '2027-06-01T10:00:10Z', timeZone: 'UTC' }
    const test = await setup({ campaign: { schedule } })
    const { report, statuses } = await run(test)
    expect(statuses.every((status) => status !== 'pending')).toBe(true)
    expect(report.waitingFor).toEqual([{ reason: 'next_run', count: 0, until: '2027-06-02T10:00:10Z' }])
  })

  it('S6: the next run in recipients’ zones, as early as it is planned', async () => {
    const schedule = { cron: '0 9 * * *', timeZone: 'recipient', fallbackTimeZone: 'UTC' }
    const test = await setup({ campaign: { schedule } })
    const { report } = await run(test)
    expect(report.waitingFor).toEqual([
      { reason: 'schedule', count: 6, until: '2027-06-01T13:00:00Z' },
      { reason: 'next_run', count: 0, until: '2027-06-02T07:00:00Z' },
    ])
  })

  it('S6: a paused sender', async () => {
    const test = await setup()
    await pauseSenderByOperator(test.ctx, 'main')
    expect(await waitsLeft(test)).toEqual([{ reason: 'sender_paused', count: 3, until: null }])
  })

  it('S6: a paused sender, although a message of its own wait is due within a minute', async () => {
    const test = await setup({ people: 1, sender: { pairIntervalSeconds: 30 } })
    await addTestCampaign(test, { name: 'First' })
    await launchAndPlan(test, 'First')
    await record(test, await claimAll(test))
    await launchAndPlan(test, name)
    await claimAll(test)
    await pauseSenderByOperator(test.ctx, 'main')
    expect(await waitsLeft(test)).toEqual([{ reason: 'sender_paused', count: 1, until: null }])
  })

  it('S6: a paused campaign', async () => {
    const test = await setup()
    await launchAndPlan(test, name)
    await pauseByOperator(test.ctx, name)
    expect(await waitsLeft(test)).toEqual([{ reason: 'campaign_paused', count: 3, until: null }])
  })

  it('S6: a paused campaign whose messages wait for something else too: that alone lets nothing go', async () => {
    const limits = { quietHours: 'respect', frequencyCap: 'ignore' }
    const test = await setup({ at: '2027-06-02T03:00:00Z', campaign: { limits } })
    await launchAndPlan(test, name)
    await claimAll(test)
    await pauseByOperator(test.ctx, name)
    expect(await waitsLeft(test)).toEqual([{ reason: 'campaign_paused', count: 3, until: null }])
    expect((await whyFor(test.ctx, name, phoneNumber(0))).decision).toBe('campaign_paused')
  })

  it('S6: a provider that cannot be reached, after a minute of trying', PATIENCE, async () => {
    const test = await setup()
    await addMeta(test, { name: 'far', baseUrl: 'http://127.0.0.1:1' })
    const content = { type: 'template', template: 'hello', language: 'en' }
    await addTestCampaign(test, { name: 'Far', sender: 'far', content })
    const { report, tookMs } = await run(test, 'Far')
    expect(report.waitingFor).toMatchObject([{ reason: 'hold', count: 3 }])
    expect(tookMs).toBeGreaterThan(MINUTE)
    expect(tookMs).toBeLessThan(3 * MINUTE)
  })

  it('S6: a paused campaign that has no run yet', async () => {
    const test = await setup({ campaign: { schedule: { at: '2027-06-03T09:00', timeZone: 'UTC' } } })
    await launchByOperator(test.ctx, name)
    await pauseByOperator(test.ctx, name)
    const { report } = await run(test)
    expect(report.waitingFor).toEqual([{ reason: 'campaign_paused', count: 0, until: null }])
  })

  it('S6: a breaker that paused the campaign', async () => {
    const test = await setup()
    await launchAndPlan(test, name)
    await test.ctx.db.write((tx) =>
      pauseCampaign(tx, 1, 'template_errors', { code: '132001' }, present(test.clock.now())),
    )
    const { report } = await run(test)
    expect(report.campaign).toMatchObject({ status: 'paused', pauseReason: 'template_errors' })
    expect(report.waitingFor).toEqual([{ reason: 'campaign_paused', count: 3, until: null }])
  })

  it('S6: a pause that the provider asked for, as a hold', async () => {
    const test = await setup()
    const error = providerError('429')
    await answerAll(test, { kind: 'throttled', scope: 'sender', retryAfterMs: 3_600_000, error })
    const [wait] = await waitsLeft(test)
    expect(wait).toMatchObject({ reason: 'hold', count: 3, until: expect.stringMatching(/^2027-06-01T11:00:0/) })
    const why = await whyFor(test.ctx, name, phoneNumber(0))
    expect(why.decision).toBe('hold')
    expect(why.checks.find(({ check }) => check === 'sender')).toMatchObject({ result: 'wait', until: wait?.until })
  })

  it('S6: a pause that a failing server asked for, with a call in doubt', async () => {
    const test = await setup()
    await launchAndPlan(test, name)
    const { claimed } = await claim(test, { room: 1 })
    await record(test, claimed, () => ({ kind: 'unknown', retryAfterMs: 3_600_000, error: providerError('http_503') }))
    expect(await waitsLeft(test)).toMatchObject([{ reason: 'hold', count: 2, until: '2027-06-01T11:00:00Z' }])
  })

  it('S6: but waits for a short hold', PATIENCE, async () => {
    const test = await setup()
    const error = providerError('429')
    await answerAll(test, { kind: 'throttled', scope: 'sender', retryAfterMs: 20_000, error })
    const { report } = await run(test)
    expect(report.campaign.status).toBe('finished')
  })

  it('S6: another attempt, later', async () => {
    const test = await setup({ people: 1 })
    const error = providerError('131000')
    await answerAll(test, { kind: 'temporary', retryAfterMs: 3_600_000, error })
    expect(await waitsLeft(test)).toMatchObject([{ reason: 'retry', count: 1 }])
  })

  it('S6: a cool-off of the person', async () => {
    const test = await setup({ people: 1, campaign: { limits: { validity: '3d', quietHours: 'ignore' } } })
    await answerAll(test, { kind: 'cool_off', error: providerError('131049') })
    expect(await waitsLeft(test)).toMatchObject([
      { reason: 'cool_off', count: 1, until: expect.stringMatching(/^2027-06-02T10:00:0/) },
    ])
  })

  it('S6: a turn at a very slow rate', async () => {
    const test = await setup({ people: 2, sender: { ratePerSecond: 1 / 300 } })
    const { report, statuses } = await run(test)
    expect(statuses.filter((status) => status === 'pending')).toHaveLength(1)
    expect(report.waitingFor).toMatchObject([
      { reason: 'rate_limit', count: 1, until: expect.stringMatching(/^2027-06-01T10:05:0/) },
    ])
  })

  it('S6: a turn at a very slow rate of the campaign', async () => {
    const limits = { quietHours: 'ignore', frequencyCap: 'ignore', ratePerSecond: 1 / 300 }
    const test = await setup({ people: 2, campaign: { limits } })
    expect((await run(test)).report.waitingFor).toMatchObject([
      { reason: 'rate_limit', count: 1, until: expect.stringMatching(/^2027-06-01T10:05:0/) },
    ])
  })

  it('S6: the run before, where one waits for the other', async () => {
    const schedule = { every: '1d', from: START, timeZone: 'UTC', overlap: 'queue' }
    const limits = { quietHours: 'ignore', frequencyCap: 'ignore', validity: '7d' }
    const test = await setup({ people: 2, campaign: { schedule, limits }, at: '2027-06-01T09:59:00Z' })
    await launchByOperator(test.ctx, name)
    test.clock.set(START)
    await tickAndPlan(test, name)
    await pauseSenderByOperator(test.ctx, 'main')
    test.clock.set('2027-06-02T10:00:00Z')
    await tickAndPlan(test, name)
    const { report } = await run(test)
    expect(report.runs.map(({ status, waitingFor }) => [status, waitingFor])).toEqual([
      ['planning', [{ reason: 'overlap', count: 0, until: null }]],
      ['sending', [{ reason: 'sender_paused', count: 2, until: null }]],
    ])
    expect(report.waitingFor.map(({ reason }) => reason)).toEqual(['sender_paused', 'overlap', 'next_run'])
  })

  it('S6: an import into its list, if that lasts', PATIENCE, async () => {
    const test = await setup()
    await launchByOperator(test.ctx, name)
    const other = await openTestApp({ dir: test.dir, clock: test.clock })
    await write(test, `UPDATE imports SET status = 'applying', node_id = ?`, [await other.ctx.node.id()])
    const { report, tookMs } = await run(test)
    expect(report.waitingFor).toEqual([{ reason: 'list_busy', count: 0, until: null }])
    expect(tookMs).toBeLessThan(2 * MINUTE)
  })

  it('S6: a message that fails again and again', PATIENCE, async () => {
    const test = await setup()
    await launchAndPlan(test, name)
    await write(test, `UPDATE messages SET variables = 'no fields' WHERE id = 2`)
    const { report, statuses } = await run(test)
    expect(statuses.filter((status) => status === 'pending')).toHaveLength(1)
    expect(report.waitingFor).toMatchObject([{ reason: 'failing', count: 1 }])
  })

  it('S6: a call of another process that does not end', PATIENCE, async () => {
    const test = await setup()
    await launchAndPlan(test, name)
    const other = await openTestApp({ dir: test.dir, clock: test.clock })
    await claim(other, { room: 1 })
    const { report, tookMs } = await run(test)
    expect(report.totals.byStatus).toMatchObject({ sending: 1, pending: 0 })
    expect(tookMs).toBeLessThan(3 * MINUTE)
  })

  it('S6: each gate by itself, where several hold', async () => {
    const limits = { quietHours: 'respect', frequencyCap: 'ignore' }
    const test = await setup({ people: 1, sender: { dailyLimit: 1 }, campaign: { limits } })
    const zones = ['America/New_York', 'Asia/Tokyo', 'Asia/Tokyo', 'Europe/Berlin', 'Europe/Berlin']
    await importLines(test, ['phone,time_zone', ...zones.map((zone, n) => `${phoneNumber(n)},${zone}`)])
    const { report } = await run(test)
    expect(report.waitingFor).toMatchObject([
      { reason: 'daily_limit', count: 3 },
      { reason: 'quiet_hours', count: 1, until: '2027-06-01T12:00:00Z' },
    ])
  })
})
