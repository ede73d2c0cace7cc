// What will become and what became of a campaign: forecast, review, live numbers, report, export, why, verify.
import { z } from '@hono/zod-openapi'
import { unknownValue } from '../../domain/definition.ts'
import { foreknowledges } from '../../domain/foreknowledge.ts'
import { parseId } from '../../domain/ids.ts'
import { messageStatuses } from '../../domain/message-status.ts'
import { attemptOutcomes } from '../../domain/send-result.ts'
import { reviewLaunch } from '../../engine/campaigns/launch.ts'
import { exportMessages } from '../../engine/report/export.ts'
import { forecastFor } from '../../engine/report/forecast.ts'
import { pageRuns, reportOf } from '../../engine/report/report.ts'
import { reportPage } from '../../engine/report/report-page.ts'
import { reportTable } from '../../engine/report/report-rows.ts'
import { timelineOf } from '../../engine/report/timeline.ts'
import { verify } from '../../engine/report/verify.ts'
import { whyFor } from '../../engine/report/why.ts'
import { textStream, XLSX_TYPE } from '../../runtime/download.ts'
import { type ApiFacts, answers, apiRouter, operation } from '../api.ts'
import { exportedFile, exportForm, sendTable, tableContent } from '../export-download.ts'
import { page, pageOf, pageQuery, readCursor } from '../paging.ts'
import { zoneDataView } from '../zone-data-view.ts'
import { byCampaign, reachShape } from './campaigns.ts'

const tags = ['Reports']
const count = z.int().min(0)
const counts = z.record(z.string(), count)
const instant = z.iso.datetime()

const forecastView = z
  .object({
    audience: count,
    byOutcome: z.object({ sent: count, deferred: count, skipped: count, expired: count }),
    deferredBy: counts,
    skippedBy: counts,
    expiredBy: counts.openapi({ description: 'by the gate that takes longer than the message is worth sending' }),
    tooLateBy: counts.openapi({ description: 'people who do not get it in time, by what keeps them from it' }),
    recipients: count.openapi({ description: 'people who will get it' }),
    leftOutBy: counts.openapi({ description: 'people who will not, by reason' }),
    verdict: z.enum(['most', 'mostLater', 'mostLeftOut', 'nobody']).openapi({
      description: 'whether more than half of the people get it at its time, and what becomes of most if not',
    }),
    firstAt: instant.nullable(),
    lastAt: instant.nullable(),
    perHour: z.array(z.object({ hour: instant, count })),
    warnings: z.array(z.string()),
    knownBefore: z
      .object({
        code: z.enum(foreknowledges),
        text: z.string().nullable().openapi({ description: 'null when nothing is left open' }),
      })
      .openapi({ description: 'what cannot be known before the first message, by what the provider tells' }),
    understood: z.array(z.string()).openapi({ description: 'times as written, with the instants that they are' }),
    zoneData: zoneDataView,
  })
  .openapi('Forecast')

const reviewView = z
  .object({
    ...reachShape,
    suppressed: count.openapi({ description: 'those among them who get nothing, whatever the campaign says' }),
    refusals: z.array(
      z.object({
        code: z.string(),
        detail: z.string(),
        hint: z.string().nullable(),
        count: count.nullable().openapi({ description: 'how many people it is about; null for none in particular' }),
        people: z.array(z.object({ phone: z.string(), detail: z.string() })).openapi({ description: 'some of them' }),
      }),
    ),
    warnings: z.array(z.string()),
    forecast: forecastView,
  })
  .openapi('LaunchReview')

export const waitingView = z.object({
  reason: z.string().openapi({ description: 'the gate that they wait for', example: 'quiet_hours' }),
  count: count.openapi({ description: 'messages; 0 of a run that is not planned yet' }),
  until: instant.nullable().openapi({
    description: 'when the first of them is looked at again; null when nobody can say, or within a minute',
  }),
})
const byStatus = z.object(
  Object.fromEntries(messageStatuses.map((status) => [status, count])) as Record<
    (typeof messageStatuses)[number],
    typeof count
  >,
)

export const runView = z
  .object({
    run: z.string().openapi({ example: 'run_1' }),
    occurrence: z.string(),
    status: z.string(),
    reason: z.string().nullable(),
    revision: z.int(),
    audience: count,
    byStatus,
    skippedBy: counts,
    failedBy: counts,
    unknownBy: counts,
    waitingFor: z.array(waitingView),
    lateDelivered: count,
    warnings: z.array(z.string()),
    reachedNobody: z.boolean().openapi({ description: 'it has ended, and not one message was handed over' }),
    occurrenceAt: instant,
    startedAt: instant.nullable(),
    finishedAt: instant.nullable(),
  })
  .openapi('Run')

export const totalsView = z.object({
  audience: count,
  byStatus,
  skippedBy: counts,
  failedBy: counts,
  unknownBy: counts,
})

const reportView = z
  .object({
    campaign: z.object({
      id: z.string(),
      name: z.string(),
      status: z.string(),
      pauseReason: z.string().nullable(),
      pauseDetail: z.record(z.string(), z.unknown()).nullable(),
    }),
    waitingFor: z
      .array(waitingView)
      .openapi({ description: 'what the runs wait for, gate by gate, and `next_run`: when the next one begins' }),
    runs: z.array(runView).openapi({ description: 'the newest hundred; `listRuns` pages through all of them' }),
    runCount: count.openapi({ description: 'how many runs the totals are of' }),
    totals: totalsView,
  })
  .openapi('Report')

const timelineView = z
  .object({
    widthSeconds: z.int(),
    points: z.array(z.object({ at: instant, accepted: count, delivered: count, read: count, failed: count })),
    sampledOneOf: z
      .int()
      .openapi({ description: 'n when only one of n messages was read and the numbers are estimates' }),
  })
  .openapi('Timeline')

const outcomeFacts = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('wait'), scheduledAt: instant, reason: z.string().nullable() }),
    z.object({
      kind: z.literal('end'),
      status: z.enum(messageStatuses),
      reason: z.string().nullable(),
      detail: z.string().nullable(),
    }),
    z.object({
      kind: z.literal('call'),
      id: z.string(),
      at: instant,
      outcome: z.enum(attemptOutcomes).nullable().openapi({ description: 'null while there is no answer yet' }),
      code: z.string().nullable(),
      text: z.string().nullable(),
      trackingId: z.string().nullable(),
    }),
  ])
  .openapi({ description: 'what `detail` says of the message and of its calls, part by part' })

const whyView = z
  .object({
    campaign: z.string(),
    phone: z.string(),
    decision: z.string(),
    message: z.string().nullable(),
    checks: z.array(
      z.object({
        check: z.string(),
        result: z.string(),
        detail: z.string(),
        until: instant.optional(),
        facts: outcomeFacts.optional(),
      }),
    ),
  })
  .openapi('Why')

export const verificationView = z
  .object({
    ok: z.boolean(),
    checks: z.array(z.object({ name: z.string(), says: z.string(), ok: z.boolean(), broken: z.array(z.string()) })),
  })
  .openapi('Verification')

const ofRun = { run: z.string().max(40).optional().openapi({ description: 'only this run', example: 'run_1' }) }

function runOf(run: string | undefined): { runId?: number } {
  return run === undefined ? {} : { runId: parseId('run', run) }
}

export function campaignReportRoutes(facts: ApiFacts) {
  return apiRouter().route('/', beforeRoutes(facts)).route('/', afterRoutes(facts)).route('/', personRoutes(facts))
}

function beforeRoutes({ ctx }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('read', {
        operationId: 'forecastCampaign',
        method: 'get',
        path: '/campaigns/{campaign}/forecast',
        tags,
        summary: 'What planning and sending would do, without doing it',
        description: 'Decides about every person: about twenty seconds for a million.',
        request: { params: byCampaign },
        responses: { 200: answers(forecastView, 'the forecast') },
      }),
      async (c) => c.json(await forecastFor(ctx, c.req.valid('param').campaign), 200),
    )
    .openapi(
      operation('read', {
        operationId: 'reviewCampaign',
        method: 'get',
        path: '/campaigns/{campaign}/review',
        tags,
        summary: 'What speaks against a launch, with the people whom it is about',
        request: { params: byCampaign },
        responses: { 200: answers(reviewView, 'the review') },
      }),
      async (c) => c.json(await reviewLaunch(ctx, c.req.valid('param').campaign), 200),
    )
}

const formats = ['json', 'csv', 'html', 'xlsx'] as const
type Format = (typeof formats)[number]

/** The form that was asked for, by name or by what the client accepts. */
function formatOf(asked: Format | undefined, accept = ''): Format {
  if (asked !== undefined) return asked
  if (/\btext\/csv\b/.test(accept)) return 'csv'
  if (accept.includes(XLSX_TYPE)) return 'xlsx'
  return /\btext\/html\b/.test(accept) ? 'html' : 'json'
}

function afterRoutes({ ctx }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('read', {
        operationId: 'getCampaignReport',
        method: 'get',
        path: '/campaigns/{campaign}/report',
        tags,
        summary: 'What became of every message; the numbers add up to the audience',
        request: {
          params: byCampaign,
          query: z.object({ ...ofRun, format: z.enum(formats).optional() }),
        },
        responses: {
          200: {
            description: 'the report; as CSV, as an Excel workbook or as a page by `format` or Accept, with every run',
            content: {
              'application/json': { schema: reportView },
              ...tableContent,
              'text/html': { schema: z.string() },
            },
          },
        },
      }),
      async (c) => {
        const { run, format: asked } = c.req.valid('query')
        const format = formatOf(asked, c.req.header('accept'))
        const { campaign } = c.req.valid('param')
        if (format === 'json') return c.json(await reportOf(ctx, campaign, runOf(run)), 200)
        const table = await reportTable(ctx, campaign, runOf(run))
        if (format !== 'html') return sendTable(c, table, { name: 'report', format }) as never
        const type = 'text/html; charset=utf-8'
        return c.body(textStream(reportPage(table)), 200, { 'content-type': type }) as never
      },
    )
    .openapi(
      operation('read', {
        operationId: 'listRuns',
        method: 'get',
        path: '/campaigns/{campaign}/runs',
        tags,
        summary: 'Runs, newest first',
        request: { params: byCampaign, query: z.object(pageQuery) },
        responses: { 200: answers(pageOf(runView), 'a page of runs') },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid('query')
        const { campaign } = c.req.valid('param')
        const list = `runs:${campaign}`
        const runs = await pageRuns(ctx, campaign, { beforeId: readCursor(cursor, list), limit })
        return c.json(
          page(runs, limit, list, ({ run }) => run),
          200,
        )
      },
    )
    .openapi(
      operation('read', {
        operationId: 'getCampaignTimeline',
        method: 'get',
        path: '/campaigns/{campaign}/timeline',
        tags,
        summary: 'What happened when',
        request: { params: byCampaign, query: z.object(ofRun) },
        responses: { 200: answers(timelineView, 'numbers by stretches of time') },
      }),
      async (c) => c.json(await timelineOf(ctx, c.req.valid('param').campaign, runOf(c.req.valid('query').run)), 200),
    )
    .openapi(
      operation('read', {
        operationId: 'verifyCampaign',
        method: 'get',
        path: '/campaigns/{campaign}/verify',
        tags,
        summary: 'Recount a campaign and check everything that must hold',
        request: { params: byCampaign },
        responses: { 200: answers(verificationView, 'the checks') },
      }),
      async (c) => c.json(await verify(ctx, { campaign: c.req.valid('param').campaign }), 200),
    )
}

const statusList = z
  .string()
  .max(200)
  .transform((text, ctx) => {
    const words = text.split(',')
    const unknown = words.find((word) => !messageStatuses.some((status) => status === word))
    if (unknown !== undefined) ctx.addIssue({ code: 'custom', message: unknownValue(unknown, messageStatuses) })
    return messageStatuses.filter((status) => words.includes(status))
  })
  .optional()
  .openapi({ type: 'string', description: 'only these, separated by commas', example: 'failed,skipped' })

function personRoutes({ ctx }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('export', {
        operationId: 'exportCampaign',
        method: 'get',
        path: '/campaigns/{campaign}/export',
        tags,
        summary: 'One line for each message with the fields of its person, as CSV or XLSX',
        request: {
          params: byCampaign,
          query: z.object({ ...ofRun, status: statusList, ...exportForm }),
        },
        responses: { 200: exportedFile },
      }),
      async (c) => {
        const { run, status, raw, format } = c.req.valid('query')
        const isRaw = raw === 'true'
        const options = { ...runOf(run), ...(status !== undefined && { statuses: status }), isRaw }
        const table = await exportMessages(ctx, c.req.valid('param').campaign, options)
        return sendTable(c, table, { name: table.name, format, isRaw }) as never
      },
    )
    .openapi(
      operation('read', {
        operationId: 'explainPerson',
        method: 'get',
        path: '/campaigns/{campaign}/why',
        tags,
        summary: 'Why one person got the message, did not, or waits',
        request: {
          params: byCampaign,
          query: z.object({ phone: z.string().min(1).max(64).openapi({ description: 'phone with +, or group:ID' }) }),
        },
        responses: { 200: answers(whyView, 'every check in its order') },
      }),
      async (c) => c.json(await whyFor(ctx, c.req.valid('param').campaign, c.req.valid('query').phone), 200),
    )
}
