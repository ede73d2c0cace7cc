// What people wrote and tapped. What waits to be settled comes first; a reply is stored once, however often its callback comes.
import type { ReplyReading } from '../domain/opt-out.ts'
import type { ReplyKind, Settlement } from '../domain/reply.ts'
import type { ReadTx, WriteTx } from './database.ts'

export interface NewReply {
  /** Null when nobody knows whose it is. */
  contactId: number | null
  senderId: number
  receivedAt: number
  writtenAt: number
  kind: ReplyKind
  text: string
  payload: string | null
  userId: string | null
  messageId: number | null
  reading: ReplyReading
  isOpen: boolean
  originSha256: string
}

export interface Reply extends Omit<NewReply, 'originSha256' | 'receivedAt'> {
  id: number
  /** The contact's; null where there is none. */
  phone: string | null
  sender: string
  settledAs: Settlement | null
  settledBy: string | null
  settledAt: number | null
}

/** Whether the same callback brought it before. */
export async function hasReply(
  tx: ReadTx,
  { senderId, originSha256 }: Pick<NewReply, 'senderId' | 'originSha256'>,
): Promise<boolean> {
  const known = await tx.get(`SELECT 1 FROM replies WHERE sender_id = ? AND origin_sha256 = ?`, [
    senderId,
    originSha256,
  ])
  return known !== undefined
}

/** Undefined when it is stored already. */
export async function insertReply(tx: WriteTx, reply: NewReply): Promise<number | undefined> {
  if (await hasReply(tx, reply)) return undefined
  return tx.insert(
    `INSERT INTO replies (contact_id, sender_id, received_at, written_at, kind, text, payload, user_id, message_id, reading, is_open, origin_sha256)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      reply.contactId,
      reply.senderId,
      reply.receivedAt,
      reply.writtenAt,
      reply.kind,
      reply.text,
      reply.payload,
      reply.userId,
      reply.messageId,
      reply.reading,
      reply.isOpen ? 1 : 0,
      reply.originSha256,
    ],
  )
}

type Row = Omit<Reply, 'isOpen'> & { isOpen: number }

const columns = `r.id, r.contact_id AS contactId, r.sender_id AS senderId, r.written_at AS writtenAt, r.kind, r.text, r.payload,
  r.user_id AS userId, r.message_id AS messageId, r.reading, r.is_open AS isOpen, r.settled_as AS settledAs, r.settled_by AS settledBy,
  r.settled_at AS settledAt, nullif(c.phone, '') AS phone, s.name AS sender`
const joins = 'LEFT JOIN contacts c ON c.id = r.contact_id JOIN senders s ON s.id = r.sender_id'

function readRow(row: Row): Reply {
  return { ...row, isOpen: row.isOpen === 1 }
}

export interface ReplyPage {
  limit: number
  /** The last one seen, as it was seen: it may have been settled since. */
  after?: { isOpen: boolean; id: number } | undefined
  isOpen?: boolean | undefined
  reading?: ReplyReading | undefined
  contactId?: number | undefined
}

/** What waits to be settled first, then the others, each part newest first; of one person simply the newest first. */
export async function listReplies(tx: ReadTx, page: ReplyPage): Promise<Reply[]> {
  const isOfOne = page.contactId !== undefined
  const conditions: [sql: string, ...params: (string | number)[]][] = []
  if (page.after !== undefined && isOfOne) conditions.push(['r.id < ?', page.after.id])
  if (page.after !== undefined && !isOfOne)
    conditions.push(['(r.is_open, r.id) < (?, ?)', page.after.isOpen ? 1 : 0, page.after.id])
  if (page.isOpen !== undefined) conditions.push(['r.is_open = ?', page.isOpen ? 1 : 0])
  if (page.reading !== undefined) conditions.push(['r.reading = ?', page.reading])
  if (page.contactId !== undefined) conditions.push(['r.contact_id = ?', page.contactId])
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}`
  const rows = await tx.all<Row>(
    `SELECT ${columns} FROM replies r ${joins} ${where} ORDER BY ${isOfOne ? '' : 'r.is_open DESC, '}r.id DESC LIMIT ?`,
    [...conditions.flatMap(([, ...params]) => params), page.limit],
  )
  return rows.map(readRow)
}

/** What one person wrote and tapped, newest first. */
export async function listRepliesOf(
  tx: ReadTx,
  contactId: number,
  { before, limit }: { before: number; limit: number },
): Promise<Reply[]> {
  const rows = await tx.all<Row>(
    `SELECT ${columns} FROM replies r ${joins} WHERE r.contact_id = ? AND r.id < ? ORDER BY r.id DESC LIMIT ?`,
    [contactId, before, limit],
  )
  return rows.map(readRow)
}

export async function findReply(tx: ReadTx, id: number): Promise<Reply | undefined> {
  const row = await tx.get<Row>(`SELECT ${columns} FROM replies r ${joins} WHERE r.id = ?`, [id])
  return row === undefined ? undefined : readRow(row)
}

/** How many wait to be settled, counted up to a bound. */
export async function countOpenReplies(tx: ReadTx, max: number): Promise<number> {
  const row = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM (SELECT 1 FROM replies WHERE is_open = 1 LIMIT ?) s`,
    [max],
  )
  return row?.count ?? 0
}

/** Its person is known. */
export async function matchReply(tx: WriteTx, id: number, contactId: number): Promise<void> {
  await tx.run(`UPDATE replies SET contact_id = ? WHERE id = ?`, [contactId, id])
}

export interface SettledBy {
  as: Settlement
  by: string
  at: number
}

export async function settleReply(tx: WriteTx, id: number, { as, by, at }: SettledBy): Promise<void> {
  await tx.run(`UPDATE replies SET is_open = 0, settled_as = ?, settled_by = ?, settled_at = ? WHERE id = ?`, [
    as,
    by,
    at,
    id,
  ])
}

/** The person has opted out: what else they said of it needs nobody. */
export async function closeRepliesOf(tx: WriteTx, contactId: number): Promise<void> {
  await tx.run(`UPDATE replies SET is_open = 0 WHERE contact_id = ? AND is_open = 1`, [contactId])
}

/** When the person last opted out in words or by a tap; null when they never did. */
export async function lastOptOutAt(tx: ReadTx, contactId: number): Promise<number | null> {
  const row = await tx.get<{ at: number | null }>(
    `SELECT max(written_at) AS at FROM replies WHERE contact_id = ? AND reading = 'opt_out'`,
    [contactId],
  )
  return row?.at ?? null
}

export async function eraseReplies(tx: WriteTx, contactId: number): Promise<void> {
  await tx.run(`DELETE FROM replies WHERE contact_id = ?`, [contactId])
}

export async function deleteOldReplies(tx: WriteTx, before: number, limit: number): Promise<number> {
  return tx.run(
    `DELETE FROM replies WHERE id IN (SELECT id FROM replies WHERE received_at < ? ORDER BY received_at LIMIT ?)`,
    [before, limit],
  )
}
