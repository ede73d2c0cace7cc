// Work for one sender, campaign, run … at a time, each within its own boundary: what fails at one is stored as its trouble
// and tried again later, less and less often, and the others go on.
// Reads and writes troubles. Safe to kill: a trouble that was not stored is met again.
import { AppError, isStorageError } from '../../domain/errors.ts'
import { possibleLease } from '../../domain/possible-instant.ts'
import { BACK_OFF_MAX_MS, backOffMs, type TroubleWork } from '../../domain/trouble.ts'
import { endTrouble, listTroublesAt, noteTrouble, type Trouble } from '../../store/troubles.ts'
import type { Context } from '../context.ts'
import { troubleName } from './show-troubles.ts'

export interface EachAlone<T> {
  work: TroubleWork
  items: readonly T[]
  idOf: (item: T) => number
  /** There are no others: what is in trouble and not among them has nothing left to do. */
  isAll?: boolean
  /** What fails after this is only the end of the process. */
  signal?: AbortSignal | undefined
}

/** Returns whether anything was done, as `act` says. Throws only what concerns all of them: the storage. */
export async function eachAlone<T>(
  ctx: Context,
  { work, items, idOf, isAll = false, signal }: EachAlone<T>,
  act: (item: T) => Promise<boolean>,
): Promise<boolean> {
  // A command that has nothing to do here does not become a node for it.
  if (items.length === 0 && !ctx.node.isOne) return false
  const known = new Map((await ownTroubles(ctx, work)).map((row) => [row.subjectId, row]))
  let hasDone = false
  for (const item of items) {
    if (signal?.aborted) return hasDone
    const subjectId = idOf(item)
    const before = known.get(subjectId)
    known.delete(subjectId)
    if (before !== undefined && isWaiting(before, ctx.clock.now())) continue
    try {
      if (await act(item)) hasDone = true
      if (before !== undefined) await leaveTrouble(ctx, before)
    } catch (error) {
      if (signal?.aborted) return hasDone
      await meetTrouble(ctx, { work, subjectId }, { before, error })
    }
  }
  if (isAll) for (const left of known.values()) await leaveTrouble(ctx, left)
  return hasDone
}

/** What this node fails at, at one kind of work. */
export async function ownTroubles(ctx: Context, work: TroubleWork): Promise<Trouble[]> {
  const nodeId = await ctx.node.id()
  if (!ctx.node.hasFailedAt(work)) return []
  return ctx.db.read((tx) => listTroublesAt(tx, work, nodeId))
}

/** Left alone for now. */
export function isWaiting({ nextTryAt }: Trouble, now: number): boolean {
  return (possibleLease(nextTryAt, now, BACK_OFF_MAX_MS) ?? 0) > now
}

interface Met {
  /** The trouble as it was known. */
  before: Trouble | undefined
  error: unknown
}

/** Stores a trouble; its first time, and whenever it becomes another one, it is logged. Throws what is of the storage. */
export async function meetTrouble(
  ctx: Context,
  subject: { work: TroubleWork; subjectId: number },
  { before, error }: Met,
): Promise<Trouble> {
  if (isStorageError(error)) throw error
  const { code, message, hint } =
    error instanceof AppError ? error : { code: 'fault' as const, message: String(error), hint: undefined }
  const nodeId = await ctx.node.id()
  ctx.node.failsAt(subject.work)
  const tries = (before?.tries ?? 0) + 1
  const trouble = await ctx.db.write(async (tx) => {
    const now = await tx.now()
    const when = { since: before?.since ?? now, tries, nextTryAt: now + backOffMs(tries) }
    const noted = { ...subject, nodeId, code, message, hint: hint ?? null, ...when }
    await noteTrouble(tx, noted)
    return noted
  })
  if (before?.code === code && before.message === message) return trouble
  ctx.log.error({ err: error, ...subject }, `${troubleName(subject)} fails and waits, the others go on: ${message}`)
  return trouble
}

/** It works again, or has nothing to do any more. */
export async function leaveTrouble(ctx: Context, trouble: Trouble): Promise<void> {
  await ctx.db.write((tx) => endTrouble(tx, trouble))
  ctx.log.info({ work: trouble.work, subjectId: trouble.subjectId }, `${troubleName(trouble)} is out of trouble`)
}
