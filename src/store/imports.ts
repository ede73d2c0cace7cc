// An import's way into the database: chunk by chunk out of its staging file (schema `staging`), each chunk one short
// transaction that moves the import's mark. A chunk that was applied is never applied again.

import { and, desc, eq, gt, inArray, isNull, lt } from 'drizzle-orm'
import { AppError } from '../domain/errors.ts'
import { readSuppressions } from '../domain/exported-columns.ts'
import { findIdIn } from '../domain/ids.ts'
import { CountChanges } from './counts.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'
import { countMembersIn } from './lists.ts'
import { lockRows } from './locks.ts'
import { redateAfterZone } from './redating.ts'
import { imports, lists, type rejects } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import { suppress } from './suppressions.ts'

export type ImportRow = typeof imports.$inferSelect
export type NewImport = Omit<typeof imports.$inferInsert, 'id'>
export type RejectRow = typeof rejects.$inferSelect

/** The three buckets that depend on what the database knows already. */
export interface KnownBuckets {
  added: number
  updated: number
  unchanged: number
  suppressed: number
}

export interface StagedRange {
  after: number
  through: number
}

export async function insertImport(tx: WriteTx, row: NewImport): Promise<number> {
  const [inserted] = await tx.orm.insert(imports).values(row).returning({ id: imports.id })
  if (inserted === undefined) throw new AppError('fault', 'the import was not stored')
  return inserted.id
}

export async function getImport(tx: ReadTx, idText: string | number): Promise<ImportRow> {
  const id = typeof idText === 'number' ? idText : findIdIn('import', idText)
  const [row] = id === undefined ? [] : await tx.orm.select().from(imports).where(eq(imports.id, id))
  if (row === undefined)
    throw new AppError('import.not_found', `there is no import "${String(idText).slice(0, 40)}"`, {
      hint: 'See herald imports list.',
    })
  return row
}

/** The import, which nobody else takes over or ends before the transaction has committed. */
export async function lockImport(tx: WriteTx, id: number): Promise<void> {
  await lockRows(tx, 'import', [id])
}

/** Newest first, from before an id on. */
export async function listImports(
  tx: ReadTx,
  { limit, before }: { limit: number; before: number | undefined },
): Promise<(ImportRow & { list: string })[]> {
  const older = before === undefined ? undefined : lt(imports.id, before)
  const rows = await tx.orm
    .select({ row: imports, list: lists.name })
    .from(imports)
    .innerJoin(lists, eq(lists.id, imports.listId))
    .where(older)
    .orderBy(desc(imports.id))
    .limit(limit)
  return rows.map(({ row, list }) => ({ ...row, list }))
}

/** The newest imports that rejected lines, in lists that still exist. */
export async function listImportsWithRejects(tx: ReadTx, limit: number): Promise<(ImportRow & { list: string })[]> {
  const rows = await tx.orm
    .select({ row: imports, list: lists.name })
    .from(imports)
    .innerJoin(lists, and(eq(lists.id, imports.listId), isNull(lists.deletedAt)))
    .where(gt(imports.rejected, 0))
    .orderBy(desc(imports.id))
    .limit(limit)
  return rows.map(({ row, list }) => ({ ...row, list }))
}

/** An import of the same bytes with the same mapping that still stands, in a list that still exists. */
/** Into a list that no other file was imported into since. */
export async function findAppliedImport(tx: ReadTx, fingerprint: string): Promise<ImportRow | undefined> {
  const rows = await tx.orm
    .select({ row: imports })
    .from(imports)
    .innerJoin(lists, and(eq(lists.id, imports.listId), isNull(lists.deletedAt)))
    .where(and(eq(imports.fingerprint, fingerprint), eq(imports.status, 'applied')))
    .orderBy(desc(imports.id))
    .limit(1)
  const found = rows[0]?.row
  if (found === undefined) return undefined
  const later = await tx.orm
    .select({ id: imports.id })
    .from(imports)
    .where(and(eq(imports.listId, found.listId), eq(imports.status, 'applied'), gt(imports.id, found.id)))
    .limit(1)
  return later.length === 0 ? found : undefined
}

/** Imports that a process was applying or undoing. */
export async function listUnfinishedImports(tx: ReadTx): Promise<ImportRow[]> {
  return tx.orm
    .select()
    .from(imports)
    .where(inArray(imports.status, ['applying', 'undoing']))
    .orderBy(imports.id)
}

/** The import of a node that is gone becomes another node's; false when another process was faster. */
export async function takeOverImport(tx: WriteTx, id: number, from: number, to: number): Promise<boolean> {
  const changes = await tx.run(
    `UPDATE imports SET node_id = ? WHERE id = ? AND node_id = ? AND status IN ('applying', 'undoing')`,
    [to, id, from],
  )
  return changes === 1
}

/** Throws AppError list.busy when the import is another node's by now, or over. */
export async function holdImport(tx: WriteTx, { id, nodeId, status }: ImportRow): Promise<void> {
  await lockImport(tx, id)
  const held = await tx.get(`SELECT 1 FROM imports WHERE id = ? AND node_id = ? AND status = ?`, [id, nodeId, status])
  if (held === undefined)
    throw new AppError('list.busy', `import imp_${id} is continued by another process of Herald`, {
      hint: 'See herald imports list.',
    })
}

/** Attributes, zone and consent of a contact after a staged line `s` was laid over it. */
function mergedColumns(sql: SqlDialect, table = 'c'): { attributes: string; zone: string; consent: string } {
  return {
    attributes: sql.jsonMerge(`${table}.attributes`, 's.attributes'),
    zone: `coalesce(s.zone, ${table}.zone, s.zone_guess)`,
    consent: `coalesce(s.consent, ${table}.consent)`,
  }
}

function differs(sql: SqlDialect, table = 'c'): string {
  const { attributes, zone, consent } = mergedColumns(sql, table)
  return `(${attributes} <> ${table}.attributes OR ${zone} IS DISTINCT FROM ${table}.zone OR ${consent} IS DISTINCT FROM ${table}.consent)`
}

function bucketOf(sql: SqlDialect): string {
  return `CASE WHEN EXISTS (SELECT 1 FROM suppressions x WHERE x.key = s.key) THEN 'suppressed'
               WHEN lm.contact_id IS NULL THEN 'added'
               WHEN ${differs(sql)} THEN 'updated' ELSE 'unchanged' END`
}

const stagedWithKnown = `staging.sorted s LEFT JOIN contacts c ON c.key = s.key
     LEFT JOIN list_members lm ON lm.list_id = ? AND lm.contact_id = c.id`

/** Which bucket each staged person falls into, as things stand. */
export async function countBuckets(tx: ReadTx, listId: number | null, range: StagedRange): Promise<KnownBuckets> {
  const rows = await tx.all<{ bucket: keyof KnownBuckets; count: number }>(
    `SELECT ${bucketOf(tx.sql)} AS bucket, count(*) AS count FROM ${stagedWithKnown}
     WHERE s.n > ? AND s.n <= ? GROUP BY 1`,
    [listId, range.after, range.through],
  )
  const buckets: KnownBuckets = { added: 0, updated: 0, unchanged: 0, suppressed: 0 }
  for (const { bucket, count } of rows) buckets[bucket] = count
  return buckets
}

/** One staged person, for a look at a bucket. */
export interface SampledPerson {
  line: number
  phone: string
  /** What the file says; null for a field that it clears. */
  fields: Record<string, string | null>
  /** What is stored; null for a person who is not known yet. */
  before: Record<string, string> | null
}

/** The first people of a bucket within a range. */
export async function sampleBucket(
  tx: ReadTx,
  {
    listId,
    range,
    bucket,
    limit,
  }: { listId: number | null; range: StagedRange; bucket: keyof KnownBuckets; limit: number },
): Promise<SampledPerson[]> {
  const rows = await tx.all<{ line: number; phone: string; fields: string; before: string | null }>(
    `SELECT s.line, s.phone, s.attributes AS fields, c.attributes AS before FROM ${stagedWithKnown}
     WHERE s.n > ? AND s.n <= ? AND ${bucketOf(tx.sql)} = ? ORDER BY s.n LIMIT ?`,
    [listId, range.after, range.through, bucket, limit],
  )
  return rows.map(({ line, phone, fields, before }) => ({
    line,
    phone,
    fields: JSON.parse(fields) as SampledPerson['fields'],
    before: before === null ? null : (JSON.parse(before) as Record<string, string>),
  }))
}

/** Applies one range of staged people. Undefined when another process has applied it. */
export async function applyChunk(
  tx: WriteTx,
  row: ImportRow,
  range: StagedRange,
  now: Present,
): Promise<KnownBuckets | undefined> {
  const isOurs = await tx.run(
    `UPDATE imports SET applied_through = ? WHERE id = ? AND applied_through = ? AND node_id = ? AND status = 'applying'`,
    [range.through, row.id, range.after, row.nodeId],
  )
  if (isOurs !== 1) return undefined
  const buckets = await countBuckets(tx, row.listId, range)
  const merged = mergedColumns(tx.sql, 'contacts')
  const before = tx.sql.jsonObject({
    attributes: tx.sql.json('c.attributes'),
    zone: 'c.zone',
    consent: 'c.consent',
    updatedAt: 'c.updated_at',
  })
  const bounds = [range.after, range.through]
  const stamp = row.createdAt
  await tx.run(
    `INSERT INTO import_changes (import_id, contact_id, kind, before)
     SELECT ?, c.id, 'updated', ${before}
     FROM staging.sorted s JOIN contacts c ON c.key = s.key WHERE s.n > ? AND s.n <= ? AND ${differs(tx.sql)}`,
    [row.id, ...bounds],
  )
  await tx.run(
    `UPDATE contacts SET attributes = ${merged.attributes}, zone = ${merged.zone}, consent = ${merged.consent}, updated_at = ?
     FROM staging.sorted s WHERE contacts.key = s.key AND s.n > ? AND s.n <= ? AND ${differs(tx.sql, 'contacts')}`,
    [stamp, ...bounds],
  )
  await redateMoved(tx, row, range)
  await tx.run(
    `INSERT INTO contacts (key, phone, attributes, zone, consent, created_at, updated_at)
     SELECT s.key, s.phone, ${tx.sql.jsonMerge(`'{}'`, 's.attributes')}, coalesce(s.zone, s.zone_guess), s.consent, ?, ?
     FROM staging.sorted s WHERE s.n > ? AND s.n <= ? ORDER BY s.n ON CONFLICT (key) DO NOTHING`,
    [stamp, stamp, ...bounds],
  )
  // People who are in the list by another import belong to this one too. CROSS, so that the chunk leads: a list has millions.
  await tx.run(
    `INSERT INTO import_changes (import_id, contact_id, kind, before)
     SELECT ?, c.id, 'named', '{}' FROM staging.sorted s CROSS JOIN contacts c ON c.key = s.key
     CROSS JOIN list_members lm ON lm.list_id = ? AND lm.contact_id = c.id
     WHERE s.n > ? AND s.n <= ? AND lm.import_id IS NOT NULL`,
    [row.id, row.listId, ...bounds],
  )
  const joined = await tx.run(
    `INSERT INTO list_members (list_id, contact_id, import_id, added_at)
     SELECT ?, c.id, ?, ? FROM staging.sorted s JOIN contacts c ON c.key = s.key
     WHERE s.n > ? AND s.n <= ? AND c.erased_at IS NULL ON CONFLICT (list_id, contact_id) DO NOTHING`,
    [row.listId, row.id, now, ...bounds],
  )
  await countMembersIn(tx, row.listId, joined)
  await tx.run(
    `UPDATE imports SET added = added + ?, updated = updated + ?, unchanged = unchanged + ?, suppressed = suppressed + ? WHERE id = ?`,
    [buckets.added, buckets.updated, buckets.unchanged, buckets.suppressed, row.id],
  )
  return buckets
}

async function redateMoved(tx: WriteTx, row: ImportRow, range: StagedRange): Promise<void> {
  const moved = await tx.all<{ id: number }>(
    `SELECT c.id FROM staging.sorted s JOIN contacts c ON c.key = s.key
     JOIN import_changes i ON i.import_id = ? AND i.contact_id = c.id AND i.kind = 'updated'
     WHERE s.n > ? AND s.n <= ? AND ${tx.sql.jsonText('i.before', 'zone').sql} IS DISTINCT FROM c.zone`,
    [row.id, range.after, range.through, ...tx.sql.jsonText('i.before', 'zone').params],
  )
  const counts = new CountChanges()
  await redateAfterZone(
    tx,
    moved.map(({ id }) => id),
    counts,
  )
  await counts.write(tx, row.nodeId)
}

/** People whose line says no to marketing are suppressed; a line that says yes lifts nothing. */
export async function suppressDenied(tx: WriteTx, row: ImportRow, range: StagedRange, now: Present): Promise<void> {
  const stopped = await tx.all<{ key: string; line: number; consent: string | null; suppressed: string | null }>(
    `SELECT key, line, consent, suppressed FROM staging.sorted
     WHERE (consent = 'denied' OR suppressed IS NOT NULL) AND n > ? AND n <= ?`,
    [range.after, range.through],
  )
  const counts = new CountChanges()
  for (const { key, line, consent, suppressed } of stopped) {
    const evidence = `import imp_${row.id}, line ${line}`
    if (consent === 'denied') {
      const noConsent = { key, scope: 'marketing', reason: 'opted_out', evidence: `${evidence}: no consent` } as const
      await suppress(tx, noConsent, now, counts)
    }
    for (const { scope, reason } of readSuppressions(suppressed ?? ''))
      await suppress(tx, { key, scope, reason, evidence: `${evidence}: suppressed in the file` }, now, counts)
  }
  await counts.write(tx, row.nodeId)
}

/** Copies rejected lines out of the staging file. */
export async function storeRejects(
  tx: WriteTx,
  importId: number,
  afterLine: number,
  limit: number,
): Promise<number | undefined> {
  const last = await tx.get<{ line: number | null }>(
    `SELECT max(line) AS line FROM (SELECT line FROM staging.rejects WHERE line > ? ORDER BY line LIMIT ?) s`,
    [afterLine, limit],
  )
  if (last?.line == null) return undefined
  await tx.run(
    `INSERT INTO rejects (import_id, line, column_name, code, detail, cells)
     SELECT ?, line, column_name, code, detail, cells FROM staging.rejects WHERE line > ? AND line <= ? ON CONFLICT (import_id, line) DO NOTHING`,
    [importId, afterLine, last.line],
  )
  return last.line
}

/** Members of the list that the file does not name: what replace mode removes. */
export async function countLeavers(tx: ReadTx, listId: number): Promise<number> {
  const row = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM list_members lm JOIN contacts c ON c.id = lm.contact_id
     WHERE lm.list_id = ? AND NOT EXISTS (SELECT 1 FROM staging.sorted s WHERE s.key = c.key)`,
    [listId],
  )
  return row?.count ?? 0
}

export async function finishImport(tx: WriteTx, id: number, change: Partial<NewImport>): Promise<void> {
  await tx.orm.update(imports).set(change).where(eq(imports.id, id))
}

export async function listRejects(
  tx: ReadTx,
  importId: number,
  afterLine: number,
  limit: number,
): Promise<RejectRow[]> {
  const rows = await tx.all<Omit<RejectRow, 'cells'> & { cells: string }>(
    `SELECT import_id AS importId, line, column_name AS column, code, detail, cells FROM rejects WHERE import_id = ? AND line > ? ORDER BY line LIMIT ?`,
    [importId, afterLine, limit],
  )
  return rows.map((row) => ({ ...row, cells: JSON.parse(row.cells) as string[] }))
}
