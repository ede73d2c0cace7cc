// /replies: what people wrote and tapped, and what a person decides about it; /reply-rules: what is made of words.
import { z } from '@hono/zod-openapi'
import { replyReadings } from '../../domain/opt-out.ts'
import { replyKinds, replyRulesSchema, settlements } from '../../domain/reply.ts'
import { requireRight } from '../../engine/accounts/guard.ts'
import { placeOf, showReplies } from '../../engine/replies/replies.ts'
import { setReplyRules, showReplyRules, versionOfReplyRules } from '../../engine/replies/reply-rules.ts'
import { settleByOperator } from '../../engine/replies/settle-reply.ts'
import { type ApiFacts, answers, apiRouter, jsonBody, operation } from '../api.ts'
import { seenBy, tag } from '../condition.ts'
import { page, pageOf, pageQuery, readCursor } from '../paging.ts'

const instant = z.iso.datetime()

export const replyView = z
  .object({
    id: z.string().openapi({ example: 'rep_1' }),
    contactId: z.string().nullable().openapi({ description: 'null while nobody knows whose it is' }),
    phone: z.string().nullable(),
    userId: z.string().nullable().openapi({ description: 'of a person whose number the provider does not tell' }),
    sender: z.string(),
    at: instant,
    kind: z.enum(replyKinds),
    text: z.string().openapi({ description: 'what was written, or the label of the button' }),
    payload: z.string().nullable().openapi({ description: 'what the button carried' }),
    reading: z.enum(replyReadings),
    isOpen: z.boolean().openapi({ description: 'it waits to be settled' }),
    settledAs: z.enum(settlements).nullable(),
    settledBy: z.string().nullable(),
    settledAt: instant.nullable(),
  })
  .openapi('Reply')

// Made before the method `openapi` exists: a clone has it.
const rulesView = replyRulesSchema.clone().openapi('ReplyRules')
const rulesChange = replyRulesSchema.partial().openapi('ReplyRulesChange')

const settlement = z.strictObject({
  as: z.enum(settlements).openapi({
    description: 'opt_out stops marketing to the person and what waits for them; not_opt_out does nothing',
  }),
  phone: z.string().trim().min(1).max(100).optional().openapi({ description: 'whose it is, where nobody knows' }),
})

const tags = ['Replies']

export function replyRoutes({ ctx }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('read', {
        operationId: 'listReplies',
        method: 'get',
        path: '/replies',
        tags,
        summary: 'What people wrote and tapped',
        request: {
          query: z.object({
            ...pageQuery,
            isOpen: z
              .enum(['true', 'false'])
              .optional()
              .openapi({ description: 'only what waits to be settled, or only the rest' }),
            reading: z.enum(replyReadings).optional(),
            phone: z.string().min(1).max(100).optional().openapi({ description: 'only of this number' }),
          }),
        },
        responses: { 200: answers(pageOf(replyView), 'what waits to be settled first, then the newest') },
      }),
      async (c) => {
        const { limit, cursor, isOpen, ...filter } = c.req.valid('query')
        const within = JSON.stringify(['replies', isOpen, filter])
        const query = { ...filter, ...(isOpen !== undefined && { isOpen: isOpen === 'true' }) }
        const found = await showReplies(ctx, { ...query, limit: limit + 1, after: readCursor(cursor, within) })
        return c.json(page(found, limit, within, placeOf), 200)
      },
    )
    .openapi(
      operation('edit', {
        operationId: 'settleReply',
        method: 'post',
        path: '/replies/{reply}/settle',
        tags,
        summary: 'Say what a reply means',
        request: {
          params: z.object({ reply: z.string().min(1).max(40).openapi({ example: 'rep_1' }) }),
          body: jsonBody(settlement),
        },
        responses: {
          200: answers(replyView.extend({ stopped: z.int() }).openapi('SettledReply'), '`stopped` counts messages'),
        },
      }),
      async (c) => {
        const { name } = requireRight(c.get('principal'), 'edit')
        const { as, phone } = c.req.valid('json')
        const request = { as, by: name, phone }
        return c.json(await settleByOperator(ctx, c.req.valid('param').reply, request), 200)
      },
    )
    .openapi(
      operation('read', {
        operationId: 'getReplyRules',
        'x-conditional': true,
        method: 'get',
        path: '/reply-rules',
        tags,
        summary: 'Own opt-out words, and what START does',
        responses: { 200: answers(rulesView, 'what holds now') },
      }),
      async (c) => {
        const rules = await showReplyRules(ctx)
        tag(c, versionOfReplyRules(rules))
        return c.json(rules, 200)
      },
    )
    .openapi(
      operation('administer', {
        operationId: 'setReplyRules',
        'x-conditional': true,
        method: 'patch',
        path: '/reply-rules',
        tags,
        summary: 'Change them',
        description: 'What is left out stays as it is. It holds for what comes from here on.',
        request: { body: jsonBody(rulesChange) },
        responses: { 200: answers(rulesView, 'what holds now') },
      }),
      async (c) => {
        const given = Object.entries(c.req.valid('json')).filter(([, value]) => value !== undefined)
        const rules = await setReplyRules(ctx, Object.fromEntries(given), seenBy(c))
        tag(c, versionOfReplyRules(rules))
        return c.json(rules, 200)
      },
    )
}
