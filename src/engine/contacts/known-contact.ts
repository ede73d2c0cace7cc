// The contact of a number for whoever writes one that was not imported: a person who wrote in, a test, a settled reply. An
// erased person has none, and gets none.
import type { Phone } from '../../domain/phone.ts'
import { keyedHash } from '../../runtime/secrets.ts'
import { type Contact, findErased, upsertContact } from '../../store/contacts.ts'
import type { ReadTx, WriteTx } from '../../store/database.ts'
import type { Context } from '../context.ts'

/** Made when it is missing; undefined when the person was erased. */
export async function contactOf(ctx: Context, tx: WriteTx, phone: Phone): Promise<Contact | undefined> {
  return upsertContact(tx, { phone, keyHash: hashOf(ctx, phone.key) }, ctx.clock.now())
}

/** Whether the person of a number was erased. */
export async function isErased(ctx: Context, tx: ReadTx, key: string): Promise<boolean> {
  return (await findErased(tx, hashOf(ctx, key))) !== undefined
}

function hashOf(ctx: Context, key: string): string {
  return keyedHash(ctx.secrets.hashKey(), key)
}
