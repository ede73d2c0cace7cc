// A campaign that was cancelled → its pending messages cancelled, its runs ended. The order is the status of the campaign:
// the next process finishes it.
// Reads open runs of cancelled campaigns; writes messages and runs, in chunks. Safe to kill: the next process goes on.
import { CountChanges } from '../../store/counts.ts'
import type { WriteTx } from '../../store/database.ts'
import { cancelPending } from '../../store/messages.ts'
import { hasOpenRun, listCampaignsToEnd, listOpenRunsOf, lockRuns, moveRunIf } from '../../store/runs.ts'
import type { Context } from '../context.ts'
import { doDuty } from '../duties/duty.ts'
import { eachAlone } from '../duties/each-alone.ts'
import { finishIfDone } from './finish.ts'

/** Messages of one transaction. */
const CHUNK = 2_000

/** Goes on with every campaign that was cancelled and has messages left. */
export async function finishCancels(ctx: Context, signal?: AbortSignal): Promise<boolean> {
  const items = await ctx.db.read(listCampaignsToEnd)
  return eachAlone(ctx, { work: 'cancel', items, idOf: (id) => id, isAll: true, signal }, async (id) => {
    return (await finishCancel(ctx, id, signal)) > 0
  })
}

/** Returns how many messages were cancelled; none when another process is at it. */
export async function finishCancel(ctx: Context, campaignId: number, signal?: AbortSignal): Promise<number> {
  if (!(await ctx.db.read((tx) => hasOpenRun(tx, campaignId)))) return 0
  const cancelled = await doDuty(ctx, { work: 'cancel', subjectId: campaignId }, async (duty) => {
    let sum = 0
    for (let isOver = false; !isOver && !signal?.aborted; ) {
      const chunk = await duty.write((tx) => cancelChunk(tx, { campaignId, nodeId: duty.nodeId }))
      sum += chunk.cancelled
      isOver = chunk.isOver
      await new Promise((resolve) => setImmediate(resolve))
    }
    return { isDone: true, value: sum }
  })
  return cancelled ?? 0
}

interface Chunk {
  campaignId: number
  nodeId: number
}

/** The last chunk ends the runs in the same transaction: planning adds nothing in between. */
async function cancelChunk(
  tx: WriteTx,
  { campaignId, nodeId }: Chunk,
): Promise<{ cancelled: number; isOver: boolean }> {
  const counts = new CountChanges()
  const cancelled = await cancelPending(tx, campaignId, CHUNK, counts)
  await counts.write(tx, nodeId)
  if (cancelled === CHUNK) return { cancelled, isOver: false }
  const open = await listOpenRunsOf(tx, campaignId)
  const ids = open.map(({ id }) => id)
  for (const run of await lockRuns(tx, ids)) {
    if (run.kind === 'scheduled') await moveRunIf(tx, run.id, run.status, 'cancelled', await tx.now())
    else await finishIfDone(tx, [run.id])
  }
  return { cancelled, isOver: true }
}
