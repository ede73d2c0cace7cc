// Schedules in recipients' zones against a small model of their own: for any launch, policy, downtime, pause and kill, what
// the runs did to each person is what their own clock says. Time is virtual, the database is real.
import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { pauseByOperator, resumeByOperator } from '../../src/engine/campaigns/lifecycle.ts'
import { planRuns } from '../../src/engine/plan/planner.ts'
import { tickAll } from '../../src/engine/plan/tick.ts'
import { verify } from '../../src/engine/report/verify.ts'
import { claim, record } from '../support/claims.ts'
import { FakeClock } from '../support/fake-clock.ts'
import {
  addSandbox,
  addTestCampaign,
  importLines,
  openTestApp,
  phoneNumber,
  type TestApp,
} from '../support/open-test-app.ts'

const name = 'Spring sale'
const HOUR = 3_600_000
const DAY = 24 * HOUR
const LEAD = 26 * HOUR
const VALIDITY = 36.5 * HOUR
const content = { type: 'text', text: 'Good morning' }
const limits = { quietHours: 'ignore', frequencyCap: 'ignore', validity: '2190m' }

const zones = [
  'Pacific/Kiritimati',
  'Australia/Sydney',
  'Asia/Kolkata',
  'Europe/Berlin',
  'Africa/Lagos',
  'America/Sao_Paulo',
  'America/Los_Angeles',
  'Pacific/Pago_Pago',
]

async function open(at: number, schedule: Record<string, unknown>, people = zones): Promise<TestApp> {
  const test = await openTestApp({ clock: new FakeClock(at) })
  await importLines(test, ['phone,time_zone', ...people.map((zone, n) => `${phoneNumber(n)},${zone}`)])
  await addSandbox(test)
  await addTestCampaign(test, { content, limits, schedule })
  return test
}

/** One look at everything, as the loops of a service would have; a kill comes between the schedule and the planning. */
async function serve(test: TestApp, isKilled = false): Promise<void> {
  await tickAll(test.ctx)
  if (isKilled) return
  await planRuns(test.ctx)
  const { claimed } = await claim(test)
  await record(test, claimed)
}

/** What was handed over: `2027-06-01 3` for the local day of the occurrence and the person. */
async function sentOf({ ctx }: TestApp): Promise<string[]> {
  const rows = await ctx.db.read((tx) =>
    tx.all<{ local: number; phone: string }>(
      `SELECT r.occurrence_local AS local, c.phone FROM messages m JOIN runs r ON r.id = m.run_id
       JOIN contacts c ON c.id = m.contact_id WHERE m.status = 'accepted' ORDER BY c.id, local`,
    ),
  )
  return rows.map(
    ({ local, phone }) => `${new Date(local).toISOString().slice(0, 10)} ${Number(phone.slice(-4)) - 100}`,
  )
}

interface World {
  launchHour: number
  isDaily: boolean
  missed: 'latest' | 'none' | 'all'
  catchUpHours: number
  zonePassed: 'now' | 'skip' | 'nextDay'
  /** In hours after the launch; nobody runs in between. */
  down: { from: number; hours: number } | null
  pause: { from: number; hours: number } | null
  /** Hours in which the process dies before it plans. */
  kills: number[]
}

const WORLDS = 12
const START = Date.parse('2027-06-01T00:00:00Z')
const HOURS = 84

const anyStretch = fc.option(
  fc.record({ from: fc.integer({ min: 0, max: 50 }), hours: fc.integer({ min: 1, max: 60 }) }),
)
const anyWorld: fc.Arbitrary<World> = fc.record({
  launchHour: fc.integer({ min: 0, max: 23 }),
  isDaily: fc.boolean(),
  missed: fc.constantFrom('latest', 'latest', 'none', 'all'),
  catchUpHours: fc.constantFrom(1, 6, 30),
  zonePassed: fc.constantFrom('now', 'skip', 'nextDay'),
  down: anyStretch,
  pause: anyStretch,
  kills: fc.array(fc.integer({ min: 0, max: HOURS }), { maxLength: 4 }),
})

function timesOf({ launchHour, down, pause }: World) {
  const launchedAt = START + launchHour * HOUR
  const at = (hours: number) => launchedAt + hours * HOUR
  const isDown = (t: number) => down !== null && t >= at(down.from) && t < at(down.from + down.hours)
  return {
    launchedAt,
    end: at(HOURS),
    isDown,
    pausedAt: pause === null ? Number.POSITIVE_INFINITY : at(pause.from) + 1,
    resumedAt: pause === null ? Number.POSITIVE_INFINITY : at(pause.from + pause.hours) + 1,
  }
}

/** The local days of a world's occurrences; those of a single time are the second day. */
function daysOf({ isDaily }: World): string[] {
  if (!isDaily) return ['2027-06-02']
  return Array.from({ length: 9 }, (_, n) => new Date(START + (n - 2) * DAY).toISOString().slice(0, 10))
}

/** The days on which a person gets it, by the rules as docs/schedules.md says them. */
function expectedDays(world: World, zone: string): string[] {
  const { launchedAt, end, isDown, pausedAt, resumedAt } = timesOf(world)
  const nine = (day: string) => Temporal.PlainDateTime.from(`${day}T09:00`).toZonedDateTime(zone).epochMilliseconds
  const isPaused = (t: number) => t > pausedAt && t < resumedAt
  // Whoever dies before planning sends nothing in that hour either.
  const isAlive = (t: number) => !isDown(t) && !world.kills.includes((t - launchedAt) / HOUR)
  const step = (from: number, isFit: (t: number) => boolean) => {
    for (let t = launchedAt; t <= end; t += HOUR) if (t >= from && isFit(t)) return t
    return Number.POSITIVE_INFINITY
  }
  const days = daysOf(world)
  const sent: string[] = []
  let before: { sentAt: number } | undefined
  for (const day of days) {
    const own = nine(day)
    const dueAt = Math.max(Date.parse(`${day}T09:00Z`) - LEAD, launchedAt)
    if (world.isDaily && own < launchedAt) continue
    // When the run is made, and as of when it is judged.
    let madeAt = step(dueAt, (t) => !isDown(t))
    let asOf = madeAt
    let isHeld = false
    if (dueAt <= pausedAt && madeAt > pausedAt) {
      asOf = pausedAt
      madeAt = Math.min(madeAt, resumedAt)
    } else if (dueAt > pausedAt && dueAt < resumedAt) {
      if (Date.parse(`${day}T21:00Z`) <= resumedAt) continue
      isHeld = true
      asOf = resumedAt
      madeAt = resumedAt
    }
    let scheduledAt = own
    if (own < launchedAt) {
      if (world.zonePassed === 'skip') continue
      scheduledAt = world.zonePassed === 'now' ? launchedAt : own + DAY * Math.ceil((launchedAt - own) / DAY)
    } else if (own < asOf) {
      if (isHeld && own > pausedAt) continue
      const newer = days.filter((other) => other > day && nine(other) <= asOf).length
      const lateMs = asOf - own
      const catchUp = Math.min(world.catchUpHours * HOUR, VALIDITY)
      const isLate = lateMs > 60_000
      const isLeftOut = world.missed === 'all' ? newer >= 3 : world.missed === 'none' || newer > 0 || lateMs > catchUp
      if (isLate && isLeftOut) continue
    }
    const plannedAt = step(madeAt, isAlive)
    const sentAt = step(Math.max(scheduledAt, plannedAt), (t) => isAlive(t) && !isPaused(t))
    if (sentAt >= scheduledAt + VALIDITY) continue
    const isCaughtUp = world.missed === 'all' && plannedAt - scheduledAt > 60_000
    if (before !== undefined && before.sentAt >= scheduledAt && !isCaughtUp) continue
    before = { sentAt }
    if (Number.isFinite(sentAt)) sent.push(day)
  }
  return sent
}

async function runWorld(world: World): Promise<TestApp> {
  const { launchedAt, end, isDown, pausedAt, resumedAt } = timesOf(world)
  const { missed, catchUpHours, zonePassed } = world
  const time = world.isDaily ? { cron: '0 9 * * *' } : { at: '2027-06-02T09:00', zonePassed }
  const catchUp = `${catchUpHours}h`
  const schedule = { ...time, timeZone: 'recipient', fallbackTimeZone: 'UTC', missed, catchUp }
  let test = await open(launchedAt, schedule)
  const { dir, clock } = test
  await launchByOperator(test.ctx, name)
  for (let t = launchedAt; t <= end; t += HOUR) {
    clock.set(Math.max(t, clock.now()))
    const isKilled = world.kills.includes((t - launchedAt) / HOUR)
    if (!isDown(t)) await serve(test, isKilled)
    if (isKilled) test = await openTestApp({ dir, clock })
    const isOver = async () => {
      const row = await test.ctx.db.read((tx) => tx.get<{ status: string }>('SELECT status FROM campaigns'))
      return row?.status === 'finished'
    }
    if (pausedAt === t + 1 && !(await isOver())) {
      clock.set(pausedAt)
      await pauseByOperator(test.ctx, name)
    }
    if (resumedAt === t + 1 && !(await isOver())) {
      clock.set(resumedAt)
      await resumeByOperator(test.ctx, name)
    }
  }
  return test
}

describe('in recipients’ zones', () => {
  it('S2, S3, S8: each person gets what their own clock says, whatever happens meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(anyWorld, async (world) => {
        const test = await runWorld(world)
        const expected = zones.flatMap((zone, n) => expectedDays(world, zone).map((day) => `${day} ${n}`))
        expect(await sentOf(test)).toEqual(expected)
        expect((await verify(test.ctx)).ok).toBe(true)
      }),
      { numRuns: WORLDS },
    )
  }, 300_000)

  const many = [
    ...zones,
    'Pacific/Auckland',
    'Australia/Lord_Howe',
    'Australia/Adelaide',
    'Asia/Tokyo',
    'Asia/Kathmandu',
    'Asia/Dubai',
    'Africa/Cairo',
    'Europe/London',
    'America/St_Johns',
    'America/New_York',
    'America/Denver',
    'Pacific/Marquesas',
  ]
  /** A month in which clocks change in Europe, Cairo, Australia and New Zealand. */
  const month = { from: '2027-03-19', to: '2027-04-20' }
  const days = Array.from({ length: 33 }, (_, n) =>
    new Date(Date.parse(month.from) + n * DAY).toISOString().slice(0, 10),
  )

  it.each<[string, Record<string, unknown>, (day: string) => boolean]>([
    ['every day', { cron: '0 9 * * *' }, () => true],
    ['every Monday', { cron: '0 9 * * MON' }, (day) => new Date(day).getUTCDay() === 1],
    ['on the last day of a month', { cron: '0 9 L * *' }, (day) => day === '2027-03-31'],
    ['every three days', { every: '3d', from: '2027-03-19T09:00' }, (day) => days.indexOf(day) % 3 === 0],
  ])(
    'S3: each of 20 people gets it once, at nine on their own clock: %s',
    async (_, time, isDay) => {
      const start = Date.parse(`${month.from}T00:00Z`)
      const schedule = { ...time, timeZone: 'recipient', fallbackTimeZone: 'Europe/Berlin', until: `${month.to}T09:00` }
      const test = await open(start, schedule, many)
      await launchByOperator(test.ctx, name)
      const all = many.flatMap((zone, n) =>
        days.filter(isDay).map((day) => ({
          at: Temporal.PlainDateTime.from(`${day}T09:00`).toZonedDateTime(zone).epochMilliseconds,
          who: phoneNumber(n),
        })),
      )
      const own = all.filter(({ at }) => at >= start)
      const nominal = days.filter(isDay).map((day) => Date.parse(`${day}T07:00Z`) - LEAD)
      const sent: string[] = []
      for (const at of [
        ...new Set([...nominal, ...nominal.map((t) => t + HOUR), ...own.map((one) => one.at)]),
      ].sort()) {
        test.clock.set(Math.max(at, test.clock.now()))
        await tickAll(test.ctx)
        await planRuns(test.ctx)
        const { claimed } = await claim(test)
        sent.push(...claimed.map(({ phone }) => `${new Date(test.clock.now()).toISOString()} ${phone}`))
        await record(test, claimed)
      }
      expect(sent.sort()).toEqual(own.map(({ at, who }) => `${new Date(at).toISOString()} ${who}`).sort())
    },
    300_000,
  )
})
