// What lost nodes held on the wire becomes unknown: the call may or may not have been accepted, and nothing is resent.
// Reads nodes; writes attempts, messages and the node's end. Safe to kill: the next pass finds the node again.

import { endLostAttempts } from '../../store/attempts.ts'
import { CountChanges } from '../../store/counts.ts'
import { loseSending } from '../../store/messages.ts'
import { listExpiredNodes, listRunningNodes, type Node, stopNode } from '../../store/nodes.ts'
import { finishIfDone } from '../campaigns/finish.ts'
import type { Context } from '../context.ts'

/** Looks after nodes that died without saying so. Returns how many there were. */
export async function recoverLostNodes(ctx: Context): Promise<number> {
  const own = await ctx.node.id()
  const deadlineMs = ctx.config.callDeadlineSeconds * 1000
  const [running, expired] = await ctx.db.read(
    async (tx) => [await listRunningNodes(tx), await listExpiredNodes(tx, ctx.clock.now(), deadlineMs)] as const,
  )
  const expiredIds = new Set(expired.map((node) => node.id))
  const lost = running.filter((node) => node.id !== own && (ctx.db.isNodeGone(node.id) || expiredIds.has(node.id)))
  for (const node of lost) await recoverNode(ctx, node, own)
  return lost.length
}

async function recoverNode(ctx: Context, node: Node, own: number): Promise<void> {
  const runs = await ctx.db.write(async (tx) => {
    const now = ctx.clock.now()
    await endLostAttempts(tx, node.id, now)
    const counts = new CountChanges()
    const runIds = await loseSending(tx, node.id, counts)
    await counts.write(tx, own)
    for (const runId of runIds) await finishIfDone(tx, runId, now)
    await stopNode(tx, node.id, now)
    return runIds
  })
  if (runs.length > 0)
    ctx.log.warn(
      { node: node.id, runs },
      `node ${node.id} (process ${node.pid}) is gone; what it had on the wire is unknown`,
    )
}
