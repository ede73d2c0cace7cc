// What an import changed → as it was before, in chunks; one small transaction says that it is undone.
// Reads and removes before-images; writes memberships and contacts. Safe to kill: the next start takes back the rest,
// and until then the list can be neither planned nor shown.
import { finishImport, type ImportRow, undoChunk } from '../../store/imports.ts'
import type { Context, OnProgress } from '../context.ts'

/** Changes taken back in one transaction. */
const CHUNK = 1_000

/** Takes back an import that is marked as `undoing`. */
export async function takeBack(ctx: Context, row: ImportRow, onProgress?: OnProgress): Promise<void> {
  const total = row.added + row.updated
  for (let done = 0, changes = 1; changes > 0; ) {
    changes = await ctx.db.write((tx) => undoChunk(tx, row, CHUNK))
    done += changes
    onProgress?.({ done, total: Math.max(total, done), what: 'changes taken back' })
    await new Promise((resolve) => setImmediate(resolve))
  }
  await ctx.db.write((tx) => finishImport(tx, row.id, { status: 'undone', undoneAt: ctx.clock.now() }))
}
