// What a browser keeps of a login, whichever page it came by.
import { getCookie, setCookie } from 'hono/cookie'
import { deviceCookie, type LoggedIn, logIn, sessionCookie } from '../engine/accounts/sessions.ts'
import type { Context } from '../engine/context.ts'
import type { PageContext } from './page.ts'

const DEVICE_MAX_AGE_S = 180 * 24 * 3600

export function keepLogin(c: PageContext, { sessionToken, deviceToken }: LoggedIn): void {
  const attributes = { path: '/', secure: true, httpOnly: true, sameSite: 'Lax' } as const
  setCookie(c, sessionCookie, sessionToken, attributes)
  setCookie(c, deviceCookie, deviceToken, { ...attributes, maxAge: DEVICE_MAX_AGE_S })
}

/** Throws AppError auth.wrong_credentials, auth.too_many. */
export async function logInWith(
  ctx: Context,
  c: PageContext,
  { name, password }: { name: string; password: string },
): Promise<LoggedIn> {
  const { client } = c.var
  const loggedIn = await logIn(ctx, { name, password, client, deviceToken: getCookie(c, deviceCookie) })
  keepLogin(c, loggedIn)
  return loggedIn
}
