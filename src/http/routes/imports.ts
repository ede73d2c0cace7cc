// /imports: uploads into lists, as work that is watched, and the imports that were made.
import { createReadStream } from 'node:fs'
import { z } from '@hono/zod-openapi'
import type { Principal } from '../../domain/access.ts'
import { AppError, rejectCodes } from '../../domain/errors.ts'
import { requireRight } from '../../engine/accounts/guard.ts'
import { importRequestSchema } from '../../engine/import/import-request.ts'
import { pageImports, showImport } from '../../engine/import/imports.ts'
import { keptRejectsTable, rejectsTable } from '../../engine/import/rejects-file.ts'
import type { WatchedImport } from '../../engine/import/watched-imports.ts'
import { downloadText } from '../../runtime/download.ts'
import { type ApiFacts, answers, apiRouter, jsonBody, operation, orNull, problemSchema } from '../api.ts'
import { type EventQueue, eventStream } from '../event-stream.ts'
import { exportedFile, exportFormat, sendFile, sendTable } from '../export-download.ts'
import { page, pageOf, pageQuery, readCursor } from '../paging.ts'
import { problemOf } from '../problem.ts'

const count = z.int()
const buckets = {
  rows: count.openapi({ description: 'the sum of the six buckets' }),
  added: count,
  updated: count,
  unchanged: count,
  duplicates: count,
  suppressed: count,
  rejected: count,
}
const warnings = z.record(z.string(), count)
const warningLines = z
  .record(z.string(), z.array(count))
  .openapi({ description: 'lines of the first rows of each warning' })

const importView = z
  .object({
    id: z.string().openapi({ example: 'imp_1' }),
    list: z.string(),
    fileName: z.string(),
    status: z.enum(['staging', 'applying', 'applied', 'undoing', 'undone', 'dropped']),
    ...buckets,
    stayed: count.openapi({ description: 'people who stayed when it was undone: another import names them too' }),
    warnings,
    progress: z
      .object({ done: count, total: count })
      .nullable()
      .openapi({ description: 'people stored so far, while it is applying' }),
    createdAt: z.iso.datetime(),
    appliedAt: z.iso.datetime().nullable(),
    undoneAt: z.iso.datetime().nullable(),
  })
  .openapi('Import')

const rejectView = z.object({ line: count, column: z.string(), code: z.enum(rejectCodes), detail: z.string() })

const sampleView = z.object({
  line: count,
  phone: z.string(),
  fields: z.record(z.string(), z.string().nullable()),
  before: z.record(z.string(), z.string()).nullable(),
})

const resultView = z
  .object({
    importId: z.string().nullable(),
    list: z.string(),
    ...buckets,
    lines: count.openapi({
      description: 'physical lines of the file: header, blank lines and line breaks in cells too',
    }),
    blankLines: count.openapi({ description: 'lines of nothing but delimiters and blanks' }),
    removed: count.openapi({ description: 'members that replace mode removes' }),
    rejectedBy: z.partialRecord(z.enum(rejectCodes), count),
    examples: z.array(rejectView),
    repeats: z.array(z.object({ line: count, keptLine: count, phone: z.string(), differs: z.boolean() })),
    samples: z
      .object({
        added: z.array(sampleView),
        updated: z.array(sampleView),
        unchanged: z.array(sampleView),
        suppressed: z.array(sampleView),
      })
      .optional(),
    encoding: z.string(),
    delimiter: z.string(),
    sheet: z.string().nullable(),
    columns: z.array(z.object({ name: z.string(), field: z.string().nullable() })),
    warnings,
    warningLines,
    warned: z
      .array(z.object({ line: count, warning: z.string(), detail: z.string() }))
      .openapi({ description: 'the first of these lines, with what they hold and what became of it' }),
    notes: z.array(z.string()),
    alreadyImported: z.literal(true).optional(),
    importedAt: z.string().optional(),
    dryRun: z.literal(true).optional(),
  })
  .openapi('ImportResult')

export const watchedView = z
  .object({
    id: z.string(),
    kind: z.enum(['import', 'undo', 'suppressions']),
    state: z.enum(['running', 'done', 'failed']),
    fileName: z.string(),
    list: z.string(),
    dryRun: z.boolean(),
    progress: z.object({
      done: count,
      total: count.nullable(),
      what: z.string(),
      ratePerSecond: z.number().nullable().openapi({ description: 'null while nobody can say' }),
      restSeconds: count.nullable().openapi({ description: 'of this step; null while nobody can say' }),
    }),
    result: orNull(resultView).openapi({ description: 'of an import; of a refused one too' }),
    undone: orNull(importView),
    suppressed: z
      .object({
        rows: count,
        added: count,
        known: count,
        rejectedLines: count,
        rejected: z.array(z.object({ line: count, code: z.string(), detail: z.string() })),
      })
      .nullable(),
    hasRejects: z.boolean().openapi({ description: 'the rejected lines can be fetched' }),
    error: orNull(problemSchema),
  })
  .openapi('ImportJob')

/** A path on this machine says nothing to a caller. */
export function viewWatched(watched: WatchedImport): z.infer<typeof watchedView> {
  const { id, kind, state, fileName, list, isDryRun, progress, pace, undone, suppressed, error } = watched
  const { done, total, what } = progress
  const problem = error === null ? null : problemOf(error).body
  const { rejectsFile: _, ...result } = watched.result ?? { rejectsFile: null }
  return {
    id,
    kind,
    state,
    fileName,
    list,
    dryRun: isDryRun,
    progress: {
      done,
      total: total ?? null,
      what,
      ratePerSecond: pace === null ? null : Math.round(pace.ratePerSecond),
      restSeconds: pace === null ? null : Math.ceil(pace.restMs / 1000),
    },
    result: 'rows' in result ? result : null,
    undone,
    suppressed,
    hasRejects: watched.rejectsPath !== null,
    error: problem as z.infer<typeof problemSchema> | null,
  }
}

const byJob = z.object({ job: z.string().min(1).max(40) })
const byImport = z.object({ import: z.string().min(1).max(40).openapi({ description: 'id' }) })
const tags = ['Imports']

export function importRoutes({ ctx, imports }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('edit', {
        operationId: 'startImport',
        method: 'post',
        path: '/imports',
        tags,
        summary: 'Import an upload, or try it with dryRun',
        request: { body: jsonBody(importRequestSchema.clone().openapi('ImportRequest')) },
        responses: { 202: answers(watchedView, 'the work, to be watched') },
      }),
      async (c) => {
        const { userId } = requireRight(c.get('principal'), 'edit')
        return c.json(viewWatched(await imports.startImport(userId, c.req.valid('json'))), 202)
      },
    )
    .openapi(
      operation('edit', {
        operationId: 'getImportJob',
        method: 'get',
        path: '/imports/jobs/{job}',
        tags,
        summary: 'How an import of yours stands',
        request: { params: byJob },
        responses: { 200: answers(watchedView, 'progress, then the result; kept for a day') },
      }),
      async (c) => {
        const { userId } = requireRight(c.get('principal'), 'edit')
        return c.json(viewWatched(imports.get(c.req.valid('param').job, userId)), 200)
      },
    )
    .openapi(
      operation('edit', {
        operationId: 'watchImportJob',
        method: 'get',
        path: '/imports/jobs/{job}/events',
        tags,
        summary: 'Progress as server-sent events',
        description: 'Each event `job` carries the state as JSON. The stream ends with the work.',
        request: { params: byJob },
        responses: { 200: { description: 'events', content: { 'text/event-stream': { schema: watchedView } } } },
      }),
      async (c) => {
        const watch = (events: EventQueue, { userId }: Principal) =>
          imports.watch(c.req.valid('param').job, userId, {
            tell: (watched) => events.put('job', viewWatched(watched)),
            end: () => events.end(),
          })
        return (await eventStream(ctx, c, { right: 'edit', watch })) as never
      },
    )
    .openapi(
      operation('edit', {
        operationId: 'getImportJobRejects',
        method: 'get',
        path: '/imports/jobs/{job}/rejects',
        tags,
        summary: 'Rejected lines of a dry run or a refused file',
        request: { params: byJob, query: z.object({ format: exportFormat }) },
        responses: { 200: exportedFile },
      }),
      async (c) => {
        const { userId } = requireRight(c.get('principal'), 'edit')
        const { rejectsPath, fileName } = imports.get(c.req.valid('param').job, userId)
        if (rejectsPath === null) throw new AppError('import.no_rejects', 'no rejected lines are kept of it')
        const name = rejectsName(fileName)
        const { format } = c.req.valid('query')
        if (format === 'xlsx') return sendTable(c, await keptRejectsTable(rejectsPath), { name, format }) as never
        const pieces = createReadStream(rejectsPath, { encoding: 'utf8' }) as AsyncIterable<string>
        return sendFile(c, downloadText({ fileName: `${name}.csv`, type: 'text/csv' }, pieces)) as never
      },
    )
    .openapi(
      operation('read', {
        operationId: 'listImports',
        method: 'get',
        path: '/imports',
        tags,
        summary: 'Imports that were made',
        request: { query: z.object(pageQuery) },
        responses: { 200: answers(pageOf(importView), 'newest first') },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid('query')
        const before = readCursor(cursor, 'imports')
        const found = await pageImports(ctx, { limit, beforeId: before })
        return c.json(
          page(found, limit, 'imports', ({ id }) => id),
          200,
        )
      },
    )
    .openapi(
      operation('read', {
        operationId: 'getImport',
        method: 'get',
        path: '/imports/{import}',
        tags,
        summary: 'One import with its first rejected lines',
        request: { params: byImport },
        responses: {
          200: answers(
            importView.extend({ warningLines, rejects: z.array(rejectView.extend({ code: z.string() })) }),
            'the import',
          ),
        },
      }),
      async (c) => c.json(await showImport(ctx, c.req.valid('param').import), 200),
    )
    .openapi(
      operation('edit', {
        operationId: 'getImportRejects',
        method: 'get',
        path: '/imports/{import}/rejects',
        tags,
        summary: 'Rejected lines, to be corrected and imported',
        request: { params: byImport, query: z.object({ format: exportFormat }) },
        responses: { 200: exportedFile },
      }),
      async (c) => {
        const { id, fileName } = await showImport(ctx, c.req.valid('param').import)
        const { format } = c.req.valid('query')
        return sendTable(c, await rejectsTable(ctx, id), { name: rejectsName(fileName), format }) as never
      },
    )
    .openapi(
      operation('edit', {
        operationId: 'undoImport',
        method: 'post',
        path: '/imports/{import}/undo',
        tags,
        summary: 'Take an import back',
        description: 'Memberships and fields become what they were; contacts and messages stay.',
        request: { params: byImport },
        responses: { 202: answers(watchedView, 'the work, to be watched') },
      }),
      async (c) => {
        const { userId } = requireRight(c.get('principal'), 'edit')
        return c.json(viewWatched(await imports.startUndo(userId, c.req.valid('param').import)), 202)
      },
    )
}

/** contacts.csv → contacts.rejects */
function rejectsName(fileName: string): string {
  return `${fileName.replace(/\.[^.]*$/, '')}.rejects`
}
