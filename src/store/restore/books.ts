// The books of a restored database: what may have been sent is in doubt, what was taken is counted, and nothing that was
// planned is sent before a person has looked.
import { RESTORED_REASON } from '../../domain/message-status.ts'
import type { HeldMessage } from '../attempts.ts'
import type { ContactRange } from '../audience.ts'
import { CountChanges, NO_NODE, recountCampaigns } from '../counts.ts'
import type { Present, WriteTx } from '../database.ts'
import { countReasonSql } from '../messages.ts'
import { markSought } from '../proof-runs.ts'
import { findTracked, settleMessage } from '../tracked-message.ts'

/** Lets every move happen while the books are carried over; what it returns makes only the legal ones happen again. */
export async function allowAllMoves(tx: WriteTx): Promise<() => Promise<void>> {
  type Move = { machine: string; from: string; to: string }
  const legal = await tx.all<Move>('SELECT machine, from_status AS "from", to_status AS "to" FROM status_moves')
  const insert = 'INSERT OR IGNORE INTO status_moves (machine, from_status, to_status)'
  await tx.run(
    `${insert} SELECT a.machine, a.status, b.status FROM (SELECT machine, from_status AS status FROM status_moves UNION SELECT machine, to_status FROM status_moves) a
     JOIN (SELECT machine, from_status AS status FROM status_moves UNION SELECT machine, to_status FROM status_moves) b ON b.machine = a.machine`,
  )
  return async () => {
    await tx.run('DELETE FROM status_moves')
    await tx.runEach(
      `${insert} VALUES (?, ?, ?)`,
      legal.map(({ machine, from, to }) => [machine, from, to]),
    )
  }
}

/** Messages that a process of before had on the wire, with the process. */
export async function listSending(tx: WriteTx): Promise<(HeldMessage & { nodeId: number })[]> {
  return tx.all(
    `SELECT m.id AS messageId, m.attempt_id AS attemptId, m.run_id AS runId, r.campaign_id AS campaignId, a.sender_id AS senderId, m.node_id AS nodeId
     FROM messages m JOIN runs r ON r.id = m.run_id JOIN attempts a ON a.id = m.attempt_id WHERE m.status = 'sending'`,
  )
}

/** Whose call is known, but not the message as it was then: it is what its calls amount to. */
export async function settleByAttempts(tx: WriteTx, now: Present): Promise<void> {
  const rows = await tx.all<{ id: number; attemptId: number }>(
    `SELECT m.id, max(a.id) AS attemptId FROM messages m JOIN attempts a ON a.message_id = m.id
     WHERE m.id IN (SELECT id FROM temp.touched) AND m.id NOT IN (SELECT id FROM staging.messages) GROUP BY m.id`,
  )
  const counts = new CountChanges()
  for (const { id, attemptId } of rows) {
    await tx.run(
      `UPDATE messages SET status = 'unknown', reason = ?, wait_reason = NULL, attempt_id = ?, attempts = (SELECT count(*) FROM attempts WHERE message_id = ?) WHERE id = ?`,
      [RESTORED_REASON, attemptId, id, id],
    )
    const found = await findTracked(tx, { attemptId })
    if (found !== undefined)
      await settleMessage(tx, found, { attempt: found.attempt, reason: RESTORED_REASON }, { now, counts })
  }
}

/**
 * Messages that were due since the backup and of which nobody knows how they were at the end: they may have been sent.
 * `isRead`: not those that are in `staging`. Returns how many.
 */
export async function doubtUnread(tx: WriteTx, { now, isRead }: { now: Present; isRead: boolean }): Promise<number> {
  const isUnread = isRead ? 'AND m.id NOT IN (SELECT id FROM staging.messages)' : ''
  return doubt(
    tx,
    `SELECT m.id, r.sender_id AS senderId FROM messages m JOIN runs r ON r.id = m.run_id JOIN campaigns c ON c.id = r.campaign_id
     WHERE m.status = 'pending' AND m.scheduled_at <= ? AND (c.launched_at IS NOT NULL OR r.kind = 'test') ${isUnread}`,
    [now],
    now,
  )
}

/** Messages that say that they were handed over, and whose calls are lost. */
export async function standInForLostCalls(tx: WriteTx, now: Present): Promise<void> {
  const rows = await tx.all<{
    id: number
    senderId: number
    account: string
    attemptId: number | null
    status: string
  }>(
    `SELECT m.id, r.sender_id AS senderId, s.account, m.attempt_id AS attemptId, m.status
     FROM messages m JOIN runs r ON r.id = m.run_id JOIN senders s ON s.id = r.sender_id
     WHERE m.status IN ('sending', 'accepted', 'sent', 'delivered', 'read', 'failed', 'unknown')
       AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.message_id = m.id AND a.id IS m.attempt_id)`,
  )
  for (const { id, senderId, account, attemptId, status } of rows) {
    const made = await insertStandIn(tx, { messageId: id, senderId, account, attemptId, now })
    await tx.run(
      `UPDATE messages SET attempt_id = ?, attempts = min(attempts, (SELECT count(*) FROM attempts WHERE message_id = ?)) WHERE id = ?`,
      [made, id, id],
    )
    if (status === 'sending')
      await tx.run(`UPDATE messages SET status = 'unknown', reason = ? WHERE id = ?`, [RESTORED_REASON, id])
    else
      await tx.run(
        `UPDATE attempts SET (accepted_at, sent_at, delivered_at, read_at, failed_at) =
         (SELECT accepted_at, sent_at, delivered_at, read_at, failed_at FROM messages WHERE id = ?),
         outcome = CASE WHEN ? IN ('accepted', 'sent', 'delivered', 'read') THEN 'accepted' WHEN ? = 'failed' THEN 'refused' ELSE 'unknown' END WHERE id = ?`,
        [id, status, status, made],
      )
  }
}

interface StandIn {
  messageId: number
  senderId: number
  account: string
  attemptId: number | null
  now: Present
}

/** A call of which only that it may have been made is known. */
async function insertStandIn(tx: WriteTx, { messageId, senderId, account, attemptId, now }: StandIn): Promise<number> {
  const isFree = attemptId !== null && (await tx.get('SELECT 1 FROM attempts WHERE id = ?', [attemptId])) === undefined
  return tx.insert(
    `INSERT INTO attempts (id, message_id, node_id, sender_id, account, start_at_us, ended_at, outcome, provider_code)
     SELECT ?, ?, 0, ?, ?, min(?, expires_at - 1) * 1000, ?, 'unknown', ? FROM messages WHERE id = ?`,
    [isFree ? attemptId : null, messageId, senderId, account, now, now, RESTORED_REASON, messageId],
  )
}

/** What a run says of itself whose planning cannot go on as if nothing had been sent: see planner.ts. */
export const RESTORED_WARNING = 'restored'

/**
 * Runs of which people may be missing who have their message: they were being planned when the backup was made, or were
 * planned since and some of their messages cannot be read. They are planned again to their end, in doubt.
 */
export async function planAgainInDoubt(tx: WriteTx, hasLostMessages: boolean): Promise<void> {
  await tx.run(
    `UPDATE runs SET status = 'planning', planned_through = 0, planned_at = NULL, finished_at = NULL, warnings = json_insert(warnings, '$[#]', ?)
     WHERE kind = 'scheduled' AND (status = 'planning' OR (? AND status IN ('sending', 'finished') AND id IN (SELECT id FROM temp.open_runs)))`,
    [
      `${RESTORED_WARNING}: planned when the database was restored; who may have had it is in doubt`,
      hasLostMessages ? 1 : 0,
    ],
  )
}

/** Before anything is carried: runs whose messages are not all in the backup. */
export async function noteOpenRuns(tx: WriteTx): Promise<void> {
  await tx.run('CREATE TEMP TABLE open_runs (id INTEGER PRIMARY KEY)')
  await tx.run(`INSERT INTO temp.open_runs SELECT id FROM runs WHERE status = 'planning'`)
}

export interface DoubtedRange {
  runId: number
  range: ContactRange
  nodeId: number
  now: Present
}

/** What was just planned of a run that may have sent it before. */
export async function doubtPlanned(tx: WriteTx, { runId, range, nodeId, now }: DoubtedRange): Promise<void> {
  const count = await doubt(
    tx,
    `SELECT m.id, r.sender_id AS senderId FROM messages m JOIN runs r ON r.id = m.run_id
     WHERE m.run_id = ? AND m.contact_id > ? AND m.contact_id <= ? AND m.status = 'pending' AND m.created_at = ? AND m.scheduled_at <= ?`,
    [runId, range.after, range.through, now, now],
    now,
  )
  await takePlaces(tx, { runId, now })
  const counts = new CountChanges()
  counts.add(runId, 'pending', null, -count)
  counts.add(runId, 'unknown', RESTORED_REASON, count)
  await counts.write(tx, nodeId)
}

async function doubt(tx: WriteTx, sql: string, params: number[], now: Present): Promise<number> {
  const rows = await tx.all<{ id: number; senderId: number }>(sql, params)
  const accounts = new Map(
    (await tx.all<{ id: number; account: string }>(`SELECT id, account FROM senders`)).map(({ id, account }) => [
      id,
      account,
    ]),
  )
  for (const { id, senderId } of rows) {
    const made = await insertStandIn(tx, {
      messageId: id,
      senderId,
      account: accounts.get(senderId) ?? '',
      attemptId: null,
      now,
    })
    await tx.run(
      `UPDATE messages SET status = 'sending', wait_reason = NULL, detail = NULL, node_id = 0, attempt_id = ?, attempts = attempts + 1 WHERE id = ?`,
      [made, id],
    )
    await tx.run(`UPDATE messages SET status = 'unknown', reason = ?, node_id = NULL WHERE id = ?`, [
      RESTORED_REASON,
      id,
    ])
  }
  return rows.length
}

/** Places in the caps, the counters of runs, and whether runs are over, as the messages are now. */
export async function balanceBooks(tx: WriteTx, now: Present): Promise<void> {
  await takePlaces(tx, { now })
  await tx.run(
    `DELETE FROM cap_uses WHERE message_id NOT IN (SELECT id FROM messages WHERE status NOT IN ('skipped', 'expired', 'cancelled'))`,
  )
  await tx.run('DELETE FROM run_counts')
  await tx.run(
    `INSERT INTO run_counts (run_id, status, reason, node_id, count)
     SELECT run_id, status, ${countReasonSql}, ${NO_NODE}, count(*) FROM messages GROUP BY 1, 2, 3`,
  )
  await recountCampaigns(tx)
  await markSought(tx)
  await tx.run('UPDATE runs SET audience_count = (SELECT count(*) FROM messages m WHERE m.run_id = runs.id)')
  const isOpen = `EXISTS (SELECT 1 FROM messages m WHERE m.run_id = runs.id AND m.status IN ('pending', 'sending'))`
  await tx.run(
    `UPDATE runs SET status = 'finished', finished_at = coalesce(finished_at, ?) WHERE status = 'sending' AND NOT ${isOpen}`,
    [now],
  )
  await tx.run(
    `UPDATE runs SET status = 'sending', finished_at = NULL WHERE status IN ('finished', 'cancelled') AND ${isOpen}`,
  )
}

/** In the caps, for what was sent or may have been: of all messages, or of a run. */
async function takePlaces(tx: WriteTx, { runId = null, now }: { runId?: number | null; now: Present }): Promise<void> {
  await tx.run(
    `INSERT INTO cap_uses (message_id, contact_id, campaign_id, at)
     SELECT m.id, m.contact_id, r.campaign_id, coalesce(m.accepted_at, (SELECT max(start_at_us) / 1000 FROM attempts a WHERE a.message_id = m.id), ?)
     FROM messages m JOIN runs r ON r.id = m.run_id JOIN campaign_revisions v ON v.id = m.revision_id
     WHERE m.status IN ('sending', 'accepted', 'sent', 'delivered', 'read', 'unknown') AND v.use_case = 'marketing' AND r.kind = 'scheduled'
     AND (? IS NULL OR m.run_id = ?) ON CONFLICT DO NOTHING`,
    [now, runId, runId],
  )
}

/** What a process of before was at is over, and a sender counts its people anew. */
export async function forgetProcesses(tx: WriteTx, now: Present): Promise<void> {
  await tx.run('UPDATE nodes SET stopped_at = ? WHERE stopped_at IS NULL', [now])
  await tx.run('UPDATE duties SET node_id = NULL')
  await tx.run('DELETE FROM troubles')
  await tx.run('DELETE FROM sessions')
  // They waited for a service, not for want of one that works.
  await tx.run('UPDATE webhook_events SET tries = 1 WHERE next_try_at IS NOT NULL AND tries = 0')
  await tx.run(
    `UPDATE senders SET pace_node_id = NULL, sole_until_us = NULL, shared_until_us = NULL, daily_used = 0, daily_horizon_at = 0, throttles = 0`,
  )
}

export interface RestoredPause {
  detail: Record<string, unknown>
  /** Since when the schedule counts as paused: no occurrence from here on starts when it is resumed. */
  from: number
  now: Present
}

/** Campaigns that would send by themselves, or are in doubt, wait for an operator; others that have nothing left are over. Returns the names of those that wait. */
export async function pauseAll(tx: WriteTx, { detail, from, now }: RestoredPause): Promise<string[]> {
  await tx.run(
    `UPDATE campaigns SET status = 'finished', updated_at = ? WHERE status IN ('scheduled', 'running') AND next_tick_at IS NULL
     AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.campaign_id = campaigns.id AND (r.status IN ('planning', 'sending')
       OR EXISTS (SELECT 1 FROM messages m WHERE m.run_id = r.id AND m.status = 'unknown' AND m.reason = ?)))`,
    [now, RESTORED_REASON],
  )
  const isAsked = `(status IN ('scheduled', 'running') OR (status = 'paused' AND coalesce(pause_reason, 'operator') = 'operator'))`
  const rows = await tx.all<{ name: string }>(`SELECT name FROM campaigns WHERE ${isAsked} ORDER BY id`)
  await tx.run(
    `UPDATE campaigns SET paused_at = CASE WHEN status = 'paused' THEN coalesce(paused_at, ?) ELSE min(?, coalesce(next_tick_at, ?)) END, status = 'paused',
       pause_reason = 'restored', pause_detail = ?, updated_at = ? WHERE ${isAsked}`,
    [from, from, from, JSON.stringify(detail), now],
  )
  return rows.map(({ name }) => name)
}

/** Campaigns that were ended since the backup, and wait again with it. */
export async function listEndedSince(tx: WriteTx): Promise<string[]> {
  const rows = await tx.all<{ name: string }>(
    `SELECT c.name FROM campaigns c JOIN staging.campaigns o ON o.id = c.id WHERE c.status = 'paused' AND o.status IN ('cancelled', 'archived') ORDER BY c.id`,
  )
  return rows.map(({ name }) => name)
}
