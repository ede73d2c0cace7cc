// Senders as lists show them: a page by name, in a fixed number of statements. Reads only.
import type { ReadTx } from '../../store/database.ts'
import { listSenderPage, type Sender } from '../../store/senders.ts'
import type { Context } from '../context.ts'
import { troublesOfMany } from '../duties/show-troubles.ts'
import { type SenderView, viewSender } from './senders.ts'

export interface SenderQuery {
  /** Behind this name: that of the last one of the page before. */
  after?: string | undefined
  limit: number
}

/** A page of senders by name; one more than `limit` when another page follows. */
export async function pageSenders(ctx: Context, { after, limit }: SenderQuery): Promise<SenderView[]> {
  return ctx.db.read(async (tx) => viewAll(ctx, tx, await listSenderPage(tx, { after, limit: limit + 1 })))
}

async function viewAll(ctx: Context, tx: ReadTx, senders: readonly Sender[]): Promise<SenderView[]> {
  const ids = senders.map(({ id }) => id)
  const troubles = await troublesOfMany(tx, 'sender', ids)
  return senders.map((sender) => viewSender(ctx, sender, troubles.get(sender.id) ?? []))
}
