// One person's side of things: their messages, over all runs, and what a sender and they have to do with each other.
import type { MessageStatus, WaitReason } from '../domain/message-status.ts'
import type { ReadTx } from './database.ts'
import { isOpenRun } from './runs.ts'

export interface PersonMessage {
  id: number
  runId: number
  campaignId: number
  campaign: string
  kind: 'scheduled' | 'test'
  occurrenceKey: string
  revisionId: number
  status: MessageStatus
  reason: string | null
  waitReason: WaitReason | null
  detail: string | null
  scheduledAt: number
  dueAt: number
  expiresAt: number
  createdAt: number
  acceptedAt: number | null
  sentAt: number | null
  deliveredAt: number | null
  readAt: number | null
  failedAt: number | null
  notes: string | null
  /** JSON of the fields that the text names. */
  variables: string | null
}

const columns = `m.id, m.run_id AS runId, r.campaign_id AS campaignId, c.name AS campaign, r.kind, r.occurrence_key AS occurrenceKey, m.revision_id AS revisionId,
  m.status, m.reason, m.wait_reason AS waitReason, m.detail, m.scheduled_at AS scheduledAt, m.due_at AS dueAt, m.expires_at AS expiresAt, m.created_at AS createdAt,
  m.accepted_at AS acceptedAt, m.sent_at AS sentAt, m.delivered_at AS deliveredAt, m.read_at AS readAt, m.failed_at AS failedAt, m.notes, m.variables`

/** The newest message of a campaign to a person; a test counts only when there is no other. */
export async function findMessageOf(
  tx: ReadTx,
  campaignId: number,
  contactId: number,
): Promise<PersonMessage | undefined> {
  return tx.get<PersonMessage>(
    `SELECT ${columns} FROM runs r JOIN messages m ON m.run_id = r.id AND m.contact_id = ? JOIN campaigns c ON c.id = r.campaign_id
     WHERE r.campaign_id = ? ORDER BY r.kind, r.occurrence_at DESC, r.id DESC LIMIT 1`,
    [contactId, campaignId],
  )
}

/** What was sent to a person before a message, newest first: by the index of their messages, however many runs there are. */
export async function listMessagesOf(
  tx: ReadTx,
  contactId: number,
  { before, limit }: { before: number; limit: number },
): Promise<PersonMessage[]> {
  return tx.all<PersonMessage>(
    `SELECT ${columns} FROM messages m INDEXED BY messages_contact CROSS JOIN runs r ON r.id = m.run_id JOIN campaigns c ON c.id = r.campaign_id
     WHERE m.contact_id = ? AND m.id < ? ORDER BY m.id DESC LIMIT ?`,
    [contactId, before, limit],
  )
}

/** Runs at work that have a message for a person. */
export async function listOpenRunsOf(tx: ReadTx, contactId: number): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(
    `SELECT r.id FROM runs r CROSS JOIN messages m ON m.run_id = r.id
     WHERE m.contact_id = ? AND ${isOpenRun('r')} AND r.status = 'sending'`,
    [contactId],
  )
  return rows.map((row) => row.id)
}
