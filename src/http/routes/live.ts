// /campaigns/…/live: numbers of a campaign at work as server-sent events, one when something changed, at most one a second.
import { z } from '@hono/zod-openapi'
import { stream } from 'hono/streaming'
import { type ApiFacts, apiRouter, operation } from '../api.ts'
import { runView, totalsView, waitingView } from './campaign-reports.ts'
import { byCampaign } from './campaigns.ts'

/** A sign of life, so that proxies do not take the stream for dead. */
const HEARTBEAT_MS = 15_000
/** A stream ends and is opened again by its reader, who then shows anew who they are. */
const STREAM_MS = 300_000

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

export function liveRoutes({ live }: ApiFacts) {
  return apiRouter().openapi(
    operation('read', {
      method: 'get',
      path: '/campaigns/{campaign}/live',
      tags: ['Reports'],
      summary: 'Live numbers as server-sent events',
      description:
        'Each event `live` carries the numbers as JSON. The stream ends after five minutes: open it again. 503 when too many watch.',
      request: { params: byCampaign },
      responses: { 200: { description: 'events', content: { 'text/event-stream': { schema: liveView } } } },
    }),
    async (c) => {
      const events = new EventQueue()
      const stop = await live.watch(c.req.valid('param').campaign, {
        tell: (report) => events.put(`event: live\ndata: ${JSON.stringify(report)}\n\n`),
        end: () => events.end(),
      })
      c.header('content-type', 'text/event-stream; charset=utf-8')
      c.header('x-accel-buffering', 'no')
      return stream(c, async (out) => {
        out.onAbort(() => events.end())
        const beat = setInterval(() => events.put(': still here\n\n'), HEARTBEAT_MS)
        const life = setTimeout(() => events.end(), STREAM_MS)
        try {
          for await (const event of events) await out.write(event)
        } finally {
          clearInterval(beat)
          clearTimeout(life)
          stop()
        }
      }) as never
    },
  )
}

/** Events not yet written. A slow reader gets the newest one, not all of them. */
class EventQueue implements AsyncIterable<string> {
  #next: string | undefined
  #isEnded = false
  #wake: () => void = () => {}

  put(event: string): void {
    // A sign of life never takes the place of numbers.
    if (this.#next === undefined || !event.startsWith(':')) this.#next = event
    this.#wake()
  }

  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      if (this.#next !== undefined) {
        const event = this.#next
        this.#next = undefined
        yield event
      } else if (this.#isEnded) return
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
  }
}
