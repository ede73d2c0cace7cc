// Whether this process can work with its database: for probes, which ask often and without a name.
import { AppError, type ErrorCode, isStorageError } from '../../domain/errors.ts'
import { findSetting } from '../../store/settings.ts'
import type { Context } from '../context.ts'

/** An answer is given again for so long: probes of strangers cost no more than one look a second. */
const KEPT_MS = 1_000

/** The code of what is wrong; undefined when all is well. */
export function healthOf(ctx: Context): () => Promise<ErrorCode | undefined> {
  let kept: { at: number; answer: Promise<ErrorCode | undefined> } | undefined
  return () => {
    const now = ctx.clock.now()
    // What the disk has done is known at once.
    if (ctx.db.failure !== undefined) return Promise.resolve(ctx.db.failure.code)
    if (kept === undefined || now - kept.at >= KEPT_MS) kept = { at: now, answer: look(ctx) }
    return kept.answer
  }
}

async function look({ db }: Context): Promise<ErrorCode | undefined> {
  // A file that was deleted goes on answering processes that have it open.
  if (!db.isThere()) return 'db.missing'
  try {
    await db.read((tx) => findSetting(tx, 'installation'))
    return undefined
  } catch (error) {
    if (error instanceof AppError && isStorageError(error)) return error.code
    return 'db.damaged'
  }
}
