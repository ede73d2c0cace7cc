// One CSV line per message, streamed. Reads only.
import { formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import type { MessageStatus } from '../../domain/message-status.ts'
import { getCampaign } from '../../store/campaigns.ts'
import { type ExportRow, listForExport } from '../../store/exports.ts'
import { listRunIdsToExport } from '../../store/runs.ts'
import type { Context } from '../context.ts'

export const exportColumns = [
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

/** The lines of a campaign's messages, run by run, without the header. */
export async function* exportMessages(
  ctx: Context,
  idOrName: string,
  options: ExportOptions = {},
): AsyncGenerator<(string | number | null)[][]> {
  const runs = await ctx.db.read(async (tx) => {
    const campaign = await getCampaign(tx, idOrName)
    return (await listRunIdsToExport(tx, campaign.id)).filter(
      (id) => options.runId === undefined || id === options.runId,
    )
  })
  for (const runId of runs) {
    for (let after = 0; ; ) {
      const rows = await ctx.db.read((tx) =>
        listForExport(tx, { runId, after, limit: SLICE, statuses: options.statuses ?? [] }),
      )
      if (rows.length === 0) break
      after = rows.at(-1)?.contactId ?? after
      yield rows.map((row) => lineOf(row, options.isRaw ?? false))
    }
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
