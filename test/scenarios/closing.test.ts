// The end of a process: what is under way is brought home, nothing is used after it was closed, twice is once.
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openApp } from '../../src/app.ts'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { createLog } from '../../src/runtime/log.ts'
import { applyDue } from '../support/callbacks.ts'
import { storedMessages } from '../support/claims.ts'
import { FakeClock, until } from '../support/fake-clock.ts'
import { addSandbox, addTestCampaign, importPeople, openTestApp, type TestApp } from '../support/open-test-app.ts'

async function sandboxAtWork(): Promise<{ test: TestApp; stop: () => Promise<void>; warnings: unknown[] }> {
  const test = await openTestApp({ env: { HERALD_PORT: '0' } })
  const warnings: unknown[] = []
  vi.spyOn(test.ctx.log, 'warn').mockImplementation((...said: unknown[]) => void warnings.push(said))
  vi.spyOn(test.ctx.log, 'error').mockImplementation((...said: unknown[]) => void warnings.push(said))
  await importPeople(test, 5)
  await addSandbox(test)
  await addTestCampaign(test)
  await launchByOperator(test.ctx, 'Spring sale')
  const running = await test.app.serve()
  onTestFinished(async () => running[Symbol.asyncDispose]())
  return { test, stop: async () => running[Symbol.asyncDispose](), warnings }
}

describe('a service that is stopped', () => {
  it('keeps what its sandbox had still to report, and says nothing of it', async () => {
    const { test, stop, warnings } = await sandboxAtWork()
    await until(test.clock, async () => (await storedMessages(test)).every(({ status }) => status !== 'pending'))
    await stop()
    await test.app[Symbol.asyncDispose]()
    expect(warnings).toEqual([])
    const again = await openTestApp({ dir: test.dir, clock: new FakeClock(test.clock.now() + 60_000) })
    await applyDue(again)
    const statuses = (await storedMessages(again)).map(({ status }) => status)
    expect(statuses.every((status) => status === 'delivered' || status === 'read')).toBe(true)
  })

  it('may be stopped twice, and its app closed twice', async () => {
    const { test, stop, warnings } = await sandboxAtWork()
    await Promise.all([stop(), stop()])
    await stop()
    await test.app[Symbol.asyncDispose]()
    await test.app[Symbol.asyncDispose]()
    expect(warnings).toEqual([])
  })
})

describe('an app', () => {
  it('that did nothing is closed twice without harm', async () => {
    const test = await openTestApp()
    await test.app[Symbol.asyncDispose]()
    await test.app[Symbol.asyncDispose]()
    await expect(test.ctx.db.read((tx) => tx.get('SELECT 1'))).rejects.toThrow()
  })

  it('leaves its node stopped, so that nobody looks for it', async () => {
    const test = await openTestApp()
    await test.ctx.node.id()
    await test.app[Symbol.asyncDispose]()
    const again = await openApp({
      env: {},
      flags: { databaseUrl: test.dbPath },
      clock: test.clock,
      log: createLog({ level: 'silent' }),
    })
    onTestFinished(async () => again[Symbol.asyncDispose]())
    const open = await again.ctx.db.read((tx) => tx.all('SELECT id FROM nodes WHERE stopped_at IS NULL'))
    expect(open).toEqual([])
  })
})
