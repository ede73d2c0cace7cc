// Quiet hours where they are kept: in the claim, per recipient's zone, looked at again when something changes.
import { describe, expect, it } from 'vitest'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { setQuietHours } from '../../../src/engine/service/limits.ts'
import { applyInbound } from '../../support/callbacks.ts'
import { claim, claimAll, iso, launchAndPlan, record, storedMessages } from '../../support/claims.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  addMeta,
  addSandbox,
  addTestCampaign,
  importLines,
  importPeople,
  openTestApp,
  templateContent,
} from '../../support/open-test-app.ts'

/** 22:00 in New York on a summer day. */
const lateEvening = '2027-06-02T02:00:00Z'
const morning = '2027-06-02T12:00:00.000Z'
const night = { limits: { frequencyCap: 'ignore' } }

async function setup(at = lateEvening, people = 1) {
  const test = await openTestApp({ clock: new FakeClock(at) })
  await importPeople(test, people)
  await addSandbox(test)
  return test
}

describe('quiet hours', () => {
  it('defers to 08:00 in the recipient’s zone', async () => {
    const test = await setup()
    await addTestCampaign(test, night)
    await launchAndPlan(test, 'Spring sale')
    expect(await claimAll(test)).toHaveLength(0)
    const [message] = await storedMessages(test)
    expect(message).toMatchObject({ status: 'pending', waitReason: 'quiet_hours' })
    expect(iso(message?.dueAt)).toBe(morning)
  })

  it('QH-07 skips when the campaign says so', async () => {
    const test = await setup()
    await addTestCampaign(test, { limits: { frequencyCap: 'ignore', quietHours: 'skip' } })
    await launchAndPlan(test, 'Spring sale')
    await claimAll(test)
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'skipped', reason: 'quiet_hours' })
  })

  it('QH-08 skips now when the first allowed time comes after the validity, not after the night', async () => {
    const test = await setup()
    await addTestCampaign(test, { limits: { frequencyCap: 'ignore', validity: '6h' } })
    await launchAndPlan(test, 'Spring sale')
    await claimAll(test)
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'skipped', reason: 'quiet_hours_no_time_left' })
  })

  it('QH-16 warns of an unknown zone in the file and takes the one of the number; the person is not lost', async () => {
    const test = await openTestApp({ clock: new FakeClock(lateEvening) })
    const result = await importLines(test, ['phone,time_zone', '+4915112345678,Mars/Phobos'])
    expect(result).toMatchObject({ added: 1, warnings: { zone_invalid: 1 } })
    await addSandbox(test)
    await addTestCampaign(test, { ...night, content: { type: 'text', text: 'Hi' } })
    await launchAndPlan(test, 'Spring sale')
    await claimAll(test)
    // 04:00 in Berlin.
    expect(iso((await storedMessages(test))[0]?.dueAt)).toBe('2027-06-02T06:00:00.000Z')
  })

  it('QH-17 asks every rule anew for a call that did not begin in its second: what became quiet waits', async () => {
    const test = await setup('2027-06-02T00:55:00Z')
    await addTestCampaign(test, night)
    await launchAndPlan(test, 'Spring sale')
    const claimed = await claimAll(test)
    expect(claimed).toHaveLength(1)
    test.clock.set('2027-06-02T01:03:00Z')
    await record(test, claimed, () => ({ kind: 'not_started', error: null }))
    await claimAll(test)
    const [message] = await storedMessages(test)
    expect(message).toMatchObject({ status: 'pending', waitReason: 'quiet_hours', attempts: 0 })
    expect(iso(message?.dueAt)).toBe(morning)
  })

  it('QH-18 releases what the night deferred through the limiter, in the order of priority and plan', async () => {
    const test = await setup(lateEvening, 60)
    await addTestCampaign(test, { ...night, name: 'Low', priority: 10 })
    await addTestCampaign(test, { ...night, name: 'High', priority: 90, audience: { lists: ['people'] } })
    await launchAndPlan(test, 'Low')
    await launchAndPlan(test, 'High')
    await claimAll(test)
    test.clock.set(morning)
    const first = await claim(test)
    expect(first.claimed.length).toBeLessThanOrEqual(51)
    const rest = await claimAll(test)
    const order = [...first.claimed, ...rest].map((message) => message.startAtUs)
    for (let i = 1; i < order.length; i++) expect((order[i] ?? 0) - (order[i - 1] ?? 0)).toBeGreaterThanOrEqual(1000)
    const high = new Set((await storedMessages(test, 'High')).map((message) => message.id))
    const sent = [...first.claimed, ...rest].map((message) => high.has(message.messageId))
    expect(sent.slice(0, 60)).toEqual(Array(60).fill(true))
  })

  it('QH-21 sends in the night when the campaign ignores quiet hours, and its revision says so', async () => {
    const test = await setup()
    const campaign = await addTestCampaign(test)
    await launchAndPlan(test, 'Spring sale')
    expect(await claimAll(test)).toHaveLength(1)
    expect(campaign.definition.limits?.quietHours).toBe('ignore')
  })

  it('QH-22 re-dates what was deferred when the hours get shorter', async () => {
    const test = await setup()
    await addTestCampaign(test, night)
    await launchAndPlan(test, 'Spring sale')
    await claimAll(test)
    test.clock.set('2027-06-02T06:00:00Z')
    await setQuietHours(test.ctx, { from: '21:00', to: '06:00' })
    await claimAll(test)
    expect(iso((await storedMessages(test))[0]?.dueAt)).toBe('2027-06-02T10:00:00.000Z')
  })

  it('QH-23 looks at the zone that the person has when the message is claimed', async () => {
    const test = await setup()
    await addTestCampaign(test, night)
    await launchAndPlan(test, 'Spring sale')
    await claimAll(test)
    await importLines(test, ['phone,time_zone,first_name', '+12025550100,Asia/Tokyo,N0'])
    test.clock.set(morning)
    expect(await claimAll(test)).toHaveLength(0)
    // 21:00 in Tokyo: quiet until 08:00 there.
    expect(iso((await storedMessages(test))[0]?.dueAt)).toBe('2027-06-02T23:00:00.000Z')
  })

  it('does not keep a utility message back, nor one within an open session', async () => {
    const test = await openTestApp({ clock: new FakeClock(lateEvening) })
    await importPeople(test, 2)
    await addMeta(test)
    await applyInbound(test, '+12025550100', 'Hello')
    await addTestCampaign(test, { ...night, content: templateContent })
    await addTestCampaign(test, { name: 'Receipt', useCase: 'utility', content: templateContent, limits: {} })
    await launchAndPlan(test, 'Spring sale')
    await launchByOperator(test.ctx, 'Receipt')
    await launchAndPlan(test, 'Receipt')
    const phones = (await claimAll(test)).map((message) => message.phone)
    expect(phones.sort()).toEqual(['+12025550100', '+12025550100', '+12025550101'])
  })

  it('sends to a country with several clocks only when none of them is quiet', async () => {
    const test = await openTestApp({ clock: new FakeClock('2027-06-02T12:00:00Z') })
    await importLines(test, ['phone', '+5511987654321'])
    await addSandbox(test)
    await addTestCampaign(test, { ...night, content: { type: 'text', text: 'Oi' } })
    await launchAndPlan(test, 'Spring sale')
    expect(await claimAll(test)).toHaveLength(0)
    expect(iso((await storedMessages(test))[0]?.dueAt)).toBe('2027-06-02T13:00:00.000Z')
  })
})
