// What an act of an operator would touch, counted before it is done. Reads only.
import { formatId } from '../../domain/ids.ts'
import type { WaitReason } from '../../domain/message-status.ts'
import { countCampaignsAtWork, countWaitingFor } from '../../store/at-stake.ts'
import { senderQueues } from '../../store/sender-health.ts'
import { getSender } from '../../store/senders.ts'
import type { Context } from '../context.ts'

/** Messages that wait for a rule of the limits, and would be looked at again. */
export async function messagesWaitingFor(ctx: Context, reason: WaitReason): Promise<number> {
  return ctx.db.read((tx) => countWaitingFor(tx, reason))
}

export interface SenderStake {
  id: string
  name: string
  /** Campaigns that send from it now, or will. */
  campaigns: number
  /** Messages of theirs that wait. */
  waiting: number
  ratePerSecond: number
}

/** Throws AppError sender.not_found. */
export async function senderStake(ctx: Context, idOrName: string): Promise<SenderStake> {
  return ctx.db.read(async (tx) => {
    const { id, name, ratePerSecond } = await getSender(tx, idOrName)
    const waiting = (await senderQueues(tx, [id])).get(id)?.waiting ?? 0
    return { id: formatId('sender', id), name, campaigns: await countCampaignsAtWork(tx, id), waiting, ratePerSecond }
  })
}
