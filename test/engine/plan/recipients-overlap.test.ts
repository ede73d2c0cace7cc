// A campaign that recurs in recipients' zones: its runs last longer than a day and overlap person by person.
import { describe, expect, it } from 'vitest'
import { editCampaign } from '../../../src/engine/campaigns/drafts.ts'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { planRuns } from '../../../src/engine/plan/planner.ts'
import { tickAll } from '../../../src/engine/plan/tick.ts'
import { forecastFor } from '../../../src/engine/report/forecast.ts'
import { whyFor } from '../../../src/engine/report/why.ts'
import { pauseSenderByOperator, resumeSenderByOperator } from '../../../src/engine/senders/senders.ts'
import { claim, iso, record, storedMessages, tickAndPlan } from '../../support/claims.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  addSandbox,
  addTestCampaign,
  importLines,
  openTestApp,
  phoneNumber,
  type TestApp,
} from '../../support/open-test-app.ts'

const name = 'Spring sale'
const HOUR = 3_600_000
const daily = { cron: '0 9 * * *', timeZone: 'recipient', fallbackTimeZone: 'UTC' }

async function open(
  zones: readonly string[],
  change: Record<string, unknown> = {},
  validity = '36h',
): Promise<TestApp> {
  const test = await openTestApp({ clock: new FakeClock('2027-06-01T00:00:00Z') })
  await importLines(test, ['phone,time_zone', ...zones.map((zone, n) => `${phoneNumber(n)},${zone}`)])
  await addSandbox(test)
  const limits = { quietHours: 'ignore', frequencyCap: 'ignore', validity }
  await addTestCampaign(test, { content: { type: 'text', text: 'Hi' }, schedule: { ...daily, ...change }, limits })
  await launchByOperator(test.ctx, name)
  return test
}

/** Lets a service run for a time: looks at the schedule and sends what is due, every hour. */
async function serve(test: TestApp, until: string): Promise<string[]> {
  const sent: string[] = []
  for (let at = test.clock.now(); at <= Date.parse(until); at += HOUR) {
    test.clock.set(Math.max(at, test.clock.now()))
    await tickAll(test.ctx)
    await planRuns(test.ctx)
    const { claimed } = await claim(test)
    sent.push(...claimed.map(({ phone }) => `${iso(test.clock.now())?.slice(0, 13)} ${phone}`))
    await record(test, claimed)
  }
  return sent
}

describe('a daily campaign in recipients’ zones', () => {
  it('S3: reaches each person every day at their own time, with the defaults', async () => {
    const test = await open(['Pacific/Kiritimati', 'Europe/Berlin', 'Pacific/Pago_Pago'])
    const sent = await serve(test, '2027-06-05T00:00:00Z')
    const hours = ['19', '07', '20']
    for (const [n, hour] of hours.entries()) {
      const own = sent.filter((line) => line.endsWith(phoneNumber(n))).map((line) => line.slice(0, 13))
      expect(own).toEqual(['01', '02', '03', '04'].map((day) => `2027-06-${day}T${hour}`))
    }
  })

  it.each([
    ['skip', ['accepted', 'skipped overlap', 'pending']],
    ['queue', ['accepted', 'pending', 'pending']],
    ['allow', ['accepted', 'accepted', 'pending']],
  ])('S3: looks at each person when an earlier message waits at their next time: %s', async (overlap, expected) => {
    const test = await open(['Europe/Berlin'], { overlap }, '4d')
    await tickAndPlan(test, name)
    await pauseSenderByOperator(test.ctx, 'main')
    await serve(test, '2027-06-02T07:00:00Z')
    await resumeSenderByOperator(test.ctx, 'main')
    const forecast = await forecastFor(test.ctx, name)
    await record(test, await claimAllNow(test))
    const statuses = (await storedMessages(test)).map(({ status, reason }) =>
      [status, reason].filter(Boolean).join(' '),
    )
    expect(statuses).toEqual(expected)
    expect(forecast.skippedBy).toEqual(overlap === 'skip' ? { overlap: 1 } : {})
    if (overlap !== 'queue') return
    expect(await whyFor(test.ctx, name, phoneNumber(0))).toMatchObject({ decision: 'defer:overlap' })
    test.clock.advance(10_000)
    await record(test, await claimAllNow(test))
    expect((await storedMessages(test)).map(({ status }) => status)).toEqual(['accepted', 'accepted', 'pending'])
  })

  it('S3: does not overlap a run in one zone as a whole after an edit', async () => {
    const test = await open(['Europe/Berlin', 'Pacific/Pago_Pago'])
    await serve(test, '2027-06-01T08:00:00Z')
    expect((await storedMessages(test)).filter(({ status }) => status === 'pending').length).toBeGreaterThan(0)
    const berlin = { cron: '0 12 * * *', timeZone: 'Europe/Berlin' }
    const limits = { quietHours: 'ignore', frequencyCap: 'ignore' }
    await editCampaign(test.ctx, name, {
      name,
      useCase: 'marketing',
      sender: 'main',
      audience: { lists: ['people'] },
      content: { type: 'text', text: 'New' },
      schedule: berlin,
      limits,
    })
    const sent = await serve(test, '2027-06-01T10:00:00Z')
    expect(sent).toEqual([`2027-06-01T10 ${phoneNumber(0)}`, `2027-06-01T10 ${phoneNumber(1)}`])
  })
})

async function claimAllNow(test: TestApp) {
  return (await claim(test)).claimed
}
