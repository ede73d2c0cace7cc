// The messages of a campaign in slices, run by run and person by person, tests left out: for files, and for the people behind a number.
// Reads only; others get their turn behind each slice, also where nothing is wanted of many runs.
import type { MessageStatus } from '../../domain/message-status.ts'
import { type ExportPage, type ExportRow, listForExport } from '../../store/exports.ts'
import { listRunIdsToExport, listRunsById } from '../../store/runs.ts'
import type { Context } from '../context.ts'

/** Read at once. */
const SLICE = 1_000

export interface SliceQuery {
  /** Only of this run. */
  runId?: number | undefined
  /** All when empty. */
  statuses: readonly MessageStatus[]
  /** Any when it is left out. */
  reason?: string | undefined
  /** Behind whom to go on. */
  from?: SlicePlace | undefined
}

export interface SlicePlace {
  runId: number
  /** The last one looked at. */
  contactId: number
}

export async function* messageSlices(
  ctx: Context,
  campaignId: number,
  { runId: only, statuses, reason, from }: SliceQuery,
): AsyncGenerator<{ place: SlicePlace; rows: ExportRow[] }> {
  for await (const runId of runsOf(ctx, campaignId, { only, from: from?.runId ?? 0 })) {
    let after: number | undefined = from?.runId === runId ? from.contactId : 0
    while (after !== undefined) {
      const page: ExportPage = { runId, after, limit: SLICE, statuses, reason }
      const { rows, through } = await ctx.db.read((tx) => listForExport(tx, page))
      yield { place: { runId, contactId: through ?? Number.MAX_SAFE_INTEGER }, rows }
      after = through
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** Runs that are no tests, the oldest first; only one where it is named. */
async function* runsOf(
  ctx: Context,
  campaignId: number,
  { only, from }: { only: number | undefined; from: number },
): AsyncGenerator<number> {
  if (only !== undefined) {
    const [run] = await ctx.db.read((tx) => listRunsById(tx, [only]))
    if (run?.campaignId === campaignId) yield only
    return
  }
  for (let after = from - 1; ; ) {
    const ids = await ctx.db.read((tx) => listRunIdsToExport(tx, campaignId, { after, limit: SLICE }))
    yield* ids
    if (ids.length < SLICE) return
    after = ids.at(-1) ?? after
  }
}
