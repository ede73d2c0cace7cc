// Somebody says what a reply means.
import { findIdIn, formatId } from '../../domain/ids.ts'
import type { Settlement } from '../../domain/reply.ts'
import { CountChanges } from '../../store/counts.ts'
import type { WriteTx } from '../../store/database.ts'
import { closeRepliesOf, findReply, type Reply, settleReply } from '../../store/replies.ts'
import { finishIfDone } from '../campaigns/finish.ts'
import type { Context } from '../context.ts'
import { optOut } from './opt-out.ts'
import { type ReplyView, replyNotFound, viewReply } from './replies.ts'

export interface SettleRequest {
  as: Settlement
  /** Who says so. */
  by: string
}

/** An opt-out stops what waits for the person; repeated, it changes nothing. Throws AppError reply.not_found. */
export async function settleByOperator(
  ctx: Context,
  id: string,
  { as, by }: SettleRequest,
): Promise<ReplyView & { stopped: number }> {
  const nodeId = await ctx.node.id()
  return ctx.db.write(async (tx) => {
    const found = await findReply(tx, findIdIn('reply', id) ?? 0)
    if (found === undefined) throw replyNotFound(id)
    const now = ctx.clock.now()
    const counts = new CountChanges()
    const runs = new Set<number>()
    const stopped = as === 'opt_out' ? await obey(tx, found, { by, now, counts, runs }) : 0
    await settleReply(tx, found.id, { as, by, at: now })
    await counts.write(tx, nodeId)
    for (const runId of runs) await finishIfDone(tx, runId, now)
    return { ...viewReply((await findReply(tx, found.id)) ?? found), stopped }
  })
}

async function obey(
  tx: WriteTx,
  { id, contactId, text }: Reply,
  change: { by: string; now: number; counts: CountChanges; runs: Set<number> },
): Promise<number> {
  if (contactId === null) return 0
  await closeRepliesOf(tx, contactId)
  const evidence = `"${text.slice(0, 100)}" (${formatId('reply', id)}), an opt-out according to ${change.by}`
  return optOut(tx, contactId, evidence, change)
}
