// Why a run cannot be planned yet, although its campaign runs. Reads only.
import type { Campaign } from '../../domain/campaign.ts'
import { AppError } from '../../domain/errors.ts'
import { resolveAudience } from '../../store/audience.ts'
import type { ReadTx } from '../../store/database.ts'
import { hasEarlierOpenRun, hasEarlierPlanning, type RunRow } from '../../store/runs.ts'

export type PlanningWait = 'overlap' | 'list_busy'

/** Undefined when nothing is in the way. */
export async function planningWaitOf(tx: ReadTx, run: RunRow, campaign: Campaign): Promise<PlanningWait | undefined> {
  if (await waitsForEarlier(tx, run, campaign)) return 'overlap'
  return (await isListBusy(tx, campaign)) ? 'list_busy' : undefined
}

/** A run in one zone waits for the one before it; in recipients' zones only for its planning: people overlap one by one. */
function waitsForEarlier(tx: ReadTx, run: RunRow, { schedule }: Campaign): Promise<boolean> {
  if (schedule.overlap === 'allow') return Promise.resolve(false)
  return schedule.isRecipientLocal ? hasEarlierPlanning(tx, run) : hasEarlierOpenRun(tx, run)
}

/** A list that an import is changing is waited for; whatever else an audience is refused for is met by planning. */
async function isListBusy(tx: ReadTx, campaign: Campaign): Promise<boolean> {
  try {
    await resolveAudience(tx, campaign.definition.audience)
    return false
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.code === 'list.busy'
  }
}
