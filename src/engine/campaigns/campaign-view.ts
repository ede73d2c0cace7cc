// One campaign as it is shown, and after every command on it; lists show less (campaign-list.ts).
import { type Campaign, type CampaignDefinition, parseCampaign } from '../../domain/campaign.ts'
import { formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import { listOpenRunIds } from '../../store/campaign-list.ts'
import { type CampaignRow, getCampaign, getRevision } from '../../store/campaigns.ts'
import { hasHandedOver } from '../../store/counts.ts'
import type { ReadTx } from '../../store/database.ts'
import { countPlanned } from '../../store/messages.ts'
import { getSender } from '../../store/senders.ts'
import type { Context } from '../context.ts'
import { type TroubleView, troublesOf, troublesOfMany } from '../duties/show-troubles.ts'
import { requireSeen, type Seen, versionOf } from '../version.ts'
import { nextRunOf } from './next-run.ts'
import { isUnreadable } from './unreadable-campaign.ts'

export interface CampaignView {
  id: string
  name: string
  status: CampaignRow['status']
  sender: string
  priority: number
  pauseReason: string | null
  pauseDetail: Record<string, unknown> | null
  launchedAt: string | null
  nextRunAt: string | null
  /** What the clock of each recipient shows at the next run; null in one zone. */
  nextRunLocal: string | null
  /** It is finished, and not one message of it was handed over. */
  reachedNobody: boolean
  /** Messages that wait in its runs: an edit does not change them. */
  planned: number
  revision: number
  /** Changes with the definition and with the status. */
  version: string
  definition: CampaignDefinition
  warnings: string[]
  /** Its times as written, with the instants that they are. */
  understood: string[]
  /** What fails at it, at a run of it or at its sender, and is tried again; empty when all is well. */
  troubles: TroubleView[]
}

export async function showCampaign(ctx: Context, idOrName: string): Promise<CampaignView> {
  return ctx.db.read(async (tx) => viewById(ctx, tx, (await getCampaign(tx, idOrName)).id))
}

export async function viewById(ctx: Context, tx: ReadTx, id: number): Promise<CampaignView> {
  const row = await getCampaign(tx, id)
  const revision = await getRevision(tx, row.revisionId ?? 0)
  return viewOf(tx, row, shownCampaign(revision.definition, ctx.config.timeZone))
}

/** What the view reads out of a definition; one that cannot be read is shown too, so that it can be mended. */
type ShownCampaign = Pick<Campaign, 'warnings' | 'understood'> & Partial<Pick<Campaign, 'schedule'>>

export function shownCampaign(definition: unknown, timeZone: string): ShownCampaign {
  try {
    return parseCampaign(definition, timeZone)
  } catch (error) {
    if (!isUnreadable(error)) throw error
    return { warnings: [`the stored definition cannot be read: ${error.message}`], understood: [] }
  }
}

export async function viewOf(
  tx: ReadTx,
  row: CampaignRow,
  { schedule, warnings, understood }: ShownCampaign,
): Promise<CampaignView> {
  const revision = await getRevision(tx, row.revisionId ?? 0)
  const sender = await getSender(tx, row.senderId)
  return {
    id: formatId('campaign', row.id),
    name: row.name,
    status: row.status,
    sender: sender.name,
    priority: row.priority,
    pauseReason: row.pauseReason,
    pauseDetail: row.pauseDetail,
    launchedAt: row.launchedAt === null ? null : formatInstant(row.launchedAt),
    ...nextRunOf(row, schedule),
    reachedNobody: row.status === 'finished' && !(await hasHandedOver(tx, row.id)),
    planned: await countPlanned(tx, row.id),
    revision: revision.number,
    version: versionOfCampaign(row),
    definition: revision.definition,
    warnings,
    understood: understood.map(({ text }) => text),
    troubles: await troublesOfCampaign(tx, row),
  }
}

export function versionOfCampaign({
  id,
  revisionId,
  status,
  pauseReason,
  launchedAt,
}: Pick<CampaignRow, 'id' | 'revisionId' | 'status' | 'pauseReason' | 'launchedAt'>): string {
  return versionOf([id, revisionId, status, pauseReason, launchedAt])
}

/** Throws AppError version.changed. */
export function requireSeenCampaign(seen: Seen, row: CampaignRow): void {
  requireSeen(seen, versionOfCampaign(row), `campaign "${row.name}"`)
}

async function troublesOfCampaign(tx: ReadTx, { id, senderId }: CampaignRow): Promise<TroubleView[]> {
  const runs = (await listOpenRunIds(tx, [id])).map((run) => run.id)
  return [
    ...(await troublesOf(tx, 'campaign', id)),
    ...(await troublesOf(tx, 'sender', senderId)),
    ...[...(await troublesOfMany(tx, 'run', runs)).values()].flat(),
  ]
}
