// What people asked for and who may log in, carried from the old database (attached as `staging`) into a restored backup.
import { traceOf } from '../../domain/person-trace.ts'
import { eraseContact, findContact } from '../contacts.ts'
import type { WriteTx } from '../database.ts'
import { orderDuty, releaseDuty } from '../duties.ts'

export interface CarriedPeople {
  suppressions: number
  erasures: number
  consentWithdrawals: number
  /** Disabled, or with another role or password since. */
  users: number
  keyRevocations: number
}

export interface OldFile {
  /** Every row of it can be read: what it lacks was removed. */
  isWhole: boolean
  /** It goes on from the backup: the same ids mean the same rows. */
  isSameHistory: boolean
}

export async function carryPeople(tx: WriteTx, old: OldFile): Promise<CarriedPeople> {
  const suppressions = await tx.run(
    `INSERT INTO suppressions (key, scope, reason, evidence, created_at)
     SELECT key, scope, reason, evidence, created_at FROM staging.suppressions WHERE true ON CONFLICT (key, scope) DO NOTHING`,
  )
  const consentWithdrawals = await tx.run(
    `UPDATE contacts SET consent = 'denied' WHERE consent IS NOT 'denied' AND erased_at IS NULL
     AND key IN (SELECT key FROM staging.contacts WHERE consent = 'denied')`,
  )
  if (old.isSameHistory) await carryIdentities(tx)
  return {
    suppressions,
    consentWithdrawals,
    erasures: old.isSameHistory ? await carryErasures(tx) : 0,
    ...(await carryAccess(tx, old)),
  }
}

/** Numbers that changed since, and the ids by which people are known. */
async function carryIdentities(tx: WriteTx): Promise<void> {
  await tx.run(
    `UPDATE contacts SET key = o.key, phone = o.phone, zone = o.zone FROM staging.contacts o
     WHERE o.id = contacts.id AND o.erased_at IS NULL AND contacts.erased_at IS NULL
     AND EXISTS (SELECT 1 FROM staging.former_numbers f WHERE f.contact_id = o.id AND f.key = contacts.key)
     AND NOT EXISTS (SELECT 1 FROM contacts c WHERE c.key = o.key)`,
  )
  for (const table of ['former_numbers', 'contact_user_ids'])
    await tx.run(
      `INSERT OR IGNORE INTO ${table} SELECT * FROM staging.${table} WHERE contact_id IN (SELECT id FROM contacts)`,
    )
}

/** The service looks for what is left of them elsewhere, as after any erasure. */
async function carryErasures(tx: WriteTx): Promise<number> {
  const erased = await tx.all<{ id: number; key: string; erasedAt: number }>(
    `SELECT o.id, o.key, o.erased_at AS erasedAt FROM staging.contacts o JOIN contacts c ON c.id = o.id
     WHERE o.erased_at IS NOT NULL AND c.erased_at IS NULL`,
  )
  for (const { id, key, erasedAt } of erased) {
    const contact = await findContact(tx, `con_${id}`)
    if (contact === undefined) continue
    await eraseContact(tx, contact, key.slice(key.indexOf(':') + 1), erasedAt)
    const duty = { work: 'erasure', subjectId: id } as const
    await orderDuty(tx, duty, { nodeId: 0, mark: { trace: traceOf(contact.phone) } })
    await releaseDuty(tx, duty, 0)
  }
  return erased.length
}

/** Who may do what is as it was last; every login ends. */
async function carryAccess(tx: WriteTx, old: OldFile): Promise<Pick<CarriedPeople, 'users' | 'keyRevocations'>> {
  await tx.run('DELETE FROM sessions')
  const same = 'lower(o.name) = lower(users.name) AND o.created_at = users.created_at'
  const changed = await tx.run(
    `UPDATE users SET (role, status, password_hash) = (SELECT o.role, o.status, o.password_hash FROM staging.users o WHERE ${same})
     WHERE EXISTS (SELECT 1 FROM staging.users o WHERE ${same}
       AND (o.role <> users.role OR o.status <> users.status OR o.password_hash <> users.password_hash))`,
  )
  const keyRevocations = await tx.run(
    `UPDATE api_keys SET revoked_at = (SELECT o.revoked_at FROM staging.api_keys o WHERE o.key_sha256 = api_keys.key_sha256)
     WHERE revoked_at IS NULL AND key_sha256 IN (SELECT key_sha256 FROM staging.api_keys WHERE revoked_at IS NOT NULL)`,
  )
  if (!old.isWhole || !old.isSameHistory) return { users: changed, keyRevocations }
  // Made since the backup: they keep what they were given.
  const added = await tx.run(
    `INSERT INTO users (id, name, role, status, password_hash, created_at, last_login_at)
     SELECT id, name, role, status, password_hash, created_at, last_login_at FROM staging.users WHERE true ON CONFLICT DO NOTHING`,
  )
  await tx.run(
    `INSERT INTO api_keys (id, user_id, name, prefix, key_sha256, rights, created_at, expires_at, last_used_at, revoked_at)
     SELECT id, user_id, name, prefix, key_sha256, rights, created_at, expires_at, last_used_at, revoked_at
     FROM staging.api_keys WHERE user_id IN (SELECT id FROM users) ON CONFLICT DO NOTHING`,
  )
  return { users: changed + added, keyRevocations }
}
