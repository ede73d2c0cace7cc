// What one sender and one person have to do with each other.
import { SLOT_NEAR_CLAIM_MS } from '../domain/rate.ts'
import type { CountChanges } from './counts.ts'
import type { WriteTx } from './database.ts'
import { listWaitingOf, redateOf } from './redating.ts'

interface Pair {
  contactId: number
  senderId: number
}

/** The person wrote: a session is open for a day from here, in which no quiet hours hold anything back. */
export async function noteInbound(tx: WriteTx, pair: Pair, at: number, counts: CountChanges): Promise<void> {
  const { contactId, senderId } = pair
  await tx.run(
    `INSERT INTO contact_senders (contact_id, sender_id, last_inbound_at) VALUES (?, ?, ?)
     ON CONFLICT (contact_id, sender_id) DO UPDATE SET last_inbound_at =
       CASE WHEN coalesce(contact_senders.last_inbound_at, 0) < excluded.last_inbound_at THEN excluded.last_inbound_at ELSE contact_senders.last_inbound_at END`,
    [contactId, senderId, at],
  )
  await redateOf(tx, { ...pair, reasons: ['quiet_hours', 'frequency_cap'] }, counts)
}

/** The provider wants no message of this sender to this person for a while. A longer block stays. */
export async function blockPair(tx: WriteTx, contactId: number, senderId: number, until: number): Promise<void> {
  await tx.run(
    `UPDATE contact_senders SET blocked_until = ? WHERE contact_id = ? AND sender_id = ? AND coalesce(blocked_until, 0) < ?`,
    [until, contactId, senderId, until],
  )
}

/** A claim whose call never began. */
export interface UnbegunClaim {
  contactId: number
  attemptId: number
}

/**
 * The people had nothing of these claims, neither for the pair interval nor for the daily limit. A later claim of the same pair
 * is left alone; claims are known by their slots, which are near them.
 */
export async function takeBackClaims(
  tx: WriteTx,
  senderId: number,
  claims: readonly UnbegunClaim[],
  counts: CountChanges,
): Promise<void> {
  const changes = await tx.runEach(
    `UPDATE contact_senders SET last_claim_at = previous_claim_at, previous_claim_at = NULL
     WHERE contact_id = ? AND sender_id = ?
       AND abs(last_claim_at - (SELECT a.start_at_us / 1000 FROM attempts a WHERE a.id = ?)) <= ?`,
    claims.map(({ contactId, attemptId }) => [contactId, senderId, attemptId, SLOT_NEAR_CLAIM_MS]),
  )
  const taken = claims.filter((_, index) => changes[index] === 1).map(({ contactId }) => contactId)
  for (const contactId of await listWaitingOf(tx, taken, 'pair_limit'))
    await redateOf(tx, { contactId, senderId, reasons: ['pair_limit'] }, counts)
  await countBackDailyUse(tx, senderId, taken)
}

/** People whose only claim within the day was taken back have no place in the daily limit. */
async function countBackDailyUse(tx: WriteTx, senderId: number, contactIds: readonly number[]): Promise<void> {
  if (contactIds.length === 0) return
  await tx.run(
    `UPDATE senders SET daily_used = ${tx.sql.larger(
      `daily_used - (SELECT count(*) FROM ${tx.sql.numbers} n WHERE NOT EXISTS (
         SELECT 1 FROM contact_senders cs WHERE cs.contact_id = n.value AND cs.sender_id = senders.id AND cs.last_claim_at > senders.daily_horizon_at))`,
      '0',
    )} WHERE id = ? AND daily_limit IS NOT NULL`,
    [JSON.stringify(contactIds), senderId],
  )
}
