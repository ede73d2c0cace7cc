// Whether a user who was let in may still be there: a login or a key may end, and a right be taken, while an answer is
// still being streamed. Reads only.
import { mayDo, type Principal, type Right } from '../../domain/access.ts'
import type { Context } from '../context.ts'
import { findPrincipalOfKey } from './keys.ts'
import { findOpenSession } from './sessions.ts'

/** While nothing is written, only time can end a login or a key: so many looks in a row may be skipped. */
const SKIPPED_MAX = 5

/** A question that is cheap enough to be asked every second. */
export function watchStanding(ctx: Context, principal: Principal, right: Right): () => Promise<boolean> {
  let dataVersion = -1
  let skipped = 0
  return async () => {
    const version = await ctx.db.dataVersion()
    if (version === dataVersion && ++skipped <= SKIPPED_MAX) return true
    dataVersion = version
    skipped = 0
    const now = await findAgain(ctx, principal)
    return now !== undefined && mayDo(now, right)
  }
}

async function findAgain(ctx: Context, { session, keyId }: Principal): Promise<Principal | undefined> {
  if (session !== null) return (await findOpenSession(ctx, session))?.principal
  return keyId === null ? undefined : findPrincipalOfKey(ctx, keyId)
}
