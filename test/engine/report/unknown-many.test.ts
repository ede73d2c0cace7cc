// Many messages without an answer, settled at once by what an operator knows: by campaign, run, sender and reason.
import { describe, expect, it } from 'vitest'
import { resolveManyUnknown, showManyUnknown } from '../../../src/engine/report/unknown-many.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { claimAll, launchAndPlan, record, storedMessages } from '../../support/claims.ts'
import { herald } from '../../support/cli.ts'
import { addSandbox, addTestCampaign, importPeople, openTestApp, type TestApp } from '../../support/open-test-app.ts'

const limits = { frequencyCap: 'ignore', quietHours: 'ignore', validity: '10d' }

/** Three people, two campaigns, and no answer to any call. */
async function doubted(): Promise<TestApp> {
  const test = await openTestApp()
  await addSandbox(test)
  await importPeople(test, 3)
  for (const name of ['Spring sale', 'Summer sale']) {
    await addTestCampaign(test, { name, limits })
    await launchAndPlan(test, name)
    const error = { text: 'gone', advice: '', httpStatus: null }
    await record(test, await claimAll(test), ({ messageId }) => ({
      kind: 'unknown',
      error: { ...error, code: messageId === 1 ? 'restored' : 'timeout' },
    }))
    test.clock.advance(60_000)
  }
  return test
}

async function statuses(test: TestApp): Promise<string[]> {
  return (await storedMessages(test)).map(({ status }) => status)
}

async function expectBalanced({ ctx }: TestApp): Promise<void> {
  const { checks } = await verify(ctx)
  expect(checks.filter(({ ok }) => !ok)).toEqual([])
}

describe('many unknown messages', () => {
  it('are counted by campaign and reason before they are settled', async () => {
    const { ctx } = await doubted()
    expect(await showManyUnknown(ctx, {})).toMatchObject({
      count: 6,
      canBeResent: 6,
      groups: [
        { campaign: 'Spring sale', reason: 'restored', count: 1 },
        { campaign: 'Spring sale', reason: 'timeout', count: 2 },
        { campaign: 'Summer sale', reason: 'timeout', count: 3 },
      ],
    })
    expect(await showManyUnknown(ctx, { campaign: 'Spring sale', reason: 'restored' })).toMatchObject({ count: 1 })
    expect(await showManyUnknown(ctx, { run: 'run_2' })).toMatchObject({ count: 3 })
  })

  it('are settled as far as the choice goes, and the books balance', async () => {
    const test = await doubted()
    const spring = { campaign: 'Spring sale', reason: 'timeout' }
    expect(await resolveManyUnknown(test.ctx, spring, { as: 'accepted', count: 2 })).toEqual({ settled: 2, ended: 0 })
    expect(await resolveManyUnknown(test.ctx, { run: 'run_2' }, { as: 'failed', count: 3 })).toEqual({
      settled: 3,
      ended: 0,
    })
    expect(await resolveManyUnknown(test.ctx, {}, { as: 'resend', count: 1 })).toEqual({ settled: 1, ended: 0 })
    expect(await statuses(test)).toEqual(['pending', 'accepted', 'accepted', 'failed', 'failed', 'failed'])
    await expectBalanced(test)
  })

  it('are left alone when their number is not the one that was seen', async () => {
    const test = await doubted()
    await expect(resolveManyUnknown(test.ctx, {}, { as: 'accepted', count: 5 })).rejects.toMatchObject({
      code: 'message.other_count',
    })
    expect(new Set(await statuses(test))).toEqual(new Set(['unknown']))
  })

  it('are not sent again for a campaign that was ended', async () => {
    const test = await doubted()
    await test.ctx.db.write((tx) => tx.run(`UPDATE campaigns SET status = 'archived' WHERE name = 'Summer sale'`))
    expect(await showManyUnknown(test.ctx, {})).toMatchObject({ count: 6, canBeResent: 3 })
    expect(await resolveManyUnknown(test.ctx, {}, { as: 'resend', count: 6 })).toEqual({ settled: 3, ended: 3 })
  })

  it('are settled by the command, which wants to know which are meant', async () => {
    const test = await doubted()
    const resolve = (...argv: string[]) => herald(test, '--json', 'unknown', 'resolve', '--as', 'accepted', ...argv)
    expect((await resolve()).exitCode).toBe(2)
    expect((await resolve('msg_1', '--all')).exitCode).toBe(2)
    expect((await resolve('--all')).exitCode).toBe(2)
    expect((await resolve('--campaign', 'Spring sale', '--dry-run')).json).toMatchObject({ count: 3, settled: 0 })
    expect((await resolve('--all', '--yes')).json).toMatchObject({ count: 6, settled: 6 })
    expect((await resolve('--all', '--yes')).json).toMatchObject({ count: 0, settled: 0 })
  })
})
