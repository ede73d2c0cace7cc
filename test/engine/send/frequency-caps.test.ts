// Frequency caps where they are kept: in the claim, over several campaigns, with slots given back.
import { describe, expect, it } from 'vitest'
import { archiveByOperator, cancelByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { deleteList } from '../../../src/engine/contacts/lists.ts'
import { sendTest } from '../../../src/engine/service/foreground.ts'
import { setCap } from '../../../src/engine/service/limits.ts'
import { listCapUses } from '../../../src/store/caps.ts'
import { applyStatus } from '../../support/callbacks.ts'
import {
  accepted,
  claim,
  claimAll,
  launchAndPlan,
  providerError,
  record,
  storedMessages,
} from '../../support/claims.ts'
import { until } from '../../support/fake-clock.ts'
import { isOnPostgres } from '../../support/on-postgres.ts'
import {
  addMeta,
  addSandbox,
  addTestCampaign,
  importLines,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
  templateContent,
} from '../../support/open-test-app.ts'

const capped = { limits: { quietHours: 'ignore' } }

async function setup(people = 1): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, people)
  await addSandbox(test)
  return test
}

async function setupMeta(): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, 1)
  await addMeta(test)
  return test
}

async function capUses(test: TestApp): Promise<number> {
  return (await test.ctx.db.read((tx) => listCapUses(tx, 1))).length
}

describe('frequency caps', () => {
  it('FC-03 gives the place to the campaign of higher priority and defers the other', async () => {
    const test = await setup()
    await addTestCampaign(test, { ...capped, name: 'Low', priority: 5 })
    await addTestCampaign(test, { ...capped, name: 'High', priority: 10 })
    await launchAndPlan(test, 'Low')
    await launchAndPlan(test, 'High')
    const claimed = await claimAll(test)
    const [low] = await storedMessages(test, 'Low')
    const [high] = await storedMessages(test, 'High')
    expect(claimed.map((message) => message.messageId)).toEqual([high?.id])
    expect(low).toMatchObject({ status: 'pending', waitReason: 'frequency_cap' })
    expect(low?.detail).toContain('daily: 1 of 1 in 24h')
  })

  it('FC-04 takes the earlier planned message first among equal priorities, then the lower id', async () => {
    const test = await setup()
    await addTestCampaign(test, { ...capped, name: 'First' })
    await addTestCampaign(test, { ...capped, name: 'Second' })
    await launchAndPlan(test, 'First')
    await launchAndPlan(test, 'Second')
    const [claimed] = await claimAll(test)
    expect(claimed?.messageId).toBe((await storedMessages(test, 'First'))[0]?.id)
  })

  it('FC-06 defers to the instant at which the place is free, before the validity ends', async () => {
    const test = await setup()
    await addTestCampaign(test, { ...capped, name: 'A' })
    await addTestCampaign(test, { ...capped, name: 'B' })
    await launchAndPlan(test, 'A')
    await record(test, await claimAll(test))
    const claimedAt = (await test.ctx.db.read((tx) => listCapUses(tx, 1)))[0]?.at ?? 0
    await launchAndPlan(test, 'B')
    await claimAll(test)
    const [waiting] = await storedMessages(test, 'B')
    expect(waiting).toMatchObject({ status: 'pending', waitReason: 'frequency_cap', dueAt: claimedAt + 86_400_000 })
    test.clock.set(claimedAt + 86_400_000)
    expect(await claimAll(test)).toHaveLength(1)
  })

  it('FC-07 skips at once when the place is free only after the validity', async () => {
    const test = await setup()
    await addTestCampaign(test, { ...capped, name: 'A' })
    await addTestCampaign(test, { name: 'B', limits: { quietHours: 'ignore', validity: '12h' } })
    await launchAndPlan(test, 'A')
    await record(test, await claimAll(test))
    await launchAndPlan(test, 'B')
    await claimAll(test)
    expect((await storedMessages(test, 'B'))[0]).toMatchObject({
      status: 'skipped',
      reason: 'frequency_cap',
      detail: expect.stringContaining('free at 2027-06-02T10:00'),
    })
  })

  it('FC-08 neither checks nor counts a utility message', async () => {
    const test = await setup()
    await addTestCampaign(test, { ...capped, name: 'Marketing' })
    await launchAndPlan(test, 'Marketing')
    await record(test, await claimAll(test))
    await addTestCampaign(test, { name: 'Receipt', useCase: 'utility', limits: {} })
    await launchAndPlan(test, 'Receipt')
    await record(test, await claimAll(test))
    expect((await storedMessages(test, 'Receipt'))[0]?.status).toBe('accepted')
    expect(await capUses(test)).toBe(1)
  })

  it('FC-10 sends a campaign that ignores caps, and counts it', async () => {
    const test = await setup()
    for (const name of ['A', 'B']) await addTestCampaign(test, { name })
    await launchAndPlan(test, 'A')
    await record(test, await claimAll(test))
    await launchAndPlan(test, 'B')
    await record(test, await claimAll(test))
    expect(await capUses(test)).toBe(2)
  })

  it('FC-11 gives the place back when the provider refuses, so that another campaign may use it', async () => {
    const test = await setup()
    await addTestCampaign(test, { ...capped, name: 'A' })
    await addTestCampaign(test, { ...capped, name: 'B' })
    await launchAndPlan(test, 'A')
    await record(test, await claimAll(test), () => ({
      kind: 'refused',
      scope: 'recipient',
      error: providerError('131026'),
    }))
    expect(await capUses(test)).toBe(0)
    await launchAndPlan(test, 'B')
    expect(await claimAll(test)).toHaveLength(1)
  })

  it('FC-12 gives the place back when an accepted message fails later', async () => {
    const test = await setupMeta()
    await addTestCampaign(test, { ...capped, content: templateContent })
    await launchAndPlan(test, 'Spring sale')
    await record(test, await claimAll(test))
    await applyStatus(test, { trackingId: 'track-1', status: 'failed', code: 131026 })
    expect(await capUses(test)).toBe(0)
  })

  it('FC-12 keeps the place of a later failure when a rule counts failures', async () => {
    const test = await setupMeta()
    await setCap(test.ctx, { id: 'daily', countFailed: true })
    for (const name of ['A', 'B']) await addTestCampaign(test, { ...capped, name, content: templateContent })
    await launchAndPlan(test, 'A')
    await record(test, await claimAll(test))
    await applyStatus(test, { trackingId: 'track-1', status: 'failed', code: 131026 })
    await launchAndPlan(test, 'B')
    expect(await claimAll(test)).toHaveLength(0)
  })

  it('FC-13 counts a message whose outcome is unknown', async () => {
    const test = await setup()
    await addTestCampaign(test, { ...capped, name: 'A' })
    await addTestCampaign(test, { ...capped, name: 'B' })
    await launchAndPlan(test, 'A')
    await record(test, await claimAll(test), () => ({ kind: 'unknown', error: providerError('deadline') }))
    await launchAndPlan(test, 'B')
    expect(await claimAll(test)).toHaveLength(0)
    expect((await storedMessages(test, 'B'))[0]?.waitReason).toBe('frequency_cap')
  })

  it('FC-14 takes one place for a message however often it is tried', async () => {
    const test = await setup()
    await addTestCampaign(test, capped)
    await launchAndPlan(test, 'Spring sale')
    for (let attempt = 1; attempt <= 3; attempt++) {
      const claimed = await claimAll(test)
      expect(claimed).toHaveLength(1)
      await record(test, claimed, () =>
        attempt < 3 ? { kind: 'temporary', retryAfterMs: 60_000, error: providerError('503') } : accepted(attempt),
      )
      test.clock.advance(61_000)
    }
    expect(await capUses(test)).toBe(1)
  })

  it('FC-15 neither checks nor counts a test send', async () => {
    const test = await setup()
    await addTestCampaign(test, { ...capped, name: 'A' })
    await launchAndPlan(test, 'A')
    await record(test, await claimAll(test))
    await addTestCampaign(test, { ...capped, name: 'B' })
    const sent = sendTest(test.ctx, test.app.connections, 'B', phoneNumber(0))
    let result: Awaited<typeof sent> | undefined
    void sent.then((value) => {
      result = value
    })
    await until(test.clock, () => result !== undefined)
    expect(result?.status).not.toBe('pending')
    expect(result?.trackingId).toContain('sandbox')
    expect(await capUses(test)).toBe(1)
  })

  it('FC-16 counts by the tags that a message had, whatever its campaign says later', async () => {
    const test = await setup()
    await setCap(test.ctx, { id: 'daily', isEnabled: false })
    await setCap(test.ctx, { id: 'sales', scope: 'tag:sale', max: 1, window: '7d', onCap: 'defer' })
    await addTestCampaign(test, { ...capped, name: 'A', tags: ['sale'] })
    await addTestCampaign(test, { ...capped, name: 'B', tags: ['sale'] })
    await addTestCampaign(test, { ...capped, name: 'C', tags: ['news'] })
    await launchAndPlan(test, 'A')
    await record(test, await claimAll(test))
    await launchAndPlan(test, 'B')
    await launchAndPlan(test, 'C')
    await record(test, await claimAll(test))
    expect((await storedMessages(test, 'B'))[0]).toMatchObject({ status: 'skipped', reason: 'frequency_cap' })
    expect((await storedMessages(test, 'C'))[0]?.status).toBe('accepted')
  })

  it('FC-19 looks at deferred messages again at once when a rule is loosened; skipped ones stay skipped', async () => {
    const test = await setup(2)
    await addTestCampaign(test, { ...capped, name: 'A' })
    await launchAndPlan(test, 'A')
    await record(test, await claimAll(test))
    await addTestCampaign(test, { ...capped, name: 'B' })
    await addTestCampaign(test, { name: 'C', limits: { quietHours: 'ignore', validity: '1h' } })
    await launchAndPlan(test, 'B')
    await launchAndPlan(test, 'C')
    await claimAll(test)
    await setCap(test.ctx, { id: 'daily', max: 2 })
    expect(await claimAll(test)).toHaveLength(2)
    expect((await storedMessages(test, 'C')).map((message) => message.status)).toEqual(['skipped', 'skipped'])
  })

  it('FC-20 applies a tightened rule to the next claims only', async () => {
    const test = await setup()
    await setCap(test.ctx, { id: 'daily', max: 2 })
    for (const name of ['A', 'B', 'C']) await addTestCampaign(test, { ...capped, name })
    await launchAndPlan(test, 'A')
    await record(test, await claimAll(test))
    await setCap(test.ctx, { id: 'daily', max: 1 })
    await launchAndPlan(test, 'B')
    expect(await claimAll(test)).toHaveLength(0)
    expect((await storedMessages(test, 'A'))[0]?.status).toBe('accepted')
  })

  it('FC-25 still caps a person whose list was deleted and imported again', async () => {
    const test = await setup()
    await addTestCampaign(test, { ...capped, name: 'A' })
    await launchAndPlan(test, 'A')
    await record(test, await claimAll(test))
    await archiveByOperator(test.ctx, 'A')
    await deleteList(test.ctx, 'people')
    await importPeople(test, 1)
    await addTestCampaign(test, { ...capped, name: 'B' })
    await launchAndPlan(test, 'B')
    expect(await claimAll(test)).toHaveLength(0)
  })

  it('FC-26 gives two spellings of one number one place', async () => {
    const test = await openTestApp()
    await addSandbox(test)
    await importLines(test, ['phone', '+5215512345678'], { list: 'one' })
    await importLines(test, ['phone', '+525512345678'], { list: 'two' })
    for (const name of ['one', 'two'])
      await addTestCampaign(test, {
        ...capped,
        name,
        audience: { lists: [name] },
        content: { type: 'text', text: 'Hi' },
      })
    await launchAndPlan(test, 'one')
    await record(test, await claimAll(test))
    await launchAndPlan(test, 'two')
    expect(await claimAll(test)).toHaveLength(0)
  })

  it('FC-27 gives two numbers of one person two places', async () => {
    const test = await setup(2)
    await addTestCampaign(test, capped)
    await launchAndPlan(test, 'Spring sale')
    expect(await claimAll(test)).toHaveLength(2)
  })

  it('FC-28 gives no extra place when the system clock steps back', async () => {
    const test = await setup()
    await addTestCampaign(test, { ...capped, name: 'A' })
    await addTestCampaign(test, { ...capped, name: 'B' })
    await launchAndPlan(test, 'A')
    await record(test, await claimAll(test))
    await launchAndPlan(test, 'B')
    test.clock.jump(-3_600_000)
    expect(await claimAll(test)).toHaveLength(0)
  })

  it('FC-05 accepts exactly one of eight campaigns of one person, whoever claims', { timeout: 60_000 }, async () => {
    const test = await setup()
    const rounds = isOnPostgres ? 5 : 50
    const names = Array.from({ length: 8 }, (_, n) => `C${n}`)
    for (let round = 0; round < rounds; round++) {
      for (const name of names) {
        await addTestCampaign(test, { ...capped, name: `${name}-${round}` })
        await launchAndPlan(test, `${name}-${round}`)
      }
      const claims = await Promise.all(names.map((_, worker) => claim(test, { nodeId: worker + 1 })))
      const claimed = claims.flatMap((result) => result.claimed)
      expect(claimed).toHaveLength(1)
      await record(test, claimed)
      for (const name of names)
        if ((await storedMessages(test, `${name}-${round}`))[0]?.status === 'pending')
          await cancelByOperator(test.ctx, `${name}-${round}`)
      test.clock.advance(86_400_000)
    }
    expect((await storedMessages(test)).filter((message) => message.status === 'accepted')).toHaveLength(rounds)
  })
})
