// Messages whose outcome nobody knows: handed over, and no answer came.
import { PROOF_EXPIRED_REASON, RESTORED_REASON } from '../domain/message-status.ts'
import type { ReadTx } from './database.ts'
import type { Param } from './sql-dialect.ts'

/** A message whose outcome nobody knows, with its last attempt. */
export interface UnknownMessage {
  id: number
  runId: number
  campaignId: number
  campaign: string
  revisionId: number
  senderId: number
  contactId: number
  phone: string
  reason: string
  detail: string | null
  attemptId: number
  trackingId: string | null
  startedAt: number
  expiresAt: number
}

/** Which unknown messages are meant; all without any of it. */
export interface UnknownChoice {
  campaignId?: number | undefined
  runId?: number | undefined
  senderId?: number | undefined
  reason?: string | undefined
}

export interface UnknownQuery extends UnknownChoice {
  /** Only those for which proof is still sought. */
  isOpen?: boolean | undefined
  after?: number | undefined
  limit: number
}

/**
 * Unknown messages, run by run, the oldest first in each: the order of their index, so that a page reads no others. `after` is
 * the id of the last one seen, whatever became of it.
 */
export async function listUnknown(tx: ReadTx, query: UnknownQuery): Promise<UnknownMessage[]> {
  const { isOpen, after = 0, limit } = query
  const seen = await tx.get<{ runId: number }>('SELECT run_id AS runId FROM messages WHERE id = ?', [after])
  const asked = given([
    ...choiceRules(query),
    ['m.reason <> ?', isOpen ? PROOF_EXPIRED_REASON : undefined],
    ['m.reason <> ?', isOpen ? RESTORED_REASON : undefined],
  ])
  return tx.all<UnknownMessage>(
    `SELECT m.id, m.run_id AS runId, r.campaign_id AS campaignId, c.name AS campaign, m.revision_id AS revisionId, r.sender_id AS senderId,
            m.contact_id AS contactId, k.phone, m.reason, m.detail, m.attempt_id AS attemptId, a.tracking_id AS trackingId,
            a.start_at_us / 1000 AS startedAt, m.expires_at AS expiresAt
     FROM ${unknownMessages} JOIN campaigns c ON c.id = r.campaign_id JOIN contacts k ON k.id = m.contact_id
     JOIN attempts a ON a.id = m.attempt_id
     WHERE ${[BEHIND, ...asked.map(([sql]) => sql)].join(' AND ')} ORDER BY m.run_id, m.id LIMIT ?`,
    [seen?.runId ?? 0, seen === undefined ? 0 : after, ...asked.map(([, param]) => param), limit],
  )
}

/** By their partial index: without it SQLite reads every message behind the last one seen. */
const unknownMessages = `messages m INDEXED BY messages_unknown CROSS JOIN runs r ON r.id = m.run_id AND m.status = 'unknown'`
const BEHIND = '(m.run_id, m.id) > (?, ?)'

type Rule = [sql: string, param: Param | undefined]

function choiceRules({ campaignId, runId, senderId, reason }: UnknownChoice): Rule[] {
  return [
    ['r.campaign_id = ?', campaignId],
    ['m.run_id = ?', runId],
    ['r.sender_id = ?', senderId],
    ['m.reason = ?', reason],
  ]
}

function given(rules: Rule[]): [string, Param][] {
  return rules.filter((rule): rule is [string, Param] => rule[1] !== undefined)
}

/** What is counted of an unknown message. */
export interface UnknownFacts {
  id: number
  runId: number
  campaign: string
  reason: string
  /** Of an ended campaign or past its validity: sent again it would reach nobody. */
  isEnded: number
  isExpired: number
}

/** A slice of the unknown messages, in the order of their index, from behind one on. */
export async function sliceUnknown(
  tx: ReadTx,
  choice: UnknownChoice,
  { after, now, limit }: { after: Pick<UnknownFacts, 'id' | 'runId'>; now: number; limit: number },
): Promise<UnknownFacts[]> {
  const asked = given(choiceRules(choice))
  return tx.all<UnknownFacts>(
    `SELECT m.id, m.run_id AS runId, c.name AS campaign, m.reason,
            r.kind <> 'test' AND c.status IN ('cancelled', 'archived') AS isEnded, m.expires_at <= ? AS isExpired
     FROM ${unknownMessages} JOIN campaigns c ON c.id = r.campaign_id
     WHERE ${[BEHIND, ...asked.map(([sql]) => sql)].join(' AND ')} ORDER BY m.run_id, m.id LIMIT ?`,
    [now, after.runId, after.id, ...asked.map(([, param]) => param), limit],
  )
}

/** Their ids, oldest first. */
export async function listUnknownIds(tx: ReadTx, choice: UnknownChoice): Promise<number[]> {
  const asked = given(choiceRules(choice))
  const rows = await tx.all<{ id: number }>(
    `SELECT m.id FROM ${unknownMessages} WHERE ${['TRUE', ...asked.map(([sql]) => sql)].join(' AND ')} ORDER BY m.id`,
    asked.map(([, param]) => param),
  )
  return rows.map(({ id }) => id)
}

/** Senders of messages for which proof is still sought. */
export async function listSendersWithUnknown(tx: ReadTx): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(
    `SELECT DISTINCT r.sender_id AS id FROM messages m JOIN runs r ON r.id = m.run_id
     WHERE m.status = 'unknown' AND m.reason NOT IN (?, ?) ORDER BY 1`,
    [PROOF_EXPIRED_REASON, RESTORED_REASON],
  )
  return rows.map(({ id }) => id)
}
