// Names of zones and dates without a time, from the definition to the runs and messages.
import { describe, expect, it } from 'vitest'
import { addKey } from '../../../src/engine/accounts/keys.ts'
import { addUser } from '../../../src/engine/accounts/users.ts'
import { showCampaign } from '../../../src/engine/campaigns/campaign-view.ts'
import { addCampaign, cloneCampaign, editCampaign } from '../../../src/engine/campaigns/drafts.ts'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { pauseByOperator, resumeByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { previewSchedule } from '../../../src/engine/campaigns/schedule-preview.ts'
import { tickAll } from '../../../src/engine/plan/tick.ts'
import { forecastFor } from '../../../src/engine/report/forecast.ts'
import { diagnose } from '../../../src/engine/service/doctor.ts'
import { iso, storedMessages, tickAndPlan } from '../../support/claims.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  addSandbox,
  addTestCampaign,
  campaignDefinition,
  importLines,
  importPeople,
  openTestApp,
  type TestApp,
} from '../../support/open-test-app.ts'

async function setup(at = '2027-06-01T05:00:00Z'): Promise<TestApp> {
  const test = await openTestApp({ clock: new FakeClock(at) })
  await importPeople(test, 1)
  await addSandbox(test)
  return test
}

/** Names no field that only some people have. */
const plain = { content: { type: 'text', text: 'Hello' } }
const inKyiv = { cron: '0 9 * * *', timeZone: 'Europe/Kyiv', overlap: 'allow' }

/** What an earlier version of Herald stored: the name as it was typed. */
async function storeAsTyped({ ctx }: TestApp, typed: string): Promise<void> {
  await ctx.db.write(async (tx) => {
    await tx.run(`UPDATE campaign_revisions SET definition = replace(definition, 'Europe/Kyiv', ?)`, [typed])
  })
}

async function keysOf({ ctx }: TestApp): Promise<string[]> {
  const rows = await ctx.db.read((tx) => tx.all<{ key: string }>(`SELECT occurrence_key AS key FROM runs ORDER BY id`))
  return rows.map(({ key }) => key)
}

describe('the zone of a campaign', () => {
  it('S13: is stored under its present name by add, edit and clone', async () => {
    const test = await setup()
    await addTestCampaign(test, { schedule: { ...inKyiv, timeZone: 'europe/kiev' } })
    expect((await showCampaign(test.ctx, 'Spring sale')).definition.schedule?.timeZone).toBe('Europe/Kyiv')
    const change = campaignDefinition({
      schedule: { cron: '0 9 * * *', timeZone: 'recipient', fallbackTimeZone: 'US/Eastern' },
    })
    const edited = await editCampaign(test.ctx, 'Spring sale', change)
    expect(edited.definition.schedule).toMatchObject({ timeZone: 'recipient', fallbackTimeZone: 'America/New_York' })
    await editCampaign(test.ctx, 'Spring sale', campaignDefinition({ schedule: inKyiv }))
    await storeAsTyped(test, 'Europe/Kiev')
    const clone = await cloneCampaign(test.ctx, 'Spring sale')
    expect(clone.definition.schedule?.timeZone).toBe('Europe/Kyiv')
  })

  it('S13: that was stored under a former name keeps it, and the keys of its occurrences', async () => {
    const test = await setup()
    await addTestCampaign(test, { schedule: inKyiv })
    await storeAsTyped(test, 'Europe/Kiev')
    await launchByOperator(test.ctx, 'Spring sale')
    test.clock.set('2027-06-01T06:00:10Z')
    await tickAll(test.ctx)
    expect(await keysOf(test)).toEqual(['2027-06-01T09:00@Europe/Kiev'])
  })

  it('S13: runs no occurrence again when its name changes', async () => {
    const test = await setup()
    await addTestCampaign(test, { schedule: inKyiv })
    await storeAsTyped(test, 'Europe/Kiev')
    await launchByOperator(test.ctx, 'Spring sale')
    test.clock.set('2027-06-01T06:00:10Z')
    await tickAll(test.ctx)
    await pauseByOperator(test.ctx, 'Spring sale')
    await editCampaign(test.ctx, 'Spring sale', campaignDefinition({ schedule: inKyiv }))
    await resumeByOperator(test.ctx, 'Spring sale')
    // As if nobody knew how far the schedule is decided.
    await test.ctx.db.write((tx) =>
      tx.run(`UPDATE campaigns SET decided_until = ?, next_tick_at = 0`, [Date.parse('2027-06-01T05:00:00Z')]),
    )
    await tickAll(test.ctx)
    expect(await keysOf(test)).toEqual(['2027-06-01T09:00@Europe/Kiev'])
    test.clock.set('2027-06-02T06:00:10Z')
    await tickAll(test.ctx)
    expect(await keysOf(test)).toEqual(['2027-06-01T09:00@Europe/Kiev', '2027-06-02T09:00@Europe/Kyiv'])
  })

  it('S13: of the installation is known by its present name too', async () => {
    const test = await openTestApp({ env: { HERALD_TIME_ZONE: 'asia/calcutta' } })
    expect(test.ctx.config.timeZone).toBe('Asia/Kolkata')
    await expect(openTestApp({ env: { HERALD_TIME_ZONE: 'Kyiv' } })).rejects.toMatchObject({
      code: 'config.invalid',
      message: expect.stringContaining('Did you mean Europe/Kyiv?'),
    })
  })

  it('I13: without daylight saving is taken with a warning wherever the campaign is shown', async () => {
    const test = await setup()
    await addTestCampaign(test, { schedule: { cron: '0 9 * * *', timeZone: 'UTC+5:30' } })
    const { definition, warnings } = await showCampaign(test.ctx, 'Spring sale')
    expect(definition.schedule?.timeZone).toBe('+05:30')
    expect(warnings.join()).toContain('Asia/Kolkata')
    const { warnings: forecast } = await forecastFor(test.ctx, 'Spring sale')
    expect(forecast.join()).toContain('without daylight saving')
    await launchByOperator(test.ctx, 'Spring sale')
    test.clock.set('2027-06-01T14:00:00Z')
    const next = await showCampaign(test.ctx, 'Spring sale')
    expect(next.nextRunAt).toBe('2027-06-02T03:30:00Z')
  })
})

describe('the zones of people', () => {
  it('S13, I13: case 59: are imported under their present names, offsets with a warning, and nobody is lost', async () => {
    const test = await openTestApp()
    const zones = [
      'Europe/Kyiv',
      'Europe/Kiev',
      'Asia/Kolkata',
      'Asia/Calcutta',
      'America/Ciudad_Juarez',
      'America/Coyhaique',
      'Asia/Qostanay',
      'Pacific/Kanton',
      'America/Nuuk',
      'America/Godthab',
      'Asia/Ho_Chi_Minh',
      'Asia/Saigon',
      'europe/berlin',
      'Europe/Kiyv',
      'GMT+2',
      'EST',
      '+02:00',
    ]
    const lines = zones.map((zone, n) => `+4477009006${String(n).padStart(2, '0')},${zone}`)
    const result = await importLines(test, ['phone,zone', ...lines])
    expect(result).toMatchObject({ added: 17, rejected: 0, warnings: { zone_invalid: 2, zone_fixed: 2 } })
    const rows = await test.ctx.db.read((tx) => tx.all<{ zone: string }>('SELECT zone FROM contacts ORDER BY phone'))
    expect(rows.map(({ zone }) => zone)).toEqual([
      'Europe/Kyiv',
      'Europe/Kyiv',
      'Asia/Kolkata',
      'Asia/Kolkata',
      'America/Ciudad_Juarez',
      'America/Coyhaique',
      'Asia/Qostanay',
      'Pacific/Kanton',
      'America/Nuuk',
      'America/Nuuk',
      'Asia/Ho_Chi_Minh',
      'Asia/Ho_Chi_Minh',
      'Europe/Berlin',
      'Europe/London',
      'Europe/London',
      'EST',
      '+02:00',
    ])
  })

  it('S13: are found by a filter under every name, also those that were stored as typed', async () => {
    const test = await setup()
    await importLines(test, ['phone,zone', '+447700900601,Europe/Kyiv', '+447700900602,Europe/Berlin'], {
      list: 'zones',
    })
    await importLines(test, ['phone,zone', '+447700900603,Europe/Kyiv'], { list: 'zones' })
    await test.ctx.db.write((tx) => tx.run(`UPDATE contacts SET zone = 'europe/kiev' WHERE phone = '+447700900603'`))
    const sizes: number[] = []
    for (const [n, filter] of [
      { field: 'zone', is: 'Europe/Kiev' },
      { field: 'zone', in: ['europe/kyiv'] },
      { field: 'zone', isNot: 'Europe/Kiev' },
      { field: 'zone', notIn: ['Europe/Kyiv', 'Europe/Berlin'] },
    ].entries()) {
      const name = `Filter ${n}`
      await addCampaign(test.ctx, campaignDefinition({ ...plain, name, audience: { lists: ['zones'], filter } }))
      sizes.push((await forecastFor(test.ctx, name)).audience)
    }
    expect(sizes).toEqual([2, 2, 1, 0])
  })

  it('I13: that are a fixed offset decide when a message is due', async () => {
    const test = await openTestApp({ clock: new FakeClock('2027-06-01T00:00:00Z') })
    await importLines(test, ['phone,zone', '+447700900601,+05:30', '+447700900602,Asia/Kolkata'])
    await addSandbox(test)
    await addTestCampaign(test, { ...plain, schedule: { at: '2027-06-01T12:00', timeZone: 'recipient' } })
    await launchByOperator(test.ctx, 'Spring sale')
    await tickAndPlan(test, 'Spring sale')
    const dues = (await storedMessages(test)).map(({ dueAt }) => iso(dueAt))
    expect(dues).toEqual(['2027-06-01T06:30:00.000Z', '2027-06-01T06:30:00.000Z'])
  })
})

describe('a date without a time', () => {
  it('S12: as the end of a campaign lets its last day run, and is echoed by add, launch, forecast and preview', async () => {
    const test = await setup('2027-06-01T10:00:00Z')
    const schedule = { cron: '0 9 * * *', timeZone: 'Europe/Berlin', until: '2027-06-02', overlap: 'allow' }
    const echo = 'until 2027-06-02 (through 23:59:59.999 Europe/Berlin, 2027-06-02T21:59:59.999Z)'
    const added = await addCampaign(test.ctx, campaignDefinition({ schedule }))
    expect(added.understood).toEqual([echo])
    expect((await forecastFor(test.ctx, 'Spring sale')).understood).toEqual([echo])
    expect(previewSchedule(test.ctx, schedule)).toMatchObject({
      understood: [echo],
      occurrences: [{ at: '2027-06-02T07:00:00Z' }],
    })
    const launched = await launchByOperator(test.ctx, 'Spring sale')
    expect(launched).toMatchObject({ understood: [echo], nextRunAt: '2027-06-02T07:00:00Z' })
    test.clock.set('2027-06-02T07:00:10Z')
    expect(await tickAll(test.ctx)).toMatchObject({ started: 1 })
  })

  it('S12: in the field that limits validity lasts through its day in the zone of the campaign', async () => {
    const test = await openTestApp({ clock: new FakeClock('2027-06-01T10:00:00Z') })
    await importLines(test, ['phone,voucher_end', '+447700900601,2027-06-02', '+447700900602,2027-06-02T12:00'])
    await addSandbox(test)
    const schedule = { cron: '0 9 * * *', timeZone: 'Europe/Berlin' }
    await addTestCampaign(test, { ...plain, schedule, limits: { validUntilField: 'voucher_end' } })
    const { understood } = await showCampaign(test.ctx, 'Spring sale')
    expect(understood).toEqual([
      'valid until the value of voucher_end (a date without a time: through 23:59:59.999 Europe/Berlin)',
    ])
    await launchByOperator(test.ctx, 'Spring sale')
    test.clock.set('2027-06-02T07:00:10Z')
    await tickAndPlan(test, 'Spring sale')
    const ends = (await storedMessages(test)).map(({ expiresAt }) => iso(expiresAt))
    expect(ends).toEqual(['2027-06-02T21:59:59.999Z', '2027-06-02T10:00:00.000Z'])
  })

  it('S12: as the moment of a campaign is refused with its place', async () => {
    const test = await setup()
    const asked = addCampaign(test.ctx, campaignDefinition({ schedule: { at: '2027-06-02', timeZone: 'UTC' } }))
    await expect(asked).rejects.toMatchObject({ code: 'date.time_missing' })
  })

  it('S12: as the start of a preview begins with its first firing', async () => {
    const test = await setup()
    const { occurrences, understood } = previewSchedule(
      test.ctx,
      { cron: '0 0 * * *', timeZone: 'Europe/Berlin' },
      { from: '2027-07-01', count: 1 },
    )
    expect(occurrences).toMatchObject([{ at: '2027-06-30T22:00:00Z', local: '2027-07-01T00:00' }])
    expect(understood).toEqual(['shown from 2027-07-01 (from 00:00 Europe/Berlin, 2027-06-30T22:00:00Z)'])
  })

  it('S12: as the end of a key lets it work through that day in the zone of the installation', async () => {
    const test = await openTestApp({ env: { HERALD_TIME_ZONE: 'Europe/Berlin' } })
    await addUser(test.ctx, { name: 'ada', role: 'admin', password: 'a long and unusual phrase 42' })
    const key = await addKey(test.ctx, { name: 'shop', user: 'ada', expiresAt: '2027-06-02' })
    expect(key.expiresAt).toBe('2027-06-02T21:59:59.999Z')
    expect(key.understood).toContain('through 23:59:59.999 Europe/Berlin')
  })
})

describe('old time zone rules', () => {
  it.each([
    ['2025c', true],
    ['2027a', false],
  ])('I8: %s are shown, with a warning only when they are old: %s', async (zoneDataVersion, isOld) => {
    const test = await openTestApp({ clock: new FakeClock('2027-06-01T05:00:00Z'), zoneDataVersion })
    await importPeople(test, 1)
    await addSandbox(test)
    await addTestCampaign(test, { schedule: inKyiv })
    const warning = isOld ? expect.stringContaining('older than nine months') : null
    const expected = { version: zoneDataVersion, warning }
    expect(previewSchedule(test.ctx, inKyiv).zoneData).toEqual(expected)
    expect((await forecastFor(test.ctx, 'Spring sale')).zoneData).toEqual(expected)
    const { ok, findings, settings } = await diagnose(test.ctx)
    expect(ok).toBe(true)
    const finding = findings.find(({ check }) => check === 'time zone data')
    expect(finding).toMatchObject({ ok: true, ...(isOld && { isWarning: true }) })
    expect(finding?.detail).toContain(zoneDataVersion)
    expect(settings.zoneData).toBe(zoneDataVersion)
  })
})
