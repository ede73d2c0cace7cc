// What of a campaign can still happen soon, for a command that sends in the foreground: it stays while something can, and
// leaves what waits for a gate that stays shut to a later run. Reads only.
import { openStatuses } from '../../domain/message-status.ts'
import { tally } from '../../domain/report.ts'
import { getCampaign } from '../../store/campaigns.ts'
import { listCountsOfCampaign, listCountsOfRun } from '../../store/counts.ts'
import type { ReadTx } from '../../store/database.ts'
import { countCalls } from '../../store/messages.ts'
import { listOpenRunsOf } from '../../store/runs.ts'
import type { Context } from '../context.ts'
import { SOON_MS, waitsOf } from '../report/waits.ts'

export interface Work {
  /** When the next of it can happen; not after now when something can happen already. */
  nextAt: number
  /** Another text whenever anything was planned or settled; a call that ends where it began moves nothing. */
  state: string
}

/** What of a campaign can happen within a minute, or at all; undefined when nothing can. */
export async function findWork(
  { clock, config }: Pick<Context, 'clock' | 'config'>,
  tx: ReadTx,
  campaignId: number,
  { isToTheEnd }: { isToTheEnd: boolean },
): Promise<Work | undefined> {
  const campaign = await getCampaign(tx, campaignId)
  const now = clock.now()
  const counts = await listCountsOfCampaign(tx, campaignId, { withTests: true })
  const settled = counts.filter(({ status }) => !openStatuses.some((open) => open === status))
  const planned = counts.reduce((sum, { count }) => sum + count, 0)
  const state = JSON.stringify([settled, planned, campaign.status, campaign.decidedUntil])
  if ((await countCalls(tx, campaignId)) > 0) return { nextAt: now, state }
  if (campaign.status !== 'running' && campaign.status !== 'scheduled') return undefined
  if (isToTheEnd) return { nextAt: now, state }
  const instants = campaign.nextTickAt === null ? [] : [campaign.nextTickAt]
  for (const run of await listOpenRunsOf(tx, campaignId)) {
    const own = tally(await listCountsOfRun(tx, run.id))
    const waits = await waitsOf(tx, { campaign, run, own, now, defaultZone: config.timeZone })
    // What waits for nothing is being planned, or is finished in a moment.
    if (waits.length === 0) instants.push(now)
    for (const { opensAt } of waits) if (opensAt !== null) instants.push(opensAt)
  }
  const nextAt = Math.min(...instants)
  return nextAt <= now + SOON_MS ? { nextAt, state } : undefined
}
