// A launch that reaches nobody is never green, and the number to confirm is the number of people who will get it: for
// every rule that leaves people out, as planning and the claim then do.
import { describe, expect, it } from 'vitest'
import { launchByOperator, reviewLaunch } from '../../../src/engine/campaigns/launch.ts'
import { prepareTest } from '../../../src/engine/campaigns/test-send.ts'
import { addSuppression } from '../../../src/engine/contacts/suppressions.ts'
import { forecastFor } from '../../../src/engine/report/forecast.ts'
import { nobodyGotText } from '../../../src/engine/report/reach-words.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { claimAll, launchAndPlan, record, tickAndPlan } from '../../support/claims.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  addMeta,
  addTestCampaign,
  importLines,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
  templateContent,
} from '../../support/open-test-app.ts'

async function open(at = '2027-06-01T14:00:00Z'): Promise<TestApp> {
  const test = await openTestApp({ clock: new FakeClock(at) })
  await addMeta(test)
  return test
}

async function suppressAll(test: TestApp): Promise<void> {
  await importPeople(test, 3)
  for (const n of [0, 1, 2]) await addSuppression(test.ctx, phoneNumber(n), { reason: 'opted_out', evidence: 'letter' })
  await addTestCampaign(test, { content: templateContent })
}

const voucherContent = { ...templateContent, body: ['{{ voucher }}'] }

/** Each rule that can leave everybody out, with the audience that it does so to. */
const kinds: [string, string, Record<string, number>, (test: TestApp) => Promise<unknown>, string?][] = [
  ['everybody has opted out', 'campaign.reaches_nobody', { opted_out: 3 }, suppressAll],
  [
    'nobody has the field',
    'campaign.reaches_nobody',
    { missing_variable: 2 },
    async (test) => {
      await importLines(test, ['phone,voucher', `${phoneNumber(0)},`, `${phoneNumber(1)},`])
      await addTestCampaign(test, { content: voucherContent, missingVariable: 'skip' })
    },
  ],
  [
    'the validity of everybody is over',
    'campaign.reaches_nobody',
    { expired: 1 },
    async (test) => {
      await importLines(test, ['phone,ends', `${phoneNumber(0)},2027-06-01T13:00:00Z`])
      const limits = { validUntilField: 'ends', quietHours: 'ignore', frequencyCap: 'ignore' }
      await addTestCampaign(test, { content: templateContent, limits })
    },
  ],
  [
    'the caps have no place before it expires',
    'campaign.reaches_nobody',
    { frequency_cap: 2 },
    async (test) => {
      await importPeople(test, 2)
      await addTestCampaign(test, { name: 'First', content: templateContent })
      await launchAndPlan(test, 'First')
      await record(test, await claimAll(test))
      const limits = { quietHours: 'ignore', frequencyCap: 'respect', validity: '10h' }
      await addTestCampaign(test, { content: templateContent, limits })
    },
  ],
  [
    'nobody has an open session',
    'campaign.reaches_nobody',
    { no_session: 2 },
    async (test) => {
      await importPeople(test, 2)
      await addTestCampaign(test)
    },
  ],
  [
    'the time has passed in every zone',
    'campaign.reaches_nobody',
    { zone_passed: 1 },
    async (test) => {
      await importLines(test, ['phone,time_zone', `${phoneNumber(0)},Asia/Tokyo`])
      const schedule = { at: '2027-06-01T16:00', timeZone: 'recipient', zonePassed: 'skip', fallbackTimeZone: 'UTC' }
      await addTestCampaign(test, { content: templateContent, schedule })
    },
  ],
  [
    'quiet hours last until it expires',
    'campaign.reaches_nobody',
    { quiet_hours_no_time_left: 2 },
    async (test) => {
      await importPeople(test, 2)
      const limits = { quietHours: 'respect', frequencyCap: 'ignore', validity: '2h' }
      await addTestCampaign(test, { content: templateContent, limits })
    },
    '2027-06-02T03:00:00Z',
  ],
  [
    'quiet hours leave everybody out',
    'campaign.reaches_nobody',
    { quiet_hours: 2 },
    async (test) => {
      await importPeople(test, 2)
      await addTestCampaign(test, {
        content: templateContent,
        limits: { quietHours: 'skip', frequencyCap: 'ignore' },
      })
    },
    '2027-06-02T03:00:00Z',
  ],
  [
    'the sender does not write to groups',
    'campaign.reaches_nobody',
    { invalid_number: 1 },
    async (test) => {
      await importLines(test, ['phone', 'club-7'], { isGroups: true, isForced: true })
      await addTestCampaign(test, { content: templateContent })
    },
  ],
  [
    'the audience is empty',
    'campaign.audience_empty',
    {},
    async (test) => {
      await importPeople(test, 2)
      const audience = { lists: ['people'], filter: { field: 'first_name', is: 'no one' } }
      await addTestCampaign(test, { content: templateContent, audience })
    },
  ],
]

describe('a launch that reaches nobody', () => {
  it.each(kinds)('S1, S10: wants an explicit yes when %s', async (_, code, leftOutBy, prepare, at) => {
    const test = await open(at)
    await prepare(test)
    const people = Object.values(leftOutBy).reduce((sum, one) => sum + one, 0)
    const forecast = await forecastFor(test.ctx, 'Spring sale')
    expect(forecast).toMatchObject({ audience: people, recipients: 0, leftOutBy })
    expect(forecast.warnings[0]).toMatch(new RegExp(`^nobody will get it: .+ \\(${code}\\)$`))
    expect(await reviewLaunch(test.ctx, 'Spring sale')).toMatchObject({
      people,
      recipients: 0,
      leftOutBy,
      refusals: [{ code, hint: expect.stringContaining('--even-if-nobody') }],
    })
    await expect(launchByOperator(test.ctx, 'Spring sale')).rejects.toMatchObject({
      code,
      details: { people, recipients: 0, leftOutBy },
    })
    const launched = await launchByOperator(test.ctx, 'Spring sale', { isEvenIfNobody: true, confirmedCount: 0 })
    expect(launched).toMatchObject({ status: 'scheduled', reach: { people, recipients: 0, leftOutBy } })
    await tickAndPlan(test, 'Spring sale')
    expect(await claimAll(test)).toEqual([])
    const [run] = (await reportOf(test.ctx, 'Spring sale')).runs
    expect(run).toMatchObject({ status: 'finished', audience: people, reachedNobody: true })
    if (run !== undefined) expect(nobodyGotText(run)).toMatch(/^nobody got it: ./)
  })

  it('S1: says how many are left out for each reason, in one sentence, with the way out', async () => {
    const test = await open()
    await suppressAll(test)
    await importLines(test, ['phone,time_zone', `${phoneNumber(7)},America/New_York`], { list: 'more' })
    await addTestCampaign(test, { name: 'Text', audience: { lists: ['people', 'more'] } })
    await expect(launchByOperator(test.ctx, 'Text')).rejects.toMatchObject({
      message: 'nobody would get campaign "Text": 3 opted out, 1 without an open session',
      hint: expect.stringMatching(/^Check lists and filter .* To launch it anyway, confirm/),
    })
  })

  it('S1: is a warning for a recurring campaign, whose audience may grow', async () => {
    const test = await open()
    await suppressAll(test)
    const schedule = { cron: '0 12 * * *', timeZone: 'UTC' }
    await addTestCampaign(test, { name: 'Daily', content: templateContent, schedule })
    const warning = expect.stringMatching(/^nobody would get the first occurrence: 3 opted out; later ones/)
    expect(await reviewLaunch(test.ctx, 'Daily')).toMatchObject({ refusals: [], warnings: [warning] })
    expect((await launchByOperator(test.ctx, 'Daily')).warnings).toEqual([warning])
  })

  it('S1: keeps no test message from leaving', async () => {
    const test = await open()
    await suppressAll(test)
    expect(await prepareTest(test.ctx, 'Spring sale', '+12025550190')).toMatchObject({ phone: '+12025550190' })
  })

  it('S1: wants no more than the number as soon as one person gets it, and still says how few', async () => {
    const test = await open()
    await suppressAll(test)
    await importLines(test, ['phone', phoneNumber(9)])
    expect(await launchByOperator(test.ctx, 'Spring sale', { confirmedCount: 1 })).toMatchObject({
      reach: { people: 4, recipients: 1, leftOutBy: { opted_out: 3 } },
      warnings: ['only 1 of 4 people will get it: 3 opted out (campaign.mostly_left_out)'],
    })
  })
})

describe('how few get it', () => {
  it('D1: is said alike by forecast, review and launch, and of a recurring campaign as of its next occurrence', async () => {
    for (const [schedule, words] of [
      [undefined, 'only 1 of 4 people will get it: 3 opted out (campaign.mostly_left_out)'],
      [
        { cron: '0 18 * * *', timeZone: 'UTC' },
        'only 1 of 4 people will get the next occurrence: 3 opted out; later ones go to the people who are in the audience then (campaign.mostly_left_out)',
      ],
    ] as const) {
      const test = await open()
      await importPeople(test, 3)
      for (const n of [0, 1, 2])
        await addSuppression(test.ctx, phoneNumber(n), { reason: 'opted_out', evidence: 'letter' })
      await addTestCampaign(test, { content: templateContent, schedule })
      await importLines(test, ['phone', phoneNumber(9)])
      expect((await forecastFor(test.ctx, 'Spring sale')).warnings).toContain(words)
      expect((await reviewLaunch(test.ctx, 'Spring sale')).warnings).toContain(words)
      expect((await launchByOperator(test.ctx, 'Spring sale')).warnings).toContain(words)
    }
  })
})

describe('the number that is confirmed', () => {
  it('S10: is the number of people who will get it, not of the audience', async () => {
    const test = await open()
    await importPeople(test, 5)
    await addSuppression(test.ctx, phoneNumber(1))
    await addTestCampaign(test, { content: templateContent })
    for (const confirmedCount of [0, 3, 5])
      await expect(launchByOperator(test.ctx, 'Spring sale', { confirmedCount })).rejects.toMatchObject({
        code: 'campaign.audience_changed',
        message: `4 people of 5 will get it, not ${confirmedCount}`,
        details: { people: 5, recipients: 4, leftOutBy: { blocked: 1 } },
      })
    expect((await launchByOperator(test.ctx, 'Spring sale', { confirmedCount: 4 })).status).toBe('scheduled')
  })

  it('S10: may be some seconds old where time leaves people out', async () => {
    const test = await open()
    await importPeople(test, 120)
    // In New York it is an hour before quiet hours, and the message is not worth sending after them.
    test.clock.set('2027-06-02T00:58:30Z')
    await addMeta(test, { name: 'slow', ratePerSecond: 1 })
    const limits = { quietHours: 'respect', frequencyCap: 'ignore', validity: '2h' }
    await addTestCampaign(test, { sender: 'slow', content: templateContent, limits })
    const { recipients } = await reviewLaunch(test.ctx, 'Spring sale')
    expect(recipients).toBeGreaterThan(80)
    expect(recipients).toBeLessThan(120)
    test.clock.advance(1_000)
    await expect(launchByOperator(test.ctx, 'Spring sale', { confirmedCount: recipients + 20 })).rejects.toMatchObject({
      code: 'campaign.audience_changed',
    })
    expect((await launchByOperator(test.ctx, 'Spring sale', { confirmedCount: recipients })).status).toBe('scheduled')
  })
})
