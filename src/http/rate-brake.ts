// How often one key or one login may ask, and how many of its requests may be under way: a program that runs wild is told to
// wait, and everybody else goes on. Strangers are counted by their address where it tells them apart.
import type { MiddlewareHandler } from 'hono'
import type { Context } from '../engine/context.ts'
import { Allowance, tooMany } from '../runtime/allowance.ts'
import { Places } from '../runtime/places.ts'
import type { AuthEnv } from './auth.ts'
import { callerOf } from './callers.ts'

/** Requests beyond the steady rate that may come at once, in seconds of it. */
const BURST_SECONDS = 2
/** Requests of one caller, and of all, that are not answered yet. */
const UNDER_WAY = { max: 2_000, maxOfOne: 64 }
/** All that is behind one address (an office, say) asks so many times as often as one login. */
const ADDRESS_FACTOR = 10

/** Throws AppError request.too_many for a caller that asks faster than HERALD_REQUESTS_PER_SECOND, or for too much at once. */
export function rateBrake({ clock, config }: Context): MiddlewareHandler<AuthEnv> {
  const rate = config.requestsPerSecond
  const allowance = new Allowance({ clock, perSecond: rate, burst: rate * BURST_SECONDS })
  const places = new Places(UNDER_WAY)
  return async (c, next) => {
    if (c.get('principal') === undefined) return next()
    const caller = callerOf(c)
    const waitSeconds = allowance.take(caller)
    if (waitSeconds > 0) throw tooMany(`more than ${rate} requests a second`, waitSeconds)
    if (!places.take(caller)) throw tooMany(`more than ${UNDER_WAY.maxOfOne} requests at once`, 1)
    try {
      await next()
    } finally {
      places.give(caller)
    }
  }
}

/** Before anybody is looked up: what one address may ask. Throws AppError request.too_many. */
export function addressBrake({ clock, config }: Context): MiddlewareHandler<AuthEnv> {
  const perSecond = config.requestsPerSecond * ADDRESS_FACTOR
  const allowance = new Allowance({ clock, perSecond, burst: perSecond * BURST_SECONDS })
  return async (c, next) => {
    const { address, isShared } = c.get('client')
    const waitSeconds = isShared ? 0 : allowance.take(address)
    if (waitSeconds > 0) throw tooMany(`more than ${perSecond} requests a second from one address`, waitSeconds)
    return next()
  }
}
