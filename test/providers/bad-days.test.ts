// Whole bad days at each provider, judged by the provider's own ledger: nobody twice, nobody lost, nothing sent into a hold, the
// sender or the campaign paused for the right reason, and nothing more for those who opted out.
import { afterEach, expect, it, vi } from 'vitest'
import { referenceOf } from '../../src/domain/ids.ts'
import { showCampaign } from '../../src/engine/campaigns/campaign-view.ts'
import { resumeByOperator } from '../../src/engine/campaigns/lifecycle.ts'
import { verify } from '../../src/engine/report/verify.ts'
import { proveSender } from '../../src/engine/send/prove.ts'
import { SenderLoop } from '../../src/engine/send/sender-loop.ts'
import { addSender, resumeSenderByOperator, showSender } from '../../src/engine/senders/senders.ts'
import { webhookUrlOf } from '../../src/engine/senders/webhook-token.ts'
import { pollSender } from '../../src/engine/track/poll.ts'
import { readOrigin } from '../../src/store/incarnation.ts'
import { getSender } from '../../src/store/senders.ts'
import { launchAndPlan, storedMessages } from '../support/claims.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { addTestCampaign, importPeople, openTestApp, type TestApp } from '../support/open-test-app.ts'
import { Day, fates, type Trouble } from './bad-days/day.ts'
import type { StandIn } from './bad-days/stand-in.ts'
import { standIns } from './bad-days/stand-ins.ts'

const PEOPLE = 200
const RATE = 100
/** Calls that were claimed before a callback is applied begin in their slots: so far ahead is claimed. */
const CLAIMED_MS = 500
const MINUTE = 60_000
const HOUR = 60 * MINUTE

afterEach(() => {
  vi.restoreAllMocks()
})

async function begin(standIn: StandIn) {
  const test = await openTestApp({ clock: new FakeClock('2027-06-01T14:00:00Z') })
  const phones = await importPeople(test, PEOPLE)
  const day = new Day(standIn, test, phones)
  const { provider: name, credentials, content } = standIn
  await addSender(test.ctx, { name: 'main', provider: name, credentials, ratePerSecond: RATE, pairIntervalSeconds: 0 })
  const sender = await test.ctx.db.read((tx) => getSender(tx, 'main'))
  day.callHere(webhookUrlOf(test.ctx, sender))
  const limits = { quietHours: 'ignore', frequencyCap: 'ignore', validity: '3d' }
  await addTestCampaign(test, { content, limits })
  await addTestCampaign(test, { name: 'Second', content, limits })
  await launchAndPlan(test, 'Spring sale')
  const { provider, driver } = await test.app.connections.get(sender.id)
  const loop = new SenderLoop(test.ctx, { sender, provider, driver })
  loop.start()
  return { test, day, loop }
}

/** Whether nothing of a campaign is on its way any more, but for those who had too much lately. */
async function isSettled({ ctx }: TestApp, campaign: string): Promise<boolean> {
  const row = await ctx.db.read((tx) =>
    tx.get<{ open: number }>(
      `SELECT count(*) AS open FROM messages m JOIN runs r ON r.id = m.run_id JOIN campaigns c ON c.id = r.campaign_id
       WHERE c.name = ? AND (m.status = 'sending' OR m.status = 'pending' AND (m.wait_reason IS NULL OR m.due_at < ?))`,
      [campaign, ctx.clock.now()],
    ),
  )
  return row?.open === 0
}

/** Waits until the program has stopped for it, and mends it a while later. */
async function meet(test: TestApp, day: Day, trouble: Trouble): Promise<void> {
  await day.until(() => day.toldAt.has(trouble))
  const at = day.toldAt.get(trouble) ?? 0
  await day.pass(2_000)
  const slackMs = trouble === 'token' ? 0 : CLAIMED_MS
  const after = day.ledger.filter(({ startedAt }) => startedAt > at + slackMs)
  expect(after, `calls begun after ${trouble} was told`).toEqual([])
  day.mend()
  if (trouble === 'template') {
    const pause = { status: 'paused', pauseReason: 'template_errors', pauseDetail: { code: '132015' } }
    expect(await showCampaign(test.ctx, 'Spring sale')).toMatchObject(pause)
    await resumeByOperator(test.ctx, 'Spring sale', { isAcknowledged: true })
  } else {
    const detail = expect.stringContaining(trouble === 'payment' ? '131042' : '')
    const pause = { status: 'paused', pauseReason: 'account_error', pauseDetail: detail }
    expect(await showSender(test.ctx, 'main')).toMatchObject(pause)
    await resumeSenderByOperator(test.ctx, 'main')
  }
}

/** What the service asks by itself: about messages that are silent, and about those in doubt. */
async function ask(test: TestApp, day: Day): Promise<void> {
  const { ctx } = test
  const { id: senderId } = await ctx.db.read((tx) => getSender(tx, 'main'))
  const origin = await ctx.db.read(readOrigin)
  const options = { senderId, reference: (id: number) => referenceOf(origin, id), signal: new AbortController().signal }
  for (const work of [
    pollSender(ctx, test.app.connections, options),
    proveSender(ctx, test.app.connections, options),
  ]) {
    let isOver = false
    work.then(() => {
      isOver = true
    })
    // Questions have a pace of the real clock.
    await day.until(() => isOver, HOUR)
  }
}

/** Everybody of the first campaign, as the provider knows it beside what the program says. */
async function judge(test: TestApp, day: Day, { hasReference, known, tellsWhy }: StandIn): Promise<void> {
  const stored = await storedMessages(test, 'Spring sale')
  expect(stored).toHaveLength(PEOPLE)
  for (const [n, { status, reason }] of stored.entries()) {
    const taken = [...day.messages.values()].filter((message) => message.n === n && message.at < day.secondAt)
    const arrived = taken.filter(({ news }) => news.some((one) => one.status === 'delivered'))
    const failed = taken.flatMap(({ news }) => news.flatMap(({ code }) => code ?? []))
    const isInDoubt = fates.isReset(n) || fates.isFailedAfter(n)
    const what = `person ${n}: ${status} ${reason}, ${arrived.length} arrived, failed for ${failed.join(', ')}`
    expect(arrived.length, what).toBeLessThanOrEqual(1)
    expect(taken.length, what).toBe(failed.includes('131049') ? 2 : 1)
    if (status === 'failed')
      expect(
        tellsWhy || !(fates.optsOutUntold(n) || fates.isUntold(n)) ? failed : [...failed, 'unknown'],
        what,
      ).toContain(reason)
    else if (status === 'unknown') expect(isInDoubt && !hasReference, what).toBe(true)
    else {
      expect(['accepted', 'sent', 'delivered'], what).toContain(status)
      // Nobody told what became of it, and it cannot be asked.
      const isSilent = (fates.isUntold(n) || fates.optsOutUntold(n)) && known === undefined
      if (!isSilent) expect(arrived.length, what).toBe(1)
    }
  }
}

/** Those whom the provider refuses for their own word get nothing more; the others do, once. */
async function judgeSecond(test: TestApp, day: Day, { known, tellsWhy }: StandIn): Promise<void> {
  const stored = await storedMessages(test, 'Second')
  expect(stored).toHaveLength(PEOPLE)
  for (const [n, { status, reason }] of stored.entries()) {
    const taken = [...day.messages.values()].filter((message) => message.n === n)
    const [first, ...others] = taken.map((message) => ({ ...message, codes: message.news.map(({ code }) => code) }))
    const isLearnt = fates.optsOut(n) || (fates.optsOutUntold(n) && known !== undefined && tellsWhy)
    const isOut = first?.codes.includes('131050') === true && isLearnt
    const calls = day.ledger.filter((entry) => entry.n === n && entry.startedAt >= day.secondAt)
    if (isOut) expect([status, others, calls], `person ${n}`).toEqual(['skipped', [], []])
    else expect(calls.filter(({ answer }) => answer === 'taken').length, `person ${n}: ${status} ${reason}`).toBe(1)
  }
  expect(stored.filter(({ status }) => status === 'skipped').length).toBeGreaterThan(1)
}

function judgeHolds(day: Day): void {
  const throttled = day.ledger.filter(({ answer }) => answer === 'throttled')
  expect(throttled.some(({ retryAfterMs }) => retryAfterMs !== null)).toBe(true)
  expect(throttled.some(({ retryAfterMs }) => retryAfterMs === null)).toBe(true)
  for (const { answeredAt, retryAfterMs } of throttled) {
    const from = answeredAt ?? 0
    const inside = day.ledger.filter(({ startedAt }) => startedAt > from && startedAt < from + (retryAfterMs ?? 1_000))
    expect(inside, 'calls begun inside a hold').toEqual([])
  }
}

it.each(standIns.map((standIn) => [standIn.title, standIn] as const))(
  'V1, V2, V3, V4, V5: a bad day at %s ends with true books',
  async (_, standIn) => {
    const { test, day, loop } = await begin(standIn)
    for (const trouble of ['token', 'payment', 'template'] as const) await meet(test, day, trouble)
    await day.until(() => isSettled(test, 'Spring sale'))
    // Late callbacks, questions about those that never came and about what is in doubt.
    for (const minutes of [16, 30]) {
      await day.pass(minutes * MINUTE)
      await ask(test, day)
    }
    // A day later those who had too much are tried again.
    await day.pass(25 * HOUR)
    await day.until(() => isSettled(test, 'Spring sale'))
    await day.pass(2_000)
    day.secondAt = test.clock.now()
    await launchAndPlan(test, 'Second')
    await day.until(() => isSettled(test, 'Second'))
    await day.pass(2_000)
    await loop.stop()

    expect(day.wrong).toEqual([])
    expect(await verify(test.ctx)).toMatchObject({ ok: true })
    judgeHolds(day)
    await judge(test, day, standIn)
    await judgeSecond(test, day, standIn)
  },
)
