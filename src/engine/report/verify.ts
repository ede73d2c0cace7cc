// Recounts and asks every question whose answer must be "none". Reads only: a row that was changed by hand shows here.
import { getCampaign } from '../../store/campaigns.ts'
import { countMessagesAtMost } from '../../store/messages.ts'
import type { Context, OnProgress } from '../context.ts'
import { findHold, type HoldView } from '../service/held.ts'
import { type Check, recount } from './recount.ts'
import { recountInThread } from './recount-thread.ts'

export interface Verification {
  ok: boolean
  checks: Check[]
}

/** So many messages are recounted in this thread, some 25 ms in all: starting another one takes longer. */
const INLINE_MESSAGES = 5_000

interface VerifyOptions {
  /** Name or id; everything without. */
  campaign?: string | undefined
  onProgress?: OnProgress | undefined
}

/** Asks about one campaign, or about everything. Throws AppError campaign.not_found. */
export async function verify(ctx: Context, { campaign, onProgress }: VerifyOptions = {}): Promise<Verification> {
  const { campaignId, messages, hold } = await ctx.db.read(async (tx) => {
    const id = campaign === undefined ? undefined : (await getCampaign(tx, campaign)).id
    return {
      campaignId: id,
      messages: await countMessagesAtMost(tx, id, INLINE_MESSAGES + 1),
      hold: await findHold(tx),
    }
  })
  const asked = { campaignId, now: ctx.clock.now() }
  const checks = await (messages > INLINE_MESSAGES
    ? recountInThread(ctx, asked, onProgress)
    : recount(
        async (fn) => {
          await new Promise((resolve) => setImmediate(resolve))
          return ctx.db.read(fn)
        },
        asked,
        onProgress,
      ))
  checks.unshift(lastUsedCheck(hold))
  return { ok: checks.every((check) => check.ok), checks }
}

function lastUsedCheck(hold: HoldView | undefined): Check {
  const broken = hold === undefined ? [] : [`${hold.says}. ${hold.hint}`]
  return { name: 'last_used', says: 'the database is the one used last', ok: hold === undefined, broken }
}
