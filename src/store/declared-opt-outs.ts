// Buttons that campaigns declared as opt-outs, by what a tap on them carries.
import type { ReadTx } from './database.ts'

/** Whether the campaign whose message was answered declares it. */
export async function isDeclaredBy(tx: ReadTx, messageId: number, payload: string): Promise<boolean> {
  const row = await tx.get(
    `SELECT 1 FROM messages m JOIN campaign_revisions v ON v.id = m.revision_id
     WHERE m.id = ? AND v.opt_out_payloads <> '[]' AND EXISTS (SELECT 1 FROM ${tx.sql.jsonTexts('v.opt_out_payloads', [])} p WHERE p.value = ?)`,
    [messageId, payload],
  )
  return row !== undefined
}

/** Whether any campaign of a sender declares it: asked where the provider does not say which message was answered. */
export async function isDeclaredAt(tx: ReadTx, senderId: number, payload: string): Promise<boolean> {
  const row = await tx.get(
    `SELECT 1 FROM campaign_revisions v JOIN campaigns c ON c.id = v.campaign_id
     WHERE v.opt_out_payloads <> '[]' AND c.sender_id = ? AND EXISTS (SELECT 1 FROM ${tx.sql.jsonTexts('v.opt_out_payloads', [])} p WHERE p.value = ?) LIMIT 1`,
    [senderId, payload],
  )
  return row !== undefined
}
