// `why` for each kind of decision: one word, and the check that decided with its rule, numbers and instants.
import { describe, expect, it } from 'vitest'
import { cancelByOperator, pauseByOperator } from '../../src/engine/campaigns/lifecycle.ts'
import { addSuppression } from '../../src/engine/contacts/suppressions.ts'
import { type Why, type WhyCheck, whyFor } from '../../src/engine/report/why.ts'
import { pauseSenderByOperator } from '../../src/engine/senders/senders.ts'
import { applyStatus } from '../support/callbacks.ts'
import { claim, launchAndPlan, providerError, record } from '../support/claims.ts'
import { FakeClock } from '../support/fake-clock.ts'
import {
  addMeta,
  addTestCampaign,
  importLines,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
  templateContent,
} from '../support/open-test-app.ts'

const PHONE = phoneNumber(0)

interface Situation {
  sender?: Record<string, unknown>
  campaign?: Record<string, unknown>
  at?: string
}

async function planned({ sender = {}, campaign = {}, at = '2027-06-01T14:00:00Z' }: Situation = {}): Promise<TestApp> {
  const test = await openTestApp({ clock: new FakeClock(at) })
  await importPeople(test, 3)
  await addMeta(test, sender)
  const limits = { quietHours: 'respect', frequencyCap: 'respect' }
  await addTestCampaign(test, { content: templateContent, limits, ...campaign })
  await launchAndPlan(test, 'Spring sale')
  return test
}

function check(why: Why, name: WhyCheck['check']): WhyCheck | undefined {
  return why.checks.find((one) => one.check === name)
}

const ask = (test: TestApp, phone = PHONE) => whyFor(test.ctx, 'Spring sale', phone)

describe('why', () => {
  it('says that nothing is in the way, check by check in their order', async () => {
    const why = await ask(await planned())
    expect(why.decision).toBe('send')
    expect(why.checks.map((one) => one.check)).toEqual([
      'contact',
      'audience',
      'campaign',
      'sender',
      'validity',
      'suppression',
      'session',
      'quiet_hours',
      'frequency_cap',
      'pair_limit',
      'daily_limit',
      'outcome',
    ])
    expect(why.checks.slice(0, -1).every((one) => one.result === 'pass')).toBe(true)
  })

  it('knows a number that is nobody’s, and one that is in another list', async () => {
    const test = await planned()
    expect(await ask(test, '+442079460000')).toMatchObject({ decision: 'not_a_contact', message: null })
    await importLines(test, ['phone', '+442079460000'], { list: 'others' })
    const why = await ask(test, '+442079460000')
    expect(why.decision).toBe('not_in_audience')
    expect(check(why, 'audience')?.detail).toBe('is not in the list "people"')
    await expect(ask(test, '12')).rejects.toMatchObject({ code: expect.stringMatching(/^phone\./) })
  })

  it('says since when and by what a person is suppressed', async () => {
    const test = await planned()
    await addSuppression(test.ctx, PHONE, { reason: 'opted_out', evidence: 'asked by letter' })
    const why = await ask(test)
    expect(why.decision).toBe('skipped')
    expect(check(why, 'outcome')?.detail).toContain('asked by letter')
  })

  it('says which exclusion or filter leaves a person out', async () => {
    const staff = ['phone', PHONE]
    const test = await openTestApp()
    await importPeople(test, 2)
    await importLines(test, staff, { list: 'staff' })
    await addMeta(test)
    const filter = { field: 'first_name', is: 'Nobody' }
    await addTestCampaign(test, {
      content: templateContent,
      audience: { lists: ['people'], exclude: ['staff'], filter },
    })
    expect(check(await ask(test), 'audience')?.detail).toBe('is excluded as a member of the list "staff"')
    expect(check(await ask(test, phoneNumber(1)), 'audience')?.detail).toBe('is left out by the filter')
  })

  it('says what a suppression rests on, which field is missing and which window left no time, of what was skipped', async () => {
    const test = await openTestApp({ clock: new FakeClock('2027-06-02T02:00:00Z') })
    const lines = ['phone,first_name,time_zone', `${PHONE},Ann,America/New_York`, `${phoneNumber(1)},,Asia/Kolkata`]
    await importLines(test, [...lines, `${phoneNumber(2)},Cy,Asia/Kolkata`], { list: 'people' })
    await addMeta(test)
    await addSuppression(test.ctx, phoneNumber(2), { reason: 'opted_out', evidence: 'asked by letter' })
    await addTestCampaign(test, {
      content: { ...templateContent, body: ['{{ first_name }}'] },
      limits: { validity: '1h', quietHours: 'respect' },
      missingVariable: 'skip',
    })
    await launchAndPlan(test, 'Spring sale')
    await claim(test)
    expect(check(await ask(test), 'outcome')?.detail).toBe(
      'skipped; quiet_hours_no_time_left; 21:00–08:00 in America/New_York lasts past the end of its validity, 2027-06-02T03:00:00Z',
    )
    expect(check(await ask(test, phoneNumber(1)), 'outcome')?.detail).toBe(
      'skipped; missing_variable; no value for first_name',
    )
    expect(check(await ask(test, phoneNumber(2)), 'suppression')?.detail).toContain('asked by letter')
  })

  it('says until when quiet hours last where the person is', async () => {
    const why = await ask(await planned({ at: '2027-06-02T02:00:00Z' }))
    expect(why.decision).toBe('defer:quiet_hours')
    expect(check(why, 'quiet_hours')).toMatchObject({ result: 'wait', until: '2027-06-02T12:00:00Z' })
    expect(check(why, 'quiet_hours')?.detail).toMatch(/22:00 in America\/New_York is within 21:00–08:00/)
  })

  it('names the message that took the place in the cap, and when it is free', async () => {
    const test = await planned({ sender: { pairIntervalSeconds: 0 } })
    await claim(test)
    await addTestCampaign(test, {
      name: 'Second',
      content: templateContent,
      limits: { quietHours: 'ignore', frequencyCap: 'respect' },
    })
    await launchAndPlan(test, 'Second')
    const why = await whyFor(test.ctx, 'Second', PHONE)
    expect(why.decision).toBe('defer:frequency_cap')
    expect(check(why, 'frequency_cap')).toMatchObject({ result: 'wait', until: '2027-06-02T14:00:00Z' })
    expect(check(why, 'frequency_cap')?.detail).toMatch(/1 of 1 in 24h, used by msg_1 of cmp_1/)
  })

  it('says how long two messages to one person stay apart', async () => {
    const limits = { quietHours: 'ignore', frequencyCap: 'ignore' }
    const test = await planned({ sender: { pairIntervalSeconds: 6 }, campaign: { limits } })
    await claim(test)
    await addTestCampaign(test, { name: 'Second', content: templateContent, limits })
    await launchAndPlan(test, 'Second')
    const why = await whyFor(test.ctx, 'Second', PHONE)
    expect(why.decision).toBe('defer:pair_limit')
    expect(check(why, 'pair_limit')).toMatchObject({ result: 'wait', until: '2027-06-01T14:00:07Z' })
  })

  it('says how full the daily limit of the sender is', async () => {
    const test = await planned({ sender: { dailyLimit: 1 } })
    await claim(test)
    const why = await ask(test, phoneNumber(1))
    expect(why.decision).toBe('wait:daily_limit')
    expect(check(why, 'daily_limit')).toMatchObject({ result: 'wait', detail: '1 of 1 people in 24 h' })
  })

  it('says that a text needs a session which is not open', async () => {
    const why = await ask(await planned({ campaign: { content: { type: 'text', text: 'Hello' } } }))
    expect(why.decision).toBe('skip:no_session')
    expect(check(why, 'session')?.result).toBe('stop')
  })

  it('says that the campaign or the sender is paused', async () => {
    const test = await planned()
    await pauseSenderByOperator(test.ctx, 'main')
    expect((await ask(test)).decision).toBe('sender_paused')
    await pauseByOperator(test.ctx, 'Spring sale')
    expect((await ask(test)).decision).toBe('campaign_paused')
  })

  it('says when the validity ended, before and after the message has expired', async () => {
    const test = await planned({
      campaign: { limits: { validity: '1h', quietHours: 'ignore', frequencyCap: 'ignore' } },
    })
    test.clock.advance(3_600_000)
    expect((await ask(test)).decision).toBe('expire')
    await claim(test)
    const why = await ask(test)
    expect(why.decision).toBe('expired')
    expect(check(why, 'outcome')?.detail).toContain('2027-06-01T15:00:00Z')
  })

  it('tells what the provider answered, with every attempt', async () => {
    const test = await planned()
    const { claimed } = await claim(test)
    await record(test, claimed, ({ messageId }) => {
      if (messageId === 2) return { kind: 'refused', scope: 'recipient', error: providerError('131026') }
      if (messageId === 3) return { kind: 'unknown', error: providerError('timeout') }
      return { kind: 'accepted', trackingId: 'track-1' }
    })
    await applyStatus(test, { trackingId: 'track-1', status: 'delivered' })
    const [delivered, failed, unknown] = await Promise.all([0, 1, 2].map((n) => ask(test, phoneNumber(n))))
    expect([delivered?.decision, failed?.decision, unknown?.decision]).toEqual(['delivered', 'failed', 'unknown'])
    expect(delivered?.checks.at(-1)?.detail).toMatch(/att_1 at 2027-06-01T14:00:00Z: accepted; tracking id track-1/)
    expect(failed?.checks.at(-1)?.detail).toContain('text of 131026')
    expect(unknown?.checks.at(-1)?.detail).toContain('timeout')
  })

  it('tells that a message was cancelled', async () => {
    const test = await planned()
    await cancelByOperator(test.ctx, 'Spring sale')
    expect((await ask(test)).decision).toBe('cancelled')
  })
})
