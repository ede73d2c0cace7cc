// /templates: what the provider approved for a sender's account, as it told us.
import { z } from '@hono/zod-openapi'
import { type FilledTemplate, type TemplateShape, type TemplateText, templateStatuses } from '../../domain/template.ts'
import { pageTemplates } from '../../engine/senders/template-list.ts'
import { createTemplate, removeTemplate, syncTemplates } from '../../engine/senders/templates.ts'
import { type ApiFacts, answers, apiRouter, jsonBody, operation, orNull } from '../api.ts'
import { page, pageOf, pageQuery, readCursor } from '../paging.ts'
import { bySender } from './senders.ts'

const headerTypes = z.enum(['text', 'image', 'video', 'document', 'location'])

const shapeView: z.ZodType<TemplateShape> = z
  .object({
    header: z.object({ type: headerTypes, values: z.array(z.string()) }).nullable(),
    body: z.array(z.string()),
    isNamed: z.boolean(),
    buttons: z.array(
      z.object({ index: z.int(), type: z.enum(['url', 'quickReply', 'copyCode', 'other']), takesValue: z.boolean() }),
    ),
    get cards() {
      return z.array(shapeView)
    },
  })
  .openapi('TemplateShape')

const buttonText = { index: z.int(), title: z.string(), url: z.string().nullable() }
const readParts = {
  header: z
    .object({ type: headerTypes, text: z.string().nullable() })
    .nullable()
    .openapi({ description: 'a text, or the address of a file' }),
  body: z.string().nullable().openapi({ description: "null for a text of WhatsApp's own, as for one-time codes" }),
  footer: z.string().nullable(),
}

const textView: z.ZodType<TemplateText> = z
  .object({
    ...readParts,
    buttons: z.array(z.object(buttonText)),
    get cards() {
      return z.array(textView)
    },
  })
  .openapi('TemplateText')

/** A template as one person reads it. */
export const filledView: z.ZodType<FilledTemplate> = z
  .object({
    ...readParts,
    buttons: z.array(z.object({ ...buttonText, code: z.string().nullable() })),
    get cards() {
      return z.array(filledView)
    },
  })
  .openapi('FilledTemplate')

const templateView = z
  .object({
    sender: z.string(),
    name: z.string(),
    title: z.string(),
    language: z.string(),
    status: z.enum(templateStatuses),
    statusDetail: z.string().openapi({ description: "the provider's word and its reason" }),
    category: z.string().nullable(),
    namespace: z.string().nullable(),
    quality: z.string().nullable(),
    shape: orNull(shapeView).openapi({ description: 'the places that take values; null where nobody tells' }),
    text: orNull(textView).openapi({ description: 'what people read, with its places; null where nobody tells' }),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Template')

const syncView = z
  .object({
    sender: z.string(),
    templates: z.int(),
    added: z.int(),
    changed: z.int(),
    removed: z.int(),
    syncedAt: z.iso.datetime(),
  })
  .openapi('TemplateSync')

const tags = ['Templates']

export function templateRoutes({ ctx, providers }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('read', {
        operationId: 'listTemplates',
        method: 'get',
        path: '/templates',
        tags,
        summary: 'Templates as of the last sync',
        request: {
          query: z.object({ ...pageQuery, sender: z.string().min(1).max(200).optional() }),
        },
        responses: { 200: answers(pageOf(templateView), 'a page of templates, by sender, name and language') },
      }),
      async (c) => {
        const { limit, cursor, sender } = c.req.valid('query')
        const list = `templates:${sender ?? ''}`
        const found = await pageTemplates(ctx, { sender, after: readCursor(cursor, list), limit: limit + 1 })
        const { items, nextCursor } = page(found, limit, list, ({ place }) => place)
        return c.json({ items: items.map(({ place: _, ...template }) => template), nextCursor }, 200)
      },
    )
    .openapi(
      operation('edit', {
        operationId: 'syncSenderTemplates',
        method: 'post',
        path: '/senders/{sender}/templates/sync',
        tags,
        summary: 'Ask the provider for the templates of a sender',
        request: { params: bySender },
        responses: { 200: answers(z.array(syncView), 'what changed') },
      }),
      async (c) => {
        const { sender } = c.req.valid('param')
        const synced = await providers.ask(c.get('principal'), (connections) => syncTemplates(ctx, connections, sender))
        return c.json(synced, 200)
      },
    )
    .openapi(
      operation('edit', {
        operationId: 'syncTemplates',
        method: 'post',
        path: '/templates/sync',
        tags,
        summary: 'Ask all providers that can tell for their templates',
        responses: { 200: answers(z.array(syncView), 'what changed, by sender') },
      }),
      async (c) =>
        c.json(await providers.ask(c.get('principal'), (connections) => syncTemplates(ctx, connections)), 200),
    )
    .openapi(
      operation('administer', {
        operationId: 'addTemplate',
        method: 'post',
        path: '/senders/{sender}/templates',
        tags,
        summary: 'Submit a template for approval',
        description: "The body is the provider's own definition of a template.",
        request: {
          params: bySender,
          body: jsonBody(z.record(z.string(), z.unknown()).openapi('ProviderTemplateDefinition')),
        },
        responses: {
          201: answers(z.object({ sender: z.string(), name: z.string(), status: z.string() }), 'what was submitted'),
        },
      }),
      async (c) => {
        const [{ sender }, definition] = [c.req.valid('param'), c.req.valid('json')]
        const created = await providers.ask(c.get('principal'), (connections) =>
          createTemplate(ctx, connections, { sender, definition }),
        )
        return c.json(created, 201)
      },
    )
    .openapi(
      operation('administer', {
        operationId: 'deleteTemplate',
        method: 'delete',
        path: '/senders/{sender}/templates/{template}',
        tags,
        summary: 'Delete every language of a template at the provider',
        request: { params: bySender.extend({ template: z.string().min(1).max(512) }) },
        responses: { 200: answers(z.object({ sender: z.string(), name: z.string() }), 'what was deleted') },
      }),
      async (c) => {
        const { sender, template: name } = c.req.valid('param')
        const removed = await providers.ask(c.get('principal'), (connections) =>
          removeTemplate(ctx, connections, { sender, name }),
        )
        return c.json(removed, 200)
      },
    )
}
