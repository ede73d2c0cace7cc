// A campaign's messages as a table, one line each, read in slices. Reads only.
import { slugOf } from '../../domain/file-slug.ts'
import { formatId } from '../../domain/ids.ts'
import { formatInstant, formatLocal } from '../../domain/instant.ts'
import type { MessageStatus } from '../../domain/message-status.ts'
import { localTime } from '../../domain/time-zone.ts'
import type { ExportTable } from '../../runtime/download.ts'
import { type CampaignRow, getCampaign, getRevision } from '../../store/campaigns.ts'
import type { ReadTx } from '../../store/database.ts'
import type { ExportRow } from '../../store/exports.ts'
import { findList } from '../../store/lists.ts'
import type { Context } from '../context.ts'
import { messageSlices } from './message-slices.ts'

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

/** Fields of people in one file; more than that is no table that a person reads. */
const FIELDS_MAX = 50

export interface ExportOptions {
  /** Only these; all when empty. */
  statuses?: readonly MessageStatus[]
  runId?: number
  /** Phones with + for programs; without it no spreadsheet takes them for formulas. */
  isRaw?: boolean
}

/** A table with the name that its file gets. */
export interface NamedTable extends ExportTable {
  /** Of the campaign and the day of its launch: order-news-2026-11-29. */
  name: string
}

/** A campaign's messages with the fields of their people, run by run. Throws AppError campaign.not_found. */
export async function exportMessages(ctx: Context, idOrName: string, options: ExportOptions = {}): Promise<NamedTable> {
  const { campaign, fields } = await ctx.db.read(async (tx) => {
    const row = await getCampaign(tx, idOrName)
    return { campaign: row, fields: await fieldsOf(tx, row) }
  })
  const day = formatLocal(localTime(ctx.config.timeZone, campaign.launchedAt ?? ctx.clock.now())).slice(0, 10)
  return {
    name: `${slugOf(campaign.name)}-${day}`,
    header: [...columns, ...fields.map(columnOf)],
    lines: linesOf(ctx, campaign.id, { ...options, fields }),
  }
}

/** Of the lists that its audience names and that are still there. */
async function fieldsOf(tx: ReadTx, campaign: CampaignRow): Promise<string[]> {
  const { definition } = await getRevision(tx, campaign.revisionId ?? 0)
  const fields: string[] = []
  for (const name of definition.audience.lists) fields.push(...((await findList(tx, name))?.fields ?? []))
  return [...new Set(fields)].slice(0, FIELDS_MAX)
}

/** A field with the name of one of the columns gets another name. */
function columnOf(field: string): string {
  return columns.some((column) => column === field) ? `field_${field}` : field
}

async function* linesOf(
  ctx: Context,
  campaignId: number,
  { runId, statuses = [], isRaw = false, fields }: ExportOptions & { fields: readonly string[] },
): AsyncGenerator<(string | number | null)[][]> {
  for await (const { rows } of messageSlices(ctx, campaignId, { runId, statuses }))
    if (rows.length > 0) yield rows.map((row) => lineOf(row, { isRaw, fields }))
}

function lineOf(
  row: ExportRow,
  { isRaw, fields }: { isRaw: boolean; fields: readonly string[] },
): (string | number | null)[] {
  const attributes = JSON.parse(row.attributes) as Record<string, string>
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
    ...fields.map((field) => attributes[field] ?? null),
  ]
}

/** Of the answer to the call, or of the callback that told the failure later: its code is the reason. */
function providerCodeOf({ status, reason, outcome, providerCode }: ExportRow): string | null {
  const isToldLater = status === 'failed' && ['accepted', 'unknown', 'cool_off'].includes(outcome ?? '')
  const isOurWord = reason === 'unknown' || reason === 'resolved_by_operator'
  return isToldLater && !isOurWord ? reason : providerCode
}
