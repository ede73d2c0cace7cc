// Calls that never began are given back together: as if nothing had happened, with as many statements for forty as for four.
import { expect, it } from 'vitest'
import { verify } from '../../../src/engine/report/verify.ts'
import type { ClaimedMessage } from '../../../src/store/claim.ts'
import type { WriteTx } from '../../../src/store/database.ts'
import { recordResults } from '../../../src/store/record.ts'
import { claimAll, launchAndPlan, storedMessages } from '../../support/claims.ts'
import { addSandbox, addTestCampaign, importPeople, openTestApp, type TestApp } from '../../support/open-test-app.ts'

async function claimed(people: number, { sender = {}, campaign = {} } = {}) {
  const test = await openTestApp()
  await importPeople(test, people)
  await addSandbox(test, sender)
  await addTestCampaign(test, campaign)
  await launchAndPlan(test, 'Spring sale')
  return { test, messages: await claimAll(test) }
}

/** Gives all of them back; how many statements it took. */
async function giveBack({ ctx }: TestApp, messages: readonly ClaimedMessage[]): Promise<number> {
  const nodeId = await ctx.node.id()
  return ctx.db.write(async (tx) => {
    let statements = 0
    const counted = Object.create(tx) as WriteTx
    for (const name of ['all', 'get', 'run', 'runEach'] as const)
      Object.defineProperty(counted, name, {
        value: (...params: never[]) => {
          statements++
          return (tx[name] as (...all: never[]) => unknown)(...params)
        },
      })
    const now = await tx.now()
    const results = messages.map((message) => ({
      message,
      result: { kind: 'not_started', error: null } as const,
      endedAt: now,
    }))
    await recordResults(counted, { senderId: 1, nodeId, now, results, random: () => 0.5 })
    return statements
  })
}

const statuses = async (test: TestApp) => (await storedMessages(test)).map(({ status }) => status)

it('gives forty back with the statements of four', async () => {
  const few = await claimed(4)
  const many = await claimed(40)
  expect(await giveBack(many.test, many.messages)).toBe(await giveBack(few.test, few.messages))
  expect(new Set(await statuses(many.test))).toEqual(new Set(['pending']))
  expect((await verify(many.test.ctx)).ok).toBe(true)
  expect(await claimAll(many.test)).toHaveLength(40)
})

it('frees the places of people in caps and in the daily limit', async () => {
  const { test, messages } = await claimed(5, {
    sender: { dailyLimit: 3 },
    campaign: { limits: { quietHours: 'ignore', frequencyCap: 'respect' } },
  })
  expect(messages).toHaveLength(3)
  await giveBack(test, messages)
  const left = await test.ctx.db.read((tx) =>
    tx.get(`SELECT daily_used AS used, (SELECT count(*) FROM cap_uses) AS caps FROM senders WHERE id = 1`),
  )
  expect(left).toEqual({ used: 0, caps: 0 })
  expect(await claimAll(test)).toHaveLength(3)
})

it('lets what waits for the place of a person in a cap come after the message that is tried again', async () => {
  const { test, messages } = await claimed(1, {
    campaign: { limits: { quietHours: 'ignore', frequencyCap: 'respect' } },
  })
  await addTestCampaign(test, { name: 'Other', limits: { quietHours: 'ignore', frequencyCap: 'respect' } })
  await launchAndPlan(test, 'Other')
  await claimAll(test)
  expect((await storedMessages(test, 'Other'))[0]).toMatchObject({ status: 'pending', waitReason: 'frequency_cap' })
  await giveBack(test, messages)
  const [again] = await claimAll(test)
  expect(again?.messageId).toBe(messages[0]?.messageId)
})

it('ends those whose time is over, and those of a campaign that was cancelled', async () => {
  const late = await claimed(3, {
    campaign: { limits: { quietHours: 'ignore', frequencyCap: 'ignore', validity: '1h' } },
  })
  late.test.clock.advance(2 * 3_600_000)
  await giveBack(late.test, late.messages)
  expect(new Set(await statuses(late.test))).toEqual(new Set(['expired']))
  const ended = await claimed(3)
  await ended.test.ctx.db.write((tx) => tx.run(`UPDATE campaigns SET status = 'cancelled'`))
  await giveBack(ended.test, ended.messages)
  expect(new Set(await statuses(ended.test))).toEqual(new Set(['cancelled']))
})

it('gives back both messages of a person who is in a claim twice', async () => {
  const test = await openTestApp()
  await importPeople(test, 2)
  await addSandbox(test)
  for (const name of ['First', 'Second']) await addTestCampaign(test, { name })
  for (const name of ['First', 'Second']) await launchAndPlan(test, name)
  const messages = await claimAll(test)
  expect(messages).toHaveLength(4)
  await giveBack(test, messages)
  const people = await test.ctx.db.read((tx) => tx.all(`SELECT DISTINCT status, node_id AS nodeId FROM messages`))
  expect(people).toEqual([{ status: 'pending', nodeId: null }])
  expect((await verify(test.ctx)).ok).toBe(true)
})
