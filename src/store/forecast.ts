// People with the facts that the claim would find, for a forecast: of an audience that is not planned yet, or of the
// messages that still wait.

import type { CapUse } from '../domain/frequency-cap.ts'
import type { SuppressionReason, SuppressionScope } from '../domain/suppression.ts'
import { audienceCondition, type ContactRange, type ResolvedAudience, readFields } from './audience.ts'
import { listCapUses } from './caps.ts'
import type { ReadTx } from './database.ts'

export interface ForecastFacts {
  contactId: number
  phone: string
  zone: string | null
  suppression: { scope: SuppressionScope; reason: SuppressionReason } | null
  capUses: CapUse[]
  lastClaimAt: number | null
  lastInboundAt: number | null
  blockedUntil: number | null
}

export interface ForecastPerson extends ForecastFacts {
  variables: Record<string, string>
}

export interface ForecastMessage extends ForecastFacts {
  messageId: number
  scheduledAt: number
  dueAt: number
  expiresAt: number
  createdAt: number
}

interface FactRow extends Omit<ForecastFacts, 'suppression' | 'capUses'> {
  suppression: string | null
  capUseCount: number
}

const factColumns = `c.id AS contactId, c.phone, c.zone,
  (SELECT min(s.scope || ':' || s.reason) FROM suppressions s WHERE s.key = c.key) AS suppression,
  (SELECT count(*) FROM cap_uses u WHERE u.contact_id = c.id) AS capUseCount,
  cs.last_claim_at AS lastClaimAt, cs.last_inbound_at AS lastInboundAt, cs.blocked_until AS blockedUntil`

async function factsOf<Row extends FactRow>(
  tx: ReadTx,
  row: Row,
): Promise<Omit<Row, 'suppression' | 'capUseCount'> & ForecastFacts> {
  const [scope, reason] = row.suppression?.split(':') ?? []
  return {
    ...row,
    suppression: scope === undefined ? null : { scope: scope as SuppressionScope, reason: reason as SuppressionReason },
    capUses: row.capUseCount === 0 ? [] : await listCapUses(tx, row.contactId),
  }
}

export interface AudienceSlice {
  audience: ResolvedAudience
  range: ContactRange
  senderId: number
  fields: readonly string[]
}

/** People of a stretch of the audience. */
export async function listForecastPeople(
  tx: ReadTx,
  { audience, range, senderId, fields }: AudienceSlice,
): Promise<ForecastPerson[]> {
  const condition = audienceCondition(audience, range, tx.sql)
  const picked = fields.length === 0 ? { sql: `'{}'`, params: [] } : tx.sql.jsonPick('c.attributes', fields)
  const rows = await tx.all<FactRow & { variables: string }>(
    `SELECT ${factColumns}, ${picked.sql} AS variables FROM contacts c
     LEFT JOIN contact_senders cs ON cs.contact_id = c.id AND cs.sender_id = ? WHERE ${condition.sql} ORDER BY c.id`,
    [...picked.params, senderId, ...condition.params],
  )
  const people: ForecastPerson[] = []
  for (const row of rows) people.push({ ...(await factsOf(tx, row)), variables: readFields(row.variables) })
  return people
}

/** Pending messages of a run, in the order of contacts. */
export async function listForecastMessages(
  tx: ReadTx,
  runId: number,
  senderId: number,
  afterContact: number,
  limit: number,
): Promise<ForecastMessage[]> {
  const rows = await tx.all<FactRow & Omit<ForecastMessage, keyof ForecastFacts>>(
    `SELECT ${factColumns}, m.id AS messageId, m.scheduled_at AS scheduledAt, m.due_at AS dueAt, m.expires_at AS expiresAt, m.created_at AS createdAt
     FROM messages m JOIN contacts c ON c.id = m.contact_id LEFT JOIN contact_senders cs ON cs.contact_id = c.id AND cs.sender_id = ?
     WHERE m.run_id = ? AND m.status = 'pending' AND m.contact_id > ? ORDER BY m.contact_id LIMIT ?`,
    [senderId, runId, afterContact, limit],
  )
  const messages: ForecastMessage[] = []
  for (const row of rows) messages.push(await factsOf(tx, row))
  return messages
}
