// A CSV and a file of groups go out through Routee's stand-in over HTTP, its callbacks come back to the service's own
// address, and the report adds up.
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

const application = { applicationId: 'end-to-end-app', applicationSecret: 'end-to-end-secret' }
const group = '120363019502650977@g.example'

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
  const emulator = await startEmulator({ dialects: ['routee'], statusDelayMs: 0, script, routee: application })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  const sender = await addSender(app.ctx, {
    name: 'main',
    provider: 'routee',
    baseUrl: emulator.baseUrl('routee'),
    credentials: { ...application, from: '302101234567' },
    ratePerSecond: 1000,
    pairIntervalSeconds: 0,
    groups: true,
  })
  const people = ['phone,first_name', ...[1, 2, 3, 4].map((n) => `${phoneNumber(n)},N${n}`)]
  await importCsv(app.ctx, { path: csvFile(dir, `${people.join('\n')}\n`), list: 'people', rejectsPath: null })
  const groups = csvFile(dir, `phone,first_name\n${group},Team\n`)
  await importCsv(app.ctx, { path: groups, list: 'people', isGroups: true, rejectsPath: null })
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

it('sends campaigns of several kinds to people and a group, and reports who read and who failed', async () => {
  const to = (n: number) => ({ to: phoneNumber(n), bodyIncludes: 'spring_sale' })
  const stage = await setup([
    { match: to(2), phase: 'before', action: { type: 'providerError', code: '400005000' } },
    {
      match: to(3),
      phase: 'afterAccept',
      action: { type: 'webhooks', statuses: ['sent', 'failed'], errorCode: 'whatsapp::external::1009' },
    },
    { match: to(4), phase: 'afterAccept', action: 'resetConnection' },
  ])
  const body = ['{{ first_name }}']
  await run(stage, 'Template', { type: 'template', template: 'spring_sale', language: 'en', body })
  await run(stage, 'Text', { type: 'text', text: 'Hello {{ first_name }}' })
  await run(stage, 'Document', { type: 'document', url: 'https://cdn.example.test/p.pdf', caption: 'Prices' })
  await run(stage, 'Place', { type: 'location', latitude: 37.97, longitude: 23.72, name: 'Shop' })
  await stage.settle()

  const { app, emulator } = stage
  expect((await reportOf(app.ctx, 'Template')).totals).toMatchObject({
    audience: 5,
    // Nothing that Routee reports names the message whose answer was lost.
    byStatus: { read: 2, failed: 2, unknown: 1, pending: 0, sending: 0, accepted: 0 },
    failedBy: { '400005000': 1, 'whatsapp::external::1009': 1 },
  })
  for (const name of ['Text', 'Document', 'Place'])
    expect((await reportOf(app.ctx, name)).totals, name).toMatchObject({ audience: 5, byStatus: { read: 5 } })

  const requests = emulator.ledger.flatMap((entry) => (entry.kind === 'request' ? [entry] : []))
  expect(requests.filter(({ operation }) => operation === 'token')).toHaveLength(1)
  expect(requests.filter(({ operation }) => operation === 'send')).toHaveLength(20)
  const bodies = requests.map((entry) => (entry.operation === 'send' ? JSON.parse(entry.body ?? '') : undefined))
  expect(bodies).toContainEqual({ from: '302101234567', to: group, text: 'Hello Team' })
  expect(bodies).toContainEqual({ from: '302101234567', to: phoneNumber(1), text: 'Hello N1' })
  const attempts = await app.ctx.db.read((tx) =>
    tx.all<{ providerAt: string | null }>(`SELECT provider_at AS providerAt FROM attempts WHERE outcome = 'accepted'`),
  )
  expect(attempts).toHaveLength(18)
  for (const { providerAt } of attempts) expect(providerAt).toMatch(/^\d{4}-\d{2}-\d{2}T.*Z$/)
  expect((await verify(app.ctx)).ok).toBe(true)
  const told = JSON.stringify(emulator.ledger)
  expect(told).not.toContain(application.applicationSecret)
})
