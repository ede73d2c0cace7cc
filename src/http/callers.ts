// Who is counted as one caller: a login or a key, and a stranger by the address. How much each may have under way at once.
import type { Context as HonoContext } from 'hono'
import type { AuthEnv } from './auth.ts'

/** The login, the key, or the address of a stranger. */
export function callerOf(c: HonoContext<Pick<AuthEnv, 'Variables'>>): string {
  const principal = c.get('principal')
  if (principal === undefined) return `address ${c.get('client').address}`
  return principal.session === null ? `key ${principal.keyId}` : `login ${principal.session.id}`
}
