// What a definition would do before it is saved: how many people, what they would read, when it fires. Changes nothing.
import { z } from '@hono/zod-openapi'
import { audienceSchema } from '../../domain/audience.ts'
import { contentSchema } from '../../domain/content.ts'
import { skipReasons } from '../../domain/message-rules.ts'
import { scheduleSchema } from '../../domain/schedule.ts'
import { useCases } from '../../domain/suppression.ts'
import { countAudience, readAudience } from '../../engine/campaigns/audience-count.ts'
import { previewContent, readContent } from '../../engine/campaigns/content-preview.ts'
import { FIRINGS_DEFAULT, previewSchedule } from '../../engine/campaigns/schedule-preview.ts'
import { type ApiFacts, answers, apiRouter, jsonBody, operation, orNull } from '../api.ts'
import { zoneDataView } from '../zone-data-view.ts'
import { filledView } from './templates.ts'

const audience = audienceSchema.clone().openapi('Audience')
const content = contentSchema.clone().openapi('Content')
const schedule = scheduleSchema.clone().openapi('Schedule')

const countBody = z.strictObject({
  audience,
  useCase: z.enum(useCases).optional(),
  sender: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .openapi({ description: 'name or id: people who wrote to this sender within 24 hours are counted too' }),
})
const contentBody = z.strictObject({
  audience,
  content,
  sender: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .openapi({ description: 'name or id: a template is shown as this sender knows it' }),
  useCase: z.enum(useCases).optional(),
  after: z.string().max(40).optional().openapi({ description: 'id of a contact: the next person after this one' }),
  before: z.string().max(40).optional().openapi({ description: 'id of a contact: the person before this one' }),
})
const scheduleBody = z.strictObject({
  schedule,
  count: z.int().min(1).max(1000).default(FIRINGS_DEFAULT),
  from: z.string().max(64).optional().openapi({ description: 'from this time or day on instead of after now' }),
})

const countView = z.object({
  people: z.int(),
  suppressed: z.int().openapi({ description: 'those among them whom a suppression would stop' }),
  inSession: z
    .int()
    .nullable()
    .openapi({ description: 'those among them who wrote to the sender within 24 hours; null without a sender' }),
  leftOut: z
    .array(z.object({ field: z.string(), kind: z.enum(['date', 'number']), people: z.int(), example: z.string() }))
    .openapi({
      description: 'people of the lists whom a comparison leaves out: what they have is no date, or no number',
    }),
  fields: z.array(z.string()).openapi({ description: 'attributes that texts and filters may name' }),
})

const previewView = z.object({
  person: z
    .object({ id: z.string(), phone: z.string(), variables: z.record(z.string(), z.string()) })
    .nullable()
    .openapi({ description: 'null when nobody comes there' }),
  content: orNull(content),
  template: orNull(filledView).openapi({ description: 'as the person reads it; null where its text is not known' }),
  problem: z.object({ code: z.string(), detail: z.string() }).nullable(),
  warnings: z.array(z.string()).openapi({ description: 'what would not work for this person, although it is sent' }),
  leftOutBy: z
    .enum(skipReasons)
    .nullable()
    .openapi({ description: 'why this person gets nothing, whatever the content' }),
})

const scheduleView = z.object({
  occurrences: z.array(z.object({ at: z.iso.datetime(), local: z.string(), note: z.string().nullable() })),
  timeZone: z.string(),
  isRecipientLocal: z.boolean(),
  overlap: z.object({ policy: z.enum(['skip', 'queue', 'allow']), judgedBy: z.enum(['run', 'person']) }).nullable(),
  warnings: z.array(z.string()),
  understood: z.array(z.string()).openapi({ description: 'times as written, with the instants that they are' }),
  problem: z
    .object({ code: z.string(), detail: z.string() })
    .nullable()
    .openapi({ description: 'why a launch now would be refused: its time is past, or too far ahead' }),
  zoneData: zoneDataView,
})

const tags = ['Previews']

/** A part of a body that did not fit; the engine says with its own codes what is wrong with it. */
function partOf(body: unknown, key: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[key] : {}
}

export function draftRoutes(facts: ApiFacts) {
  return apiRouter()
    .route('/', audienceRoutes(facts))
    .route('/', contentRoutes(facts))
    .route('/', scheduleRoutes(facts))
}

function audienceRoutes({ ctx }: ApiFacts) {
  return apiRouter((body) => readAudience(partOf(body, 'audience'))).openapi(
    operation('read', {
      operationId: 'previewAudience',
      method: 'post',
      path: '/previews/audience',
      tags,
      summary: 'How many people an audience has now',
      request: { body: jsonBody(countBody) },
      responses: { 200: answers(countView, 'the number') },
    }),
    async (c) => {
      const { audience: asked, ...options } = c.req.valid('json')
      return c.json(await countAudience(ctx, asked, options), 200)
    },
  )
}

function contentRoutes({ ctx }: ApiFacts) {
  const explain = (body: unknown) => {
    readAudience(partOf(body, 'audience'))
    readContent(partOf(body, 'content'))
  }
  return apiRouter(explain).openapi(
    operation('read', {
      operationId: 'previewContent',
      method: 'post',
      path: '/previews/content',
      tags,
      summary: 'What one real person of an audience would get',
      request: { body: jsonBody(contentBody) },
      responses: { 200: answers(previewView, 'the person and the rendered content') },
    }),
    async (c) => c.json(await previewContent(ctx, c.req.valid('json')), 200),
  )
}

function scheduleRoutes({ ctx }: ApiFacts) {
  return apiRouter((body) => previewSchedule(ctx, partOf(body, 'schedule'))).openapi(
    operation('read', {
      operationId: 'previewSchedule',
      method: 'post',
      path: '/previews/schedule',
      tags,
      summary: 'The next firings of a schedule, local and in UTC',
      request: { body: jsonBody(scheduleBody) },
      responses: { 200: answers(scheduleView, 'the firings, with notes on changing clocks') },
    }),
    async (c) => {
      const { schedule: asked, count, from } = c.req.valid('json')
      return c.json(previewSchedule(ctx, asked, { count, from }), 200)
    },
  )
}
