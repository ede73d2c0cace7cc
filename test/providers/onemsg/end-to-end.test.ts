// A CSV goes out through 1MSG's stand-in over HTTP, its acks come back to the service's own address, and the report adds up.
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type App, openApp } from '../../../src/app.ts'
import { type RunningEmulator, startEmulator } from '../../../src/emulator/emulator.ts'
import type { FaultRule } from '../../../src/emulator/fault-script.ts'
import { addCampaign } from '../../../src/engine/campaigns/drafts.ts'
import { importCsv } from '../../../src/engine/import/import-csv.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { showUnknown } from '../../../src/engine/report/unknown.ts'
import { addSender } from '../../../src/engine/senders/senders.ts'
import { runInForeground } from '../../../src/engine/service/foreground.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { applyAll } from '../../support/callbacks.ts'
import { campaignDefinition, csvFile, phoneNumber, tempDir } from '../../support/open-test-app.ts'

const token = 'end-to-end-token'

interface Stage {
  app: App
  emulator: RunningEmulator
  /** Every callback is delivered and applied. */
  settle(): Promise<void>
}

async function setup(script: FaultRule[]): Promise<Stage> {
  const dir = tempDir()
  const app = await openApp({
    env: { HERALD_PORT: '0' },
    flags: { databaseUrl: join(dir, 'herald.db') },
    mayCreate: true,
    log: createLog({ level: 'silent' }),
  })
  onTestFinished(() => app[Symbol.asyncDispose]())
  const emulator = await startEmulator({ dialects: ['onemsg'], statusDelayMs: 0, script, onemsg: { token } })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  const sender = await addSender(app.ctx, {
    name: 'main',
    provider: 'onemsg',
    baseUrl: emulator.baseUrl('onemsg'),
    credentials: { channelId: 'ABC123456789', token, namespace: 'aaaa_bbbb' },
    ratePerSecond: 1000,
    pairIntervalSeconds: 0,
  })
  const lines = ['phone,first_name', ...[1, 2, 3, 4, 5].map((n) => `${phoneNumber(n)},N${n}`)]
  await importCsv(app.ctx, { path: csvFile(dir, `${lines.join('\n')}\n`), list: 'people', rejectsPath: null })
  const service = await app.serve()
  const url = new URL(new URL(sender.webhookUrl).pathname, service.url).href
  emulator.setWebhooks({ url, appSecret: 'unused', readShare: 1 })
  const settle = async () => {
    await emulator.settled()
    await service[Symbol.asyncDispose]()
    await applyAll(app)
  }
  return { app, emulator, settle }
}

async function run({ app }: Stage, name: string, content: object): Promise<void> {
  await addCampaign(app.ctx, campaignDefinition({ name, content, session: 'assume' }))
  await runInForeground(app.ctx, await app.connections(), name)
}

function bodiesOf({ emulator }: Stage, method: string): unknown[] {
  return emulator.ledger.flatMap((entry) =>
    entry.kind === 'request' && entry.path.includes(`/${method}?`) ? [JSON.parse(entry.body ?? '')] : [],
  )
}

it('sends campaigns of several kinds, takes the acks in and reports who read, failed or is in doubt', async () => {
  const to = (n: number) => ({ to: phoneNumber(n), bodyIncludes: 'spring_sale' })
  const stage = await setup([
    { match: to(2), phase: 'before', action: { type: 'providerError', code: 131026 } },
    {
      match: to(3),
      phase: 'afterAccept',
      action: { type: 'webhooks', statuses: ['sent', 'failed'], errorCode: 130472 },
    },
    { match: to(4), phase: 'before', action: { type: 'providerError', code: 'queued' } },
  ])
  const body = ['{{ first_name }}']
  await run(stage, 'Template', { type: 'template', template: 'spring_sale', language: 'en', body })
  await run(stage, 'Text', { type: 'text', text: 'Hello {{ first_name }}' })
  await run(stage, 'Document', { type: 'document', url: 'https://cdn.example.test/p.pdf', filename: 'p.pdf' })
  await run(stage, 'Buttons', { type: 'buttons', body: 'Coming?', buttons: [{ id: 'yes', title: 'Yes' }] })
  await stage.settle()

  const { app, emulator } = stage
  const template = await reportOf(app.ctx, 'Template')
  expect(template.totals).toMatchObject({
    audience: 5,
    byStatus: { read: 2, failed: 2, unknown: 1, pending: 0, sending: 0, accepted: 0 },
    failedBy: { '131026': 1, '130472': 1 },
  })
  expect(await showUnknown(app.ctx, undefined, { limit: 10 })).toMatchObject([
    { phone: phoneNumber(4), reason: 'queued', detail: expect.stringMatching(/^queued as job \d+$/) },
  ])
  for (const name of ['Text', 'Document', 'Buttons'])
    expect((await reportOf(app.ctx, name)).totals, name).toMatchObject({ audience: 5, byStatus: { read: 5 } })

  expect(bodiesOf(stage, 'sendTemplate')).toHaveLength(5)
  expect(bodiesOf(stage, 'sendMessage')).toContainEqual({
    phone: phoneNumber(1).slice(1),
    body: 'Hello N1',
  })
  const told = JSON.stringify(emulator.ledger)
  expect(told).not.toContain(token)
})
