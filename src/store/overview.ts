// What the first page asks: how many campaigns have which status, and the few that matter now.
import type { CampaignStatus } from '../domain/campaign-status.ts'
import type { ReadTx } from './database.ts'

export async function countCampaigns(tx: ReadTx): Promise<Partial<Record<CampaignStatus, number>>> {
  const rows = await tx.all<{ status: CampaignStatus; count: number }>(
    'SELECT status, count(*) AS count FROM campaigns GROUP BY status',
  )
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]))
}

/** Campaigns of the statuses, the one that moved last first. */
export async function listLastMoved(tx: ReadTx, statuses: readonly CampaignStatus[], limit: number): Promise<number[]> {
  // By status, so that each is read from the end of its index and no further.
  const ofOne = `SELECT * FROM (SELECT id, updated_at AS movedAt FROM campaigns WHERE status = ? ORDER BY updated_at DESC, id DESC LIMIT ?) one`
  const rows = await tx.all<{ id: number }>(
    `SELECT id FROM (${statuses.map(() => ofOne).join(' UNION ALL ')}) s ORDER BY movedAt DESC, id DESC LIMIT ?`,
    [...statuses.flatMap((status) => [status, limit]), limit],
  )
  return rows.map(({ id }) => id)
}

export async function countLists(tx: ReadTx): Promise<number> {
  const row = await tx.get<{ count: number }>('SELECT count(*) AS count FROM lists WHERE deleted_at IS NULL')
  return row?.count ?? 0
}

/** Whether a sender is more than the sandbox. */
export async function hasProvider(tx: ReadTx): Promise<boolean> {
  return (await tx.get(`SELECT 1 FROM senders WHERE provider <> 'sandbox' LIMIT 1`)) !== undefined
}
