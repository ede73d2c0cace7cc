// An instant that a test takes for the present of a transaction, as if the clock of the database showed it.
import type { Present } from '../../src/store/database.ts'

export function present(at: number): Present {
  return at as Present
}
