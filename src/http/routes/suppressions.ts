// /suppressions: numbers that must not be messaged.
import { z } from '@hono/zod-openapi'
import { suppressionReasons, suppressionScopes } from '../../domain/suppression.ts'
import { requireRight } from '../../engine/accounts/guard.ts'
import { suppressionFileSchema, suppressionSchema } from '../../engine/contacts/suppression-request.ts'
import {
  addSuppression,
  exportSuppressions,
  removeSuppression,
  showSuppressions,
} from '../../engine/contacts/suppressions.ts'
import { type ApiFacts, answers, apiRouter, jsonBody, operation } from '../api.ts'
import { exportedFile, exportForm, sendTable } from '../export-download.ts'
import { page, pageOf, pageQuery, readCursor } from '../paging.ts'
import { viewWatched, watchedView } from './imports.ts'

const scope = z.enum(suppressionScopes)
const reason = z.enum(suppressionReasons)

const suppressionView = z
  .object({
    id: z.string().openapi({ example: 'sup_1' }),
    phone: z.string(),
    scope,
    reason,
    evidence: z.string(),
    since: z.iso.datetime(),
  })
  .openapi('Suppression')

const tags = ['Suppressions']

export function suppressionRoutes({ ctx, imports }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('read', {
        operationId: 'listSuppressions',
        method: 'get',
        path: '/suppressions',
        tags,
        summary: 'Suppressed numbers',
        request: {
          query: z.object({
            ...pageQuery,
            phone: z.string().max(100).optional().openapi({ description: 'a phone, or the digits it begins with' }),
            scope: scope.optional(),
            reason: reason.optional(),
          }),
        },
        responses: { 200: answers(pageOf(suppressionView), 'newest first; with a phone in the order of numbers') },
      }),
      async (c) => {
        const { limit, cursor, ...filter } = c.req.valid('query')
        const within = JSON.stringify(['suppressions', filter])
        const before = readCursor(cursor, within)
        const query = { ...filter, limit: limit + 1, before }
        return c.json(
          page(await showSuppressions(ctx, query), limit, within, ({ id }) => id),
          200,
        )
      },
    )
    .openapi(
      operation('export', {
        operationId: 'exportSuppressions',
        method: 'get',
        path: '/suppressions/export',
        tags,
        summary: 'All suppressed numbers as CSV or XLSX',
        description: 'The numbers are in the first column, where `importSuppressions` reads them.',
        request: { query: z.object({ scope: scope.optional(), reason: reason.optional(), ...exportForm }) },
        responses: { 200: exportedFile },
      }),
      async (c) => {
        const { raw, format, ...filter } = c.req.valid('query')
        const isRaw = raw === 'true'
        const table = exportSuppressions(ctx, { ...filter, isRaw })
        return sendTable(c, table, { name: 'suppressions', format, isRaw }) as never
      },
    )
    .openapi(
      operation('edit', {
        operationId: 'addSuppression',
        method: 'post',
        path: '/suppressions',
        tags,
        summary: 'Suppress a number and stop what waits for it',
        request: { body: jsonBody(suppressionSchema.clone().openapi('NewSuppression')) },
        responses: {
          200: answers(
            z.object({ phone: z.string(), scope, isNew: z.boolean(), stopped: z.int() }),
            'repeated, it changes nothing; `stopped` counts messages',
          ),
        },
      }),
      async (c) => {
        const { phone, ...options } = c.req.valid('json')
        return c.json(await addSuppression(ctx, phone, options), 200)
      },
    )
    .openapi(
      operation('edit', {
        operationId: 'importSuppressions',
        method: 'post',
        path: '/suppressions/import',
        tags,
        summary: 'Suppress the numbers of an upload',
        description: 'One number a line, or the first column of a CSV or of the first sheet of a workbook.',
        request: { body: jsonBody(suppressionFileSchema.clone().openapi('SuppressionFile')) },
        responses: { 202: answers(watchedView, 'the work, to be watched at /imports/jobs/{job}') },
      }),
      async (c) => {
        const { userId } = requireRight(c.get('principal'), 'edit')
        const { upload, ...options } = c.req.valid('json')
        return c.json(viewWatched(await imports.startSuppressions(userId, upload, options)), 202)
      },
    )
    .openapi(
      operation('edit', {
        operationId: 'liftSuppression',
        method: 'delete',
        path: '/suppressions/{phone}',
        tags,
        summary: 'Lift a suppression: only with the consent of the person',
        request: {
          params: z.object({ phone: z.string().min(1).max(100).openapi({ description: 'phone with + (as %2B)' }) }),
          query: z.object({ scope: scope.optional().openapi({ description: 'only this one' }) }),
        },
        responses: { 200: answers(z.object({ phone: z.string(), removed: z.int() }), 'what was lifted') },
      }),
      async (c) => {
        const { phone } = c.req.valid('param')
        return c.json(await removeSuppression(ctx, phone, c.req.valid('query').scope), 200)
      },
    )
}
