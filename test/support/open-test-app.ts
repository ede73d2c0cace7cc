// A fresh app on a real database in a folder of its own, with a clock that the test sets.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { onTestFinished } from 'vitest'
import { type App, openApp } from '../../src/app.ts'
import { addCampaign } from '../../src/engine/campaigns/drafts.ts'
import { type ImportOptions, importCsv } from '../../src/engine/import/import-csv.ts'
import type { ImportResult } from '../../src/engine/import/import-result.ts'
import { addSender } from '../../src/engine/senders/senders.ts'
import { createLog } from '../../src/runtime/log.ts'
import { createDatabase } from '../../src/store/create.ts'
import type { SyncFile } from '../../src/store/durability.ts'
import { FakeClock } from './fake-clock.ts'
import { isOnPostgres } from './on-postgres.ts'
import { freshServerDatabase } from './postgres-server.ts'
import { writesTwice } from './twice.ts'
import { watchWork } from './under-way.ts'

/** An app whose drivers are loaded, as most tests need them. */
export interface LoadedApp extends Omit<App, 'connections' | 'receiver'> {
  connections: Awaited<ReturnType<App['connections']>>
  receiver: Awaited<ReturnType<App['receiver']>>
}

export interface TestApp {
  app: LoadedApp
  ctx: App['ctx']
  clock: FakeClock
  dir: string
  /** What `--db` takes: a path, or the URL of a database on a server. */
  dbPath: string
}

export interface TestAppOptions {
  clock?: FakeClock
  /** An existing folder, to open the same database again. */
  dir?: string
  env?: Record<string, string>
  sync?: SyncFile
  zoneDataVersion?: string
}

/** A folder that goes away with the test. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'herald-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

let fresh: { file: Buffer; identityAt: number; length: number } | undefined
let databases = 0

/** A new database with an identity of its own. Made once in a process, because most tests begin with one. */
function freshDatabase(): Buffer {
  fresh ??= makeDatabase()
  const file = Buffer.from(fresh.file)
  file.write(String(++databases).padStart(fresh.length, '0'), fresh.identityAt)
  return file
}

function makeDatabase() {
  const dir = mkdtempSync(join(tmpdir(), 'herald-fresh-'))
  const path = join(dir, 'herald.db')
  createDatabase(path, '0.0.0-test')
  const connection = new SqliteConnection(path, { readonly: true })
  const identity = connection.prepare(`SELECT value FROM settings WHERE key = 'installation'`).pluck().get() as string
  connection.close()
  const file = readFileSync(path)
  rmSync(dir, { recursive: true })
  const plain = JSON.parse(identity) as string
  return { file, identityAt: file.indexOf(plain), length: plain.length }
}

/** Databases on the server, by the folder whose app they belong to. */
const onServer = new Map<string, string>()

/** The database of a folder, made when it is not there. */
async function databaseOf(dir: string): Promise<string> {
  if (isOnPostgres) {
    const known = onServer.get(dir) ?? (await freshServerDatabase(String(++databases).padStart(8, '0')))
    onServer.set(dir, known)
    return known
  }
  const path = join(dir, 'herald.db')
  if (!existsSync(path)) writeFileSync(path, freshDatabase())
  return path
}

export async function openTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const dir = options.dir ?? tempDir()
  const clock = options.clock ?? new FakeClock()
  const dbPath = await databaseOf(dir)
  const opened = await openApp({
    env: options.env ?? {},
    flags: { databaseUrl: dbPath, filesFolder: dir },
    clock,
    random: () => 0.5,
    mayCreate: true,
    ...(options.zoneDataVersion !== undefined && { zoneDataVersion: options.zoneDataVersion }),
    log: createLog({ level: 'silent' }),
    // A slow disk would let the test's clock run on meanwhile; what reaches the disk is tested with the store.
    sync: options.sync ?? ((_file, done) => done(null)),
    between: (db) => watchWork(writesTwice(db)),
  })
  onTestFinished(async () => {
    await opened[Symbol.asyncDispose]()
  })
  const app = { ...opened, connections: await opened.connections(), receiver: await opened.receiver() }
  return { app, ctx: app.ctx, clock, dir, dbPath }
}

let files = 0

/** Writes a CSV beside the test's database. */
export function csvFile(dir: string, content: string | Uint8Array, name = `contacts-${++files}.csv`): string {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}

/** Imports lines into a list; `lines` without header is phones only. */
export async function importLines(
  { ctx, dir }: TestApp,
  lines: string[],
  options: Partial<ImportOptions> = {},
): Promise<ImportResult> {
  return importCsv(ctx, { path: csvFile(dir, `${lines.join('\n')}\n`), list: 'people', rejectsPath: null, ...options })
}

/** Phones from the range that is kept for fiction. */
export function phoneNumber(n: number): string {
  return `+1202555${String(100 + n).padStart(4, '0')}`
}

/** A list of so many people in New York. */
export async function importPeople(test: TestApp, count: number, list = 'people'): Promise<string[]> {
  const phones = Array.from({ length: count }, (_, n) => phoneNumber(n))
  await importLines(
    test,
    ['phone,time_zone,first_name', ...phones.map((phone, n) => `${phone},America/New_York,N${n}`)],
    {
      list,
    },
  )
  return phones
}

export async function addSandbox({ ctx }: TestApp, change: Record<string, unknown> = {}) {
  return addSender(ctx, { name: 'main', provider: 'sandbox', ratePerSecond: 1000, pairIntervalSeconds: 0, ...change })
}

/** A sender at Meta; nothing is sent unless the test gives it an address that answers. */
export async function addMeta({ ctx }: TestApp, change: Record<string, unknown> = {}) {
  const credentials = { phoneNumberId: '1060000000000001', accessToken: 'test-token', appSecret: 'test-secret' }
  return addSender(ctx, {
    name: 'main',
    provider: 'meta',
    ratePerSecond: 1000,
    pairIntervalSeconds: 0,
    credentials,
    ...change,
  })
}

/** A template without values: it needs no open session. */
export const templateContent = { type: 'template', template: 'hello', language: 'en' }

/** A marketing text to the list `people`, outside quiet hours unless the test says otherwise. */
export function campaignDefinition(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: 'Spring sale',
    useCase: 'marketing',
    sender: 'main',
    audience: { lists: ['people'] },
    content: { type: 'text', text: 'Hello {{ first_name | default: "there" }}' },
    limits: { quietHours: 'ignore', frequencyCap: 'ignore' },
    ...change,
  }
}

export async function addTestCampaign({ ctx }: TestApp, change: Record<string, unknown> = {}) {
  return addCampaign(ctx, campaignDefinition(change))
}
