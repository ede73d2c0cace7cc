// How a sender fares: what waits, what is on the wire, how fast it goes, what holds it back, what the provider refused.
import { formatInstant } from '../../domain/instant.ts'
import { DAY_MS } from '../../domain/time-zone.ts'
import { peopleSlice, type RecentCall, recentCalls, senderQueue } from '../../store/sender-health.ts'
import { getSender } from '../../store/senders.ts'
import type { Context } from '../context.ts'

/** Calls of the last ten seconds make the rate, those of the last hour the errors. */
const RATE_WINDOW_MS = 10_000
const ERROR_WINDOW_MS = 3_600_000

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
  /** What the provider refused in the last hour, most frequent first, among the newest calls. */
  errors: { code: string; text: string; count: number }[]
}

/** Throws AppError sender.not_found. */
export async function senderHealth(ctx: Context, idOrName: string): Promise<SenderHealth> {
  const now = ctx.clock.now()
  const { id, ...health } = await ctx.db.read(async (tx) => {
    const { id: senderId, name, throttles, holdUntil, lastStartAtUs } = await getSender(tx, idOrName)
    const calls = await recentCalls(tx, senderId, now - ERROR_WINDOW_MS)
    return {
      id: senderId,
      sender: name,
      ...(await senderQueue(tx, senderId)),
      ratePerSecond: rateOf(calls, now),
      throttles,
      holdUntil: holdUntil === null || holdUntil <= now ? null : formatInstant(holdUntil),
      lastCallAt: lastStartAtUs === null ? null : formatInstant(Math.floor(lastStartAtUs / 1000)),
      errors: errorsOf(calls),
    }
  })
  return { ...health, peopleInDay: await countPeople(ctx, id, now - DAY_MS) }
}

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
