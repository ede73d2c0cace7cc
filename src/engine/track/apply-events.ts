// Stored callbacks → status, suppressions, sessions.
// Reads webhook events; writes messages, attempts, suppressions and the mark on the event, in one transaction. Safe to
// kill: what was not marked is applied again, with the same result.
import { formatId, parseReference } from '../../domain/ids.ts'
import { readLimits } from '../../domain/limits.ts'
import { type DeliveryFacts, mergeStatus, messageMoves } from '../../domain/message-status.ts'
import { parsePhone } from '../../domain/phone.ts'
import { decideRecord, type RecordDecision } from '../../domain/retry.ts'
import { isStopWord } from '../../domain/suppression.ts'
import { DAY_MS } from '../../domain/time-zone.ts'
import type { WebhookItem } from '../../providers/provider.ts'
import { type Attempt, findAttempt, findAttemptByTrackingId, noteCoolOff, setTrackingId } from '../../store/attempts.ts'
import { releaseCapUse, takeCapUse } from '../../store/caps.ts'
import { blockPair, noteInbound } from '../../store/contact-senders.ts'
import { upsertContact } from '../../store/contacts.ts'
import { CountChanges } from '../../store/counts.ts'
import type { WriteTx } from '../../store/database.ts'
import { findMessageState, type MessageState, moveMessage, notesOf } from '../../store/messages.ts'
import { listOpenRunsOf } from '../../store/people.ts'
import { canSendAgain } from '../../store/runs.ts'
import { findSetting } from '../../store/settings.ts'
import { suppress } from '../../store/suppressions.ts'
import {
  type EventMark,
  listDueEvents,
  markEvents,
  nextEventAt,
  type WebhookEvent,
} from '../../store/webhook-events.ts'
import type { Context } from '../context.ts'
import { finishIfDone, reopenIfFinished } from '../finish.ts'
import type { ConnectedSender, SenderConnections } from '../sender-connections.ts'

/** Events read at once; a callback of Meta may hold a thousand changes. */
const EVENTS_PER_PASS = 200
/** Items applied in one transaction. */
const ITEMS_PER_TRANSACTION = 200
/** A callback that overtook our own result is tried again soon; one that belongs to nobody less and less often. */
const RETRY_AFTER_MS = [1_000, 5_000, 30_000, 300_000, 3_600_000, 6 * 3_600_000]

/** An event on its way: what it says, and what came of it so far. */
interface OpenEvent {
  event: WebhookEvent
  connected: ConnectedSender
  items: WebhookItem[]
  problems: string[]
  orphans: number
}

/** Applies what is due. Returns when to look again, or true when there is more. */
export async function applyEvents(ctx: Context, connections: SenderConnections): Promise<true | number | null> {
  const events = await ctx.db.read((tx) => listDueEvents(tx, ctx.clock.now(), EVENTS_PER_PASS))
  if (events.length === 0) return ctx.db.read(nextEventAt)
  const open: OpenEvent[] = []
  const senders = new Map<number, ConnectedSender>()
  for (const event of events) {
    const connected = senders.get(event.senderId) ?? (await connections.get(event.senderId))
    senders.set(event.senderId, connected)
    open.push({ event, connected, items: readItems(connected, event), problems: [], orphans: 0 })
  }
  const nodeId = await ctx.node.id()
  for (const part of partsOf(open)) await applyPart(ctx, part, nodeId)
  return true
}

/** Some items of an event; the last of them marks it. */
interface EventPart {
  open: OpenEvent
  items: WebhookItem[]
  isLast: boolean
}

/** Small callbacks share a transaction, large ones take several. */
function partsOf(events: OpenEvent[]): EventPart[][] {
  const groups: EventPart[][] = []
  let room = 0
  for (const open of events) {
    for (let i = 0; i === 0 || i < open.items.length; ) {
      if (room < 1) {
        groups.push([])
        room = ITEMS_PER_TRANSACTION
      }
      const items = open.items.slice(i, i + room)
      i += Math.max(1, items.length)
      room -= Math.max(1, items.length)
      groups.at(-1)?.push({ open, items, isLast: i >= open.items.length })
    }
  }
  return groups
}

async function applyPart(ctx: Context, parts: EventPart[], nodeId: number): Promise<void> {
  await ctx.db.write(async (tx) => {
    const now = ctx.clock.now()
    const installation = (await findSetting(tx, 'installation')) ?? ''
    const counts = new CountChanges()
    const runs = new Set<number>()
    const marks: EventMark[] = []
    for (const { open, items, isLast } of parts) {
      const application = new Application({ tx, ...open, now, installation, counts, runs })
      for (const item of items) {
        const outcome = await application.apply(item)
        if (outcome === 'orphan') open.orphans++
        else if (outcome !== 'done') open.problems.push(outcome)
      }
      if (isLast) marks.push(markOf(ctx, open))
    }
    await counts.write(tx, nodeId)
    for (const runId of runs) await finishIfDone(tx, runId, now)
    await markEvents(tx, marks, now)
  })
}

function readItems(connected: ConnectedSender, event: WebhookEvent): WebhookItem[] {
  try {
    return connected.driver.parseWebhook(event.body)
  } catch (error) {
    return [{ kind: 'unreadable', why: String(error).slice(0, 200) }]
  }
}

/** What is left to do with an event: nothing, or another look for messages that are not known yet. */
function markOf(ctx: Context, { event, problems, orphans }: OpenEvent): EventMark {
  const error = problems.length === 0 ? null : problems.slice(0, 5).join('; ')
  if (orphans === 0) return { id: event.id, nextTryAt: null, error }
  const waitMs = RETRY_AFTER_MS[Math.min(event.tries, RETRY_AFTER_MS.length - 1)] ?? DAY_MS
  const nextTryAt = ctx.clock.now() + waitMs
  const isOver = nextTryAt > event.receivedAt + ctx.config.orphanDays * DAY_MS
  const orphanError = `${orphans} updates name no message of ours`
  return {
    id: event.id,
    nextTryAt: isOver ? null : nextTryAt,
    error: error === null ? orphanError : `${orphanError}; ${error}`,
  }
}

type StatusItem = Extract<WebhookItem, { kind: 'status' }>
type ItemOutcome = 'done' | 'orphan' | (string & {})

interface ApplicationFacts {
  tx: WriteTx
  connected: ConnectedSender
  event: WebhookEvent
  now: number
  installation: string
  counts: CountChanges
  /** Collects the runs in which something changed. */
  runs: Set<number>
}

/** The items of one event within a transaction. */
class Application {
  readonly #tx: WriteTx
  readonly #connected: ConnectedSender
  readonly #event: WebhookEvent
  readonly #now: number
  readonly #installation: string
  readonly #counts: CountChanges
  readonly #runs: Set<number>

  constructor({ tx, connected, event, now, installation, counts, runs }: ApplicationFacts) {
    this.#tx = tx
    this.#connected = connected
    this.#event = event
    this.#now = now
    this.#installation = installation
    this.#counts = counts
    this.#runs = runs
  }

  async apply(item: WebhookItem): Promise<ItemOutcome> {
    switch (item.kind) {
      case 'status':
        return this.#applyStatus(item)
      case 'inbound':
        return this.#applyInbound(item)
      case 'preference':
        return this.#applyPreference(item)
      case 'ignored':
        return 'done'
      case 'unreadable':
        return item.why
    }
  }

  async #applyStatus(item: StatusItem): Promise<ItemOutcome> {
    const attempt = await this.#attemptOf(item)
    if (attempt === undefined) return 'orphan'
    if (item.trackingId !== null)
      await setTrackingId(this.#tx, attempt, this.#connected.sender.account, item.trackingId)
    const state = await findMessageState(this.#tx, attempt.messageId)
    if (state === undefined) return 'orphan'
    await this.#moveBy(state, attempt, item)
    if (item.suppress !== undefined)
      await this.#suppress({ contactId: state.contactId }, item.suppress, `status of ${formatId('message', state.id)}`)
    return 'done'
  }

  /** By our reference first: it names one attempt; else by the tracking id that the provider gave us. */
  async #attemptOf(item: StatusItem): Promise<Attempt | undefined> {
    const reference = item.reference === null ? undefined : parseReference(item.reference)
    if (reference !== undefined && reference.installation === this.#installation)
      return findAttempt(this.#tx, reference.attemptId)
    return item.trackingId === null
      ? undefined
      : findAttemptByTrackingId(this.#tx, this.#connected.sender.account, item.trackingId)
  }

  async #moveBy(state: MessageState, attempt: Attempt, item: StatusItem): Promise<void> {
    if (isOvertakenByRetry(state, attempt, item)) return
    const isEnded = state.status === 'skipped' || state.status === 'expired' || state.status === 'cancelled'
    const merged = mergeStatus(factsOf(state, attempt), { status: item.status, at: this.#instantOf(item.at) })
    const retry = merged.status === 'failed' && !isEnded ? await this.#coolOff(state, attempt, item) : undefined
    const status = isEnded ? state.status : (retry?.to ?? merged.status)
    const before = state.status
    await this.#stepOver(state, status)
    await moveMessage(
      this.#tx,
      state,
      {
        ...merged,
        status,
        reason: isEnded ? state.reason : status === 'failed' ? (item.error?.code ?? state.reason ?? 'unknown') : null,
        detail: item.error?.text ?? null,
        notes: [
          ...new Set([...merged.notes, ...(item.notes ?? []), ...(isEnded ? (['late_evidence'] as const) : [])]),
        ].sort(),
        // A new attempt begins: what the last one came to stands on its attempt.
        ...(retry?.dueAt !== undefined && {
          dueAt: retry.dueAt,
          waitReason: retry.waitReason ?? null,
          acceptedAt: null,
          sentAt: null,
          failedAt: null,
        }),
      },
      this.#counts,
    )
    this.#runs.add(state.runId)
    if (status === 'pending') await reopenIfFinished(this.#tx, state.runId, this.#now)
    if (status === 'failed' || status === 'pending') await this.#releaseCap(state)
    else if (before === 'failed' || before === 'pending') await takeCapUse(this.#tx, state.id, this.#now)
  }

  /** A status that is two steps away passes through `accepted`: the provider has it, so it has accepted it. */
  async #stepOver(state: MessageState, to: MessageState['status']): Promise<void> {
    if (
      state.status === to ||
      messageMoves[state.status].includes(to) ||
      !messageMoves[state.status].includes('accepted')
    )
      return
    await moveMessage(this.#tx, state, { status: 'accepted', reason: null }, this.#counts)
    state.status = 'accepted'
    state.reason = null
  }

  /** Another attempt after a cool-off, for the one failure that providers document as such. */
  async #coolOff(state: MessageState, attempt: Attempt, item: StatusItem): Promise<RecordDecision | undefined> {
    if (item.isCoolOff !== true || item.error === undefined || state.attemptId !== attempt.id) return undefined
    if (!(await canSendAgain(this.#tx, state.runId))) return undefined
    const coolOffs = await noteCoolOff(this.#tx, attempt)
    const facts = {
      attempts: state.attempts,
      expiresAt: state.expiresAt,
      pairThrottles: 0,
      coolOffs,
      senderThrottles: 0,
    }
    const decision = decideRecord({ kind: 'cool_off', error: item.error }, facts, this.#now, 0)
    if (decision.blockContactUntil !== undefined)
      await blockPair(this.#tx, state.contactId, this.#connected.sender.id, decision.blockContactUntil)
    return decision
  }

  /** A later failure gives the place back, unless a rule counts failures too. */
  async #releaseCap(state: MessageState): Promise<void> {
    const limits = readLimits(await findSetting(this.#tx, 'limits'))
    if (!limits.caps.some((rule) => rule.isEnabled && rule.countFailed)) await releaseCapUse(this.#tx, state.id)
  }

  /** Provider clocks more than a day away from ours are shown nowhere. */
  #instantOf(at: number | null): number {
    return at === null || Math.abs(at - this.#event.receivedAt) > DAY_MS ? this.#event.receivedAt : at
  }

  async #applyInbound(item: Extract<WebhookItem, { kind: 'inbound' }>): Promise<ItemOutcome> {
    const parsed = parsePhone(item.phone)
    if (parsed.reject !== undefined) return `inbound message from ${parsed.reject.code}`
    const contact = await upsertContact(this.#tx, parsed.phone, this.#now)
    await noteInbound(this.#tx, contact.id, this.#connected.sender.id, this.#instantOf(item.at))
    const asksToStop = [item.text, item.buttonPayload].some((text) => text !== null && isStopWord(text))
    if (asksToStop)
      await this.#suppress(
        { contactId: contact.id },
        { scope: 'marketing', reason: 'opted_out' },
        `wrote "${(item.text ?? '').slice(0, 60)}"`,
      )
    return 'done'
  }

  async #applyPreference(item: Extract<WebhookItem, { kind: 'preference' }>): Promise<ItemOutcome> {
    // WhatsApp's own "resume" lifts nothing here: lifting needs a person and evidence.
    if (item.wants !== 'stop') return 'done'
    const parsed = parsePhone(item.phone)
    if (parsed.reject !== undefined) return `preference of ${parsed.reject.code}`
    const contact = await upsertContact(this.#tx, parsed.phone, this.#now)
    await this.#suppress(
      { contactId: contact.id },
      { scope: 'marketing', reason: 'opted_out' },
      `stopped marketing in WhatsApp: ${item.detail.slice(0, 100)}`,
    )
    return 'done'
  }

  async #suppress(whom: { contactId: number }, what: NonNullable<StatusItem['suppress']>, why: string): Promise<void> {
    const evidence = `${why} (${formatId('webhookEvent', this.#event.id)})`
    await suppress(this.#tx, { ...whom, ...what, evidence }, this.#now, this.#counts)
    for (const runId of await listOpenRunsOf(this.#tx, whom.contactId)) this.#runs.add(runId)
  }
}

function factsOf(state: MessageState, attempt: Attempt): DeliveryFacts {
  return {
    ...state,
    isFailedByAnswer:
      state.status === 'failed' &&
      attempt.outcome !== 'accepted' &&
      attempt.outcome !== 'unknown' &&
      attempt.outcome !== null,
    notes: notesOf(state.notes),
  }
}

/** After a cool-off was decided, late news that the message had been on its way change nothing; arrival does. */
function isOvertakenByRetry(state: MessageState, attempt: Attempt, item: StatusItem): boolean {
  return (
    state.status === 'pending' &&
    attempt.outcome === 'cool_off' &&
    item.status !== 'delivered' &&
    item.status !== 'read'
  )
}
