// How a sender fares: what waits, what is on the wire, how fast it goes, what holds it back, what the provider refused.
import { AppError } from '../../domain/errors.ts'
import { formatInstant } from '../../domain/instant.ts'
import { DAY_MS } from '../../domain/time-zone.ts'
import {
  countPeopleAtMost,
  listCalledBack,
  peopleSlice,
  type RecentCall,
  recentCalls,
  senderQueues,
} from '../../store/sender-health.ts'
import { getSender, listSendersById } from '../../store/senders.ts'
import type { Context } from '../context.ts'

/** Calls of the last ten seconds make the rate, those of the last hour the errors. */
const RATE_WINDOW_MS = 10_000
const ERROR_WINDOW_MS = 3_600_000

/** In their order: the account is stored, the provider answers, it calls back, a message was handed over. */
export const senderSteps = ['account', 'connection', 'callbacks', 'message'] as const
export type SenderStep = (typeof senderSteps)[number]

export interface SenderHealth {
  sender: string
  /** Messages of runs at work. */
  waiting: number
  onTheWire: number
  /** Calls begun a second, over the last ten seconds. */
  ratePerSecond: number
  /** People written to in the last 24 hours, as the daily limit counts them. */
  peopleInDay: number
  /** Answers in a row that said "too fast", and until when nothing starts because of them. */
  throttles: number
  holdUntil: string | null
  lastCallAt: string | null
  /** What a new sender needs, and whether it was seen to work. */
  steps: Record<SenderStep, boolean>
  /** What the provider refused in the last hour, most frequent first, among the newest calls. */
  errors: { code: string; text: string; count: number }[]
}

/** Throws AppError sender.not_found. */
export async function senderHealth(ctx: Context, idOrName: string): Promise<SenderHealth> {
  const { id } = await ctx.db.read((tx) => getSender(tx, idOrName))
  const health = (await sendersHealth(ctx, [id])).get(id)
  if (health === undefined) throw new AppError('sender.not_found', `sender ${id} is gone`)
  return health
}

/** The same for each of a page of senders, in a fixed number of statements where none wrote to many thousands. */
export async function sendersHealth(ctx: Context, ids: readonly number[]): Promise<Map<number, SenderHealth>> {
  const now = ctx.clock.now()
  const { senders, queues, calledBack, calls, people } = await ctx.db.read(async (tx) => ({
    senders: await listSendersById(tx, ids),
    queues: await senderQueues(tx, ids),
    calledBack: await listCalledBack(tx, ids),
    calls: await recentCalls(tx, ids, now - ERROR_WINDOW_MS),
    people: await countPeopleAtMost(tx, ids, { since: now - DAY_MS, atMost: FEW_PEOPLE }),
  }))
  const healths = new Map<number, SenderHealth>()
  for (const { id, name, throttles, holdUntil, lastStartAtUs, templatesSyncedAt } of senders) {
    const own = calls.filter(({ senderId }) => senderId === id)
    const few = people.get(id) ?? 0
    healths.set(id, {
      sender: name,
      ...(queues.get(id) ?? { waiting: 0, onTheWire: 0 }),
      ratePerSecond: rateOf(own, now),
      peopleInDay: few < FEW_PEOPLE ? few : await countPeople(ctx, id, now - DAY_MS),
      throttles,
      holdUntil: holdUntil === null || holdUntil <= now ? null : formatInstant(holdUntil),
      lastCallAt: lastStartAtUs === null ? null : formatInstant(Math.floor(lastStartAtUs / 1000)),
      steps: {
        account: true,
        connection: templatesSyncedAt !== null || lastStartAtUs !== null,
        callbacks: calledBack.has(id),
        message: lastStartAtUs !== null,
      },
      errors: errorsOf(own),
    })
  }
  return healths
}

/** As many are counted for a whole page at once; more in turns. */
const FEW_PEOPLE = 1_000
/** People counted in one read: a sender may have written to millions. */
const COUNT_SLICE = 20_000

async function countPeople(ctx: Context, senderId: number, since: number): Promise<number> {
  let sum = 0
  for (let after = since; ; ) {
    const slice = await ctx.db.read((tx) => peopleSlice(tx, { senderId, after, limit: COUNT_SLICE }))
    if (slice === undefined) return sum
    sum += slice.count
    after = slice.through
    if (slice.count < COUNT_SLICE) return sum
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function rateOf(calls: readonly RecentCall[], now: number): number {
  const starts = calls.map(({ startAtUs }) => startAtUs / 1000).filter((at) => at > now - RATE_WINDOW_MS && at <= now)
  if (starts.length < 2) return 0
  return Math.round((starts.length / Math.max(now - Math.min(...starts), 1)) * 10_000) / 10
}

function errorsOf(calls: readonly RecentCall[]): SenderHealth['errors'] {
  const byCode = new Map<string, SenderHealth['errors'][number]>()
  for (const { outcome, httpStatus, providerCode, providerText } of calls) {
    if (outcome === null || outcome === 'accepted' || (httpStatus === null && providerCode === null)) continue
    const code = providerCode ?? `HTTP ${httpStatus}`
    const known = byCode.get(code) ?? { code, text: providerText ?? '', count: 0 }
    byCode.set(code, { ...known, count: known.count + 1 })
  }
  return [...byCode.values()].sort((a, b) => b.count - a.count).slice(0, 10)
}
