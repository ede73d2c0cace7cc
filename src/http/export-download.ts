// An export as a file of CSV or as a workbook, made as it is sent.
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { csvLine } from '../runtime/csv-file.ts'
import { xlsxBytes } from '../runtime/xlsx-file.ts'
import { attachmentName, download } from './download.ts'

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

/** The options of an export. */
export const exportForm = {
  raw: z
    .enum(['true', 'false'])
    .default('false')
    .openapi({ description: 'true: phones with + and cells as they are, for programs' }),
  format: z.enum(['csv', 'xlsx']).default('csv'),
}

export const exportedFile = {
  description: 'streamed CSV, or an Excel workbook',
  content: { 'text/csv': { schema: z.string() }, [XLSX]: { schema: z.string().openapi({ format: 'binary' }) } },
}

interface Export {
  header: readonly string[]
  lines: AsyncIterable<readonly (readonly (string | null)[])[]>
}

interface ExportFile {
  name: string
  format: 'csv' | 'xlsx'
  isRaw: boolean
}

export function downloadExport(c: HonoContext, exported: Export, { name, format, isRaw }: ExportFile): Response {
  const fileName = `${name}.${format}`
  if (format === 'csv') return download(c, { fileName, type: 'text/csv' }, csvPieces(exported, isRaw))
  c.header('content-type', XLSX)
  c.header('content-disposition', attachmentName(fileName))
  return c.body(xlsxBytes(exported.header, exported.lines))
}

async function* csvPieces({ header, lines }: Export, isRaw: boolean): AsyncGenerator<string> {
  yield csvLine(header, isRaw)
  for await (const slice of lines) yield slice.map((line) => csvLine(line, isRaw)).join('')
}
