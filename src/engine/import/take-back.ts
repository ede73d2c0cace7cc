// What an import changed → as it was before, in chunks; one small transaction says that it is undone.
// Reads and removes before-images; writes memberships and contacts. Safe to kill: the next start takes back the rest,
// and until then the list can be neither planned nor shown.
import { AppError } from '../../domain/errors.ts'
import type { WriteTx } from '../../store/database.ts'
import { undoChanges, undoMembers } from '../../store/import-undo.ts'
import { finishImport, holdImport, type ImportRow } from '../../store/imports.ts'
import type { Context, OnProgress } from '../context.ts'

/** Changes taken back in one transaction. */
const CHUNK = 1_000

export interface TakeBackOptions {
  onProgress?: OnProgress
  /** The process ends: it stops between two chunks, and the next process takes back the rest. */
  closing?: AbortSignal
}

/**
 * Takes back an import that is marked as `undoing` and belongs to this node. Throws AppError interrupted when the process
 * ends, list.busy when another node has taken it over.
 */
export async function takeBack(ctx: Context, row: ImportRow, options: TakeBackOptions = {}): Promise<void> {
  const total = row.added + row.updated
  let done = 0
  const tell = async (count: number) => {
    done += count
    options.onProgress?.({ done, total: Math.max(total, done), what: 'changes taken back' })
    await betweenChunks(options)
  }
  const inChunk = <T>(fn: (tx: WriteTx) => Promise<T>) =>
    ctx.db.write(async (tx) => {
      await holdImport(tx, row)
      return fn(tx)
    })
  for (let after: number | undefined = 0; after !== undefined; await tell(after === undefined ? 0 : CHUNK)) {
    const mark: number = after
    after = await inChunk((tx) => undoMembers(tx, row, { after: mark, limit: CHUNK }))
  }
  for (let changes = 1; changes > 0; await tell(changes)) changes = await inChunk((tx) => undoChanges(tx, row, CHUNK))
  await inChunk(async (tx) => finishImport(tx, row.id, { status: 'undone', undoneAt: await tx.now() }))
}

async function betweenChunks({ closing }: TakeBackOptions): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  if (closing?.aborted)
    throw new AppError('interrupted', 'taking the import back was interrupted', {
      hint: 'The next start of Herald takes back the rest by itself.',
    })
}
