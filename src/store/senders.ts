// Senders: the numbers we send from, their limits and gates.
import { eq, gt, inArray, sql } from 'drizzle-orm'
import { AppError } from '../domain/errors.ts'
import { findNamed } from '../domain/name.ts'
import { newestAttempt } from './attempts.ts'
import type { ReadTx, WriteTx } from './database.ts'
import { findByIdOrName } from './id-or-name.ts'
import { keptQuery } from './kept-query.ts'
import { lockRows } from './locks.ts'
import { nameHint } from './near-name.ts'
import { type NameChoice, type Picked, pickNamed } from './picked.ts'
import { isOpenRun } from './runs.ts'
import { senders } from './schema.ts'

export type Sender = typeof senders.$inferSelect
export type NewSender = Omit<typeof senders.$inferInsert, 'id'>

const senderById = keptQuery((orm) =>
  orm
    .select()
    .from(senders)
    .where(eq(senders.id, sql.placeholder('id'))),
)
const sendersByName = keptQuery((orm) => orm.select().from(senders).orderBy(senders.name))

export async function insertSender(tx: WriteTx, sender: NewSender): Promise<number> {
  const [row] = await tx.orm.insert(senders).values(sender).returning({ id: senders.id })
  if (row === undefined) throw new AppError('fault', 'the sender was not stored')
  return row.id
}

export async function updateSender(tx: WriteTx, id: number, change: Partial<NewSender>): Promise<void> {
  if (Object.keys(change).length > 0) await tx.orm.update(senders).set(change).where(eq(senders.id, id))
}

export async function listSenders(tx: ReadTx): Promise<Sender[]> {
  return sendersByName(tx)
}

/** Of a sender: who it is, and what its provider lets others do. */
type SenderFacts = Pick<Sender, 'id' | 'name' | 'provider' | 'credentials' | 'templatesSyncedAt'>

/** All senders, without what they are sent with. */
export async function listSenderFacts(tx: ReadTx): Promise<SenderFacts[]> {
  const { id, name, provider, credentials, templatesSyncedAt } = senders
  return tx.orm.select({ id, name, provider, credentials, templatesSyncedAt }).from(senders).orderBy(name)
}

/** By name, from behind one on. */
export async function listSenderPage(
  tx: ReadTx,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<Sender[]> {
  const behind = after === undefined ? undefined : gt(senders.name, after)
  return tx.orm.select().from(senders).where(behind).orderBy(senders.name).limit(limit)
}

export async function listSendersById(tx: ReadTx, ids: readonly number[]): Promise<Sender[]> {
  return ids.length === 0
    ? []
    : tx.orm
        .select()
        .from(senders)
        .where(inArray(senders.id, [...ids]))
}

/** Senders to choose from, by name. */
export async function findSenders(tx: ReadTx, choice: NameChoice): Promise<Picked<Sender>> {
  const names = await tx.all<{ id: number; name: string }>('SELECT id, name FROM senders ORDER BY name')
  const { ids, hasMore } = pickNamed(names, choice)
  const found = await listSendersById(tx, ids)
  return { found: found.sort((one, other) => ids.indexOf(one.id) - ids.indexOf(other.id)), hasMore }
}

export async function countSenders(tx: ReadTx): Promise<number> {
  return tx.orm.$count(senders)
}

export async function findSender(tx: ReadTx, idOrName: string | number): Promise<Sender | undefined> {
  return findByIdOrName('sender', idOrName, {
    byId: async (id) => (await senderById(tx, { id }))[0],
    bySpelling: async (name) => (await tx.orm.select().from(senders).where(eq(senders.name, name)))[0],
    byAnySpelling: (name) => findSenderNamed(tx, name),
  })
}

/** The sender of a name in any spelling. */
export async function findSenderNamed(tx: ReadTx, name: string): Promise<Sender | undefined> {
  return findNamed(await tx.orm.select().from(senders).orderBy(senders.id), name)
}

/** What the connection and the webhook address of a sender are made of. */
export interface SenderMake {
  id: number
  provider: string
  baseUrl: string | null
  /** As stored: cheaper to compare than to parse. */
  credentials: string
  webhookToken: string
  formerWebhookToken: string | null
  formerWebhookUntil: number | null
}

/** Asked with every callback. */
export async function findSenderMake(tx: ReadTx, name: string): Promise<SenderMake | undefined> {
  return tx.get<SenderMake>(
    `SELECT id, provider, base_url AS baseUrl, credentials, webhook_token AS webhookToken,
       former_webhook_token AS formerWebhookToken, former_webhook_until AS formerWebhookUntil FROM senders WHERE name = ?`,
    [name],
  )
}

export async function getSender(tx: ReadTx, idOrName: string | number): Promise<Sender> {
  const sender = await findSender(tx, idOrName)
  if (sender === undefined)
    throw new AppError('sender.not_found', `there is no sender "${String(idOrName).slice(0, 100)}"`, {
      hint: await nameHint(tx, 'sender', idOrName),
    })
  return sender
}

/** The sender, which nobody else changes before the transaction has committed. Throws AppError sender.not_found. */
export async function lockSender(tx: WriteTx, idOrName: string | number): Promise<Sender> {
  const { id } = await getSender(tx, idOrName)
  await lockSenders(tx, [id])
  return getSender(tx, id)
}

/** Their holds, breakers and daily counts are nobody else's before the transaction has committed. */
export async function lockSenders(tx: WriteTx, ids: Iterable<number>): Promise<void> {
  await lockRows(tx, 'sender', ids)
}

/** Returns whether it was active before. */
export async function pauseSender(tx: WriteTx, id: number, reason: string, detail: string | null): Promise<boolean> {
  const changes = await tx.run(
    `UPDATE senders SET status = 'paused', pause_reason = ?, pause_detail = ? WHERE id = ? AND status = 'active'`,
    [reason, detail, id],
  )
  return changes === 1
}

/** Returns whether it was paused before. A new start forgets holds and throttles. */
export async function resumeSender(tx: WriteTx, id: number): Promise<boolean> {
  const changes = await tx.run(
    `UPDATE senders SET status = 'active', pause_reason = NULL, pause_detail = NULL, resumed_after = ?, hold_until = NULL, throttles = 0
     WHERE id = ? AND status = 'paused'`,
    [await newestAttempt(tx), id],
  )
  return changes === 1
}

/**
 * What the provider asked of a sender, and after which attempt: earlier ones tell nothing new. Attempts are numbered in the
 * order of their claims, and no claim is made under a hold; so a later one was claimed, and began, when the hold was over.
 */
export interface SenderBrake {
  throttles: number
  holdUntil: number | null
  holdAfter: number
  resumedAfter: number
}

export async function getSenderBrake(tx: ReadTx, id: number): Promise<SenderBrake> {
  const row = await tx.get<SenderBrake>(
    `SELECT throttles, hold_until AS holdUntil, hold_after AS holdAfter, resumed_after AS resumedAfter FROM senders WHERE id = ?`,
    [id],
  )
  if (row === undefined) throw new AppError('sender.not_found', `sender ${id} is gone`)
  return row
}

/** Nothing is claimed before an instant; a hold that lasts longer stays. Answers to calls of one back-off step are one throttling. */
export async function holdSender(
  tx: WriteTx,
  id: number,
  hold: { until: number; isNewThrottle: boolean },
): Promise<void> {
  await tx.run(
    // A hold is always followed by a single call that asks, which throttles above nothing mean.
    `UPDATE senders SET throttles = CASE WHEN throttles = 0 THEN 1 ELSE throttles + ? END, hold_after = ?,
       hold_until = CASE WHEN hold_until > ? THEN hold_until ELSE ? END WHERE id = ?`,
    [hold.isNewThrottle ? 1 : 0, await newestAttempt(tx), hold.until, hold.until, id],
  )
}

/** The provider takes messages again: told by the answer to an attempt after the hold was set, by nothing else. */
export async function endHold(tx: WriteTx, id: number, attemptId: number): Promise<void> {
  await tx.run(
    `UPDATE senders SET throttles = 0, hold_until = NULL WHERE id = ? AND throttles > 0 AND hold_after < ?`,
    [id, attemptId],
  )
}

/** Senders that have messages to send, for one campaign when it is named. */
export async function listSendersAtWork(tx: ReadTx, campaignId?: number): Promise<Sender[]> {
  const rows = await tx.all<{ senderId: number }>(
    `SELECT DISTINCT sender_id AS senderId FROM runs WHERE ${isOpenRun('runs')} AND status = 'sending'
     ${campaignId === undefined ? '' : 'AND campaign_id = ?'}`,
    campaignId === undefined ? [] : [campaignId],
  )
  const senders: Sender[] = []
  for (const { senderId } of rows) senders.push(await getSender(tx, senderId))
  return senders
}
