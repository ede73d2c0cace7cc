// /campaigns/…/live: numbers of a campaign at work as server-sent events, one when something changed, at most one a second.
import { z } from '@hono/zod-openapi'
import { requireRight } from '../../engine/accounts/guard.ts'
import { watchStanding } from '../../engine/accounts/standing.ts'
import { type ApiFacts, apiRouter, operation } from '../api.ts'
import { EventQueue, eventStream } from '../event-stream.ts'
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
        'Each event `live` carries the numbers as JSON. The stream ends after five minutes: open it again. It ends at once with the login or the key. 503 when too many watch.',
      request: { params: byCampaign },
      responses: { 200: { description: 'events', content: { 'text/event-stream': { schema: liveView } } } },
    }),
    async (c) => {
      const events = new EventQueue()
      const stop = await live.watch(c.req.valid('param').campaign, {
        tell: (report) => events.put('live', report),
        end: () => events.end(),
      })
      const mayStay = watchStanding(ctx, requireRight(c.get('principal'), 'read'), 'read')
      return eventStream(c, events, { stop, mayStay }) as never
    },
  )
}
