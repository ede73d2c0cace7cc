// A campaign's messages as a table, one line each, read in slices. Reads only.
import { formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import type { MessageStatus } from '../../domain/message-status.ts'
import type { ExportTable } from '../../runtime/download.ts'
import { getCampaign } from '../../store/campaigns.ts'
import { type ExportPage, type ExportRow, listForExport } from '../../store/exports.ts'
import { listRunIdsToExport, listRunsById } from '../../store/runs.ts'
import type { Context } from '../context.ts'

const columns = [
  'message_id',
  'phone',
  'status',
  'reason',
  'provider_code',
  'tracking_id',
  'due_at',
  'accepted_at',
  'sent_at',
  'delivered_at',
  'read_at',
  'failed_at',
  'attempts',
] as const

/** Messages read at once. */
const SLICE = 1000

export interface ExportOptions {
  /** Only these; all when empty. */
  statuses?: readonly MessageStatus[]
  runId?: number
  /** Phones with + for programs; without it no spreadsheet takes them for formulas. */
  isRaw?: boolean
}

/** A campaign's messages, run by run. Throws AppError campaign.not_found. */
export async function exportMessages(
  ctx: Context,
  idOrName: string,
  options: ExportOptions = {},
): Promise<ExportTable> {
  const { id } = await ctx.db.read((tx) => getCampaign(tx, idOrName))
  return { header: columns, lines: linesOf(ctx, id, options) }
}

async function* linesOf(
  ctx: Context,
  campaignId: number,
  { runId: only, statuses = [], isRaw = false }: ExportOptions,
): AsyncGenerator<(string | number | null)[][]> {
  for await (const runId of runsOf(ctx, campaignId, only)) {
    for (let after: number | undefined = 0; after !== undefined; ) {
      const page: ExportPage = { runId, after, limit: SLICE, statuses }
      const { rows, through } = await ctx.db.read((tx) => listForExport(tx, page))
      if (rows.length > 0) yield rows.map((row) => lineOf(row, isRaw))
      after = through
      // Others get their turn, also where nothing is wanted of many runs.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** Runs that are no tests, the oldest first; only one where it is named. */
async function* runsOf(ctx: Context, campaignId: number, runId: number | undefined): AsyncGenerator<number> {
  if (runId !== undefined) {
    const [run] = await ctx.db.read((tx) => listRunsById(tx, [runId]))
    if (run?.campaignId === campaignId) yield runId
    return
  }
  for (let after = 0; ; ) {
    const ids = await ctx.db.read((tx) => listRunIdsToExport(tx, campaignId, { after, limit: SLICE }))
    yield* ids
    if (ids.length < SLICE) return
    after = ids.at(-1) ?? after
  }
}

function lineOf(row: ExportRow, isRaw: boolean): (string | number | null)[] {
  const instant = (at: number | null) => (at === null ? null : formatInstant(at))
  return [
    formatId('message', row.id),
    isRaw ? row.phone : row.phone.replace(/^\+/, ''),
    row.status,
    row.reason,
    providerCodeOf(row),
    row.trackingId,
    instant(row.dueAt),
    instant(row.acceptedAt),
    instant(row.sentAt),
    instant(row.deliveredAt),
    instant(row.readAt),
    instant(row.failedAt),
    row.attempts,
  ]
}

/** Of the answer to the call, or of the callback that told the failure later: its code is the reason. */
function providerCodeOf({ status, reason, outcome, providerCode }: ExportRow): string | null {
  const isToldLater = status === 'failed' && ['accepted', 'unknown', 'cool_off'].includes(outcome ?? '')
  const isOurWord = reason === 'unknown' || reason === 'resolved_by_operator'
  return isToldLater && !isOurWord ? reason : providerCode
}
