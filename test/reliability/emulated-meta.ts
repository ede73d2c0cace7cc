// The emulator as the provider of real processes: a ledger that can be awaited, and a campaign that sends through it.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { type App, openApp } from '../../src/app.ts'
import { type EmulatorOptions, type RunningEmulator, startEmulator } from '../../src/emulator/emulator.ts'
import type { RequestEntry } from '../../src/emulator/ledger.ts'
import { addCampaign } from '../../src/engine/campaigns/drafts.ts'
import { addSender } from '../../src/engine/senders/senders.ts'
import { createLog } from '../../src/runtime/log.ts'
import { tempDir } from '../support/open-test-app.ts'
import { herald } from './herald-process.ts'

export const appSecret = 'test-app-secret'

export interface EmulatedMeta {
  emulator: RunningEmulator
  /** Requests to send a message, in their order. */
  sends(): RequestEntry[]
  /** Resolves when so many messages were asked to be sent. */
  asked(count: number): Promise<void>
}

export async function emulatedMeta(options: EmulatorOptions = {}): Promise<EmulatedMeta> {
  let waiters: { count: number; resolve: () => void }[] = []
  const look = () => {
    const count = sends().length
    for (const waiter of waiters.filter((one) => one.count <= count)) waiter.resolve()
    waiters = waiters.filter((one) => one.count > count)
  }
  const emulator = await startEmulator({
    dialects: ['meta'],
    ...options,
    // Every entry asks for the time before it is written.
    now: () => {
      queueMicrotask(look)
      return Date.now()
    },
  })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  const sends = () =>
    emulator.ledger.filter((entry): entry is RequestEntry => entry.kind === 'request' && entry.operation === 'send')
  const asked = (count: number) =>
    new Promise<void>((resolve) => {
      waiters.push({ count, resolve })
      look()
    })
  return { emulator, sends, asked }
}

/** Phones from a range kept for fiction, as many as a test needs. */
export function manyPhones(count: number): string[] {
  return Array.from(
    { length: count },
    (_, n) => `+1${202 + Math.floor(n / 10_000)}555${String(n % 10_000).padStart(4, '0')}`,
  )
}

/** The app of this process on the database of a folder, for the time of `fn`; its clock is the real one. */
export async function withApp<T>(dir: string, fn: (app: App) => Promise<T>): Promise<T> {
  const app = await openApp({
    env: {},
    flags: { databaseUrl: join(dir, 'herald.db') },
    mayCreate: true,
    log: createLog({ level: 'silent' }),
  })
  try {
    return await fn(app)
  } finally {
    await app[Symbol.asyncDispose]()
  }
}

export interface Setup {
  people: number
  ratePerSecond: number
}

/** A folder with people, a sender at the emulator and a draft campaign to them. */
export async function preparedFolder({ emulator }: EmulatedMeta, setup: Setup): Promise<string> {
  const dir = tempDir()
  const path = join(dir, 'people.csv')
  writeFileSync(path, `phone,time_zone\n${manyPhones(setup.people).join(',America/New_York\n')},America/New_York\n`)
  const credentials = { phoneNumberId: '1060000000000001', accessToken: 'test-token', appSecret }
  const { ratePerSecond } = setup
  expect(await herald(dir, 'import', path, '--list', 'people').ended()).toBe(0)
  await withApp(dir, async ({ ctx }) => {
    const baseUrl = emulator.baseUrl('meta')
    await addSender(ctx, {
      name: 'main',
      provider: 'meta',
      baseUrl,
      credentials,
      ratePerSecond,
      pairIntervalSeconds: 0,
    })
    await addCampaign(ctx, {
      name: 'Spring sale',
      useCase: 'marketing',
      sender: 'main',
      audience: { lists: ['people'] },
      content: { type: 'text', text: 'Hello' },
      session: 'assume',
      limits: { quietHours: 'ignore', frequencyCap: 'ignore' },
    })
  })
  return dir
}
