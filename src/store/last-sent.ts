// What a file says of the sending before: what an operator compares with the provider before a held file may send.
import type { ReadTx } from './database.ts'

export interface LastSent {
  /** When its call was to begin. */
  at: number
  messageId: number
  campaign: string
  sender: string
}

/** The newest call; undefined when there was none. */
export async function findLastSent(tx: ReadTx): Promise<LastSent | undefined> {
  return tx.get<LastSent>(
    `SELECT a.start_at_us / 1000 AS at, a.message_id AS messageId, c.name AS campaign, s.name AS sender
     FROM attempts a JOIN messages m ON m.id = a.message_id JOIN runs r ON r.id = m.run_id JOIN campaigns c ON c.id = r.campaign_id
     JOIN senders s ON s.id = a.sender_id ORDER BY a.id DESC LIMIT 1`,
  )
}

export interface CampaignThatSends {
  id: number
  name: string
  status: string
  /** Messages that wait. */
  pending: number
}

/** Campaigns that send, or begin to, once nothing is held. */
export async function listCampaignsThatSend(tx: ReadTx): Promise<CampaignThatSends[]> {
  return tx.all<CampaignThatSends>(
    `SELECT c.id, c.name, c.status, (SELECT coalesce(sum(n.count), 0) FROM runs r JOIN run_counts n ON n.run_id = r.id
       WHERE r.campaign_id = c.id AND n.status = 'pending') AS pending
     FROM campaigns c WHERE c.status IN ('scheduled', 'running') ORDER BY c.id`,
  )
}
