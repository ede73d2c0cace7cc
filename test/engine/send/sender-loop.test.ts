// One sender's loop with rows that fail: nobody else waits for them, and a stop ends.
import { describe, expect, it } from 'vitest'
import { AppError } from '../../../src/domain/errors.ts'
import { prepareTest } from '../../../src/engine/campaigns/test-send.ts'
import type { Context } from '../../../src/engine/context.ts'
import { showTroubles } from '../../../src/engine/duties/show-troubles.ts'
import { whyFor } from '../../../src/engine/report/why.ts'
import { SenderLoop } from '../../../src/engine/send/sender-loop.ts'
import { runInForeground } from '../../../src/engine/service/foreground.ts'
import { getSender } from '../../../src/store/senders.ts'
import { launchAndPlan, storedMessages } from '../../support/claims.ts'
import { until } from '../../support/fake-clock.ts'
import {
  addSandbox,
  addTestCampaign,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
} from '../../support/open-test-app.ts'
import { cure, poison } from '../../support/poison.ts'

async function loopOf(test: TestApp, ctx: Context = test.ctx): Promise<SenderLoop> {
  const sender = await test.ctx.db.read((tx) => getSender(tx, 'main'))
  const { provider, driver } = await test.app.connections.get(sender.id)
  return new SenderLoop(ctx, { sender, provider, driver })
}

async function setup(people: number, campaign: Record<string, unknown> = {}): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, people)
  await addSandbox(test)
  await addTestCampaign(test, campaign)
  await launchAndPlan(test, 'Spring sale')
  return test
}

const statusesOf = async (test: TestApp) => (await storedMessages(test)).map(({ status }) => status)

const isOpen = (status: string) => status === 'pending' || status === 'sending'
const troublesOf = async ({ ctx }: TestApp) => (await showTroubles(ctx)).map(({ work, id }) => `${work} ${id}`)

const poisonMessage = (test: TestApp, column: string, when: string) =>
  poison(test, { table: 'messages', event: `UPDATE OF ${column}`, when })

describe('a sender', () => {
  it('H3: sends and stops although the result of one message cannot be recorded', async () => {
    const test = await setup(6)
    await poisonMessage(test, 'status', `NEW.id = 3 AND NEW.status = 'accepted'`)
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
    await poisonMessage(test, 'attempts', 'NEW.id = 3')
    const loop = await loopOf(test)
    loop.start()
    await until(test.clock, async () => (await statusesOf(test)).filter((status) => status === 'accepted').length === 5)
    await loop.stop()
    expect(await statusesOf(test)).toEqual(['accepted', 'accepted', 'sending', 'accepted', 'accepted', 'accepted'])
  })

  it('H3: claims the others although one message cannot be claimed', async () => {
    const test = await setup(6)
    await poisonMessage(test, 'attempt_id', 'NEW.id = 1')
    const loop = await loopOf(test)
    loop.start()
    await until(test.clock, async () => (await statusesOf(test)).filter((status) => status === 'accepted').length === 5)
    await loop.stop()
    expect((await statusesOf(test))[0]).toBe('pending')
  })

  it('H3: names a result that cannot be recorded, and records it when it can be', async () => {
    const test = await setup(6)
    await poisonMessage(test, 'attempts', 'NEW.id = 3')
    const loop = await loopOf(test)
    loop.start()
    await until(test.clock, async () => (await troublesOf(test)).length > 0)
    expect(await troublesOf(test)).toEqual(['result msg_3'])
    await cure(test)
    await until(test.clock, async () => (await statusesOf(test)).every((status) => status === 'accepted'))
    await until(test.clock, async () => (await troublesOf(test)).length === 0)
    await loop.stop()
  })

  it('H3: keeps results when the storage fails while each is recorded alone', async () => {
    const test = await setup(6)
    await poisonMessage(test, 'attempts', `NEW.id = 3 AND NEW.status = 'accepted'`)
    let failures = 0
    // Whatever is recorded after the poison is met finds a full disk, for a while.
    const write: Context['db']['write'] = async (fn) => {
      if (failures > 0 && failures++ < 5) throw new AppError('db.full', 'the disk is full')
      return test.ctx.db.write(fn).catch((error: unknown) => {
        failures++
        throw error
      })
    }
    const db = new Proxy(test.ctx.db, {
      get: (target, name) => {
        if (name === 'write') return write
        const value = Reflect.get(target, name, target) as unknown
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const loop = await loopOf(test, { ...test.ctx, db })
    loop.start()
    await until(test.clock, async () => (await statusesOf(test)).every((status) => !isOpen(status)))
    await loop.stop()
    expect(failures).toBeGreaterThan(5)
    expect(await statusesOf(test)).toEqual(['accepted', 'accepted', 'unknown', 'accepted', 'accepted', 'accepted'])
  })

  it('H3: names a message that cannot be claimed, and why it waits', async () => {
    const test = await setup(3)
    await poisonMessage(test, 'attempt_id', 'NEW.id = 1')
    const loop = await loopOf(test)
    loop.start()
    await until(test.clock, async () => (await troublesOf(test)).length > 0)
    await loop.stop()
    expect(await troublesOf(test)).toEqual(['claim msg_1'])
    const why = await whyFor(test.ctx, 'Spring sale', (await storedMessages(test))[0]?.phone ?? '')
    expect(why.decision).toBe('wait')
    expect(why.checks.filter(({ detail }) => detail.startsWith('it fails'))).toMatchObject([{ result: 'wait' }])
  })

  it('H3: sends to the others although the fields of one person cannot be read', async () => {
    const test = await setup(6)
    await test.ctx.db.write((tx) => tx.run(`UPDATE messages SET variables = 'no fields' WHERE id = 2`))
    const loop = await loopOf(test)
    loop.start()
    await until(test.clock, async () => (await statusesOf(test)).filter((status) => status === 'accepted').length === 5)
    await until(test.clock, async () => (await troublesOf(test)).length > 0)
    await loop.stop()
    expect((await statusesOf(test))[1]).toBe('pending')
    expect(await troublesOf(test)).toEqual(['claim msg_2'])
  })

  it('H5: names itself while every pass fails, and goes on by itself', async () => {
    const test = await setup(3)
    const limits = 'no limits'
    await test.ctx.db.write((tx) =>
      tx.run(`INSERT INTO settings (key, value) VALUES ('limits', ?) ON CONFLICT (key) DO UPDATE SET value = ?`, [
        limits,
        limits,
      ]),
    )
    const loop = await loopOf(test)
    loop.start()
    await until(test.clock, async () => (await troublesOf(test)).length > 0)
    expect(await troublesOf(test)).toEqual(['claims snd_1'])
    await test.ctx.db.write((tx) => tx.run(`DELETE FROM settings WHERE key = 'limits'`))
    await until(test.clock, async () => (await statusesOf(test)).every((status) => status === 'accepted'))
    await loop.stop()
    expect(await troublesOf(test)).toEqual([])
  })

  it('H3: ends a run in the foreground although messages of it fail', async () => {
    const test = await setup(6)
    await poisonMessage(test, 'attempts', 'NEW.id = 3')
    await test.ctx.db.write((tx) => tx.run(`UPDATE messages SET variables = 'no fields' WHERE id = 2`))
    let isDone = false
    const run = runInForeground(test.ctx, test.app.connections, 'Spring sale').finally(() => {
      isDone = true
    })
    await until(test.clock, async () => isDone)
    const { report } = await run
    expect(report.totals.byStatus).toMatchObject({ pending: 1, sending: 1, unknown: 0 })
  })

  it.each(['{}', 'no definition'])('H5: rests although a test cannot be read: %s', async (definition) => {
    const test = await openTestApp()
    await importPeople(test, 3)
    await addSandbox(test)
    await addTestCampaign(test)
    await prepareTest(test.ctx, 'Spring sale', phoneNumber(0))
    await test.ctx.db.write((tx) => tx.run('UPDATE campaign_revisions SET definition = ?', [definition]))
    const loop = await loopOf(test)
    await loop.pass()
    await loop.pass()
    expect(await loop.pass()).toBeGreaterThan(test.clock.now())
  })

  it('H5: sends another campaign although the definition of one is no JSON', async () => {
    const test = await setup(3)
    await addTestCampaign(test, { name: 'Good' })
    await launchAndPlan(test, 'Good')
    await test.ctx.db.write((tx) =>
      tx.run(`UPDATE campaign_revisions SET definition = 'no definition' WHERE campaign_id = 1`),
    )
    const loop = await loopOf(test)
    loop.start()
    await until(test.clock, async () => (await storedMessages(test, 'Good')).every(({ status }) => !isOpen(status)))
    await loop.stop()
    expect(await test.ctx.db.read((tx) => tx.get('SELECT status FROM campaigns WHERE id = 1'))).toEqual({
      status: 'paused',
    })
  })

  it('H3: sends to the others although what one person had before cannot be read', async () => {
    const test = await setup(4, { limits: { quietHours: 'ignore' } })
    await test.ctx.db.write(async (tx) => {
      await tx.run(
        `INSERT INTO campaign_revisions (campaign_id, number, definition, use_case, tags, created_at) VALUES (1, 9, '{}', 'marketing', 'no tags', 0)`,
      )
      await tx.run(
        `INSERT INTO runs (campaign_id, revision_id, sender_id, kind, status, occurrence_key, occurrence_at, occurrence_local, warnings, created_at)
         SELECT campaign_id, 2, sender_id, 'scheduled', 'cancelled', 'before', 0, 0, '[]', 0 FROM runs WHERE id = 1`,
      )
      await tx.run(
        `INSERT INTO messages (run_id, contact_id, revision_id, status, scheduled_at, due_at, expires_at, created_at) VALUES (2, 2, 2, 'cancelled', 0, 0, 0, 0)`,
      )
      await tx.run(`INSERT INTO cap_uses (message_id, contact_id, campaign_id, at) VALUES (5, 2, 1, ?)`, [
        test.clock.now(),
      ])
    })
    const loop = await loopOf(test)
    loop.start()
    await until(test.clock, async () => (await statusesOf(test)).filter((status) => status === 'accepted').length === 3)
    await until(test.clock, async () => (await troublesOf(test)).length > 0)
    await loop.stop()
    expect(await troublesOf(test)).toEqual(['claim msg_2'])
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
