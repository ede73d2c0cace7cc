// What people and programs make us ask of providers: the account, templates, tests. Each of them has an allowance, so that no
// caller uses up what a provider allows the sender. A connection is asked for in the name of a caller.
import type { Principal } from '../../domain/access.ts'
import { Allowance, tooMany } from '../../runtime/allowance.ts'
import type { Clock } from '../../runtime/clock.ts'
import { Places } from '../../runtime/places.ts'
import { authRequired } from '../accounts/guard.ts'
import type { SenderConnections } from './sender-connections.ts'

/** Calls of one user: so many at once, then one every six seconds. */
const BURST = 20
const PER_SECOND = 1 / 6
/** Calls under way: a provider that does not answer holds each for as long as its deadline. */
const UNDER_WAY = { max: 32, maxOfOne: 4 }

export class ProviderAccess {
  readonly #connections: SenderConnections
  readonly #allowance: Allowance
  readonly #places = new Places(UNDER_WAY)

  constructor(connections: SenderConnections, clock: Pick<Clock, 'now'>) {
    this.#connections = connections
    this.#allowance = new Allowance({ clock, perSecond: PER_SECOND, burst: BURST })
  }

  /** Lets a caller ask. Throws AppError request.too_many, and whatever `ask` throws. */
  async ask<T>(principal: Principal | undefined, ask: (connections: SenderConnections) => Promise<T>): Promise<T> {
    if (principal === undefined) throw authRequired()
    const caller = `user ${principal.userId}`
    if (!this.#places.take(caller)) throw tooMany('too many calls to providers are under way', 5)
    try {
      const waitSeconds = this.#allowance.take(caller)
      if (waitSeconds > 0) throw tooMany('too many calls to providers', waitSeconds)
      return await ask(this.#connections)
    } finally {
      this.#places.give(caller)
    }
  }
}
