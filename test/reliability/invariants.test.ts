// Random histories of imports, plans, claims, answers, callbacks, pauses, opt-outs and crashes over a clock that the
// test moves. Whatever happened, the books balance and nobody gets what they should not.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reportOf } from '../../src/engine/report/report.ts'
import { verify } from '../../src/engine/report/verify.ts'
import { isFinal } from './final-statuses.ts'
import { acts, type Call, RATE, type Step, World } from './simulated-world.ts'

const HISTORIES = Number(process.env.HERALD_HISTORIES ?? 16)
const SEED = Number(process.env.HERALD_HISTORY_SEED ?? 20_270_601)
const HOUR_MS = 3_600_000

/** What people, operators and the world do; claims and answers most of the time. */
const likely: (keyof typeof acts)[] = [
  'claim',
  'claim',
  'claim',
  'answer',
  'answer',
  'answer',
  'soon',
  'tick',
  'callback',
  'launch',
]
const names = [...(Object.keys(acts) as (keyof typeof acts)[]), ...likely]
const step: fc.Arbitrary<Step> = fc.record({ act: fc.constantFrom(...names), a: fc.nat(1000), b: fc.nat(1000) })

async function live(steps: readonly Step[]): Promise<World> {
  const world = await World.open()
  await acts.launch(world, steps.length)
  await world.tick()
  for (const { act, a, b } of steps) await acts[act](world, a, b)
  return world
}

async function expectVerified(world: World): Promise<void> {
  const { checks } = await verify(world.test.ctx)
  expect(checks.filter((check) => !check.ok).map((check) => [check.name, check.broken])).toEqual([])
}

function most(times: readonly number[], window: number): number {
  return Math.max(0, ...times.map((start) => times.filter((at) => at >= start && at < start + window).length))
}

function groups<Key>(calls: readonly Call[], keyOf: (call: Call) => Key): Call[][] {
  const all = new Map<Key, Call[]>()
  for (const call of calls) all.set(keyOf(call), [...(all.get(keyOf(call)) ?? []), call])
  return [...all.values()]
}

/** Messages that keep their places in the caps. */
async function countedMessages(world: World): Promise<Set<number>> {
  const rows = await world.test.ctx.db.read((tx) =>
    tx.all<{ id: number }>(
      `SELECT id FROM messages WHERE status IN ('accepted', 'sent', 'delivered', 'read', 'unknown')`,
    ),
  )
  return new Set(rows.map((row) => row.id).filter((id) => !world.saidFailed.has(id)))
}

function newYorkHour(at: number): number {
  return Number(
    new Intl.DateTimeFormat('en', { hour: 'numeric', hourCycle: 'h23', timeZone: 'America/New_York' }).format(at),
  )
}

async function expectPromises(world: World): Promise<void> {
  const calls = world.calls
  for (const ofMessage of groups(calls, (call) => call.messageId)) expect(ofMessage).toHaveLength(1)
  expect(
    most(
      calls.map((call) => call.startAtUs),
      1_000_000,
    ),
  ).toBeLessThanOrEqual(RATE)
  const counted = await countedMessages(world)
  for (const ofPerson of groups(
    calls.filter((call) => counted.has(call.messageId)),
    (call) => call.contactId,
  ))
    expect(
      most(
        ofPerson.map((call) => call.claimedAt),
        24 * HOUR_MS,
      ),
    ).toBeLessThanOrEqual(world.capMaxEver)
  for (const call of calls) {
    expect(call.claimedAt).toBeLessThan(call.expiresAt)
    expect(newYorkHour(call.claimedAt)).toBeGreaterThanOrEqual(8)
    expect(newYorkHour(call.claimedAt)).toBeLessThan(21)
    expect(call.claimedAt).toBeLessThanOrEqual(world.suppressedAt.get(call.phone) ?? Number.POSITIVE_INFINITY)
  }
}

/** What the provider accepted is what we say, except where we say that we do not know. */
async function expectTruth(world: World): Promise<void> {
  const rows = await world.test.ctx.db.read((tx) =>
    tx.all<{ id: number; status: string }>('SELECT id, status FROM messages'),
  )
  const accepted = new Set(world.calls.map((call) => call.messageId))
  for (const { id, status } of rows)
    if (['accepted', 'sent', 'delivered', 'read'].includes(status)) expect(accepted.has(id)).toBe(true)
}

describe('after any history', () => {
  it('the books balance, nobody gets a message twice, and no cap, rate, night or opt-out is broken', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        const world = await live(steps)
        await expectVerified(world)
        await world.settle()
        await expectVerified(world)
        await expectPromises(world)
        await expectTruth(world)
      }),
      { numRuns: HISTORIES, seed: SEED, interruptAfterTimeLimit: 25_000 },
    )
  })

  it('every message ends in a status with a name once nothing new happens, and every run with it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async (steps) => {
        const world = await live(steps.filter(({ act }) => act !== 'pause' && act !== 'pauseSender'))
        await world.settle()
        await acts.resumeSender(world)
        for (const name of ['Once', 'Again', 'Hourly']) await world.resume(name)
        await acts.cancel(world, 2, 0)
        // Longer than every validity and every cool-off.
        for (let n = 0; n < 5; n++) {
          await world.pass(12 * HOUR_MS)
          await world.tick()
          await world.claim(1_000)
          await world.settle()
        }
        const rows = await world.test.ctx.db.read((tx) =>
          tx.all<{ status: string; count: number }>('SELECT status, count(*) AS count FROM messages GROUP BY status'),
        )
        expect(rows.filter(({ status }) => !isFinal(status))).toEqual([])
        for (const name of ['Once', 'Again', 'Hourly']) {
          const report = await reportOf(world.test.ctx, name)
          const sum = Object.values(report.totals.byStatus).reduce((total, count) => total + count, 0)
          expect(sum).toBe(report.totals.audience)
          expect(report.runs.filter((run) => run.status === 'planning' || run.status === 'sending')).toEqual([])
        }
        await expectVerified(world)
      }),
      { numRuns: Math.ceil(HISTORIES / 2), seed: SEED, interruptAfterTimeLimit: 25_000 },
    )
  })

  it('every hour of a schedule has exactly one run, however often and late it was looked at', async () => {
    const looks = fc.array(fc.record({ minutes: fc.integer({ min: 0, max: 200 }), twice: fc.boolean() }), {
      minLength: 3,
      maxLength: 15,
    })
    await fc.assert(
      fc.asyncProperty(looks, async (all) => {
        const world = await World.open()
        await acts.launch(world, 2)
        const launchedAt = world.test.clock.now()
        for (const { minutes, twice } of all) {
          await world.pass(minutes * 60_000)
          await Promise.all(twice ? [world.tick(), world.tick()] : [world.tick()])
        }
        const runs = await world.test.ctx.db.read((tx) =>
          tx.all<{ at: number; status: string }>('SELECT occurrence_at AS at, status FROM runs ORDER BY occurrence_at'),
        )
        const due: number[] = []
        for (let at = Math.floor(launchedAt / HOUR_MS) * HOUR_MS; at <= world.test.clock.now(); at += HOUR_MS)
          if (at > launchedAt) due.push(at)
        expect(runs.map((run) => run.at).filter((at) => at > launchedAt)).toEqual(due)
      }),
      { numRuns: Math.ceil(HISTORIES / 2), seed: SEED },
    )
  })
})
