// Messages as an export shows them: each with its last attempt, in the order of contacts.
import type { MessageStatus } from '../domain/message-status.ts'
import type { ReadTx } from './database.ts'

export interface ExportRow {
  id: number
  contactId: number
  phone: string
  /** JSON of their fields. */
  attributes: string
  status: MessageStatus
  reason: string | null
  /** Of the last attempt: what its call came to, and the code of the answer. */
  outcome: string | null
  providerCode: string | null
  trackingId: string | null
  dueAt: number
  acceptedAt: number | null
  sentAt: number | null
  deliveredAt: number | null
  readAt: number | null
  failedAt: number | null
  attempts: number
}

export interface ExportPage {
  runId: number
  /** `through` of the slice before, 0 for the first. */
  after: number
  limit: number
  /** All when empty. */
  statuses: readonly MessageStatus[]
  /** Any when it is left out. */
  reason?: string | undefined
}

/**
 * A slice of a run's messages, and of them those that are wanted: however rare they are, no more is looked at. `through` is the
 * contact of the last one looked at, undefined behind all.
 */
export async function listForExport(
  tx: ReadTx,
  { runId, after, limit, statuses, reason }: ExportPage,
): Promise<{ rows: ExportRow[]; through: number | undefined }> {
  const last = await tx.get<{ id: number }>(
    'SELECT contact_id AS id FROM messages WHERE run_id = ? AND contact_id > ? ORDER BY contact_id LIMIT 1 OFFSET ?',
    [runId, after, limit - 1],
  )
  const filter = [
    ...(statuses.length === 0 ? [] : [`AND m.status IN (${statuses.map(() => '?').join(', ')})`]),
    ...(reason === undefined ? [] : ['AND m.reason = ?']),
  ].join(' ')
  const rows = await tx.all<ExportRow>(
    `SELECT m.id, m.contact_id AS contactId, c.phone, c.attributes, m.status, m.reason, a.outcome, a.provider_code AS providerCode, a.tracking_id AS trackingId,
            m.due_at AS dueAt, m.accepted_at AS acceptedAt, m.sent_at AS sentAt, m.delivered_at AS deliveredAt, m.read_at AS readAt,
            m.failed_at AS failedAt, m.attempts
     FROM messages m INDEXED BY messages_run_contact CROSS JOIN contacts c ON c.id = m.contact_id LEFT JOIN attempts a ON a.id = m.attempt_id
     WHERE m.run_id = ? AND m.contact_id > ? AND m.contact_id <= ? ${filter} ORDER BY m.contact_id`,
    [runId, after, last?.id ?? Number.MAX_SAFE_INTEGER, ...statuses, ...(reason === undefined ? [] : [reason])],
  )
  return { rows, through: last?.id }
}
