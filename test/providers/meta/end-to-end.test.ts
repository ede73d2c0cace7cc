// A CSV goes out through Meta's stand-in over HTTP, its callbacks come back to the service's own address, and the report
// adds up; callbacks come early, late, several times, in the wrong order and wrongly signed.
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
import { syncTemplates } from '../../../src/engine/senders/templates.ts'
import { runInForeground } from '../../../src/engine/service/foreground.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { applyAll } from '../../support/callbacks.ts'
import { campaignDefinition, csvFile, phoneNumber, tempDir } from '../../support/open-test-app.ts'

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
  const templates = [{ name: 'spring_sale', language: 'en', bodyParameters: 1, header: 'IMAGE' as const }]
  const emulator = await startEmulator({ dialects: ['meta'], statusDelayMs: 0, script, meta: { templates } })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  const sender = await addSender(app.ctx, {
    name: 'main',
    provider: 'meta',
    baseUrl: emulator.baseUrl('meta'),
    credentials: {
      phoneNumberId: '1060000000000001',
      wabaId: '1000000000000001',
      accessToken: 'end-to-end-token',
      appSecret: 'end-to-end-secret',
    },
    ratePerSecond: 1000,
    pairIntervalSeconds: 0,
  })
  const lines = ['phone,first_name', ...[1, 2, 3, 4, 5, 6].map((n) => `${phoneNumber(n)},N${n}`)]
  await importCsv(app.ctx, { path: csvFile(dir, `${lines.join('\n')}\n`), list: 'people', rejectsPath: null })
  const service = await app.serve()
  const url = new URL(new URL(sender.webhookUrl).pathname, service.url).href
  emulator.setWebhooks({ url, appSecret: 'end-to-end-secret', readShare: 1, batchMax: 3 })
  const settle = async () => {
    await emulator.settled()
    await service[Symbol.asyncDispose]()
    await applyAll(app)
  }
  return { app, emulator, settle }
}

const to = (n: number) => ({ to: phoneNumber(n) })
const callbacks = (order: Omit<Extract<FaultRule['action'], { type: 'webhooks' }>, 'type'>): FaultRule['action'] => ({
  type: 'webhooks',
  ...order,
})

it('sends a template to a CSV, takes the callbacks in, and reports who read, failed, stopped or is in doubt', async () => {
  const { app, emulator, settle } = await setup([
    { match: to(1), phase: 'before', action: { type: 'providerError', code: 131026 } },
    { match: to(2), phase: 'afterAccept', action: callbacks({ statuses: ['sent', 'failed'], errorCode: '131050' }) },
    { match: to(3), phase: 'afterAccept', action: callbacks({ copies: 3, shuffled: true }) },
    { match: to(4), phase: 'afterAccept', action: { type: 'resetConnection' } },
    { match: to(4), phase: 'afterAccept', action: callbacks({ statuses: ['sent', 'delivered'], lateMs: 50 }) },
    { match: to(5), phase: 'afterAccept', action: callbacks({ statuses: ['sent', 'read'], beforeAnswer: true }) },
    { match: to(6), phase: 'afterAccept', action: callbacks({ wrongSignature: true }) },
  ])
  await syncTemplates(app.ctx, await app.connections())
  const content = {
    type: 'template',
    template: 'spring_sale',
    language: 'en',
    header: { type: 'image', url: 'https://cdn.example.test/a.png' },
    body: ['{{ first_name }}'],
  }
  await addCampaign(app.ctx, campaignDefinition({ content }))
  await runInForeground(app.ctx, await app.connections(), 'Spring sale')
  await settle()
  const report = await reportOf(app.ctx, 'Spring sale')
  expect(report.totals).toMatchObject({ audience: 6, byStatus: { read: 3, delivered: 1, failed: 2, unknown: 0 } })
  expect(report.totals.failedBy).toEqual({ '131026': 1, '131050': 1 })
  expect((await verify(app.ctx)).ok).toBe(true)
  const sent = emulator.ledger.filter((entry) => entry.kind === 'request' && entry.operation === 'send')
  expect(sent).toHaveLength(6)
  const suppressed = await app.ctx.db.read((tx) => tx.all<{ key: string }>('SELECT key FROM suppressions'))
  expect(suppressed).toEqual([{ key: phoneNumber(2).slice(1) }])
})

it('sends a text within sessions, and hears who writes STOP or tells WhatsApp to stop', async () => {
  const { app, emulator, settle } = await setup([])
  await addCampaign(app.ctx, campaignDefinition({ session: 'assume' }))
  await runInForeground(app.ctx, await app.connections(), 'Spring sale')
  await emulator.sendInbound({ from: phoneNumber(1), text: 'STOP' })
  await emulator.sendPreference({ phone: phoneNumber(2), wants: 'stop' })
  await settle()
  const { totals } = await reportOf(app.ctx, 'Spring sale')
  expect(totals.byStatus).toMatchObject({ read: 6 })
  const suppressed = await app.ctx.db.read((tx) => tx.all('SELECT key, scope, reason FROM suppressions ORDER BY key'))
  const stopped = (n: number) => ({ key: phoneNumber(n).slice(1), scope: 'marketing', reason: 'opted_out' })
  expect(suppressed).toEqual([stopped(1), stopped(2)])
})
