// Places in frequency caps: whom a message counts for, taken again on late proof, given back on failure.

import type { CapUse } from '../domain/frequency-cap.ts'
import { readLimits } from '../domain/limits.ts'
import type { WriteTx } from './database.ts'
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

/** A failure after acceptance gives the place back, unless a rule counts failures too. */
export async function releaseAfterFailure(tx: WriteTx, messageId: number): Promise<void> {
  const { caps } = readLimits(await findSetting(tx, 'limits'))
  if (!caps.some((rule) => rule.isEnabled && rule.countFailed)) await releaseCapUse(tx, messageId)
}

export async function releaseCapUse(tx: WriteTx, messageId: number): Promise<void> {
  await tx.run('DELETE FROM cap_uses WHERE message_id = ?', [messageId])
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
    tags: JSON.parse(tags) as string[],
    isFailed: status === 'failed',
  }))
}
