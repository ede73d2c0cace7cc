// What one sender and one person have to do with each other.
import type { WriteTx } from './database.ts'

/** The person wrote: a session is open for a day from here. */
export async function noteInbound(tx: WriteTx, contactId: number, senderId: number, at: number): Promise<void> {
  await tx.run(
    `INSERT INTO contact_senders (contact_id, sender_id, last_inbound_at) VALUES (?, ?, ?)
     ON CONFLICT (contact_id, sender_id) DO UPDATE SET last_inbound_at =
       CASE WHEN coalesce(contact_senders.last_inbound_at, 0) < excluded.last_inbound_at THEN excluded.last_inbound_at ELSE contact_senders.last_inbound_at END`,
    [contactId, senderId, at],
  )
}

/** The provider wants no message of this sender to this person for a while. A longer block stays. */
export async function blockPair(tx: WriteTx, contactId: number, senderId: number, until: number): Promise<void> {
  await tx.run(
    `UPDATE contact_senders SET blocked_until = ? WHERE contact_id = ? AND sender_id = ? AND coalesce(blocked_until, 0) < ?`,
    [until, contactId, senderId, until],
  )
}
