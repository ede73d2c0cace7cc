// Which character separates the fields of a file: the one that splits a sample most steadily, a phone column counting most.
import { parse } from 'csv-parse/sync'
import { guessField } from '../../domain/contact.ts'
import { AppError } from '../../domain/errors.ts'

export type Delimiter = ',' | ';' | '\t' | '|'
export const delimiters: Delimiter[] = [',', ';', '\t', '|']
/** Records that are enough to know a file by. */
const SAMPLE_RECORDS = 200

export function detectDelimiter(text: string, isWhole: boolean, fileName: string): Delimiter {
  const scores = delimiters
    .map((delimiter) => ({ delimiter, ...scoreDelimiter(text, delimiter, isWhole) }))
    .filter((score) => score.columns > 1)
  const best = scores.sort(
    (a, b) => Number(b.hasPhone) - Number(a.hasPhone) || b.steady - a.steady || b.columns - a.columns,
  )
  const [first, second] = best
  if (first === undefined) return ','
  const isTie =
    second !== undefined &&
    second.hasPhone === first.hasPhone &&
    second.steady === first.steady &&
    second.columns === first.columns
  if (isTie)
    throw new AppError(
      'csv.delimiter_unclear',
      `${fileName} can be split by ${JSON.stringify(first.delimiter)} and by ${JSON.stringify(second.delimiter)}`,
      {
        hint: 'Put a first line "sep=;" with the right character into the file.',
      },
    )
  return first.delimiter
}

/** How well a delimiter splits the sample: columns of the first line, and the share of lines with as many. */
function scoreDelimiter(
  text: string,
  delimiter: Delimiter,
  isWhole: boolean,
): { columns: number; steady: number; hasPhone: boolean } {
  const records = parseSample(text, delimiter, isWhole).slice(0, 100)
  const columns = records[0]?.length ?? 0
  const steady = records.filter((record) => record.length === columns).length / Math.max(1, records.length)
  return {
    columns,
    steady: Math.round(steady * 10),
    hasPhone: records[0]?.some((name) => guessField(name) === 'phone') ?? false,
  }
}

/** Records of the sample; the last one may be cut and is left out unless the sample is the whole file. */
export function parseSample(text: string, delimiter: Delimiter, isWhole: boolean): string[][] {
  const records: string[][] = []
  try {
    parse(text, {
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      to: SAMPLE_RECORDS,
      on_record: (record: string[]) => {
        records.push(record)
        return null
      },
    })
    return isWhole || records.length < 2 ? records : records.slice(0, -1)
  } catch {
    // A quote that closes after the sample, or never: the records before it tell enough, and staging names the place.
    return records
  }
}
