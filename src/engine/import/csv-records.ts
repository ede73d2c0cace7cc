// The records of a CSV, one after the other, no faster than they are taken. What makes the whole file unusable is refused with
// the line where it begins.
import { createReadStream, statSync } from 'node:fs'
import { CsvError, parse } from 'csv-parse'
import { AppError } from '../../domain/errors.ts'
import type { FileFacts } from './inspect-file.ts'
import { QuoteCheck, type QuotedFile, unclosedQuote } from './quote-check.ts'
import { textStream } from './text-stream.ts'

/** One record; a field of 64 KiB is refused line by line, a file without line ends as a whole. */
const RECORD_LENGTH_MAX = 8 * 1024 * 1024

export interface RecordTaker {
  add(record: string[]): void
  /** Line of the file on which the next record begins. */
  readonly line: number
}

/** Returns the number of physical lines. Throws AppError csv.* and what the taker throws. */
export async function readCsvRecords(
  file: FileFacts,
  taker: RecordTaker,
  tell: (bytes: number) => void,
): Promise<{ lines: number }> {
  const parser = parse({
    delimiter: file.delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: RECORD_LENGTH_MAX,
  })
  const source = textStream(file, tell)
  const quotes = new QuoteCheck(quotedFile(file))
  source.on('error', (error) => quotes.destroy(error))
  quotes.on('error', (error) => parser.destroy(error))
  source.pipe(quotes).pipe(parser)
  try {
    await new Promise<void>((resolve, reject) => {
      parser.on('readable', () => {
        try {
          for (let record = parser.read() as string[] | null; record !== null; record = parser.read()) taker.add(record)
        } catch (error) {
          reject(error)
        }
      })
      parser.on('end', resolve)
      parser.on('error', reject)
    })
  } catch (error) {
    source.destroy()
    quotes.destroy()
    parser.destroy()
    throw await fileError(error, { file, line: taker.line, quotes })
  }
  checkUnchanged(file)
  return { lines: file.sheet === null ? quotes.lines : taker.line - 1 }
}

export function quotedFile({ fileName, delimiter, linesBefore }: FileFacts): QuotedFile {
  return { fileName, delimiters: [delimiter], linesBefore }
}

/** `line` is where the record begins that could not be read: the parser itself names the line where it gave up. */
async function fileError(
  error: unknown,
  { file, line, quotes }: { file: FileFacts; line: number; quotes: QuoteCheck },
): Promise<unknown> {
  if (error instanceof CsvError) {
    if (error.code !== 'CSV_MAX_RECORD_SIZE' || !(await hasLongLine(file)))
      return quotes.unclosed ?? unclosedQuote({ ...quotedFile(file), linesBefore: 0 }, { line, cell: 1 })
    return new AppError(
      'csv.line_too_long',
      `${file.fileName} line ${line} goes on for more than ${RECORD_LENGTH_MAX / 1024 / 1024} MiB`,
      { hint: 'Is it a CSV file? Every person needs a line of their own.', cause: error },
    )
  }
  if (error instanceof TypeError)
    return new AppError('csv.encoding', `${file.fileName} is not ${file.encoding} throughout`, {
      hint: 'Save it as CSV UTF-8.',
      cause: error,
    })
  return error
}

/** Whether one line alone is longer than a record may be; else a record swallowed many lines. */
async function hasLongLine(file: FileFacts): Promise<boolean> {
  let length = 0
  for await (const chunk of createReadStream(file.path) as AsyncIterable<Buffer>) {
    const lines = chunk.toString('latin1').split(/[\r\n]/)
    if (length + (lines[0]?.length ?? 0) > RECORD_LENGTH_MAX) return true
    length = (lines.length > 1 ? 0 : length) + (lines.at(-1)?.length ?? 0)
  }
  return false
}

function checkUnchanged(file: FileFacts): void {
  const stats = statSync(file.path, { throwIfNoEntry: false })
  if (stats?.size === file.bytes && stats.mtimeMs === file.modifiedMs) return
  throw new AppError('csv.changed_during_read', `${file.fileName} changed while it was read; nothing was imported`, {
    hint: 'Import it again when it is complete.',
  })
}
