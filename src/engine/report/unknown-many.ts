// Many unknown messages settled at once, by an operator who knows what became of them: after a restore they can be thousands.
// Reads and writes messages and attempts, in transactions of some each. Safe to kill: what is settled is, the others stay.
import { AppError } from '../../domain/errors.ts'
import { parseId } from '../../domain/ids.ts'
import type { Resolution } from '../../domain/message-status.ts'
import { counted } from '../../domain/plural.ts'
import { getCampaign } from '../../store/campaigns.ts'
import { CountChanges, NO_NODE } from '../../store/counts.ts'
import type { ReadTx, WriteTx } from '../../store/database.ts'
import { findMessageState } from '../../store/messages.ts'
import { canSendAgain } from '../../store/runs.ts'
import { getSender } from '../../store/senders.ts'
import { settleUnknown } from '../../store/settle-unknown.ts'
import { listUnknownIds, sliceUnknown, type UnknownChoice } from '../../store/unknown-messages.ts'
import type { Context } from '../context.ts'

/** Names or ids; all unknown messages without any of it. */
export interface ManyUnknown {
  campaign?: string | undefined
  run?: string | undefined
  sender?: string | undefined
  /** Such as `restored`. */
  reason?: string | undefined
}

/** Unknown messages of one campaign for one reason. */
export interface UnknownGroup {
  campaign: string
  reason: string
  count: number
  /** Of ended campaigns and past their validity: sent again they would reach nobody. */
  ended: number
  expired: number
}

export interface ManyView {
  count: number
  groups: UnknownGroup[]
  /** What of them is sent again if that is asked for: the others are of ended campaigns, or no longer valid. */
  canBeResent: number
}

/** Messages looked at in one read, some ten milliseconds. */
const LOOK_SLICE = 2_000

/** What would be settled. */
export async function showManyUnknown(ctx: Context, many: ManyUnknown): Promise<ManyView> {
  const groups = await groupUnknown(ctx, await ctx.db.read((tx) => readChoice(tx, many)))
  const sum = (of: (group: UnknownGroup) => number) => groups.reduce((total, group) => total + of(group), 0)
  return {
    count: sum(({ count }) => count),
    groups,
    canBeResent: sum(({ count, ended, expired }) => Math.max(0, count - Math.max(ended, expired))),
  }
}

/** In turns, because after a restore they can be a million. */
async function groupUnknown(ctx: Context, choice: UnknownChoice): Promise<UnknownGroup[]> {
  const groups = new Map<string, UnknownGroup>()
  const now = ctx.clock.now()
  for (let after = { id: 0, runId: 0 }; ; ) {
    const slice = await ctx.db.read((tx) => sliceUnknown(tx, choice, { after, now, limit: LOOK_SLICE }))
    for (const { campaign, reason, isEnded, isExpired } of slice) {
      const key = JSON.stringify([campaign, reason])
      const group = groups.get(key) ?? { campaign, reason, count: 0, ended: 0, expired: 0 }
      group.count++
      group.ended += isEnded
      group.expired += isExpired
      groups.set(key, group)
    }
    const last = slice.at(-1)
    if (last === undefined || slice.length < LOOK_SLICE) return [...groups.values()]
    after = last
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export interface ManyResolution {
  as: Resolution
  /** How many the operator saw: not one more is settled. */
  count: number
}

export interface ManyResolved {
  settled: number
  /** Of campaigns that were ended for good: they are not sent again, and stay unknown. */
  ended: number
}

/** Messages settled in one transaction. */
const MESSAGES_PER_TRANSACTION = 50

/** Throws AppError message.other_count when there are more or fewer than the operator saw. */
export async function resolveManyUnknown(
  ctx: Context,
  many: ManyUnknown,
  { as, count }: ManyResolution,
): Promise<ManyResolved> {
  const ids = await ctx.db.read(async (tx) => listUnknownIds(tx, await readChoice(tx, many)))
  if (ids.length !== count)
    throw new AppError(
      'message.other_count',
      `${counted(ids.length, 'message is', 'messages are')} unknown now, not ${count}`,
      { hint: 'Look at them again, then settle them with the number that you see.' },
    )
  const done: ManyResolved = { settled: 0, ended: 0 }
  for (let from = 0; from < ids.length; from += MESSAGES_PER_TRANSACTION) {
    const some = ids.slice(from, from + MESSAGES_PER_TRANSACTION)
    const { settled, ended } = await ctx.db.write((tx) => settleSome(tx, some, as, ctx.clock.now()))
    done.settled += settled
    done.ended += ended
    await new Promise((resolve) => setImmediate(resolve))
  }
  return done
}

async function settleSome(tx: WriteTx, ids: readonly number[], resolution: Resolution, now: number) {
  const counts = new CountChanges()
  const done: ManyResolved = { settled: 0, ended: 0 }
  for (const id of ids) {
    const state = await findMessageState(tx, id)
    // A callback may have come meanwhile.
    if (state?.status !== 'unknown') continue
    if (resolution === 'resend' && !(await canSendAgain(tx, state.runId))) {
      done.ended++
      continue
    }
    await settleUnknown(tx, id, { resolution, now, counts, detail: 'settled by an operator' })
    done.settled++
  }
  await counts.write(tx, NO_NODE)
  return done
}

async function readChoice(tx: ReadTx, { campaign, run, sender, reason }: ManyUnknown): Promise<UnknownChoice> {
  return {
    campaignId: campaign === undefined ? undefined : (await getCampaign(tx, campaign)).id,
    runId: run === undefined ? undefined : parseId('run', run),
    senderId: sender === undefined ? undefined : (await getSender(tx, sender)).id,
    reason,
  }
}
