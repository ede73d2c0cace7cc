// Who sends a request: a program with a key, or a browser with a session. Says nothing of what they may do.
import type { HttpBindings } from '@hono/node-server'
import type { Context as HonoContext, MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'
import type { Principal, Right } from '../domain/access.ts'
import { AppError } from '../domain/errors.ts'
import type { Client } from '../domain/guess-brake.ts'
import { authRequired } from '../engine/accounts/guard.ts'
import { findKeyPrincipal } from '../engine/accounts/keys.ts'
import { findPrincipal, sessionCookie } from '../engine/accounts/sessions.ts'
import type { Context } from '../engine/context.ts'
import { becomeKnown } from './stranger-connections.ts'

/** What the parts of a request's handling know of it. */
export interface AuthEnv {
  Variables: {
    /** Undefined for a stranger. */
    principal: Principal | undefined
    client: Client
    /** What the address asked for needs; set when it has been granted. */
    right?: Right
  }
}

/** The parameter of a page that loads itself again. */
const UNASKED = 'unasked'
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/** Finds out who asks. A key that is not ours is refused at once; a session that is over makes a stranger. */
export function identify(ctx: Context): MiddlewareHandler<AuthEnv> {
  return async (c, next) => {
    const authorization = c.req.header('authorization')
    if (authorization !== undefined) {
      const key = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1] ?? ''
      const principal = await findKeyPrincipal(ctx, key)
      if (principal === undefined) throw authRequired()
      c.set('principal', principal)
      meetSocket(c)
      return next()
    }
    const token = getCookie(c, sessionCookie)
    const isUnasked = isAskedByPage(c)
    c.set('principal', token === undefined ? undefined : await findPrincipal(ctx, token, { isUnasked }))
    if (c.get('principal') !== undefined) meetSocket(c)
    if (!SAFE_METHODS.includes(c.req.method))
      checkOrigin(
        token !== undefined,
        c.req.header('sec-fetch-site'),
        originOf(c.req.header('origin')),
        c.req.header('host'),
      )
    return next()
  }
}

/** The connection is no stranger's any more. */
function meetSocket(c: HonoContext): void {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>
  if (incoming !== undefined) becomeKnown(incoming.socket)
}

/**
 * What a page asks by itself, with nobody there: a stream, a part that its script keeps true, or the page as it loads
 * itself again where scripts do not run.
 */
function isAskedByPage(c: HonoContext): boolean {
  if (c.req.method !== 'GET') return false
  const isByScript = c.req.header('sec-fetch-dest') === 'empty' || c.req.header('accept') === 'text/event-stream'
  return isByScript || c.req.query(UNASKED) !== undefined
}

/** The host of an Origin header; `null` and nonsense are nobody's. */
function originOf(origin: string | undefined): string | undefined {
  if (origin === undefined) return undefined
  return URL.canParse(origin) ? new URL(origin).host : ''
}

/** A change asked for by a browser must come from a page of ours. */
function checkOrigin(
  hasSession: boolean,
  site: string | undefined,
  origin: string | undefined,
  host: string | undefined,
): void {
  // Browsers that say the site say it truly; under our referrer policy the origin of a form is then `null`.
  const isForeign = site === undefined ? origin !== undefined && origin !== host : site !== 'same-origin'
  const isUnnamed = site === undefined && origin === undefined
  if (isForeign || (hasSession && isUnnamed))
    throw new AppError('csrf.origin', 'the request does not come from a page of this service')
}
