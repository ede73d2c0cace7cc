// Lists as people see them.

import { AppError } from '../../domain/errors.ts'
import { formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import { isSameName } from '../../domain/name.ts'
import { listNamedLists } from '../../store/campaign-list.ts'
import type { ReadTx } from '../../store/database.ts'
import {
  checkListIsFree,
  deleteMembers,
  getList,
  type List,
  listDeletedWithMembers,
  listLists,
  lockList,
  markListDeleted,
} from '../../store/lists.ts'
import type { Context } from '../context.ts'
import { doDuty } from '../duties/duty.ts'
import { eachAlone } from '../duties/each-alone.ts'

export interface ListView {
  id: string
  name: string
  contacts: number
  fields: string[]
  busy: boolean
  createdAt: string
}

export interface ListQuery {
  /** The name of the last one seen. */
  after?: string | undefined
  /** A text in the name. */
  nameHolds?: string | undefined
  limit: number
}

/** A page of lists by name; one more than `limit` when another page follows. */
export async function pageLists(ctx: Context, { limit, ...query }: ListQuery): Promise<ListView[]> {
  const lists = await ctx.db.read((tx) => listLists(tx, { ...query, limit: limit + 1 }))
  return lists.map((list) => viewOf(list, list.isBusy))
}

/** By name, without counting anybody. */
export async function showListNames(ctx: Context, limit: number): Promise<string[]> {
  return (await ctx.db.read((tx) => listLists(tx, { limit }))).map(({ name }) => name)
}

/** Throws AppError list.busy while an import into it is applied: it would show half of it. */
export async function showList(ctx: Context, idOrName: string): Promise<ListView> {
  const list = await ctx.db.read(async (tx) => {
    const found = await getList(tx, idOrName)
    await checkListIsFree(tx, found)
    return found
  })
  return viewOf(list, false)
}

function viewOf(list: List, busy: boolean): ListView {
  return {
    id: formatId('list', list.id),
    name: list.name,
    contacts: list.members,
    fields: list.fields,
    busy,
    createdAt: formatInstant(list.createdAt),
  }
}

/** Memberships removed in one transaction. */
const DELETE_CHUNK = 2_000

/**
 * Removes a list; its contacts stay. A list that a campaign still needs stays too. It is gone for everybody at once; its
 * memberships follow, by the next process if this one dies.
 */
export async function deleteList(ctx: Context, idOrName: string): Promise<{ name: string; contacts: number }> {
  const list = await ctx.db.write(async (tx) => {
    const found = await lockList(tx, idOrName)
    await checkListIsFree(tx, found)
    await refuseIfNeeded(tx, found)
    await markListDeleted(tx, found, await tx.now())
    return found
  })
  return { name: list.name, contacts: await removeMembers(ctx, list.id) }
}

/** Goes on with every list that was removed and has memberships left. */
export async function finishListRemovals(ctx: Context, signal?: AbortSignal): Promise<boolean> {
  const items = await ctx.db.read(listDeletedWithMembers)
  return eachAlone(ctx, { work: 'list_removal', items, idOf: (id) => id, isAll: true, signal }, async (id) => {
    return (await removeMembers(ctx, id, signal)) > 0
  })
}

async function removeMembers(ctx: Context, listId: number, signal?: AbortSignal): Promise<number> {
  const removed = await doDuty(ctx, { work: 'list_removal', subjectId: listId }, async (duty) => {
    let value = 0
    for (let slice = 1; slice > 0 && !signal?.aborted; value += slice)
      slice = await duty.write((tx) => deleteMembers(tx, listId, DELETE_CHUNK))
    return { isDone: true, value }
  })
  return removed ?? 0
}

async function refuseIfNeeded(tx: ReadTx, list: List): Promise<void> {
  const campaign = (await listNamedLists(tx)).find((named) => isSameName(named.list, list.name))
  if (campaign === undefined) return
  throw new AppError(
    'list.in_use',
    `the list "${list.name}" belongs to the audience of campaign "${campaign.name}" (${campaign.status})`,
    {
      hint: 'Choose another list in that campaign, or cancel it, first.',
    },
  )
}
