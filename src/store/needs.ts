// What waits for a person: few rows of each kind, found by an index or among the newest, whatever the installation holds.
import type { ReadTx } from './database.ts'

/** Something with a name that waits. */
export interface NamedNeed {
  id: number
  name: string
  /** Why; of an import how many lines. */
  reason: string
  detail: string | null
}

export interface FoundNeeds {
  named: NamedNeed[]
  /** All of them, `named` among them; no more than the limit of the kind are counted. */
  count: number
}

/** Messages that were handed over without an answer, counted up to a limit. */
export async function countUnknown(tx: ReadTx, max: number): Promise<number> {
  const row = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM (SELECT 1 FROM messages WHERE status = 'unknown' LIMIT ?) s`,
    [max],
  )
  return row?.count ?? 0
}

export function findPausedSenders(tx: ReadTx, limit: number): Promise<FoundNeeds> {
  return find(tx, limit, {
    columns: `id, name, coalesce(pause_reason, '') AS reason, pause_detail AS detail`,
    from: `senders WHERE status = 'paused'`,
    order: 'name',
  })
}

/** Paused by themselves: an operator who pauses one knows of it. */
export function findStoppedCampaigns(tx: ReadTx, limit: number): Promise<FoundNeeds> {
  return find(tx, limit, {
    columns: `id, name, pause_reason AS reason, NULL AS detail`,
    from: `campaigns INDEXED BY campaigns_stopped WHERE status = 'paused' AND pause_reason <> 'operator'`,
    order: 'updated_at DESC',
  })
}

/** Imports looked through, from the newest. */
const IMPORTS_LOOKED_AT = 200

/** Rejected lines of the last import into a list since an instant: another import into it says that they were seen. */
export function findImportsWithRejects(tx: ReadTx, limit: number, since: number): Promise<FoundNeeds> {
  return find(tx, limit, {
    columns: `id, file_name AS name, rejected AS reason, NULL AS detail`,
    from: `(SELECT * FROM imports ORDER BY id DESC LIMIT ${IMPORTS_LOOKED_AT}) i
           WHERE status = 'applied' AND rejected > 0 AND applied_at > ${Math.floor(since)}
             AND NOT EXISTS (SELECT 1 FROM imports j WHERE j.list_id = i.list_id AND j.id > i.id AND j.status = 'applied')`,
    order: 'id DESC',
  })
}

/** Templates that a provider stopped since an instant. */
export async function countStoppedTemplates(tx: ReadTx, since: number, max: number): Promise<number> {
  const row = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM (SELECT 1 FROM templates
       WHERE status IN ('rejected', 'paused', 'disabled') AND updated_at > ? LIMIT ?) s`,
    [since, max],
  )
  return row?.count ?? 0
}

/** Replies that are probably opt-outs and that nobody has settled. */
export async function countProbableOptOuts(tx: ReadTx, max: number): Promise<number> {
  const row = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM (SELECT 1 FROM replies WHERE reading = 'probable_opt_out' AND is_open = 1 LIMIT ?) s`,
    [max],
  )
  return row?.count ?? 0
}

async function find(
  tx: ReadTx,
  limit: number,
  { columns, from, order }: { columns: string; from: string; order: string },
): Promise<FoundNeeds> {
  const named = await tx.all<NamedNeed>(`SELECT ${columns} FROM ${from} ORDER BY ${order} LIMIT ?`, [limit])
  if (named.length < limit) return { named, count: named.length }
  const row = await tx.get<{ count: number }>(`SELECT count(*) AS count FROM ${from}`)
  return { named, count: row?.count ?? named.length }
}
