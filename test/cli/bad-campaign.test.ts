// Campaign files and schedules that are refused, as somebody at a terminal and a script see it.

import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { expectRefusal, herald, sharedCliFolder, writeIn } from '../support/cli.ts'
import { campaignDefinition } from '../support/open-test-app.ts'

const folder = sharedCliFolder(async (made) => {
  const people = 'phone,first_name,city,voucher\n+12025550101,Ada,Boston,A1\n+12025550102,Bob,Salem,"two\nlines"\n'
  await herald(made, 'import', writeIn(made, 'people.csv', people), '--list', 'people')
  const sender = writeIn(
    made,
    'sender.yaml',
    'name: main\nprovider: sandbox\npairIntervalSeconds: 0\nratePerSecond: 1000\n',
  )
  await herald(made, 'senders', 'add', sender)
  const taken = writeIn(made, 'taken.yaml', stringify(campaignDefinition({ name: 'Taken' })))
  await herald(made, 'campaigns', 'add', taken)
})

const text = (body: string) => ({ content: { type: 'text', text: body } })
const image = (url: string) => ({ content: { type: 'image', url } })

function campaignFile(change: Record<string, unknown>): string {
  return writeIn(folder, 'campaign.yaml', stringify(campaignDefinition(change)))
}

describe('a campaign is refused, with nothing stored', () => {
  it.each<[string, Record<string, unknown>, number, string, string | RegExp]>([
    ['with an unknown key (bad input 71)', { templete: 'x' }, 3, 'campaign.unknown_field', /"templete" is no key/],
    ['with a mistyped key (bad input 71)', { schedul: {} }, 3, 'campaign.unknown_field', 'did you mean "schedule"?'],
    ['with a name that is taken (bad input 73)', { name: 'Taken' }, 5, 'campaign.name_taken', 'Taken'],
    ['without an audience (bad input 74)', { audience: undefined }, 3, 'campaign.audience_missing', 'is missing'],
    [
      'with a list that does not exist (bad input 74)',
      { audience: { lists: ['nobody'] } },
      5,
      'list.not_found',
      '"nobody"',
    ],
    [
      'with a field that no contact has (bad input 79)',
      text('{{ frist_name }}'),
      3,
      'template.unknown_field',
      'first_name',
    ],
    ['with a value that is never closed (bad input 82)', text('Hi {{ first_name'), 3, 'template.syntax', ''],
    ['with a loop that is never closed (bad input 82)', text('{% for x in y %}'), 3, 'template.syntax', ''],
    ['with an unknown filter (bad input 82)', text('{{ first_name | shout }}'), 3, 'template.syntax', 'shout'],
    ['with a value of the program (bad input 83)', text('{{ process.env }}'), 3, 'template.unknown_field', 'process'],
    ['with a property of an object (bad input 83)', text('{{ __proto__ }}'), 3, 'template.unknown_field', '__proto__'],
    ['with a call (bad input 83)', text(`{{ constructor.constructor('return 1')() }}`), 3, 'template.syntax', ''],
    ['with a text of 70,000 characters (bad input 85)', text('x'.repeat(70_000)), 3, 'message.too_long', '4096'],
    [
      'with an address of the cloud (bad input 86)',
      image('http://169.254.169.254/x.png'),
      3,
      'media.url_not_allowed',
      '',
    ],
    ['with a file (bad input 86)', image('file:///etc/passwd'), 3, 'media.url_not_allowed', ''],
    ['with localhost (bad input 86)', image('http://localhost:6379/x.png'), 3, 'media.url_not_allowed', ''],
    ['with a number as host (bad input 86)', image('http://2130706433/x.png'), 3, 'media.url_not_allowed', ''],
    ['with a mapped address (bad input 86)', image('http://[::ffff:127.0.0.1]/x.png'), 3, 'media.url_not_allowed', ''],
    ['with circled digits as host (bad input 86)', image('http://①②⑦.⓪.⓪.①/x.png'), 3, 'media.url_not_allowed', ''],
    ['with rate 0 (bad input 89)', { limits: { ratePerSecond: 0 } }, 3, 'rate.out_of_range', ''],
    ['with rate -1 (bad input 89)', { limits: { ratePerSecond: -1 } }, 3, 'rate.out_of_range', ''],
    ['with rate 1e9 (bad input 89)', { limits: { ratePerSecond: 1e9 } }, 3, 'rate.out_of_range', ''],
    ['with a word as rate (bad input 89)', { limits: { ratePerSecond: 'fast' } }, 3, 'rate.out_of_range', 'fast'],
    [
      'with two kinds of schedule (bad input 91)',
      { schedule: { at: '2030-01-01T09:00', cron: '0 9 * * *', timeZone: 'UTC' } },
      3,
      'schedule.conflict',
      '',
    ],
    [
      'with quiet hours of no length (bad input 93)',
      { limits: { quietHours: { from: '22:00', to: '22:00' } } },
      3,
      'quiet_hours.invalid',
      '',
    ],
    [
      'with quiet hours at 25:00 (bad input 93)',
      { limits: { quietHours: { from: '25:00', to: '08:00' } } },
      3,
      'quiet_hours.invalid',
      '',
    ],
    [
      'with delivery exactly once (bad input 102)',
      { delivery: 'exactly_once' },
      3,
      'policy.unknown',
      /atMostOnce, reconcile, atLeastOnce.*exactly once is not offered/,
    ],
    ['with a sender that does not exist (bad input 103)', { sender: 'nobody' }, 5, 'sender.not_found', 'nobody'],
  ])('%s', async (_what, change, exitCode, code, says) => {
    await expectRefusal(folder, ['campaigns', 'add', campaignFile(change)], { exitCode, code, says })
  })

  it.each<[string, string, string, string | RegExp]>([
    ['that is empty (bad input 70)', '', 'campaign.not_an_object', 'herald schema campaign'],
    ['that is null (bad input 70)', 'null', 'campaign.not_an_object', ''],
    ['that is a list (bad input 70)', '[]', 'campaign.not_an_object', ''],
    ['that is a text (bad input 70)', '"x"', 'campaign.not_an_object', ''],
    ['with anchors (bad input 101)', 'a: &a [x]\nname: [*a, *a]\n', 'yaml.alias', ''],
    ['with tabs (bad input 101)', 'name: x\n\tsender: y\n', 'yaml.syntax', 'campaign.yaml:2:1'],
    ['with two documents (bad input 101)', 'name: x\n---\nname: y\n', 'yaml.not_one_document', ':2:1'],
    ['with a key twice (bad input 101)', 'name: x\nname: y\n', 'yaml.syntax', ':2:1'],
  ])('%s', async (_what, content, code, says) => {
    const file = writeIn(folder, 'campaign.yaml', content)
    await expectRefusal(folder, ['campaigns', 'add', file], { exitCode: 3, code, says })
  })

  it('with words of old YAML where a switch or a number belongs (bad input 101)', async () => {
    const lines = `${stringify(campaignDefinition())}oncePerContact: yes\npriority: 1_0\n`
    const error = await expectRefusal(folder, ['campaigns', 'add', writeIn(folder, 'campaign.yaml', lines)], {
      exitCode: 3,
      code: 'campaign.invalid',
    })
    expect(error.details.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/priority',
      '/oncePerContact',
    ])
  })

  it('with every problem in the answer', async () => {
    const error = await expectRefusal(
      folder,
      ['campaigns', 'add', campaignFile({ templete: 'x', sender: 7, limits: { ratePerSecond: 'fast' } })],
      { exitCode: 3, code: 'campaign.invalid', says: '(and 2 more)' },
    )
    expect(error.details.errors).toHaveLength(3)
  })
})

/** Adds a campaign of its own for one test. */
async function added(name: string, change: Record<string, unknown>): Promise<string> {
  const { json } = await herald(folder, '--json', 'campaigns', 'add', campaignFile({ name, ...change }))
  expect(json).toMatchObject({ name, status: 'draft' })
  return name
}

describe('a launch is refused, with nothing stored', () => {
  it.each<[string, Record<string, unknown>, string, string]>([
    [
      'to nobody (bad input 75)',
      { audience: { lists: ['people'], filter: { field: 'city', is: 'Rome' } } },
      'campaign.audience_empty',
      'nobody',
    ],
    [
      'with a line break in a value of a template (bad input 81)',
      { content: { type: 'template', template: 'hello', language: 'en', body: ['{{ voucher }}'] } },
      'template.value_not_allowed',
      '1 of 2 people',
    ],
    [
      'in the past (bad input 90)',
      { schedule: { at: '2025-01-01T09:00', timeZone: 'UTC' } },
      'schedule.in_the_past',
      '--now',
    ],
  ])('%s', async (what, change, code, says) => {
    const name = await added(what, change)
    await expectRefusal(folder, ['campaigns', 'launch', name], { exitCode: 3, code, says })
  })
})

describe('what was done already', () => {
  it('launched twice, a campaign stays as it is (bad input 94)', async () => {
    const name = await added('Twice', { schedule: { cron: '0 9 * * MON', timeZone: 'UTC' } })
    const first = await herald(folder, '--json', 'campaigns', 'launch', name)
    const second = await herald(folder, '--json', 'campaigns', 'launch', name)
    expect([first.exitCode, second.exitCode]).toEqual([0, 0])
    expect(second.json).toMatchObject({ id: first.json.id, status: 'scheduled', launchedAt: first.json.launchedAt })
    await expectRefusal(folder, ['campaigns', 'archive', name], {
      exitCode: 5,
      code: 'campaign.running',
      says: 'cancel',
    })
  })

  it('a campaign that was cancelled is neither launched nor resumed (bad input 98)', async () => {
    const name = await added('Gone', {})
    await herald(folder, 'campaigns', 'launch', name)
    expect((await herald(folder, '--json', 'campaigns', 'cancel', name, '--yes')).json).toMatchObject({
      status: 'cancelled',
    })
    expect((await herald(folder, '--json', 'campaigns', 'cancel', name, '--yes')).exitCode).toBe(0)
    for (const verb of ['launch', 'resume'])
      await expectRefusal(folder, ['campaigns', verb, name], { exitCode: 5, code: 'campaign.cancelled', says: 'clone' })
  })

  it('a rate of a tenth is taken (bad input 89)', async () => {
    await added('Slow', { limits: { ratePerSecond: 0.1 } })
  })
})

describe('a cron pattern is refused', () => {
  it.each<[string, string, string | RegExp]>([
    ['* * * *', 'cron.field_count', '4 fields, need 5: minute hour day month weekday'],
    ['0 0 9 * * *', 'cron.field_count', 'need 5'],
    ['0 0 9 * * * 2027', 'cron.field_count', 'need 5'],
    ['60 * * * *', 'cron.out_of_range', 'minute'],
    ['* 24 * * *', 'cron.out_of_range', 'hour'],
    ['0 0 32 * *', 'cron.out_of_range', 'day'],
    ['0 0 * 13 *', 'cron.out_of_range', 'month'],
    ['0 0 * * 8', 'cron.out_of_range', 'weekday'],
    ['0 0 * * 5-1', 'cron.bad_range', ''],
    ['0 0 * * MON-SUN/0', 'cron.bad_range', ''],
    ['1,,2 9 * * *', 'cron.syntax', ''],
    [',1 9 * * *', 'cron.syntax', ''],
    ['1- 9 * * *', 'cron.syntax', ''],
    ['H H * * *', 'cron.letter', ''],
    ['0 0 30 2 *', 'cron.never', 'day 30 does not exist in month 2'],
    ['１ 9 * * *', 'cron.syntax', ''],
    ['0x10 9 * * *', 'cron.syntax', ''],
    ['1e1 9 * * *', 'cron.syntax', ''],
    ['0 9 * * *\n0 10 * * *', 'cron.syntax', ''],
    ['@reboot', 'cron.unknown_name', '@daily'],
  ])('%j (bad input 105-118)', async (pattern, code, says) => {
    await expectRefusal(folder, ['schedule', 'preview', pattern], { exitCode: 3, code, says })
  })

  it('of 10,000 characters (bad input 118)', async () => {
    const pattern = `${'x'.repeat(9_992)} 9 * * *`
    await expectRefusal(folder, ['schedule', 'preview', pattern], { exitCode: 3, code: 'cron.syntax' })
  })

  it('for a campaign when it fires every minute (bad input 117)', async () => {
    const file = campaignFile({ schedule: { cron: '* * * * *', timeZone: 'UTC' } })
    await expectRefusal(folder, ['campaigns', 'add', file], { exitCode: 3, code: 'cron.too_frequent', says: '5' })
  })

  it.each([
    ['0 0 29 2 *', '2028-02-29T00:00', /2028|29 February|leap/],
    ['0 0 31 * *', '2027-01-31T00:00', /7 months|31/],
  ])('but %j is taken, with a note (bad input 114, 115)', async (pattern, first, note) => {
    const { json, stderr } = await herald(
      folder,
      '--json',
      'schedule',
      'preview',
      pattern,
      '--from',
      '2027-01-01T00:00',
      '-n',
      '3',
    )
    expect(json.occurrences[0]).toMatchObject({ local: first })
    expect(`${stderr} ${JSON.stringify(json)}`).toMatch(note)
  })

  it('I14: but @daily is taken', async () => {
    const { json } = await herald(folder, '--json', 'schedule', 'preview', '@daily', '--from', '2027-01-01', '-n', '1')
    expect(json).toMatchObject({ timeZone: 'UTC', occurrences: [{ at: '2027-01-01T00:00:00Z' }] })
  })

  it.each([
    ['EST', 'America/New_York', '14:00'],
    ['+05:30', 'Asia/Kolkata', '03:30'],
    ['europe/kiev', '', '07:00'],
  ])('I13, S13: case 59: but one in the zone %s is taken', async (zone, place, hour) => {
    const flags = ['--time-zone', zone, '--from', '2027-01-01', '-n', '1']
    const { json, stderr } = await herald(folder, '--json', 'schedule', 'preview', '0 9 * * *', ...flags)
    expect(json.occurrences).toMatchObject([{ at: `2027-01-01T${hour}:00Z` }])
    expect(stderr).toContain(place)
    expect(stderr.includes('daylight saving')).toBe(place !== '')
  })

  it('I8: and the version of the zone data is shown', async () => {
    const { stdout, stderr } = await herald(folder, 'schedule', 'preview', '0 9 * * *', '-n', '1')
    expect(`${stdout}${stderr}`).toContain(process.versions.tz)
  })

  it('but one with tabs is taken, and one in a gap of the clock is marked (bad input 118, 119)', async () => {
    expect((await herald(folder, 'schedule', 'preview', '0\t9\t*\t*\t*')).exitCode).toBe(0)
    const flags = ['--time-zone', 'Europe/Berlin', '--from', '2026-03-28T12:00', '-n', '1']
    const { json } = await herald(folder, '--json', 'schedule', 'preview', '30 2 * * *', ...flags)
    expect(json.occurrences).toEqual([
      { at: '2026-03-29T01:00:00Z', local: '2026-03-29T03:00', note: expect.stringContaining('clocks') },
    ])
  })
})

it('S12: a date as the end of a campaign is echoed with its instant', async () => {
  const schedule = { cron: '0 9 * * *', timeZone: 'Europe/Berlin', until: '2030-06-02' }
  const file = campaignFile({ name: 'Until', schedule })
  const { stdout } = await herald(folder, 'campaigns', 'add', file)
  expect(stdout).toContain('until 2030-06-02 (through 23:59:59.999 Europe/Berlin, 2030-06-02T21:59:59.999Z)')
  const { json } = await herald(folder, '--json', 'campaigns', 'show', 'Until')
  expect(json.understood).toEqual(['until 2030-06-02 (through 23:59:59.999 Europe/Berlin, 2030-06-02T21:59:59.999Z)'])
})

describe('a date is refused', () => {
  it.each<[string, string, string | RegExp]>([
    ['2026-02-30T09:00', 'date.invalid', '2026'],
    ['2026-13-01T09:00', 'date.invalid', ''],
    ['26-01-01', 'date.invalid', ''],
    ['2026-03-29T02:30', 'date.nonexistent_local_time', '03:00'],
    ['2026-12-31T23:59:60Z', 'date.leap_second', ':59'],
    ['2027-06-02', 'date.time_missing', '2027-06-02T09:00'],
    ['tomorrow', 'date.ambiguous', ''],
    ['12/11/2026', 'date.ambiguous', ''],
    ['9999-01-01T00:00Z', 'date.out_of_range', ''],
    ['1969-01-01T00:00Z', 'date.out_of_range', ''],
  ])('%s (bad input 121-127)', async (at, code, says) => {
    const file = campaignFile({ schedule: { at, timeZone: 'Europe/Berlin' } })
    await expectRefusal(folder, ['campaigns', 'add', file], { exitCode: 3, code, says })
  })

  it('when it has a zone that nobody knows', async () => {
    const file = campaignFile({ schedule: { at: '2030-01-01T09:00', timeZone: 'Mars/Phobos' } })
    await expectRefusal(folder, ['campaigns', 'add', file], { exitCode: 3, code: 'zone.unknown', says: 'IANA' })
    await expectRefusal(folder, ['schedule', 'preview', '0 9 * * *', '--from', 'tomorrow'], {
      exitCode: 3,
      code: 'date.ambiguous',
    })
  })

  it('but one that the clock shows twice is taken with a warning that names both (bad input 123)', async () => {
    const { json } = await herald(
      folder,
      '--json',
      'campaigns',
      'add',
      campaignFile({ name: 'Twice a clock', schedule: { at: '2026-10-25T02:30', timeZone: 'Europe/Berlin' } }),
    )
    expect(json.warnings.join()).toMatch(/00:30.*01:30/)
  })
})
