// What a resume would do, said before it is done. Reads only.
import { getCampaign } from '../store/campaigns.ts'
import { countExpired } from '../store/messages.ts'
import type { Context } from './context.ts'

export interface ResumeFacts {
  /** Messages whose validity ended during the pause: they would expire at once. */
  willExpire: number
  /** The breaker paused it: an operator has to say that the reason was read and mended. */
  needsAcknowledgement: boolean
}

export async function readResumeFacts(ctx: Context, idOrName: string): Promise<ResumeFacts> {
  return ctx.db.read(async (tx) => {
    const { id, pauseReason } = await getCampaign(tx, idOrName)
    return {
      willExpire: await countExpired(tx, id, ctx.clock.now()),
      needsAcknowledgement: pauseReason === 'template_errors',
    }
  })
}
