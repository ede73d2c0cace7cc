// Places in frequency caps outside the claim: taken back, given back, forecast.
import type { WriteTx } from './database.ts'

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

export async function releaseCapUse(tx: WriteTx, messageId: number): Promise<void> {
  await tx.run('DELETE FROM cap_uses WHERE message_id = ?', [messageId])
}
