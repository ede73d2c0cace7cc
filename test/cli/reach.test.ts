// Launching and running what reaches nobody, as a script sees it.
import { expect, it } from 'vitest'
import { stringify } from 'yaml'
import { cliFolder, expectRefusal, herald, writeIn } from '../support/cli.ts'
import { campaignDefinition, phoneNumber } from '../support/open-test-app.ts'

async function setup() {
  const folder = cliFolder()
  await herald(folder, 'senders', 'add', writeIn(folder, 'sender.yaml', 'name: main\nprovider: sandbox\n'))
  const lines = ['phone,first_name', `${phoneNumber(0)},Ada`, `${phoneNumber(1)},Ben`].join('\n')
  await herald(folder, 'import', writeIn(folder, 'people.csv', `${lines}\n`), '--list', 'people')
  for (const n of [0, 1])
    await herald(folder, 'suppress', 'add', phoneNumber(n), '--reason', 'opted_out', '--evidence', 'asked by letter')
  await herald(folder, 'campaigns', 'add', writeIn(folder, 'campaign.yaml', stringify(campaignDefinition())))
  return folder
}

it('S1: a launch that reaches nobody exits with 3, and with the yes of the operator with 0', async () => {
  const folder = await setup()
  const forecast = await herald(folder, '--json', 'forecast', 'Spring sale')
  expect(forecast.json).toMatchObject({ recipients: 0, leftOutBy: { opted_out: 2 } })
  for (const command of [['campaigns', 'launch'], ['run']])
    await expectRefusal(folder, [...command, 'Spring sale'], {
      exitCode: 3,
      code: 'campaign.reaches_nobody',
      says: /nobody would get campaign "Spring sale": 2 opted out/,
    })
  await expectRefusal(folder, ['campaigns', 'launch', 'Spring sale', '--even-if-nobody', '--confirmed-count', '2'], {
    exitCode: 5,
    code: 'campaign.audience_changed',
  })
  const launched = await herald(folder, 'campaigns', 'launch', 'Spring sale', '--even-if-nobody')
  expect([launched.exitCode, launched.stdout]).toEqual([
    0,
    expect.stringContaining('0 people of 2 (2 opted out) will get it'),
  ])
})

it('S1: a run that reached nobody prints its report and exits with 8, unless that was said before', async () => {
  const folder = await setup()
  await herald(folder, 'campaigns', 'launch', 'Spring sale', '--even-if-nobody')
  const run = await herald(folder, '--json', 'run', 'Spring sale')
  expect(run.exitCode).toBe(8)
  expect(run.json.runs).toMatchObject([{ status: 'finished', reachedNobody: true, skippedBy: { opted_out: 2 } }])
  expect(run.stderr).toContain('nobody got it: 2 opted out')
  expect(run.stderr).toContain('(campaign.reached_nobody)')
  expect((await herald(folder, 'run', 'Spring sale')).exitCode).toBe(8)
  expect((await herald(folder, 'run', 'Spring sale', '--even-if-nobody')).exitCode).toBe(0)
  expect((await herald(folder, 'report', 'Spring sale')).stdout).toContain('nobody got it: 2 opted out')
  expect((await herald(folder, 'campaigns', 'list')).stdout).toContain('finished, nobody got it')
  expect((await herald(folder, '--json', 'campaigns', 'show', 'Spring sale')).json.reachedNobody).toBe(true)
})

it('S1: a forecast says that the launch will be refused when the time of a draft is past or over', async () => {
  const folder = await setup()
  const cases = [
    [
      { at: '2026-01-01T09:00', timeZone: 'UTC' },
      /^the launch will be refused: 2026-01-01T09:00:00Z was \d+ days ago\./,
    ],
    [
      { cron: '0 9 * * *', timeZone: 'UTC', until: '2026-01-01' },
      /^the launch will be refused: the schedule has no time left\./,
    ],
  ] as const
  for (const [index, [schedule, words]] of cases.entries()) {
    const name = `Past ${index}`
    const file = writeIn(folder, `past-${index}.yaml`, stringify(campaignDefinition({ name, schedule })))
    await herald(folder, 'campaigns', 'add', file)
    const { warnings } = (await herald(folder, '--json', 'forecast', name)).json
    const told = warnings.filter((text: string) => text.endsWith('(schedule.in_the_past)'))
    expect(told).toEqual([expect.stringMatching(words)])
    expect(warnings).not.toContain('the schedule has no time left')
    expect((await herald(folder, '--json', 'campaigns', 'launch', name)).json.error.code).toBe('schedule.in_the_past')
  }
})
