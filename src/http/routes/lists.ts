// /lists: named sets of contacts.
import { z } from '@hono/zod-openapi'
import { deleteList, showList, showLists } from '../../engine/lists.ts'
import { type ApiFacts, answers, apiRouter, operation } from '../api.ts'
import { page, pageOf, pageQuery, readCursor } from '../paging.ts'

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

const byName = z.object({ list: z.string().min(1).max(100).openapi({ description: 'name or id' }) })

const tags = ['Lists']

export function listRoutes({ ctx }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('read', {
        method: 'get',
        path: '/lists',
        tags,
        summary: 'All lists',
        request: { query: z.object(pageQuery) },
        responses: { 200: answers(pageOf(listSchema), 'lists by name') },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid('query')
        const after = readCursor(cursor, 'lists')
        const all = (await showLists(ctx)).sort((a, b) => (a.name < b.name ? -1 : 1))
        const rest = all.filter(({ name }) => after === undefined || name > after)
        return c.json(
          page(rest, limit, 'lists', ({ name }) => name),
          200,
        )
      },
    )
    .openapi(
      operation('read', {
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
      operation('edit', {
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
