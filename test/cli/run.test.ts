// `herald run` as a script and a person at a terminal see it: it returns, and says what still waits.
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { type CliFolder, cliFolder, herald, writeIn } from '../support/cli.ts'
import { campaignDefinition, phoneNumber } from '../support/open-test-app.ts'

async function setup(sender = '', change: Record<string, unknown> = {}): Promise<CliFolder> {
  const folder = cliFolder()
  const file = writeIn(folder, 'sender.yaml', `name: main\nprovider: sandbox\npairIntervalSeconds: 0\n${sender}`)
  await herald(folder, 'senders', 'add', file)
  const lines = ['phone,first_name', ...[0, 1, 2].map((n) => `${phoneNumber(n)},N${n}`)].join('\n')
  await herald(folder, 'import', writeIn(folder, 'people.csv', `${lines}\n`), '--list', 'people')
  await herald(folder, 'campaigns', 'add', writeIn(folder, 'campaign.yaml', stringify(campaignDefinition(change))))
  return folder
}

describe('herald run', () => {
  it('S6: returns with 0 when the daily limit is used up, and prints who waits, until when and what to do', async () => {
    const folder = await setup('dailyLimit: 2\n')
    const run = await herald(folder, 'run', 'Spring sale')
    expect(run.exitCode).toBe(0)
    expect(run.stdout).toMatch(
      /^waiting for daily_limit: 1, until \d{4}-\S+Z; they wait because the sender has written/m,
    )
    expect(run.stdout).toMatch(/^Nothing more is due within a minute\. .* run this again after \d{4}-\S+Z\.$/m)
    const again = await herald(folder, '--json', 'run', 'Spring sale')
    expect(again.exitCode).toBe(0)
    expect(again.json.waitingFor).toEqual([
      { reason: 'daily_limit', count: 1, until: expect.stringMatching(/^\d{4}-.*Z$/) },
    ])
    expect(again.json.runs[0].waitingFor).toEqual(again.json.waitingFor)
  })

  it('S6: says how to go on when a sender or a campaign is paused', async () => {
    const folder = await setup()
    await herald(folder, 'senders', 'pause', 'main')
    const paused = await herald(folder, 'run', 'Spring sale')
    expect(paused.exitCode).toBe(0)
    expect(paused.stdout).toContain('waiting for sender_paused: 3; they wait because the sender is paused')
    expect(paused.stdout).toContain('herald senders resume')
    await herald(folder, 'campaigns', 'pause', 'Spring sale')
    const both = await herald(folder, 'run', 'Spring sale')
    expect(both.exitCode).toBe(0)
    expect(both.stdout).toContain('Resume it: herald campaigns resume "Spring sale".')
    const forecast = await herald(folder, '--json', 'forecast', 'Spring sale')
    expect(forecast.json.warnings).toContain('the campaign is paused: nothing is sent until it is resumed')
  })

  it('S6: says when a campaign begins that is not due yet', async () => {
    const folder = await setup('', { schedule: { every: '30d', from: '2035-01-01T09:00:00Z', timeZone: 'UTC' } })
    const run = await herald(folder, 'run', 'Spring sale')
    expect(run).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('The next run begins 2035-01-01T09:00:00Z.'),
    })
    expect((await herald(folder, '--json', 'report', 'Spring sale')).json.waitingFor).toEqual([
      { reason: 'next_run', count: 0, until: '2035-01-01T09:00:00Z' },
    ])
  })
})
