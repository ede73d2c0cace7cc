// /limits: quiet hours and frequency caps that hold for every marketing campaign.
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { capRuleSchema } from '../../domain/frequency-cap.ts'
import { type Limits, limitsSchema } from '../../domain/limits.ts'
import { quietHoursSchema } from '../../domain/quiet-hours.ts'
import { removeCap, setCap, setQuietHours, showLimits, versionOfLimits } from '../../engine/service/limits.ts'
import { type ApiFacts, answers, apiRouter, jsonBody, operation } from '../api.ts'
import { seenBy, tag } from '../condition.ts'

// Made before the method `openapi` exists: a clone has it.
const limitsView = limitsSchema.clone().openapi('Limits')
const quietHoursBody = quietHoursSchema.clone().openapi('QuietHours')
const { id: capId, ...capFields } = capRuleSchema.shape
// Without the defaults: what is left out of a change stays as it is.
const capBody = z
  .strictObject({
    isEnabled: capFields.isEnabled.unwrap(),
    scope: capFields.scope.unwrap(),
    max: capFields.max,
    window: capFields.window,
    weekStart: capFields.weekStart.unwrap(),
    onCap: capFields.onCap.unwrap(),
    countFailed: capFields.countFailed.unwrap(),
  })
  .partial()
  .openapi('CapChange')
const byCap = z.object({ cap: capId.clone().openapi({ description: 'short name of the rule', example: 'daily' }) })

const tags = ['Limits']

export function limitRoutes({ ctx }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('read', {
        operationId: 'getLimits',
        'x-conditional': true,
        method: 'get',
        path: '/limits',
        tags,
        summary: 'Quiet hours and caps',
        responses: { 200: answers(limitsView, 'what holds now') },
      }),
      async (c) => c.json(taggedLimits(c, await showLimits(ctx)), 200),
    )
    .openapi(
      operation('administer', {
        operationId: 'setQuietHours',
        'x-conditional': true,
        method: 'put',
        path: '/limits/quiet-hours',
        tags,
        summary: 'Set quiet hours',
        description: 'In the time of each recipient. What the old hours had deferred is looked at again at once.',
        request: { body: jsonBody(quietHoursBody) },
        responses: { 200: answers(limitsView, 'what holds now') },
      }),
      async (c) => c.json(taggedLimits(c, await setQuietHours(ctx, c.req.valid('json'), seenBy(c))), 200),
    )
    .openapi(
      operation('administer', {
        operationId: 'deleteQuietHours',
        'x-conditional': true,
        method: 'delete',
        path: '/limits/quiet-hours',
        tags,
        summary: 'Switch quiet hours off',
        responses: { 200: answers(limitsView, 'what holds now') },
      }),
      async (c) => c.json(taggedLimits(c, await setQuietHours(ctx, null, seenBy(c))), 200),
    )
    .openapi(
      operation('administer', {
        operationId: 'setCap',
        'x-conditional': true,
        method: 'put',
        path: '/limits/caps/{cap}',
        tags,
        summary: 'Add a frequency cap, or change one',
        description: 'What is left out keeps its value; a new one needs `max` and `window`.',
        request: { params: byCap, body: jsonBody(capBody) },
        responses: { 200: answers(limitsView, 'what holds now') },
      }),
      async (c) => {
        const given = Object.entries(c.req.valid('json')).filter(([, value]) => value !== undefined)
        const change = { id: c.req.valid('param').cap, ...Object.fromEntries(given) }
        return c.json(taggedLimits(c, await setCap(ctx, change, seenBy(c))), 200)
      },
    )
    .openapi(
      operation('administer', {
        operationId: 'deleteCap',
        'x-conditional': true,
        method: 'delete',
        path: '/limits/caps/{cap}',
        tags,
        summary: 'Remove a frequency cap',
        request: { params: byCap },
        responses: { 200: answers(limitsView, 'what holds now') },
      }),
      async (c) => c.json(taggedLimits(c, await removeCap(ctx, c.req.valid('param').cap, seenBy(c))), 200),
    )
}

/** The whole of the limits is one object: a cap has no version of its own. */
function taggedLimits(c: HonoContext, limits: Limits): Limits {
  tag(c, versionOfLimits(limits))
  return limits
}
