// Watches in which order a transaction locks rows, as a database does that would let two of them wait for each other.
import type { WriteTx } from '../../src/store/database.ts'
import { type LockedKind, lockOrder } from '../../src/store/lock-order.ts'

interface Place {
  rank: number
  id: number
}

/** The transaction, which fails when it locks something that comes before what it has. What it has it may lock again. */
export function locksInOrder(tx: WriteTx): WriteTx {
  const held = new Set<string>()
  let last: Place = { rank: 0, id: 0 }
  const lock = async (kind: LockedKind, ids: readonly number[]) => {
    for (const id of ids) {
      const name = `${kind} ${id}`
      if (held.has(name)) continue
      const place = { rank: lockOrder.indexOf(kind), id }
      if (place.rank < last.rank || (place.rank === last.rank && id < last.id))
        throw new Error(`${name} is locked after ${lockOrder[last.rank]} ${last.id} (src/store/lock-order.ts)`)
      held.add(name)
      last = place
    }
    await tx.lock(kind, ids)
  }
  return Object.create(tx, { lock: { value: lock } })
}
