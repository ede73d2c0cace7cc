// What every database behind the seam must guarantee: called with a way to open a fresh, migrated one.
import { describe } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { describeClaims } from './contract/claims.ts'
import { describeRows } from './contract/rows.ts'
import { describeStaging } from './contract/staging.ts'
import { describeTransactions } from './contract/transactions.ts'

/** A database of its own for each test, gone when the test is over. */
export type OpenStore = (options?: { now?: () => number }) => Promise<Database>

export function describeStore(name: string, open: OpenStore): void {
  describe(name, () => {
    describeTransactions(open)
    describeClaims(open)
    describeRows(open)
    describeStaging(open)
  })
}
