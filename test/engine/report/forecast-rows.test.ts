// The tables of a review, of a forecast and of a report: no bucket is missing, the rows add up.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { messageStatuses } from '../../../src/domain/message-status.ts'
import { reasonRows, runSums, sumCounts, tally } from '../../../src/domain/report.ts'
import { addSuppression } from '../../../src/engine/contacts/suppressions.ts'
import { forecastFor } from '../../../src/engine/report/forecast.ts'
import { forecastRows, tooLateWords } from '../../../src/engine/report/forecast-rows.ts'
import { reasonWords } from '../../../src/engine/report/reasons.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  addMeta,
  addTestCampaign,
  importLines,
  openTestApp,
  phoneNumber,
  templateContent,
} from '../../support/open-test-app.ts'

const person = fc.record({
  zone: fc.constantFrom('America/New_York', 'Europe/Berlin', 'Asia/Kolkata', 'Pacific/Auckland'),
  hasVoucher: fc.boolean(),
  ends: fc.constantFrom('', '2027-06-01T13:00:00Z', '2027-06-01T20:00:00Z'),
  isOut: fc.boolean(),
})

const campaign = fc.record({
  dailyLimit: fc.constantFrom(null, 1, 3),
  ratePerSecond: fc.constantFrom(0.001, 0.01, 100),
  quietHours: fc.constantFrom('respect', 'skip', 'ignore'),
  frequencyCap: fc.constantFrom('respect', 'ignore'),
  validity: fc.constantFrom('10m', '2h', '36h'),
  hasTemplate: fc.boolean(),
  schedule: fc.constantFrom(
    undefined,
    { at: '2027-06-02T09:00', timeZone: 'recipient', zonePassed: 'skip', fallbackTimeZone: 'UTC' },
    { at: '2027-06-01T23:00', timeZone: 'recipient', zonePassed: 'now', fallbackTimeZone: 'UTC' },
  ),
})

const sum = (rows: readonly { count: number }[]) => rows.reduce((all, { count }) => all + count, 0)

it('D23: the rows of a forecast add up to its audience, whatever the campaign and its people', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(person, { minLength: 1, maxLength: 12 }), campaign, async (people, asked) => {
      const test = await openTestApp({ clock: new FakeClock('2027-06-01T19:30:00Z') })
      const { dailyLimit, ratePerSecond, hasTemplate, schedule, ...limits } = asked
      await addMeta(test, { ratePerSecond, ...(dailyLimit !== null && { dailyLimit }) })
      const lines = people.map(
        ({ zone, hasVoucher, ends }, n) => `${phoneNumber(n)},${zone},${hasVoucher ? 'A' : ''},${ends}`,
      )
      await importLines(test, ['phone,time_zone,voucher,ends', ...lines])
      for (const [n, { isOut }] of people.entries())
        if (isOut) await addSuppression(test.ctx, phoneNumber(n), { reason: 'opted_out', evidence: 'letter' })
      await addTestCampaign(test, {
        content: hasTemplate ? { ...templateContent, body: ['{{ voucher }}'] } : { type: 'text', text: 'Hello' },
        missingVariable: 'skip',
        limits: { ...limits, validUntilField: 'ends' },
        ...(schedule !== undefined && { schedule }),
      })
      const forecast = await forecastFor(test.ctx, 'Spring sale')
      const rows = forecastRows(forecast)
      expect([forecast, sum(rows)]).toEqual([forecast, people.length])
      expect(sum(rows.filter(({ outcome }) => outcome === 'expired'))).toBe(forecast.byOutcome.expired)
      for (const { outcome, reason } of rows)
        if (reason !== null) expect(outcome === 'expired' ? tooLateWords : reasonWords).toHaveProperty(reason)
    }),
    { numRuns: 25 },
  )
})

it('D23: the columns of a run add up to its audience, and its reasons to what did not arrive', () => {
  const row = fc.record({
    status: fc.constantFrom(...messageStatuses),
    reason: fc.constantFrom('', 'opted_out', 'proof_expired', '131026', 'constructor'),
    count: fc.nat({ max: 1000 }),
  })
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const told = tally(rows)
      const sums = runSums(told.byStatus)
      expect(Object.values(sums).reduce((all, count) => all + count, 0)).toBe(sumCounts(told.byStatus))
      expect(sum(reasonRows(told))).toBe(sums.notSent + sums.failed + sums.unknown)
    }),
  )
})
