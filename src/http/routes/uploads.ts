// /uploads: files on their way to an import, streamed to disk. A file is only ever what comes as bytes of the request:
// nothing in a body or a query names one.
import { z } from '@hono/zod-openapi'
import type { Principal } from '../../domain/access.ts'
import { requireRight } from '../../engine/accounts/guard.ts'
import { isTableFile, notATable } from '../../engine/import/file-types.ts'
import { countrySchema } from '../../engine/import/import-request.ts'
import { guessReasons } from '../../engine/import/inspection.ts'
import { readFormWithFile } from '../../engine/import/received-form.ts'
import {
  deleteUpload,
  findUpload,
  inspectUpload,
  showUploads,
  storeUpload,
  viewUpload,
  withPatience,
} from '../../engine/import/uploads.ts'
import { type ApiFacts, answers, apiRouter, isFileType, operation } from '../api.ts'

const uploadView = z
  .object({
    id: z.string().openapi({ example: 'upl_1' }),
    fileName: z.string(),
    bytes: z.int(),
    createdAt: z.iso.datetime(),
  })
  .openapi('Upload')

const inspectionView = uploadView
  .extend({
    encoding: z.string(),
    delimiter: z.string(),
    sheet: z.string().nullable().openapi({ description: 'sheet of a workbook that was read; null for a CSV' }),
    sheets: z.array(z.string()).openapi({ description: 'all sheets of the workbook' }),
    hasHeader: z.boolean().openapi({ description: 'false: the first line is data; columns are column_1, column_2 …' }),
    notes: z.array(z.string()),
    columns: z.array(
      z.object({
        name: z.string(),
        field: z.string().nullable().openapi({ description: 'what it becomes unless a mapping says more' }),
        reason: z.enum(guessReasons),
        values: z.array(z.string()),
      }),
    ),
    phoneQuestion: z
      .enum(['missing', 'ambiguous'])
      .nullable()
      .openapi({ description: 'not null: the mapping has to name the column of the phone' }),
    phoneCandidates: z.array(z.string()),
    needsCountry: z.boolean().openapi({ description: 'some numbers say no country: give defaultCountry' }),
    rows: z.array(z.array(z.string())).openapi({ description: 'first lines' }),
  })
  .openapi('Inspection')

const byUpload = z.object({ upload: z.string().min(1).max(40).openapi({ description: 'id' }) })

const tags = ['Imports']
// Written out, because a schema of the library would read the whole body to look at it.
const file = { type: 'string', format: 'binary' } as const

export function uploadRoutes({ ctx }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('edit', {
        operationId: 'uploadFile',
        method: 'post',
        path: '/uploads',
        tags,
        summary: 'Upload a file',
        description:
          'The file is the body (text/csv, a workbook, or application/octet-stream), or the one file of a form. It is kept for a day, or until it was imported.',
        request: {
          query: z.object({ fileName: z.string().max(500).optional().openapi({ description: 'to show' }) }),
          body: {
            required: true,
            content: {
              'text/csv': { schema: file },
              'application/octet-stream': { schema: file },
              'multipart/form-data': { schema: { type: 'object', properties: { file }, required: ['file'] } },
            },
          },
        },
        responses: { 201: answers(uploadView, 'the upload') },
      }),
      async (c) => {
        const userId = userOf(c.get('principal'))
        const contentType = c.req.header('content-type') ?? ''
        const hashed = (stream: AsyncIterable<Uint8Array>) => c.get('fileHash')?.of(stream) ?? stream
        const body = withPatience(ctx, (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>)
        if (isTableFile(contentType))
          return c.json(await storeUpload(ctx, { userId, fileName: c.req.query('fileName') ?? '' }, hashed(body)), 201)
        if (!isFileType(contentType)) throw notATable(contentType)
        const stored = await readFormWithFile(
          { body, contentType },
          {
            take: ({ fileName, stream }) => storeUpload(ctx, { userId, fileName }, hashed(stream)),
            discard: async ({ id }) => deleteUpload(ctx, await findUpload(ctx, id, userId)),
          },
        )
        return c.json(stored, 201)
      },
    )
    .openapi(
      operation('edit', {
        operationId: 'listUploads',
        method: 'get',
        path: '/uploads',
        tags,
        summary: 'Your uploads that wait to be imported',
        responses: { 200: answers(z.object({ items: z.array(uploadView) }), 'newest first') },
      }),
      async (c) => c.json({ items: await showUploads(ctx, userOf(c.get('principal'))) }, 200),
    )
    .openapi(
      operation('edit', {
        operationId: 'getUpload',
        method: 'get',
        path: '/uploads/{upload}',
        tags,
        summary: 'What an upload holds',
        request: {
          params: byUpload,
          query: z.object({
            encoding: z.string().min(1).max(40).optional(),
            sheet: z.string().min(1).max(100).optional(),
            header: z.enum(['true', 'false']).default('true'),
            defaultCountry: countrySchema.optional(),
          }),
        },
        responses: { 200: answers(inspectionView, 'encoding, columns with guesses, first lines') },
      }),
      async (c) => {
        const { encoding, header, defaultCountry, sheet } = c.req.valid('query')
        const upload = await findUpload(ctx, c.req.valid('param').upload, userOf(c.get('principal')))
        const inspection = await inspectUpload(ctx, upload, {
          hasNoHeader: header === 'false',
          ...(encoding !== undefined && { encoding }),
          ...(sheet !== undefined && { sheet }),
          ...(defaultCountry !== undefined && { defaultCountry }),
        })
        return c.json({ ...viewUpload(upload), ...inspection }, 200)
      },
    )
    .openapi(
      operation('edit', {
        operationId: 'deleteUpload',
        method: 'delete',
        path: '/uploads/{upload}',
        tags,
        summary: 'Delete an upload',
        request: { params: byUpload },
        responses: { 200: answers(uploadView, 'what was deleted') },
      }),
      async (c) => {
        const upload = await findUpload(ctx, c.req.valid('param').upload, userOf(c.get('principal')))
        await deleteUpload(ctx, upload)
        return c.json(viewUpload(upload), 200)
      },
    )
}

function userOf(principal: Principal | undefined): number {
  return requireRight(principal, 'edit').userId
}
