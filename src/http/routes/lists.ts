// /lists: named sets of contacts.
import { z } from '@hono/zod-openapi'
import { exportContacts } from '../../engine/contacts/export-contacts.ts'
import { showListContacts } from '../../engine/contacts/list-contacts.ts'
import { deleteList, pageLists, showList } from '../../engine/contacts/lists.ts'
import { type ApiFacts, answers, apiRouter, operation } from '../api.ts'
import { exportedFile, exportForm, sendTable } from '../export-download.ts'
import { page, pageOf, pageQuery, readCursor, writeCursor } from '../paging.ts'

const listSchema = z
  .object({
    id: z.string().openapi({ example: 'lst_1' }),
    name: z.string(),
    contacts: z.int(),
    fields: z.array(z.string()).openapi({ description: 'attributes that its contacts have' }),
    busy: z.boolean().openapi({ description: 'an import into it is being applied' }),
    createdAt: z.iso.datetime(),
  })
  .openapi('List')

const listedContactView = z
  .object({
    id: z.string().openapi({ example: 'con_1' }),
    phone: z.string(),
    zone: z.string().nullable(),
    consent: z.enum(['granted', 'denied']).nullable(),
    attributes: z.record(z.string(), z.string()),
  })
  .openapi('ListedContact')

const byName = z.object({ list: z.string().min(1).max(100).openapi({ description: 'name or id' }) })

const tags = ['Lists']

export function listRoutes({ ctx }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('read', {
        operationId: 'listLists',
        method: 'get',
        path: '/lists',
        tags,
        summary: 'All lists',
        request: {
          query: z.object({
            ...pageQuery,
            q: z.string().min(1).max(200).optional().openapi({ description: 'a part of the name' }),
          }),
        },
        responses: { 200: answers(pageOf(listSchema), 'lists by name') },
      }),
      async (c) => {
        const { limit, cursor, q } = c.req.valid('query')
        const within = JSON.stringify(['lists', q ?? ''])
        const found = await pageLists(ctx, { limit, after: readCursor(cursor, within), nameHolds: q })
        return c.json(
          page(found, limit, within, ({ name }) => name),
          200,
        )
      },
    )
    .openapi(
      operation('read', {
        operationId: 'getList',
        method: 'get',
        path: '/lists/{list}',
        tags,
        summary: 'One list',
        request: { params: byName },
        responses: { 200: answers(listSchema, 'the list') },
      }),
      async (c) => c.json(await showList(ctx, c.req.valid('param').list), 200),
    )
    .openapi(
      operation('read', {
        operationId: 'listContacts',
        method: 'get',
        path: '/lists/{list}/contacts',
        tags,
        summary: 'Contacts of a list',
        request: {
          params: byName,
          query: z.object({
            ...pageQuery,
            search: z.string().max(200).optional().openapi({
              description: 'the digits that a number begins with, or a text within a field',
            }),
          }),
        },
        responses: {
          200: answers(
            pageOf(listedContactView).extend({
              isCut: z.boolean().openapi({ description: 'the search ran out of time: there may be more' }),
            }),
            'contacts in the order in which they came; numbers that are looked for in theirs',
          ),
        },
      }),
      async (c) => {
        const { limit, cursor, search } = c.req.valid('query')
        const { list } = c.req.valid('param')
        const within = JSON.stringify(['contacts', list, search ?? ''])
        const query = { limit, after: readCursor(cursor, within), search }
        const { items, next, isCut } = await showListContacts(ctx, list, query)
        return c.json({ items, nextCursor: next === null ? null : writeCursor(within, next), isCut }, 200)
      },
    )
    .openapi(
      operation('export', {
        operationId: 'exportList',
        method: 'get',
        path: '/lists/{list}/export',
        tags,
        summary: 'Contacts of a list as CSV or XLSX',
        request: {
          params: byName,
          query: z.object(exportForm),
        },
        responses: { 200: exportedFile },
      }),
      async (c) => {
        const { raw, format } = c.req.valid('query')
        const isRaw = raw === 'true'
        const { list } = c.req.valid('param')
        const { name } = await showList(ctx, list)
        const exported = await exportContacts(ctx, { lists: [name] }, isRaw)
        return sendTable(c, exported, { name, format, isRaw }) as never
      },
    )
    .openapi(
      operation('edit', {
        operationId: 'deleteList',
        method: 'delete',
        path: '/lists/{list}',
        tags,
        summary: 'Delete a list; its contacts stay',
        request: { params: byName },
        responses: { 200: answers(z.object({ name: z.string(), contacts: z.int() }), 'what was deleted') },
      }),
      async (c) => c.json(await deleteList(ctx, c.req.valid('param').list), 200),
    )
}
