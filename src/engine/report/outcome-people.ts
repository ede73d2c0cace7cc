// The people behind a number of a report: whose messages have a status, for a reason. They are found in slices of a run's messages;
// a look ends after some milliseconds and says where it stopped. They can become a list.
import { AppError } from '../../domain/errors.ts'
import { findIdIn, formatId } from '../../domain/ids.ts'
import type { MessageStatus } from '../../domain/message-status.ts'
import { listNameProblem, plainName } from '../../domain/name.ts'
import { getCampaign } from '../../store/campaigns.ts'
import type { ExportRow } from '../../store/exports.ts'
import { addListFields, checkListIsFree, ensureList, findListNamed } from '../../store/lists.ts'
import { addMembers } from '../../store/members.ts'
import type { Context } from '../context.ts'
import { messageSlices, type SlicePlace } from './message-slices.ts'

export interface Outcome {
  status: MessageStatus
  /** Of the message; any where it is left out. */
  reason?: string | undefined
  /** Only of this run. */
  runId?: number | undefined
}

export interface OutcomePerson {
  contact: string
  phone: string
  attributes: Record<string, string>
  message: string
}

export interface OutcomePage {
  items: OutcomePerson[]
  /** Where the next page begins; null behind the last one. */
  next: string | null
  /** True when the look stopped for its time and not for its page. */
  isCut: boolean
}

/** What is left of 100 ms a page. */
const LOOK_MS = 60

/** Throws AppError campaign.not_found. */
export async function pageOutcome(
  ctx: Context,
  idOrName: string,
  { limit, after, ...outcome }: Outcome & { limit: number; after?: string | undefined },
): Promise<OutcomePage> {
  const endMs = ctx.clock.monotonic() + LOOK_MS
  const items: OutcomePerson[] = []
  for await (const { place, rows } of slicesOf(ctx, idOrName, { ...outcome, from: readPlace(after) })) {
    for (const row of rows) {
      items.push(viewOf(row))
      if (items.length === limit)
        return { items, next: writePlace({ ...place, contactId: row.contactId }), isCut: false }
    }
    if (ctx.clock.monotonic() > endMs) return { items, next: writePlace(place), isCut: true }
  }
  return { items, next: null, isCut: false }
}

/**
 * A list of these people, created if it doesn't exist. Repeated, it adds those who came since. Throws AppError
 * list.name_invalid, list.busy.
 */
export async function listOutcome(
  ctx: Context,
  idOrName: string,
  outcome: Outcome & { list: string },
): Promise<{ list: string; id: string; added: number }> {
  const name = plainName(outcome.list)
  const wrong = listNameProblem(name)
  if (wrong !== undefined) throw new AppError('list.name_invalid', wrong.problem, { hint: wrong.hint })
  const found = await ctx.db.write(async (tx) => {
    const known = await findListNamed(tx, name)
    if (known !== undefined) await checkListIsFree(tx, known)
    return ensureList(tx, name, await tx.now())
  })
  const fields = new Set<string>()
  let added = 0
  for await (const { rows } of slicesOf(ctx, idOrName, { ...outcome, from: undefined })) {
    if (rows.length === 0) continue
    for (const { attributes } of rows) for (const field of Object.keys(JSON.parse(attributes))) fields.add(field)
    const ids = rows.map(({ contactId }) => contactId)
    added += await ctx.db.write(async (tx) => addMembers(tx, found.id, ids, await tx.now()))
  }
  await ctx.db.write(async (tx) => addListFields(tx, found, [...fields]))
  return { list: found.name, id: formatId('list', found.id), added }
}

async function* slicesOf(
  ctx: Context,
  idOrName: string,
  { status, reason, runId, from }: Outcome & { from: SlicePlace | undefined },
): AsyncGenerator<{ place: SlicePlace; rows: ExportRow[] }> {
  const { id } = await ctx.db.read((tx) => getCampaign(tx, idOrName))
  yield* messageSlices(ctx, id, { runId, statuses: [status], reason, from })
}

function viewOf({ contactId, phone, attributes, id }: ExportRow): OutcomePerson {
  return {
    contact: formatId('contact', contactId),
    phone,
    attributes: JSON.parse(attributes) as Record<string, string>,
    message: formatId('message', id),
  }
}

function writePlace({ runId, contactId }: SlicePlace): string {
  return `${formatId('run', runId)}-${contactId}`
}

function readPlace(text: string | undefined): SlicePlace | undefined {
  const [run = '', contact = ''] = (text ?? '').split('-')
  const runId = findIdIn('run', run)
  return runId === undefined || !/^\d{1,16}$/.test(contact) ? undefined : { runId, contactId: Number(contact) }
}
