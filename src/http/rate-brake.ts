// How often one key or one login may ask: a program that runs wild is told to wait, and everybody else goes on.
import type { MiddlewareHandler } from 'hono'
import type { Context } from '../engine/context.ts'
import { Allowance, tooMany } from '../runtime/allowance.ts'
import type { AuthEnv } from './auth.ts'

/** Requests beyond the steady rate that may come at once, in seconds of it. */
const BURST_SECONDS = 2

/** Throws AppError request.too_many for a caller that asks faster than HERALD_REQUESTS_PER_SECOND. */
export function rateBrake({ clock, config }: Context): MiddlewareHandler<AuthEnv> {
  const rate = config.requestsPerSecond
  const allowance = new Allowance({ clock, perSecond: rate, burst: rate * BURST_SECONDS })
  return async (c, next) => {
    const principal = c.get('principal')
    if (principal === undefined) return next()
    const waitSeconds = allowance.take(principal.session?.id ?? `key ${principal.keyId}`)
    if (waitSeconds > 0) throw tooMany(`more than ${rate} requests a second`, waitSeconds)
    return next()
  }
}
