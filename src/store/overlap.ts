// Which messages of earlier runs a message overlaps, person by person: facts for domain/overlap.ts.
import type { EarlierMessage } from '../domain/overlap.ts'
import { RECIPIENT_LEAD_MS } from '../domain/schedule.ts'
import { DAY_MS } from '../domain/time-zone.ts'
import type { ReadTx } from './database.ts'
import { inRecipientZones } from './runs.ts'

/** Runs in which a person may have a message that is not done, and when that is asked. */
export interface OverlapLook {
  runIds: readonly number[]
  now: number
}

/** A run is finished so long after it was made at most: planned ahead, deferred for 35 days, valid for 30. */
const RUN_LIFE_MAX_MS = 70 * DAY_MS

/**
 * Other runs of the same campaign that were at work when the first of its people had their time. Two runs in single zones
 * are never compared person by person: they overlap as a whole.
 */
export async function listOverlappedRuns(tx: ReadTx, runId: number): Promise<number[]> {
  const run = await tx.get<{ campaignId: number; at: number; isRecipientLocal: number }>(
    `SELECT campaign_id AS campaignId, occurrence_at AS at, ${inRecipientZones('r')} AS isRecipientLocal FROM runs r
     WHERE id = ? AND kind = 'scheduled'`,
    [runId],
  )
  if (run === undefined) return []
  const { campaignId, at, isRecipientLocal } = run
  const open = await tx.all<{ id: number }>(
    `SELECT id FROM runs e WHERE campaign_id = ? AND status IN ('planning', 'sending') AND kind = 'scheduled' AND id <> ?
       AND (? = 1 OR ${inRecipientZones('e')})`,
    [campaignId, runId, isRecipientLocal],
  )
  const done =
    isRecipientLocal === 0
      ? []
      : await tx.all<{ id: number }>(
          `SELECT id FROM runs WHERE campaign_id = ? AND status = 'finished' AND created_at >= ? AND kind = 'scheduled'
             AND finished_at >= ? AND id <> ?`,
          [campaignId, at - RUN_LIFE_MAX_MS, at - RECIPIENT_LEAD_MS, runId],
        )
  return [...open, ...done].map(({ id }) => id)
}

/** The person's message in one of these runs, for an earlier time, that was not done when the later one came due. */
export async function findEarlier(
  tx: ReadTx,
  { contactId, scheduledAt, runId }: { contactId: number; scheduledAt: number; runId: number },
  { runIds, now }: OverlapLook,
): Promise<EarlierMessage | null> {
  if (runIds.length === 0) return null
  const row = await tx.get<{ dueAt: number | null }>(
    `SELECT CASE WHEN m.status IN ('pending', 'sending') THEN m.due_at END AS dueAt FROM messages m
     WHERE m.run_id IN (${runIds.map(() => '?').join(', ')}) AND m.contact_id = ? AND (m.scheduled_at, m.run_id) < (?, ?)
       AND (m.status = 'sending' OR (m.status = 'pending' AND m.expires_at > ?)
         OR EXISTS (SELECT 1 FROM attempts a WHERE a.message_id = m.id AND a.start_at_us >= ?))
     ORDER BY dueAt DESC NULLS LAST LIMIT 1`,
    [...runIds, contactId, scheduledAt, runId, now, scheduledAt * 1000],
  )
  return row ?? null
}
