// A CSV goes out through Zixflow's stand-in over both of its APIs, reports come back to the address that each message
// named, and the reports of the campaigns add up.
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type App, openApp } from '../../../src/app.ts'
import { type RunningEmulator, startEmulator } from '../../../src/emulator/emulator.ts'
import type { FaultRule } from '../../../src/emulator/fault-script.ts'
import { addCampaign } from '../../../src/engine/campaigns/drafts.ts'
import { importCsv } from '../../../src/engine/import/import-csv.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { addSender } from '../../../src/engine/senders/senders.ts'
import { runInForeground } from '../../../src/engine/service/foreground.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { applyAll } from '../../support/callbacks.ts'
import { campaignDefinition, csvFile, phoneNumber, tempDir } from '../../support/open-test-app.ts'

const apiKey = 'end-to-end-api-key'

interface Stage {
  app: App
  emulator: RunningEmulator
  settle(): Promise<void>
}

async function setup(script: FaultRule[]): Promise<Stage> {
  const dir = tempDir()
  const port = await freePort()
  const app = await openApp({
    env: { HERALD_PORT: String(port) },
    flags: { databaseUrl: join(dir, 'herald.db') },
    mayCreate: true,
    log: createLog({ level: 'silent' }),
  })
  onTestFinished(() => app[Symbol.asyncDispose]())
  const emulator = await startEmulator({ dialects: ['zixflow'], statusDelayMs: 0, script, zixflow: { apiKey } })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  const shared = {
    provider: 'zixflow',
    baseUrl: emulator.baseUrl('zixflow'),
    ratePerSecond: 1000,
    pairIntervalSeconds: 0,
  }
  const credentials = { phoneId: '104000000000000', apiKey }
  await addSender(app.ctx, { ...shared, name: 'older', credentials })
  const newer = { ...credentials, api: 'ai', workspaceId: 'workspace-1' }
  const { webhookUrl } = await addSender(app.ctx, { ...shared, name: 'newer', credentials: newer })
  const lines = ['phone,first_name', ...[1, 2, 3, 4].map((n) => `${phoneNumber(n)},N${n}`)]
  await importCsv(app.ctx, { path: csvFile(dir, `${lines.join('\n')}\n`), list: 'people', rejectsPath: null })
  const service = await app.serve()
  emulator.setWebhooks({ url: webhookUrl, appSecret: 'unused', readShare: 1 })
  const settle = async () => {
    await emulator.settled()
    await service[Symbol.asyncDispose]()
    await applyAll(app)
  }
  return { app, emulator, settle }
}

/** Messages name the service's address before it listens. */
async function freePort(): Promise<number> {
  const probe = await startEmulator({ dialects: ['zixflow'] })
  const { port } = probe
  await probe[Symbol.asyncDispose]()
  return port
}

async function run({ app }: Stage, sender: string, content: { type: string }): Promise<string> {
  const name = `${sender} ${content.type}`
  await addCampaign(app.ctx, campaignDefinition({ name, sender, content, session: 'assume' }))
  await runInForeground(app.ctx, await app.connections(), name)
  return name
}

it('sends campaigns over both APIs and reports who read, who failed and what a postback proved', async () => {
  const to = (n: number) => ({ to: phoneNumber(n), bodyIncludes: 'spring_sale' })
  const stage = await setup([
    { match: to(2), phase: 'before', action: { type: 'providerError', code: 'invalid_data' } },
    {
      match: to(3),
      phase: 'afterAccept',
      action: { type: 'webhooks', statuses: ['sent', 'failed'], errorCode: '131026' },
    },
    { match: to(4), phase: 'afterAccept', action: 'resetConnection' },
  ])
  const body = ['{{ first_name }}']
  const template = { type: 'template', template: 'spring_sale', language: 'en', body }
  const buttons = { type: 'buttons', body: 'Coming?', buttons: [{ id: 'yes', title: 'Yes' }] }
  const names = []
  for (const sender of ['older', 'newer'])
    for (const content of [template, { type: 'text', text: 'Hello {{ first_name }}' }, buttons])
      names.push(await run(stage, sender, content))
  await stage.settle()

  const { app } = stage
  const totals = async (name: string) => (await reportOf(app.ctx, name)).totals
  const failedBy = { invalid_data: 1, '131026': 1 }
  expect(await totals('older template')).toMatchObject({ byStatus: { read: 1, failed: 2, unknown: 1 }, failedBy })
  // The newer API brings our reference back: the message whose answer was lost is found by it.
  expect(await totals('newer template')).toMatchObject({ byStatus: { read: 2, failed: 2, unknown: 0 }, failedBy })
  for (const name of names.filter((one) => !one.endsWith('template')))
    expect(await totals(name), name).toMatchObject({ audience: 4, byStatus: { read: 4 } })
  expect((await verify(app.ctx)).ok).toBe(true)
  expect(JSON.stringify(stage.emulator.ledger)).not.toContain(apiKey)
})
