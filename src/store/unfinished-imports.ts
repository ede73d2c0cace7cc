// Whether a process left an import half done. Asked by every command, so it loads nothing else.
import type { ReadTx } from './database.ts'

export async function hasUnfinishedImports(tx: ReadTx): Promise<boolean> {
  return (await tx.get(`SELECT 1 FROM imports WHERE status IN ('applying', 'undoing') LIMIT 1`)) !== undefined
}
