// Places in frequency caps: whom a message counts for, taken again on late proof, given back on failure.

import type { CapUse } from '../domain/frequency-cap.ts'
import { readLimits } from '../domain/limits.ts'
import { tagName } from '../domain/name.ts'
import type { CountChanges } from './counts.ts'
import type { WriteTx } from './database.ts'
import { redateOf } from './redating.ts'
import { findSetting } from './settings.ts'

/** Late proof that a message was accepted after all: it counts again. */
export async function takeCapUse(tx: WriteTx, messageId: number, at: number): Promise<void> {
  await tx.run(
    `INSERT INTO cap_uses (message_id, contact_id, campaign_id, at)
     SELECT m.id, m.contact_id, r.campaign_id, ? FROM messages m
     JOIN runs r ON r.id = m.run_id JOIN campaign_revisions v ON v.id = m.revision_id
     WHERE m.id = ? AND v.use_case = 'marketing' AND r.kind = 'scheduled'
     ON CONFLICT (message_id) DO NOTHING`,
    [at, messageId],
  )
}

/** Until when others leave the place to a message that is tried again; undefined when it is not, or not soon. */
export interface Release {
  contactId: number
  messageId: number
  leftUntil?: number | undefined
}

/**
 * A failure after acceptance gives the place back, unless a rule counts failures too. Other rules do not count it, so what
 * waited for a place is looked at again in any case.
 */
export async function releaseAfterFailure(tx: WriteTx, release: Release, counts: CountChanges): Promise<void> {
  const { caps } = readLimits(await findSetting(tx, 'limits'))
  const isKept = caps.some((rule) => rule.isEnabled && rule.countFailed)
  if (!isKept) await tx.run('DELETE FROM cap_uses WHERE message_id = ?', [release.messageId])
  await redateWaiting(tx, release, counts)
}

/** Gives the place back, and what of the person waited for one is looked at again. */
export async function releaseCapUse(tx: WriteTx, release: Release, counts: CountChanges): Promise<void> {
  const released = await tx.run('DELETE FROM cap_uses WHERE message_id = ?', [release.messageId])
  if (released === 1) await redateWaiting(tx, release, counts)
}

/** By how much a message that is tried again comes before others that wait for its place. */
const HEAD_START_MS = 1_000

/** Until when others leave its place to a message that is tried again. */
export function leftUntil(retryAt: number): number {
  return retryAt + HEAD_START_MS
}

/** What of a person waits for the place of a message that goes on at an instant. */
export async function redateAfterRelease(
  tx: WriteTx,
  { contactId, messageId }: Pick<Release, 'contactId' | 'messageId'>,
  retryAt: number,
  counts: CountChanges,
): Promise<void> {
  await redateWaiting(tx, { contactId, messageId, leftUntil: leftUntil(retryAt) }, counts)
}

/** The same for many messages that ended; most hold no place. */
export async function releaseCapUses(tx: WriteTx, messageIds: readonly number[], counts: CountChanges): Promise<void> {
  const released = await tx.runEach(
    'DELETE FROM cap_uses WHERE message_id = ?',
    messageIds.map((id) => [id]),
  )
  for (const messageId of messageIds.filter((_, index) => released[index] === 1)) {
    const row = await tx.get<{ contactId: number }>('SELECT contact_id AS contactId FROM messages WHERE id = ?', [
      messageId,
    ])
    if (row !== undefined) await redateWaiting(tx, { ...row, messageId }, counts)
  }
}

async function redateWaiting(tx: WriteTx, { contactId, leftUntil }: Release, counts: CountChanges): Promise<void> {
  await redateOf(tx, { contactId, reasons: ['frequency_cap'], dueAt: leftUntil }, counts)
}

/** Places that a person's messages hold in the caps, with what the rules ask about each. */
export async function listCapUses(tx: Pick<WriteTx, 'all'>, contactId: number): Promise<CapUse[]> {
  const rows = await tx.all<{
    at: number
    messageId: number
    campaignId: number
    tags: string
    status: string
  }>(
    `SELECT u.at, u.message_id AS messageId, u.campaign_id AS campaignId, v.tags, m.status
     FROM cap_uses u JOIN messages m ON m.id = u.message_id JOIN campaign_revisions v ON v.id = m.revision_id
     WHERE u.contact_id = ? ORDER BY u.at`,
    [contactId],
  )
  return rows.map(({ at, messageId, campaignId, tags, status }) => ({
    at,
    messageId,
    campaignId,
    tags: (JSON.parse(tags) as string[]).map(tagName),
    isFailed: status === 'failed',
  }))
}
