// What lost nodes had claimed is settled by their journals: what was never begun goes back, what was answered is recorded,
// and only what was on the wire is unknown. Without a journal that proves anything, everything is.
// Reads nodes and journals; writes attempts, messages and the node's end. Safe to kill: the next pass finds the node again.
import { type HeldMessage, listHeldMessages } from '../../store/attempts.ts'
import { NO_NODE } from '../../store/counts.ts'
import type { WriteTx } from '../../store/database.ts'
import { heldResult, type ReadJournal } from '../../store/held-result.ts'
import { epochName, readOrigin } from '../../store/incarnation.ts'
import { readJournal, removeJournal } from '../../store/journal.ts'
import { listExpiredNodes, listHoldingNodes, listRunningNodes, type Node, stopNode } from '../../store/nodes.ts'
import { type Recorded, recordResults } from '../../store/record.ts'
import { findSetting } from '../../store/settings.ts'
import { finishIfDone } from '../campaigns/finish.ts'
import type { Context } from '../context.ts'
import { eachAlone } from '../duties/each-alone.ts'
import { recordAlone } from './record-alone.ts'

/** Messages settled in one transaction. */
const MESSAGES_PER_TRANSACTION = 200

/** Looks after nodes that died without saying so. Returns how many there were. */
export async function recoverLostNodes(ctx: Context): Promise<number> {
  const lost = await listLostNodes(ctx)
  await eachAlone(ctx, { work: 'node', items: lost, idOf: ({ id }) => id, isAll: true }, async (node) => {
    await recoverNode(ctx, node)
    return true
  })
  return lost.length
}

async function listLostNodes(ctx: Context): Promise<Node[]> {
  const own = await ctx.node.id()
  const deadlineMs = ctx.config.callDeadlineSeconds * 1000
  return ctx.db.read(async (tx) => {
    const expired = new Set((await listExpiredNodes(tx, ctx.clock.now(), deadlineMs)).map(({ id }) => id))
    const running = await listRunningNodes(tx)
    const lost = running.filter(({ id }) => id !== own && (expired.has(id) || ctx.db.isNodeGone(id)))
    // A stop may have left what could not be recorded.
    return [...lost, ...(await listHoldingNodes(tx))]
  })
}

async function recoverNode(ctx: Context, node: Node): Promise<void> {
  const { id: nodeId } = node
  const path = ctx.db.journalPath(nodeId)
  const { journal, isHeld } = await journalOf(ctx, node)
  const fates: Fates = { answered: 0, notBegun: 0, unknown: 0 }
  let isWhole = true
  for (let after = 0; ; ) {
    const held = await ctx.db.read((tx) => listHeldMessages(tx, nodeId, after, MESSAGES_PER_TRANSACTION))
    if (held.length === 0) break
    after = held.at(-1)?.messageId ?? after
    const settled = await settle(ctx, held, journal)
    for (const message of settled) fates[fateOf(journal, message)]++
    if (settled.length < held.length) isWhole = false
  }
  await ctx.db.write(async (tx) => stopNode(tx, nodeId, await tx.now()))
  // A process that was only stopped still writes its own, and what is held may be restored from what is here.
  if (isWhole && !isHeld && !ctx.db.isNodeAlive(nodeId)) removeJournal(path)
  if (fates.answered + fates.notBegun + fates.unknown > 0)
    ctx.log.warn({ node: nodeId, ...fates }, `node ${nodeId} (process ${node.pid}) is gone; ${wordsOf(fates)}`)
}

/** A file that is not the one used last is beside the journals of another one: they name its calls, not those of this file. */
async function journalOf(
  ctx: Context,
  { id: nodeId, startedAt }: Node,
): Promise<{ journal: ReadJournal; isHeld: boolean }> {
  const { hold, origin } = await ctx.db.read(async (tx) => ({
    hold: await findSetting(tx, 'hold'),
    origin: await readOrigin(tx),
  }))
  if (hold !== undefined) return { journal: undefined, isHeld: true }
  const owner = { nodeId, startedAt, epoch: epochName(origin) }
  return { journal: readJournal(ctx.db.journalPath(nodeId), owner), isHeld: false }
}

type Fates = Record<'answered' | 'notBegun' | 'unknown', number>

function wordsOf({ answered, notBegun, unknown }: Fates): string {
  return `of its messages ${answered} were answered, ${notBegun} not begun, and ${unknown} on the wire are unknown`
}

function fateOf(journal: ReadJournal, { attemptId }: HeldMessage): keyof Fates {
  if (journal === undefined) return 'unknown'
  const entry = journal.get(attemptId)
  if (entry === undefined) return 'notBegun'
  return 'result' in entry ? 'answered' : 'unknown'
}

/** Returns the messages whose results are recorded. */
async function settle(ctx: Context, held: readonly HeldMessage[], journal: ReadJournal): Promise<HeldMessage[]> {
  const settled: HeldMessage[] = []
  for (const senderId of new Set(held.map((message) => message.senderId))) {
    const messages = held.filter((message) => message.senderId === senderId)
    const results = messages.map((message) => heldResult(message, journal, ctx.clock.now()))
    const record = (tx: WriteTx, some: readonly Recorded[]) => recordLate(ctx, tx, senderId, some)
    const recorded = await ctx.db
      .write((tx) => record(tx, results))
      .then(() => results)
      .catch(() => recordAlone(ctx, results, record))
    settled.push(...recorded.map(({ message }) => message))
  }
  return settled
}

async function recordLate(ctx: Context, tx: WriteTx, senderId: number, results: readonly Recorded[]): Promise<void> {
  const now = await tx.now()
  await recordResults(tx, { senderId, nodeId: NO_NODE, now, results, random: ctx.random })
  const runIds = results.map(({ message }) => message.runId)
  await finishIfDone(tx, runIds)
}
