// One sender's loop with rows that fail: nobody else waits for them, and a stop ends.
import { describe, expect, it } from 'vitest'
import { SenderLoop } from '../../../src/engine/send/sender-loop.ts'
import { getSender } from '../../../src/store/senders.ts'
import { launchAndPlan, storedMessages } from '../../support/claims.ts'
import { until } from '../../support/fake-clock.ts'
import { addSandbox, addTestCampaign, importPeople, openTestApp, type TestApp } from '../../support/open-test-app.ts'

async function loopOf(test: TestApp): Promise<SenderLoop> {
  const sender = await test.ctx.db.read((tx) => getSender(tx, 'main'))
  const { provider, driver } = await test.app.connections.get(sender.id)
  return new SenderLoop(test.ctx, { sender, provider, driver, reference: (attemptId) => `h-${attemptId}` })
}

async function setup(people: number): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, people)
  await addSandbox(test)
  await addTestCampaign(test)
  await launchAndPlan(test, 'Spring sale')
  return test
}

const statusesOf = async (test: TestApp) => (await storedMessages(test)).map(({ status }) => status)

const poison = (test: TestApp, column: string, row: string) =>
  test.ctx.db.write((tx) =>
    tx.run(
      `CREATE TRIGGER poison BEFORE UPDATE OF ${column} ON messages WHEN ${row} BEGIN SELECT raise(ABORT, 'poison'); END`,
    ),
  )

describe('a sender', () => {
  it('H3: sends and stops although the result of one message cannot be recorded', async () => {
    const test = await setup(6)
    await poison(test, 'status', `NEW.id = 3 AND NEW.status = 'accepted'`)
    const loop = await loopOf(test)
    loop.start()
    await until(test.clock, async () => (await statusesOf(test)).every((status) => status !== 'pending'))
    await until(test.clock, async () => (await statusesOf(test)).every((status) => status !== 'sending'))
    await loop.stop()
    expect(await statusesOf(test)).toEqual(['accepted', 'accepted', 'unknown', 'accepted', 'accepted', 'accepted'])
    expect((await storedMessages(test))[2]?.reason).toBe('unrecorded')
  })

  it('H3: sends and stops although nothing at all of one message can be recorded', async () => {
    const test = await setup(6)
    await poison(test, 'attempts', 'NEW.id = 3')
    const loop = await loopOf(test)
    loop.start()
    await until(test.clock, async () => (await statusesOf(test)).filter((status) => status === 'accepted').length === 5)
    await loop.stop()
    expect(await statusesOf(test)).toEqual(['accepted', 'accepted', 'sending', 'accepted', 'accepted', 'accepted'])
  })

  it('H3: claims the others although one message cannot be claimed', async () => {
    const test = await setup(6)
    await poison(test, 'attempt_id', 'NEW.id = 1')
    const loop = await loopOf(test)
    loop.start()
    await until(test.clock, async () => (await statusesOf(test)).filter((status) => status === 'accepted').length === 5)
    await loop.stop()
    expect((await statusesOf(test))[0]).toBe('pending')
  })

  it('H1: gives back what it has not begun when it stops', async () => {
    const test = await setup(200)
    const loop = await loopOf(test)
    // The first pass finds out which campaign there is.
    await loop.pass()
    await loop.pass()
    expect(loop.onTheWire).toBeGreaterThan(0)
    await loop.stop()
    expect(loop.onTheWire).toBe(0)
    const statuses = await statusesOf(test)
    expect(new Set(statuses)).toEqual(new Set(['accepted', 'pending']))
  })
})
