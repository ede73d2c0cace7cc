// Calls that never began, given back together: after a stall a node has many of them, and the sender waits while they are written.
// What only some of them need (an end, an earlier attempt that may have arrived) is left to the one by one of record.ts.
import { redateAfterRelease } from './caps.ts'
import { takeBackClaims, type UnbegunClaim } from './contact-senders.ts'
import type { CountChanges } from './counts.ts'
import type { Present, WriteTx } from './database.ts'
import { returnUnbegun } from './messages.ts'
import { listWaitingOf } from './redating.ts'

/** What came of a call that never began. */
interface NotBegun {
  message: { attemptId: number }
  endedAt: number
}

interface Held extends UnbegunClaim {
  messageId: number
  runId: number
}

/**
 * sending → pending, due at once, for messages that nothing else is known of. Returns those that were given back; what
 * happened to the others, and whether they go on, is looked at one by one.
 */
export async function giveBackUnbegun<T extends NotBegun>(
  tx: WriteTx,
  notBegun: readonly T[],
  { senderId, now, counts }: { senderId: number; now: Present; counts: CountChanges },
): Promise<Set<T>> {
  if (notBegun.length === 0) return new Set()
  const ends = new Map(notBegun.map((one) => [one.message.attemptId, one]))
  const held = await returnUnbegun(tx, onePerPerson(await listHeld(tx, [...ends.keys()], now)), now, counts)
  await tx.runEach(
    `UPDATE attempts SET ended_at = ?, outcome = 'not_started', retry_at = ? WHERE id = ?`,
    held.map(({ attemptId }) => [ends.get(attemptId)?.endedAt ?? now, now, attemptId]),
  )
  await takeBackClaims(tx, senderId, held, counts)
  await releasePlaces(tx, held, now, counts)
  return new Set(held.flatMap(({ attemptId }) => ends.get(attemptId) ?? []))
}

/** Those that wait for their call as the claim left them, in a run that goes on. */
function listHeld(tx: WriteTx, attemptIds: readonly number[], now: Present): Promise<Held[]> {
  return tx.all(
    `SELECT a.id AS attemptId, m.id AS messageId, m.run_id AS runId, m.contact_id AS contactId
     FROM attempts a JOIN messages m ON m.id = a.message_id AND m.attempt_id = a.id
       JOIN runs r ON r.id = m.run_id JOIN campaigns c ON c.id = r.campaign_id
     WHERE a.id IN (SELECT value FROM ${tx.sql.numbers} n) AND a.outcome IS NULL AND m.status = 'sending' AND m.expires_at > ?
       AND (r.kind = 'test' OR c.status NOT IN ('cancelled', 'archived'))
       AND a.accepted_at IS NULL AND a.sent_at IS NULL AND a.delivered_at IS NULL AND a.read_at IS NULL AND a.failed_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM attempts o WHERE o.message_id = m.id AND o.id <> a.id AND o.outcome <> 'not_started')
     ORDER BY m.id`,
    [JSON.stringify(attemptIds), now],
  )
}

/** Who has messages of several campaigns in it waits for the second one: no statement may mean a row twice. */
function onePerPerson(held: readonly Held[]): Held[] {
  const seen = new Set<number>()
  return held.filter(({ contactId }) => !seen.has(contactId) && seen.add(contactId))
}

async function releasePlaces(tx: WriteTx, held: readonly Held[], now: Present, counts: CountChanges): Promise<void> {
  const changes = await tx.runEach(
    'DELETE FROM cap_uses WHERE message_id = ?',
    held.map(({ messageId }) => [messageId]),
  )
  const released = held.filter((_, index) => changes[index] === 1)
  const waiting = new Set(
    await listWaitingOf(
      tx,
      released.map(({ contactId }) => contactId),
      'frequency_cap',
    ),
  )
  for (const release of released) if (waiting.has(release.contactId)) await redateAfterRelease(tx, release, now, counts)
}
