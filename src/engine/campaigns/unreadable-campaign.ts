// A stored campaign that cannot be read: changed by hand, or written by a program with other rules. It is paused by
// itself, so that it keeps nobody else's messages waiting.
import { AppError, kindOf } from '../../domain/errors.ts'
import { formatId } from '../../domain/ids.ts'
import { pauseCampaign } from '../../store/campaigns.ts'
import type { Context } from '../context.ts'

/** Whether an error says that a definition is not what a campaign may be. */
export function isUnreadable(error: unknown): error is AppError {
  return error instanceof AppError && kindOf(error.code) === 'input'
}

export async function pauseUnreadable(ctx: Context, campaignId: number, error: AppError): Promise<void> {
  const { code, message } = error
  const detail = {
    code,
    text: message,
    advice: 'It was changed beside Herald, or by another version: clone it with what it should say, and cancel it.',
  }
  const wasRunning = await ctx.db.write(async (tx) =>
    pauseCampaign(tx, campaignId, 'definition_unreadable', detail, await tx.now()),
  )
  const id = formatId('campaign', campaignId)
  if (wasRunning) ctx.log.error({ campaign: id, code }, `${id} was paused: its definition cannot be read`)
}
