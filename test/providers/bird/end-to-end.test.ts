// A CSV goes out through Bird's stand-in over HTTP, its signed callbacks come back to the service's own address, and the
// report adds up.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type App, openApp } from '../../../src/app.ts'
import { type RunningEmulator, startEmulator } from '../../../src/emulator/emulator.ts'
import type { FaultRule } from '../../../src/emulator/fault-script.ts'
import { addCampaign } from '../../../src/engine/campaigns/drafts.ts'
import { importCsv } from '../../../src/engine/import/import-csv.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { addSender } from '../../../src/engine/senders/senders.ts'
import { runInForeground } from '../../../src/engine/service/foreground.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { applyAll } from '../../support/callbacks.ts'
import { campaignDefinition, csvFile, phoneNumber, tempDir } from '../../support/open-test-app.ts'
import { createMessage } from './create-message.ts'
import { bird, signingKey } from './support.ts'

interface Stage {
  app: App
  emulator: RunningEmulator
  /** Every callback is delivered and applied. */
  settle(): Promise<void>
}

/** A signature covers the whole address, so the port must be known before the service listens. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function setup(script: FaultRule[]): Promise<Stage> {
  const dir = tempDir()
  const app = await openApp({
    env: { HERALD_PORT: String(await freePort()) },
    flags: { databaseUrl: join(dir, 'herald.db') },
    mayCreate: true,
    log: createLog({ level: 'silent' }),
  })
  onTestFinished(() => app[Symbol.asyncDispose]())
  const emulator = await startEmulator({ ...bird.emulator, dialects: ['bird'], statusDelayMs: 0, script })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  const sender = await addSender(app.ctx, {
    name: 'main',
    provider: 'bird',
    baseUrl: emulator.baseUrl('bird'),
    credentials: bird.settings,
    ratePerSecond: 1000,
    pairIntervalSeconds: 0,
  })
  const lines = ['phone,first_name', ...[1, 2, 3, 4, 5].map((n) => `${phoneNumber(n)},N${n}`)]
  await importCsv(app.ctx, { path: csvFile(dir, `${lines.join('\n')}\n`), list: 'people', rejectsPath: null })
  const service = await app.serve()
  emulator.setWebhooks({ url: sender.webhookUrl, appSecret: signingKey, readShare: 1 })
  const settle = async () => {
    await emulator.settled()
    await service[Symbol.asyncDispose]()
    await applyAll(app)
  }
  return { app, emulator, settle }
}

async function run({ app }: Stage, name: string, content: object, change: object = {}): Promise<void> {
  await addCampaign(app.ctx, campaignDefinition({ name, content, session: 'assume', ...change }))
  await runInForeground(app.ctx, await app.connections(), name)
}

function sentBodies({ emulator }: Stage): Record<string, unknown>[] {
  return emulator.ledger.flatMap((entry) =>
    entry.kind === 'request' && entry.operation === 'send' ? [JSON.parse(entry.body ?? '')] : [],
  )
}

const template = {
  type: 'template',
  template: '3f1d8a5e-6f0e-4a39-9a44-0c5b0d5f1a01',
  language: 'en',
  body: { first_name: '{{ first_name }}' },
}

it('sends campaigns of several kinds, believes the signed callbacks and reports who read, failed or was left out', async () => {
  const to = (n: number) => ({ to: phoneNumber(n), bodyIncludes: 'projectId' })
  const stage = await setup([
    { match: to(2), phase: 'before', action: { type: 'providerError', code: 'Conflict' } },
    {
      match: to(3),
      phase: 'afterAccept',
      action: { type: 'webhooks', statuses: ['sent', 'failed'], errorCode: '131026' },
    },
    { match: to(4), phase: 'afterAccept', action: { type: 'resetConnection' } },
  ])
  await stage.emulator.sendInbound({ dialect: 'bird', from: phoneNumber(1), text: 'Hi there' })
  await applyAll(stage.app)
  await run(stage, 'Template', template, { tags: ['Spring'] })
  await run(stage, 'Text', { type: 'text', text: 'Hello {{ first_name }}' }, { session: 'respect' })
  await run(stage, 'Buttons', { type: 'buttons', body: 'Coming?', buttons: [{ id: 'yes', title: 'Yes' }] })
  await run(stage, 'Pictures', { type: 'image', url: 'https://cdn.example.test/a.png', caption: 'New' })
  await stage.settle()

  const { app, emulator } = stage
  // The fourth answer was lost; the callback with our reference proved that Bird had taken the message.
  expect((await reportOf(app.ctx, 'Template')).totals).toMatchObject({
    audience: 5,
    byStatus: { read: 3, failed: 2, unknown: 0, pending: 0, sending: 0, accepted: 0 },
    failedBy: { Conflict: 1, '131026': 1 },
  })
  expect((await reportOf(app.ctx, 'Text')).totals).toMatchObject({
    audience: 5,
    byStatus: { read: 1, skipped: 4 },
    skippedBy: { no_session: 4 },
  })
  // Bird is asked about those alone of whom we have seen no message.
  const asked = emulator.ledger.flatMap((entry) =>
    entry.kind === 'request' && entry.operation === 'contacts.search'
      ? [JSON.parse(entry.body ?? '').identifier.value]
      : [],
  )
  expect(asked.sort()).toEqual([2, 3, 4, 5].map(phoneNumber))
  for (const name of ['Buttons', 'Pictures'])
    expect((await reportOf(app.ctx, name)).totals, name).toMatchObject({ audience: 5, byStatus: { read: 5 } })

  const bodies = sentBodies(stage)
  for (const body of bodies) expect(createMessage.safeParse(body).error).toBeUndefined()
  expect(bodies.filter((body) => body.template !== undefined)).toHaveLength(5)
  expect(bodies[0]).toMatchObject({ tags: ['spring'], ignoreQuietHours: true, validity: expect.any(Number) })
  expect(emulator.ledger.every((entry) => entry.kind !== 'webhook' || entry.outcome === 'delivered')).toBe(true)
  expect(JSON.stringify(emulator.ledger)).not.toContain('bird-test-access-key')
})

it('stops for good whom a person asks through Bird to stop', async () => {
  const stage = await setup([])
  await stage.emulator.sendInbound({ dialect: 'bird', from: phoneNumber(1), text: 'STOP' })
  await stage.emulator.sendPreference({ dialect: 'bird', phone: phoneNumber(2), wants: 'stop' })
  await applyAll(stage.app)
  await run(stage, 'Template', template)
  await stage.settle()
  expect((await reportOf(stage.app.ctx, 'Template')).totals).toMatchObject({
    byStatus: { skipped: 2, read: 3 },
    skippedBy: { opted_out: 2 },
  })
})
