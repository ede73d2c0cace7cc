// The row of a sender as the claim sees it: may it send, how fast, to how many more people today. Read and written in the
// claim's transaction, so that every process holds the same limits.
import { AppError } from '../domain/errors.ts'
import { possibleHold, possiblePast } from '../domain/possible-instant.ts'
import {
  clockShiftUs,
  cutAhead,
  decidePace,
  type Pace,
  type PaceClock,
  type PaceState,
  shifted,
} from '../domain/rate.ts'
import { DAY_MS } from '../domain/time-zone.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'

export interface SenderGate extends PaceState {
  status: 'active' | 'paused'
  holdUntil: number | null
  throttles: number
  pairIntervalMs: number
  takesGroups: number
  dailyLimit: number | null
  dailyUsed: number
  dailyHorizonAt: number
  /** By which the instants of its pace were written; null before the first claim and on a server. */
  clock: PaceClock | null
}

export async function readSenderGate(tx: WriteTx, senderId: number, now: Present): Promise<SenderGate> {
  const row = await tx.get<Omit<SenderGate, 'clock'> & { paceBoot: string | null; paceAheadUs: number | null }>(
    `SELECT status, rate_per_second AS ratePerSecond, last_start_at_us AS lastStartAtUs, pace_node_id AS nodeId,
            sole_until_us AS soleUntilUs, shared_until_us AS sharedUntilUs, hold_until AS holdUntil, throttles,
            pair_interval_ms AS pairIntervalMs, takes_groups AS takesGroups, daily_limit AS dailyLimit,
            daily_used AS dailyUsed, daily_horizon_at AS dailyHorizonAt, pace_boot AS paceBoot,
            pace_ahead_us AS paceAheadUs
     FROM senders WHERE id = ?`,
    [senderId],
  )
  if (row === undefined) throw new AppError('sender.not_found', `sender ${senderId} is gone`)
  const { paceBoot, paceAheadUs, ...sender } = row
  const clock = paceBoot === null || paceAheadUs === null ? null : { boot: paceBoot, aheadUs: paceAheadUs }
  const possible = { ...sender, clock, holdUntil: possibleHold(sender.holdUntil, now) }
  return sender.dailyLimit === null ? possible : withoutOldPeople(tx, senderId, possible, now)
}

/** People whose last message left the 24 hours since the last claim no longer count. */
async function withoutOldPeople(tx: WriteTx, senderId: number, sender: SenderGate, now: Present): Promise<SenderGate> {
  return { ...sender, dailyUsed: await countDailyUse(tx, senderId, sender, now), dailyHorizonAt: now - DAY_MS }
}

/** How many people count at an instant: those of the last claim, less those whose 24 hours are over since. */
export async function countDailyUse(
  tx: ReadTx,
  senderId: number,
  { dailyUsed, dailyHorizonAt }: Pick<SenderGate, 'dailyUsed' | 'dailyHorizonAt'>,
  now: number,
): Promise<number> {
  const horizon = now - DAY_MS
  const isFirst = dailyHorizonAt === 0 || possiblePast(dailyHorizonAt, now) === null
  const [from, until] = isFirst ? [horizon, Number.MAX_SAFE_INTEGER] : [dailyHorizonAt, horizon]
  const row = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM contact_senders WHERE sender_id = ? AND last_claim_at > ? AND last_claim_at <= ?`,
    [senderId, from, until],
  )
  const count = row?.count ?? 0
  return isFirst ? count : dailyUsed - count
}

/** When a full daily limit has its next place; `over`: people who count beyond the limit. */
export async function nextDailyPlace(
  tx: ReadTx,
  senderId: number,
  { now, over }: { now: number; over: number },
): Promise<number | null> {
  const row = await tx.get<{ at: number }>(
    `SELECT last_claim_at AS at FROM contact_senders WHERE sender_id = ? AND last_claim_at > ?
     ORDER BY last_claim_at LIMIT 1 OFFSET ?`,
    [senderId, now - DAY_MS, over],
  )
  return row === undefined ? null : row.at + DAY_MS
}

/**
 * The same sender by the clock of this process. Where it was set, or is not the one of who claimed last, the moments of the
 * last starts are written anew by it, those of the sender's campaigns too: a second stays a second.
 */
export async function inOwnTime(
  tx: WriteTx,
  senderId: number,
  sender: SenderGate,
  clock: PaceClock | undefined,
): Promise<SenderGate> {
  if (clock === undefined) return sender
  const shiftUs = clockShiftUs(sender.clock, clock)
  if (shiftUs === 0) return sender
  const own = { ...shifted(sender, shiftUs), clock }
  await tx.run(
    `UPDATE senders SET last_start_at_us = ?, sole_until_us = ?, shared_until_us = ?, pace_boot = ?, pace_ahead_us = ?
     WHERE id = ?`,
    [own.lastStartAtUs, own.soleUntilUs, own.sharedUntilUs, clock.boot, clock.aheadUs, senderId],
  )
  await tx.run('UPDATE campaigns SET last_start_at_us = last_start_at_us + ? WHERE sender_id = ?', [shiftUs, senderId])
  return own
}

/** The pace at which a node takes slots; while another node has its turn, this one asks for its own. */
export async function takePace(
  tx: WriteTx,
  { senderId, nodeId, now }: { senderId: number; nodeId: number; now: Present },
  sender: SenderGate,
): Promise<Pace | { waitUntilUs: number }> {
  const pace = decidePace(await withoutInstantsAhead(tx, senderId, sender, now * 1000), nodeId, now * 1000)
  if ('waitUntilUs' in pace)
    await tx.run('UPDATE senders SET shared_until_us = ? WHERE id = ?', [pace.sharedUntilUs, senderId])
  return pace
}

/** What a clock that ran ahead has left keeps the sender waiting for a moment, not until it is due. */
async function withoutInstantsAhead(
  tx: WriteTx,
  senderId: number,
  sender: SenderGate,
  nowUs: number,
): Promise<PaceState> {
  const cut = cutAhead(sender, nowUs)
  const { lastStartAtUs, soleUntilUs, sharedUntilUs } = cut
  const isCut =
    lastStartAtUs !== sender.lastStartAtUs ||
    soleUntilUs !== sender.soleUntilUs ||
    sharedUntilUs !== sender.sharedUntilUs
  if (isCut)
    await tx.run('UPDATE senders SET last_start_at_us = ?, sole_until_us = ?, shared_until_us = ? WHERE id = ?', [
      lastStartAtUs,
      soleUntilUs,
      sharedUntilUs,
      senderId,
    ])
  return cut
}

interface Slots {
  nodeId: number
  pace: Pace
  lastStartAtUs: number | null
  clock: PaceClock | undefined
}

/** The newest slot that a claim has taken. */
export async function writeSlots(
  tx: WriteTx,
  senderId: number,
  { nodeId, pace, lastStartAtUs, clock }: Slots,
): Promise<void> {
  const { soleUntilUs, sharedUntilUs } = pace.after
  await tx.run(
    `UPDATE senders SET last_start_at_us = ?, pace_node_id = ?, sole_until_us = ?, shared_until_us = ?, pace_boot = ?,
            pace_ahead_us = ? WHERE id = ?`,
    [lastStartAtUs, nodeId, soleUntilUs, sharedUntilUs, clock?.boot ?? null, clock?.aheadUs ?? null, senderId],
  )
}

export async function writeDailyUse(
  tx: WriteTx,
  senderId: number,
  { dailyUsed, dailyHorizonAt }: Pick<SenderGate, 'dailyUsed' | 'dailyHorizonAt'>,
): Promise<void> {
  await tx.run('UPDATE senders SET daily_used = ?, daily_horizon_at = ? WHERE id = ?', [
    dailyUsed,
    dailyHorizonAt,
    senderId,
  ])
}

/** A node that stops in good order: the next one waits for its last start only, not for what it could have begun. */
export async function releasePace(
  tx: WriteTx,
  senderId: number,
  nodeId: number,
  lastStartUs: number | null,
): Promise<void> {
  await tx.run(
    `UPDATE senders SET pace_node_id = NULL, sole_until_us = ?, last_start_at_us = ${tx.sql.larger('coalesce(last_start_at_us, 0)', 'coalesce(?, 0)')}
     WHERE id = ? AND pace_node_id = ?`,
    [lastStartUs, lastStartUs, senderId, nodeId],
  )
}
