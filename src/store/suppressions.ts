// Who must not be messaged. Writing a suppression stops the person's pending messages in the same transaction.
import type { WaitReason } from '../domain/message-status.ts'
import { type SuppressionReason, type SuppressionScope, stops, type UseCase } from '../domain/suppression.ts'
import type { CountChanges } from './counts.ts'
import type { ReadTx, WriteTx } from './database.ts'
import { type EndMove, endPending } from './messages.ts'

export interface Suppression {
  id: number
  key: string
  phone: string
  scope: SuppressionScope
  reason: SuppressionReason
  evidence: string
  createdAt: number
}

export interface NewSuppression {
  scope: SuppressionScope
  reason: SuppressionReason
  evidence: string
}

/** Suppresses a contact or a number; returns how many pending messages that stopped. Repeated, it changes nothing. */
export async function suppress(
  tx: WriteTx,
  whom: NewSuppression & ({ contactId: number } | { key: string }),
  now: number,
  counts: CountChanges,
): Promise<{ isNew: boolean; stopped: number }> {
  const contact =
    'contactId' in whom
      ? await tx.get<{ id: number; key: string }>('SELECT id, key FROM contacts WHERE id = ?', [whom.contactId])
      : await tx.get<{ id: number; key: string }>('SELECT id, key FROM contacts WHERE key = ?', [whom.key])
  const key = 'key' in whom ? whom.key : contact?.key
  if (key === undefined) return { isNew: false, stopped: 0 }
  const changes = await tx.run(
    `INSERT INTO suppressions (key, scope, reason, evidence, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key, scope) DO NOTHING`,
    [key, whom.scope, whom.reason, whom.evidence, now],
  )
  const stopped = contact === undefined ? 0 : await stopPending(tx, contact.id, whom, counts)
  return { isNew: changes === 1, stopped }
}

/**
 * Pending messages are in open runs only, and those are few: one look into the index of each. CROSS, so that the runs lead:
 * else SQLite reads every pending message.
 */
async function stopPending(
  tx: WriteTx,
  contactId: number,
  whom: NewSuppression,
  counts: CountChanges,
): Promise<number> {
  const rows = await tx.all<{ messageId: number; runId: number; useCase: UseCase; waitReason: WaitReason | null }>(
    `SELECT m.id AS messageId, m.run_id AS runId, v.use_case AS useCase, m.wait_reason AS waitReason
     FROM runs r CROSS JOIN messages m JOIN campaign_revisions v ON v.id = m.revision_id
     WHERE m.run_id = r.id AND m.contact_id = ? AND r.status IN ('planning', 'sending') AND m.status = 'pending'`,
    [contactId],
  )
  const moves = rows
    .filter((row) => stops(whom.scope, row.useCase))

    .map(
      ({ messageId, runId, waitReason }): EndMove => ({
        messageId,
        runId,
        waitReason,
        to: 'skipped',
        reason: whom.reason,
        detail: whom.evidence,
      }),
    )
  return endPending(tx, moves, counts)
}

/** Lifts a suppression; the caller has the permission and the evidence. Returns whether there was one. */
export async function liftSuppression(tx: WriteTx, key: string, scope: SuppressionScope | undefined): Promise<number> {
  return scope === undefined
    ? tx.run('DELETE FROM suppressions WHERE key = ?', [key])
    : tx.run('DELETE FROM suppressions WHERE key = ? AND scope = ?', [key, scope])
}

/** What the person said themselves, taken back by them. Returns whether there was one. */
export async function liftOptOut(tx: WriteTx, key: string): Promise<boolean> {
  const lifted = await tx.run(
    `DELETE FROM suppressions WHERE key = ? AND scope = 'marketing' AND reason = 'opted_out'`,
    [key],
  )
  return lifted > 0
}

export interface SuppressionPage {
  limit: number
  /** Only those with a smaller id. */
  before?: number | undefined
  keyPrefix?: string | undefined
  scope?: SuppressionScope | undefined
  reason?: SuppressionReason | undefined
}

/** Behind every digit: a key that begins with the prefix stands before the prefix with this added. */
const AFTER_DIGITS = ':'

/** Newest first. Erased people have no number to show. */
export async function listSuppressions(tx: ReadTx, page: SuppressionPage): Promise<Suppression[]> {
  const conditions: [sql: string, ...params: (string | number)[]][] = [[`s.reason <> 'erased'`]]
  if (page.before !== undefined) conditions.push(['s.id < ?', page.before])
  if (page.keyPrefix !== undefined)
    conditions.push(['s.key >= ? AND s.key < ?', page.keyPrefix, page.keyPrefix + AFTER_DIGITS])
  if (page.scope !== undefined) conditions.push(['s.scope = ?', page.scope])
  if (page.reason !== undefined) conditions.push(['s.reason = ?', page.reason])
  return tx.all<Suppression>(
    `SELECT s.id, s.key, coalesce(nullif(c.phone, ''), '+' || s.key) AS phone, s.scope, s.reason, s.evidence, s.created_at AS createdAt
     FROM suppressions s LEFT JOIN contacts c ON c.key = s.key
     WHERE ${conditions.map(([sql]) => sql).join(' AND ')} ORDER BY s.id DESC LIMIT ?`,
    [...conditions.flatMap(([, ...params]) => params), page.limit],
  )
}

export async function findSuppressions(tx: ReadTx, key: string): Promise<Omit<Suppression, 'phone'>[]> {
  return tx.all<Omit<Suppression, 'phone'>>(
    `SELECT s.id, s.key, s.scope, s.reason, s.evidence, s.created_at AS createdAt
     FROM suppressions s WHERE s.key = ? ORDER BY s.id`,
    [key],
  )
}
