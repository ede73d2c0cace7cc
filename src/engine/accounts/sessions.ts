// Logins: a name and a password become a session, within the brake on guesses; a session becomes a principal.
import { createHmac } from 'node:crypto'
import type { Principal } from '../../domain/access.ts'
import { AppError } from '../../domain/errors.ts'
import type { Client } from '../../domain/guess-brake.ts'
import { HOUR_MS } from '../../domain/time-zone.ts'
import {
  clearBrake,
  deleteOldSessions,
  deleteSession,
  findSession,
  findUser,
  insertSession,
  isKnownDevice,
  rememberDevice,
  touchSession,
  type UserRow,
  updateUser,
} from '../../store/accounts.ts'
import type { Context } from '../context.ts'
import { clearedBySuccess, type Guesser, isRightPassword } from './password-check.ts'
import { hashPassword, isOutdated } from './passwords.ts'
import { makeSecret, sha256Of } from './secrets.ts'
import { getUser, principalOf } from './users.ts'

/** What a browser keeps: the login, and that the user logged in from here before. Bound to this host and to TLS. */
export const sessionCookie = '__Host-herald-session'
export const deviceCookie = '__Host-herald-device'

const MINUTE_MS = 60_000
/** A session that is used is noted at most this often. */
const TOUCH_MS = MINUTE_MS

export interface LogInRequest {
  name: string
  password: string
  client: Client
  /** What the browser was given at an earlier login. */
  deviceToken: string | undefined
}

export interface LoggedIn {
  sessionToken: string
  deviceToken: string
  principal: Principal
}

/**
 * Throws AppError auth.wrong_credentials, which is the same for an unknown user, a disabled one and a wrong password,
 * and auth.too_many_tries while the brake holds.
 */
export async function logIn(ctx: Context, request: LogInRequest): Promise<LoggedIn> {
  const { name, password, deviceToken } = request
  const user = await ctx.db.read((tx) => findUser(tx, name))
  const guesser = await guesserOf(ctx, request, user)
  const stored = user?.status === 'active' ? user.passwordHash : undefined
  const isRight = await isRightPassword(ctx, guesser, { entered: password, stored })
  if (user === undefined || !isRight) throw new AppError('auth.wrong_credentials', 'name or password is not right')
  if (isOutdated(user.passwordHash)) {
    const passwordHash = await hashPassword(password)
    await ctx.db.write((tx) => updateUser(tx, user.id, { passwordHash }))
  }
  return openSession(ctx, user, { deviceToken, cleared: clearedBySuccess(guesser) })
}

/** For the user who has just chosen a password: it is not asked for again. */
export async function logInFirst(ctx: Context, { name }: { name: string }): Promise<LoggedIn> {
  const user = await ctx.db.read((tx) => getUser(tx, name))
  return openSession(ctx, user, { deviceToken: undefined, cleared: [] })
}

/** A browser that the user knows has a brake of its own: strangers who guess cannot keep the user out. */
async function guesserOf(
  ctx: Context,
  { name, client, deviceToken }: LogInRequest,
  user: UserRow | undefined,
): Promise<Guesser> {
  const device = deviceToken === undefined ? undefined : sha256Of(deviceToken)
  const isKnown =
    device !== undefined && user !== undefined && (await ctx.db.read((tx) => isKnownDevice(tx, device, user.id)))
  return isKnown ? { known: `device:${device}` } : { name, client }
}

async function openSession(
  ctx: Context,
  user: UserRow,
  { deviceToken, cleared }: { deviceToken: string | undefined; cleared: readonly string[] },
): Promise<LoggedIn> {
  const sessionToken = makeSecret()
  const device = deviceToken !== undefined && /^[\w-]{43}$/.test(deviceToken) ? deviceToken : makeSecret()
  const idSha256 = sha256Of(sessionToken)
  await ctx.db.write(async (tx) => {
    const now = await tx.now()
    await insertSession(tx, { idSha256, userId: user.id, createdAt: now })
    await updateUser(tx, user.id, { lastLoginAt: now })
    await rememberDevice(tx, sha256Of(device), user.id, now)
    for (const subject of cleared) await clearBrake(tx, subject)
    await deleteOldSessions(tx, oldest(ctx, now))
  })
  return { sessionToken, deviceToken: device, principal: principalOf(user, sessionOf(sessionToken)) }
}

function oldest({ config }: Context, now: number): { createdAt: number; lastSeenAt: number } {
  return { createdAt: now - config.sessionHours * HOUR_MS, lastSeenAt: now - config.sessionIdleMinutes * MINUTE_MS }
}

/** The token of forms is bound to the session and useless without its cookie. */
function sessionOf(token: string): NonNullable<Principal['session']> {
  return {
    id: sha256Of(token),
    csrfToken: createHmac('sha256', token).update('herald form').digest('base64url'),
  }
}

type Session = NonNullable<Principal['session']>

/**
 * Who a session's token stands for; undefined when it is over. What a page asks by itself (`isUnasked`) is no sign that
 * anybody is there, and keeps no session open.
 */
export async function findPrincipal(
  ctx: Context,
  sessionToken: string,
  { isUnasked = false } = {},
): Promise<Principal | undefined> {
  const found = await findOpenSession(ctx, sessionOf(sessionToken))
  if (found === undefined) return undefined
  const { principal, session, lastSeenAt } = found
  if (!isUnasked && lastSeenAt < ctx.clock.now() - TOUCH_MS)
    await ctx.db.write(async (tx) => touchSession(tx, session.id, await tx.now()))
  return principal
}

/** Who a session stands for at this moment; undefined when it is over, or its user was disabled. */
export async function findOpenSession(
  ctx: Context,
  session: Session,
): Promise<{ principal: Principal; session: Session; lastSeenAt: number } | undefined> {
  const found = await ctx.db.read(async (tx) => {
    const row = await findSession(tx, session.id)
    return row && { row, user: await findUser(tx, row.userId) }
  })
  const limits = oldest(ctx, ctx.clock.now())
  if (found?.user === undefined || found.user.status !== 'active') return undefined
  const { createdAt, lastSeenAt } = found.row
  if (createdAt < limits.createdAt || lastSeenAt < limits.lastSeenAt) return undefined
  return { principal: principalOf(found.user, session), session, lastSeenAt }
}

export async function logOut(ctx: Context, { session }: Principal): Promise<void> {
  if (session !== null) await ctx.db.write((tx) => deleteSession(tx, session.id))
}
