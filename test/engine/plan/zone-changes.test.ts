// People in their own zones whose zone becomes another, and dates that mean a day on their own clock.
import { describe, expect, it } from 'vitest'
import { claim, launchAndPlan, storedMessages, tickAndPlan } from '../../support/claims.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { addSandbox, addTestCampaign, importLines, openTestApp, phoneNumber } from '../../support/open-test-app.ts'

const content = { type: 'text', text: 'Hello' }
const header = 'phone,time_zone,ends'
const iso = (at: number | undefined) => new Date(at ?? 0).toISOString().slice(0, 16)

describe('a person whose zone changes', () => {
  it('is asked anew about quiet hours, and keeps a planned instant', async () => {
    const test = await openTestApp({ clock: new FakeClock('2027-06-01T12:00:00Z') })
    // Nine in the evening in Tokyo, eight in the morning in New York.
    await importLines(test, [header, `${phoneNumber(0)},Asia/Tokyo,`, `${phoneNumber(1)},Asia/Tokyo,`])
    await addSandbox(test)
    await addTestCampaign(test, { content, limits: { frequencyCap: 'ignore', quietHours: 'respect' } })
    await launchAndPlan(test, 'Spring sale')
    expect((await claim(test)).claimed).toEqual([])
    const before = await storedMessages(test)
    expect(before.map(({ waitReason }) => waitReason)).toEqual(['quiet_hours', 'quiet_hours'])
    await importLines(test, [header, `${phoneNumber(0)},America/New_York,`])
    const after = await storedMessages(test)
    expect(after.map(({ dueAt }) => iso(dueAt))).toEqual(['2027-06-01T12:00', iso(before[1]?.dueAt)])
    expect(after[0]?.scheduledAt).toBe(before[0]?.scheduledAt)
    expect((await claim(test)).claimed.map(({ phone }) => phone)).toEqual([phoneNumber(0)])
  })
})

describe('a date until which a message is valid', () => {
  const lines = [header, `${phoneNumber(0)},Asia/Tokyo,2027-06-02`, `${phoneNumber(1)},America/New_York,2027-06-02`]

  it.each([
    ['recipient', ['2027-06-02T14:59', '2027-06-03T03:59']],
    ['UTC', ['2027-06-02T23:59', '2027-06-02T23:59']],
  ])('ends with the day of the clock that the schedule goes by: %s', async (timeZone, ends) => {
    const test = await openTestApp({ clock: new FakeClock('2027-06-01T00:00:00Z') })
    await importLines(test, lines)
    await addSandbox(test)
    await addTestCampaign(test, {
      content,
      schedule: { at: '2027-06-01T12:00', timeZone },
      limits: { validUntilField: 'ends', validity: '10d' },
    })
    await launchAndPlan(test, 'Spring sale')
    test.clock.set('2027-06-01T12:00:10Z')
    await tickAndPlan(test, 'Spring sale')
    const rows = await test.ctx.db.read((tx) =>
      tx.all<{ at: number }>('SELECT expires_at AS at FROM messages ORDER BY contact_id'),
    )
    expect(rows.map(({ at }) => iso(at))).toEqual(ends)
  })
})
