// Lists as people see them.
import { AppError } from '../domain/errors.ts'
import { formatId } from '../domain/ids.ts'
import { formatInstant } from '../domain/instant.ts'
import { getRevision, listCampaigns } from '../store/campaigns.ts'
import type { ReadTx } from '../store/database.ts'
import {
  checkListIsFree,
  countMembers,
  deleteMembers,
  getList,
  type List,
  listLists,
  markListDeleted,
} from '../store/lists.ts'
import type { Context } from './context.ts'

export interface ListView {
  id: string
  name: string
  contacts: number
  fields: string[]
  busy: boolean
  createdAt: string
}

export async function showLists(ctx: Context): Promise<ListView[]> {
  const lists = await ctx.db.read(listLists)
  return lists.map((list) => viewOf(list, list.contacts, list.isBusy))
}

/** Throws AppError list.busy while an import into it is applied: it would show half of it. */
export async function showList(ctx: Context, idOrName: string): Promise<ListView> {
  return ctx.db.read(async (tx) => {
    const list = await getList(tx, idOrName)
    await checkListIsFree(tx, list)
    return viewOf(list, await countMembers(tx, list.id), false)
  })
}

function viewOf(list: List, contacts: number, busy: boolean): ListView {
  return {
    id: formatId('list', list.id),
    name: list.name,
    contacts,
    fields: list.fields,
    busy,
    createdAt: formatInstant(list.createdAt),
  }
}

/** Memberships removed in one transaction. */
const DELETE_CHUNK = 2_000

/** Removes a list; its contacts stay. A list that a campaign still needs stays too. */
export async function deleteList(ctx: Context, idOrName: string): Promise<{ name: string; contacts: number }> {
  const list = await ctx.db.read(async (tx) => {
    const found = await getList(tx, idOrName)
    await checkListIsFree(tx, found)
    await refuseIfNeeded(tx, found)
    return found
  })
  let contacts = 0
  for (let removed = 1; removed > 0; contacts += removed)
    removed = await ctx.db.write((tx) => deleteMembers(tx, list.id, DELETE_CHUNK))
  await ctx.db.write((tx) => markListDeleted(tx, list, ctx.clock.now()))
  return { name: list.name, contacts }
}

async function refuseIfNeeded(tx: ReadTx, list: List): Promise<void> {
  for (const row of await listCampaigns(tx)) {
    if (row.status === 'finished' || row.status === 'cancelled' || row.status === 'archived') continue
    const { audience } = (await getRevision(tx, row.revisionId ?? 0)).definition
    if ([...audience.lists, ...(audience.exclude ?? [])].includes(list.name))
      throw new AppError(
        'list.in_use',
        `the list "${list.name}" belongs to the audience of campaign "${row.name}" (${row.status})`,
        {
          hint: 'Archive or edit that campaign first.',
        },
      )
  }
}
