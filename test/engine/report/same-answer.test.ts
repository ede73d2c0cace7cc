// One person, several who ask: forecast, why, review, preview and the run itself give the same answer.
import { describe, expect, it } from 'vitest'
import { countAudience } from '../../../src/engine/campaigns/audience-count.ts'
import { previewContent } from '../../../src/engine/campaigns/content-preview.ts'
import { launchByOperator, reviewLaunch } from '../../../src/engine/campaigns/launch.ts'
import { addSuppression } from '../../../src/engine/contacts/suppressions.ts'
import { forecastFor } from '../../../src/engine/report/forecast.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { resolveUnknown } from '../../../src/engine/report/unknown.ts'
import { whyFor } from '../../../src/engine/report/why.ts'
import { setSender } from '../../../src/engine/senders/senders.ts'
import { applyInbound } from '../../support/callbacks.ts'
import {
  claim,
  claimAll,
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
  importLines,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
  templateContent,
} from '../../support/open-test-app.ts'

const voucherContent = { ...templateContent, body: ['Code {{ voucher }}'] }
const rulesApply = { quietHours: 'respect', frequencyCap: 'respect' }

async function open(at = '2027-06-01T14:00:00Z'): Promise<TestApp> {
  const test = await openTestApp({ clock: new FakeClock(at) })
  await addMeta(test)
  return test
}

describe('whoever asks about a person', () => {
  it.each([
    ['1h', { zone_passed: 1 }],
    ['20h', { zone_passed: 1 }],
    ['30h', {}],
  ])('H19: hears the same of a zone that waits for the next day, valid for %s', async (validity, skippedBy) => {
    const test = await open('2027-06-01T06:30:00Z')
    await importLines(test, [
      'phone,time_zone',
      `${phoneNumber(0)},Europe/Berlin`,
      `${phoneNumber(1)},Pacific/Auckland`,
    ])
    const schedule = { at: '2027-06-01T09:00', timeZone: 'recipient', zonePassed: 'nextDay', fallbackTimeZone: 'UTC' }
    const limits = { validity, quietHours: 'ignore', frequencyCap: 'ignore' }
    await addTestCampaign(test, { content: templateContent, schedule, limits })
    const forecast = await forecastFor(test.ctx, 'Spring sale')
    expect(forecast.skippedBy).toEqual(skippedBy)
    await launchAndPlan(test, 'Spring sale')
    test.clock.set('2027-06-01T07:00:00Z')
    await record(test, await claimAll(test))
    test.clock.set('2027-06-01T21:00:00Z')
    await record(test, await claimAll(test))
    const { totals } = await reportOf(test.ctx, 'Spring sale')
    expect(totals.byStatus.accepted).toBe(forecast.byOutcome.sent)
    expect(totals.skippedBy).toEqual(skippedBy)
  })

  it('H19: hears of the opt-out of a person who also lacks a field, before and after the launch', async () => {
    const test = await open()
    await importLines(test, ['phone,voucher', `${phoneNumber(0)},A`, `${phoneNumber(1)},`])
    await addSuppression(test.ctx, phoneNumber(1), { reason: 'opted_out', evidence: 'asked by letter' })
    await addTestCampaign(test, { content: voucherContent })
    expect((await forecastFor(test.ctx, 'Spring sale')).skippedBy).toEqual({ opted_out: 1 })
    expect((await whyFor(test.ctx, 'Spring sale', phoneNumber(1))).decision).toBe('skip:opted_out')
    expect(await reviewLaunch(test.ctx, 'Spring sale')).toMatchObject({ people: 2, suppressed: 1, refusals: [] })
    await launchAndPlan(test, 'Spring sale')
    expect((await reportOf(test.ctx, 'Spring sale')).totals.skippedBy).toEqual({ opted_out: 1 })
  })

  it('H19: is refused no launch for the text, the field or the validity of a person who gets nothing', async () => {
    const test = await open()
    const long = 'x'.repeat(11_000)
    await importLines(test, [
      'phone,voucher,ends',
      `${phoneNumber(0)},A,`,
      `${phoneNumber(1)},${long},`,
      `${phoneNumber(2)},A,tomorrow maybe`,
    ])
    await importLines(test, ['phone,voucher', 'club-7,'], { isGroups: true, isForced: true })
    for (const n of [1, 2]) await addSuppression(test.ctx, phoneNumber(n))
    await addTestCampaign(test, { content: voucherContent, limits: { validUntilField: 'ends', quietHours: 'ignore' } })
    expect((await reviewLaunch(test.ctx, 'Spring sale')).refusals).toEqual([])
    expect((await forecastFor(test.ctx, 'Spring sale')).warnings).toEqual([
      expect.stringContaining('campaign.mostly_left_out'),
    ])
    await launchByOperator(test.ctx, 'Spring sale')
  })

  it('H19: is refused the launch for such a person of a campaign that the suppression does not stop', async () => {
    const test = await open()
    await importLines(test, ['phone,voucher', `${phoneNumber(0)},A`, `${phoneNumber(1)},`])
    await addSuppression(test.ctx, phoneNumber(1), { scope: 'marketing', reason: 'opted_out' })
    await addTestCampaign(test, { useCase: 'utility', content: voucherContent, limits: {} })
    expect(await reviewLaunch(test.ctx, 'Spring sale')).toMatchObject({ suppressed: 0, refusals: [{ count: 1 }] })
    expect(await countAudience(test.ctx, { lists: ['people'] }, { useCase: 'utility' })).toMatchObject({
      suppressed: 0,
    })
    expect(await countAudience(test.ctx, { lists: ['people'] })).toMatchObject({ suppressed: 1 })
  })

  it('H19: hears of no cap that a message itself has used, when it is sent again', async () => {
    const test = await open()
    await importPeople(test, 1)
    await addTestCampaign(test, { content: templateContent, limits: rulesApply })
    await launchAndPlan(test, 'Spring sale')
    const { claimed } = await claim(test)
    await record(test, claimed, () => ({ kind: 'unknown', error: providerError('timeout') }))
    await resolveUnknown(test.ctx, `msg_${claimed[0]?.messageId}`, 'resend')
    const why = await whyFor(test.ctx, 'Spring sale', phoneNumber(0))
    expect(why.decision).toBe('send')
    expect(why.checks.find(({ check }) => check === 'frequency_cap')).toMatchObject({ result: 'pass' })
    const forecast = await forecastFor(test.ctx, 'Spring sale')
    expect(forecast).toMatchObject({ deferredBy: { retry: 1 }, lastAt: expect.stringMatching(/^2027-06-01T14:00:00/) })
    expect((await claim(test)).claimed).toHaveLength(1)
  })

  it('H19: hears of no quiet hours for a person with an open session', async () => {
    const test = await open('2027-06-02T02:00:00Z')
    await importPeople(test, 2)
    await applyInbound(test, phoneNumber(0), 'Hello')
    await addTestCampaign(test, { content: templateContent, limits: rulesApply })
    expect((await forecastFor(test.ctx, 'Spring sale')).byOutcome).toMatchObject({ sent: 1, deferred: 1 })
    await launchAndPlan(test, 'Spring sale')
    const why = await whyFor(test.ctx, 'Spring sale', phoneNumber(0))
    expect(why.decision).toBe('send')
    expect(why.checks.find(({ check }) => check === 'quiet_hours')).toMatchObject({ result: 'pass' })
    expect((await whyFor(test.ctx, 'Spring sale', phoneNumber(1))).decision).toBe('defer:quiet_hours')
    expect((await claim(test)).claimed.map(({ phone }) => phone)).toEqual([phoneNumber(0)])
  })

  it('H19: hears before planning which field is missing, and after the schedule that it is over', async () => {
    const test = await open()
    await importLines(test, ['phone,voucher', `${phoneNumber(0)},`])
    const until = '2027-06-03T00:00:00Z'
    const schedule = { cron: '0 9 * * *', timeZone: 'UTC', until }
    await addTestCampaign(test, { content: voucherContent, missingVariable: 'skip', schedule })
    const why = await whyFor(test.ctx, 'Spring sale', phoneNumber(0))
    expect(why.decision).toBe('skip:missing_variable')
    expect(why.checks.find(({ check }) => check === 'planning')?.detail).toContain('no value for voucher')
    test.clock.set(until)
    expect((await whyFor(test.ctx, 'Spring sale', phoneNumber(0))).decision).toBe('not_planned')
  })

  it('H19: sees in a preview that its person gets nothing', async () => {
    const test = await open()
    await importPeople(test, 1)
    await addSuppression(test.ctx, phoneNumber(0), { scope: 'marketing', reason: 'opted_out' })
    const request = { audience: { lists: ['people'] }, content: templateContent, sender: 'main' }
    expect(await previewContent(test.ctx, request)).toMatchObject({ leftOutBy: 'opted_out', problem: null })
    expect(await previewContent(test.ctx, { ...request, useCase: 'utility' })).toMatchObject({ leftOutBy: null })
  })

  it('H19: names the widest suppression of a person, whichever came first', async () => {
    const test = await open()
    await importPeople(test, 1)
    await addSuppression(test.ctx, phoneNumber(0), { scope: 'marketing', reason: 'opted_out' })
    await addSuppression(test.ctx, phoneNumber(0), { scope: 'all', reason: 'invalid_number' })
    await addTestCampaign(test, { content: templateContent })
    expect((await forecastFor(test.ctx, 'Spring sale')).skippedBy).toEqual({ invalid_number: 1 })
    expect((await whyFor(test.ctx, 'Spring sale', phoneNumber(0))).decision).toBe('skip:invalid_number')
    await launchAndPlan(test, 'Spring sale')
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'skipped', reason: 'invalid_number' })
  })

  it('H19: counts in a forecast nobody who had a campaign that goes to each person once', async () => {
    const test = await open('2027-06-01T08:00:00Z')
    await importLines(test, ['phone', phoneNumber(0)])
    const schedule = { cron: '0 9 * * *', timeZone: 'UTC' }
    await addTestCampaign(test, { content: templateContent, schedule, oncePerContact: true })
    await launchByOperator(test.ctx, 'Spring sale')
    test.clock.set('2027-06-01T09:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    await record(test, await claimAll(test))
    await importLines(test, ['phone', phoneNumber(1)])
    expect(await forecastFor(test.ctx, 'Spring sale')).toMatchObject({ audience: 1, byOutcome: { sent: 1 } })
  })
})

describe('a forecast, a review and a launch', () => {
  it('H16: warn of a rate that the answers of the provider do not allow', async () => {
    const test = await openTestApp()
    await importPeople(test, 30)
    await addSandbox(test, { ratePerSecond: 20, concurrency: 8 })
    await addTestCampaign(test, { name: 'First' })
    await launchAndPlan(test, 'First')
    const claimed = await claimAll(test)
    test.clock.advance(2_000)
    await record(test, claimed)
    await addTestCampaign(test)
    const warning = /^the provider takes \d\.\d s to answer, so 8 calls at once reach \d/
    expect((await forecastFor(test.ctx, 'Spring sale')).warnings).toContainEqual(expect.stringMatching(warning))
    expect((await reviewLaunch(test.ctx, 'Spring sale')).warnings).toContainEqual(expect.stringMatching(warning))
    await setSender(test.ctx, 'main', { ratePerSecond: 1 })
    expect((await launchByOperator(test.ctx, 'Spring sale')).warnings).toEqual([])
  })
})
