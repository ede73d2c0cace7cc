// Whatever is known of a person: what the forecast and `why` say before a launch is what planning and the claim then do,
// with the same reason. Worlds are random and small; the database is real, the time is virtual.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileContent } from '../../src/domain/content.ts'
import { defaultLimits, type Limits } from '../../src/domain/limits.ts'
import { readRules } from '../../src/engine/campaigns/claim-rules.ts'
import { addCampaign } from '../../src/engine/campaigns/drafts.ts'
import { plannedRunOf, planPeople, planRulesOf } from '../../src/engine/campaigns/plan-rules.ts'
import { prepareTest } from '../../src/engine/campaigns/test-send.ts'
import { type Forecast, forecastFor } from '../../src/engine/report/forecast.ts'
import { whyFor } from '../../src/engine/report/why.ts'
import { addSender } from '../../src/engine/senders/senders.ts'
import { getCampaign } from '../../src/store/campaigns.ts'
import { findPerson } from '../../src/store/claim-facts.ts'
import { listRunPage } from '../../src/store/runs.ts'
import { setSetting } from '../../src/store/settings.ts'
import { claim, launchAndPlan } from '../support/claims.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { addMeta, campaignDefinition, openTestApp, phoneNumber, type TestApp } from '../support/open-test-app.ts'

const SECOND = 1_000
const HOUR = 3_600_000
const START = Date.parse('2027-06-01T10:00:00Z')

/** Everything about one person that a rule asks for; ages in ms before now. */
interface Person {
  zone: string | null
  isGroup: boolean
  suppressions: readonly { scope: string; reason: string }[]
  voucher: string
  endsIn: number | null
  inboundAge: number | null
  claimAge: number | null
  blockedFor: number | null
  /** Ages of earlier messages that hold places in the caps. */
  uses: readonly number[]
  campaign: Record<string, unknown>
  isTest: boolean
}

interface World {
  hour: number
  limits: Limits
  sender: { provider: string; pairIntervalSeconds: number; dailyLimit?: number }
  people: Person[]
}

const often = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, fc.constantFrom(...others))

const anySuppressions = fc.uniqueArray(
  fc.record({
    scope: fc.constantFrom('all', 'marketing'),
    reason: fc.constantFrom('opted_out', 'blocked', 'invalid_number', 'erased'),
  }),
  { maxLength: 2, selector: ({ scope }) => scope },
)

/** Times of a schedule by the clocks of recipients, none of them missed by the tick. */
const anySchedule = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  fc.record({ inHours: fc.integer({ min: 0, max: 20 }), zonePassed: fc.constantFrom('now', 'skip', 'nextDay') }),
)

const anyCampaign = fc
  .record({
    useCase: often('marketing', 'utility'),
    isText: often(false, true),
    session: often('respect', 'assume'),
    quietHours: often('respect', 'skip', 'ignore'),
    frequencyCap: often('respect', 'ignore'),
    validity: fc.constantFrom('36h', '12h', '30h', '3h'),
    missingVariable: often('skip', 'fallback'),
    schedule: anySchedule,
  })
  .map(({ useCase, isText, session, quietHours, frequencyCap, validity, missingVariable, schedule }) => ({
    useCase,
    session,
    missingVariable,
    content: isText
      ? { type: 'text', text: 'Hello {{ voucher }}!' }
      : { type: 'template', template: 'hello', language: 'en', body: ['Code {{ voucher }}'] },
    limits: { quietHours, validity, validUntilField: 'ends', ...(useCase === 'marketing' && { frequencyCap }) },
    schedule,
  }))

const anyPerson: fc.Arbitrary<Person> = fc.record({
  zone: fc.constantFrom('America/New_York', 'Asia/Kolkata', 'Pacific/Auckland', 'Europe/Berlin', 'country:BR', null),
  isGroup: often(false, true),
  suppressions: fc.oneof({ weight: 6, arbitrary: fc.constant([]) }, anySuppressions),
  voucher: often('V1', ''),
  endsIn: often<number | null>(null, -HOUR, HOUR, 8 * HOUR, 100 * HOUR),
  inboundAge: often<number | null>(null, HOUR, 23 * HOUR, 25 * HOUR),
  claimAge: often<number | null>(null, 2 * SECOND, 6_500, HOUR, 23 * HOUR, 25 * HOUR),
  blockedFor: often<number | null>(null, 60 * SECOND, 20 * HOUR),
  uses: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    fc.array(fc.constantFrom(HOUR, 5 * HOUR, 20 * HOUR, 30 * HOUR), { maxLength: 2 }),
  ),
  campaign: anyCampaign,
  isTest: often(false, false, true),
})

const cap = {
  id: 'daily',
  isEnabled: true,
  scope: 'all',
  max: 1,
  window: '24h',
  weekStart: 'monday',
  countFailed: false,
}
const anyWorld: fc.Arbitrary<World> = fc.record({
  hour: fc.integer({ min: 0, max: 23 }),
  limits: fc.constantFrom(
    defaultLimits,
    { quietHours: null, caps: [{ ...cap, onCap: 'skip' }] } as Limits,
    {
      quietHours: { from: '12:00', to: '14:00' },
      caps: [{ ...cap, window: 'week', max: 2, onCap: 'defer' }],
    } as Limits,
  ),
  sender: fc.constantFrom(
    { provider: 'meta', pairIntervalSeconds: 6 },
    { provider: 'meta', pairIntervalSeconds: 0, dailyLimit: 3 },
    { provider: 'sandbox', pairIntervalSeconds: 6, groups: true },
  ),
  people: fc.array(anyPerson, { minLength: 12, maxLength: 12 }),
})

async function openWorld({ hour, limits, sender }: World): Promise<TestApp> {
  const test = await openTestApp({ clock: new FakeClock(START + hour * HOUR) })
  await test.ctx.db.write((tx) => setSetting(tx, 'limits', limits))
  if (sender.provider === 'meta') await addMeta(test, sender)
  else await addSender(test.ctx, { name: 'main', ratePerSecond: 1000, ...sender })
  await test.ctx.db.write((tx) =>
    tx.insert(`INSERT INTO lists (name, fields, created_at) VALUES ('nobody', '[]', ?)`, [0]),
  )
  const content = { type: 'text', text: 'Hello' }
  await addCampaign(test.ctx, campaignDefinition({ name: 'Earlier', content, audience: { lists: ['nobody'] } }))
  return test
}

/** A person as imports, callbacks and earlier campaigns would have left them, alone in a list. */
async function addPerson({ ctx, clock }: TestApp, person: Person, n: number): Promise<string> {
  const now = clock.now()
  const phone = person.isGroup ? `team-${n}@g.us` : phoneNumber(n)
  const key = person.isGroup ? `group:${phone}` : phone.slice(1)
  const ends = person.endsIn === null ? '' : new Date(now + person.endsIn).toISOString()
  const attributes = JSON.stringify({ voucher: person.voucher, ends })
  await ctx.db.write(async (tx) => {
    const id = await tx.insert(
      'INSERT INTO contacts (key, phone, attributes, zone, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
      [key, phone, attributes, person.zone, now, now],
    )
    const fields = '["voucher","ends"]'
    const list = await tx.insert('INSERT INTO lists (name, fields, members, created_at) VALUES (?, ?, 1, ?)', [
      `list ${n}`,
      fields,
      now,
    ])
    await tx.run('INSERT INTO list_members (list_id, contact_id, added_at) VALUES (?, ?, ?)', [list, id, now])
    await tx.runEach(
      `INSERT INTO suppressions (key, scope, reason, evidence, created_at) VALUES (?, ?, ?, 'test', ?)`,
      person.suppressions.map(({ scope, reason }) => [key, scope, reason, now]),
    )
    const at = (age: number | null) => (age === null ? null : now - age)
    await tx.run(
      `INSERT INTO contact_senders (contact_id, sender_id, last_claim_at, last_inbound_at, blocked_until) VALUES (?, 1, ?, ?, ?)`,
      [id, at(person.claimAge), at(person.inboundAge), person.blockedFor === null ? null : now + person.blockedFor],
    )
    // Written by hand, so the claim must count them anew.
    await tx.run('UPDATE senders SET daily_horizon_at = 0', [])
  })
  return person.isGroup ? `group:${phone}` : phone
}

/** Places in the caps, held by messages of a campaign that ended before. */
async function addUses({ ctx, clock }: TestApp, person: Person, n: number): Promise<void> {
  await ctx.db.write(async (tx) => {
    const contact = await tx.get<{ id: number }>('SELECT max(id) AS id FROM contacts')
    for (const [index, age] of person.uses.entries()) {
      const at = clock.now() - age
      const run = await tx.insert(
        `INSERT INTO runs (campaign_id, revision_id, sender_id, kind, occurrence_key, occurrence_at, occurrence_local, status, warnings, created_at)
         VALUES (1, 1, 1, 'scheduled', ?, ?, ?, 'finished', '[]', ?)`,
        [`${n} ${index}`, at, at, at],
      )
      const message = await tx.insert(
        `INSERT INTO messages (run_id, contact_id, revision_id, status, scheduled_at, due_at, expires_at, created_at) VALUES (?, ?, 1, 'delivered', ?, ?, ?, ?)`,
        [run, contact?.id ?? 0, at, at, at, at],
      )
      await tx.run('INSERT INTO cap_uses (message_id, contact_id, campaign_id, at) VALUES (?, ?, 1, ?)', [
        message,
        contact?.id ?? 0,
        at,
      ])
    }
  })
}

function definitionOf(test: TestApp, { campaign }: Person, n: number): Record<string, unknown> {
  const { schedule, ...rest } = campaign
  const asked = schedule as { inHours: number; zonePassed: string } | undefined
  const at = new Date(test.clock.now() + (asked?.inHours ?? 0) * HOUR).toISOString().slice(0, 16)
  return campaignDefinition({
    ...rest,
    name: `Campaign ${n}`,
    audience: { lists: [`list ${n}`] },
    ...(asked && { schedule: { at, timeZone: 'recipient', zonePassed: asked.zonePassed, catchUp: '2h' } }),
  })
}

interface Row {
  status: string
  reason: string | null
  waitReason: string | null
  dueAt: number
}

async function readMessage({ ctx }: TestApp, campaign: string): Promise<Row | undefined> {
  return ctx.db.read((tx) =>
    tx.get<Row>(
      `SELECT m.status, m.reason, m.wait_reason AS waitReason, m.due_at AS dueAt FROM messages m
       JOIN runs r ON r.id = m.run_id JOIN campaigns c ON c.id = r.campaign_id WHERE c.name = ?`,
      [campaign],
    ),
  )
}

/** What a claim made of a message, in the words of `why`. */
function wordOf({ status, reason, waitReason, dueAt }: Row, now: number): string {
  if (status === 'sending') return 'send'
  if (status === 'skipped') return `skip:${reason}`
  if (status === 'expired') return 'expire'
  return dueAt > now ? `defer:${waitReason}` : 'wait:daily_limit'
}

/** Claims until the message is gone, asking `why` before each claim; returns what became of it. */
async function sendToTheEnd(test: TestApp, campaign: string, phone: string): Promise<string> {
  const { clock, ctx } = test
  const words: string[] = []
  for (
    let row = await readMessage(test, campaign);
    row?.status === 'pending';
    row = await readMessage(test, campaign)
  ) {
    if (row.dueAt > clock.now()) clock.set(row.dueAt)
    const told = await whyFor(ctx, campaign, phone)
    await claim(test)
    const after = (await readMessage(test, campaign)) ?? row
    const word = wordOf(after, clock.now())
    expect(told.decision).toBe(word)
    expect(told.checks.some(({ result }) => result === 'wait' || result === 'stop')).toBe(word !== 'send')
    words.push(word)
    if (word === 'wait:daily_limit') clock.set(await firstFreedAt(test))
  }
  const row = (await readMessage(test, campaign)) as Row
  const wait = words.findLast((word) => /^(?:defer|wait):/.test(word))
  const isLater = row.status === 'sending' && wait !== undefined
  return isLater ? `deferred:${wait.split(':')[1]}` : wordOf(row, clock.now())
}

async function firstFreedAt({ ctx, clock }: TestApp): Promise<number> {
  const row = await ctx.db.read((tx) =>
    tx.get<{ at: number }>('SELECT min(last_claim_at) AS at FROM contact_senders WHERE last_claim_at > ?', [
      clock.now() - 24 * HOUR,
    ]),
  )
  return Math.max(clock.now(), (row?.at ?? 0) + 24 * HOUR)
}

/** A forecast about one person, in the same words. */
function forecastWord({ byOutcome, deferredBy, skippedBy }: Forecast): string {
  const [reason] = [...Object.keys(deferredBy), ...Object.keys(skippedBy)]
  if (byOutcome.sent === 1) return 'send'
  if (byOutcome.deferred === 1) return `deferred:${reason}`
  return byOutcome.expired === 1 ? 'expire' : `skip:${reason}`
}

describe('one chain of rules', () => {
  it('H19: says in forecast and why what planning and the claim do, person by person, with reasons', async () => {
    await fc.assert(
      fc.asyncProperty(anyWorld, async (world) => {
        const test = await openWorld(world)
        for (const [n, person] of world.people.entries()) {
          const phone = await addPerson(test, person, n)
          await addUses(test, person, n)
          await addCampaign(test.ctx, definitionOf(test, person, n))
          await (person.isTest ? compareTest : compareOne)(test, n, phone)
          test.clock.advance(3 * SECOND)
        }
      }),
      { numRuns: 8, endOnFailure: true },
    )
  })

  it('H19: decides about everybody in planning’s one statement as the rule does about each', async () => {
    await fc.assert(
      fc.asyncProperty(anyWorld, anyCampaign, async (world, campaign) => {
        const test = await openWorld(world)
        for (const [n, person] of world.people.entries()) await addPerson(test, person, n)
        const lists = world.people.map((_, n) => `list ${n}`)
        const [first] = world.people
        const definition = definitionOf(test, { ...(first as Person), campaign }, 0)
        await addCampaign(test.ctx, { ...definition, audience: { lists } })
        await launchAndPlan(test, 'Campaign 0')
        const stored = await readPlanned(test)
        expect(stored).toHaveLength(lists.length)
        expect(stored).toEqual(await planAll(test, lists.length))
      }),
      { numRuns: 15, endOnFailure: true },
    )
  })
})

interface PlannedRow {
  phone: string
  status: string
  reason: string | null
  scheduledAt: number
  expiresAt: number
}

function readPlanned({ ctx }: TestApp): Promise<PlannedRow[]> {
  return ctx.db.read((tx) =>
    tx.all<PlannedRow>(
      `SELECT c.phone, m.status, m.reason, m.scheduled_at AS scheduledAt, m.expires_at AS expiresAt
       FROM messages m JOIN runs r ON r.id = m.run_id JOIN contacts c ON c.id = m.contact_id
       WHERE r.campaign_id = (SELECT max(id) FROM campaigns) ORDER BY c.id`,
    ),
  )
}

/** The same by decidePlanned, one person after the other. */
async function planAll({ ctx, clock }: TestApp, count: number): Promise<PlannedRow[]> {
  return ctx.db.read(async (tx) => {
    const row = await getCampaign(tx, 'Campaign 0')
    const [run] = await listRunPage(tx, row.id, { limit: 1 })
    if (run === undefined) throw new Error('the run was missed')
    const { campaign, sender } = await readRules(tx, row, run.revisionId, 'UTC')
    const content = compileContent(campaign.definition.content)
    const rules = planRulesOf(campaign, plannedRunOf(run), clock.now())
    const request = {
      senderId: sender.id,
      capRules: [],
      now: clock.now(),
      onceOf: undefined,
      fields: ['voucher', 'ends'],
    }
    const decide = planPeople(campaign, content, rules)
    const rows: PlannedRow[] = []
    for (let id = 1; id <= count; id++) {
      const person = await findPerson(tx, request, id)
      if (person === undefined) throw new Error(`contact ${id} is gone`)
      const planned = decide(person)
      const { scheduledAt, expiresAt } = planned
      const status = { plan: 'pending', skip: 'skipped', expire: 'expired' }[planned.act]
      const reason = planned.act === 'skip' ? planned.reason : null
      rows.push({ phone: person.phone, status, reason, scheduledAt, expiresAt })
    }
    return rows
  })
}

async function compareOne(test: TestApp, n: number, phone: string): Promise<void> {
  const name = `Campaign ${n}`
  const forecast = await forecastFor(test.ctx, name)
  const before = await whyFor(test.ctx, name, phone)
  await launchAndPlan(test, name)
  const { decision } = await whyFor(test.ctx, name, phone)
  const planned = await readMessage(test, name)
  if (planned === undefined) throw new Error('the run was missed')
  expect(before.decision).toBe(planned.status === 'pending' ? decision : wordOf(planned, test.clock.now()))
  const outcome = await sendToTheEnd(test, name, phone)
  expect(forecastWord(forecast)).toBe(outcome)
}

/** A test is planned by nobody, so that only the claim and `why` have a say. */
async function compareTest(test: TestApp, n: number, phone: string): Promise<void> {
  const name = `Campaign ${n}`
  await prepareTest(test.ctx, name, phone)
  await sendToTheEnd(test, name, phone)
}
