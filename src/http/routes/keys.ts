// /keys: what programs call this API with. A key is in the answer that made it and nowhere else.
import { z } from '@hono/zod-openapi'
import { rights } from '../../domain/access.ts'
import { addKey, keyNameSchema, pageKeys, revokeKeyById } from '../../engine/accounts/keys.ts'
import { type ApiFacts, answers, apiRouter, jsonBody, operation } from '../api.ts'
import { page, pageOf, pageQuery, readCursor } from '../paging.ts'

const keyView = z
  .object({
    id: z.string().openapi({ example: 'key_1' }),
    name: z.string(),
    user: z.string(),
    prefix: z.string().openapi({ description: 'the first characters, to recognise it by' }),
    rights: z.array(z.enum(rights)),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso.datetime().nullable(),
    status: z.enum(['active', 'expired', 'revoked']),
  })
  .openapi('Key')

const newKey = keyView
  .extend({
    key: z.string().nullable().openapi({ description: 'the key; null when this answer is replayed' }),
    understood: z.string().nullable().openapi({ description: 'the end as written, with the instant that it is' }),
  })
  .openapi('NewKey')

const tags = ['Keys']

export function keyRoutes({ ctx }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('administer', {
        operationId: 'listKeys',
        method: 'get',
        path: '/keys',
        tags,
        summary: 'All keys, newest first',
        request: { query: z.object(pageQuery) },
        responses: { 200: answers(pageOf(keyView), 'a page of keys') },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid('query')
        const found = await pageKeys(ctx, { before: readCursor(cursor, 'keys'), limit: limit + 1 })
        return c.json(
          page(found, limit, 'keys', ({ id }) => id),
          200,
        )
      },
    )
    .openapi(
      operation('administer', {
        operationId: 'addKey',
        method: 'post',
        path: '/keys',
        tags,
        summary: 'Make a key; it is shown once',
        description:
          'It can do no more than its user. Sent again under the same Idempotency-Key, the answer lacks the key.',
        request: {
          body: jsonBody(
            z
              .strictObject({
                name: keyNameSchema,
                user: z.string().min(1).max(100).openapi({ description: 'whose it is' }),
                rights: z.array(z.enum(rights)).min(1).max(rights.length).optional(),
                expiresAt: z.string().max(64).nullable().optional().openapi({
                  description: 'an instant, or a day: it works through the end of it in the zone of the installation',
                  example: '2027-01-31',
                }),
              })
              .openapi('KeyRequest'),
          ),
        },
        responses: { 201: answers(newKey, 'the key') },
      }),
      async (c) => {
        const { name, user, rights: asked, expiresAt } = c.req.valid('json')
        const made = await addKey(ctx, {
          name,
          user,
          ...(asked !== undefined && { rights: asked }),
          ...(expiresAt != null && { expiresAt }),
        })
        return c.json(made, 201)
      },
    )
    .openapi(
      operation('administer', {
        operationId: 'revokeKey',
        method: 'delete',
        path: '/keys/{key}',
        tags,
        summary: 'End a key at once, in every process',
        request: {
          params: z.object({ key: z.string().min(1).max(40).openapi({ description: 'id', example: 'key_1' }) }),
        },
        responses: { 200: answers(keyView, 'the key') },
      }),
      async (c) => c.json(await revokeKeyById(ctx, c.req.valid('param').key), 200),
    )
}
