// Finds or creates the contact of a number that was not imported: a person who wrote in, a test recipient, a settled reply.
// An erased person has no contact and gets none.
import { formatId } from '../../domain/ids.ts'
import type { Phone } from '../../domain/phone.ts'
import { keyedHash } from '../../runtime/secrets.ts'
import { type Contact, findContact, findErased, upsertContact } from '../../store/contacts.ts'
import type { ReadTx, WriteTx } from '../../store/database.ts'
import { findByUserId } from '../../store/user-ids.ts'
import type { Context } from '../context.ts'

/** Creates the contact if it doesn't exist. Undefined if the person was erased. */
export async function contactOf(ctx: Context, tx: WriteTx, phone: Phone): Promise<Contact | undefined> {
  return upsertContact(tx, { phone, keyHash: hashOf(ctx, phone.key) }, await tx.now())
}

/** Who is known by an id of the provider: the contact, also an erased one. */
export async function contactByUserId(ctx: Context, tx: ReadTx, userId: string): Promise<Contact | undefined> {
  const id = await findByUserId(tx, userId, hashedId(ctx, userId))
  return id === undefined ? undefined : findContact(tx, formatId('contact', id))
}

/** What is left of a user id when its person is erased. */
export function hashedId(ctx: Context, userId: string): string {
  return `erased:${keyedHash(ctx.secrets.hashKey(), userId)}`
}

/** Whether the person of a number was erased. */
export async function isErased(ctx: Context, tx: ReadTx, key: string): Promise<boolean> {
  return (await findErased(tx, hashOf(ctx, key))) !== undefined
}

function hashOf(ctx: Context, key: string): string {
  return keyedHash(ctx.secrets.hashKey(), key)
}
