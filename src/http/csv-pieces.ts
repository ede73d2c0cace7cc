// An export as pieces of CSV, to be sent as they are made.
import { csvLine } from '../runtime/csv-file.ts'

interface Export {
  header: readonly string[]
  lines: AsyncIterable<readonly (readonly (string | null)[])[]>
}

export async function* csvPieces({ header, lines }: Export, isRaw: boolean): AsyncGenerator<string> {
  yield csvLine(header, isRaw)
  for await (const slice of lines) yield slice.map((line) => csvLine(line, isRaw)).join('')
}
