// The first administrator: the person who opens the set-up link that `start` prints on the machine itself.
import { AppError } from '../../domain/errors.ts'
import { isSameSecret } from '../../providers/webhook-parts.ts'
import { findSetting, setSetting } from '../../store/settings.ts'
import type { Context } from '../context.ts'
import { makeSecret, sha256Of } from './secrets.ts'
import { addFirstUser, hasUsers, type NewUser, type UserView } from './users.ts'

const LINK_LIFE_MS = 30 * 60_000

/** A fresh token for the link; undefined when there is a user already. */
export async function makeSetupToken(ctx: Context): Promise<string | undefined> {
  if (await hasUsers(ctx)) return undefined
  const token = makeSecret()
  const tokenSha256 = sha256Of(token)
  await ctx.db.write(async (tx) => setSetting(tx, 'setup', { tokenSha256, until: (await tx.now()) + LINK_LIFE_MS }))
  return token
}

/** Throws AppError setup.link_over for a link that was used, is too old or never was one. */
export async function checkSetupToken(ctx: Context, token: string): Promise<void> {
  const setup = await ctx.db.read((tx) => findSetting(tx, 'setup'))
  const isOpen = setup !== undefined && setup !== null && ctx.clock.now() < setup.until
  if (isOpen && isSameSecret(setup.tokenSha256, sha256Of(token)) && !(await hasUsers(ctx))) return
  throw linkIsOver()
}

export async function setUp(ctx: Context, token: string, admin: Omit<NewUser, 'role'>): Promise<UserView> {
  await checkSetupToken(ctx, token)
  const user = await addFirstUser(ctx, { ...admin, role: 'admin' })
  if (user === undefined) throw linkIsOver()
  await ctx.db.write((tx) => setSetting(tx, 'setup', null))
  return user
}

function linkIsOver(): AppError {
  return new AppError('setup.link_over', 'this set-up link was used or is too old', {
    hint: 'Start Herald again for a new one, or log in.',
  })
}
