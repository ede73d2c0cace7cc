// What waits for limits, or a sender's pair interval, that were changed → due now, so that the next claim decides anew.
// Reads pending messages of runs at work; writes their due time, in chunks. The order is a row that the change of the limits
// writes. Safe to kill: the next process goes on from its mark.
import { CountChanges } from '../../store/counts.ts'
import type { WriteTx } from '../../store/database.ts'
import { type DutyKey, findDuty, orderDuty } from '../../store/duties.ts'
import { type PendingMark, redatePending } from '../../store/redating.ts'
import { nextOpenRun } from '../../store/runs.ts'
import type { Context } from '../context.ts'
import { doOrder } from '../duties/duty.ts'
import { eachAlone } from '../duties/each-alone.ts'

/** Messages of one transaction. */
const CHUNK = 2_000

const subjects = { quiet_hours: 1, frequency_cap: 2, pair_limit: 3 } as const
export type RedatedReason = keyof typeof subjects

interface Order {
  /** When it was ordered: what waits for a later instant is due then. */
  at: number
  after: PendingMark
}

function keyOf(reason: RedatedReason): DutyKey<'redating'> {
  return { work: 'redating', subjectId: subjects[reason] }
}

export async function orderRedating(
  tx: WriteTx,
  reason: RedatedReason,
  { at, nodeId }: { at: number; nodeId: number },
): Promise<void> {
  const mark: Order = { at, after: beginningOf(0, at) }
  await orderDuty(tx, keyOf(reason), { nodeId, mark })
}

/** Goes on with every order that a process left. */
export async function finishRedatings(ctx: Context, signal?: AbortSignal): Promise<boolean> {
  const reasons = Object.keys(subjects) as RedatedReason[]
  const ordered = await ctx.db.read(async (tx) => {
    const found: RedatedReason[] = []
    for (const reason of reasons) if ((await findDuty(tx, keyOf(reason))) !== undefined) found.push(reason)
    return found
  })
  const all = {
    work: 'redating',
    items: ordered,
    idOf: (reason: RedatedReason) => subjects[reason],
    isAll: true,
    signal,
  } as const
  return eachAlone(ctx, all, (reason) => finishRedating(ctx, reason, signal))
}

export async function finishRedating(ctx: Context, reason: RedatedReason, signal?: AbortSignal): Promise<boolean> {
  const isDone = await doOrder(ctx, keyOf(reason), async (duty) => {
    const { at, ...order } = duty.mark as Order
    for (let after: PendingMark | undefined = order.after; after !== undefined; ) {
      if (signal?.aborted) return { isDone: false, value: false }
      const from: PendingMark = after
      after = await ctx.db.write(async (tx) => {
        const next = await redateChunk(tx, from, { reason, at, nodeId: duty.nodeId })
        await duty.move(tx, { at, after: next ?? from })
        return next
      })
      await new Promise((resolve) => setImmediate(resolve))
    }
    return { isDone: true, value: true }
  })
  return isDone ?? false
}

/** The mark behind the chunk, in this run or the next one; undefined behind the last run. */
async function redateChunk(
  tx: WriteTx,
  after: PendingMark,
  { reason, at, nodeId }: { reason: RedatedReason; at: number; nodeId: number },
): Promise<PendingMark | undefined> {
  const counts = new CountChanges()
  const next = await redatePending(tx, after, { waitReason: reason, dueAt: at, limit: CHUNK }, counts)
  await counts.write(tx, nodeId)
  if (next !== undefined) return next
  const runId = await nextOpenRun(tx, after.runId)
  return runId === undefined ? undefined : beginningOf(runId, at)
}

/** What is due already is left alone. */
function beginningOf(runId: number, at: number): PendingMark {
  return { runId, dueAt: at, scheduledAt: Number.MAX_SAFE_INTEGER, id: Number.MAX_SAFE_INTEGER }
}
