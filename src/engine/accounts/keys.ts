// Keys of programs: shown once, bound to a user, never wider than what the user may do.
import { type Principal, type Right, rights, roleRights } from '../../domain/access.ts'
import { AppError } from '../../domain/errors.ts'
import { givenName } from '../../domain/given-name.ts'
import { findIdIn, formatId, parseId } from '../../domain/ids.ts'
import { formatInstant, resolveWrittenTime } from '../../domain/instant.ts'
import {
  findKey,
  findKeyByHash,
  findUser,
  insertKey,
  type KeyRow,
  listKeyPage,
  listKeys,
  revokeKey,
  touchKey,
} from '../../store/accounts.ts'
import type { ReadTx } from '../../store/database.ts'
import type { Context } from '../context.ts'
import { makeSecret, sha256Of } from './secrets.ts'
import { getUser } from './users.ts'

/** By this a leaked key is recognised wherever it turns up. */
const PREFIX = 'herald_'
/** Of the key, shown for recognition. */
const SHOWN_CHARACTERS = PREFIX.length + 6
const TOUCH_MS = 60_000

export interface KeyView {
  id: string
  name: string
  user: string
  prefix: string
  rights: Right[]
  createdAt: string
  expiresAt: string | null
  lastUsedAt: string | null
  status: 'active' | 'expired' | 'revoked'
}

export interface NewKey {
  name: string
  /** Whose it is. */
  user: number | string
  /** Default: all that the user may. */
  rights?: readonly Right[]
  /** When it ends: an instant, or as a person writes it, a day through its end in the installation's zone. */
  expiresAt?: number | string | null
}

/** What a key may be called, to know it again. */
export const keyNameSchema = givenName().min(1).max(100)

/** The key itself is in the answer and nowhere else. Throws AppError key.name_invalid, key.rights, key.expired, date.*. */
export async function addKey(ctx: Context, { name: given, user: who, rights: asked, expiresAt: end = null }: NewKey) {
  const name = readName(given)
  const key = `${PREFIX}${makeSecret()}`
  const read = typeof end === 'string' ? resolveWrittenTime(end, ctx.config.timeZone, 'end') : undefined
  const expiresAt = typeof end === 'string' ? (read?.at ?? null) : end
  return ctx.db.write(async (tx) => {
    const now = await tx.now()
    if (expiresAt !== null && expiresAt <= now) throw new AppError('key.expired', 'the key would end before it begins')
    const user = await getUser(tx, who)
    const allowed = roleRights[user.role]
    const wanted = asked ?? allowed
    const beyond = wanted.filter((right) => !allowed.includes(right))
    if (beyond.length > 0)
      throw new AppError('key.rights', `${user.name} (${user.role}) may not ${beyond.join(', ')}`, {
        hint: `Choose among ${allowed.join(', ')}.`,
      })
    const id = await insertKey(tx, {
      userId: user.id,
      name,
      prefix: key.slice(0, SHOWN_CHARACTERS),
      rights: rights.filter((right) => wanted.includes(right)),
      createdAt: now,
      expiresAt,
      sha256: sha256Of(key),
    })
    const row = await findKey(tx, id)
    if (row === undefined) throw new Error('the key was not stored')
    return { ...viewKey(row, user.name, now), key, understood: read?.understood ?? null }
  })
}

/** A page of keys, newest first, before the id that a page before ended with. */
export async function pageKeys(
  ctx: Context,
  { before, limit }: { before: string | undefined; limit: number },
): Promise<KeyView[]> {
  const beforeId = before === undefined ? Number.MAX_SAFE_INTEGER : findIdIn('key', before)
  if (beforeId === undefined) throw new AppError('cursor.invalid', 'the cursor does not belong to the list of keys')
  const now = ctx.clock.now()
  const rows = await ctx.db.read((tx) => listKeyPage(tx, beforeId, limit))
  return rows.map((row) => viewKey(row, row.userName, now))
}

export async function showKeys(ctx: Context): Promise<KeyView[]> {
  return ctx.db.read(async (tx) => {
    const views: KeyView[] = []
    for (const row of await listKeys(tx))
      views.push(viewKey(row, (await findUser(tx, row.userId))?.name ?? '', ctx.clock.now()))
    return views
  })
}

export async function revokeKeyById(ctx: Context, id: string): Promise<KeyView> {
  return ctx.db.write(async (tx) => {
    await revokeKey(tx, parseId('key', id), await tx.now())
    return readKey(ctx, tx, id)
  })
}

/** Throws AppError key.not_found. */
export async function showKey(ctx: Context, id: string): Promise<KeyView> {
  return ctx.db.read((tx) => readKey(ctx, tx, id))
}

async function readKey(ctx: Context, tx: ReadTx, id: string): Promise<KeyView> {
  const row = await findKey(tx, parseId('key', id))
  if (row === undefined) throw new AppError('key.not_found', `there is no key ${id}`)
  return viewKey(row, (await findUser(tx, row.userId))?.name ?? '', ctx.clock.now())
}

/** Who a key stands for; undefined for an unknown, revoked or expired one, and for one of a disabled user. */
export async function findKeyPrincipal(ctx: Context, key: string): Promise<Principal | undefined> {
  if (!key.startsWith(PREFIX)) return undefined
  const found = await principalWith(ctx, (tx) => findKeyByHash(tx, sha256Of(key)))
  if (found === undefined) return undefined
  const { row, principal } = found
  if ((row.lastUsedAt ?? 0) < ctx.clock.now() - TOUCH_MS)
    await ctx.db.write(async (tx) => touchKey(tx, row.id, await tx.now()))
  return principal
}

/** Who a key stands for at this moment; undefined as with findKeyPrincipal. */
export async function findPrincipalOfKey(ctx: Context, keyId: number): Promise<Principal | undefined> {
  return (await principalWith(ctx, (tx) => findKey(tx, keyId)))?.principal
}

async function principalWith(
  ctx: Context,
  find: (tx: ReadTx) => Promise<KeyRow | undefined>,
): Promise<{ row: KeyRow; principal: Principal } | undefined> {
  const found = await ctx.db.read(async (tx) => {
    const row = await find(tx)
    return row && { row, user: await findUser(tx, row.userId) }
  })
  if (found?.user === undefined || found.user.status !== 'active') return undefined
  const { row, user } = found
  if (stateOf(row, ctx.clock.now()) !== 'active') return undefined
  const allowed = row.rights.filter((right) => roleRights[user.role].includes(right))
  const principal = {
    userId: user.id,
    name: user.name,
    role: user.role,
    rights: allowed,
    session: null,
    keyId: row.id,
    timeZone: null,
  }
  return { row, principal }
}

function stateOf(row: KeyRow, now: number): KeyView['status'] {
  if (row.revokedAt !== null) return 'revoked'
  return row.expiresAt !== null && row.expiresAt <= now ? 'expired' : 'active'
}

function viewKey(row: KeyRow, user: string, now: number): KeyView {
  const instant = (at: number | null) => (at === null ? null : formatInstant(at))
  return {
    id: formatId('key', row.id),
    name: row.name,
    user,
    prefix: row.prefix,
    rights: row.rights,
    createdAt: formatInstant(row.createdAt),
    expiresAt: instant(row.expiresAt),
    lastUsedAt: instant(row.lastUsedAt),
    status: stateOf(row, now),
  }
}

function readName(given: string): string {
  const reading = keyNameSchema.safeParse(given)
  if (reading.success) return reading.data
  const what = reading.error.issues.find(({ code }) => code === 'custom')?.message ?? 'has not 1 to 100 characters'
  throw new AppError('key.name_invalid', `the name of the key ${what}`, { hint: 'Choose another name.' })
}
