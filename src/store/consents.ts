// What people said of being messaged, with where they said it: kept with the contact.
import type { ReadTx, WriteTx } from './database.ts'

export interface Consent {
  consent: 'granted' | 'denied'
  evidence: string
  createdAt: number
}

/** The contact's consent from here on, and why. */
export async function recordConsent(tx: WriteTx, contactId: number, consent: Consent): Promise<void> {
  await tx.run(`INSERT INTO consents (contact_id, consent, evidence, created_at) VALUES (?, ?, ?, ?)`, [
    contactId,
    consent.consent,
    consent.evidence,
    consent.createdAt,
  ])
  await tx.run(`UPDATE contacts SET consent = ?, updated_at = ? WHERE id = ?`, [
    consent.consent,
    consent.createdAt,
    contactId,
  ])
}

/** Oldest first. */
export async function listConsents(tx: ReadTx, contactId: number): Promise<Consent[]> {
  return tx.all<Consent>(
    `SELECT consent, evidence, created_at AS createdAt FROM consents WHERE contact_id = ? ORDER BY id`,
    [contactId],
  )
}

export async function eraseConsents(tx: WriteTx, contactId: number): Promise<void> {
  await tx.run(`DELETE FROM consents WHERE contact_id = ?`, [contactId])
}
