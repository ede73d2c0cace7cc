// Proof for unknown messages: the provider is asked where it can be; what the campaign's delivery policy allows is done
// when it cannot. Silence is never proof.
// Reads unknown messages, sender by sender, from the sender's mark on; writes what was proved, and at the end of the time
// in which proof is sought, that nobody knows. Safe to kill: asking again changes nothing.

import type { CampaignDefinition } from '../../domain/campaign.ts'
import { PROOF_EXPIRED_REASON } from '../../domain/message-status.ts'
import { takenCodes } from '../../domain/send-result.ts'
import { HOUR_MS } from '../../domain/time-zone.ts'
import type { ToldStatus } from '../../domain/told-status.ts'
import type { LookUpResult } from '../../providers/provider.ts'
import { getRevision } from '../../store/campaigns.ts'
import { CountChanges, NO_NODE } from '../../store/counts.ts'
import type { WriteTx } from '../../store/database.ts'
import { readOrigin } from '../../store/incarnation.ts'
import { findMessageState, moveMessage } from '../../store/messages.ts'
import { forgetProved, listSendersToProve, listUnproved } from '../../store/proof-runs.ts'
import { canSendAgain } from '../../store/runs.ts'
import { lockSenders, type Sender } from '../../store/senders.ts'
import { settleUnknown } from '../../store/settle-unknown.ts'
import { applyTold } from '../../store/told.ts'
import { placeOfMessage, type UnknownMessage } from '../../store/unknown-messages.ts'
import { finishIfDone } from '../campaigns/finish.ts'
import type { Context } from '../context.ts'
import { doDuty, type HeldDuty } from '../duties/duty.ts'
import { canBeAskedNow, eachInTurn, questionSpaceMs, unlessAborted } from '../senders/ask-in-turn.ts'
import type { ConnectedSender, SenderConnections } from '../senders/sender-connections.ts'

/** A request can still arrive, and a provider's own books lag: nothing is concluded before. */
const QUARANTINE_MS = 5 * 60_000
/** Messages read at once. */
const PAGE = 200

export interface ProofOptions {
  /** Our name for an attempt, as the provider got it. */
  reference: (attemptId: number) => string
  signal: AbortSignal
}

/** Asks and decides once for every unknown message, each sender beside the others. Returns how many were settled. */
export async function seekProof(ctx: Context, connections: SenderConnections, options: ProofOptions): Promise<number> {
  const senderIds = await ctx.db.read(listSendersToProve)
  const settled = await Promise.all(
    senderIds.map((senderId) => proveSender(ctx, connections, { senderId, ...options })),
  )
  return settled.reduce((sum, count) => sum + count, 0)
}

interface SenderProof extends ProofOptions {
  senderId: number
}

/**
 * The round of one sender through its unknown messages, from its mark on. Throws the error of a message that failed when
 * the others are done.
 */
export async function proveSender(
  ctx: Context,
  connections: SenderConnections,
  { senderId, ...options }: SenderProof,
): Promise<number> {
  const round = await doDuty(ctx, { work: 'proof', subjectId: senderId }, async (duty) => {
    const value: Round = { settled: 0, failures: [] }
    for (let after = markOf(duty.mark); ; ) {
      const page = await ctx.db.read(async (tx) =>
        listUnproved(tx, { senderId, after: await placeOfMessage(tx, after), limit: PAGE }),
      )
      after = page.length < PAGE ? 0 : (page.at(-1)?.id ?? 0)
      const mark = after
      // Before anything is asked: a page that fails is not in the way of the next one.
      await duty.write(async (tx) => {
        await duty.move(tx, mark)
        if (mark === 0) await forgetProved(tx, senderId)
      })
      if (page.length > 0)
        await provePage(ctx, { page, round: value, duty, connected: await connections.get(senderId), ...options })
      if (after === 0 || options.signal.aborted) return { isDone: false, value }
    }
  })
  if (round !== undefined && round.failures.length > 0) throw round.failures.at(-1)
  return round?.settled ?? 0
}

interface Round {
  settled: number
  failures: unknown[]
}

function markOf(mark: unknown): number {
  return typeof mark === 'number' ? mark : 0
}

interface Page extends ProofOptions {
  page: readonly UnknownMessage[]
  connected: ConnectedSender
  duty: HeldDuty
  round: Round
}

async function provePage(ctx: Context, { page, round, ...asked }: Page): Promise<void> {
  const { sender, driver } = asked.connected
  const windowMs = ctx.config.unknownProofHours * HOUR_MS
  const isOver = ({ startedAt }: UnknownMessage) => ageOf(ctx, startedAt) > windowMs
  const ripe = page.filter(({ startedAt }) => ageOf(ctx, startedAt) >= QUARANTINE_MS)
  const over = ripe.filter(isOver)
  const open = ripe.filter((message) => !isOver(message))
  const { signal, duty } = asked
  const policies = await readPolicies(ctx, page)
  const inTurn = async (items: UnknownMessage[], spaceMs: number, act: (message: UnknownMessage) => Promise<boolean>) =>
    round.failures.push(
      ...(await eachInTurn(ctx, { items, spaceMs, signal }, async (message) => {
        if (await act(message)) round.settled++
      })),
    )
  await inTurn(over, 0, (message) => giveUp(message, { policies, duty }))
  if (driver.lookUp === undefined) await inTurn(open, 0, (message) => decideByPolicy(message, { policies, duty }))
  else if (canBeAskedNow(ctx, sender))
    await inTurn(open, questionSpaceMs(ctx, sender), (message) => settle(message, { ...asked, policies }))
}

/** By the revision that a message is of: a page of messages has few. */
type Policies = ReadonlyMap<number, CampaignDefinition['delivery']>

interface Deciding {
  policies: Policies
  duty: HeldDuty
}

async function readPolicies(ctx: Context, page: readonly UnknownMessage[]): Promise<Policies> {
  const ids = [...new Set(page.map(({ revisionId }) => revisionId))]
  return ctx.db.read(async (tx) => {
    const policies = new Map<number, CampaignDefinition['delivery']>()
    for (const id of ids) policies.set(id, (await getRevision(tx, id)).definition.delivery)
    return policies
  })
}

/** Since when the answer is overdue. */
function ageOf(ctx: Context, startedAt: number): number {
  return ctx.clock.now() - startedAt - ctx.config.callDeadlineSeconds * 1000
}

interface Proof {
  told: ToldStatus
  sender: Sender
}

async function settle(
  message: UnknownMessage,
  { connected, policies, duty, reference, signal }: ProofOptions & Deciding & { connected: ConnectedSender },
): Promise<boolean> {
  const { driver, sender } = connected
  const question = driver.lookUp?.({
    trackingId: message.trackingId,
    reference: reference(message.attemptId),
    to: message.phone,
    startedAt: message.startedAt,
  })
  const answer = await unlessAborted(question, signal)
  if (signal.aborted) return false
  if (answer?.found === true) {
    const told = { ...answer, reference: null }
    return duty.write((tx) => acceptProof(tx, message, { told, sender }))
  }
  return decideByPolicy(message, { policies, duty, answer })
}

/** What the campaign allows when nothing proves that it was accepted. */
async function decideByPolicy(
  message: UnknownMessage,
  { policies, duty, answer }: Deciding & { answer?: LookUpResult | undefined },
): Promise<boolean> {
  const delivery = policies.get(message.revisionId)
  const isProvenLost = answer?.found === false && answer.isProof
  const mayResend = (delivery === 'reconcile' && isProvenLost) || delivery === 'atLeastOnce'
  if (!mayResend || takenCodes.includes(message.reason)) return false
  return duty.write((tx) => resend(tx, message.id))
}

/** Nobody knows, and nobody is asked any more: it stays unknown and says so, unless the campaign sends it again. */
async function giveUp(message: UnknownMessage, { policies, duty }: Deciding): Promise<boolean> {
  if (await decideByPolicy(message, { policies, duty })) return true
  await duty.write(async (tx) => {
    const state = await findMessageState(tx, message.id)
    if (state === undefined || state.status !== 'unknown') return
    const counts = new CountChanges()
    const detail = [message.reason, message.detail].filter((part) => part !== null).join(': ')
    await moveMessage(tx, state, { status: 'unknown', reason: PROOF_EXPIRED_REASON, detail }, counts)
    await counts.write(tx, NO_NODE)
  })
  return false
}

/** What the provider found is believed as if it had told it by itself: what another attempt has sent proves nothing of this one. */
async function acceptProof(
  tx: WriteTx,
  { id: messageId, attemptId }: UnknownMessage,
  { told, sender }: Proof,
): Promise<boolean> {
  await lockSenders(tx, [sender.id])
  const state = await findMessageState(tx, messageId)
  if (state?.status !== 'unknown') return false
  const now = await tx.now()
  const counts = new CountChanges()
  const origin = await readOrigin(tx)
  const runs = new Set<number>()
  const teller = { origin, sender, askedAbout: attemptId, receivedAt: now, source: 'look-up', now, counts, runs }
  await applyTold(tx, told, teller)
  await counts.write(tx, NO_NODE)
  await finishIfDone(tx, runs)
  return (await findMessageState(tx, messageId))?.status !== 'unknown'
}

/** unknown → pending: only by negative proof, by the campaign's policy or by an operator. The place in the caps stays. */
async function resend(tx: WriteTx, messageId: number): Promise<boolean> {
  const state = await findMessageState(tx, messageId)
  const now = await tx.now()
  if (state === undefined || state.status !== 'unknown' || now >= state.expiresAt) return false
  if (!(await canSendAgain(tx, state.runId))) return false
  const counts = new CountChanges()
  await settleUnknown(tx, messageId, { resolution: 'resend', now, counts })
  await counts.write(tx, NO_NODE)
  return true
}
