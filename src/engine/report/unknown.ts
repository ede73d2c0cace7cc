// Messages whose outcome nobody knows: listed, and settled by an operator who does.
import { AppError } from '../../domain/errors.ts'
import { findIdIn, formatId, parseId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import type { MessageStatus, Resolution } from '../../domain/message-status.ts'
import { getCampaign } from '../../store/campaigns.ts'
import { CountChanges, NO_NODE } from '../../store/counts.ts'
import { findMessageState } from '../../store/messages.ts'
import { canSendAgain } from '../../store/runs.ts'
import { settleUnknown } from '../../store/settle-unknown.ts'
import {
  findUnknown,
  listUnknown,
  placeOfMessage,
  UNKNOWN_START,
  type UnknownMessage,
} from '../../store/unknown-messages.ts'
import type { Context } from '../context.ts'

export interface UnknownView {
  id: string
  campaign: string
  phone: string
  reason: string
  detail: string | null
  trackingId: string | null
  since: string
}

export interface UnknownQuery {
  /** Behind this message: the last id of the page before. */
  afterId?: string | undefined
  limit: number
}

/** Messages looked at in one read, some ten milliseconds. */
const LOOK_SLICE = 2_000

/** Run by run, the oldest first in each; of one campaign when it is named. */
export async function showUnknown(
  ctx: Context,
  campaign: string | undefined,
  { afterId, limit }: UnknownQuery,
): Promise<UnknownView[]> {
  const messageId = afterId === undefined ? undefined : findIdIn('message', afterId)
  const start = await ctx.db.read(async (tx) => ({
    choice: { campaignId: campaign === undefined ? undefined : (await getCampaign(tx, campaign)).id },
    place: messageId === undefined ? UNKNOWN_START : await placeOfMessage(tx, messageId),
  }))
  const found: UnknownView[] = []
  for (let after = start.place; found.length < limit; ) {
    const slice = { after, limit: Math.min(LOOK_SLICE, limit - found.length) }
    const some = await ctx.db.read((tx) => listUnknown(tx, start.choice, slice))
    found.push(...some.map(viewOf))
    const last = some.at(-1)
    if (last === undefined || some.length < slice.limit) break
    after = last
    await new Promise((resolve) => setImmediate(resolve))
  }
  return found
}

function viewOf(row: UnknownMessage): UnknownView {
  return {
    id: formatId('message', row.id),
    campaign: row.campaign,
    phone: row.phone,
    reason: row.reason,
    detail: row.detail,
    trackingId: row.trackingId,
    since: formatInstant(row.startedAt),
  }
}

/** Throws AppError message.not_found, also for one that is settled. */
export async function getUnknown(ctx: Context, id: string): Promise<UnknownView> {
  const messageId = parseId('message', id)
  const found = await ctx.db.read((tx) => findUnknown(tx, messageId))
  if (found !== undefined) return viewOf(found)
  throw new AppError('message.not_found', `${id.slice(0, 40)} does not wait for an answer`, {
    hint: 'See herald unknown list.',
  })
}

function cannotResend(messageId: number): AppError {
  return new AppError('campaign.cancelled', `the campaign of ${formatId('message', messageId)} was ended for good`, {
    hint: 'Clone the campaign for the people that are left: herald campaigns clone --remaining.',
  })
}

/** Settles one unknown message by an operator's word. */
export async function resolveUnknown(
  ctx: Context,
  idText: string,
  resolution: Resolution,
): Promise<{ id: string; status: MessageStatus }> {
  const id = findIdIn('message', idText)
  return ctx.db.write(async (tx) => {
    const state = id === undefined ? undefined : await findMessageState(tx, id)
    if (state === undefined)
      throw new AppError('message.not_found', `there is no message "${idText.slice(0, 40)}"`, {
        hint: 'See herald unknown list.',
      })
    if (state.status !== 'unknown')
      throw new AppError('message.not_unknown', `${formatId('message', state.id)} is ${state.status}, not unknown`)
    if (resolution === 'resend' && !(await canSendAgain(tx, state.runId))) throw cannotResend(state.id)
    const now = await tx.now()
    const counts = new CountChanges()
    const status = await settleUnknown(tx, state.id, { resolution, now, counts, detail: 'settled by an operator' })
    await counts.write(tx, NO_NODE)
    return { id: formatId('message', state.id), status }
  })
}
