// Rates, throttles and retries where they are kept: slots and holds in the database, for every process the same.
import { describe, expect, it } from 'vitest'
import { reportOf } from '../../../src/engine/report/report.ts'
import { recoverLostNodes } from '../../../src/engine/send/recover.ts'
import { setSender, showSender } from '../../../src/engine/senders/senders.ts'
import { findSuppressions } from '../../../src/store/suppressions.ts'
import {
  accepted,
  claim,
  claimAll,
  launchAndPlan,
  providerError,
  record,
  storedMessages,
} from '../../support/claims.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { addSandbox, addTestCampaign, importPeople, openTestApp, type TestApp } from '../../support/open-test-app.ts'

async function running(
  people: number,
  sender: Record<string, unknown> = {},
  campaign: Record<string, unknown> = {},
): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, people)
  await addSandbox(test, sender)
  await addTestCampaign(test, campaign)
  await launchAndPlan(test, 'Spring sale')
  return test
}

/** Starts of everything that can go until an instant, in ms after the first. */
async function startsUntil(test: TestApp, at: string): Promise<number[]> {
  const starts: number[] = []
  const end = Date.parse(at)
  for (;;) {
    // Under one id: a process whose clock jumps by minutes would lose its lease.
    const result = await claim(test, { nodeId: 1 })
    starts.push(...result.claimed.map((message) => message.startAtUs / 1000))
    if (result.claimed.length > 0) continue
    if (result.nextLookAt === null || result.nextLookAt > end) return starts
    test.clock.set(Math.max(test.clock.now() + 1, result.nextLookAt))
  }
}

function mostIn(starts: number[], windowMs: number): number {
  return Math.max(...starts.map((start) => starts.filter((other) => other >= start && other < start + windowMs).length))
}

describe('rates', () => {
  it('RT-01 keeps two minutes between two messages at one in two minutes', async () => {
    const test = await running(2, { ratePerSecond: 1 / 120 })
    const [first = 0, second = 0] = await startsUntil(test, '2027-06-01T10:10:00Z')
    expect(second - first).toBeGreaterThanOrEqual(120_000)
    expect(second - first).toBeLessThan(120_100)
  })

  it.each([
    ['the last start of the sender', 'UPDATE senders SET last_start_at_us = ?'],
    ['the turn of another process', 'UPDATE senders SET pace_node_id = 77, sole_until_us = ?'],
    ['the shared time', 'UPDATE senders SET shared_until_us = ?'],
    ['the last start of the campaign', 'UPDATE campaigns SET last_start_at_us = ?'],
  ])('H7: are kept, and nobody waits for more than moments, where %s lies a year ahead', async (_, plant) => {
    const test = await running(8, {}, { limits: { ratePerSecond: 10, quietHours: 'ignore', frequencyCap: 'ignore' } })
    const before = await claim(test, { nodeId: 1 })
    await test.ctx.db.write((tx) => tx.run(plant, [(test.clock.now() + 365 * 86_400_000) * 1000]))
    const starts = await startsUntil(test, '2027-06-01T10:00:10Z')
    expect(before.claimed.length + starts.length).toBe(8)
    expect(mostIn(starts, 1_000)).toBeLessThanOrEqual(10)
  })

  it.each([
    ['is set forward for both', [60_000, 60_000]],
    ['is set forward by a second', [1_000, 1_000]],
    ['is ahead for one of them only', [3_600_000, 0]],
  ])('H7: hold over two processes when the clock %s', async (_, jumps) => {
    const test = await running(60, { ratePerSecond: 3 }, { limits: { quietHours: 'ignore', frequencyCap: 'ignore' } })
    const others = new FakeClock(test.clock.now())
    const other = await openTestApp({ dir: test.dir, clock: others })
    const starts: number[] = []
    for (let step = 0; starts.length < 20; step++) {
      // In turns, as after a takeover each time; a start counts by the time that really passed.
      const { ctx } = step % 2 === 0 ? test : other
      const { claimed } = await claim(step % 2 === 0 ? test : other, { nodeId: (step % 2) + 1 })
      starts.push(...claimed.map(({ startAtUs }) => (startAtUs - ctx.clock.aheadOfBootUs()) / 1000))
      if (step === 50) for (const [index, clock] of [test.clock, others].entries()) clock.jump(jumps[index] ?? 0)
      for (const clock of [test.clock, others]) clock.advance(70)
    }
    expect(mostIn(starts, 1000)).toBeLessThanOrEqual(3)
    expect(Math.max(...starts) - Math.min(...starts)).toBeLessThan(30_000)
  })

  it('RT-02 never starts eleven in a minute at ten a minute', async () => {
    const test = await running(30, { ratePerSecond: 10 / 60 })
    const starts = await startsUntil(test, '2027-06-01T10:10:00Z')
    expect(starts).toHaveLength(30)
    expect(mostIn(starts, 60_000)).toBeLessThanOrEqual(10)
    expect((starts[20] ?? 0) - (starts[0] ?? 0)).toBeGreaterThanOrEqual(120_000)
  })

  it('RT-03 counts what was sent before a restart', async () => {
    const test = await running(10, { ratePerSecond: 0.1 })
    const before = await startsUntil(test, '2027-06-01T10:00:30Z')
    const again = await openTestApp({ dir: test.dir, clock: test.clock })
    const after = await startsUntil(again, '2027-06-01T10:02:00Z')
    expect(mostIn([...before, ...after], 9_999)).toBe(1)
  })

  it('RT-04 holds one limit over two processes', async () => {
    const test = await running(60, { ratePerSecond: 20 })
    const other = await openTestApp({ dir: test.dir, clock: test.clock })
    const starts: number[] = []
    while (starts.length < 60) {
      const results = await Promise.all([claim(test), claim(other)])
      starts.push(...results.flatMap((result) => result.claimed).map((message) => message.startAtUs / 1000))
      test.clock.advance(7)
    }
    expect(mostIn(starts, 1000)).toBeLessThanOrEqual(20)
    expect(new Set(starts).size).toBe(60)
  })

  // The first call may begin a second after its slot: six seconds count from there.
  it('RT-05 S17: keeps six seconds between the starts of two messages to one person', async () => {
    const test = await running(1, { pairIntervalSeconds: 6 })
    await addTestCampaign(test, { name: 'Second' })
    await launchAndPlan(test, 'Second')
    const first = await claimAll(test)
    expect(first).toHaveLength(1)
    expect((await storedMessages(test, 'Second'))[0]).toMatchObject({
      waitReason: 'pair_limit',
      dueAt: Date.parse('2027-06-01T10:00:07Z'),
    })
    test.clock.set('2027-06-01T10:00:07Z')
    expect(await claimAll(test)).toHaveLength(1)
  })

  it('S17: asks nobody to wait for a call that never began, and counts nobody for it', async () => {
    const test = await running(3, { pairIntervalSeconds: 6, dailyLimit: 2 })
    const first = await claimAll(test)
    expect(first).toHaveLength(2)
    await record(test, first, () => ({ kind: 'not_started', error: null }), 'main', { hasBegun: false })
    const again = await claimAll(test)
    expect(again.map(({ messageId }) => messageId)).toEqual(first.map(({ messageId }) => messageId))
    await record(test, again)
    expect(await claimAll(test)).toHaveLength(0)
    expect((await storedMessages(test)).map(({ status, waitReason }) => [status, waitReason])).toEqual([
      ['accepted', null],
      ['accepted', null],
      ['pending', null],
    ])
  })

  it('RT-06 SR-54 makes new people wait when the daily limit is reached; people counted already do not', async () => {
    const test = await running(12, { dailyLimit: 10 })
    const day = await claimAll(test)
    expect(day).toHaveLength(10)
    await record(test, day)
    const waiting = await reportOf(test.ctx, 'Spring sale')
    expect(waiting.runs[0]?.waitingFor).toEqual([{ reason: 'daily_limit', count: 2, until: '2027-06-02T10:00:00Z' }])
    await addTestCampaign(test, { name: 'Second' })
    await launchAndPlan(test, 'Second')
    const second = await claimAll(test)
    expect(second).toHaveLength(10)
    expect(new Set(second.map((message) => message.phone))).toEqual(new Set(day.map((message) => message.phone)))
    test.clock.set('2027-06-02T10:00:30Z')
    await record(test, second)
    expect(new Set((await claimAll(test)).map((message) => message.phone)).size).toBe(2)
  })

  it('RT-06 counts the people of the last day when a limit is set later', async () => {
    const test = await running(10)
    await record(test, await claimAll(test))
    await setSender(test.ctx, 'main', { dailyLimit: 5 })
    await importPeople(test, 12)
    await addTestCampaign(test, { name: 'Second' })
    await launchAndPlan(test, 'Second')
    expect(await claimAll(test)).toHaveLength(10)
  })

  it('never lets a campaign’s own rate pass the sender’s, nor the other way round', async () => {
    const test = await running(
      20,
      { ratePerSecond: 20 },
      { limits: { quietHours: 'ignore', frequencyCap: 'ignore', ratePerSecond: 5 } },
    )
    await addTestCampaign(test, { name: 'Fast' })
    await launchAndPlan(test, 'Fast')
    const slow: number[] = []
    const all: number[] = []
    const slowIds = new Set((await storedMessages(test, 'Spring sale')).map((message) => message.id))
    while (all.length < 40) {
      const { claimed } = await claim(test)
      for (const message of claimed) {
        all.push(message.startAtUs / 1000)
        if (slowIds.has(message.messageId)) slow.push(message.startAtUs / 1000)
      }
      test.clock.advance(10)
    }
    expect(mostIn(slow, 1000)).toBeLessThanOrEqual(5)
    expect(mostIn(all, 1000)).toBeLessThanOrEqual(20)
  })

  it('serves campaigns of equal priority in turns', async () => {
    const test = await running(10, { ratePerSecond: 20 })
    await addTestCampaign(test, { name: 'Second' })
    await launchAndPlan(test, 'Second')
    const second = new Set((await storedMessages(test, 'Second')).map((message) => message.id))
    const turns: boolean[] = []
    while (turns.length < 10) {
      for (const message of (await claim(test)).claimed) turns.push(second.has(message.messageId))
      test.clock.advance(60)
    }
    expect(turns.filter(Boolean)).toHaveLength(5)
  })
})

describe('throttles and retries', () => {
  const throttled = (retryAfterMs: number | null) =>
    ({ kind: 'throttled', scope: 'sender', retryAfterMs, error: providerError('130429') }) as const

  it('RT-07 holds the sender as long as the provider says, and counts no attempt', async () => {
    const test = await running(3)
    await record(test, (await claim(test, { room: 1 })).claimed, () => throttled(30_000))
    expect(await claim(test)).toMatchObject({
      claimed: [],
      gate: 'hold',
      nextLookAt: Date.parse('2027-06-01T10:00:30Z'),
    })
    expect((await storedMessages(test)).map((message) => [message.status, message.attempts])).toEqual(
      Array(3).fill(['pending', 0]),
    )
    test.clock.set('2027-06-01T10:00:30Z')
    // One call asks whether it may go on; its success opens the gate for the others.
    const probe = await claim(test)
    expect(probe.claimed).toHaveLength(1)
    await record(test, probe.claimed)
    test.clock.advance(100)
    expect((await claim(test)).claimed).toHaveLength(2)
  })

  it('backs off longer each time when the provider does not say how long', async () => {
    const test = await running(1)
    const holds: number[] = []
    for (let i = 0; i < 8; i++) {
      const { claimed } = await claim(test)
      await record(test, claimed, () => throttled(null))
      const held = await claim(test)
      holds.push((held.nextLookAt ?? 0) - test.clock.now())
      test.clock.set(held.nextLookAt ?? 0)
    }
    expect(holds).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  })

  it('RT-08 backs off one pair alone, 1, 4, 16, 64 seconds', async () => {
    const test = await running(2)
    const waits: number[] = []
    const { claimed } = await claim(test)
    await record(test, claimed.slice(1))
    let [message] = claimed
    for (let i = 0; i < 4 && message !== undefined; i++) {
      const at = test.clock.now()
      await record(test, [message], () => ({
        kind: 'throttled',
        scope: 'pair',
        retryAfterMs: null,
        error: providerError('131056'),
      }))
      const [stored] = await storedMessages(test)
      waits.push(((stored?.dueAt ?? 0) - at) / 1000)
      test.clock.set(stored?.dueAt ?? 0)
      message = (await claim(test)).claimed[0]
    }
    expect(waits).toEqual([1, 4, 16, 64])
  })

  it('RT-11 suppresses marketing for a person who stopped it, without a retry', async () => {
    const test = await running(1)
    await record(test, await claimAll(test), () => ({
      kind: 'refused',
      scope: 'recipient',
      error: providerError('131050'),
      suppress: { scope: 'marketing', reason: 'opted_out' },
    }))
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'failed', reason: '131050' })
    const suppressions = await test.ctx.db.read((tx) => findSuppressions(tx, '12025550100'))
    expect(suppressions).toMatchObject([{ scope: 'marketing', reason: 'opted_out' }])
  })

  it('RT-12 tries again with growing pauses after a definite "not accepted", at most five times', async () => {
    const test = await openTestApp({ clock: new FakeClock('2027-06-01T10:00:00Z') })
    await importPeople(test, 1)
    await addSandbox(test)
    await addTestCampaign(test)
    await launchAndPlan(test, 'Spring sale')
    const pauses: number[] = []
    for (let attempt = 1; attempt <= 5; attempt++) {
      const claimed = await claimAll(test)
      expect(claimed).toHaveLength(1)
      const at = test.clock.now()
      await record(test, claimed, () => ({ kind: 'temporary', retryAfterMs: null, error: providerError('503') }))
      const [stored] = await storedMessages(test)
      if (stored?.status === 'pending') pauses.push((stored.dueAt - at) / 1000)
      test.clock.set(Math.max(test.clock.now(), stored?.dueAt ?? 0))
    }
    expect(pauses).toEqual([30, 60, 120, 240])
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'failed', reason: '503', attempts: 5 })
  })

  it('RT-13 never resends a message whose answer was lost', async () => {
    const test = await running(1)
    await record(test, await claimAll(test), () => ({ kind: 'unknown', error: providerError('deadline') }))
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'unknown', reason: 'deadline', attempts: 1 })
    test.clock.advance(30 * 86_400_000)
    await recoverLostNodes(test.ctx)
    expect(await claimAll(test)).toHaveLength(0)
  })

  it('RT-14 SR-54 pauses the sender when the account is refused, and leaves the messages untouched', async () => {
    const test = await running(3)
    await record(test, (await claim(test, { room: 2 })).claimed, () => ({
      kind: 'account',
      error: providerError('190'),
    }))
    expect(await showSender(test.ctx, 'main')).toMatchObject({
      status: 'paused',
      pauseReason: 'account_error',
      pauseDetail: expect.stringContaining('190'),
    })
    expect((await storedMessages(test)).map((message) => [message.status, message.attempts])).toEqual(
      Array(3).fill(['pending', 0]),
    )
  })

  it('leaves late truth alone that comes for a message somebody else has settled', async () => {
    const test = await running(1)
    const claimed = await claimAll(test)
    await record(test, claimed, () => accepted(1))
    await record(test, claimed, () => ({ kind: 'refused', scope: 'recipient', error: providerError('131026') }))
    expect((await storedMessages(test))[0]?.status).toBe('accepted')
  })

  it('takes an acceptance that comes after the process was thought dead', async () => {
    const test = await running(1)
    const claimed = await claimAll(test)
    await record(test, claimed, () => ({ kind: 'unknown', error: providerError('node_lost') }))
    await record(test, claimed, () => accepted(7))
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'accepted', reason: null })
  })
})
