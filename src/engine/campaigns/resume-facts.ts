// What a resume would do, said before it is done. Reads only.
import { needsAcknowledgement } from '../../domain/campaign-status.ts'
import { getCampaign } from '../../store/campaigns.ts'
import { countExpired, countPlannedOtherwise } from '../../store/messages.ts'
import type { Context } from '../context.ts'

export interface ResumeFacts {
  /** Messages whose validity ended during the pause: they would expire at once. */
  willExpire: number
  /** Messages that were planned before the last edit: they say what the campaign said then. */
  plannedBefore: number
  /** The breaker paused it: an operator has to say that the reason was read and mended. */
  needsAcknowledgement: boolean
}

export async function readResumeFacts(ctx: Context, idOrName: string): Promise<ResumeFacts> {
  return ctx.db.read(async (tx) => {
    const { id, pauseReason, revisionId } = await getCampaign(tx, idOrName)
    return {
      willExpire: await countExpired(tx, id, ctx.clock.now()),
      plannedBefore: await countPlannedOtherwise(tx, id, revisionId ?? 0),
      needsAcknowledgement: needsAcknowledgement(pauseReason),
    }
  })
}
