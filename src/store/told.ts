// What providers tell after the call, by callback or when they are asked: facts of one attempt, found by our reference or
// their tracking id and believed only where epoch, account and recipient agree. Applied twice, it comes to the same.
import { isRecipient } from '../domain/group.ts'
import { formatId, isReferenceOf, type Origin, parseReference, type Reference } from '../domain/ids.ts'
import { factOf, withStatus } from '../domain/message-status.ts'
import { type Consequences, decideTold, type RecordDecision } from '../domain/retry.ts'
import { type Failure, outcomeOf } from '../domain/send-result.ts'
import { DAY_MS, HOUR_MS } from '../domain/time-zone.ts'
import type { ToldStatus } from '../domain/told-status.ts'
import { findCall, findTrackingId, setFailure, setStatus, setTrackingId } from './attempts.ts'
import { applyConsequences, countSuccesses, failureFacts } from './consequences.ts'
import type { CountChanges } from './counts.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'
import { listFormerNumbers } from './former-numbers.ts'
import { listOpenRunsOf } from './people.ts'
import { canSendAgain } from './runs.ts'
import { suppress } from './suppressions.ts'
import {
  findTracked,
  type Learned,
  settleMessage,
  type TrackedAttempt,
  type TrackedMessage,
} from './tracked-message.ts'
import { learnUserId } from './user-ids.ts'

/** A failure of the account or a throttle that is told later than this after its call may be over already. */
const BRAKE_NEWS_MS = HOUR_MS
/** Provider clocks further away from ours are shown nowhere. */
const CLOCK_ERROR_MS = DAY_MS

/** Who tells, and whom a reference must name to be believed. */
export interface Teller {
  sender: { account: string }
  origin: Origin
  /** The attempt that the provider was asked about; absent when it told by itself. */
  askedAbout?: number | undefined
  /** When we were told. */
  receivedAt: number
  /** By what, as it stands in evidence: `whe_12`. */
  source: string
  now: Present
  counts: CountChanges
  /** Collects the runs in which something may have ended. */
  runs: Set<number>
  /** Called when what tells speaks of a person who was erased. */
  meetErased?: (() => void) | undefined
}

/** `done`, `orphan` (nothing of ours yet: to be tried again), or why it is not believed. */
export async function applyTold(tx: WriteTx, told: ToldStatus, teller: Teller): Promise<string> {
  const found = await findTold(tx, told, teller)
  if (typeof found === 'string') return told.isHint ? 'done' : found
  const { phone, attempt, state } = found
  if (phone === '') teller.meetErased?.()
  else if (told.userId !== undefined) await learnUserId(tx, { contactId: state.contactId, userId: told.userId }, teller)
  // Of an erased person's attempt no name is kept.
  if (told.trackingId !== null && attempt.trackingId === null && phone !== '')
    await setTrackingId(tx, attempt.id, told.trackingId)
  const failure = told.status === 'failed' ? told.failure : undefined
  if (failure === undefined || attempt.failedAt !== null) await applyNews(tx, found, { told, teller })
  if (failure !== undefined) await applyFailure(tx, found, { told, teller, failure })
  if (told.suppress !== undefined) await suppressPerson(tx, found, told.suppress, teller)
  return 'done'
}

/** By what we asked about, or by our reference: each names one attempt; else by the tracking id that the provider gave us. */
async function findTold(tx: ReadTx, told: ToldStatus, teller: Teller): Promise<TrackedMessage | string> {
  const { account } = teller.sender
  const { trackingId } = told
  const reference = told.reference === null ? undefined : parseReference(told.reference)
  const named = teller.askedAbout ?? attemptNamedBy(reference, teller)
  const found =
    named !== undefined
      ? await findTracked(tx, { attemptId: named })
      : trackingId === null
        ? undefined
        : await findTracked(tx, { account, trackingId })
  if (found === undefined) return 'orphan'
  const { attempt } = found
  const name = formatId('attempt', attempt.id)
  if (attempt.account !== account) return `${name} belongs to another account`
  if (reference !== undefined && !isOf(reference, attempt.id, teller)) return `${name} has another reference`
  if (trackingId !== null && attempt.trackingId !== trackingId) {
    const holder = await findTrackingId(tx, account, trackingId)
    if (holder !== undefined) return `${name} has another tracking id, which is of ${formatId('attempt', holder)}`
  }
  return (await isTo(tx, found, told.to)) ? found : `${name} went to another person`
}

/** Whether the recipient that was told is the contact. An erased person has no number to compare with. */
async function isTo(tx: ReadTx, { phone, state }: TrackedMessage, to: string | null | undefined): Promise<boolean> {
  if (to == null || phone === '' || phone === to || phone === `+${to}`) return true
  const contact = await tx.get<{ key: string }>('SELECT key FROM contacts WHERE id = ?', [state.contactId])
  if (contact === undefined) return false
  if (isRecipient(to, { ...contact, phone })) return true
  return (await listFormerNumbers(tx, state.contactId)).some((former) => isRecipient(to, former))
}

/** Only a reference of this installation, of the epoch in which the attempt was made, proves by itself which one is meant. */
function attemptNamedBy(reference: Reference | undefined, { origin }: Teller): number | undefined {
  return reference !== undefined && isReferenceOf(origin, reference) ? reference.attemptId : undefined
}

/** A reference of another life of this database names another call: it contradicts the tracking id beside it. */
function isOf(reference: Reference, attemptId: number, { origin }: Teller): boolean {
  return reference.attemptId === attemptId && isReferenceOf(origin, reference)
}

interface News {
  told: ToldStatus
  teller: Teller
}

/** The attempt with the status that was told. */
function withTold(attempt: TrackedAttempt, { told, teller }: News): TrackedAttempt {
  const { at, status } = told
  const { receivedAt } = teller
  const isTrue = at !== null && Math.abs(at - receivedAt) <= CLOCK_ERROR_MS
  return withStatus(attempt, { status, at: isTrue ? at : receivedAt })
}

async function writeTold(tx: WriteTx, attempt: TrackedAttempt, { status }: ToldStatus): Promise<void> {
  await setStatus(tx, attempt.id, status, attempt[factOf[status]])
}

/** A status that asks for no decision. */
async function applyNews(tx: WriteTx, found: TrackedMessage, news: News): Promise<void> {
  const attempt = withTold(found.attempt, news)
  if (attempt === found.attempt && !news.told.notes?.length) return
  if (attempt !== found.attempt) await writeTold(tx, attempt, news.told)
  await settle(tx, found, { attempt, notes: news.told.notes }, news.teller)
  const hadNews = [found.attempt.sentAt, found.attempt.deliveredAt, found.attempt.readAt].some((at) => at !== null)
  const isGood = attempt.sentAt !== null || attempt.deliveredAt !== null || attempt.readAt !== null
  if (isGood && !hadNews && found.toldOutcomes !== '') await countSuccesses(tx, found.state.campaignId, 'told', 1)
}

/** A failure is decided on once, when it is told first. */
async function applyFailure(tx: WriteTx, found: TrackedMessage, news: News & { failure: Failure }): Promise<void> {
  const { failure, teller } = news
  const { attempt } = found
  const facts = await findCall(tx, attempt.id)
  if (facts === undefined || (attempt.failedAt !== null && facts.providerCode === failure.error.code)) return
  const { senderId, startAtUs } = facts
  const decision = decideTold(failure, await failureFacts(tx, found, senderId), teller.now)
  // What reported the failure before may have known no reason.
  const isFirst = attempt.failedAt === null || facts.providerCode === null
  if (isFirst) await fail(tx, found, { ...news, decision })
  const isOld = teller.now - startAtUs / 1000 > BRAKE_NEWS_MS
  await applyConsequences(tx, consequencesNow(attempt, decision, { isOld, isFirst }), {
    senderId,
    found,
    error: failure.error,
    source: 'told',
    evidence: `status of ${formatId('message', found.state.id)} (${teller.source})`,
    now: teller.now,
    counts: teller.counts,
  })
  if (decision.suppress !== undefined) await collectOpenRuns(tx, found, teller)
}

async function fail(
  tx: WriteTx,
  found: TrackedMessage,
  news: News & { failure: Failure; decision: RecordDecision },
): Promise<void> {
  const { failure, decision, told, teller } = news
  const { error } = failure
  const mayRetry = decision.to === 'pending' && isOnItsWay(found) && (await canSendAgain(tx, found.state.runId))
  const attempt: TrackedAttempt = {
    ...withTold(found.attempt, news),
    ...(mayRetry && { retryAt: decision.dueAt ?? null }),
  }
  await writeTold(tx, attempt, told)
  const text = found.phone === '' ? '' : error.text
  await setFailure(tx, attempt.id, { outcome: outcomeOf(failure), code: error.code, text })
  const learned: Learned = {
    attempt,
    reason: error.code,
    detail: error.text,
    waitReason: decision.waitReason ?? 'retry',
    notes: told.notes,
    isTold: true,
  }
  await settle(tx, found, learned, teller)
}

/** What a failure means for others, as far as it is told for the first time and in time. */
function consequencesNow(
  attempt: TrackedAttempt,
  decision: RecordDecision,
  { isOld, isFirst }: { isOld: boolean; isFirst: boolean },
): Consequences {
  const { sender, campaign, suppress: scope, blockContactUntil } = decision
  // An answer that refused it has counted already.
  const counts = isFirst && attempt.answer !== 'refused'
  return {
    ...(scope !== undefined && { suppress: scope }),
    ...(sender !== undefined && !isOld && (isFirst || 'pause' in sender) && { sender }),
    ...(campaign !== undefined && counts && { campaign }),
    ...(blockContactUntil !== undefined && isFirst && { blockContactUntil }),
  }
}

/** The attempt is the last one, and nothing was decided about it yet. */
function isOnItsWay({ state, attempt }: TrackedMessage): boolean {
  const isOpen =
    state.status === 'sending' || state.status === 'unknown' || state.status === 'accepted' || state.status === 'sent'
  return isOpen && state.attemptId === attempt.id
}

async function settle(tx: WriteTx, found: TrackedMessage, learned: Learned, teller: Teller): Promise<void> {
  const { status, runId } = found.state
  await settleMessage(tx, found, learned, teller)
  // Only what was open can have been the last that held its run.
  if (status === 'pending' || status === 'sending') teller.runs.add(runId)
}

async function suppressPerson(
  tx: WriteTx,
  found: TrackedMessage,
  what: NonNullable<ToldStatus['suppress']>,
  teller: Teller,
): Promise<void> {
  const { contactId, id } = found.state
  const evidence = `status of ${formatId('message', id)} (${teller.source})`
  await suppress(tx, { contactId, ...what, evidence }, teller.now, teller.counts)
  await collectOpenRuns(tx, found, teller)
}

/** A suppression may end what waited last in other runs. */
async function collectOpenRuns(tx: WriteTx, { state }: TrackedMessage, { runs }: Teller): Promise<void> {
  for (const runId of await listOpenRunsOf(tx, state.contactId)) runs.add(runId)
}
