// Statuses that never came: where a provider can be asked, it is asked a few times about each message that is silent.
// Reads attempts and messages of one sender; writes what the answers say, the way callbacks are written. Safe to kill: how
// far each round has come is written before it asks, so a message is at worst passed over until the next round.

import { HOUR_MS, MINUTE_MS } from '../../domain/time-zone.ts'
import type { ToldStatus } from '../../domain/told-status.ts'
import { getProvider } from '../../providers/registry.ts'
import { CountChanges } from '../../store/counts.ts'
import type { ReadTx } from '../../store/database.ts'
import { readOrigin } from '../../store/incarnation.ts'
import { getSender, listSenders, lockSenders, type Sender } from '../../store/senders.ts'
import { lastAttemptOf, listSilent, type SilentMessage } from '../../store/silent-messages.ts'
import { applyTold } from '../../store/told.ts'
import { finishIfDone } from '../campaigns/finish.ts'
import type { Context } from '../context.ts'
import { doDuty, type HeldDuty } from '../duties/duty.ts'
import { canBeAskedNow, eachInTurn, questionSpaceMs, unlessAborted } from '../senders/ask-in-turn.ts'
import type { ConnectedSender, SenderConnections } from '../senders/sender-connections.ts'

/** Ages at which a silent message is asked about; afterwards it stays as it is. */
export const pollAfterMs = [15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS, 48 * HOUR_MS, 72 * HOUR_MS] as const
/** Too old to ask about, when nobody asked for long. */
const FORGOTTEN_MS = 96 * HOUR_MS
/** Attempts walked through in one slice, and asked about at most. */
const ATTEMPTS_PER_PASS = 2_000
const QUESTIONS_PER_PASS = 200

export interface PollOptions {
  /** Our name for an attempt, as the provider got it. */
  reference: (attemptId: number) => string
  signal: AbortSignal
}

/** Every silent message that is to be asked about, each sender beside the others. */
export async function pollStatuses(ctx: Context, connections: SenderConnections, options: PollOptions): Promise<void> {
  const senders = await ctx.db.read(listSenders)
  await Promise.all(senders.map(({ id }) => pollSender(ctx, connections, { senderId: id, ...options })))
}

interface SenderPolling extends PollOptions {
  senderId: number
}

/** The rounds of one sender, until nothing more is to be asked. */
export async function pollSender(
  ctx: Context,
  connections: SenderConnections,
  { senderId, ...options }: SenderPolling,
): Promise<void> {
  if (!(await canBeAsked(ctx, senderId))) return
  const failures = await doDuty(ctx, { work: 'polling', subjectId: senderId }, async (duty) => {
    const value: unknown[] = []
    for (let marks: readonly number[] = marksOf(duty.mark), hasMore = true; hasMore; ) {
      const slice = await duty.write(async (tx) => {
        const taken = await takeSilent(tx, { senderId, before: marks, now: await tx.now() })
        if (taken.marks.some((mark, round) => mark !== marks[round])) await duty.move(tx, taken.marks)
        return taken
      })
      marks = slice.marks
      if (slice.silent.length > 0)
        value.push(
          ...(await askAll(ctx, {
            connected: await connections.get(senderId),
            messages: slice.silent,
            duty,
            ...options,
          })),
        )
      hasMore = slice.hasMore && !options.signal.aborted && (await canBeAsked(ctx, senderId))
    }
    return { isDone: false, value }
  })
  if (failures !== undefined && failures.length > 0) throw failures.at(-1)
}

async function canBeAsked(ctx: Context, senderId: number): Promise<boolean> {
  const sender = await ctx.db.read((tx) => getSender(tx, senderId))
  const { capabilities } = getProvider(sender.provider, sender.credentials)
  return capabilities.lookUp !== 'none' && canBeAskedNow(ctx, sender)
}

function marksOf(mark: unknown): number[] {
  const known = Array.isArray(mark) ? mark.map(Number) : []
  return pollAfterMs.map((_, round) => known[round] ?? 0)
}

interface Slice {
  silent: SilentMessage[]
  marks: number[]
  hasMore: boolean
}

/** The silent messages that come next, and how far each round has come with them. */
async function takeSilent(
  tx: ReadTx,
  { senderId, before, now }: { senderId: number; before: readonly number[]; now: number },
): Promise<Slice> {
  const slice: Slice = { silent: [], marks: [...before], hasMore: false }
  for (const [round, ageMs] of pollAfterMs.entries()) {
    const after = slice.marks[round] ?? 0
    const through = await lastAttemptOf(tx, after, { startedBy: now - ageMs, limit: ATTEMPTS_PER_PASS })
    if (through === undefined) continue
    const oldestMs = pollAfterMs[round + 1] ?? FORGOTTEN_MS
    const found = (await listSilent(tx, { after, through }, senderId)).filter(
      // What is old enough for the next round is left to that one.
      ({ startedAt, newsAt }) => now - startedAt < oldestMs && now - newsAt >= pollAfterMs[0],
    )
    const taken = found.slice(0, Math.max(0, QUESTIONS_PER_PASS - slice.silent.length))
    slice.silent.push(...taken)
    slice.marks[round] = taken.length === found.length ? through : (taken.at(-1)?.attemptId ?? after)
    slice.hasMore ||= taken.length < found.length || through - after >= ATTEMPTS_PER_PASS
  }
  return slice
}

interface Questions extends PollOptions {
  connected: ConnectedSender
  messages: SilentMessage[]
  duty: HeldDuty
}

/** One after the other, at the sender's pace. Returns what failed. */
async function askAll(ctx: Context, { connected, messages, duty, reference, signal }: Questions): Promise<unknown[]> {
  const { sender, driver } = connected
  const inTurn = { items: messages, spaceMs: questionSpaceMs(ctx, sender), signal }
  return eachInTurn(ctx, inTurn, async (message) => {
    const { trackingId, phone: to, startedAt, attemptId } = message
    const question = driver.lookUp?.({ trackingId, reference: reference(attemptId), to, startedAt })
    const answer = await unlessAborted(question, signal)
    if (answer?.found === true && answer.status !== message.status)
      await applyAnswer(duty, sender, { told: { ...answer, reference: null }, askedAbout: attemptId })
  })
}

/** As if the provider had told it by itself. */
async function applyAnswer(
  duty: HeldDuty,
  sender: Sender,
  { told, askedAbout }: { told: ToldStatus; askedAbout: number },
): Promise<void> {
  await duty.write(async (tx) => {
    await lockSenders(tx, [sender.id])
    const now = await tx.now()
    const counts = new CountChanges()
    const runs = new Set<number>()
    const origin = await readOrigin(tx)
    await applyTold(tx, told, {
      origin,
      sender,
      askedAbout,
      receivedAt: now,
      source: 'look-up',
      now,
      counts,
      runs,
    })
    await counts.write(tx, duty.nodeId)
    await finishIfDone(tx, runs)
  })
}
