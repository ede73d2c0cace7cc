// The contacts of a list as people page through them, and those among them whom somebody looks for: by the digits that
// a number begins with, or by a text in their fields. A search looks for two seconds at most and says how far it came.
import { formatId, parseId } from '../domain/ids.ts'
import { type Contact, listContacts, listContactsByKey, searchContactSlice } from '../store/contacts.ts'
import { checkListIsFree, getList, type List } from '../store/lists.ts'
import type { Context } from './context.ts'

export interface ListedContact {
  id: string
  phone: string
  zone: string | null
  consent: 'granted' | 'denied' | null
  attributes: Record<string, string>
}

export interface ContactsPage {
  items: ListedContact[]
  /** Where the next page begins; null behind the last contact. */
  next: string | null
  /** True when a search stopped for its time and not for its page: more may be found behind `next`. */
  isCut: boolean
}

export interface ContactsQuery {
  limit: number
  /** `next` of the page before. */
  after?: string | undefined
  search?: string | undefined
}

/** Contacts looked at in one read. */
const SLICE = 2_000
const SEARCH_MS = 2_000

/** Throws AppError list.not_found, list.busy. */
export async function showListContacts(ctx: Context, idOrName: string, query: ContactsQuery): Promise<ContactsPage> {
  const list = await ctx.db.read(async (tx) => {
    const found = await getList(tx, idOrName)
    await checkListIsFree(tx, found)
    return found
  })
  const search = (query.search ?? '').trim()
  if (search === '') return pageById(ctx, list, query)
  const digits = /^\+?[\d\s().-]+$/.test(search) ? search.replace(/\D/g, '') : ''
  return digits === '' ? searchText(ctx, list, { ...query, search }) : pageByNumber(ctx, list, { ...query, digits })
}

function viewOf({ id, phone, zone, consent, attributes }: Contact): ListedContact {
  return { id: formatId('contact', id), phone, zone, consent, attributes }
}

async function pageById(ctx: Context, { id: listId }: List, { limit, after }: ContactsQuery): Promise<ContactsPage> {
  const from = after === undefined ? 0 : parseId('contact', after)
  const found = await ctx.db.read((tx) => listContacts(tx, { listId, after: from, limit: limit + 1 }))
  return pageOf(found, limit, ({ id }) => formatId('contact', id))
}

async function pageByNumber(
  ctx: Context,
  { id: listId }: List,
  { limit, after = '', digits }: ContactsQuery & { digits: string },
): Promise<ContactsPage> {
  const range = { listId, prefix: digits, afterKey: after, limit: limit + 1 }
  const found = await ctx.db.read((tx) => listContactsByKey(tx, range))
  return pageOf(found, limit, ({ key }) => key)
}

function pageOf(found: Contact[], limit: number, keyOf: (contact: Contact) => string): ContactsPage {
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(viewOf),
    next: found.length > limit && last !== undefined ? keyOf(last) : null,
    isCut: false,
  }
}

async function searchText(
  ctx: Context,
  { id: listId }: List,
  { limit, after, search }: ContactsQuery & { search: string },
): Promise<ContactsPage> {
  const wanted = folded(search)
  const pattern = patternOf(search)
  const until = ctx.clock.monotonic() + SEARCH_MS
  const items: ListedContact[] = []
  for (let from = after === undefined ? 0 : parseId('contact', after); ; ) {
    const slice = await ctx.db.read((tx) => searchContactSlice(tx, { listId, after: from, limit: SLICE, pattern }))
    if (slice === undefined) return { items, next: null, isCut: false }
    for (const contact of slice.contacts) {
      if (!Object.values(contact.attributes).some((value) => folded(value).includes(wanted))) continue
      items.push(viewOf(contact))
      if (items.length === limit) return { items, next: formatId('contact', contact.id), isCut: false }
    }
    from = slice.through
    if (ctx.clock.monotonic() > until) return { items, next: formatId('contact', from), isCut: true }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function folded(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

/** What the database can tell apart: it folds ASCII letters only, and escapes some characters in JSON. */
function patternOf(search: string): string {
  const parts = search.toLowerCase().split(/[^a-z0-9 _%!.,@-]+/)
  return `%${parts.map((part) => part.replace(/[!%_]/g, '!$&')).join('%')}%`
}
