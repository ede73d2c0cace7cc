// Files that are made while they are sent: never held whole, never shown by the browser, whatever they are called. API and pages
// send the same headers and bytes.
import { csvLine } from './csv-file.ts'
import { type ExportedCell, xlsxBytes } from './xlsx-file.ts'

export const exportFormats = ['csv', 'xlsx'] as const
export type ExportFormat = (typeof exportFormats)[number]

export const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

/** What an export writes: first the header, then the lines, in slices that are read as they are asked for. */
export interface ExportTable {
  header: readonly string[]
  lines: AsyncIterable<readonly (readonly ExportedCell[])[]>
}

/** An answer with status 200. */
export interface Download {
  headers: Record<string, string>
  body: ReadableStream<Uint8Array>
}

export interface TableFile {
  /** Without its ending. */
  name: string
  format: ExportFormat
  /** Cells as they are, for programs; a workbook always has them so. */
  isRaw?: boolean
}

/** A table as a file of CSV or as a workbook. A fault on the way breaks the answer off, so that no half file looks whole. */
export function downloadTable(table: ExportTable, { name, format, isRaw = false }: TableFile): Download {
  const fileName = `${name}.${format}`
  if (format === 'csv') return downloadText({ fileName, type: 'text/csv' }, csvPieces(table, isRaw))
  return { headers: headersOf(fileName, XLSX_TYPE), body: xlsxBytes(table.header, table.lines) }
}

/** Pieces of text as a file. */
export function downloadText(
  { fileName, type }: { fileName: string; type: 'text/csv' | 'application/json' },
  pieces: AsyncIterable<string>,
): Download {
  return { headers: headersOf(fileName, `${type}; charset=utf-8`), body: textStream(pieces) }
}

async function* csvPieces({ header, lines }: ExportTable, isRaw: boolean): AsyncGenerator<string> {
  yield csvLine(header, isRaw)
  for await (const slice of lines) yield slice.map((line) => csvLine(line, isRaw)).join('')
}

function headersOf(fileName: string, type: string): Record<string, string> {
  return { 'content-type': type, 'content-disposition': attachmentName(fileName) }
}

/** Asks for a piece when the reader has taken the one before. */
export function textStream(text: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const pieces = text[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  return new ReadableStream({
    pull: async (controller) => {
      // What reads the database ends within its turn: without a pause nobody else would get one.
      await new Promise((resolve) => setImmediate(resolve))
      const { done, value } = await pieces.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    cancel: async () => {
      await pieces.return?.()
    },
  })
}

/** Old readers take the first name, new ones the second; neither can hold a quote or a line break. */
function attachmentName(fileName: string): string {
  const plain = fileName.normalize('NFKD').replace(/[^A-Za-z0-9._ -]/g, '_')
  const encoded = encodeURIComponent(wellFormed(fileName)).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}

/** Half a character cannot be encoded. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}
