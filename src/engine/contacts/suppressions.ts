// Suppressions by an operator: added with a reason, lifted with evidence, listed, imported.
import { basename } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import { parseRecipient } from '../../domain/group.ts'
import { findIdIn, formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import type { Phone } from '../../domain/phone.ts'
import type { SuppressionReason, SuppressionScope } from '../../domain/suppression.ts'
import type { ExportTable } from '../../runtime/download.ts'
import { CountChanges } from '../../store/counts.ts'
import {
  findSuppression,
  liftSuppression,
  listSuppressions,
  type Suppression,
  type SuppressionFilter,
  searchSuppressions,
  sliceSuppressions,
  suppress,
} from '../../store/suppressions.ts'
import { finishIfDone } from '../campaigns/finish.ts'
import type { Context, OnProgress } from '../context.ts'
import { firstColumn } from '../import/first-column.ts'
import { openTable } from '../import/table-file.ts'
import { isErased } from './known-contact.ts'
import { getTypedNumber, parseTypedNumber } from './typed-number.ts'

export interface SuppressionView {
  id: string
  phone: string
  scope: SuppressionScope
  reason: SuppressionReason
  evidence: string
  since: string
}

export interface SuppressOptions {
  scope?: SuppressionScope
  reason?: SuppressionReason
  evidence?: string | undefined
}

/** Suppresses a number and stops what waits for it. Repeated, it changes nothing. */
export async function addSuppression(
  ctx: Context,
  phoneText: string,
  options: SuppressOptions = {},
): Promise<{ phone: string; scope: SuppressionScope; isNew: boolean; stopped: number }> {
  const phone = getTypedNumber(ctx, phoneText)
  const scope = options.scope ?? 'all'
  const { isNew, stopped } = await write(ctx, [phone], { ...options, scope }, 'added by an operator')
  return { phone: phone.phone, scope, isNew: isNew > 0, stopped }
}

async function write(
  ctx: Context,
  phones: Phone[],
  options: SuppressOptions & { scope: SuppressionScope },
  evidence: string,
): Promise<{ isNew: number; stopped: number }> {
  const nodeId = await ctx.node.id()
  return ctx.db.write(async (tx) => {
    const now = await tx.now()
    const counts = new CountChanges()
    const total = { isNew: 0, stopped: 0 }
    for (const { key } of phones) {
      // Nothing is sent to erased people: their number is not written again.
      if (await isErased(ctx, tx, key)) continue
      const what = {
        key,
        scope: options.scope,
        reason: options.reason ?? 'blocked',
        evidence: options.evidence ?? evidence,
      }
      const { isNew, stopped } = await suppress(tx, what, now, counts)
      total.isNew += isNew ? 1 : 0
      total.stopped += stopped
    }
    const runs = counts.runIds()
    await counts.write(tx, nodeId)
    await finishIfDone(tx, runs)
    return total
  })
}

/** Lifts what was put on a number; a person answers for it with evidence. */
export async function removeSuppression(
  ctx: Context,
  phoneText: string,
  scope: SuppressionScope | undefined,
): Promise<{ phone: string; removed: number }> {
  const phone = getTypedNumber(ctx, phoneText, { isExisting: true })
  const removed = await ctx.db.write((tx) => liftSuppression(tx, phone.key, scope))
  if (removed === 0)
    throw new AppError('suppression.not_found', `${phone.phone} is not suppressed`, {
      hint: 'See herald suppress list.',
    })
  return { phone: phone.phone, removed }
}

export interface SuppressionQuery extends SuppressionFilter {
  limit: number
  /** The id of the last one seen: only those behind it. */
  before?: string | undefined
  /** A phone, or the digits that it begins with. */
  phone?: string | undefined
}

/** Suppressions looked at in one read, some ten milliseconds. */
const SLICE = 1_000

/** Newest first; those of a number, or of how it begins, in the order of numbers. */
export async function showSuppressions(ctx: Context, query: SuppressionQuery): Promise<SuppressionView[]> {
  const { limit, before, phone, scope, reason } = query
  const id = before === undefined ? undefined : findIdIn('suppression', before)
  if (phone !== undefined) return searchByNumber(ctx, keyPrefixOf(ctx, phone), { limit, id, scope, reason })
  const found: SuppressionView[] = []
  for (let last = id; found.length < limit; ) {
    const page = { limit: Math.min(SLICE, limit - found.length), before: last, scope, reason }
    const rows = await ctx.db.read((tx) => listSuppressions(tx, page))
    found.push(...rows.map(viewOf))
    if (rows.length < page.limit) break
    last = rows.at(-1)?.id
    await new Promise((resolve) => setImmediate(resolve))
  }
  return found
}

async function searchByNumber(
  ctx: Context,
  prefix: string,
  { limit, id, ...filter }: SuppressionFilter & { limit: number; id: number | undefined },
): Promise<SuppressionView[]> {
  const found: SuppressionView[] = []
  let after = id === undefined ? undefined : await ctx.db.read((tx) => findSuppression(tx, id))
  if (id !== undefined && after === undefined)
    throw new AppError('cursor.invalid', 'the last suppression that you saw was lifted', {
      hint: 'Begin again without a cursor.',
    })
  for (;;) {
    const search = { prefix, after, limit: SLICE, ...filter }
    const slice = await ctx.db.read((tx) => searchSuppressions(tx, search))
    found.push(...slice.found.map(viewOf))
    after = slice.through
    if (found.length >= limit || after === undefined) return found.slice(0, limit)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Every suppression that shows a number, the oldest first: the first column can be imported again. */
export function exportSuppressions(ctx: Context, filter: SuppressionFilter & { isRaw?: boolean }): ExportTable {
  return { header: ['phone', 'scope', 'reason', 'since', 'evidence'], lines: linesOf(ctx, filter) }
}

async function* linesOf(ctx: Context, { isRaw = false, ...filter }: SuppressionFilter & { isRaw?: boolean }) {
  for (let after: number | undefined = 0; after !== undefined; ) {
    const from: number = after
    const { found, through } = await ctx.db.read((tx) =>
      sliceSuppressions(tx, { ...filter, after: from, limit: SLICE }),
    )
    yield found.map(({ phone, scope, reason, createdAt, evidence }) => [
      isRaw ? phone : phone.replace(/^\+/, ''),
      scope,
      reason,
      formatInstant(createdAt),
      evidence,
    ])
    after = through
  }
}

/** How the key of a phone begins; a whole phone is read as everywhere, a part of one by its digits. */
function keyPrefixOf(ctx: Context, phone: string): string {
  const whole = parseTypedNumber(ctx, phone, { isExisting: true }).phone
  const digits = phone.replace(/\D/g, '')
  return whole?.key ?? (digits === '' ? getTypedNumber(ctx, phone).key : digits)
}

function viewOf(row: Suppression): SuppressionView {
  const { id, phone, scope, reason, evidence, createdAt } = row
  return { id: formatId('suppression', id), phone, scope, reason, evidence, since: formatInstant(createdAt) }
}

const LINES_PER_TRANSACTION = 500

export interface SuppressionImport {
  rows: number
  added: number
  known: number
  /** The first lines that are no phones. */
  rejected: { line: number; code: string; detail: string }[]
  rejectedLines: number
}

/** Rejected lines that are named. */
const REJECTS_NAMED = 1_000

export interface NumbersFile {
  path: string
  fileName?: string
  bytes?: number
  signal?: AbortSignal
  onProgress?: OnProgress
}

/** One number a line, or the first column of a CSV or of a workbook's first sheet; a header line is passed over. */
export async function importSuppressions(
  ctx: Context,
  file: NumbersFile,
  options: SuppressOptions & { defaultCountry?: string | undefined },
): Promise<SuppressionImport> {
  const { path, fileName = basename(path), bytes: total, signal, onProgress } = file
  const { defaultCountry, ...suppression } = options
  const result: SuppressionImport = { rows: 0, added: 0, known: 0, rejected: [], rejectedLines: 0 }
  let phones: Phone[] = []
  const flush = async () => {
    const what = { ...suppression, scope: options.scope ?? 'all' }
    const { isNew } = await write(ctx, phones, what, `imported from ${fileName}`)
    result.added += isNew
    result.known += phones.length - isNew
    phones = []
    await new Promise((resolve) => setImmediate(resolve))
  }
  using table = await openTable(ctx, { path, fileName, signal })
  for await (const { line, cell, bytes } of firstColumn(table.path, fileName)) {
    if (cell === '' || (result.rows === 0 && !/\d{5,}/.test(cell))) continue
    result.rows++
    const parsed = parseRecipient(cell, defaultCountry === undefined ? {} : { defaultCountry })
    if (parsed.reject === undefined) phones.push(parsed.phone)
    else if (++result.rejectedLines <= REJECTS_NAMED)
      result.rejected.push({ line, code: parsed.reject.code, detail: parsed.reject.detail })
    if (phones.length < LINES_PER_TRANSACTION) continue
    await flush()
    onProgress?.({ done: bytes, ...(total !== undefined && { total }), what: 'bytes read' })
    if (signal?.aborted) throw stopped(result)
  }
  if (phones.length > 0) await flush()
  // Who believes that a list of opt-outs was taken must be right.
  if (result.rows === 0)
    throw new AppError('csv.no_rows', `${fileName} holds no numbers`, {
      hint: 'Write one number a line, or the numbers in the first column.',
    })
  return result
}

/** What was suppressed stays so: each number stands for itself. */
function stopped({ added }: SuppressionImport): AppError {
  return new AppError('interrupted', `stopped after ${added} new suppressions`, {
    hint: 'The same file again takes the rest.',
  })
}
