// A small world for random histories: people, campaigns, a provider that remembers what it really accepted, processes
// that die with calls on the wire. The clock stands still unless a step moves it; the database is a real one.
import { formatId } from '../../src/domain/ids.ts'
import type { SendResult } from '../../src/domain/send-result.ts'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { cancelByOperator, pauseByOperator, resumeByOperator } from '../../src/engine/campaigns/lifecycle.ts'
import { addSuppression } from '../../src/engine/contacts/suppressions.ts'
import { planRuns } from '../../src/engine/plan/planner.ts'
import { tickAll } from '../../src/engine/plan/tick.ts'
import { resolveUnknown } from '../../src/engine/report/unknown.ts'
import { recoverLostNodes } from '../../src/engine/send/recover.ts'
import { pauseSenderByOperator, resumeSenderByOperator } from '../../src/engine/senders/senders.ts'
import { setCap } from '../../src/engine/service/limits.ts'
import type { ClaimedMessage } from '../../src/store/claim.ts'
import { insertNode } from '../../src/store/nodes.ts'
import { applyInbound, applyStatus } from '../support/callbacks.ts'
import { claim, record } from '../support/claims.ts'
import { FakeClock } from '../support/fake-clock.ts'
import {
  addMeta,
  addTestCampaign,
  importLines,
  openTestApp,
  phoneNumber,
  type TestApp,
  templateContent,
} from '../support/open-test-app.ts'

export const PEOPLE = 8
export const RATE = 50
const CAMPAIGNS = ['Once', 'Again', 'Hourly'] as const

/** One call, as the provider knows it. */
export interface Call {
  messageId: number
  attemptId: number
  contactId: number
  campaignId: number
  phone: string
  startAtUs: number
  expiresAt: number
  claimedAt: number
  isAccepted: boolean
}

export interface Step {
  act: keyof typeof acts
  a: number
  b: number
}

/** What a history may do next. Every act is legal at any time; one that has nothing to do does nothing. */
export const acts = {
  importPeople: (world: World, a: number, b: number) => world.importPeople(a, b),
  launch: (world: World, a: number) => world.tolerate(() => launchByOperator(world.test.ctx, pick(CAMPAIGNS, a))),
  tick: (world: World) => world.tick(),
  plan: (world: World) => planRuns(world.test.ctx),
  claim: (world: World, a: number) => world.claim(1 + (a % 6)),
  answer: (world: World, a: number, b: number) => world.answer(a, b),
  answerLate: (world: World, a: number, b: number) => world.answerLate(a, b),
  crash: (world: World) => world.crash(),
  callback: (world: World, a: number, b: number) => world.callback(a, b),
  stopWord: (world: World, a: number) => world.optOut(a),
  suppress: (world: World, a: number) => world.suppress(a),
  pause: (world: World, a: number) => world.tolerate(() => pauseByOperator(world.test.ctx, pick(CAMPAIGNS, a))),
  resume: (world: World, a: number) => world.resume(pick(CAMPAIGNS, a)),
  cancel: (world: World, a: number, b: number) =>
    b % 4 === 0 ? world.tolerate(() => cancelByOperator(world.test.ctx, pick(CAMPAIGNS, a))) : undefined,
  pauseSender: (world: World) => pauseSenderByOperator(world.test.ctx, 'main'),
  resumeSender: (world: World) => resumeSenderByOperator(world.test.ctx, 'main'),
  settleUnknown: (world: World, a: number, b: number) => world.settleUnknown(a, b),
  widenCap: (world: World, a: number) => setCap(world.test.ctx, { id: 'daily', max: world.capMax(1 + (a % 2)) }),
  soon: (world: World, a: number) => world.pass(1 + (a % 2_000)),
  later: (world: World, a: number) => world.pass(60_000 * (1 + (a % 240))),
} as const

export class World {
  readonly test: TestApp
  readonly calls: Call[] = []
  readonly suppressedAt = new Map<string, number>()
  /** Messages that a callback called failed, whatever a later one said: their place was free for a while. */
  readonly saidFailed = new Set<number>()
  /** Largest number of marketing messages a day that ever was allowed. */
  capMaxEver = 1
  #onTheWire: Call[] = []
  #claimed = new Map<number, ClaimedMessage>()
  /** Calls of a process that was thought dead and is not. */
  #zombies: Call[] = []
  #nodeId = 0
  #lock: Disposable | undefined

  private constructor(test: TestApp) {
    this.test = test
  }

  static async open(): Promise<World> {
    const test = await openTestApp({ clock: new FakeClock('2027-06-01T14:00:00Z') })
    const world = new World(test)
    await world.importPeople(0, PEOPLE)
    await addMeta(test, { ratePerSecond: RATE, pairIntervalSeconds: 6 })
    const limits = { quietHours: 'respect', frequencyCap: 'respect' }
    await addTestCampaign(test, { name: 'Once', content: templateContent, limits })
    await addTestCampaign(test, { name: 'Again', content: templateContent, limits, priority: 80 })
    const schedule = { cron: '0 * * * *', timeZone: 'UTC' }
    await addTestCampaign(test, { name: 'Hourly', content: templateContent, limits, schedule })
    await world.#becomeNode()
    return world
  }

  /** Everything that was begun comes to an end: nothing on the wire stays without an answer. */
  async settle(): Promise<void> {
    while (this.#onTheWire.length > 0) await this.answer(0, 0)
    await this.crash()
  }

  async importPeople(a: number, b: number): Promise<void> {
    const people = Array.from({ length: 1 + (b % PEOPLE) }, (_, n) => phoneNumber((a + n) % PEOPLE))
    await importLines(this.test, ['phone,time_zone', ...people.map((phone) => `${phone},America/New_York`)])
  }

  /** What an operator is refused is no matter here. */
  async tolerate(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!/^(campaign|message|cap|list)\./.test((error as { code?: string }).code ?? '')) throw error
    }
  }

  async tick(): Promise<void> {
    await tickAll(this.test.ctx)
    await planRuns(this.test.ctx)
  }

  async resume(name: string): Promise<void> {
    await this.tolerate(() => resumeByOperator(this.test.ctx, name, { isAcknowledged: true }))
  }

  async claim(room: number): Promise<void> {
    const now = this.test.clock.now()
    const { claimed } = await claim(this.test, { room, nodeId: this.#nodeId })
    for (const message of claimed) {
      const { messageId, attemptId, contactId, campaignId, phone, startAtUs, expiresAt } = message
      const call = { messageId, attemptId, contactId, campaignId, phone, startAtUs, expiresAt, claimedAt: now }
      this.#claimed.set(attemptId, message)
      this.#onTheWire.push({ ...call, isAccepted: false })
    }
  }

  /** The provider decides about one call and its answer comes home, or not. */
  async answer(a: number, b: number): Promise<void> {
    const [call] = this.#onTheWire.splice(a % Math.max(1, this.#onTheWire.length), 1)
    if (call === undefined) return
    const result = this.#decide(call, b)
    await this.#record(call, result)
  }

  #decide(call: Call, b: number): SendResult {
    const error = (code: string) => ({ code, text: code, advice: '', httpStatus: 400 })
    const kinds: (() => SendResult)[] = [
      () => this.#accept(call),
      () => this.#accept(call),
      () => this.#accept(call),
      () => ({ kind: 'refused', scope: 'recipient', error: error('131026') }),
      () => ({ kind: 'throttled', scope: 'pair', retryAfterMs: null, error: error('131056') }),
      () => ({ kind: 'throttled', scope: 'sender', retryAfterMs: 2_000, error: error('130429') }),
      () => ({ kind: 'temporary', retryAfterMs: null, error: error('try_later') }),
      () => ({ kind: 'cool_off', error: error('131049') }),
      () => ({ kind: 'unknown', error: error('timeout') }),
      () => {
        this.#accept(call)
        return { kind: 'unknown', error: error('reset') }
      },
      () => ({ kind: 'not_started', error: null }),
      () => ({ kind: 'refused', scope: 'template', error: error('132001') }),
    ]
    return pick(kinds, b)()
  }

  #accept(call: Call): SendResult {
    call.isAccepted = true
    this.calls.push(call)
    return { kind: 'accepted', trackingId: trackingIdOf(call) }
  }

  async #record(call: Call, result: SendResult): Promise<void> {
    const message = this.#claimed.get(call.attemptId)
    if (message !== undefined) await record(this.test, [message], () => result)
  }

  /** The process dies with its calls on the wire; the provider has half of them. */
  async crash(): Promise<void> {
    for (const [index, call] of this.#onTheWire.entries()) if (index % 2 === 0) this.#accept(call)
    this.#zombies.push(...this.#onTheWire)
    this.#onTheWire = []
    this.#lock?.[Symbol.dispose]()
    await recoverLostNodes(this.test.ctx)
    await this.#becomeNode()
  }

  /** An answer that was read by a process which everybody had given up. */
  async answerLate(a: number, b: number): Promise<void> {
    const [call] = this.#zombies.splice(a % Math.max(1, this.#zombies.length), 1)
    if (call === undefined) return
    const error = { code: '131026', text: 'no', advice: '', httpStatus: 400 }
    const kind = pick(['refused', 'temporary'] as const, b)
    if (call.isAccepted) await this.#record(call, { kind: 'accepted', trackingId: trackingIdOf(call) })
    else await this.#record(call, { kind, scope: 'recipient', retryAfterMs: null, error } as SendResult)
  }

  async #becomeNode(): Promise<void> {
    const { ctx } = this.test
    const node = { host: 'here', pid: 1, appVersion: ctx.appVersion }
    this.#nodeId = await ctx.db.write((tx) => insertNode(tx, node, ctx.clock.now()))
    this.#lock = ctx.db.lockNode(this.#nodeId)
  }

  async callback(a: number, b: number): Promise<void> {
    const call = pick(this.calls, a)
    if (call === undefined) return
    const status = pick(['sent', 'delivered', 'read', 'failed'] as const, b)
    if (status === 'failed') this.saidFailed.add(call.messageId)
    const update = { trackingId: trackingIdOf(call), status, ...(status === 'failed' && { code: 131_026 }) }
    await applyStatus(this.test, update)
    if (b % 3 === 0) await applyStatus(this.test, update)
  }

  async optOut(a: number): Promise<void> {
    const phone = phoneNumber(a % PEOPLE)
    await applyInbound(this.test, phone, 'STOP')
    this.#noteSuppressed(phone)
  }

  async suppress(a: number): Promise<void> {
    const phone = phoneNumber(a % PEOPLE)
    await addSuppression(this.test.ctx, phone)
    await addSuppression(this.test.ctx, phone)
    this.#noteSuppressed(phone)
  }

  #noteSuppressed(phone: string): void {
    if (!this.suppressedAt.has(phone)) this.suppressedAt.set(phone, this.test.clock.now())
  }

  /** An operator who knows what the provider knows settles one message. */
  async settleUnknown(a: number, b: number): Promise<void> {
    const rows = await this.test.ctx.db.read((tx) =>
      tx.all<{ id: number }>(`SELECT id FROM messages WHERE status = 'unknown' ORDER BY id`),
    )
    const row = pick(rows, a)
    if (row === undefined) return
    const isAccepted = this.calls.some((call) => call.messageId === row.id)
    const resolution = isAccepted ? 'accepted' : pick(['failed', 'resend'] as const, b)
    await this.tolerate(() => resolveUnknown(this.test.ctx, formatId('message', row.id), resolution))
  }

  capMax(max: number): number {
    this.capMaxEver = Math.max(this.capMaxEver, max)
    return max
  }

  async pass(ms: number): Promise<void> {
    this.test.clock.advance(ms)
  }
}

export function trackingIdOf(call: Pick<Call, 'attemptId'>): string {
  return `wamid.${call.attemptId}`
}

function pick<Item>(items: readonly Item[], n: number): Item {
  return items[n % Math.max(1, items.length)] as Item
}
