// /unknown: messages that were handed over without an answer, and what an operator knows about them.
import { z } from '@hono/zod-openapi'
import { messageStatuses } from '../../domain/message-status.ts'
import { resolveUnknown, showUnknown } from '../../engine/report/unknown.ts'
import { resolveManyUnknown, showManyUnknown } from '../../engine/report/unknown-many.ts'
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

const choice = {
  campaign: z.string().min(1).max(200).optional().openapi({ description: 'only of this one: name or id' }),
  run: z.string().min(1).max(40).optional().openapi({ example: 'run_1' }),
  sender: z.string().min(1).max(200).optional().openapi({ description: 'only of this one: name or id' }),
  reason: z.string().min(1).max(100).optional().openapi({ example: 'restored' }),
}

const manyView = z
  .object({
    count: z.int(),
    groups: z.array(
      z.object({ campaign: z.string(), reason: z.string(), count: z.int(), ended: z.int(), expired: z.int() }),
    ),
    canBeResent: z.int().openapi({ description: 'not of an ended campaign, and still valid' }),
  })
  .openapi('UnknownMessages')

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
            campaign: choice.campaign,
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
    .openapi(
      operation('read', {
        operationId: 'countUnknown',
        method: 'get',
        path: '/unknown/summary',
        tags,
        summary: 'How many messages are unknown, by campaign and reason',
        request: { query: z.object(choice) },
        responses: { 200: answers(manyView, 'what would be settled') },
      }),
      async (c) => c.json(await showManyUnknown(ctx, c.req.valid('query')), 200),
    )
    .openapi(
      operation('send', {
        operationId: 'resolveManyUnknown',
        method: 'post',
        path: '/unknown/resolve',
        tags,
        summary: 'Settle many messages at once by your own knowledge',
        request: {
          body: jsonBody(
            resolution.extend({
              ...choice,
              count: z
                .int()
                .min(1)
                .openapi({ description: 'how many you saw: with another number nothing is settled' }),
            }),
          ),
        },
        responses: {
          200: answers(
            z.object({ settled: z.int(), ended: z.int() }),
            'how many are settled, and stay for an ended campaign',
          ),
        },
      }),
      async (c) => {
        const { as, count, ...many } = c.req.valid('json')
        const { settled, ended } = await resolveManyUnknown(ctx, many, { as, count })
        return c.json({ settled, ended }, 200)
      },
    )
}
