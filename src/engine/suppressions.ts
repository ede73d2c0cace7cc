// Suppressions by an operator: added with a reason, lifted with evidence, listed, imported.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { AppError } from '../domain/errors.ts'
import { parseRecipient } from '../domain/group.ts'
import { formatId } from '../domain/ids.ts'
import { formatInstant } from '../domain/instant.ts'
import type { Phone, PhoneOptions } from '../domain/phone.ts'
import type { SuppressionReason, SuppressionScope } from '../domain/suppression.ts'
import { CountChanges } from '../store/counts.ts'
import { listOpenRuns } from '../store/runs.ts'
import { liftSuppression, listSuppressions, type Suppression, suppress } from '../store/suppressions.ts'
import type { Context } from './context.ts'
import { finishIfDone } from './finish.ts'

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
  evidence?: string
}

/** Suppresses a number and stops what waits for it. Repeated, it changes nothing. */
export async function addSuppression(
  ctx: Context,
  phoneText: string,
  options: SuppressOptions = {},
): Promise<{ phone: string; scope: SuppressionScope; isNew: boolean; stopped: number }> {
  const phone = phoneOf(phoneText)
  const scope = options.scope ?? 'all'
  const { isNew, stopped } = await write(ctx, [phone], { ...options, scope }, 'added by an operator')
  return { phone: phone.phone, scope, isNew: isNew > 0, stopped }
}

function phoneOf(text: string, options: PhoneOptions = {}): Phone {
  const parsed = parseRecipient(text, options)
  if (parsed.reject !== undefined)
    throw new AppError(parsed.reject.code, `"${text.slice(0, 40)}": ${parsed.reject.detail}`, {
      hint: parsed.reject.hint,
    })
  return parsed.phone
}

async function write(
  ctx: Context,
  phones: Phone[],
  options: SuppressOptions & { scope: SuppressionScope },
  evidence: string,
): Promise<{ isNew: number; stopped: number }> {
  const nodeId = await ctx.node.id()
  return ctx.db.write(async (tx) => {
    const now = ctx.clock.now()
    const counts = new CountChanges()
    const total = { isNew: 0, stopped: 0 }
    for (const { key } of phones) {
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
    await counts.write(tx, nodeId)
    if (total.stopped > 0) for (const run of await listOpenRuns(tx, 'sending')) await finishIfDone(tx, run.id, now)
    return total
  })
}

/** Lifts what was put on a number; a person answers for it with evidence. */
export async function removeSuppression(
  ctx: Context,
  phoneText: string,
  scope: SuppressionScope | undefined,
): Promise<{ phone: string; removed: number }> {
  const phone = phoneOf(phoneText)
  const removed = await ctx.db.write((tx) => liftSuppression(tx, phone.key, scope))
  if (removed === 0)
    throw new AppError('suppression.not_found', `${phone.phone} is not suppressed`, {
      hint: 'See herald suppress list.',
    })
  return { phone: phone.phone, removed }
}

export async function showSuppressions(
  ctx: Context,
  options: { limit: number; after?: number; phone?: string },
): Promise<SuppressionView[]> {
  const key = options.phone === undefined ? undefined : phoneOf(options.phone).key
  const rows = await ctx.db.read((tx) =>
    listSuppressions(tx, {
      limit: options.limit,
      after: options.after ?? 0,
      ...(key !== undefined && { key }),
    }),
  )
  return rows.map(viewOf)
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
  rejected: { line: number; code: string; detail: string }[]
}

/** One number a line, or the first column of a CSV; a header line is passed over. */
export async function importSuppressions(
  ctx: Context,
  path: string,
  options: SuppressOptions & { defaultCountry?: string },
): Promise<SuppressionImport> {
  const result: SuppressionImport = { rows: 0, added: 0, known: 0, rejected: [] }
  const scope = options.scope ?? 'all'
  let phones: Phone[] = []
  const flush = async () => {
    const { isNew } = await write(ctx, phones, { ...options, scope }, `imported from ${path}`)
    result.added += isNew
    result.known += phones.length - isNew
    phones = []
  }
  let line = 0
  for await (const text of createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    line++
    const cell = (text.split(/[,;\t]/)[0] ?? '')
      .replace(/^\ufeff/, '')
      .replace(/^"|"$/g, '')
      .trim()
    if (cell === '' || (line === 1 && !/\d{5,}/.test(cell))) continue
    result.rows++
    const parsed = parseRecipient(
      cell,
      options.defaultCountry === undefined ? {} : { defaultCountry: options.defaultCountry },
    )
    if (parsed.reject !== undefined)
      result.rejected.push({ line, code: parsed.reject.code, detail: parsed.reject.detail })
    else phones.push(parsed.phone)
    if (phones.length >= LINES_PER_TRANSACTION) await flush()
  }
  if (phones.length > 0) await flush()
  return result
}
