// /campaigns: definitions, and what an operator does with them. A body that describes a campaign is refused with the
// same codes as a file.
import { z } from '@hono/zod-openapi'
import { mayDo } from '../../domain/access.ts'
import { newCampaignSchema, parseNewCampaign } from '../../domain/campaign.ts'
import { campaignStatuses } from '../../domain/campaign-status.ts'
import { useCases } from '../../domain/suppression.ts'
import { requireRight } from '../../engine/accounts/guard.ts'
import { campaignOrders, pageWholeCampaigns } from '../../engine/campaigns/campaign-list.ts'
import { showCampaign } from '../../engine/campaigns/campaign-view.ts'
import { addCampaign, cloneCampaign, editCampaign } from '../../engine/campaigns/drafts.ts'
import { launchByOperator } from '../../engine/campaigns/launch.ts'
import {
  archiveByOperator,
  cancelByOperator,
  pauseByOperator,
  resumeByOperator,
} from '../../engine/campaigns/lifecycle.ts'
import { sendTestByService } from '../../engine/service/foreground.ts'
import { type ApiFacts, answers, apiRouter, jsonBody, operation } from '../api.ts'
import { seenBy, tagged, versionField } from '../condition.ts'
import { page, pageOf, pageQuery, readCursor } from '../paging.ts'
import { troubleViews } from '../trouble-view.ts'

const definitionSchema = newCampaignSchema.clone().openapi('CampaignDefinition')

const campaignView = z
  .object({
    id: z.string().openapi({ example: 'cmp_1' }),
    name: z.string(),
    status: z.enum(campaignStatuses),
    sender: z.string(),
    priority: z.int(),
    pauseReason: z.string().nullable(),
    pauseDetail: z.record(z.string(), z.unknown()).nullable(),
    launchedAt: z.iso.datetime().nullable(),
    nextRunAt: z.iso.datetime().nullable().openapi({
      description: 'when the next run begins; in recipients’ zones when the first clock of the world shows the time',
    }),
    nextRunLocal: z.string().nullable().openapi({
      description: 'in recipients’ zones: what the clock of each recipient shows then; null in one zone',
      example: '2027-03-01T09:00',
    }),
    reachedNobody: z.boolean().openapi({ description: 'it is finished, and not one message of it was handed over' }),
    planned: z.int().openapi({ description: 'messages that wait in its runs: an edit does not change them' }),
    revision: z.int(),
    version: versionField,
    definition: definitionSchema,
    warnings: z.array(z.string()),
    understood: z.array(z.string()).openapi({ description: 'times as written, with the instants that they are' }),
    troubles: troubleViews,
  })
  .openapi('Campaign')

const resultsView = z
  .object({
    audience: z.int().openapi({ description: 'messages of all runs' }),
    delivered: z.int().openapi({ description: 'also those who read it' }),
    read: z.int(),
    failed: z.int(),
    unknown: z.int(),
    notSent: z.int().openapi({ description: 'skipped, expired or cancelled' }),
    waiting: z.int(),
  })
  .openapi('Results')

const listedCampaign = campaignView
  .extend({ useCase: z.enum(useCases), tags: z.array(z.string()), results: resultsView })
  .openapi('ListedCampaign')

/** Names and ids of campaigns, in the path of everything about one. */
export const byCampaign = z.object({
  campaign: z.string().min(1).max(200).openapi({ description: 'name or id', example: 'cmp_1' }),
})

const tags = ['Campaigns']

export function campaignRoutes(facts: ApiFacts) {
  const { ctx } = facts
  return apiRouter((body) => parseNewCampaign(body, ctx.config.timeZone))
    .openapi(
      operation('read', {
        operationId: 'listCampaigns',
        method: 'get',
        path: '/campaigns',
        tags,
        summary: 'Campaigns with their results',
        request: {
          query: z.object({
            ...pageQuery,
            status: z.enum(campaignStatuses).optional(),
            q: z.string().min(1).max(200).optional().openapi({ description: 'a part of the name' }),
            tag: z.string().min(1).max(50).optional().openapi({ description: 'one of its tags' }),
            order: z.enum(campaignOrders).optional().openapi({ description: 'newest first by default' }),
          }),
        },
        responses: { 200: answers(pageOf(listedCampaign), 'a page of campaigns') },
      }),
      async (c) => {
        const { limit, cursor, ...asked } = c.req.valid('query')
        const list = `campaigns:${JSON.stringify(asked)}`
        const found = await pageWholeCampaigns(ctx, { beforeId: readCursor(cursor, list), ...asked, limit })
        return c.json(
          page(found, limit, list, ({ id }) => id),
          200,
        )
      },
    )
    .openapi(
      operation('edit', {
        operationId: 'addCampaign',
        method: 'post',
        path: '/campaigns',
        tags,
        summary: 'Save a campaign as a draft',
        description: 'Everything that can be known before a launch is checked.',
        request: { body: jsonBody(definitionSchema) },
        responses: { 201: answers(campaignView, 'the draft') },
      }),
      async (c) => c.json(tagged(c, await addCampaign(ctx, c.req.valid('json'))), 201),
    )
    .openapi(
      operation('read', {
        operationId: 'getCampaign',
        'x-conditional': true,
        method: 'get',
        path: '/campaigns/{campaign}',
        tags,
        summary: 'One campaign with its definition',
        request: { params: byCampaign },
        responses: { 200: answers(campaignView, 'the campaign') },
      }),
      async (c) => c.json(tagged(c, await showCampaign(ctx, c.req.valid('param').campaign)), 200),
    )
    .openapi(
      operation('edit', {
        operationId: 'replaceCampaign',
        'x-conditional': true,
        method: 'put',
        path: '/campaigns/{campaign}',
        tags,
        summary: 'Replace the definition of a campaign that has not ended',
        description:
          'What is planned keeps the revision that it was planned with; the warnings say how much. A changed schedule counts from the edit. While the campaign is scheduled or running, this needs the right to send.',
        request: {
          params: byCampaign,
          query: z.object({
            sendNow: z.enum(['true', 'false']).optional().openapi({
              description: 'start now although the new time of its schedule is past',
            }),
          }),
          body: jsonBody(definitionSchema),
        },
        responses: { 200: answers(campaignView, 'the campaign with its new revision') },
      }),
      async (c) => {
        const { sendNow } = c.req.valid('query')
        const { campaign } = c.req.valid('param')
        const maySend = mayDo(requireRight(c.get('principal'), 'edit'), 'send')
        const options = { seen: seenBy(c), isSendNow: sendNow === 'true', maySend }
        return c.json(tagged(c, await editCampaign(ctx, campaign, c.req.valid('json'), options)), 200)
      },
    )
    .route('/', actionRoutes(facts))
}

const cloneBody = z.strictObject({
  name: z.string().trim().min(1).max(200).optional(),
  remaining: z
    .boolean()
    .optional()
    .openapi({ description: 'only people who got nothing: cancelled, expired, failed, skipped' }),
})

const launchBody = z.strictObject({
  confirmedCount: z.int().min(0).optional().openapi({
    description: 'how many people will get it, as `recipients` of the review says; another number refuses the launch',
  }),
  evenIfNobody: z.boolean().optional().openapi({ description: 'launch it although nobody will get it' }),
  sendNow: z.boolean().optional().openapi({ description: 'start now although the time of its schedule is past' }),
})

const count = z.int().min(0)

/** Whom a launch reaches; also part of its review. */
export const reachShape = {
  people: count.openapi({ description: 'the audience' }),
  recipients: count.openapi({ description: 'those among them who will get it: the number to confirm' }),
  leftOutBy: z.record(z.string(), count).openapi({ description: 'the others, by reason' }),
}

const launchedView = campaignView
  .extend({
    reach: z.object(reachShape).nullable().openapi({ description: 'null when the campaign was launched before' }),
  })
  .openapi('LaunchedCampaign')

const resumeBody = z.strictObject({
  acknowledge: z
    .boolean()
    .optional()
    .openapi({ description: 'confirms that the cause of an automatic pause is fixed' }),
})

const testView = z
  .object({
    message: z.string(),
    phone: z.string(),
    status: z.string(),
    trackingId: z.string().nullable(),
    detail: z.string().nullable(),
    waitingFor: z
      .object({ reason: z.string(), until: z.iso.datetime().nullable() })
      .nullable()
      .openapi({ description: 'the gate that it waits for; it is sent when the gate opens' }),
  })
  .openapi('TestMessage')

function actionRoutes({ ctx, providers }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('edit', {
        operationId: 'cloneCampaign',
        method: 'post',
        path: '/campaigns/{campaign}/clone',
        tags,
        summary: 'A draft with the same definition',
        request: { params: byCampaign, body: jsonBody(cloneBody) },
        responses: { 201: answers(campaignView, 'the draft') },
      }),
      async (c) => {
        const { name, remaining } = c.req.valid('json')
        const options = { ...(name !== undefined && { name }), isRemaining: remaining ?? false }
        return c.json(tagged(c, await cloneCampaign(ctx, c.req.valid('param').campaign, options)), 201)
      },
    )
    .openapi(
      operation('send', {
        operationId: 'launchCampaign',
        'x-conditional': true,
        method: 'post',
        path: '/campaigns/{campaign}/launch',
        tags,
        summary: 'Check every recipient, then hand the campaign to its schedule',
        description: 'Takes as long as it takes to look at everybody: about ten seconds for a million people.',
        request: { params: byCampaign, body: jsonBody(launchBody) },
        responses: { 200: answers(launchedView, 'the campaign and whom it reaches') },
      }),
      async (c) => {
        const { confirmedCount, sendNow, evenIfNobody } = c.req.valid('json')
        const options = { confirmedCount, isSendNow: sendNow ?? false, isEvenIfNobody: evenIfNobody, seen: seenBy(c) }
        return c.json(tagged(c, await launchByOperator(ctx, c.req.valid('param').campaign, options)), 200)
      },
    )
    .openapi(
      operation('send', {
        operationId: 'pauseCampaign',
        'x-conditional': true,
        method: 'post',
        path: '/campaigns/{campaign}/pause',
        tags,
        summary: 'Nothing more leaves; what is on the wire finishes',
        request: { params: byCampaign },
        responses: { 200: answers(campaignView.extend({ onTheWire: z.int() }), 'the campaign') },
      }),
      async (c) => c.json(tagged(c, await pauseByOperator(ctx, c.req.valid('param').campaign, seenBy(c))), 200),
    )
    .openapi(
      operation('send', {
        operationId: 'resumeCampaign',
        'x-conditional': true,
        method: 'post',
        path: '/campaigns/{campaign}/resume',
        tags,
        summary: 'Go on where it stopped',
        request: { params: byCampaign, body: jsonBody(resumeBody) },
        responses: {
          200: answers(
            campaignView.extend({ willExpire: z.int(), skipped: z.int() }),
            'the campaign, how many messages were too late, and how many occurrences the pause skipped',
          ),
        },
      }),
      async (c) => {
        const isAcknowledged = c.req.valid('json').acknowledge ?? false
        const options = { isAcknowledged, seen: seenBy(c) }
        return c.json(tagged(c, await resumeByOperator(ctx, c.req.valid('param').campaign, options)), 200)
      },
    )
    .openapi(
      operation('send', {
        operationId: 'cancelCampaign',
        'x-conditional': true,
        method: 'post',
        path: '/campaigns/{campaign}/cancel',
        tags,
        summary: 'End it for good',
        request: { params: byCampaign },
        responses: {
          200: answers(campaignView.extend({ cancelled: z.int(), onTheWire: z.int() }), 'the campaign'),
        },
      }),
      async (c) => c.json(tagged(c, await cancelByOperator(ctx, c.req.valid('param').campaign, seenBy(c))), 200),
    )
    .openapi(
      operation('edit', {
        operationId: 'archiveCampaign',
        'x-conditional': true,
        method: 'post',
        path: '/campaigns/{campaign}/archive',
        tags,
        summary: 'Put away a draft or an ended campaign',
        request: { params: byCampaign },
        responses: { 200: answers(campaignView, 'the campaign') },
      }),
      async (c) => c.json(tagged(c, await archiveByOperator(ctx, c.req.valid('param').campaign, seenBy(c))), 200),
    )
    .openapi(
      operation('send', {
        operationId: 'sendTest',
        method: 'post',
        path: '/campaigns/{campaign}/test',
        tags,
        summary: 'Send one message to one phone',
        description:
          'Caps, quiet hours and reports know nothing of it. Waits up to 20 seconds for the answer, and not for a gate that opens later.',
        request: {
          params: byCampaign,
          body: jsonBody(z.strictObject({ to: z.string().min(1).max(64).openapi({ description: 'phone with +' }) })),
        },
        responses: { 200: answers(testView, 'what became of it so far') },
      }),
      async (c) => {
        const [{ campaign }, { to }] = [c.req.valid('param'), c.req.valid('json')]
        return c.json(await providers.ask(c.get('principal'), () => sendTestByService(ctx, campaign, to)), 200)
      },
    )
}
