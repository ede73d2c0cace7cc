// What lost nodes had claimed is settled by their journals: what was never begun goes back, what was answered is recorded,
// and only what was on the wire is unknown. Without a journal that proves anything, everything is.
// Reads nodes and journals; writes attempts, messages and the node's end. Safe to kill: the next pass finds the node again.
import type { SendResult } from '../../domain/send-result.ts'
import { type HeldMessage, listHeldMessages } from '../../store/attempts.ts'
import type { WriteTx } from '../../store/database.ts'
import { type JournalEntry, readJournal } from '../../store/journal.ts'
import { listExpiredNodes, listHoldingNodes, listRunningNodes, type Node, stopNode } from '../../store/nodes.ts'
import { type Recorded, recordResults } from '../../store/record.ts'
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
  const { id: nodeId, startedAt } = node
  const journal = readJournal(ctx.db.journalPath(nodeId), { nodeId, startedAt })
  const found = { answered: 0, notBegun: 0, unknown: 0 }
  for (let after = 0; ; ) {
    const held = await ctx.db.read((tx) => listHeldMessages(tx, nodeId, after, MESSAGES_PER_TRANSACTION))
    if (held.length === 0) break
    after = held.at(-1)?.messageId ?? after
    for (const message of held) found[fateOf(journal, message)]++
    await settle(ctx, held, journal)
  }
  await ctx.db.write((tx) => stopNode(tx, nodeId, ctx.clock.now()))
  if (found.answered + found.notBegun + found.unknown > 0)
    ctx.log.warn({ node: nodeId, ...found }, `node ${nodeId} (process ${node.pid}) is gone; ${wordsOf(found)}`)
}

function wordsOf({ answered, notBegun, unknown }: { answered: number; notBegun: number; unknown: number }): string {
  return `of its messages ${answered} were answered, ${notBegun} not begun, and ${unknown} on the wire are unknown`
}

type Journal = ReadonlyMap<number, JournalEntry> | undefined

function fateOf(journal: Journal, { attemptId }: HeldMessage): 'answered' | 'notBegun' | 'unknown' {
  if (journal === undefined) return 'unknown'
  const entry = journal.get(attemptId)
  if (entry === undefined) return 'notBegun'
  return 'result' in entry ? 'answered' : 'unknown'
}

async function settle(ctx: Context, held: readonly HeldMessage[], journal: Journal): Promise<void> {
  for (const senderId of new Set(held.map((message) => message.senderId))) {
    const messages = held.filter((message) => message.senderId === senderId)
    const results = messages.map((message) => resultOf(message, journal, ctx.clock.now()))
    const account = messages[0]?.account ?? ''
    const record = (tx: WriteTx, some: readonly Recorded[]) => recordLate(ctx, tx, { senderId, account, results: some })
    await ctx.db.write((tx) => record(tx, results)).catch(() => recordAlone(ctx, results, record))
  }
}

async function recordLate(
  ctx: Context,
  tx: WriteTx,
  request: { senderId: number; account: string; results: readonly Recorded[] },
): Promise<void> {
  const now = ctx.clock.now()
  await recordResults(tx, { ...request, nodeId: 0, now, random: ctx.random })
  for (const runId of new Set(request.results.map(({ message }) => message.runId))) await finishIfDone(tx, runId, now)
}

function resultOf(message: HeldMessage, journal: Journal, now: number): Recorded {
  const entry = journal?.get(message.attemptId)
  if (entry !== undefined && 'result' in entry) return { message, ...entry }
  if (entry === undefined && journal !== undefined)
    return { message, result: { kind: 'not_started', error: null }, endedAt: now }
  return { message, result: lostResult, startedAtUs: entry?.startedAtUs, endedAt: now }
}

const lostResult: SendResult = {
  kind: 'unknown',
  error: {
    code: 'node_lost',
    text: 'the process ended before the answer',
    advice: 'Proof is being looked for.',
    httpStatus: null,
  },
}
