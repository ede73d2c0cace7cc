// Runs and campaigns end by a question, never by an event: nothing pending, nothing on the wire, no occurrence left.
import { getCampaign, moveCampaignIf } from '../../store/campaigns.ts'
import type { WriteTx } from '../../store/database.ts'
import { countUnfinishedRuns, finishRunIfDone, getRun } from '../../store/runs.ts'

/** Ends a campaign that has no further occurrence and whose every run has ended. */
export async function finishCampaignIfDone(tx: WriteTx, campaignId: number): Promise<boolean> {
  const campaign = await getCampaign(tx, campaignId)
  if (campaign.nextTickAt !== null || (campaign.status !== 'running' && campaign.status !== 'scheduled')) return false
  if ((await countUnfinishedRuns(tx, campaignId)) > 0) return false
  return moveCampaignIf(tx, campaignId, campaign.status, 'finished', await tx.now())
}

/** Ends a run that has nothing left to do, and its campaign with it. */
export async function finishIfDone(tx: WriteTx, runId: number): Promise<boolean> {
  if (!(await finishRunIfDone(tx, runId, await tx.now()))) return false
  const { campaignId } = await getRun(tx, runId)
  await finishCampaignIfDone(tx, campaignId)
  return true
}
