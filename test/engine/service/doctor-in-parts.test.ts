// What doctor and verify read of a large database: in short reads, in as many statements for many campaigns as for a few, and with
// word of how far they are. Statements are counted; no clock is asked.
import SqliteConnection from 'better-sqlite3'
import { expect, it } from 'vitest'
import { fillCrowd } from '../../../bench/crowd.ts'
import { formatInstant } from '../../../src/domain/instant.ts'
import type { Progress } from '../../../src/engine/context.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { diagnose } from '../../../src/engine/service/doctor.ts'
import { findImpossible } from '../../../src/engine/service/unlock.ts'
import { countStatements } from '../../support/counted-statements.ts'
import { addSandbox, openTestApp, type TestApp } from '../../support/open-test-app.ts'

async function crowded(campaigns: number): Promise<TestApp> {
  const test = await openTestApp()
  for (const n of [1, 2]) await addSandbox(test, { name: `Sender 0000${n}` })
  const connection = new SqliteConnection(test.dbPath)
  const [at, messages] = [test.clock.now(), campaigns * 60]
  fillCrowd(connection, { campaigns, lists: 2, senders: 2, people: 50, messages, replies: 0, at })
  // Looked at next at once: no mark is ahead.
  connection.prepare('UPDATE campaigns SET next_tick_at = ? WHERE next_tick_at IS NOT NULL').run(at)
  connection.close()
  return test
}

it('F12: schedules of all campaigns are looked at by as many statements as those of a few', async () => {
  const counted = countStatements()
  const statements: number[] = []
  for (const campaigns of [16, 60]) {
    const { ctx } = await crowded(campaigns)
    counted.reset()
    expect(await findImpossible(ctx)).toEqual([])
    statements.push(counted.texts().length)
  }
  expect(statements[1]).toBe(statements[0])
})

it('F12: a mark that is ahead is found among many, and no other', async () => {
  const { ctx } = await crowded(60)
  const at = ctx.clock.now() + 9 * 24 * 3_600_000
  await ctx.db.write((tx) => tx.run('UPDATE campaigns SET decided_until = ? WHERE id = 17', [at]))
  await ctx.db.write((tx) => tx.run('UPDATE campaigns SET next_tick_at = NULL WHERE id = 33'))
  expect(await findImpossible(ctx)).toEqual([
    { what: 'campaign "Campaign 00017"', field: 'schedule', at: formatInstant(at) },
    { what: 'campaign "Campaign 00033"', field: 'next run', at: 'never' },
  ])
})

it('F12: everything is recounted with word of how far it is', async () => {
  const { ctx } = await crowded(16)
  const told: Progress[] = []
  const { ok } = await verify(ctx, { onProgress: (progress) => told.push(progress) })
  expect(ok).toBe(true)
  const { done, total } = told.at(-1) ?? {}
  expect(done).toBe(total)
  expect(told.map((progress) => progress.done)).toEqual(told.map((_, index) => index + 1))
})

it('F12: doctor tells how far it is with schedules and questions', async () => {
  const { ctx } = await crowded(16)
  const told = new Set<string>()
  await diagnose(ctx, ({ what }) => told.add(what))
  expect([...told]).toEqual(['schedules', 'questions'])
})
