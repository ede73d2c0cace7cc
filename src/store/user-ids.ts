// By which ids of the provider people are known. What a person wrote while the id was unknown becomes theirs.
import { formatId } from '../domain/ids.ts'
import type { ReplyReading } from '../domain/opt-out.ts'
import { noteInbound } from './contact-senders.ts'
import type { CountChanges } from './counts.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'
import { listOpenRunsOf } from './people.ts'
import { closeRepliesOf } from './replies.ts'
import { suppress } from './suppressions.ts'

interface Changes {
  now: Present
  counts: CountChanges
  /** Collects the runs in which something may have ended. */
  runs?: Set<number>
}

export interface KnownId {
  contactId: number
  userId: string
}

/** The newest word for whose id it is counts. */
export async function learnUserId(tx: WriteTx, { contactId, userId }: KnownId, changes: Changes): Promise<void> {
  const isNew = await tx.run(
    `INSERT INTO contact_user_ids (user_id, contact_id, learned_at) VALUES (?, ?, ?)
     ON CONFLICT (user_id) DO UPDATE SET contact_id = excluded.contact_id, learned_at = excluded.learned_at
     WHERE contact_user_ids.contact_id <> excluded.contact_id`,
    [userId, contactId, changes.now],
  )
  if (isNew > 0) await adoptReplies(tx, { contactId, userId }, changes)
}

/** Replies of a person who was not known: the session that they opened, and the opt-out that nobody has settled yet. */
async function adoptReplies(tx: WriteTx, { contactId, userId }: KnownId, changes: Changes): Promise<void> {
  const replies = await tx.all<{
    id: number
    senderId: number
    writtenAt: number
    text: string
    reading: ReplyReading
  }>(
    `SELECT id, sender_id AS senderId, written_at AS writtenAt, text, reading FROM replies WHERE contact_id IS NULL AND user_id = ? ORDER BY id`,
    [userId],
  )
  if (replies.length === 0) return
  await tx.run(`UPDATE replies SET contact_id = ? WHERE contact_id IS NULL AND user_id = ?`, [contactId, userId])
  for (const { senderId, writtenAt } of replies)
    await noteInbound(tx, { contactId, senderId }, writtenAt, changes.counts)
  const optOut = replies.find(({ reading }) => reading === 'opt_out')
  if (optOut === undefined) return
  const evidence = `wrote "${optOut.text.slice(0, 100)}" (${formatId('reply', optOut.id)})`
  const { now, counts, runs } = changes
  await suppress(tx, { contactId, scope: 'marketing', reason: 'opted_out', evidence }, now, counts)
  await closeRepliesOf(tx, contactId)
  for (const runId of await listOpenRunsOf(tx, contactId)) runs?.add(runId)
}

/** Whose id it is, by the id or the keyed hash that is left of it. */
export async function findByUserId(tx: ReadTx, userId: string, hashedId: string): Promise<number | undefined> {
  const row = await tx.get<{ contactId: number }>(
    `SELECT contact_id AS contactId FROM contact_user_ids WHERE user_id IN (?, ?) ORDER BY user_id = ? DESC LIMIT 1`,
    [userId, hashedId, userId],
  )
  return row?.contactId
}

export async function listUserIds(tx: ReadTx, contactId: number): Promise<string[]> {
  const rows = await tx.all<{ userId: string }>(
    `SELECT user_id AS userId FROM contact_user_ids WHERE contact_id = ? ORDER BY learned_at, user_id`,
    [contactId],
  )
  return rows.map((row) => row.userId)
}

/** In the place of the ids of an erased person stand hashes, so that they are still known not to be a stranger's. */
export async function replaceUserIds(tx: WriteTx, contactId: number, hashed: readonly string[]): Promise<void> {
  await tx.run(`DELETE FROM contact_user_ids WHERE contact_id = ?`, [contactId])
  await tx.runEach(
    `INSERT INTO contact_user_ids (user_id, contact_id, learned_at) VALUES (?, ?, 0) ON CONFLICT (user_id) DO NOTHING`,
    hashed.map((id) => [id, contactId]),
  )
}
