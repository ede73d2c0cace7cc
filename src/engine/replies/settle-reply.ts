// A person says what a reply means.
import { AppError } from '../../domain/errors.ts'
import { findIdIn, formatId } from '../../domain/ids.ts'
import type { Phone } from '../../domain/phone.ts'
import type { Settlement } from '../../domain/reply.ts'
import { CountChanges } from '../../store/counts.ts'
import type { Present, WriteTx } from '../../store/database.ts'
import { closeRepliesOf, findReply, matchReply, type Reply, settleReply } from '../../store/replies.ts'
import { learnUserId } from '../../store/user-ids.ts'
import { finishIfDone } from '../campaigns/finish.ts'
import { contactOf } from '../contacts/known-contact.ts'
import { getTypedNumber } from '../contacts/typed-number.ts'
import type { Context } from '../context.ts'
import { optOut } from './opt-out.ts'
import { type ReplyView, replyNotFound, viewReply } from './replies.ts'

export interface SettleRequest {
  as: Settlement
  /** Who says so. */
  by: string
  /** Whose reply it is, where nobody knew. */
  phone?: string | undefined
}

/**
 * An opt-out stops what waits for the person; repeated, it changes nothing. Throws AppError reply.not_found, reply.unmatched,
 * reply.matched, contact.erased.
 */
export async function settleByOperator(
  ctx: Context,
  id: string,
  { as, by, phone: phoneText }: SettleRequest,
): Promise<ReplyView & { stopped: number }> {
  const phone = phoneText === undefined ? undefined : getTypedNumber(ctx, phoneText)
  const nodeId = await ctx.node.id()
  return ctx.db.write(async (tx) => {
    const now = await tx.now()
    const counts = new CountChanges()
    const runs = new Set<number>()
    const reply = await findReply(tx, findIdIn('reply', id) ?? 0)
    if (reply === undefined) throw replyNotFound(id)
    const found = phone === undefined ? reply : await match(ctx, tx, reply, { phone, now, counts, runs })
    const stopped = as === 'opt_out' ? await obey(tx, found, { by, now, counts, runs }) : 0
    await settleReply(tx, found.id, { as, by, at: now })
    await counts.write(tx, nodeId)
    await finishIfDone(tx, runs)
    return { ...viewReply((await findReply(tx, found.id)) ?? found), stopped }
  })
}

interface Change {
  now: Present
  counts: CountChanges
  runs: Set<number>
}

/** Whose it is: the provider's id of the person is theirs from here on, with everything else that came from it. */
async function match(ctx: Context, tx: WriteTx, reply: Reply, change: Change & { phone: Phone }): Promise<Reply> {
  const { phone } = change
  if (reply.contactId !== null)
    throw new AppError('reply.matched', `${formatId('reply', reply.id)} is of ${reply.phone} already`, {
      hint: 'Settle it without a phone.',
    })
  const contact = await contactOf(ctx, tx, phone)
  if (contact === undefined)
    throw new AppError('contact.erased', `the person at ${phone.phone} was erased: nothing is kept of them`, {
      hint: 'Settle it as not_opt_out, without a phone.',
    })
  await matchReply(tx, reply.id, contact.id)
  if (reply.userId !== null) await learnUserId(tx, { contactId: contact.id, userId: reply.userId }, change)
  return { ...reply, contactId: contact.id, phone: contact.phone }
}

async function obey(
  tx: WriteTx,
  { id, contactId, text, userId }: Reply,
  change: Change & { by: string },
): Promise<number> {
  if (contactId === null)
    throw new AppError('reply.unmatched', `nobody knows whose reply ${formatId('reply', id)} is`, {
      hint: `It came from ${userId ?? 'a person without a number'}. Give the phone (--phone), or settle it as not_opt_out.`,
    })
  await closeRepliesOf(tx, contactId)
  const evidence = `"${text.slice(0, 100)}" (${formatId('reply', id)}), an opt-out according to ${change.by}`
  return optOut(tx, contactId, evidence, change)
}
