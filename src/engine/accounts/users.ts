// Users: added, given roles, disabled, given new passwords. Whatever changes what a user may do ends every session and
// key that the user has.
import { z } from 'zod'
import { type Principal, type Role, roleRights, roles } from '../../domain/access.ts'
import { AppError } from '../../domain/errors.ts'
import { givenName } from '../../domain/given-name.ts'
import { findWholeIdIn, formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import { plainName } from '../../domain/name.ts'
import { checkTimeZone } from '../../domain/zone-name.ts'
import {
  clearBrake,
  countAdmins,
  countUsers,
  endAccess,
  findUser,
  insertUser,
  listUsers,
  setUserTimeZone,
  type UserRow,
  updateUser,
} from '../../store/accounts.ts'
import type { ReadTx, WriteTx } from '../../store/database.ts'
import { nameHint } from '../../store/near-name.ts'
import type { Context } from '../context.ts'
import { requireSeen, type Seen, versionOf } from '../version.ts'
import { brakeOf, isRightPassword } from './password-check.ts'
import { checkPassword, hashPassword, wordsIn } from './passwords.ts'

export const userNameSchema = givenName()
  .regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._@+-]{0,99}$/u, 'has 1 to 100 letters, digits, spaces and . _ @ + -')
  .describe('1 to 100 letters, digits, spaces and . _ @ + -')
export const roleSchema = z.enum(roles)

export interface UserView {
  id: string
  name: string
  role: Role
  status: UserRow['status']
  createdAt: string
  lastLoginAt: string | null
  /** Changes with the role and the status. */
  version: string
}

export function viewUser(user: UserRow): UserView {
  return {
    id: formatId('user', user.id),
    name: user.name,
    role: user.role,
    status: user.status,
    createdAt: formatInstant(user.createdAt),
    lastLoginAt: user.lastLoginAt === null ? null : formatInstant(user.lastLoginAt),
    version: versionOfUser(user),
  }
}

function versionOfUser({ id, name, role, status }: UserRow): string {
  return versionOf([id, name, role, status])
}

export interface NewUser {
  name: string
  role: Role
  password: string
}

/** Throws AppError user.name_taken, password.*. */
export async function addUser(ctx: Context, user: NewUser): Promise<UserView> {
  const passwordHash = await preparePassword(ctx, user)
  return ctx.db.write((tx) => insert(tx, user, passwordHash))
}

/** The first user of all; undefined when there is one already. */
export async function addFirstUser(ctx: Context, user: NewUser): Promise<UserView | undefined> {
  const passwordHash = await preparePassword(ctx, user)
  return ctx.db.write(async (tx) => ((await countUsers(tx)) > 0 ? undefined : insert(tx, user, passwordHash)))
}

async function preparePassword(ctx: Context, { name, password }: NewUser): Promise<string> {
  if (!userNameSchema.safeParse(name).success)
    throw new AppError('user.name_invalid', `"${name.slice(0, 60)}" is no user name`, {
      hint: 'Use 1 to 100 letters, digits, spaces and . _ @ + -.',
    })
  checkPassword(password, wordsAround(ctx, name))
  return hashPassword(password)
}

/** What is known of a user from outside: the name, which may be an address, and where this service is. */
function wordsAround({ config }: Context, name: string): string[] {
  const { publicUrl } = config
  return [...wordsIn(name), ...(publicUrl === undefined ? [] : wordsIn(new URL(publicUrl).hostname))]
}

async function insert(tx: WriteTx, user: NewUser, passwordHash: string): Promise<UserView> {
  if ((await findUser(tx, user.name)) !== undefined)
    throw new AppError('user.name_taken', `there is a user "${user.name}" already`, { hint: 'Choose another name.' })
  const { name, role } = user
  const id = await insertUser(tx, { name: plainName(name), role, passwordHash, createdAt: await tx.now() })
  return viewUser(await getUser(tx, id))
}

/** By id, or by the name in any spelling. Throws AppError user.not_found. */
export async function getUser(tx: ReadTx, who: number | string): Promise<UserRow> {
  const id = typeof who === 'string' ? findWholeIdIn('user', who) : undefined
  const user = (id === undefined ? undefined : await findUser(tx, id)) ?? (await findUser(tx, who))
  if (user !== undefined) return user
  throw new AppError('user.not_found', `there is no user "${String(who).slice(0, 60)}"`, {
    hint: await nameHint(tx, 'user', who),
  })
}

export async function showUsers(ctx: Context): Promise<UserView[]> {
  return (await ctx.db.read(listUsers)).map(viewUser)
}

/** By name or id. Throws AppError user.not_found. */
export async function showUser(ctx: Context, who: string): Promise<UserView> {
  return viewUser(await ctx.db.read((tx) => getUser(tx, who)))
}

export async function hasUsers(ctx: Context): Promise<boolean> {
  return (await ctx.db.read(countUsers)) > 0
}

export interface UserChange {
  role?: Role
  status?: UserRow['status']
}

/** Throws AppError user.last_admin, version.changed. */
export async function changeUser(
  ctx: Context,
  who: number | string,
  { seen, ...change }: UserChange & { seen?: Seen },
): Promise<UserView> {
  return ctx.db.write(async (tx) => {
    const user = await getUser(tx, who)
    requireSeen(seen, versionOfUser(user), `user "${user.name}"`)
    const loses = (change.role ?? user.role) !== 'admin' || (change.status ?? user.status) !== 'active'
    if (user.role === 'admin' && user.status === 'active' && loses && (await countAdmins(tx)) === 1)
      throw new AppError('user.last_admin', `"${user.name}" is the only administrator`, {
        hint: 'Make another user administrator first.',
      })
    await updateUser(tx, user.id, change)
    await endAccess(tx, user.id, await tx.now())
    return viewUser(await getUser(tx, user.id))
  })
}

/** A new password by an administrator or at the command line; every session and key of the user ends. */
export async function resetPassword(ctx: Context, who: number | string, password: string): Promise<UserView> {
  const user = await ctx.db.read((tx) => getUser(tx, who))
  checkPassword(password, wordsAround(ctx, user.name))
  const passwordHash = await hashPassword(password)
  return ctx.db.write(async (tx) => {
    await updateUser(tx, user.id, { passwordHash })
    await endAccess(tx, user.id, await tx.now())
    await clearBrake(tx, brakeOf(user.name))
    return viewUser(await getUser(tx, user.id))
  })
}

/** One's own new password; every other session ends. Throws AppError auth.wrong_password, auth.too_many_tries. */
export async function changeOwnPassword(
  ctx: Context,
  { userId, session, keyId }: Principal,
  { current, next }: { current: string; next: string },
): Promise<void> {
  const user = await ctx.db.read((tx) => getUser(tx, userId))
  // A stolen session lets nobody guess faster.
  const known = session === null ? `key:${keyId}` : `session:${session.id}`
  if (!(await isRightPassword(ctx, { known }, { entered: current, stored: user.passwordHash })))
    throw new AppError('auth.wrong_password', 'the present password is not right')
  checkPassword(next, wordsAround(ctx, user.name))
  const passwordHash = await hashPassword(next)
  await ctx.db.write(async (tx) => {
    await updateUser(tx, userId, { passwordHash })
    await endAccess(tx, userId, await tx.now(), session?.id)
    await clearBrake(tx, known)
  })
}

/** In which pages show times to oneself; empty for the zone of the browser. Throws AppError zone.unknown. */
export async function setOwnTimeZone(ctx: Context, { userId }: Principal, written: string): Promise<string | null> {
  const timeZone = written.trim() === '' ? null : checkTimeZone(written.trim())
  await ctx.db.write((tx) => setUserTimeZone(tx, userId, timeZone))
  return timeZone
}

/** What a user may do at this moment. */
export function principalOf(user: UserRow, session: Principal['session']): Principal {
  const { id, name, role, timeZone } = user
  return { userId: id, name, role, rights: roleRights[role], session, keyId: null, timeZone }
}
