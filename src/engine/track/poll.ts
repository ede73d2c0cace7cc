// Statuses that never came: where a provider can be asked, it is asked a few times about each message that is silent.
// Reads attempts and messages; writes what the answers say, the way callbacks are written. Safe to kill: how far each round
// has come is written before it asks, so a message is at worst passed over until the next round.
import { HOUR_MS, MINUTE_MS } from '../../domain/time-zone.ts'
import { getProvider } from '../../providers/registry.ts'
import { CountChanges } from '../../store/counts.ts'
import { listSenders, type Sender } from '../../store/senders.ts'
import { findSetting, setSetting } from '../../store/settings.ts'
import { lastAttemptOf, listSilent, type SilentMessage } from '../../store/silent-messages.ts'
import { finishIfDone } from '../campaigns/finish.ts'
import type { Context } from '../context.ts'
import type { ConnectedSender, SenderConnections } from '../senders/sender-connections.ts'
import { Application, type StatusItem } from './application.ts'

/** Ages at which a silent message is asked about; afterwards it stays as it is. */
export const pollAfterMs = [15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS, 48 * HOUR_MS, 72 * HOUR_MS] as const
/** Too old to ask about, when nobody asked for long. */
const FORGOTTEN_MS = 96 * HOUR_MS
/** Attempts walked through in one pass, and asked about at most. */
const ATTEMPTS_PER_PASS = 500
const QUESTIONS_PER_PASS = 200
/** A sender at rest may be asked at its whole rate, one at work at a tenth of it. */
const REST_MS = MINUTE_MS
const SHARE_AT_WORK = 0.1

export interface PollOptions {
  /** Our name for an attempt, as the provider got it. */
  reference: (attemptId: number) => string
  signal: AbortSignal
}

/** One bounded pass. Returns whether there may be more to do at once. */
export async function pollStatuses(
  ctx: Context,
  connections: SenderConnections,
  options: PollOptions,
): Promise<boolean> {
  const senders = (await ctx.db.read(listSenders)).filter(canBeAsked)
  if (senders.length === 0) return false
  const { silent, hasMore } = await takeSilent(ctx, senders)
  const askOne = async ({ id }: Sender) => {
    const messages = silent.filter(({ senderId }) => senderId === id)
    if (messages.length > 0) await askAll(ctx, { connected: await connections.get(id), messages, ...options })
  }
  await Promise.all(senders.map(askOne))
  return hasMore
}

function canBeAsked({ provider, credentials, status, pauseReason }: Sender): boolean {
  const isRefused = status === 'paused' && pauseReason === 'account_error'
  return !isRefused && getProvider(provider, credentials).capabilities.lookUp !== 'none'
}

/** The silent messages that come next, with the mark of how far each round has come already moved. */
async function takeSilent(ctx: Context, senders: Sender[]): Promise<{ silent: SilentMessage[]; hasMore: boolean }> {
  return ctx.db.write(async (tx) => {
    const now = ctx.clock.now()
    const before = (await findSetting(tx, 'polledThrough')) ?? []
    const marks = pollAfterMs.map((_, round) => before[round] ?? 0)
    const senderIds = senders.map(({ id }) => id)
    const silent: SilentMessage[] = []
    let hasMore = false
    for (const [round, ageMs] of pollAfterMs.entries()) {
      const after = marks[round] ?? 0
      const through = await lastAttemptOf(tx, after, { startedBy: now - ageMs, limit: ATTEMPTS_PER_PASS })
      if (through === undefined) continue
      const oldestMs = pollAfterMs[round + 1] ?? FORGOTTEN_MS
      const found = (await listSilent(tx, { after, through }, senderIds)).filter(
        // What is old enough for the next round is left to that one.
        ({ startedAt, newsAt }) => now - startedAt < oldestMs && now - newsAt >= pollAfterMs[0],
      )
      const taken = found.slice(0, Math.max(0, QUESTIONS_PER_PASS - silent.length))
      silent.push(...taken)
      marks[round] = taken.length === found.length ? through : (taken.at(-1)?.attemptId ?? after)
      hasMore ||= taken.length < found.length || through - after >= ATTEMPTS_PER_PASS
    }
    if (marks.some((mark, round) => mark !== (before[round] ?? 0))) await setSetting(tx, 'polledThrough', marks)
    return { silent, hasMore }
  })
}

interface Questions extends PollOptions {
  connected: ConnectedSender
  messages: SilentMessage[]
}

/** One after the other, at the sender's pace. */
async function askAll(ctx: Context, { connected, messages, reference, signal }: Questions): Promise<void> {
  const { sender, driver } = connected
  const { clock } = ctx
  const lastStartAt = (sender.lastStartAtUs ?? 0) / 1000
  const share = clock.now() - lastStartAt < REST_MS ? SHARE_AT_WORK : 1
  const spaceMs = 1000 / (sender.ratePerSecond * share)
  if (sender.holdUntil !== null) await clock.wait(sender.holdUntil, signal)
  for (const message of messages) {
    if (signal.aborted) return
    const next = clock.now() + spaceMs
    const { trackingId, phone: to, startedAt, attemptId } = message
    const answer = await driver.lookUp?.({ trackingId, reference: reference(attemptId), to, startedAt })
    if (answer?.found === true && answer.status !== message.status)
      await applyAnswer(ctx, connected.sender, {
        kind: 'status',
        reference: reference(attemptId),
        ...answer,
      })
    await clock.wait(next, signal)
  }
}

/** As if the provider had told it by itself. */
async function applyAnswer(ctx: Context, sender: Sender, item: StatusItem): Promise<void> {
  const nodeId = await ctx.node.id()
  await ctx.db.write(async (tx) => {
    const now = ctx.clock.now()
    const counts = new CountChanges()
    const runs = new Set<number>()
    const installation = (await findSetting(tx, 'installation')) ?? ''
    const facts = { tx, sender, receivedAt: now, source: 'look-up', now, installation, counts, runs }
    await new Application(facts).apply(item)
    await counts.write(tx, nodeId)
    for (const runId of runs) await finishIfDone(tx, runId, now)
  })
}
