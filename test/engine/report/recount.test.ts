// A recount of more messages than one turn of the event loop may look at: in a thread, with the same answers.
import { describe, expect, it, vi } from 'vitest'
import type { Progress } from '../../../src/engine/context.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { launchAndPlan } from '../../support/claims.ts'
import { isOnPostgres } from '../../support/on-postgres.ts'
import { addSandbox, addTestCampaign, importPeople, openTestApp, type TestApp } from '../../support/open-test-app.ts'

const MANY = 6_000

/** One planned message and so many more beside it. */
async function manyMessages(): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, 1)
  await addSandbox(test)
  await addTestCampaign(test)
  await launchAndPlan(test, 'Spring sale')
  await byHand(
    test,
    `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${MANY})
     INSERT INTO contacts (key, phone, attributes, created_at, updated_at) SELECT 'x' || n, '', '{}', 1, 1 FROM numbers`,
    `INSERT INTO messages (run_id, contact_id, revision_id, status, scheduled_at, due_at, expires_at, created_at)
     SELECT m.run_id, c.id, m.revision_id, m.status, 1, 1, 1, 1 FROM contacts c, messages m WHERE c.key LIKE 'x%'`,
    `UPDATE run_counts SET count = count + ${MANY} WHERE status = 'pending'`,
    `UPDATE campaign_counts SET count = count + ${MANY} WHERE status = 'pending'`,
    `UPDATE runs SET audience_count = audience_count + ${MANY}`,
  )
  return test
}

async function byHand({ ctx }: TestApp, ...statements: string[]): Promise<void> {
  for (const statement of statements) expect(await ctx.db.write((tx) => tx.run(statement))).toBeGreaterThan(0)
}

describe('a recount of many messages', () => {
  it('finds nothing where nothing is wrong, and leaves the connection of the process alone', async () => {
    const { ctx } = await manyMessages()
    const reads = vi.spyOn(ctx.db, 'read')
    const told: Progress[] = []
    const onProgress = (progress: Progress) => told.push(progress)
    expect(await verify(ctx, { onProgress })).toMatchObject({ ok: true, checks: { length: 19 } })
    expect(told.at(-1)).toMatchObject({ done: told.length, total: told.length })
    expect(await verify(ctx, { campaign: 'Spring sale' })).toMatchObject({ ok: true, checks: { length: 14 } })
    // How many there are is all that is asked here.
    expect(reads).toHaveBeenCalledTimes(2)
  })

  it('names what somebody changed by hand, of everything and of a campaign', async () => {
    const test = await manyMessages()
    await byHand(test, `DELETE FROM messages WHERE id = ${MANY}`)
    const broken = [
      { name: 'books_balance', broken: [`run_1: audience ${MANY + 1}, messages ${MANY}`] },
      { name: 'counts', broken: [`run_1 pending: counted ${MANY + 1}, found ${MANY}`] },
    ]
    for (const campaign of [undefined, 'cmp_1']) {
      const { ok, checks } = await verify(test.ctx, { campaign })
      expect([ok, checks.filter((check) => !check.ok)]).toMatchObject([false, broken])
    }
  })

  // Which of them a server answers first is its affair.
  it.skipIf(isOnPostgres)(
    'is made for one who asks after the other, and once for all who ask the same meanwhile',
    async () => {
      const test = await manyMessages()
      const first = verify(test.ctx)
      await new Promise((resolve) => setImmediate(resolve))
      await byHand(test, `DELETE FROM messages WHERE id = ${MANY}`)
      const [second, third] = await Promise.all([verify(test.ctx), verify(test.ctx)])
      expect(second.checks).toBe(third.checks)
      expect(second.ok).toBe(false)
      expect((await first).checks).not.toBe(second.checks)
    },
  )
})
