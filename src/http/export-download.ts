// How routes offer an export: its options, what the description says of the file, and the answer.
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import {
  type Download,
  downloadTable,
  type ExportTable,
  exportFormats,
  type TableFile,
  XLSX_TYPE,
} from '../runtime/download.ts'

export const exportFormat = z.enum(exportFormats).default('csv')

/** The options of an export. */
export const exportForm = {
  raw: z
    .enum(['true', 'false'])
    .default('false')
    .openapi({ description: 'true: phones with + and cells as they are, for programs' }),
  format: exportFormat,
}

/** The contents of an answer that is a table. */
export const tableContent = {
  'text/csv': { schema: z.string() },
  [XLSX_TYPE]: { schema: z.string().openapi({ format: 'binary' }) },
}

export const exportedFile = { description: 'streamed CSV, or an Excel workbook', content: tableContent }

export function sendTable(c: HonoContext, table: ExportTable, file: TableFile): Response {
  return sendFile(c, downloadTable(table, file))
}

export function sendFile(c: HonoContext, { headers, body }: Download): Response {
  return c.body(body, 200, headers)
}
