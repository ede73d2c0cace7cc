// Results that failed to be recorded together, each in a transaction of its own. One that fails alone too is recorded as
// unknown with the error; one for which even that fails is told and left: it holds back neither the others nor a stop.
import { AppError, kindOf } from '../../domain/errors.ts'
import { formatId } from '../../domain/ids.ts'
import { clipText, type SendResult } from '../../domain/send-result.ts'
import type { WriteTx } from '../../store/database.ts'
import type { Recorded } from '../../store/record.ts'
import type { Context } from '../context.ts'

/** A full disk, a lock, a lost database: no row is to blame, and everything waits. */
export function isOfStorage(error: unknown): boolean {
  return error instanceof AppError && kindOf(error.code) === 'storage'
}

/** Returns those that are recorded. Throws when the storage fails. */
export async function recordAlone(
  ctx: Context,
  results: readonly Recorded[],
  record: (tx: WriteTx, results: readonly Recorded[]) => Promise<unknown>,
): Promise<Recorded[]> {
  const recorded: Recorded[] = []
  for (const one of results)
    if ((await isRecorded(ctx, one, record)) || (await isRecorded(ctx, asUnknown(one), record))) recorded.push(one)
  return recorded
}

async function isRecorded(
  ctx: Context,
  one: Recorded,
  record: (tx: WriteTx, results: readonly Recorded[]) => Promise<unknown>,
): Promise<boolean> {
  try {
    await ctx.db.write((tx) => record(tx, [one]))
    return true
  } catch (error) {
    if (isOfStorage(error)) throw error
    const id = formatId('message', one.message.messageId)
    ctx.log.error({ err: error, message: id, result: one.result.kind }, `the result of ${id} cannot be recorded`)
    return false
  }
}

function asUnknown(one: Recorded): Recorded {
  const advice = 'Herald could not record the answer; proof is being looked for.'
  const text = clipText(`the answer (${one.result.kind}) could not be recorded`)
  const result: SendResult = { kind: 'unknown', error: { code: 'unrecorded', text, advice, httpStatus: null } }
  return { ...one, result }
}
