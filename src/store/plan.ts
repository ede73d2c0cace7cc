// The planning INSERT … SELECT: one message per contact of the audience, chunk by chunk, with everything frozen that
// must not change later. UNIQUE(run, contact) and the run's mark of the last planned contact make it restartable.
import { type PlannedSkip, plannedSkips } from '../domain/message-rules.ts'
import type { MessageStatus } from '../domain/message-status.ts'
import type { Due } from '../domain/planned-time.ts'
import type { UseCase } from '../domain/suppression.ts'
import { audienceCondition, type ContactRange, type ResolvedAudience } from './audience.ts'
import { hadCampaign, suppressionRank, suppressionReasonOf } from './claim-facts.ts'
import { CountChanges } from './counts.ts'
import type { Present, WriteTx } from './database.ts'
import { countReasonSql } from './messages.ts'
import type { Param, SqlPart } from './sql-dialect.ts'

/** When the messages of people of one stored zone are due; empty for those without one. */
export interface ZoneDue extends Due {
  zone: string
}

export interface PlanChunk {
  runId: number
  nodeId: number
  campaignId: number
  revisionId: number
  audience: ResolvedAudience
  range: ContactRange
  useCase: UseCase
  oncePerContact: boolean
  /** Fields that the content names; their values are frozen on the message. */
  fields: readonly string[]
  /** Fields without which a person is skipped. */
  requiredFields: readonly string[]
  /** One instant for everybody, or one per zone. */
  due: { at: number } | { zones: readonly ZoneDue[] }
  validityMs: number
  /**
   * The contact field that limits validity, and what its values mean: for people of one stored zone, or of any where the zone
   * is null. No instant for a value that is no limit.
   */
  validUntil?: { field: string; ends: readonly { text: string; zone: string | null; at: number | null }[] }
  now: Present
}

export interface PlannedChunk {
  planned: number
  /** People without a required field among them. */
  missingVariable: number
}

/**
 * Plans the contacts of one range and moves the run's mark to its end. Undefined when the run is not where the caller
 * saw it: planned on by another node, paused or cancelled.
 */
export async function planChunk(tx: WriteTx, chunk: PlanChunk): Promise<PlannedChunk | undefined> {
  const isOurs = await tx.run(
    `UPDATE runs SET planned_through = ? WHERE id = ? AND planned_through = ? AND status = 'planning'
       AND EXISTS (SELECT 1 FROM campaigns c WHERE c.id = runs.campaign_id AND c.status = 'running')`,
    [chunk.range.through, chunk.runId, chunk.range.after],
  )
  if (isOurs !== 1) return undefined
  const before = await tx.get<{ id: number | null }>('SELECT max(id) AS id FROM messages')
  const statement = insertStatement(tx, chunk, await hasSuppressions(tx))
  const planned = await tx.run(statement.sql, statement.params)
  const counts = new CountChanges()
  const rows = await tx.all<{ status: MessageStatus; reason: string | null; count: number }>(
    `SELECT status, ${countReasonSql} AS reason, count(*) AS count FROM messages
     WHERE run_id = ? AND contact_id > ? AND contact_id <= ? AND id > ? GROUP BY 1, 2`,
    [chunk.runId, chunk.range.after, chunk.range.through, before?.id ?? 0],
  )
  for (const { status, reason, count } of rows) counts.add(chunk.runId, status, reason, count)
  await counts.write(tx, chunk.nodeId)
  await tx.run('UPDATE runs SET audience_count = audience_count + ? WHERE id = ?', [planned, chunk.runId])
  return { planned, missingVariable: rows.find((row) => row.reason === 'missing_variable')?.count ?? 0 }
}

async function hasSuppressions(tx: WriteTx): Promise<boolean> {
  return (await tx.get('SELECT 1 FROM suppressions LIMIT 1')) !== undefined
}

/** What decidePlanned leaves people out for, as the planning statement sees it. */
const skips: Record<PlannedSkip, { when: string; reason: string }> = {
  suppressed: { when: 'suppressed IS NOT NULL', reason: suppressionReasonOf('suppressed') },
  time: { when: 'left_out IS NOT NULL', reason: 'left_out' },
  missing_variable: { when: 'is_missing', reason: `'missing_variable'` },
}

function insertStatement(tx: WriteTx, chunk: PlanChunk, isAnybodySuppressed: boolean): SqlPart {
  const tables: SqlPart[] = []
  const scheduled = scheduledPart(chunk, tables)
  const until = untilPart(tx, chunk, tables)
  const suppressed = isAnybodySuppressed ? suppressionRank(chunk.useCase) : 'CAST(NULL AS INTEGER)'
  const missing = missingPart(tx, chunk)
  const condition = wherePart(tx, chunk)
  const variables =
    chunk.fields.length === 0 ? { sql: 'NULL', params: [] } : tx.sql.jsonPick('c.attributes', chunk.fields)
  const zones = 'zones' in chunk.due ? `LEFT JOIN zone_due z ON z.zone = coalesce(c.zone, '')` : ''
  const withPart = tables.length === 0 ? '' : `WITH ${tables.map((table) => table.sql).join(', ')}`
  const inner = `SELECT c.id AS contact_id, ${variables.sql} AS variables, ${scheduled.at.sql} AS scheduled_at, ${scheduled.leftOut.sql} AS left_out,
      ${until.sql} AS valid_until, ${suppressed} AS suppressed, ${missing.sql} AS is_missing
    FROM contacts c ${zones} WHERE ${condition.sql}`
  const expires = `CASE WHEN valid_until IS NOT NULL AND valid_until < scheduled_at + ? THEN valid_until ELSE scheduled_at + ? END`
  const sql = `INSERT INTO messages (run_id, contact_id, revision_id, status, reason, wait_reason, scheduled_at, due_at, expires_at, created_at, variables)
    ${withPart}
    SELECT ?, contact_id, ?,
      CASE WHEN ${plannedSkips.map((name) => skips[name].when).join(' OR ')} THEN 'skipped' WHEN ${expires} <= ? THEN 'expired' ELSE 'pending' END,
      CASE ${plannedSkips.map((name) => `WHEN ${skips[name].when} THEN ${skips[name].reason}`).join(' ')} END,
      CASE WHEN scheduled_at > ? THEN 'schedule' END,
      scheduled_at, scheduled_at, ${expires}, ?, variables
    FROM (${inner}) p WHERE TRUE ORDER BY contact_id
    ON CONFLICT (run_id, contact_id) DO NOTHING`
  const validity: Param[] = [chunk.validityMs, chunk.validityMs]
  return {
    sql,
    params: [
      ...tables.flatMap((table) => table.params),
      chunk.runId,
      chunk.revisionId,
      ...validity,
      chunk.now,
      chunk.now,
      ...validity,
      chunk.now,
      ...[variables, scheduled.at, scheduled.leftOut, until, missing, condition].flatMap((part) => part.params),
    ],
  }
}

function scheduledPart({ due }: PlanChunk, tables: SqlPart[]): { at: SqlPart; leftOut: SqlPart } {
  if ('at' in due) return { at: { sql: '?', params: [due.at] }, leftOut: { sql: 'NULL', params: [] } }
  tables.push({
    sql: `zone_due (zone, scheduled_at, left_out) AS (VALUES ${due.zones.map(() => '(?, ?, ?)').join(', ')})`,
    params: due.zones.flatMap((zone) => [zone.zone, zone.scheduledAt, zone.leftOut]),
  })
  return { at: { sql: 'z.scheduled_at', params: [] }, leftOut: { sql: 'z.left_out', params: [] } }
}

function untilPart(tx: WriteTx, { validUntil }: PlanChunk, tables: SqlPart[]): SqlPart {
  if (validUntil === undefined || validUntil.ends.length === 0) return { sql: 'CAST(NULL AS INTEGER)', params: [] }
  tables.push({
    sql: `valid_until (value, zone, at) AS (VALUES ${validUntil.ends.map(() => '(?, ?, CAST(? AS BIGINT))').join(', ')})`,
    params: validUntil.ends.flatMap(({ text, zone, at }) => [text, zone, at]),
  })
  const value = tx.sql.jsonText('c.attributes', validUntil.field)
  return {
    sql: `(SELECT v.at FROM valid_until v WHERE v.value = coalesce(${value.sql}, '') AND coalesce(v.zone, c.zone, '') = coalesce(c.zone, ''))`,
    params: value.params,
  }
}

function missingPart(tx: WriteTx, { requiredFields }: PlanChunk): SqlPart {
  if (requiredFields.length === 0) return { sql: 'FALSE', params: [] }
  const parts = requiredFields.map((field) => tx.sql.jsonText('c.attributes', field))
  return {
    sql: `(${parts.map((part) => `coalesce(${part.sql}, '') = ''`).join(' OR ')})`,
    params: parts.flatMap((part) => part.params),
  }
}

function wherePart(tx: WriteTx, chunk: PlanChunk): SqlPart {
  const condition = audienceCondition(chunk.audience, chunk.range, tx.sql)
  if (!chunk.oncePerContact) return condition
  const had = hadCampaign(chunk.campaignId, chunk.runId)
  return { sql: `${condition.sql} AND NOT ${had.sql}`, params: [...condition.params, ...had.params] }
}

export interface TestMessage {
  runId: number
  contactId: number
  revisionId: number
  nodeId: number
  variables: string
  now: Present
  validityMs: number
}

/** The only message of a test run, due at once. */
export async function insertTestMessage(tx: WriteTx, test: TestMessage): Promise<number> {
  const { runId, contactId, revisionId, variables, now, validityMs } = test
  const messageId = await tx.insert(
    `INSERT INTO messages (run_id, contact_id, revision_id, status, scheduled_at, due_at, expires_at, created_at, variables)
     VALUES (?, ?, ?, 'pending', ?, ?, ?, ?, ?)`,
    [runId, contactId, revisionId, now, now, now + validityMs, now, variables],
  )
  const counts = new CountChanges()
  counts.add(runId, 'pending', null, 1)
  await counts.write(tx, test.nodeId)
  await tx.run('UPDATE runs SET audience_count = 1, planned_at = ? WHERE id = ?', [now, runId])
  return messageId
}
