// Results that failed to be recorded together, each in a transaction of its own: as it is, else as unknown. One for which
// even that fails has a trouble and is tried again later; it holds back neither the others nor a stop.
import { isStorageError } from '../../domain/errors.ts'
import { clipText, type SendResult } from '../../domain/send-result.ts'
import type { WriteTx } from '../../store/database.ts'
import type { Recorded } from '../../store/record.ts'
import type { Context } from '../context.ts'
import { eachAlone } from '../duties/each-alone.ts'

/** Returns those that are recorded. Throws when the storage fails: what was recorded may be recorded again. */
export async function recordAlone<T extends Recorded>(
  ctx: Context,
  results: readonly T[],
  record: (tx: WriteTx, results: readonly Recorded[]) => Promise<unknown>,
): Promise<T[]> {
  const recorded: T[] = []
  const idOf = ({ message }: T) => message.messageId
  await eachAlone(ctx, { work: 'result', items: results, idOf }, async (one) => {
    try {
      await ctx.db.write((tx) => record(tx, [one]), { isBeside: true })
    } catch (error) {
      if (isStorageError(error)) throw error
      await ctx.db.write((tx) => record(tx, [asUnknown(one)]), { isBeside: true })
    }
    recorded.push(one)
    return true
  })
  return recorded
}

function asUnknown(one: Recorded): Recorded {
  const advice = 'Herald could not record the answer; proof is being looked for.'
  const text = clipText(`the answer (${one.result.kind}) could not be recorded`)
  const result: SendResult = { kind: 'unknown', error: { code: 'unrecorded', text, advice, httpStatus: null } }
  return { ...one, result }
}
