// Rows to choose from by name: those that are chosen already first, then those whose name holds a text, a page of them.
import { nameKey } from '../domain/name.ts'

export interface NameChoice {
  /** Names as they are spelled; always found. */
  names: readonly string[]
  /** A part of the other names, in any spelling; all without it. */
  nameHolds?: string | undefined
  limit: number
}

export interface Picked<T> {
  found: T[]
  /** Whether there are more whose names hold the text. */
  hasMore: boolean
}

/** The ids of a choice among all rows by name, and whether it leaves some out. */
export function pickNamed(
  rows: readonly { id: number; name: string }[],
  { names, nameHolds, limit }: NameChoice,
): { ids: number[]; hasMore: boolean } {
  const chosen = new Set(names)
  const key = nameHolds === undefined ? '' : nameKey(nameHolds)
  const first = rows.filter(({ name }) => chosen.has(name))
  const others = rows.filter(({ name }) => !chosen.has(name) && (key === '' || nameKey(name).includes(key)))
  const ids = [...first, ...others.slice(0, limit)].map(({ id }) => id)
  return { ids, hasMore: others.length > limit }
}
