// A database with people, a sender and campaigns of every kind, none of them launched: made once, copied for each world.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { openApp } from '../../../src/app.ts'
import { addCampaign } from '../../../src/engine/campaigns/drafts.ts'
import { importCsv } from '../../../src/engine/import/import-csv.ts'
import { addSender } from '../../../src/engine/senders/senders.ts'
import { openWebhookToken } from '../../../src/engine/senders/webhook-token.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { getSender } from '../../../src/store/senders.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { phoneNumber } from '../../support/open-test-app.ts'
import { type CampaignKind, campaignKinds, lists } from './scenario.ts'
import { type SenderName, SIGNING_KEY, senderNames, templateOfSender } from './words.ts'

/** When every world begins: afternoon in New York, where its people live. */
export const BEGINNING = Date.parse('2027-06-01T18:00:00Z')

export interface Template {
  file: Buffer
  secretKey: string
  webhookTokens: Record<SenderName, string>
}

const useCases: Record<CampaignKind, Record<string, unknown>> = {
  Once: {},
  Again: { priority: 80 },
  Hourly: { schedule: { cron: '0 * * * *', timeZone: 'UTC' } },
  Bill: { useCase: 'utility', limits: { quietHours: 'ignore' }, delivery: 'reconcile' },
  Slow: { limits: { quietHours: 'ignore', frequencyCap: 'ignore', ratePerSecond: 4 } },
  Night: { limits: { quietHours: 'respect', frequencyCap: 'respect', validity: '10h' } },
}

/** What is told late and in part is better looked up: these go out by the provider that can be asked. */
const senderOf: Record<CampaignKind, SenderName> = {
  Once: 'main',
  Again: 'main',
  Hourly: 'main',
  Bill: 'other',
  Slow: 'other',
  Night: 'main',
}

export async function makeTemplate(): Promise<Template> {
  const dir = mkdtempSync(join(tmpdir(), 'herald-world-'))
  try {
    return await fill(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function fill(dir: string): Promise<Template> {
  const path = join(dir, 'herald.db')
  const secretKey = '5'.repeat(64)
  const app = await openApp({
    env: { HERALD_SECRET_KEY: secretKey },
    flags: { databaseUrl: path },
    clock: new FakeClock(BEGINNING - 3_600_000),
    random: () => 0.5,
    mayCreate: true,
    log: createLog({ level: 'silent' }),
    sync: (_file, done) => done(null),
  })
  const { ctx } = app
  for (const [list, size] of Object.entries(lists)) {
    const people = Array.from({ length: size }, (_, n) => `${phoneNumber(n)},America/New_York`)
    const csv = join(dir, `${list}.csv`)
    // The second file brings new people and some that are there already.
    for (const lines of [people.slice(0, -2), people.slice(-3)]) {
      writeFileSync(csv, ['phone,time_zone', ...lines, ''].join('\n'))
      await importCsv(ctx, { path: csv, list, rejectsPath: null })
    }
  }
  await addSender(ctx, {
    name: 'main',
    provider: 'meta',
    ratePerSecond: 20,
    credentials: { phoneNumberId: '1060000000000001', accessToken: 'token', appSecret: SIGNING_KEY },
  })
  await addSender(ctx, {
    name: 'other',
    provider: 'bird',
    ratePerSecond: 20,
    credentials: {
      workspaceId: '7a6b5c4d-0000-4000-8000-000000000001',
      channelId: '7a6b5c4d-0000-4000-8000-000000000002',
      accessKey: 'key',
      signingKey: SIGNING_KEY,
    },
  })
  for (const kind of campaignKinds)
    for (const list of Object.keys(lists)) {
      await addCampaign(ctx, {
        name: `${kind} ${list}`,
        useCase: 'marketing',
        sender: senderOf[kind],
        audience: { lists: [list] },
        content: { type: 'template', template: templateOfSender[senderOf[kind]], language: 'en' },
        ...useCases[kind],
      })
    }
  const webhookTokens = { main: '', other: '' }
  for (const name of senderNames)
    webhookTokens[name] = openWebhookToken(ctx, await ctx.db.read((tx) => getSender(tx, name)))
  await app[Symbol.asyncDispose]()
  return { file: withOneName(path), secretKey, webhookTokens }
}

/** Chance gives each installation a name; here all have the same. */
function withOneName(path: string): Buffer {
  const connection = new SqliteConnection(path)
  connection.prepare(`UPDATE settings SET value = '"00000000"' WHERE key = 'installation'`).run()
  connection.prepare(`DELETE FROM settings WHERE key = 'incarnation'`).run()
  connection.pragma('wal_checkpoint(TRUNCATE)')
  connection.close()
  return readFileSync(path)
}
