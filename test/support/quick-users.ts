// Users and their sessions without the work of hashing a password each time: what it takes is tested with the accounts.
import type { Role } from '../../src/domain/access.ts'
import { hashPassword } from '../../src/engine/accounts/passwords.ts'
import { makeSecret, sha256Of } from '../../src/engine/accounts/secrets.ts'
import { findPrincipal } from '../../src/engine/accounts/sessions.ts'
import type { Context } from '../../src/engine/context.ts'
import { findUser, insertSession, insertUser } from '../../src/store/accounts.ts'

const hashes = new Map<string, Promise<string>>()

/** A password is hashed once in a process. */
function hashOnce(password: string): Promise<string> {
  const known = hashes.get(password) ?? hashPassword(password)
  hashes.set(password, known)
  return known
}

/** Unless there is one of the name. */
export async function quickUser(ctx: Context, name: string, role: Role, password: string): Promise<void> {
  const passwordHash = await hashOnce(password)
  await ctx.db.write(async (tx) => {
    if ((await findUser(tx, name)) === undefined)
      await insertUser(tx, { name, role, passwordHash, createdAt: ctx.clock.now() })
  })
}

/** The session of somebody who logs in. */
export async function quickSession(ctx: Context, name: string): Promise<{ sessionToken: string; csrf: string }> {
  const sessionToken = makeSecret()
  await ctx.db.write(async (tx) => {
    const user = await findUser(tx, name)
    if (user === undefined) throw new Error(`there is no user ${name}`)
    await insertSession(tx, { idSha256: sha256Of(sessionToken), userId: user.id, createdAt: ctx.clock.now() })
  })
  const principal = await findPrincipal(ctx, sessionToken)
  return { sessionToken, csrf: principal?.session?.csrfToken ?? '' }
}
