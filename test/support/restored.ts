// A campaign in the middle, a backup of that, and what restores it.
import { join } from 'node:path'
import { expect } from 'vitest'
import { verify } from '../../src/engine/report/verify.ts'
import { findHold } from '../../src/engine/service/held.ts'
import { type RestoredDatabase, restoreDatabase } from '../../src/store/restore/restore-database.ts'
import { claim, launchAndPlan, record } from './claims.ts'
import { FakeClock } from './fake-clock.ts'
import { addMeta, addTestCampaign, importPeople, openTestApp, type TestApp, templateContent } from './open-test-app.ts'

export const limits = { quietHours: 'ignore', frequencyCap: 'ignore', validity: '10d' }

/** A campaign to some people, of whom two have it, and a backup of that. */
export async function backedUp(
  change: Record<string, unknown> = {},
  people = 10,
): Promise<{ test: TestApp; file: string }> {
  const test = await openTestApp()
  await importPeople(test, people)
  await addMeta(test)
  await addTestCampaign(test, { content: templateContent, limits, ...change })
  await launchAndPlan(test, 'Spring sale')
  await sendSome(test, 2)
  const file = join(test.dir, 'backup.db')
  await test.ctx.db.backup({ path: file, part: `${file}.part` }, test.clock.now())
  test.clock.advance(60_000)
  return { test, file }
}

export async function sendSome(test: TestApp, room: number): Promise<void> {
  const { claimed } = await claim(test, { room })
  await record(test, claimed)
}

export async function restored(
  { dbPath, clock, app }: TestApp,
  file: string,
  change: Partial<Parameters<typeof restoreDatabase>[0]> = {},
): Promise<RestoredDatabase> {
  await app[Symbol.asyncDispose]()
  return restoreDatabase({
    path: dbPath,
    file,
    isNothingSent: false,
    appVersion: '0.0.0-test',
    now: clock.now(),
    onStep: () => {},
    ...change,
  })
}

export async function again(test: TestApp): Promise<TestApp> {
  const next = await openTestApp({ dir: test.dir, clock: new FakeClock(test.clock.now() + 60_000) })
  expect(await next.ctx.db.read(findHold)).toBeUndefined()
  const { checks } = await verify(next.ctx)
  expect(checks.filter(({ ok }) => !ok)).toEqual([])
  return next
}

export function rows<Row>({ ctx }: TestApp, sql: string): Promise<Row[]> {
  return ctx.db.read((tx) => tx.all<Row>(sql))
}
