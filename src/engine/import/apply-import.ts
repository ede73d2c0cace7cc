// Staged people → contacts, memberships, rejects and before-images, in chunks; one small transaction makes them visible.
// Reads the staging file; writes the main database. Safe to kill: the next start rolls forward from the import's mark,
// and until then the list can be neither planned nor shown.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { contactFields } from '../../domain/contact.ts'
import { AppError } from '../../domain/errors.ts'
import type { WriteTx } from '../../store/database.ts'
import { removeLeavers } from '../../store/import-undo.ts'
import {
  applyChunk,
  finishImport,
  getImport,
  holdImport,
  type ImportRow,
  listUnfinishedImports,
  storeRejects,
  suppressDenied,
  takeOverImport,
} from '../../store/imports.ts'
import { addListFields, getList } from '../../store/lists.ts'
import { dropStaging } from '../../store/staging.ts'
import type { Context, OnProgress } from '../context.ts'
import { onceInProcess } from '../duties/duty.ts'
import { eachAlone } from '../duties/each-alone.ts'
import { isNodeOver } from '../node-life.ts'
import { leftToTheNextStart } from './import-result.ts'
import type { FileFacts } from './inspect-file.ts'
import { stagingFolder } from './left-over.ts'
import { takeBack } from './take-back.ts'

/** People applied in one transaction at first; adapted to how long they take. */
const CHUNK_START = 500
const CHUNK_MIN = 100
const CHUNK_MAX = 10_000
const CHUNK_AIM_MS = 12
const REJECTS_CHUNK = 1_000

export interface ApplyOptions {
  onProgress?: OnProgress
  /** Whether messages are being sent meanwhile: they get as much time as the import takes. */
  isSending?: () => boolean
  /** The process ends: it stops between two chunks, and the next process continues it. */
  closing?: AbortSignal
}

/**
 * Applies what is staged, from the import's mark on, and makes it visible. The staging file is attached. Throws AppError
 * interrupted when the process ends, list.busy when another node has taken it over.
 */
export async function applyImport(ctx: Context, row: ImportRow, options: ApplyOptions): Promise<void> {
  const inChunk = <T>(fn: (tx: WriteTx) => Promise<T>) =>
    ctx.db.write(async (tx) => {
      await holdImport(tx, row)
      return fn(tx)
    })
  await applyPeople(ctx, row, row.people, options)
  for (let line: number | undefined = 0; line !== undefined; ) {
    const after: number = line
    line = await inChunk((tx) => storeRejects(tx, row.id, after, REJECTS_CHUNK))
    await betweenChunks(options)
  }
  const { mode, columns } = row.options as { mode: string; columns: FileFacts['columns'] }
  while (mode === 'replace' && (await inChunk((tx) => removeLeavers(tx, row, CHUNK_START))) > 0)
    await betweenChunks(options)
  await inChunk(async (tx) => {
    const fields = columns.flatMap(({ field }) =>
      field === null || contactFields.some((own) => own === field) ? [] : [field],
    )
    await addListFields(tx, await getList(tx, row.listId), fields)
    await finishImport(tx, row.id, { status: 'applied', appliedAt: await tx.now(), stagingPath: null })
  })
}

async function applyPeople(ctx: Context, row: ImportRow, people: number, options: ApplyOptions): Promise<void> {
  let size = CHUNK_START
  for (let after = row.appliedThrough; after < people; ) {
    const range = { after, through: Math.min(people, after + size) }
    const { buckets, tookMs } = await ctx.db.write(async (tx) => {
      const startedAt = ctx.clock.monotonic()
      const now = await tx.now()
      const applied = await applyChunk(tx, row, range, now)
      if (applied !== undefined) await suppressDenied(tx, row, range, now)
      // The lock is held so long; the disk is waited for without it.
      return { buckets: applied, tookMs: ctx.clock.monotonic() - startedAt }
    })
    if (buckets === undefined)
      throw new AppError('list.busy', `import imp_${row.id} is being applied by another process`)
    after = range.through
    options.onProgress?.({ done: after, total: people, what: 'people applied' })
    size = Math.min(CHUNK_MAX, Math.max(CHUNK_MIN, Math.round(size * Math.min(2, CHUNK_AIM_MS / Math.max(1, tookMs)))))
    if (options.isSending?.()) await ctx.clock.wait(ctx.clock.now() + tookMs, options.closing)
    await betweenChunks(options)
  }
}

/** Others have their turn, and the process may end here. */
async function betweenChunks({ closing }: ApplyOptions): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  if (closing?.aborted) throw leftToTheNextStart()
}

/** An import is worked on once in a process, also when the process took it over from itself after an error. */
export function alone<T>(ctx: Context, importId: number, work: () => Promise<T>): Promise<T | undefined> {
  return onceInProcess(ctx, `import ${importId}`, work)
}

/**
 * Finishes imports whose process ended, or gave up, while applying or undoing, and removes staging files that nobody owns.
 * When this process ends too, the next one goes on. Returns how many were finished.
 */
export async function recoverImports(ctx: Context, options: ApplyOptions = {}): Promise<number> {
  const items = await ctx.db.read(listUnfinishedImports)
  let recovered = 0
  const all = { work: 'import', items, idOf: (row: ImportRow) => row.id, isAll: true, signal: options.closing } as const
  await eachAlone(ctx, all, async (row) => {
    const own = await ctx.node.id()
    if (row.nodeId !== own && !(await isNodeOver(ctx, row.nodeId))) return false
    const isDone = await alone(ctx, row.id, () => takeOver(ctx, row, { own, ...options }))
    if (isDone) recovered++
    return isDone ?? false
  })
  await dropOrphans(ctx, new Set(items.flatMap((row) => row.stagingPath ?? [])))
  return recovered
}

/** Several processes may find it; the one that takes it over continues it. */
async function takeOver(
  ctx: Context,
  { id, nodeId }: ImportRow,
  { own, ...options }: ApplyOptions & { own: number },
): Promise<boolean> {
  const row = await ctx.db.write(async (tx) =>
    (await takeOverImport(tx, id, nodeId, own)) ? getImport(tx, id) : undefined,
  )
  if (row === undefined) return false
  ctx.log.info({ import: id }, `import imp_${id} was interrupted and is continued`)
  await continueImport(ctx, row, options)
  return true
}

async function continueImport(ctx: Context, row: ImportRow, options: ApplyOptions): Promise<void> {
  const { stagingPath } = row
  if (row.status === 'applying' && stagingPath !== null && existsSync(stagingPath)) {
    {
      await using _staging = await ctx.db.attachStaging(stagingPath)
      await applyImport(ctx, row, options)
    }
    return await dropStaging(stagingPath)
  }
  // Without its staging file an import cannot go on, only back.
  const undoing = await ctx.db.write(async (tx) => {
    await holdImport(tx, row)
    await finishImport(tx, row.id, { status: 'undoing', stagingPath: null })
    return getImport(tx, row.id)
  })
  await takeBack(ctx, undoing, options)
}

async function dropOrphans(ctx: Context, wanted: Set<string>): Promise<void> {
  const folder = stagingFolder(ctx)
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const path = join(folder, name)
    const owner = Number(/^(\d+)-[0-9a-f]+\.(?:db|csv)$/.exec(name)?.[1])
    if (!(owner > 0) || wanted.has(path) || ctx.db.isNodeAlive(owner)) continue
    if (await isNodeOver(ctx, owner)) await dropStaging(path)
  }
}
