// What an item of a callback or of a look-up changes: status, suppressions, sessions, templates. Applied twice, it comes to
// the same.
import { formatId, parseReference } from '../../domain/ids.ts'
import { type DeliveryFacts, mergeStatus, messageMoves } from '../../domain/message-status.ts'
import { parsePhone } from '../../domain/phone.ts'
import { decideRecord, type RecordDecision } from '../../domain/retry.ts'
import { isStopWord } from '../../domain/suppression.ts'
import { DAY_MS, HOUR_MS } from '../../domain/time-zone.ts'
import type { WebhookItem } from '../../providers/provider.ts'
import { type Attempt, findAttempt, findAttemptByTrackingId, noteCoolOff, setTrackingId } from '../../store/attempts.ts'
import { releaseAfterFailure, takeCapUse } from '../../store/caps.ts'
import { blockPair, noteInbound } from '../../store/contact-senders.ts'
import { upsertContact } from '../../store/contacts.ts'
import type { CountChanges } from '../../store/counts.ts'
import type { WriteTx } from '../../store/database.ts'
import { findMessageState, type MessageState, moveMessage, notesOf } from '../../store/messages.ts'
import { listOpenRunsOf } from '../../store/people.ts'
import { canSendAgain } from '../../store/runs.ts'
import { pauseSender, type Sender } from '../../store/senders.ts'
import { suppress } from '../../store/suppressions.ts'
import { reopenIfFinished } from '../campaigns/finish.ts'
import { applyTemplate } from './apply-template.ts'

/** A failure of the account that a callback tells later may be mended already. */
const ACCOUNT_ERROR_MS = HOUR_MS

export type StatusItem = Extract<WebhookItem, { kind: 'status' }>
export type ItemOutcome = 'done' | 'orphan' | (string & {})

export interface ApplicationFacts {
  tx: WriteTx
  sender: Sender
  /** When we were told. */
  receivedAt: number
  /** By what, as it stands in evidence: `whe_12`. */
  source: string
  now: number
  installation: string
  counts: CountChanges
  /** Collects the runs in which something changed. */
  runs: Set<number>
}

/** The items of one event within a transaction. */
export class Application {
  readonly #tx: WriteTx
  readonly #sender: Sender
  readonly #receivedAt: number
  readonly #source: string
  readonly #now: number
  readonly #installation: string
  readonly #counts: CountChanges
  readonly #runs: Set<number>

  constructor({ tx, sender, receivedAt, source, now, installation, counts, runs }: ApplicationFacts) {
    this.#tx = tx
    this.#sender = sender
    this.#receivedAt = receivedAt
    this.#source = source
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
      case 'template':
        await applyTemplate(this.#tx, this.#sender, item, this.#now)
        return 'done'
      case 'ignored':
        return 'done'
      case 'unreadable':
        return item.why
    }
  }

  async #applyStatus(item: StatusItem): Promise<ItemOutcome> {
    const attempt = await this.#attemptOf(item)
    if (attempt === undefined) return item.isHint === true ? 'done' : 'orphan'
    if (item.trackingId !== null) await setTrackingId(this.#tx, attempt, this.#sender.account, item.trackingId)
    const state = await findMessageState(this.#tx, attempt.messageId)
    if (state === undefined) return 'orphan'
    await this.#moveBy(state, attempt, item)
    if (item.isAccountError === true) await this.#pauseSenderOf(attempt, item)
    if (item.suppress !== undefined)
      await this.#suppress({ contactId: state.contactId }, item.suppress, `status of ${formatId('message', state.id)}`)
    return 'done'
  }

  /** What keeps one message keeps all: the others wait, as after such an answer to a call. */
  async #pauseSenderOf(attempt: Attempt, { error }: StatusItem): Promise<void> {
    const isOld = this.#now - attempt.startAtUs / 1000 > ACCOUNT_ERROR_MS
    const detail = `${error?.code ?? ''} ${error?.text ?? ''}. ${error?.advice ?? ''}`.trim()
    if (!isOld) await pauseSender(this.#tx, attempt.senderId, 'account_error', detail)
  }

  /** By our reference first: it names one attempt; else by the tracking id that the provider gave us. */
  async #attemptOf(item: StatusItem): Promise<Attempt | undefined> {
    const reference = item.reference === null ? undefined : parseReference(item.reference)
    if (reference !== undefined && reference.installation === this.#installation)
      return findAttempt(this.#tx, reference.attemptId)
    return item.trackingId === null
      ? undefined
      : findAttemptByTrackingId(this.#tx, this.#sender.account, item.trackingId)
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
    if (status === 'failed' || status === 'pending') await releaseAfterFailure(this.#tx, state.id)
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
      await blockPair(this.#tx, state.contactId, this.#sender.id, decision.blockContactUntil)
    return decision
  }

  /** Provider clocks more than a day away from ours are shown nowhere. */
  #instantOf(at: number | null): number {
    return at === null || Math.abs(at - this.#receivedAt) > DAY_MS ? this.#receivedAt : at
  }

  async #applyInbound(item: Extract<WebhookItem, { kind: 'inbound' }>): Promise<ItemOutcome> {
    const parsed = parsePhone(item.phone)
    if (parsed.reject !== undefined) return `inbound message from ${parsed.reject.code}`
    const contact = await upsertContact(this.#tx, parsed.phone, this.#now)
    await noteInbound(this.#tx, contact.id, this.#sender.id, this.#instantOf(item.at))
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
    const evidence = `${why} (${this.#source})`
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
