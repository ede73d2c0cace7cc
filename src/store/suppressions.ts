// Who must not be messaged. Writing a suppression stops the person's pending messages in the same transaction.
import type { WaitReason } from '../domain/message-status.ts'
import {
  type SuppressionReason,
  type SuppressionScope,
  stops,
  suppressionReasons,
  suppressionScopes,
  type UseCase,
} from '../domain/suppression.ts'
import type { CountChanges } from './counts.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'
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
  now: Present,
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

/** Led by what was ever sent to the person: open runs can be ten thousand, and numbers come in hundreds at once. */
async function stopPending(
  tx: WriteTx,
  contactId: number,
  whom: NewSuppression,
  counts: CountChanges,
): Promise<number> {
  const rows = await tx.all<{ messageId: number; runId: number; useCase: UseCase; waitReason: WaitReason | null }>(
    `SELECT m.id AS messageId, m.run_id AS runId, v.use_case AS useCase, m.wait_reason AS waitReason
     FROM messages m INDEXED BY messages_contact CROSS JOIN runs r ON r.id = m.run_id JOIN campaign_revisions v ON v.id = m.revision_id
     WHERE m.contact_id = ? AND m.status = 'pending' AND r.status IN ('planning', 'sending')`,
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

export interface SuppressionFilter {
  scope?: SuppressionScope | undefined
  reason?: SuppressionReason | undefined
}

export interface SuppressionPage extends SuppressionFilter {
  limit: number
  /** Only those with a smaller id. */
  before?: number | undefined
}

const columns = `s.id, s.key, coalesce(nullif(c.phone, ''), '+' || s.key) AS phone, s.scope, s.reason, s.evidence, s.created_at AS createdAt`
const ofContact = 'LEFT JOIN contacts c ON c.key = s.key'

/**
 * Newest first; erased people have no number to show. Each kind is read by its index, and their newest are put together: a rare
 * one is found among a million others.
 */
export async function listSuppressions(tx: ReadTx, page: SuppressionPage): Promise<Suppression[]> {
  const { limit, before = Number.MAX_SAFE_INTEGER } = page
  const scopes = suppressionScopes.filter((scope) => scope === (page.scope ?? scope))
  const reasons = suppressionReasons.filter((reason) => reason !== 'erased' && reason === (page.reason ?? reason))
  const kinds = scopes.flatMap((scope) => reasons.map((reason) => [scope, reason] as const))
  if (kinds.length === 0) return []
  const newest = `SELECT * FROM (SELECT id FROM suppressions INDEXED BY suppressions_kind WHERE scope = ? AND reason = ? AND id < ? ORDER BY id DESC LIMIT ?) kind`
  return tx.all<Suppression>(
    `SELECT ${columns} FROM (${kinds.map(() => newest).join(' UNION ALL ')}) n CROSS JOIN suppressions s ON s.id = n.id ${ofContact}
     ORDER BY s.id DESC LIMIT ?`,
    [...kinds.flatMap(([scope, reason]) => [scope, reason, before, limit]), limit],
  )
}

/** Behind every digit: a key that begins with the prefix stands before the prefix with this added. */
const AFTER_DIGITS = ':'

export interface NumberSearch extends SuppressionFilter {
  prefix: string
  /** The last one seen. */
  after?: { key: string; scope: SuppressionScope } | undefined
  /** Suppressions looked at. */
  limit: number
}

/** Of the suppressed numbers that begin with digits, by number, those of a slice; `through` is the last one looked at. */
export async function searchSuppressions(
  tx: ReadTx,
  { prefix, after, limit, scope, reason }: NumberSearch,
): Promise<{ found: Suppression[]; through: { key: string; scope: SuppressionScope } | undefined }> {
  const slice = `SELECT * FROM suppressions WHERE key >= ? AND key < ? AND (key, scope) > (?, ?) ORDER BY key, scope LIMIT ?`
  const from = after?.key ?? prefix
  const params = [from, prefix + AFTER_DIGITS, after?.key ?? '', after?.scope ?? '', limit]
  const last = await tx.get<{ key: string; scope: SuppressionScope }>(
    `SELECT key, scope FROM (${slice}) s ORDER BY key DESC, scope DESC LIMIT 1`,
    params,
  )
  const found = await tx.all<Suppression>(
    `SELECT ${columns} FROM (${slice}) s ${ofContact}
     WHERE s.reason <> 'erased' AND s.scope = coalesce(?, s.scope) AND s.reason = coalesce(?, s.reason) ORDER BY s.key, s.scope`,
    [...params, scope ?? null, reason ?? null],
  )
  return { found, through: last }
}

/** Where one is in the order of numbers. */
export async function findSuppression(
  tx: ReadTx,
  id: number,
): Promise<{ key: string; scope: SuppressionScope } | undefined> {
  return tx.get('SELECT key, scope FROM suppressions WHERE id = ?', [id])
}

/** Of the next suppressions by id those that are wanted; `through` is undefined behind the last one. */
export async function sliceSuppressions(
  tx: ReadTx,
  { after, limit, scope, reason }: SuppressionFilter & { after: number; limit: number },
): Promise<{ found: Suppression[]; through: number | undefined }> {
  const slice = 'SELECT * FROM suppressions WHERE id > ? ORDER BY id LIMIT ?'
  const last = await tx.get<{ id: number | null }>(`SELECT max(id) AS id FROM (${slice}) s`, [after, limit])
  const found = await tx.all<Suppression>(
    `SELECT ${columns} FROM (${slice}) s ${ofContact}
     WHERE s.reason <> 'erased' AND s.scope = coalesce(?, s.scope) AND s.reason = coalesce(?, s.reason) ORDER BY s.id`,
    [after, limit, scope ?? null, reason ?? null],
  )
  return { found, through: last?.id ?? undefined }
}

export async function findSuppressions(tx: ReadTx, key: string): Promise<Omit<Suppression, 'phone'>[]> {
  return tx.all<Omit<Suppression, 'phone'>>(
    `SELECT s.id, s.key, s.scope, s.reason, s.evidence, s.created_at AS createdAt
     FROM suppressions s WHERE s.key = ? ORDER BY s.id`,
    [key],
  )
}
