// Limits that leave too little time for an audience: the numbers of the warning beside what then happens, on a clock that
// jumps to whatever comes next.
import { describe, expect, it } from 'vitest'
import { launchByOperator, reviewLaunch } from '../../src/engine/campaigns/launch.ts'
import { forecastFor } from '../../src/engine/report/forecast.ts'
import { reportOf } from '../../src/engine/report/report.ts'
import { claim, launchAndPlan, record, tickAndPlan } from '../support/claims.ts'
import { FakeClock } from '../support/fake-clock.ts'
import {
  addMeta,
  addTestCampaign,
  importLines,
  openTestApp,
  type TestApp,
  templateContent,
} from '../support/open-test-app.ts'

const DAY_MS = 86_400_000

/** When the first of the people of the last day no longer counts against the daily limit. */
async function roomAt({ ctx, clock }: TestApp): Promise<number | null> {
  const row = await ctx.db.read((tx) =>
    tx.get<{ at: number | null }>('SELECT min(last_claim_at) AS at FROM contact_senders WHERE last_claim_at > ?', [
      clock.now() - DAY_MS,
    ]),
  )
  return row?.at == null ? null : row.at + DAY_MS
}

async function hasPending({ ctx }: TestApp): Promise<boolean> {
  return (await ctx.db.read((tx) => tx.get(`SELECT 1 FROM messages WHERE status = 'pending' LIMIT 1`))) !== undefined
}

/** Claims and accepts until nothing is left. */
async function sendAll(test: TestApp): Promise<void> {
  // One process: its lease would end where the clock jumps.
  const nodeId = await test.ctx.node.id()
  while (await hasPending(test)) {
    const { claimed, deferred, endedIn, nextLookAt } = await claim(test, { nodeId })
    await record(test, claimed)
    if (claimed.length + deferred + endedIn.length > 0) continue
    const next = nextLookAt ?? (await roomAt(test)) ?? test.clock.now() + DAY_MS
    test.clock.set(Math.max(test.clock.now() + 1, next))
  }
}

async function open(people: number, sender: Record<string, unknown>): Promise<TestApp> {
  const test = await openTestApp({ clock: new FakeClock('2027-06-01T14:00:00Z') })
  await addMeta(test, sender)
  const lines = Array.from({ length: people }, (_, n) => `+1202${String(5550000 + n)},America/New_York`)
  await importLines(test, ['phone,time_zone', ...lines])
  return test
}

interface Case {
  name: string
  people: number
  sender: Record<string, unknown>
  limits: Record<string, unknown>
  /** Another campaign at the same sender, launched before. */
  other?: Record<string, unknown>
  at?: string
  says: RegExp
}

const free = { quietHours: 'ignore', frequencyCap: 'ignore' }
const cases: Case[] = [
  {
    name: 'the daily limit',
    people: 6_000,
    sender: { ratePerSecond: 1000, dailyLimit: 1_000 },
    limits: { ...free, validity: '36h' },
    says: /^about 4000 of 6000 people will not get it in time, at most 2000 will: 4000 by the daily limit of 1000 people; it expires 1d 12h/,
  },
  {
    name: 'quiet hours and the rate',
    people: 600,
    sender: { ratePerSecond: 0.1 },
    limits: { quietHours: 'respect', frequencyCap: 'ignore', validity: '750m' },
    // An hour before 21:00 in New York.
    at: '2027-06-02T00:00:00Z',
    says: /^about \d\d of 600 people .*: \d\d by the rate of 0\.1 a second/,
  },
  {
    name: 'quiet hours',
    people: 300,
    sender: { ratePerSecond: 0.05 },
    limits: { quietHours: 'respect', frequencyCap: 'ignore', validity: '2h' },
    at: '2027-06-02T00:00:00Z',
    says: /^about 1\d\d of 300 people .*: 1\d\d by quiet hours 21:00–08:00/,
  },
  {
    name: 'the rate of the campaign',
    people: 300,
    sender: { ratePerSecond: 20 },
    limits: { ...free, validity: '1h', ratePerSecond: 0.05 },
    says: /^about 1\d\d of 300 people .*: 1\d\d by the rate of 0\.05 a second/,
  },
  {
    name: 'another campaign that takes turns at the sender',
    people: 300,
    sender: { ratePerSecond: 0.1 },
    limits: { ...free, validity: '1h' },
    other: { limits: { ...free, validity: '1h' } },
    says: /^about 1\d\d of 300 people .* by the rate of 0\.1 a second/,
  },
  {
    name: 'a campaign of higher priority in front',
    people: 200,
    sender: { ratePerSecond: 0.1 },
    limits: { ...free, validity: '1h' },
    other: { priority: 90, limits: { ...free, validity: '30m' } },
    says: /^about \d\d of 200 people .* by the rate of 0\.1 a second/,
  },
  {
    name: 'places of the daily limit that another campaign takes',
    people: 400,
    sender: { ratePerSecond: 100, dailyLimit: 250 },
    limits: { ...free, validity: '36h' },
    other: { audience: { lists: ['others'] }, limits: { ...free, validity: '36h' } },
    says: /^about 1\d\d of 400 people .* by the daily limit of 250 people/,
  },
  {
    name: 'the caps that another campaign fills',
    people: 100,
    sender: { ratePerSecond: 100 },
    limits: { quietHours: 'ignore', frequencyCap: 'respect', validity: '20h' },
    other: { priority: 90, limits: { quietHours: 'ignore', frequencyCap: 'respect' } },
    says: /^about 100 of 100 people .*: 100 by frequency caps/,
  },
]

describe('the warning of limits that leave too little time', () => {
  it.each(cases)('S10: has the numbers of what then happens, for $name', { timeout: 240_000 }, async (one) => {
    const test = await open(one.people, one.sender)
    if (one.at !== undefined) test.clock.set(one.at)
    if (one.other !== undefined) {
      const others = Array.from({ length: 200 }, (_, n) => `+1303${String(5550000 + n)},America/New_York`)
      await importLines(test, ['phone,time_zone', ...others], { list: 'others' })
      await addTestCampaign(test, { name: 'Other', content: templateContent, ...one.other })
      await launchAndPlan(test, 'Other')
    }
    await addTestCampaign(test, { content: templateContent, limits: one.limits })
    const forecast = await forecastFor(test.ctx, 'Spring sale')
    const warning = forecast.warnings.find((text) => text.endsWith('(campaign.will_not_finish)'))
    expect(warning).toMatch(one.says)
    expect((await reviewLaunch(test.ctx, 'Spring sale')).warnings).toContain(warning)
    const launched = await launchByOperator(test.ctx, 'Spring sale', { isEvenIfNobody: true })
    expect(launched.warnings).toContain(warning)
    await tickAndPlan(test, 'Spring sale')
    await sendAll(test)
    const { totals } = await reportOf(test.ctx, 'Spring sale')
    expect(Math.abs(forecast.recipients - totals.byStatus.accepted)).toBeLessThanOrEqual(0.02 * one.people)
    expect(Math.abs((forecast.skippedBy.frequency_cap ?? 0) - (totals.skippedBy.frequency_cap ?? 0))).toBeLessThan(2)
  })

  it('S10: says nothing of people whom quiet hours are to skip: they are left out by choice', async () => {
    const test = await open(3, { ratePerSecond: 20 })
    const quietHours = { from: '09:00', to: '12:00', action: 'skip' }
    await addTestCampaign(test, { content: templateContent, limits: { quietHours, frequencyCap: 'ignore' } })
    expect((await forecastFor(test.ctx, 'Spring sale')).warnings).toEqual([
      'nobody will get it: 3 in their quiet hours (campaign.reaches_nobody)',
    ])
  })

  it('S10: says nothing when everybody gets it in time', async () => {
    const test = await open(100, { ratePerSecond: 20, dailyLimit: 100 })
    await addTestCampaign(test, { content: templateContent })
    expect((await forecastFor(test.ctx, 'Spring sale')).warnings).toEqual([])
  })
})
