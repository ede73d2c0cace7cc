// /unknown: messages that were handed over without an answer, and what an operator knows about them.
import { z } from '@hono/zod-openapi'
import { messageStatuses } from '../../domain/message-status.ts'
import { resolveUnknown, showUnknown } from '../../engine/report/unknown.ts'
import { type ApiFacts, answers, apiRouter, jsonBody, operation } from '../api.ts'
import { page, pageOf, pageQuery, readCursor } from '../paging.ts'

const unknownView = z
  .object({
    id: z.string().openapi({ example: 'msg_1' }),
    campaign: z.string(),
    phone: z.string(),
    reason: z.string(),
    detail: z.string().nullable(),
    trackingId: z.string().nullable(),
    since: z.iso.datetime(),
  })
  .openapi('UnknownMessage')

const resolution = z.strictObject({
  as: z
    .enum(['accepted', 'failed', 'resend'])
    .openapi({ description: 'resend: the provider has it not, send it again; the person may get it twice' }),
})

const tags = ['Reports']

export function unknownRoutes({ ctx }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('read', {
        operationId: 'listUnknown',
        method: 'get',
        path: '/unknown',
        tags,
        summary: 'Messages whose outcome nobody knows, oldest first',
        request: {
          query: z.object({
            ...pageQuery,
            campaign: z.string().min(1).max(200).optional().openapi({ description: 'only of this one: name or id' }),
          }),
        },
        responses: { 200: answers(pageOf(unknownView), 'a page of messages') },
      }),
      async (c) => {
        const { limit, cursor, campaign } = c.req.valid('query')
        const list = `unknown:${campaign ?? ''}`
        const found = await showUnknown(ctx, campaign, { afterId: readCursor(cursor, list), limit: limit + 1 })
        return c.json(
          page(found, limit, list, ({ id }) => id),
          200,
        )
      },
    )
    .openapi(
      operation('send', {
        operationId: 'resolveUnknown',
        method: 'post',
        path: '/unknown/{message}/resolve',
        tags,
        summary: 'Settle one message by your own knowledge',
        request: {
          params: z.object({ message: z.string().min(1).max(40).openapi({ example: 'msg_1' }) }),
          body: jsonBody(resolution),
        },
        responses: { 200: answers(z.object({ id: z.string(), status: z.enum(messageStatuses) }), 'what it is now') },
      }),
      async (c) => {
        const { id, status } = await resolveUnknown(ctx, c.req.valid('param').message, c.req.valid('json').as)
        return c.json({ id, status }, 200)
      },
    )
}
