// /campaigns/…/live: numbers of a campaign at work as server-sent events, one when something changed, at most one a second.
import { z } from '@hono/zod-openapi'
import { type ApiFacts, apiRouter, operation } from '../api.ts'
import { type EventQueue, eventStream } from '../event-stream.ts'
import { runView, totalsView, waitingView } from './campaign-reports.ts'
import { byCampaign } from './campaigns.ts'

const liveView = z
  .object({
    campaign: z.object({
      id: z.string(),
      name: z.string(),
      status: z.string(),
      pauseReason: z.string().nullable(),
      pauseDetail: z.record(z.string(), z.unknown()).nullable(),
    }),
    runs: z.array(runView).openapi({ description: 'the runs at work, or the newest one' }),
    totals: totalsView,
    waitingFor: z.array(waitingView),
    ratePerSecond: z.number(),
    doneAt: z.iso.datetime().nullable(),
    mainDoneAt: z.iso.datetime().nullable().openapi({
      description: 'when everything that can go now will have left, without messages that wait for a later time',
    }),
    later: z
      .object({ count: z.int(), firstAt: z.iso.datetime() })
      .nullable()
      .openapi({ description: 'messages that wait for a later time, and when the first of them can go' }),
  })
  .openapi('LiveReport')

export function liveRoutes({ ctx, live }: ApiFacts) {
  return apiRouter().openapi(
    operation('read', {
      operationId: 'watchCampaign',
      method: 'get',
      path: '/campaigns/{campaign}/live',
      tags: ['Reports'],
      summary: 'Live numbers as server-sent events',
      description:
        'Each event `live` carries the numbers as JSON. The stream ends after five minutes: open it again. It ends at once with the login or the key. 429 when a user watches 20 already, or all users 200.',
      request: { params: byCampaign },
      responses: { 200: { description: 'events', content: { 'text/event-stream': { schema: liveView } } } },
    }),
    async (c) => {
      const watch = (events: EventQueue) =>
        live.watch(c.req.valid('param').campaign, {
          tell: (report) => events.put('live', report),
          end: () => events.end(),
        })
      return (await eventStream(ctx, c, { right: 'read', watch })) as never
    },
  )
}
