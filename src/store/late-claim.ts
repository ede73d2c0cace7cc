// Claimed messages whose call could not begin in time: a new slot for the late, and for the very late the checks again.
import type { ClaimRules } from '../domain/message-rules.ts'
import { nextAllowedAt } from '../domain/quiet-hours.ts'
import { lastSlotUs, meetsOthers, nextSlotUs, type SlotSharing, sharedRate } from '../domain/rate.ts'
import { type SuppressionScope, stops } from '../domain/suppression.ts'
import type { ClaimedMessage } from './claim.ts'
import type { WriteTx } from './database.ts'

export interface SlotRequest {
  senderId: number
  count: number
  /** Ids of the campaigns whose calls wait. */
  campaigns: Iterable<number>
  /** No slot before this instant. */
  fromUs: number
  sharing: SlotSharing
}

/**
 * New start slots (µs) in place of ones that passed unused, behind all that were given out. The campaigns whose calls
 * wait for them move their own last slot along, so that a campaign's rate holds too.
 */
export async function replaceSlots(
  tx: WriteTx,
  request: SlotRequest,
): Promise<{ slots: number[]; metOthers: boolean }> {
  const { senderId, count, campaigns, fromUs, sharing } = request
  const sender = await tx.get<{ ratePerSecond: number; lastStartAtUs: number | null }>(
    `SELECT rate_per_second AS ratePerSecond, last_start_at_us AS lastStartAtUs FROM senders WHERE id = ?`,
    [senderId],
  )
  if (sender === undefined || count < 1) return { slots: [], metOthers: false }
  const slots: number[] = []
  const metOthers = meetsOthers(sender.lastStartAtUs, sharing)
  const rate = sharedRate(sender.ratePerSecond, sharing.isShared || metOthers)
  const before = lastSlotUs(sender.lastStartAtUs, sender.ratePerSecond, sharing)
  for (let last = before; slots.length < count; slots.push(last)) last = nextSlotUs(last, rate, fromUs)
  const last = slots.at(-1) ?? fromUs
  await tx.run(`UPDATE senders SET last_start_at_us = ? WHERE id = ?`, [last, senderId])
  await tx.runEach(
    `UPDATE campaigns SET last_start_at_us = ? WHERE id = ? AND last_start_at_us < ?`,
    [...campaigns].map((id) => [last, id, last]),
  )
  return { slots, metOthers }
}

/** Attempts that must not begin any more: paused, suppressed, expired or quiet since they were claimed. */
export async function listStopped(
  tx: WriteTx,
  messages: readonly ClaimedMessage[],
  rules: ReadonlyMap<number, ClaimRules>,
  now: number,
): Promise<Set<number>> {
  const stopped = new Set<number>()
  for (const message of messages) {
    const row = await tx.get<{ canSend: number; zone: string | null; scope: SuppressionScope | null }>(
      `SELECT s.status = 'active' AND (c.status = 'running' OR r.kind = 'test') AS canSend, k.zone,
              (SELECT min(x.scope) FROM suppressions x WHERE x.key = k.key) AS scope
       FROM runs r JOIN campaigns c ON c.id = r.campaign_id JOIN senders s ON s.id = r.sender_id JOIN contacts k ON k.id = ?
       WHERE r.id = ?`,
      [message.contactId, message.runId],
    )
    const rule = rules.get(message.revisionId)
    const isQuiet =
      rule?.quietHours != null && (nextAllowedAt(row?.zone ?? rule.fallbackZone, now, rule.quietHours) ?? now) > now
    const isSuppressed = row?.scope != null && (rule === undefined || stops(row.scope, rule.useCase))
    if (row === undefined || row.canSend === 0 || isQuiet || isSuppressed || now >= message.expiresAt)
      stopped.add(message.attemptId)
  }
  return stopped
}
