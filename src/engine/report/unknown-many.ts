// Many unknown messages settled at once, by an operator who knows what became of them: after a restore they can be thousands.
// Reads and writes messages and attempts, in transactions of some each. Safe to kill: what is settled is, the others stay.
import { AppError } from '../../domain/errors.ts'
import { parseId } from '../../domain/ids.ts'
import type { Resolution } from '../../domain/message-status.ts'
import { counted } from '../../domain/plural.ts'
import { getCampaign, listNamesAndStatuses } from '../../store/campaigns.ts'
import { CountChanges, NO_NODE } from '../../store/counts.ts'
import type { ReadTx, WriteTx } from '../../store/database.ts'
import { findMessageState } from '../../store/messages.ts'
import { canSendAgain } from '../../store/runs.ts'
import { getSender } from '../../store/senders.ts'
import { settleUnknown } from '../../store/settle-unknown.ts'
import {
  endOfSlice,
  groupUnknown,
  type LargestGroup,
  largestUnknown,
  listUnknownIds,
  UNKNOWN_START,
  type UnknownChoice,
  type UnknownGroup,
  type UnknownPlace,
} from '../../store/unknown-messages.ts'
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
export interface ManyGroup {
  campaign: string
  reason: string
  count: number
  /** Of ended campaigns and past their validity: sent again they would reach nobody. */
  ended: number
  expired: number
}

export interface ManyView {
  count: number
  groups: ManyGroup[]
  /** What of them is sent again if that is asked for: the others are of ended campaigns, or no longer valid. */
  canBeResent: number
}

/** Messages looked at in one read, some ten milliseconds. */
const LOOK_SLICE = 5_000

/** What would be settled: counted one by one in turns, because what is past its validity is in no counter. */
export async function showManyUnknown(ctx: Context, many: ManyUnknown): Promise<ManyView> {
  const now = ctx.clock.now()
  const found = new Map<string, UnknownGroup>()
  await walk(ctx, many, async (tx, choice, slice) => {
    for (const part of await groupUnknown(tx, choice, { ...slice, now })) addTo(found, part)
  })
  const groups = await nameGroups(ctx, [...found.values()])
  const sum = (of: (group: ManyGroup) => number) => groups.reduce((total, group) => total + of(group), 0)
  return {
    count: sum(({ count }) => count),
    groups,
    canBeResent: sum(({ count, ended, expired }) => Math.max(0, count - Math.max(ended, expired))),
  }
}

/** A campaign is in several slices where its runs are. */
function addTo(groups: Map<string, UnknownGroup>, part: UnknownGroup): void {
  const key = `${part.campaignId} ${part.reason}`
  const known = groups.get(key)
  if (known === undefined) {
    groups.set(key, part)
    return
  }
  known.count += part.count
  known.tests += part.tests
  known.expired += part.expired
}

/** The campaigns are looked up once, not with each message. */
async function nameGroups(ctx: Context, groups: readonly UnknownGroup[]): Promise<ManyGroup[]> {
  const ids = [...new Set(groups.map(({ campaignId }) => campaignId))]
  const campaigns = await ctx.db.read((tx) => listNamesAndStatuses(tx, ids))
  return groups.map(({ campaignId, reason, count, tests, expired }) => {
    const campaign = campaigns.get(campaignId)
    const hasEnded = campaign?.status === 'cancelled' || campaign?.status === 'archived'
    return { campaign: campaign?.name ?? '', reason, count, ended: hasEnded ? count - tests : 0, expired }
  })
}

type Looking = (tx: ReadTx, choice: UnknownChoice, slice: { after: UnknownPlace; limit: number }) => Promise<void>

/** Through all that are meant, slice by slice: after a restore they can be a million. */
async function walk(ctx: Context, many: ManyUnknown, look: Looking): Promise<void> {
  const choice = await ctx.db.read((tx) => readChoice(tx, many))
  for (let after: UnknownPlace | undefined = UNKNOWN_START; after !== undefined; ) {
    const slice: { after: UnknownPlace; limit: number } = { after, limit: LOOK_SLICE }
    after = await ctx.db.read(async (tx) => {
      await look(tx, choice, slice)
      return endOfSlice(tx, choice, slice)
    })
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Campaigns and reasons, the largest first, by the counters: for pages, which list a few. */
export interface LargestUnknown {
  count: number
  /** How many there are. */
  groups: number
  largest: LargestGroup[]
}

/** Of one campaign or for one reason where that is given. */
export async function showLargestUnknown(
  ctx: Context,
  many: Pick<ManyUnknown, 'campaign' | 'reason'>,
  limit: number,
): Promise<LargestUnknown> {
  return ctx.db.read(async (tx) => {
    const { campaignId, reason } = await readChoice(tx, many)
    return largestUnknown(tx, { campaignId, reason, limit })
  })
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
  const ids: number[] = []
  await walk(ctx, many, async (tx, choice, slice) => void ids.push(...(await listUnknownIds(tx, choice, slice))))
  ids.sort((one, other) => one - other)
  if (ids.length !== count)
    throw new AppError(
      'message.other_count',
      `${counted(ids.length, 'message is', 'messages are')} unknown now, not ${count}`,
      { hint: 'Look at them again, then settle them with the number that you see.' },
    )
  const done: ManyResolved = { settled: 0, ended: 0 }
  for (let from = 0; from < ids.length; from += MESSAGES_PER_TRANSACTION) {
    const some = ids.slice(from, from + MESSAGES_PER_TRANSACTION)
    const { settled, ended } = await ctx.db.write((tx) => settleSome(tx, some, as))
    done.settled += settled
    done.ended += ended
    await new Promise((resolve) => setImmediate(resolve))
  }
  return done
}

async function settleSome(tx: WriteTx, ids: readonly number[], resolution: Resolution) {
  const now = await tx.now()
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
