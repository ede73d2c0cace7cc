// Questions whose answer must be "none": what verify asks. Each names the rows that break it.
import type { ReadTx } from './database.ts'
import { countReasonSql } from './messages.ts'
import { isSought } from './proof-runs.ts'

export interface Invariant {
  name: string
  /** What holds when it is not broken. */
  says: string
  /** Selects `what` (an id with its prefix) of every row that breaks it. */
  sql: string
}

/** Named runs only, so that one campaign can be asked alone; `?` is replaced by their ids. */
export const runInvariants: Invariant[] = [
  {
    name: 'books_balance',
    says: 'the messages of a run are as many as its audience',
    sql: `SELECT 'run_' || r.id || ': audience ' || r.audience_count || ', messages ' || (SELECT count(*) FROM messages m WHERE m.run_id = r.id) AS what
          FROM runs r WHERE r.id IN (RUNS) AND r.audience_count <> (SELECT count(*) FROM messages m WHERE m.run_id = r.id)`,
  },
  {
    name: 'counts',
    says: 'the counters of a run are what its messages are',
    sql: `SELECT 'run_' || run_id || ' ' || status || CASE WHEN reason = '' THEN '' ELSE ' ' || reason END || ': counted ' || sum(counted) || ', found ' || sum(found) AS what
          FROM (SELECT run_id, status, reason, sum(count) AS counted, 0 AS found FROM run_counts WHERE run_id IN (RUNS) GROUP BY run_id, status, reason
                UNION ALL
                SELECT run_id, status, ${countReasonSql}, 0, count(*) FROM messages WHERE run_id IN (RUNS) GROUP BY 1, 2, 3) u
          GROUP BY run_id, status, reason HAVING sum(counted) <> sum(found)`,
  },
  {
    name: 'run_is_over',
    says: 'a finished or cancelled run has no pending message, a finished one none on the wire',
    sql: `SELECT 'msg_' || m.id || ' is ' || m.status || ' in a ' || r.status || ' run' AS what FROM runs r JOIN messages m ON m.run_id = r.id
          WHERE r.id IN (RUNS) AND ((r.status = 'finished' AND m.status IN ('pending', 'sending')) OR (r.status = 'cancelled' AND m.status = 'pending'))`,
  },
  {
    name: 'campaign_is_over',
    says: 'a cancelled or archived campaign has no message that waits (the service, or `herald campaigns cancel` again, cancels what is left)',
    sql: `SELECT 'msg_' || m.id || ' waits in the ' || c.status || ' campaign "' || c.name || '"' AS what
          FROM runs r JOIN campaigns c ON c.id = r.campaign_id JOIN messages m ON m.run_id = r.id AND m.status = 'pending'
          WHERE r.id IN (RUNS) AND r.kind = 'scheduled' AND c.status IN ('cancelled', 'archived')`,
  },
  {
    name: 'evidence',
    says: 'what was accepted has an attempt that says so or a callback that proved it, and its instants',
    sql: `SELECT 'msg_' || m.id || ' is ' || m.status || ' without evidence' AS what FROM messages m
          WHERE m.run_id IN (RUNS) AND (
            (m.status IN ('accepted', 'sent', 'delivered', 'read') AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.message_id = m.id))
            OR (m.status = 'accepted' AND m.accepted_at IS NULL) OR (m.status = 'sent' AND m.sent_at IS NULL)
            OR (m.status = 'delivered' AND m.delivered_at IS NULL) OR (m.status = 'read' AND m.read_at IS NULL)
            OR (m.status = 'failed' AND m.failed_at IS NULL))`,
  },
  {
    name: 'instants_fit',
    says: 'the status of a message is the one that its instants amount to',
    sql: `SELECT 'msg_' || m.id || ' is ' || m.status || ' but has later instants' AS what FROM messages m
          WHERE m.run_id IN (RUNS) AND (
            (m.status IN ('accepted', 'sent', 'delivered', 'failed') AND m.read_at IS NOT NULL)
            OR (m.status IN ('accepted', 'sent', 'failed') AND m.delivered_at IS NOT NULL)
            OR (m.status = 'accepted' AND m.sent_at IS NOT NULL)
            OR (m.status IN ('accepted', 'sent') AND m.failed_at IS NOT NULL))`,
  },
  {
    name: 'reasons',
    says: 'what was skipped, failed or is unknown says why; nothing else does',
    sql: `SELECT 'msg_' || m.id || ' is ' || m.status || ' with reason ' || coalesce(m.reason, 'none') AS what FROM messages m
          WHERE m.run_id IN (RUNS) AND ((m.status IN ('skipped', 'failed', 'unknown')) <> (m.reason IS NOT NULL))`,
  },
  {
    name: 'attempts',
    says: 'a message has counted no more attempts than were made, and what is sending has one open',
    sql: `SELECT 'msg_' || m.id || ' counts ' || m.attempts || ' attempts' AS what FROM messages m
          WHERE m.run_id IN (RUNS) AND (m.attempts > (SELECT count(*) FROM attempts a WHERE a.message_id = m.id)
            OR (m.status = 'sending' AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.id = m.attempt_id AND a.ended_at IS NULL)))`,
  },
  {
    name: 'owners',
    says: 'what is sending is held by a node that exists',
    sql: `SELECT 'msg_' || m.id || ' is held by node ' || coalesce(CAST(m.node_id AS TEXT), 'none') AS what FROM messages m
          WHERE m.run_id IN (RUNS) AND m.status = 'sending' AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = m.node_id)`,
  },
  {
    name: 'caps_counted',
    says: 'every marketing message that was or may have been sent holds its place in the caps',
    sql: `SELECT 'msg_' || m.id || ' is ' || m.status || ' and holds no place' AS what FROM runs r JOIN messages m ON m.run_id = r.id
          JOIN campaign_revisions v ON v.id = m.revision_id
          WHERE r.id IN (RUNS) AND r.kind = 'scheduled' AND v.use_case = 'marketing'
            AND m.status IN ('sending', 'accepted', 'sent', 'delivered', 'read', 'unknown')
            AND NOT EXISTS (SELECT 1 FROM cap_uses u WHERE u.message_id = m.id)`,
  },
  {
    name: 'validity',
    says: 'no attempt began after its message had expired',
    sql: `SELECT 'att_' || a.id || ' of msg_' || m.id || ' began after the end of its validity' AS what FROM messages m JOIN attempts a ON a.message_id = m.id
          WHERE m.run_id IN (RUNS) AND a.start_at_us / 1000 >= m.expires_at AND coalesce(a.outcome, '') <> 'not_started'`,
  },
  {
    name: 'suppressions',
    says: 'nobody was messaged after a suppression that had begun before',
    sql: `SELECT 'att_' || a.id || ' of msg_' || m.id || ' began after the person was suppressed' AS what
          FROM messages m CROSS JOIN contacts c ON c.id = m.contact_id CROSS JOIN suppressions s ON s.key = c.key
          JOIN attempts a ON a.message_id = m.id JOIN campaign_revisions v ON v.id = m.revision_id
          WHERE m.run_id IN (RUNS) AND (s.scope = 'all' OR v.use_case = 'marketing') AND coalesce(a.outcome, '') <> 'not_started'
            AND a.start_at_us / 1000 > s.created_at + 1000`,
  },
]

/** Named campaigns only, in place of CAMPAIGNS. */
export const campaignInvariants: Invariant[] = [
  {
    name: 'campaign_counts',
    says: 'the counters of a campaign are the sums of those of its runs',
    sql: `SELECT 'cmp_' || campaign_id || ' ' || kind || ' ' || status || CASE WHEN reason = '' THEN '' ELSE ' ' || reason END || ': counted ' || sum(counted) || ', found ' || sum(found) AS what
          FROM (SELECT campaign_id, kind, status, reason, count AS counted, 0 AS found FROM campaign_counts WHERE campaign_id IN (CAMPAIGNS)
                UNION ALL
                SELECT r.campaign_id, r.kind, k.status, k.reason, 0, k.count FROM runs r CROSS JOIN run_counts k ON k.run_id = r.id WHERE r.campaign_id IN (CAMPAIGNS)) u
          GROUP BY campaign_id, kind, status, reason HAVING sum(counted) <> sum(found)`,
  },
]

/** Asked of all messages, by their ids from FIRST to LAST. */
export const messageInvariants: Invariant[] = [
  {
    name: 'foreign_messages',
    says: 'every message belongs to a run, a contact and a revision',
    sql: `SELECT 'msg_' || m.id AS what FROM messages m LEFT JOIN runs r ON r.id = m.run_id LEFT JOIN contacts c ON c.id = m.contact_id
          LEFT JOIN campaign_revisions v ON v.id = m.revision_id WHERE m.id BETWEEN FIRST AND LAST AND (r.id IS NULL OR c.id IS NULL OR v.id IS NULL)`,
  },
  {
    name: 'cap_places',
    says: 'every place in the caps belongs to a marketing message that counts',
    sql: `SELECT 'msg_' || u.message_id AS what FROM cap_uses u LEFT JOIN messages m ON m.id = u.message_id
          WHERE u.message_id BETWEEN FIRST AND LAST AND (m.id IS NULL OR m.status IN ('skipped', 'expired', 'cancelled') OR m.contact_id <> u.contact_id)`,
  },
]

/** Asked of the whole database. */
export const globalInvariants: Invariant[] = [
  {
    name: 'proof_sought',
    says: 'a run with a message for which proof is sought says so, by which its sender finds it',
    sql: `SELECT DISTINCT 'run_' || r.id AS what FROM messages m INDEXED BY messages_unknown CROSS JOIN runs r ON r.id = m.run_id
          WHERE ${isSought} AND r.seeks_proof = 0`,
  },
  {
    name: 'members',
    says: 'a list counts the people who are in it',
    sql: `SELECT 'lst_' || l.id || ': counted ' || l.members || ', found ' || (SELECT count(*) FROM list_members m WHERE m.list_id = l.id) AS what
          FROM lists l WHERE l.members <> (SELECT count(*) FROM list_members m WHERE m.list_id = l.id)`,
  },
  {
    name: 'callbacks',
    says: 'no callback waits longer than five minutes without a try',
    sql: `SELECT 'whe_' || id AS what FROM webhook_events WHERE next_try_at IS NOT NULL AND tries = 0 AND received_at < NOW - 300000`,
  },
]

/** Rows named per broken invariant. */
export const NAMED_MAX = 20

/** What an invariant is asked of at once: the runs or campaigns that it names, or messages by their ids. */
export interface Part {
  ids?: readonly number[]
  first?: number
  last?: number
}

/** The last id that a message has, or that a place in the caps names. */
export async function findLastMessageId(tx: ReadTx): Promise<number> {
  const row = await tx.get<{ id: number | null }>(
    `SELECT ${tx.sql.larger('(SELECT coalesce(max(id), 0) FROM messages)', '(SELECT coalesce(max(message_id), 0) FROM cap_uses)')} AS id`,
  )
  return row?.id ?? 0
}

/** What breaks an invariant, at most a few rows. */
export async function listBroken(
  tx: ReadTx,
  invariant: Invariant,
  { ids = [], first = 0, last = 0 }: Part,
  now: number,
): Promise<string[]> {
  const uses = invariant.sql.split(NAMED).length - 1
  if (uses > 0 && ids.length === 0) return []
  const marks = ids.map(() => '?').join(', ')
  const numbers = { NOW: Math.floor(now), FIRST: first, LAST: last }
  const sql = invariant.sql
    .replace(NAMED, marks)
    .replace(/\b(?:NOW|FIRST|LAST)\b/g, (name) => String(numbers[name as keyof typeof numbers]))
  const params = Array.from({ length: uses }, () => ids).flat()
  return (await tx.all<{ what: string }>(`${sql} LIMIT ${NAMED_MAX}`, params)).map((row) => row.what)
}

const NAMED = /\b(?:RUNS|CAMPAIGNS)\b/g
