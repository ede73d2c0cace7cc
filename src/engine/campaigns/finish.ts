// Runs and campaigns end by a question, never by an event: nothing pending, nothing on the wire, no occurrence left.
import { lockCampaign, moveCampaignIf } from '../../store/campaigns.ts'
import type { WriteTx } from '../../store/database.ts'
import { countUnfinishedRuns, finishRunIfDone, listDone, lockRuns } from '../../store/runs.ts'

/** Ends a campaign that has no further occurrence and whose every run has ended. */
export async function finishCampaignIfDone(tx: WriteTx, campaignId: number): Promise<boolean> {
  const campaign = await lockCampaign(tx, campaignId)
  if (campaign.nextTickAt !== null || (campaign.status !== 'running' && campaign.status !== 'scheduled')) return false
  if ((await countUnfinishedRuns(tx, campaignId)) > 0) return false
  return moveCampaignIf(tx, campaignId, campaign.status, 'finished', await tx.now())
}

/** Ends the runs that have nothing left to do, and their campaigns with them; the last that a transaction does. */
export async function finishIfDone(tx: WriteTx, runIds: Iterable<number>): Promise<void> {
  // Of most runs messages are left: neither they nor their campaigns are locked for it.
  const runs = await lockRuns(tx, await listDone(tx, runIds))
  const now = await tx.now()
  for (const { id, campaignId } of runs)
    if (await finishRunIfDone(tx, id, now)) await finishCampaignIfDone(tx, campaignId)
}
