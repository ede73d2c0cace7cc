// The contacts of a list, or all of them, as people page through them, and those among them who are looked for: by +49151,
// which a number begins with, or by digits or a text that a number or a field holds. A search looks as long as a page may take,
// and says how far it came: who wants the rest asks again from there. An index of all texts would make every import several
// times as long.
import { formatId, parseId } from '../../domain/ids.ts'
import {
  type Contact,
  findContact,
  listContacts,
  searchContactSlice,
  searchKeySlice,
  searchMembersByKey,
} from '../../store/contacts.ts'
import type { ReadTx } from '../../store/database.ts'
import { checkListIsFree, getList, type List } from '../../store/lists.ts'
import { findByUserId } from '../../store/user-ids.ts'
import type { Context } from '../context.ts'
import { parseTypedNumber } from './typed-number.ts'

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

/** Contacts looked at in one read, some three milliseconds. */
const SLICE = 5_000
/** What is left of 100 ms a page. */
const SEARCH_MS = 60
/** A list with fewer members is asked member by member. */
const FEW_MEMBERS = 3_000

/** Throws AppError list.not_found, list.busy. */
export async function showListContacts(ctx: Context, idOrName: string, query: ContactsQuery): Promise<ContactsPage> {
  const list = await ctx.db.read(async (tx) => {
    const found = await getList(tx, idOrName)
    await checkListIsFree(tx, found)
    return found
  })
  const text = (query.search ?? '').trim()
  if (text === '') return pageById(ctx, list.id, query)
  const prefix = beginningOf(text)
  return prefix === undefined
    ? searchText(ctx, list.id, { ...query, text })
    : searchNumber(ctx, list, { ...query, prefix })
}

/** Everybody, or those of them who are looked for. */
export async function showContacts(ctx: Context, query: ContactsQuery): Promise<ContactsPage> {
  const text = (query.search ?? '').trim()
  return text === '' ? pageById(ctx, undefined, query) : searchText(ctx, undefined, { ...query, text })
}

/** Who is named as a whole: by number, id, or the id by which a provider knows them. Undefined for anything else. */
export async function findNamed(ctx: Context, text: string): Promise<string | undefined> {
  const wanted = text.trim()
  if (wanted === '') return undefined
  const key = wanted.startsWith('con_') ? wanted : parseTypedNumber(ctx, wanted, { isExisting: true }).phone?.key
  return ctx.db.read(async (tx) => {
    const byNumber = key === undefined ? undefined : await findContact(tx, key)
    const byUserId = byNumber === undefined ? await findByUserId(tx, wanted, '') : undefined
    const found =
      byNumber ?? (byUserId === undefined ? undefined : await findContact(tx, formatId('contact', byUserId)))
    return found === undefined || found.erasedAt !== null ? undefined : formatId('contact', found.id)
  })
}

/** The digits behind a +: what numbers begin with. */
function beginningOf(text: string): string | undefined {
  return /^\+[\d\s().-]+$/.test(text) ? text.replace(/\D/g, '') : undefined
}

/** Digits that a number may hold, as it is dialled at home too; shorter ones are part of too many. */
function digitsIn(text: string): string {
  const digits = /^\+?[\d\s()./-]+$/.test(text) ? text.replace(/\D/g, '').replace(/^0+/, '') : ''
  return digits.length < 3 ? '' : digits
}

function viewOf({ id, phone, zone, consent, attributes }: Contact): ListedContact {
  return { id: formatId('contact', id), phone, zone, consent, attributes }
}

async function pageById(
  ctx: Context,
  listId: number | undefined,
  { limit, after }: ContactsQuery,
): Promise<ContactsPage> {
  const from = after === undefined ? 0 : parseId('contact', after)
  const found = await ctx.db.read((tx) =>
    listContacts(tx, { ...(listId !== undefined && { listId }), after: from, limit: limit + 1 }),
  )
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(viewOf),
    next: found.length > limit && last !== undefined ? formatId('contact', last.id) : null,
    isCut: false,
  }
}

/** Slices of a list in the order of K, and who of them is wanted. */
interface Search<K> {
  limit: number
  from: K
  read(tx: ReadTx, after: K): Promise<{ contacts: Contact[]; through: K } | undefined>
  isWanted(contact: Contact): boolean
  keyOf(contact: Contact): K
  cursorOf(key: K): string
}

async function searchNumber(ctx: Context, list: List, query: ContactsQuery & { prefix: string }) {
  const { limit, after = '', prefix } = query
  const { id: listId, members } = list
  if (members < FEW_MEMBERS) return searchFew(ctx, list, { limit, after, prefix })
  return search<string>(ctx, {
    limit,
    from: after,
    read: (tx, from) => searchKeySlice(tx, { listId, prefix, after: from, limit: SLICE }),
    isWanted: () => true,
    keyOf: ({ key }) => key,
    cursorOf: (key) => key,
  })
}

/** Among a million people with the same calling code those of a short list are few: it is asked member by member. */
async function searchFew(
  ctx: Context,
  { id: listId }: List,
  { limit, after, prefix }: { limit: number; after: string; prefix: string },
): Promise<ContactsPage> {
  const search = { listId, prefix, after, limit: limit + 1 }
  const found = await ctx.db.read((tx) => searchMembersByKey(tx, search))
  const shown = found.slice(0, limit)
  const next = found.length > limit ? (shown.at(-1)?.key ?? null) : null
  return { items: shown.map(viewOf), next, isCut: false }
}

function searchText(ctx: Context, listId: number | undefined, query: ContactsQuery & { text: string }) {
  const { limit, after, text } = query
  const wanted = folded(text)
  const pattern = patternOf(text)
  const digits = digitsIn(text)
  return search<number>(ctx, {
    limit,
    from: after === undefined ? 0 : parseId('contact', after),
    read: (tx, from) => searchContactSlice(tx, { listId, after: from, limit: SLICE, pattern, digits }),
    isWanted: ({ key, attributes }) =>
      (digits !== '' && key.includes(digits)) ||
      Object.values(attributes).some((value) => folded(value).includes(wanted)),
    keyOf: ({ id }) => id,
    cursorOf: (id) => formatId('contact', id),
  })
}

async function search<K>(ctx: Context, { limit, from, ...looking }: Search<K>): Promise<ContactsPage> {
  const until = ctx.clock.monotonic() + SEARCH_MS
  const items: ListedContact[] = []
  for (let after = from; ; ) {
    const slice = await ctx.db.read((tx) => looking.read(tx, after))
    if (slice === undefined) return { items, next: null, isCut: false }
    for (const contact of slice.contacts) {
      if (!looking.isWanted(contact)) continue
      items.push(viewOf(contact))
      if (items.length === limit) return { items, next: looking.cursorOf(looking.keyOf(contact)), isCut: false }
    }
    after = slice.through
    if (ctx.clock.monotonic() > until) return { items, next: looking.cursorOf(after), isCut: true }
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
