// Validity and the 35 days: nothing extends them, and what they end says so.
import { describe, expect, it } from 'vitest'
import { showCampaign } from '../../../src/engine/campaigns/campaign-view.ts'
import { addCampaign, editCampaign } from '../../../src/engine/campaigns/drafts.ts'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { pauseByOperator, resumeByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { HttpClient } from '../../../src/providers/http-client.ts'
import { sandboxProvider } from '../../../src/providers/sandbox/driver.ts'
import { applyStatus } from '../../support/callbacks.ts'
import {
  accepted,
  claimAll,
  iso,
  launchAndPlan,
  providerError,
  record,
  storedMessages,
  tickAndPlan,
} from '../../support/claims.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  addMeta,
  addSandbox,
  addTestCampaign,
  campaignDefinition,
  importLines,
  importPeople,
  openTestApp,
  templateContent,
} from '../../support/open-test-app.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

async function setup(people = 1) {
  const test = await openTestApp()
  await importPeople(test, people)
  await addSandbox(test)
  return test
}

describe('validity', () => {
  it('VA-01 sends until the last millisecond, VA-02 expires at the end of the validity', async () => {
    for (const [at, status] of [
      [36 * HOUR - 1, 'sending'],
      [36 * HOUR, 'expired'],
    ] as const) {
      const test = await setup()
      await addTestCampaign(test)
      await launchAndPlan(test, 'Spring sale')
      test.clock.advance(at)
      await claimAll(test)
      expect((await storedMessages(test))[0]?.status).toBe(status)
    }
  })

  it('VA-03 starts the clock of validity at the planned instant, not when the campaign was made', async () => {
    const test = await setup()
    await addTestCampaign(test, { schedule: { at: '2027-06-11T10:00:00Z' } })
    await launchByOperator(test.ctx, 'Spring sale')
    test.clock.advance(10 * DAY)
    await tickAndPlan(test, 'Spring sale')
    expect(iso((await storedMessages(test))[0]?.expiresAt)).toBe('2027-06-12T22:00:00.000Z')
  })

  it('VA-04 leaves the end of validity where it is when quiet hours defer', async () => {
    const test = await openTestApp({ clock: new FakeClock('2027-06-02T02:00:00Z') })
    await importPeople(test, 1)
    await addSandbox(test)
    await addTestCampaign(test, { limits: { frequencyCap: 'ignore' } })
    await launchAndPlan(test, 'Spring sale')
    const before = (await storedMessages(test))[0]?.expiresAt
    await claimAll(test)
    expect((await storedMessages(test))[0]).toMatchObject({ waitReason: 'quiet_hours', expiresAt: before })
  })

  it('VA-05 expires at once when the next retry would come too late, and keeps the last error', async () => {
    const test = await setup()
    await addTestCampaign(test, { limits: { quietHours: 'ignore', frequencyCap: 'ignore', validity: '20s' } })
    await launchAndPlan(test, 'Spring sale')
    await record(test, await claimAll(test), () => ({
      kind: 'temporary',
      retryAfterMs: null,
      error: providerError('503'),
    }))
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'expired', detail: 'text of 503' })
  })

  it('VA-06 lets a call finish that was on the wire when the validity ended', async () => {
    const test = await setup()
    await addTestCampaign(test)
    await launchAndPlan(test, 'Spring sale')
    const claimed = await claimAll(test)
    test.clock.advance(40 * HOUR)
    await record(test, claimed)
    expect((await storedMessages(test))[0]?.status).toBe('accepted')
  })

  it('VA-07 tells a provider that knows validity the whole seconds that are left', async () => {
    const clock = new FakeClock(0)
    const statuses: string[] = []
    const http = new HttpClient({ baseUrl: 'https://sandbox.invalid', connections: 1, deadlineMs: 1000 })
    const driver = sandboxProvider.connect({
      settings: {},
      baseUrl: '',
      http,
      webhookUrl: undefined,
      now: () => clock.now(),
      wait: async (at) => clock.set(at),
      receive: async (body) => void statuses.push((JSON.parse(body) as { status: string }).status),
    })
    const message = {
      to: '+12025550100',
      content: { type: 'text' as const, text: 'x' },
      reference: 'r',
      useCase: 'marketing' as const,
      tags: [],
      campaign: 'c',
      respectsCaps: false,
      respectsQuietHours: false,
      assumesSession: false,
      begin: () => true,
    }
    // Below the provider's smallest unit nothing is told; a whole second is enough for every status.
    await driver.send({ ...message, expiresAt: 999 })
    await driver.settled?.()
    expect(statuses).toEqual(['sent', 'delivered', 'read'])
  })

  it('VA-08 warns before the launch when only we can keep a short validity', async () => {
    const test = await openTestApp()
    await importPeople(test, 1)
    await addMeta(test)
    await addTestCampaign(test, { content: templateContent, limits: { quietHours: 'ignore', validity: '2h' } })
    const launched = await launchByOperator(test.ctx, 'Spring sale')
    expect(launched.warnings.join()).toContain('may still be delivered later')
  })

  it('VA-09 shows what was delivered after its validity', async () => {
    const test = await openTestApp()
    await importPeople(test, 1)
    await addMeta(test)
    await addTestCampaign(test, { content: templateContent })
    await launchAndPlan(test, 'Spring sale')
    await record(test, await claimAll(test), () => accepted(1))
    test.clock.advance(37 * HOUR)
    await applyStatus(test, { trackingId: 'track-1', status: 'delivered' })
    const report = await reportOf(test.ctx, 'Spring sale')
    expect(report.runs[0]).toMatchObject({ lateDelivered: 1, byStatus: { delivered: 1 } })
  })

  it('VA-11 ends earlier for a person whose own column says so, VA-12 creates one that is over as expired', async () => {
    const test = await openTestApp()
    await addSandbox(test)
    await importLines(test, [
      'phone,offer_ends_at',
      '+12025550100,2027-06-01T12:00',
      '+12025550101,2027-06-01T09:00',
      '+12025550102,',
    ])
    await addTestCampaign(test, {
      content: { type: 'text', text: 'Hi' },
      limits: { quietHours: 'ignore', validUntilField: 'offer_ends_at' },
    })
    await launchAndPlan(test, 'Spring sale')
    const messages = await storedMessages(test)
    expect(messages.map(({ status, expiresAt }) => [status, iso(expiresAt)])).toEqual([
      ['pending', '2027-06-01T12:00:00.000Z'],
      ['expired', '2027-06-01T09:00:00.000Z'],
      ['pending', '2027-06-02T22:00:00.000Z'],
    ])
    const report = await reportOf(test.ctx, 'Spring sale')
    expect(report.runs[0]).toMatchObject({ audience: 3, byStatus: { pending: 2, expired: 1 } })
  })

  it('VA-13 warns when the rate cannot finish within the validity', async () => {
    const test = await openTestApp()
    await importPeople(test, 30)
    await addSandbox(test, { ratePerSecond: 2 })
    await addTestCampaign(test, { useCase: 'authentication', limits: { validity: '10s' } })
    const launched = await launchByOperator(test.ctx, 'Spring sale')
    expect(launched.warnings.join()).toMatch(
      /^about 10 of 30 people will not get it in time, at most 20 will: 10 by the rate of 2 a second;/,
    )
  })

  it('VA-14 starts no run whose messages would be expired before the first could go', async () => {
    const test = await setup()
    await addTestCampaign(test, {
      schedule: { cron: '0 12 * * *', timeZone: 'UTC', missed: 'all' },
      limits: { quietHours: 'ignore', validity: '30m' },
    })
    await launchByOperator(test.ctx, 'Spring sale')
    test.clock.set('2027-06-01T13:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    const report = await reportOf(test.ctx, 'Spring sale')
    expect(report.runs[0]).toMatchObject({ status: 'missed', reason: 'expired', audience: 0 })
  })

  it('VA-15 says before resuming how many expire, and expires them', async () => {
    const test = await setup(3)
    await addTestCampaign(test)
    await launchAndPlan(test, 'Spring sale')
    await pauseByOperator(test.ctx, 'Spring sale')
    test.clock.advance(3 * DAY)
    expect(await resumeByOperator(test.ctx, 'Spring sale')).toMatchObject({ willExpire: 3 })
    await claimAll(test)
    expect((await storedMessages(test)).map((message) => message.status)).toEqual(['expired', 'expired', 'expired'])
    expect((await showCampaign(test.ctx, 'Spring sale')).status).toBe('finished')
  })
})

describe('the 35 days', () => {
  it('HZ-01 takes exactly 35 days, HZ-02 refuses a millisecond more and names the latest instant', async () => {
    const test = await setup()
    await addTestCampaign(test, { name: 'Exact', schedule: { at: '2027-07-06T10:00:00Z' } })
    await addTestCampaign(test, { name: 'Over', schedule: { at: '2027-07-06T10:00:00.001Z' } })
    expect((await launchByOperator(test.ctx, 'Exact')).status).toBe('scheduled')
    await expect(launchByOperator(test.ctx, 'Over')).rejects.toMatchObject({
      code: 'schedule.too_far',
      details: { latest: '2027-07-06T10:00:00Z' },
    })
  })

  it('HZ-05 refuses the whole launch when people in later zones are outside, with their number', async () => {
    const test = await openTestApp()
    await addSandbox(test)
    await importLines(test, [
      'phone,time_zone',
      '+12025550100,Pacific/Kiritimati',
      '+12025550101,Pacific/Pago_Pago',
      '+12025550102,Pacific/Honolulu',
    ])
    await addTestCampaign(test, {
      content: { type: 'text', text: 'x' },
      schedule: { at: '2027-07-06T09:00', timeZone: 'recipient', fallbackTimeZone: 'UTC' },
    })
    await expect(launchByOperator(test.ctx, 'Spring sale')).rejects.toMatchObject({
      code: 'schedule.too_far',
      details: { people: 2, latest: '2027-07-05T23:00' },
    })
    expect((await showCampaign(test.ctx, 'Spring sale')).status).toBe('draft')
  })

  it('HZ-06 saves a draft for a far date and measures at the launch', async () => {
    const test = await setup()
    await addTestCampaign(test, { schedule: { at: '2027-07-31T10:00:00Z' } })
    await expect(launchByOperator(test.ctx, 'Spring sale')).rejects.toMatchObject({ code: 'schedule.too_far' })
    test.clock.advance(30 * DAY)
    expect((await launchByOperator(test.ctx, 'Spring sale')).status).toBe('scheduled')
  })

  it('HZ-09 measures again from the edit', async () => {
    const test = await setup()
    await addTestCampaign(test, { schedule: { at: '2027-06-20T10:00:00Z' } })
    await launchByOperator(test.ctx, 'Spring sale')
    await pauseByOperator(test.ctx, 'Spring sale')
    test.clock.advance(10 * DAY)
    await expect(
      editCampaign(test.ctx, 'Spring sale', campaignDefinition({ schedule: { at: '2027-07-17T10:00:00Z' } })),
    ).rejects.toMatchObject({ code: 'schedule.too_far' })
    await editCampaign(test.ctx, 'Spring sale', campaignDefinition({ schedule: { at: '2027-07-16T10:00:00Z' } }))
    await resumeByOperator(test.ctx, 'Spring sale')
    expect((await showCampaign(test.ctx, 'Spring sale')).nextRunAt).toBe('2027-07-16T10:00:00Z')
  })

  it('HZ-10 takes a time just past as now and says so, HZ-11 refuses one further back unless asked', async () => {
    const test = await setup()
    await addTestCampaign(test, { name: 'Just past', schedule: { at: '2027-06-01T09:51:00Z' } })
    await launchAndPlan(test, 'Just past')
    expect((await reportOf(test.ctx, 'Just past')).runs[0]).toMatchObject({
      status: 'sending',
      warnings: [expect.stringContaining('was_past')],
    })
    await addTestCampaign(test, { name: 'Past', schedule: { at: '2027-06-01T09:49:00Z' } })
    await expect(launchByOperator(test.ctx, 'Past')).rejects.toMatchObject({ code: 'schedule.in_the_past' })
    await launchByOperator(test.ctx, 'Past', { isSendNow: true })
    await tickAndPlan(test, 'Past')
    expect((await reportOf(test.ctx, 'Past')).runs[0]?.status).toBe('sending')
  })

  it('HZ-12 sends at a time three minutes ahead at that time', async () => {
    const test = await setup()
    await addTestCampaign(test, { schedule: { at: '2027-06-01T10:03:00Z' } })
    await launchAndPlan(test, 'Spring sale')
    expect(await storedMessages(test)).toHaveLength(0)
    test.clock.set('2027-06-01T10:03:00Z')
    await tickAndPlan(test, 'Spring sale')
    const [claimed] = await claimAll(test)
    expect((claimed?.startAtUs ?? 0) / 1000).toBe(Date.parse('2027-06-01T10:03:00Z'))
  })

  it('HZ-13 refuses a date-time without offset and without zone', async () => {
    const test = await setup()
    await expect(
      addCampaign(test.ctx, campaignDefinition({ schedule: { at: '2027-06-02T10:00' } })),
    ).rejects.toMatchObject({ code: 'date.zone_missing' })
  })

  it('HZ-14 takes a yearly rule and makes its run when it is due', async () => {
    const test = await setup()
    await addTestCampaign(test, { schedule: { cron: '0 9 18 12 *', timeZone: 'UTC' } })
    await launchAndPlan(test, 'Spring sale')
    expect(await storedMessages(test)).toHaveLength(0)
    test.clock.set('2027-12-18T09:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    expect(await storedMessages(test)).toHaveLength(1)
  })
})
