// What the first page asks: how many campaigns have which status, and the few that matter now.
import type { CampaignStatus } from '../domain/campaign-status.ts'
import type { ReadTx } from './database.ts'

export async function countCampaigns(tx: ReadTx): Promise<Partial<Record<CampaignStatus, number>>> {
  const rows = await tx.all<{ status: CampaignStatus; count: number }>(
    'SELECT status, count(*) AS count FROM campaigns GROUP BY status',
  )
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]))
}

/** At work: the one that moved last first. Next: by when its schedule is looked at. Finished: the latest first. */
const orders = {
  atWork: `status IN ('running', 'paused') ORDER BY updated_at DESC, id DESC`,
  next: `status = 'scheduled' ORDER BY next_tick_at IS NULL, next_tick_at, id`,
  finished: `status = 'finished' ORDER BY updated_at DESC, id DESC`,
}

export async function listFirstCampaigns(tx: ReadTx, kind: keyof typeof orders, limit: number): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(`SELECT id FROM campaigns WHERE ${orders[kind]} LIMIT ?`, [limit])
  return rows.map(({ id }) => id)
}

export async function countLists(tx: ReadTx): Promise<number> {
  const row = await tx.get<{ count: number }>('SELECT count(*) AS count FROM lists WHERE deleted_at IS NULL')
  return row?.count ?? 0
}
