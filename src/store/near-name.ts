// What to say of a name that nothing has: the nearest name there is, and where the names are listed.
import { nearestWord } from '../domain/errors.ts'
import type { ReadTx } from './database.ts'

/** Names compared, newest first. */
const NAMES_MAX = 2_000

const named = {
  campaign: { from: 'campaigns', listed: 'See herald campaigns list.' },
  list: { from: 'lists WHERE deleted_at IS NULL', listed: 'See herald lists list.' },
  sender: { from: 'senders', listed: 'See herald senders list.' },
  user: { from: 'users', listed: 'See herald users list.' },
} as const

export async function nameHint(tx: ReadTx, kind: keyof typeof named, word: string | number): Promise<string> {
  const { from, listed } = named[kind]
  const rows = await tx.all<{ name: string }>(`SELECT name FROM ${from} ORDER BY id DESC LIMIT ?`, [NAMES_MAX])
  const nearest = nearestWord(
    String(word),
    rows.map(({ name }) => name),
  )
  return nearest === undefined ? listed : `Did you mean "${nearest}"? ${listed}`
}
