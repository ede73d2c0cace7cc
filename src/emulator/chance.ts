// Chance that can be replayed: a decision depends on a seed and on what is decided about, never on the order in which
// requests happen to arrive. Ids come from a source of their own, so that two runs on one database never share an id.
import { createHash } from 'node:crypto'
import type { IdSource } from './dialect.ts'

/** A number from 0 up to 1 that belongs to the text. */
export function fractionOf(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6) / 2 ** 48
}

/** The items in an order that belongs to the text. */
export function shuffled<T>(items: readonly T[], text: string): T[] {
  return items
    .map((item, index) => ({ item, rank: fractionOf(`${text}:${index}`) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
}

export function createIds(random: () => number): IdSource {
  let count = 0
  // The count keeps ids apart even when `random` is a constant.
  const hash = () => createHash('sha256').update(`${random()}:${random()}:${++count}`).digest('hex')
  return {
    hex: (length) => hash().slice(0, length).toUpperCase(),
    digits: (length) => `1${BigInt(`0x${hash()}`).toString().slice(1, length)}`,
  }
}
