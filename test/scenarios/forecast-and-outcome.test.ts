// What the forecast says before launch is what then happens: the same people, the same reasons, the same hours, sent
// through the emulator.
import { describe, expect, it } from 'vitest'
import { formatReference } from '../../src/domain/ids.ts'
import type { SendResult } from '../../src/domain/send-result.ts'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { addSuppression } from '../../src/engine/contacts/suppressions.ts'
import { type Forecast, forecastFor } from '../../src/engine/report/forecast.ts'
import { reportOf } from '../../src/engine/report/report.ts'
import { prepareCall } from '../../src/engine/send/prepared-call.ts'
import type { ClaimedMessage } from '../../src/store/claim.ts'
import { findSetting } from '../../src/store/settings.ts'
import { openEmulator, requestsOf } from '../emulator/support.ts'
import { claim, record, tickAndPlan } from '../support/claims.ts'
import { FakeClock } from '../support/fake-clock.ts'
import {
  addMeta,
  addTestCampaign,
  importLines,
  openTestApp,
  phoneNumber,
  type TestApp,
  templateContent,
} from '../support/open-test-app.ts'
import { ruleBook } from '../support/rules.ts'

const zones = ['America/New_York', 'Europe/Berlin', 'Asia/Kolkata', 'Pacific/Auckland', '']
const HOUR_MS = 3_600_000

interface Outcome {
  starts: number[]
  deferred: Map<number, string>
}

/** Sends a launched campaign to its end through the provider, on a clock that jumps to whatever comes next. */
async function sendAll(test: TestApp): Promise<Outcome> {
  const installation = (await test.ctx.db.read((tx) => findSetting(tx, 'installation'))) ?? ''
  const { driver } = await test.app.connections.get(1)
  const outcome: Outcome = { starts: [], deferred: new Map() }
  for (;;) {
    const result = await claim(test)
    await noteWaits(test, outcome)
    const results = new Map<ClaimedMessage, SendResult>()
    for (const message of result.claimed) {
      const book = await ruleBook(test, [message.revisionId])
      const revision = book.get(message.revisionId)
      const reference = (attemptId: number) => formatReference(installation, 1, attemptId)
      const prepared = prepareCall(message, { driver, reference, now: test.clock.now(), revision })
      results.set(message, 'call' in prepared ? await prepared.call(() => true) : prepared.result)
      outcome.starts.push(message.startAtUs / 1000)
    }
    await record(test, result.claimed, (message) => results.get(message) ?? { kind: 'not_started', error: null })
    if (result.claimed.length + result.deferred + result.endedIn.length > 0) continue
    const next = result.nextLookAt ?? (await firstFreedAt(test))
    if (next === null) return outcome
    test.clock.set(Math.max(test.clock.now() + 1, next))
  }
}

/** When the first of the people of the last day no longer counts against a daily limit that keeps others waiting. */
async function firstFreedAt({ ctx, clock }: TestApp): Promise<number | null> {
  const row = await ctx.db.read((tx) =>
    tx.get<{ at: number | null }>(
      `SELECT min(last_claim_at) AS at FROM contact_senders WHERE last_claim_at > ?
         AND EXISTS (SELECT 1 FROM messages WHERE status = 'pending')`,
      [clock.now() - 24 * HOUR_MS],
    ),
  )
  return row?.at == null ? null : row.at + 24 * HOUR_MS
}

/** The last reason for which each message had to wait. */
async function noteWaits({ ctx, clock }: TestApp, { deferred }: Outcome): Promise<void> {
  const rows = await ctx.db.read((tx) =>
    tx.all<{ id: number; reason: string | null; dueAt: number }>(
      `SELECT id, wait_reason AS reason, due_at AS dueAt FROM messages WHERE status = 'pending' AND (wait_reason IS NOT NULL OR due_at <= ?)`,
      [clock.now()],
    ),
  )
  for (const { id, reason } of rows) if (reason !== null && reason !== 'schedule') deferred.set(id, reason)
}

function perHour(starts: readonly number[]): { hour: string; count: number }[] {
  const hours = new Map<number, number>()
  for (const start of starts) {
    const hour = Math.floor(start / HOUR_MS) * HOUR_MS
    hours.set(hour, (hours.get(hour) ?? 0) + 1)
  }
  return [...hours]
    .sort(([a], [b]) => a - b)
    .map(([hour, count]) => ({ hour: new Date(hour).toISOString().replace('.000Z', 'Z'), count }))
}

function sum(counts: object): number {
  return Object.values(counts).reduce((total: number, count: number) => total + count, 0)
}

async function compare(test: TestApp, forecast: Forecast): Promise<Outcome> {
  await launchByOperator(test.ctx, 'Spring sale')
  await tickAndPlan(test, 'Spring sale')
  const outcome = await sendAll(test)
  const { totals, runs } = await reportOf(test.ctx, 'Spring sale')
  expect(forecast.audience).toBe(totals.audience)
  expect(sum(forecast.byOutcome)).toBe(forecast.audience)
  expect(forecast.byOutcome.sent + forecast.byOutcome.deferred).toBe(totals.byStatus.accepted)
  expect(forecast.byOutcome.skipped).toBe(totals.byStatus.skipped)
  expect(forecast.byOutcome.expired).toBe(totals.byStatus.expired)
  expect(forecast.skippedBy).toEqual(runs[0]?.skippedBy)
  expect(forecast.perHour.map(({ hour, count }) => [Date.parse(hour), count])).toEqual(
    perHour(outcome.starts).map(({ hour, count }) => [Date.parse(hour), count]),
  )
  const [first = 0, last = 0] = [Math.min(...outcome.starts), Math.max(...outcome.starts)]
  expect(Math.abs((Date.parse(forecast.firstAt ?? '') || 0) - first)).toBeLessThan(1_000)
  expect(Math.abs((Date.parse(forecast.lastAt ?? '') || 0) - last)).toBeLessThan(2_000)
  return outcome
}

/** People of many zones, some suppressed, some without their field, some whose time runs out early. */
async function mixedAudience(
  change: Record<string, unknown> = {},
  sender: Record<string, unknown> = {},
): Promise<TestApp> {
  const emulator = await openEmulator()
  const test = await openTestApp({ clock: new FakeClock('2027-06-01T19:30:00Z') })
  await addMeta(test, { baseUrl: emulator.baseUrl('meta'), ratePerSecond: 2, ...sender })
  const lines = Array.from({ length: 40 }, (_, n) => {
    const until = n % 10 === 1 ? '2027-06-01T23:00:00Z' : ''
    return `${phoneNumber(n)},${zones[n % zones.length]},${n % 8 === 5 ? '' : `N${n}`},${until}`
  })
  await importLines(test, ['phone,time_zone,voucher,ends', ...lines])
  for (const n of [2, 17]) await addSuppression(test.ctx, phoneNumber(n))
  await addTestCampaign(test, {
    content: { ...templateContent, body: ['{{ voucher }}'] },
    missingVariable: 'skip',
    limits: { quietHours: 'respect', frequencyCap: 'respect', validUntilField: 'ends' },
    ...change,
  })
  return test
}

describe('the forecast', () => {
  it('names who is sent to, who waits for the morning and who is left out, as it then comes', async () => {
    const test = await mixedAudience()
    const forecast = await forecastFor(test.ctx, 'Spring sale')
    const outcome = await compare(test, forecast)
    expect(forecast.byOutcome.deferred).toBe(outcome.deferred.size)
    expect(forecast.deferredBy).toEqual({ quiet_hours: outcome.deferred.size })
    expect(Object.keys(forecast.skippedBy).sort()).toEqual(['blocked', 'missing_variable', 'quiet_hours_no_time_left'])
  })

  it('says that the launch will be refused for people without a field', async () => {
    const test = await mixedAudience({ missingVariable: 'fail' })
    const { warnings } = await forecastFor(test.ctx, 'Spring sale')
    const tooLate = expect.stringMatching(/^about \d+ of 40 people will not get it in time/)
    const later = expect.stringMatching(/^only 14 of 40 people will get it at its time: 16 will get it later/)
    expect(warnings).toEqual([
      later,
      tooLate,
      expect.stringMatching(/^the launch will be refused: the text of 5 people/),
    ])
    await expect(launchByOperator(test.ctx, 'Spring sale')).rejects.toMatchObject({
      code: 'campaign.missing_variables',
    })
    const skipping = await mixedAudience()
    expect((await forecastFor(skipping.ctx, 'Spring sale')).warnings).toEqual([later, tooLate])
  })

  it('knows what an earlier campaign has taken of the caps', async () => {
    const test = await mixedAudience()
    await addTestCampaign(test, {
      name: 'Earlier',
      content: templateContent,
      audience: { lists: ['people'], filter: { field: 'voucher', in: ['N3', 'N8', 'N18', 'N23'] } },
    })
    await launchByOperator(test.ctx, 'Earlier')
    await tickAndPlan(test, 'Earlier')
    await sendAll(test)
    test.clock.advance(2 * HOUR_MS)
    const forecast = await forecastFor(test.ctx, 'Spring sale')
    await compare(test, forecast)
    expect(forecast.deferredBy.frequency_cap).toBe(4)
  })

  it('spreads people over the days of a daily limit', async () => {
    const test = await mixedAudience({ limits: { quietHours: 'ignore', frequencyCap: 'ignore' } }, { dailyLimit: 20 })
    const forecast = await forecastFor(test.ctx, 'Spring sale')
    expect(forecast.byOutcome.sent).toBe(20)
    await compare(test, forecast)
  })

  it('sends at each person’s own morning, as it said', async () => {
    const schedule = { at: '2027-06-03T09:00', timeZone: 'recipient' }
    const test = await mixedAudience({ schedule })
    const forecast = await forecastFor(test.ctx, 'Spring sale')
    await launchByOperator(test.ctx, 'Spring sale')
    test.clock.set('2027-06-02T20:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    const outcome = await sendAll(test)
    const { totals } = await reportOf(test.ctx, 'Spring sale')
    expect(forecast.byOutcome.sent + forecast.byOutcome.deferred).toBe(totals.byStatus.accepted)
    expect(forecast.perHour.map(({ count }) => count)).toEqual(perHour(outcome.starts).map(({ count }) => count))
  })

  it('is not read from the answers of a provider: nothing is asked before the launch', async () => {
    const emulator = await openEmulator()
    const test = await mixedAudience({}, { baseUrl: emulator.baseUrl('meta') })
    await forecastFor(test.ctx, 'Spring sale')
    expect(requestsOf(emulator)).toEqual([])
  })
})
