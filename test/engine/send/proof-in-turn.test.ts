// Proof for messages in doubt: each is asked about in its turn, however many there are, by one process, until the time in
// which proof is sought is over; then it says so.
import { describe, expect, it } from 'vitest'
import { reportOf } from '../../../src/engine/report/report.ts'
import { showUnknown } from '../../../src/engine/report/unknown.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { proveSender, seekProof } from '../../../src/engine/send/prove.ts'
import { addSender } from '../../../src/engine/senders/senders.ts'
import type { LookUpResult } from '../../../src/providers/provider.ts'
import { listSendersToProve } from '../../../src/store/proof-runs.ts'
import { claimAll, launchAndPlan, providerError, record, storedMessages } from '../../support/claims.ts'
import { isOnPostgres } from '../../support/on-postgres.ts'
import {
  addMeta,
  addTestCampaign,
  importLines,
  openTestApp,
  type TestApp,
  templateContent,
} from '../../support/open-test-app.ts'
import { isAtWork } from '../../support/under-way.ts'

const HOUR = 3_600_000
const numbered = (count: number) => Array.from({ length: count }, (_, n) => `+4915112${String(300000 + n)}`)
const reference = (attemptId: number) => `ref-${attemptId}`
const { signal } = new AbortController()

/** So many messages in doubt. */
async function inDoubt(people: number, campaign: Record<string, unknown> = {}): Promise<TestApp> {
  const test = await openTestApp()
  await importLines(test, ['phone', ...numbered(people)])
  await addMeta(test)
  await addTestCampaign(test, { content: templateContent, ...campaign })
  await launchAndPlan(test, 'Spring sale')
  await record(test, await claimAll(test), () => ({ kind: 'unknown', error: providerError('timeout') }))
  return test
}

/** The provider answers questions so; whom it was asked about is noted. */
function answering(test: TestApp, answer: (phone: string) => LookUpResult | Promise<LookUpResult>): string[] {
  const asked: string[] = []
  const { connections } = test.app
  const get = connections.get.bind(connections)
  connections.get = async (senderId) => {
    const connected = await get(senderId)
    connected.driver.lookUp = async ({ to }) => {
      asked.push(to)
      return answer(to)
    }
    return connected
  }
  return asked
}

/** A round of questions, with the time that its pace takes. */
async function round(test: TestApp): Promise<number> {
  let isOver = false
  const work = seekProof(test.ctx, test.app.connections, { reference, signal }).finally(() => {
    isOver = true
  })
  work.catch(() => {})
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve))
    if (!isAtWork() && test.clock.nextWake !== undefined)
      test.clock.set(Math.max(test.clock.now(), test.clock.nextWake))
  }
  return work
}

const nobodyKnows = (): LookUpResult => ({ found: false, isProof: false })

describe('many messages in doubt', () => {
  it('H4: are all asked about, the 201st too, and those of which the provider knows are settled', async () => {
    const test = await inDoubt(450)
    const late = numbered(450).slice(400)
    const asked = answering(test, (to) =>
      late.includes(to) ? { found: true, trackingId: `t-${to}`, status: 'accepted', at: null } : nobodyKnows(),
    )
    test.clock.advance(10 * 60_000)
    expect(await round(test)).toBe(50)
    expect(new Set(asked).size).toBe(450)
    expect((await reportOf(test.ctx, 'Spring sale')).totals.byStatus).toMatchObject({ accepted: 50, unknown: 400 })
  })

  it('H4: are digested within a few passes when a crash left a thousand', async () => {
    const many = isOnPostgres ? 100 : 1_000
    const test = await inDoubt(many)
    answering(test, (to) => ({ found: true, trackingId: `t-${to}`, status: 'accepted', at: null }))
    test.clock.advance(10 * 60_000)
    expect(await round(test)).toBe(many)
    expect((await verify(test.ctx)).checks.filter(({ ok }) => !ok)).toEqual([])
  })

  it('F12: are found by the runs that have them, and those of other runs are not read', async () => {
    const test = await inDoubt(3)
    answering(test, (to) => ({ found: true, trackingId: `t-${to}`, status: 'accepted', at: null }))
    const toProve = () => test.ctx.db.read(listSendersToProve)
    expect(await toProve()).toEqual([1])
    test.clock.advance(10 * 60_000)
    await round(test)
    expect(await toProve()).toEqual([1])
    await round(test)
    expect(await toProve()).toEqual([])
  })

  it('F12: a run that lost the mark by hand is named by verify', async () => {
    const test = await inDoubt(3)
    await test.ctx.db.write((tx) => tx.run('UPDATE runs SET seeks_proof = 0'))
    expect((await verify(test.ctx)).checks.filter(({ ok }) => !ok)).toMatchObject([
      { name: 'proof_sought', broken: ['run_1'] },
    ])
  })

  it('H4: are asked about at the pace of their sender', async () => {
    const test = await inDoubt(11)
    answering(test, nobodyKnows)
    await test.ctx.db.write((tx) => tx.run('UPDATE senders SET rate_per_second = 0.5'))
    test.clock.advance(10 * 60_000)
    const before = test.clock.now()
    await round(test)
    expect(test.clock.now() - before).toBeGreaterThanOrEqual(10 * 2_000)
  })

  it('H4: go on where a round was interrupted', async () => {
    const test = await inDoubt(450)
    const stop = new AbortController()
    const asked = answering(test, () => {
      if (asked.length === 250) stop.abort()
      return nobodyKnows()
    })
    await test.ctx.db.write((tx) => tx.run('UPDATE senders SET rate_per_second = 10000, last_start_at_us = NULL'))
    test.clock.advance(10 * 60_000)
    const work = proveSender(test.ctx, test.app.connections, { senderId: 1, reference, signal: stop.signal })
    while (!stop.signal.aborted) {
      await new Promise((resolve) => setImmediate(resolve))
      if (!isAtWork() && test.clock.nextWake !== undefined)
        test.clock.set(Math.max(test.clock.now(), test.clock.nextWake))
    }
    await work
    asked.length = 0
    await round(test)
    expect(asked[0]).toBe(numbered(450)[400])
    asked.length = 0
    await round(test)
    expect(new Set(asked).size).toBe(450)
  })

  it('H4: are asked about by one of two processes', async () => {
    const test = await inDoubt(30)
    const other = await openTestApp({ dir: test.dir, clock: test.clock })
    const asked: string[] = []
    const askedToo = answering(other, nobodyKnows)
    // The other process comes while this one waits for its first answer.
    answering(test, async (to) => {
      asked.push(to)
      if (asked.length === 1) await round(other)
      return nobodyKnows()
    })
    test.clock.advance(10 * 60_000)
    // Its heartbeat has its turn too: without one its lease would be over.
    await test.ctx.node.beat()
    await round(test)
    expect([asked.length, askedToo.length]).toEqual([30, 0])
  })

  it('H4: and one whose question fails are passed over, and the failure is told', async () => {
    const test = await inDoubt(300)
    const [first] = numbered(1)
    const asked = answering(test, (to) => {
      if (to === first) throw new Error('broken')
      return { found: true, trackingId: `t-${to}`, status: 'accepted', at: null }
    })
    test.clock.advance(10 * 60_000)
    await expect(round(test)).rejects.toThrow('broken')
    expect(asked).toHaveLength(300)
    expect((await reportOf(test.ctx, 'Spring sale')).totals.byStatus).toMatchObject({ accepted: 299, unknown: 1 })
  })
})

describe('when the time is over in which proof is sought', () => {
  it('H4: a message stays unknown and says so everywhere, and is asked about no more', async () => {
    const test = await inDoubt(210)
    const asked = answering(test, nobodyKnows)
    test.clock.advance(73 * HOUR)
    await round(test)
    expect(asked).toEqual([])
    const { totals } = await reportOf(test.ctx, 'Spring sale')
    expect(totals).toMatchObject({ byStatus: { unknown: 210 }, unknownBy: { proof_expired: 210 } })
    expect((await showUnknown(test.ctx, undefined, { limit: 10 }))[0]).toMatchObject({
      reason: 'proof_expired',
      detail: 'timeout: text of timeout',
    })
    expect((await verify(test.ctx)).checks.filter(({ ok }) => !ok)).toEqual([])
  })

  it('H4: new ones are settled although old ones are there', async () => {
    const test = await inDoubt(210)
    answering(test, (to) => ({ found: true, trackingId: `t-${to}`, status: 'accepted', at: null }))
    test.clock.advance(73 * HOUR)
    await addTestCampaign(test, { name: 'Next', content: templateContent })
    await launchAndPlan(test, 'Next')
    await record(test, await claimAll(test), () => ({ kind: 'unknown', error: providerError('timeout') }))
    test.clock.advance(10 * 60_000)
    expect(await round(test)).toBe(210)
    expect((await reportOf(test.ctx, 'Next')).totals.byStatus).toMatchObject({ accepted: 210 })
  })

  it('H4: a campaign that asks for it sends again', async () => {
    const limits = { validity: '7d', quietHours: 'ignore', frequencyCap: 'ignore' }
    const test = await inDoubt(210, { delivery: 'atLeastOnce', limits })
    answering(test, nobodyKnows)
    test.clock.advance(73 * HOUR)
    expect(await round(test)).toBe(210)
    expect((await storedMessages(test)).every(({ status }) => status === 'pending')).toBe(true)
  })
})

it('H5: the hold of one sender keeps no other one from its proof', async () => {
  const test = await inDoubt(3)
  await addSender(test.ctx, {
    name: 'second',
    provider: 'meta',
    credentials: { phoneNumberId: '1060000000000002', accessToken: 'test-token', appSecret: 'test-secret' },
    ratePerSecond: 1000,
    pairIntervalSeconds: 0,
  })
  await addTestCampaign(test, { name: 'Second', sender: 'second', content: templateContent })
  await launchAndPlan(test, 'Second')
  const claimed = await claimAll(test, { sender: 'second' })
  await record(test, claimed, () => ({ kind: 'unknown', error: providerError('timeout') }), 'second')
  const asked = answering(test, nobodyKnows)
  test.clock.advance(10 * 60_000)
  await test.ctx.db.write((tx) =>
    tx.run('UPDATE senders SET hold_until = ? WHERE id = 1', [test.clock.now() + 12 * HOUR]),
  )
  await round(test)
  expect(asked).toHaveLength(3)
})
