// Stored callbacks → status, suppressions, sessions.
// Reads webhook events; writes messages, attempts, suppressions and the mark on the event, in one transaction. Safe to
// kill: what was not marked is applied again, with the same result.

import { isStorageError } from '../../domain/errors.ts'
import { formatId } from '../../domain/ids.ts'
import { DAY_MS } from '../../domain/time-zone.ts'
import type { WebhookItem } from '../../providers/provider.ts'
import { nextTurn } from '../../runtime/loop.ts'
import { CountChanges } from '../../store/counts.ts'
import { readOrigin } from '../../store/incarnation.ts'
import { lockSenders } from '../../store/senders.ts'
import {
  type EventMark,
  emptyEvents,
  listDueEvents,
  listEventNodes,
  listHeldEvents,
  markEvents,
  nextEventAt,
  releaseEvents,
  takeEvents,
  type WebhookEvent,
} from '../../store/webhook-events.ts'
import { finishIfDone } from '../campaigns/finish.ts'
import type { Context } from '../context.ts'
import { eachAlone, isWaiting, ownTroubles } from '../duties/each-alone.ts'
import { isNodeOver } from '../node-life.ts'
import { findReplyRules } from '../replies/reply-rules.ts'
import type { ConnectedSender, SenderConnections } from '../senders/sender-connections.ts'
import { applyItem } from './application.ts'
import type { ReadMarks } from './mark-read.ts'

/** Events read at once; a callback of Meta may hold a thousand changes. */
const EVENTS_PER_PASS = 200
/** Bytes of bodies after which a pass reads no further event: two hundred of the largest would be 600 MiB. */
const BYTES_PER_PASS = 4 * 1024 * 1024
/** A body from this length on takes milliseconds to read: others have their turn before the next. */
const LONG_BODY = 64 * 1024
/** What one transaction applies, in statuses: it is one turn of the thread. */
const STATUSES_PER_TRANSACTION = 100
/** What people write, and what a provider says of templates and accounts, writes several rows: as dear as so many statuses. */
const OTHER_ITEM_COST = 5
/** A callback that overtook our own result is tried again soon; one that belongs to nobody less and less often. */
const RETRY_AFTER_MS = [1_000, 5_000, 30_000, 300_000, 3_600_000, 6 * 3_600_000]

/** What came of an event. */
interface Outcome {
  problems: string[]
  orphans: number
  /** It is about a person who was erased: once it is applied, nothing of it is kept. */
  isOfErased: boolean
}

const nothingYet: Outcome = { problems: [], orphans: 0, isOfErased: false }

/** An event on its way. */
interface OpenEvent {
  event: WebhookEvent
  connected: ConnectedSender
  items: WebhookItem[]
  /** Of its parts that are applied and on the disk. */
  soFar: Outcome
  /** Which node has taken it: this one. */
  nodeId: number
  /** It has been applied or put off alone. */
  isOver: boolean
}

/**
 * Applies what is due. The events of a sender that cannot be made ready wait with it; an event that fails waits alone.
 * Returns when to look again, or true when there is more.
 */
export async function applyEvents(
  ctx: Context,
  connections: SenderConnections,
  { readMarks, signal }: { readMarks?: ReadMarks; signal?: AbortSignal } = {},
): Promise<true | number | null> {
  const now = ctx.clock.now()
  const waitingSenders = (await ownTroubles(ctx, 'callbacks')).filter((row) => isWaiting(row, now))
  const due = {
    now,
    limit: EVENTS_PER_PASS,
    bytesMax: BYTES_PER_PASS,
    waitingSenders: waitingSenders.map(({ subjectId }) => subjectId),
    busyNodes: await listBusyNodes(ctx),
  }
  const { events, nextAt } = await ctx.db.read(async (tx) => {
    const found = await listDueEvents(tx, due)
    return { events: found, nextAt: found.length === 0 ? await nextEventAt(tx, due) : null }
  })
  if (events.length === 0) return nextAt
  const nodeId = await ctx.node.id()
  const open = await openEvents(ctx, connections, { events: await take(ctx, events, nodeId), nodeId })
  // The last of them may have been long.
  await nextTurn()
  const known = new Set((await ownTroubles(ctx, 'callback')).map(({ subjectId }) => subjectId))
  const isSuspect = ({ event }: OpenEvent) => known.has(event.id)
  // A process that stops leaves the rest to the next one, as when it dies: a callback can have thousands of statuses.
  for (const one of open.filter(isSuspect)) {
    if (signal?.aborted) return true
    await applyAlone(ctx, one)
  }
  for (const part of partsOf(open.filter((one) => !isSuspect(one)))) {
    if (signal?.aborted) return true
    await applyTogether(ctx, part)
    // Callbacks that came meanwhile are answered first.
    await nextTurn()
  }
  if (readMarks !== undefined) for (const one of open) markRead(one, readMarks)
  return true
}

/** Other nodes that have taken events and whose leases run. */
async function listBusyNodes(ctx: Context): Promise<number[]> {
  const own = await ctx.node.id()
  const busy: number[] = []
  for (const nodeId of await ctx.db.read(listEventNodes))
    if (nodeId !== own && !(await isNodeOver(ctx, nodeId))) busy.push(nodeId)
  return busy
}

/** They are this node's from here on, as long as its lease runs; what it took before is so already. */
async function take(ctx: Context, events: readonly WebhookEvent[], nodeId: number): Promise<WebhookEvent[]> {
  const others = events.filter((event) => event.nodeId !== nodeId)
  if (others.length === 0) return [...events]
  const taken = new Set(await ctx.db.write((tx) => takeEvents(tx, others, nodeId)))
  return events.filter((event) => event.nodeId === nodeId || taken.has(event))
}

interface TakenEvents {
  events: readonly WebhookEvent[]
  nodeId: number
}

/** Takes the events apart, each sender alone; those of a sender that cannot be made ready here are given back. */
async function openEvents(
  ctx: Context,
  connections: SenderConnections,
  { events, nodeId }: TakenEvents,
): Promise<OpenEvent[]> {
  const open = new Map<number, OpenEvent>()
  const items = [...new Set(events.map(({ senderId }) => senderId))]
  await eachAlone(ctx, { work: 'callbacks', items, idOf: (id) => id }, async (senderId) => {
    const connected = await connections.get(senderId)
    for (const event of events.filter((one) => one.senderId === senderId)) {
      if (event.body.length >= LONG_BODY) await nextTurn()
      open.set(event.id, {
        event,
        connected,
        items: readItems(connected, event),
        soFar: nothingYet,
        nodeId,
        isOver: false,
      })
    }
    return true
  })
  const left = events.filter(({ id }) => !open.has(id))
  const leftIds = left.map(({ id }) => id)
  if (left.length > 0) await ctx.db.write((tx) => releaseEvents(tx, leftIds, nodeId))
  return events.flatMap(({ id }) => open.get(id) ?? [])
}

/** In one transaction; when it fails, each event alone. */
async function applyTogether(ctx: Context, parts: EventPart[]): Promise<void> {
  const open = parts.filter((part) => !part.open.isOver)
  try {
    await applyPart(ctx, open)
  } catch (error) {
    if (isStorageError(error)) throw error
    for (const one of new Set(open.map((part) => part.open))) await applyAlone(ctx, one)
  }
}

/** An event that failed, or may fail: from its beginning, with nobody else. */
async function applyAlone(ctx: Context, open: OpenEvent): Promise<void> {
  open.isOver = true
  await eachAlone(ctx, { work: 'callback', items: [open], idOf: ({ event }) => event.id }, async () => {
    open.soFar = nothingYet
    try {
      for (const part of partsOf([open])) {
        await applyPart(ctx, part)
        await nextTurn()
      }
      return true
    } catch (error) {
      if (isStorageError(error)) throw error
      if (await putOff(ctx, open, error)) throw error
      return false
    }
  })
}

/** It is tried again later; false when it is older than callbacks are kept, or another node's by now. */
async function putOff(ctx: Context, { event, nodeId }: OpenEvent, error: unknown): Promise<boolean> {
  return ctx.db.write(async (tx) => {
    if (!(await listHeldEvents(tx, [event.id], nodeId)).has(event.id)) return false
    const now = await tx.now()
    const nextTryAt = now + retryAfterMs(event.tries)
    const isLast = nextTryAt > event.receivedAt + ctx.config.retentionDays * DAY_MS
    const mark = { id: event.id, nextTryAt: isLast ? null : nextTryAt, error: String(error).slice(0, 200) }
    await markEvents(tx, [mark], now)
    return !isLast
  })
}

function retryAfterMs(tries: number): number {
  return RETRY_AFTER_MS[Math.min(tries, RETRY_AFTER_MS.length - 1)] ?? DAY_MS
}

/** After what was read is stored, and once, however often the event is tried. */
function markRead({ event, connected, items }: OpenEvent, readMarks: ReadMarks): void {
  if (event.tries > 0 || connected.driver.markRead === undefined) return
  for (const item of items)
    if (item.kind === 'inbound' && item.messageId != null) readMarks.add({ connected, messageId: item.messageId })
}

/** Some items of an event; the last of them marks it. */
interface EventPart<One = OpenEvent> {
  open: One
  items: WebhookItem[]
  isLast: boolean
}

/** Small callbacks share a transaction, large ones take several. */
export function partsOf<One extends { items: readonly WebhookItem[] }>(events: readonly One[]): EventPart<One>[][] {
  const groups: EventPart<One>[][] = []
  let room = 0
  for (const open of events) {
    for (let from = 0; from === 0 || from < open.items.length; ) {
      if (room < 1) {
        groups.push([])
        room = STATUSES_PER_TRANSACTION
      }
      let to = from
      do room -= costOf(open.items[to++])
      while (room > 0 && to < open.items.length)
      groups.at(-1)?.push({ open, items: open.items.slice(from, to), isLast: to >= open.items.length })
      from = to
    }
  }
  return groups
}

/** An event without items is marked, which costs something too. */
function costOf(item: WebhookItem | undefined): number {
  return item === undefined || item.kind === 'status' ? 1 : OTHER_ITEM_COST
}

async function applyPart(ctx: Context, parts: EventPart[]): Promise<void> {
  const [first] = parts
  if (first === undefined) return
  const { nodeId } = first.open
  const applied = await ctx.db.write(async (tx) => {
    // What becomes of a message may hold or pause the sender.
    const senderIds = parts.map(({ open }) => open.event.senderId)
    await lockSenders(tx, senderIds)
    const now = await tx.now()
    // Made anew in each run of this transaction.
    const drafts = parts.map((part) => ({ ...part, came: structuredClone(part.open.soFar) }))
    const ids = parts.map(({ open }) => open.event.id)
    const held = await listHeldEvents(tx, ids, nodeId)
    const origin = await readOrigin(tx)
    const rules = await findReplyRules(tx)
    const counts = new CountChanges()
    const runs = new Set<number>()
    const marks: EventMark[] = []
    for (const { open, items, isLast, came } of drafts) {
      // A node that was silent for longer than its lease leaves it to the one that has it by now.
      if (!held.has(open.event.id)) continue
      const { sender } = open.connected
      const { receivedAt, id } = open.event
      const source = formatId('webhookEvent', id)
      const meetErased = () => {
        came.isOfErased = true
      }
      for (const item of items) {
        const from = { ctx, origin, rules, sender, receivedAt, source, now, counts, runs, meetErased }
        const outcome = await applyItem(tx, item, from)
        if (outcome === 'orphan') came.orphans++
        else if (outcome !== 'done') came.problems.push(outcome)
      }
      if (isLast) marks.push(markOf(ctx, { event: open.event, now }, came))
    }
    await counts.write(tx, nodeId)
    await finishIfDone(tx, runs)
    await markEvents(tx, marks, now)
    const done = new Set(marks.filter(({ nextTryAt }) => nextTryAt === null).map(({ id }) => id))
    const spent = drafts.filter(({ open, isLast, came }) => isLast && came.isOfErased && done.has(open.event.id))
    const spentIds = spent.map(({ open }) => open.event.id)
    await emptyEvents(tx, spentIds)
    return drafts
  })
  for (const { open, came } of applied) open.soFar = came
}

function readItems(connected: ConnectedSender, event: WebhookEvent): WebhookItem[] {
  try {
    return connected.driver.parseWebhook(event.body)
  } catch (error) {
    return [{ kind: 'unreadable', why: String(error).slice(0, 200) }]
  }
}

/** What is left to do with an event: nothing, or another look for messages that are not known yet. */
function markOf(
  ctx: Context,
  { event, now }: { event: WebhookEvent; now: number },
  { problems, orphans }: Outcome,
): EventMark {
  const error = problems.length === 0 ? null : problems.slice(0, 5).join('; ')
  if (orphans === 0) return { id: event.id, nextTryAt: null, error }
  const nextTryAt = now + retryAfterMs(event.tries)
  const isOver = nextTryAt > event.receivedAt + ctx.config.orphanDays * DAY_MS
  const orphanError = `${orphans} updates name no message of ours`
  return {
    id: event.id,
    nextTryAt: isOver ? null : nextTryAt,
    error: error === null ? orphanError : `${orphanError}; ${error}`,
  }
}
