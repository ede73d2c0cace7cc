// How often one key or one login may ask: a program that runs wild is told to wait, and everybody else goes on. Counted
// in this process; what is refused costs next to nothing.
import type { MiddlewareHandler } from 'hono'
import { AppError } from '../domain/errors.ts'
import type { Context } from '../engine/context.ts'
import type { AuthEnv } from './auth.ts'

/** Requests beyond the steady rate that may come at once, in seconds of it. */
const BURST_SECONDS = 2
/** Callers remembered; the oldest are forgotten first. */
const CALLERS_MAX = 10_000

interface Bucket {
  tokens: number
  at: number
}

/** Throws AppError request.too_many for a caller that asks faster than HERALD_REQUESTS_PER_SECOND. */
export function rateBrake({ clock, config }: Context): MiddlewareHandler<AuthEnv> {
  const rate = config.requestsPerSecond
  const buckets = new Map<string, Bucket>()
  return async (c, next) => {
    const principal = c.get('principal')
    if (principal !== undefined) take(buckets, principal.session?.id ?? `key ${principal.keyId}`, rate, clock.now())
    return next()
  }
}

function take(buckets: Map<string, Bucket>, caller: string, rate: number, now: number): void {
  const burst = rate * BURST_SECONDS
  const known = buckets.get(caller) ?? { tokens: burst, at: now }
  const tokens = Math.min(burst, known.tokens + ((now - known.at) / 1000) * rate)
  buckets.delete(caller)
  buckets.set(caller, { tokens: tokens < 1 ? tokens : tokens - 1, at: now })
  if (buckets.size > CALLERS_MAX) buckets.delete(buckets.keys().next().value ?? '')
  if (tokens >= 1) return
  throw new AppError('request.too_many', `more than ${rate} requests a second`, {
    hint: 'Wait, then go on more slowly.',
    details: { retryAfterSeconds: Math.max(1, Math.ceil((1 - tokens) / rate)) },
  })
}
