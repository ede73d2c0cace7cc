// What an import changed → as it was before, in chunks; one small transaction says that it is undone.
// Reads and removes before-images; writes memberships and contacts. Safe to kill: the next start takes back the rest,
// and until then the list can be neither planned nor shown.
import { AppError } from '../../domain/errors.ts'
import { finishImport, type ImportRow, undoChunk } from '../../store/imports.ts'
import type { Context, OnProgress } from '../context.ts'

/** Changes taken back in one transaction. */
const CHUNK = 1_000

export interface TakeBackOptions {
  onProgress?: OnProgress
  /** The process ends: it stops between two chunks, and the next process takes back the rest. */
  closing?: AbortSignal
}

/** Takes back an import that is marked as `undoing`. Throws AppError interrupted when the process ends. */
export async function takeBack(ctx: Context, row: ImportRow, options: TakeBackOptions = {}): Promise<void> {
  const total = row.added + row.updated
  for (let done = 0, changes = 1; changes > 0; ) {
    changes = await ctx.db.write((tx) => undoChunk(tx, row, CHUNK))
    done += changes
    options.onProgress?.({ done, total: Math.max(total, done), what: 'changes taken back' })
    await new Promise((resolve) => setImmediate(resolve))
    if (options.closing?.aborted)
      throw new AppError('interrupted', 'taking the import back was interrupted', {
        hint: 'The next start of Herald takes back the rest by itself.',
      })
  }
  await ctx.db.write((tx) => finishImport(tx, row.id, { status: 'undone', undoneAt: ctx.clock.now() }))
}
