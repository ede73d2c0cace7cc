// The first cells of a file's lines: numbers one a line, or the first column of a CSV. A line at a time, whatever the
// size of the file. Reads the file; writes nothing.
import { CsvError, parse } from 'csv-parse'
import { AppError } from '../../domain/errors.ts'
import { looksLikeNumber } from './columns.ts'
import { decideEncoding, refuseOtherKinds, scanBytes } from './encoding.ts'
import { statFile } from './inspect-file.ts'
import { QuoteCheck, unclosedQuote } from './quote-check.ts'
import { textStream } from './text-stream.ts'

/** A line of numbers is short; one that never ends is no such file. */
const RECORD_LENGTH_MAX = 64 * 1024

export interface FirstCell {
  line: number
  cell: string
  /** Bytes read so far. */
  bytes: number
}

const delimiters = [',', ';', '\t']
const lineEnd = /\r\n|\n|\r/

/** Throws AppError csv.encoding, csv.not_text, csv.line_too_long, csv.bad_quote, csv.unclosed_quote, file.*. */
export async function* firstColumn(path: string, fileName: string): AsyncGenerator<FirstCell> {
  statFile(path, fileName)
  const scan = await scanBytes(path, fileName)
  refuseOtherKinds(scan.start, fileName)
  const { label, markBytes } = decideEncoding(scan, undefined, fileName)
  let bytes = 0
  const source = textStream({ path, encoding: label, skipBytes: markBytes }, (read) => {
    bytes = read
  })
  const parser = parse({
    delimiter: delimiters,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    info: true,
    max_record_size: RECORD_LENGTH_MAX,
  })
  const file = { fileName, delimiters, linesBefore: 0 }
  const quotes = new QuoteCheck(file)
  source.on('error', (error) => quotes.destroy(error))
  quotes.on('error', (error) => parser.destroy(error))
  source.pipe(quotes).pipe(parser)
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      const swallowing = record.findIndex(swallowsNumbers)
      if (swallowing >= 0)
        throw unclosedQuote(file, { line: openingLine(record, swallowing, info.lines), cell: swallowing + 1 })
      yield { line: info.lines, cell: (record[0] ?? '').trim(), bytes }
    }
  } catch (error) {
    throw readError(error, fileName, label)
  } finally {
    source.destroy()
  }
}

/** A lone quote, closed by the next lone one, holds the numbers of the lines between. */
function swallowsNumbers(cell: string): boolean {
  const [, ...lines] = cell.split(lineEnd)
  return lines.some((line) => looksLikeNumber(line.split(/[,;\t]/)[0] ?? ''))
}

/** A record is known by the line on which it ends. */
function openingLine(record: readonly string[], index: number, endLine: number): number {
  const breaks = record.slice(index).reduce((sum, cell) => sum + cell.split(lineEnd).length - 1, 0)
  return endLine - breaks
}

function readError(error: unknown, fileName: string, encoding: string): unknown {
  if (error instanceof TypeError)
    return new AppError('csv.encoding', `${fileName} is not ${encoding} throughout`, {
      hint: 'Save it as UTF-8.',
      cause: error,
    })
  if (error instanceof CsvError)
    return new AppError('csv.line_too_long', `${fileName} has a line or a quote that does not end`, {
      hint: 'Write one number a line.',
      cause: error,
    })
  return error
}
